"""The regression test from the log: the right requests, asked again byte for byte."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.core.shop import shop

from warroom.core import events as e
from warroom.core.regression import Failing, Share, as_file
from warroom.core.requests import as_curl, request_to
from warroom.core.state import Incident
from warroom.logs import open_log
from warroom.room.regression import failing_requests

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ONSET = START + timedelta(minutes=10)
END = ONSET + timedelta(minutes=5)
SURE = "/api/orders/17?filter[state]=open&to=%2Fcart&note=it's+$HOME"


def incident() -> Incident:
    onset = e.Onset(at=ONSET, low=ONSET, high=ONSET, sentence="x", end=END)
    return replace(shop().incident, onset=onset, declared_at=ONSET, detected_at=ONSET)


def lines() -> Iterator[str]:
    """An order a second: while it lasts one fails for sure, another oftener but not always."""
    for second in range(20 * 60):
        at = START + timedelta(seconds=second)
        during = ONSET <= at < END
        asked = [
            ("GET", "/api/orders/9", during and second % 9 in (1, 2, 4, 5)),
            ("GET", f"/api/flaky?n={second}", second % (6 if during else 10) == 0),
            ("POST", "/api/pay?token=AKIAABCDEFGHIJKLMNOP&x=1", during and second % 2 == 0),
            ("GET", "/api/stray", second == 11 * 60),
        ]
        if second % 3 == 0:
            asked[0] = ("GET", SURE, during)
        for method, target, bad in asked:
            yield (
                f"10.0.0.1 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
                f'"{method} {target} HTTP/1.1" {503 if bad else 200} 12 '
                '"https://shop.example/" "Shop/5 (it\'s $HOME)"\n'
            )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Failing, ...]:
    path = tmp_path_factory.mktemp("log") / "access.log"
    path.write_text("".join(lines()))
    log = open_log(path, threaded=False)
    while log.step():  # type: ignore[attr-defined]
        pass
    chosen = failing_requests([log], incident(), END)
    log.close()
    assert chosen is not None
    return chosen


def test_the_surest_request_of_each_route_that_failed_more_than_before(
    found: tuple[Failing, ...],
) -> None:
    assert [one.route for one in found] == ["GET /api/orders/{id}", "POST /api/pay"]
    orders, pay = found
    assert orders.request.path == SURE
    assert (orders.before, orders.during) == (
        Share(failed=0, asked=600),
        Share(failed=232, asked=300),
    )
    assert orders.after == Share(failed=0, asked=300)
    assert dict(orders.request.headers) == {
        "Referer": "https://shop.example/",
        "User-Agent": "Shop/5 (it's $HOME)",
    }
    assert "AKIA" not in pay.request.path
    assert pay.request.path.endswith("&x=1")


class Shop(BaseHTTPRequestHandler):
    """Answers orders with what it is told, and remembers what it was asked."""

    status = 503
    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("User-Agent", "")))
        self.send_response(self.status if self.path.startswith("/api/orders") else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Shop]]]:
    kind = type("Asked", (Shop,), {"asked": []})
    http = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}", kind
    http.shutdown()
    http.server_close()


def test_the_test_fails_as_the_incident_did_and_passes_when_it_is_fixed(
    found: tuple[Failing, ...], server: tuple[str, type[Shop]], tmp_path: Path
) -> None:
    base, kind = server
    hostile = 'INC-1: """ \\ \x1b[2J {0}\n# x'
    (tmp_path / "test_inc.py").write_text(as_file(found, hostile, "pytest"))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_inc.py"]

    def run() -> str:
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env={**os.environ, "BASE_URL": base},
            capture_output=True,
            text=True,
        )
        return done.stdout

    assert "1 failed, 1 passed" in run()
    assert ("GET", SURE, "Shop/5 (it's $HOME)") in kind.asked
    kind.status = 200
    assert "2 passed" in run()


def test_curl_asks_for_the_very_path_whatever_the_shell_thinks_of_it(
    found: tuple[Failing, ...], server: tuple[str, type[Shop]]
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    base, kind = server
    odd = request_to("GET", "/a/../b?x[1-3]={u,v}&y=`id`;$(id)&z=ü")
    assert odd is not None
    script = as_file(found, "INC-1", "curl") + as_curl(odd, base) + "\n"
    done = subprocess.run(
        ["sh", "-c", script], env={**os.environ, "BASE_URL": base}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [path for _, path, _ in kind.asked] == [
        SURE,
        found[1].request.path,
        "/a/../b?x[1-3]={u,v}&y=`id`;$(id)&z=%C3%BC",
    ]
    assert kind.asked[0][2] == "Shop/5 (it's $HOME)"


def test_without_an_onset_or_a_failure_there_is_no_request(tmp_path: Path) -> None:
    assert failing_requests([], replace(incident(), onset=None, started_at=None), END) is None
    path = tmp_path / "access.log"
    path.write_text("".join(line.replace('" 503 ', '" 200 ') for line in lines()))
    log = open_log(path, threaded=False)
    while log.step():  # type: ignore[attr-defined]
        pass
    assert failing_requests([log], incident(), END) == ()
    log.close()


def test_headers_of_structured_logs_come_along_but_no_secret_ones(tmp_path: Path) -> None:
    path = tmp_path / "caddy.log"
    at = int((ONSET + timedelta(seconds=5)).timestamp())
    path.write_text(
        f'{{"level":"error","ts":{at}.5,"logger":"http.log.access","msg":"handled request",'
        '"request":{"remote_ip":"203.0.113.9","proto":"HTTP/2.0","method":"GET","host":"x.example",'
        '"uri":"/cart","headers":{"User-Agent":["curl/8.5.0"],"Accept":["text/html"],'
        '"Cookie":["session=1"],"X-Api-Key":["abcdefgh"]}},"duration":0.01,"size":12,"status":502}\n'
    )
    log = open_log(path, threaded=False)
    while log.step():  # type: ignore[attr-defined]
        pass
    chosen = failing_requests([log], incident(), END)
    log.close()
    assert chosen is not None
    assert dict(chosen[0].request.headers) == {"User-Agent": "curl/8.5.0", "Accept": "text/html"}
