"""Real servers for the tests: started on loopback, bounded in time, gone at the end."""

import contextlib
import http.server
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PLACES = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/lib/postgresql/15/bin",
    "/usr/lib/postgresql/16/bin",
)


def need(program: str) -> str:
    """The path of a server's program; skips without it, or fails where servers are required."""
    found = shutil.which(program, path=os.pathsep.join([os.environ["PATH"], *PLACES]))
    if found:
        return found
    if os.environ.get("WARROOM_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{program} is not installed, and WARROOM_REQUIRE_SERVERS=1")
    pytest.skip(f"{program} is not installed (make servers)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            if what():
                return
        time.sleep(0.01)
    pytest.fail("a server did not get ready")


def get(url: str) -> tuple[int, str]:
    """Status and body of a request."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.contextmanager
def process(*command: str, stop: int = signal.SIGTERM, **options) -> Iterator[subprocess.Popen]:
    running = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )
    try:
        yield running
    finally:
        running.send_signal(stop)
        try:
            running.wait(5)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@dataclass
class Upstream:
    """A small HTTP server in a thread that says its name, fails when told to, and records."""

    name: str
    port: int = 0
    status: int = 200
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[str, str, bytes], tuple[int, bytes]] | None = None
    tls: ssl.SSLContext | None = None
    content_type: str = "text/plain"

    @contextlib.contextmanager
    def serving(self) -> Iterator["Upstream"]:
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                upstream.seen.append((self.command, self.path, dict(self.headers), body))
                status, payload = upstream.status, upstream.name.encode()
                if upstream.answer:
                    status, payload = upstream.answer(self.command, self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", upstream.content_type)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = reply

            def log_message(self, *args) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args) -> None:
                pass

        with Server(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            if self.tls:
                server.socket = self.tls.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join(5)


HAPROXY = """\
global
  stats socket {folder}/ha.sock mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:{port}
  acl blocked path -i -m beg -f {folder}/blocked.lst
  http-request deny deny_status 503 if blocked
  acl limited path -i -m beg -f {folder}/limited.lst
  stick-table type ip size 1k expire 10s store http_req_rate(10s)
  http-request track-sc0 src if limited
  http-request deny deny_status 429 if limited {{ sc_http_req_rate(0) gt 3 }}
  http-request return status 503 content-type text/html file {folder}/maintenance.html if {{ str(on) -m str -f {folder}/maintenance.lst }}
  default_backend app
backend app
  balance roundrobin
  server blue 127.0.0.1:{blue} check inter 100ms weight 100
  server green 127.0.0.1:{green} check inter 100ms weight 100
"""


@dataclass
class Haproxy:
    url: str
    socket: str
    folder: Path
    blue: Upstream
    green: Upstream

    def names(self, count: int = 20) -> list[str]:
        """Who answered so many requests."""
        return [get(f"{self.url}/")[1] for _ in range(count)]


@contextlib.contextmanager
def haproxy() -> Iterator[Haproxy]:
    program = need("haproxy")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wr-")))
        blue = stack.enter_context(Upstream("blue").serving())
        green = stack.enter_context(Upstream("green").serving())
        port = free_port()
        for name in ("blocked.lst", "limited.lst", "maintenance.lst"):
            (folder / name).touch()
        (folder / "maintenance.html").write_text("<h1>Back soon</h1>")
        config = folder / "haproxy.cfg"
        config.write_text(
            HAPROXY.format(folder=folder, port=port, blue=blue.port, green=green.port)
        )
        subprocess.run([program, "-c", "-f", str(config)], check=True, capture_output=True)
        stack.enter_context(process(program, "-f", str(config), "-db"))
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: {get(url)[1] for _ in range(4)} == {"blue", "green"})
        yield Haproxy(url, f"{folder}/ha.sock", folder, blue, green)


@dataclass
class Postgres:
    url: str
    folder: Path
    programs: Path
    socket: Path

    def query(self, text: str) -> list[tuple]:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []


def as_server_user(*command: str) -> list[str]:
    """A command as a user that PostgreSQL accepts: it refuses to run as root."""
    return ["runuser", "-u", "nobody", "--", *command] if os.getuid() == 0 else list(command)


@contextlib.contextmanager
def postgres(**settings: str) -> Iterator[Postgres]:
    programs = Path(need("initdb")).resolve().parent
    if os.getuid() == 0:
        need("runuser")
    with tempfile.TemporaryDirectory(prefix="wr-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        data = folder / "data"
        subprocess.run(
            as_server_user(
                str(programs / "initdb"),
                "-D",
                str(data),
                "-U",
                "warroom",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ),
            check=True,
            capture_output=True,
            timeout=60,
            cwd="/",
        )
        given = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "max_connections": "20",
            **settings,
        }
        options = [word for key, value in given.items() for word in ("-c", f"{key}={value}")]
        with process(
            *as_server_user(str(programs / "postgres"), "-D", str(data), *options),
            stop=signal.SIGTERM,
            cwd="/",
            start_new_session=True,
        ) as running:
            server = Postgres(
                f"postgresql://warroom@/postgres?host={folder}", folder, programs, folder
            )
            wait_for(lambda: _answers(server), 20)
            try:
                yield server
            finally:
                pid = int((data / "postmaster.pid").read_text().split()[0])
                os.kill(pid, signal.SIGQUIT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(5)


def _answers(server: Postgres) -> bool:
    import psycopg

    try:
        return server.query("select 1") == [(1,)]
    except psycopg.Error:
        return False


NGINX = """\
worker_processes 1;
{user}
pid nginx.pid;
error_log logs/error.log;
events {{ worker_connections 64; }}
http {{
  access_log logs/access.log;
  client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
  include switch.conf;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "new-cart $new_cart\\n"; }}
  }}
}}
"""


@dataclass
class Nginx:
    url: str
    folder: Path
    program: str


@contextlib.contextmanager
def nginx() -> Iterator[Nginx]:
    program = need("nginx")
    with tempfile.TemporaryDirectory(prefix="wr-ng-") as name:
        folder = Path(name)
        for part in ("logs", "tmp"):
            (folder / part).mkdir()
        port = free_port()
        (folder / "switch-on.conf").write_text('map "" $new_cart { default "on"; }\n')
        (folder / "switch.conf").symlink_to("switch-on.conf")
        (folder / "switch-off.conf").write_text('map "" $new_cart { default "off"; }\n')
        (folder / "switch-bad.conf").write_text("map {{{\n")
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(NGINX.format(port=port, user=user))
        command = [program, "-p", str(folder), "-c", "nginx.conf", "-e", "logs/error.log"]
        with process(*command, "-g", "daemon off;", stop=signal.SIGQUIT):
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: get(url)[0] == 200)
            yield Nginx(url, folder, " ".join(command))
