"""Capture `sample_data/logs`: one real incident, logged by every server the requests pass.

Run: python scripts/capture_samples.py [--folder sample_data/logs] [--seconds 30] [--rate 20]

Customers ask HAProxy, which asks nginx, which asks the simulated shop. After a third of the time
a bad release is deployed, after two thirds it is rolled back; at the end nginx is taken out of
HAProxy for a moment. What the servers write is kept as they wrote it. Requests, victims and shares
come from a seed; times and ports are those of the run. Without nginx or HAProxy only the shop's own
logs are captured, and the script says so.
"""

import argparse
import asyncio
import contextlib
import getpass
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from warroom.drills.service import wire
from warroom.drills.service.settings import Settings, trigger
from warroom.drills.service.supervisor import SimulatedService, environment
from warroom.drills.service.traffic import calls

SEED = 20
LIMIT = 300_000
"""Bytes a sample may have: it is kept in the repository."""

NGINX = """\
daemon off;
{user}
pid {home}/nginx.pid;
error_log {home}/nginx_error.log error;
events {{ worker_connections 256; }}
http {{
    log_format shop '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
        ' "$http_referer" "$http_user_agent" rt=$request_time us="$upstream_addr"'
        ' upstream="$upstream_http_x_instance" release="$upstream_http_x_release"'
        ' id="$http_x_request_id"';
    log_format common_ '$remote_addr - $remote_user [$time_local] "$request" $status'
        ' $body_bytes_sent';
    log_format json_ escape=json '{{"ts":"$time_iso8601","remote_addr":"$remote_addr",'
        '"method":"$request_method","uri":"$request_uri","status":$status,'
        '"bytes":$body_bytes_sent,"request_time":$request_time,'
        '"upstream":"$upstream_http_x_instance","release":"$upstream_http_x_release",'
        '"user_agent":"$http_user_agent","request_id":"$http_x_request_id"}}';
    access_log {home}/nginx_access.log shop;
    access_log {home}/nginx_common.log common_;
    access_log {home}/nginx_json.log json_;
    client_body_temp_path {home}/tmp-body;
    proxy_temp_path {home}/tmp-proxy;
    fastcgi_temp_path {home}/tmp-fastcgi;
    uwsgi_temp_path {home}/tmp-uwsgi;
    scgi_temp_path {home}/tmp-scgi;
    real_ip_header X-Forwarded-For;
    set_real_ip_from 127.0.0.1;
    upstream shop {{ server 127.0.0.1:{shop} max_fails=0; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        server_name shop.example;
        # Far below what a dying worker takes: some of its victims become 504 here.
        proxy_read_timeout 1100ms;
        location / {{
            proxy_pass http://shop;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""

HAPROXY = """\
global
    log 127.0.0.1:{rfc5424} format rfc5424 local0
    log 127.0.0.1:{rfc3164} format rfc3164 local0
    log 127.0.0.1:{raw} format raw local0
    stats socket {home}/haproxy.sock mode 600 level admin
defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 10s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    default_backend shop
backend shop
    server nginx-1 127.0.0.1:{nginx}
"""


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def running(argv: list[str], port: int, stop: int) -> Iterator[None]:
    """A server while the block runs; it must listen within five seconds."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        argv, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        end = time.monotonic() + 5
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.02)
        else:
            sys.exit(f"capture_samples: {argv[0]} does not listen on port {port}")
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Syslog(asyncio.DatagramProtocol):
    """Writes every datagram as one line."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("ab", buffering=0)

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Keep one message."""
        self._out.write(data.rstrip(b"\n") + b"\n")

    def connection_lost(self, _error: Exception | None) -> None:
        """Let go of the file."""
        self._out.close()


async def customers(port: int, rate: float, seconds: float) -> None:
    """Play the seeded customers; each is one request, answered or not."""
    pool = wire.Pool(port)
    begun = due = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for call in itertools.takewhile(
            lambda _: time.monotonic() - begun < seconds, calls(SEED, rate)
        ):
            due += call.wait
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            headers = {
                "host": "shop.example",
                "user-agent": call.agent,
                "x-forwarded-for": call.client,
                "x-request-id": call.request_id,
                **({"referer": call.referer} if call.referer else {}),
                **({"if-none-match": '"9f2c"'} if call.cached else {}),
            }
            body = b'{"qty": 1}' if call.method in {"POST", "PUT"} else b""
            request = wire.Request(call.method, call.path, headers, body)
            tasks.create_task(ask(pool, request))


async def ask(pool: wire.Pool, request: wire.Request) -> None:
    with contextlib.suppress(OSError, wire.WireError, TimeoutError):
        await pool.ask(request, 8)


async def maintenance(path: str, seconds: float) -> None:
    """Take nginx out of HAProxy's backend for a moment at the end."""
    await asyncio.sleep(seconds * 0.92)
    for command in ("disable server shop/nginx-1", "enable server shop/nginx-1"):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(command.encode() + b"\n")
        await reader.read()
        writer.close()
        await asyncio.sleep(seconds * 0.03)


async def roll_back(folder: Path, seconds: float) -> None:
    await asyncio.sleep(seconds * 2 / 3)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "warroom.drills.service.switch", str(folder)),
        *("release", "2026.11.19"),
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    if await process.wait():
        sys.exit("capture_samples: the rollback failed")


async def play(home: Path, settings: Settings, rate: float, seconds: float) -> None:
    """Let the incident happen behind whatever servers there are."""
    nginx, haproxy = program("nginx"), program("haproxy")
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as servers:
        front = settings.ports["router"]
        tasks = [roll_back(home / "shop", seconds)]
        if nginx and haproxy:
            user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
            port = free_port()
            (home / "nginx.conf").write_text(
                NGINX.format(home=home, shop=front, port=port, user=user)
            )
            conf = ["-p", str(home), "-c", str(home / "nginx.conf")]
            errors = ["-e", str(home / "nginx_error.log")]
            servers.enter_context(running([nginx, *conf, *errors], port, signal.SIGQUIT))
            sinks = {name: free_port(socket.SOCK_DGRAM) for name in ("rfc5424", "rfc3164", "raw")}
            for name, sink in sinks.items():
                log = home / f"haproxy_{name}.log"
                transport, _ = await loop.create_datagram_endpoint(
                    lambda log=log: Syslog(log), local_addr=("127.0.0.1", sink)
                )
                servers.callback(transport.close)
            front, behind = free_port(), port
            (home / "haproxy.cfg").write_text(
                HAPROXY.format(home=home, port=front, nginx=behind, **sinks)
            )
            argv = [haproxy, "-f", str(home / "haproxy.cfg"), "-db"]
            servers.enter_context(running(argv, front, signal.SIGUSR1))
            tasks.append(maintenance(str(home / "haproxy.sock"), seconds))
        else:
            print("nginx or HAProxy is not installed: only the shop's own logs are captured")
        await asyncio.gather(customers(front, rate, seconds), *tasks)
        await asyncio.sleep(0.5)  # the last datagrams


KEPT = {
    "shop/access.log": "shop_access.log",
    "shop/error.log": "shop_error.log",
    "shop/app.jsonl": "shop_app.jsonl",
    "shop/changes.jsonl": "shop_changes.jsonl",
    "nginx_access.log": "nginx_access.log",
    "nginx_common.log": "nginx_common.log",
    "nginx_json.log": "nginx_json.log",
    "nginx_error.log": "nginx_error.log",
    "haproxy_raw.log": "haproxy_http.log",
    "haproxy_rfc5424.log": "haproxy_rfc5424.log",
    "haproxy_rfc3164.log": "haproxy_rfc3164.log",
}
"""What a server wrote, and the name of the sample."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("sample_data/logs"))
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20.0, help="requests per second")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="wr-") as made:
        home = Path(made)
        plan = (trigger("bad_release", options.seconds / 3 - 1, 1.0),)
        # The shop's own customers stay away: they are played from here, through every server.
        with SimulatedService.start(home / "shop", seed=SEED, plan=plan, rate=0.0001) as shop:
            asyncio.run(play(home, shop.settings, options.rate, options.seconds))
        for written, name in KEPT.items():
            if not (home / written).exists():
                continue
            content = (home / written).read_bytes()
            if len(content) > LIMIT:
                sys.exit(f"capture_samples: {name} would have {len(content)} bytes, over {LIMIT}")
            (options.folder / name).write_bytes(content)
            print(f"{name}: {len(content)} bytes, {content.count(b'%c' % 10)} lines")
    hits = (options.folder / "shop_access.log").read_text().splitlines()
    print(json.dumps(Counter(line.split('" ')[1].split()[0] for line in hits)))


if __name__ == "__main__":
    main()
