"""A real console in a terminal, over a real router with real backends and real traffic."""

import contextlib
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.runbooks.servers import Upstream, free_port, need, process, wait_for
from tests.terminal.driver import Forge, Terminal

PACE = 0.015
"""Seconds between two requests: about sixty a second."""


@dataclass
class Site:
    """A router that writes a log, two backends behind it, and people who use it."""

    folder: Path
    port: int
    log: Path
    good: Upstream
    bad: Upstream
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def traffic(self) -> Iterator[None]:
        """Request a page again and again until the end."""
        users = [threading.Thread(target=self._use, daemon=True) for _ in range(2)]
        for user in users:
            user.start()
        try:
            yield
        finally:
            self._stop.set()
            for user in users:
                user.join(5)

    def _use(self) -> None:
        while not self._stop.wait(2 * PACE):
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/cart", timeout=5).read()

    def seen(self, upstream: Upstream, seconds: float = 1.0) -> int:
        """How many requests a backend gets in a while."""
        before = len(upstream.seen)
        time.sleep(seconds)
        return len(upstream.seen) - before


@contextlib.contextmanager
def backends() -> Iterator[tuple[Upstream, Upstream]]:
    with Upstream("blue").serving() as good, Upstream("green").serving() as bad:
        hits = iter(range(10**9))

        def mostly_good(method: str, path: str, body: bytes) -> tuple[int, bytes]:
            return (500 if next(hits) % 40 == 39 else 200), b"blue"

        good.answer = mostly_good
        yield good, bad


HAPROXY = """\
global
  log stdout format raw local0
  stats socket {folder}/ha.sock mode 600 level admin
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:{port}
  default_backend app
backend app
  balance roundrobin
  server blue 127.0.0.1:{good} weight 100
  server green 127.0.0.1:{bad} weight 37
"""


def answers(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
        return answer.status == 200


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Site]:
    program = need("haproxy")
    with backends() as (good, bad):
        site = Site(tmp_path, free_port(), tmp_path / "haproxy.log", good, bad)
        config = tmp_path / "haproxy.cfg"
        config.write_text(
            HAPROXY.format(folder=tmp_path, port=site.port, good=good.port, bad=bad.port)
        )
        with site.log.open("wb") as log:
            running = subprocess.Popen(
                [program, "-f", str(config), "-db"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.DEVNULL,
            )
        try:
            wait_for(lambda: answers(site.port))
            yield site
        finally:
            running.terminate()
            try:
                running.wait(5)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


NGINX = """\
worker_processes 1;
{user}
pid nginx.pid;
error_log error.log;
events {{ worker_connections 64; }}
http {{
  log_format up '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "-" "-" '
                'rt=$request_time upstream=$upstream_addr';
  access_log access.log up;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  include pool.conf;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://app; }}
  }}
}}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Site]:
    program = need("nginx")
    with backends() as (good, bad):
        site = Site(tmp_path, free_port(), tmp_path / "access.log", good, bad)
        both = f"server 127.0.0.1:{good.port}; server 127.0.0.1:{bad.port};"
        (tmp_path / "pool-both.conf").write_text(f"upstream app {{ {both} }}\n")
        (tmp_path / "pool-blue.conf").write_text(
            f"upstream app {{ server 127.0.0.1:{good.port}; }}\n"
        )
        (tmp_path / "pool.conf").symlink_to("pool-both.conf")
        user = "user root;" if os.getuid() == 0 else ""
        (tmp_path / "nginx.conf").write_text(NGINX.format(port=site.port, user=user))
        wrapper = tmp_path / "nginx"
        options = f"-p {tmp_path} -c nginx.conf -e error.log"
        wrapper.write_text(f'#!/bin/sh\nexec {program} {options} "$@"\n')
        wrapper.chmod(0o755)
        with process(str(wrapper), "-g", "daemon off;"):
            wait_for(lambda: answers(site.port))
            yield site


def console(forge: Forge, site: Site, settings: str, *arguments: str) -> Terminal:
    """Open the console on the site's log, in a terminal of 140 by 40."""
    config = site.folder / "config.toml"
    config.write_text(f'db = "{site.folder}/w.db"\nservice = "shop"\n{settings}')
    return Terminal.forged(
        forge,
        ["--config", str(config), "--log", str(site.log), *arguments],
        site.folder,
        size=(140, 40),
    )
