"""A request goes only where it may, is bounded in every way, and leaks nothing."""

import json
import socket
import threading
import time

import pytest

from warroom.core.words import Outcome as Kind
from warroom.runbooks import httpstep
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.httptext import build, request_text
from warroom.runbooks.model import Block, Language
from warroom.runbooks.run import run_block

ALL = ["127.0.0.1"]


def block(code, **options):
    return Block(Language.HTTP, code, None, options, 1)


def send(code, env=None, *, options=None, **arguments):
    return run_block(
        block(code, **(options or {})), env or {}, **{"timeout": 5, "hosts": ALL, **arguments}
    )


def test_the_request_is_what_the_preview_showed(upstream):
    code = (
        f"POST http://127.0.0.1:{upstream.port}/flags/$flag?why=$why\n"
        "Authorization: Bearer $token\n\n"
        '{"enabled": false, "weight": "$weight", "comment": "by $who: $why"}\n'
    )
    env = {"flag": "a/b ?", "why": 'x"&y=1', "token": "hunter2hunter2", "weight": "5", "who": "ana"}
    outcome = send(code, env, integers=frozenset({"weight"}), secrets=["hunter2hunter2"])
    assert outcome.succeeded, outcome.reason
    method, path, headers, body = upstream.seen[0]
    assert method == "POST"
    assert path == "/flags/a%2Fb%20%3F?why=x%22%26y%3D1"
    assert headers["Authorization"] == "Bearer hunter2hunter2"
    assert headers["Host"] == f"127.0.0.1:{upstream.port}"
    assert json.loads(body) == {"enabled": False, "weight": 5, "comment": 'by ana: x"&y=1'}
    shown = request_text(block(code), env, frozenset({"weight"}))
    assert path in shown
    assert body.decode() in shown


def test_a_form_body_is_encoded(upstream):
    code = (
        f"POST http://127.0.0.1:{upstream.port}/\nContent-Type: application/x-www-form-urlencoded\n\n"
        "a=$a&b=2\n"
    )
    assert send(code, {"a": "1&admin=1"}).succeeded
    assert upstream.seen[0][3] == b"a=1%26admin%3D1&b=2"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("FETCH http://x/", "no request"),
        ("GET ftp://x/", "no request"),
        ("GET http://u:p@x/", "password"),
        ("GET http://x/\nHost: y", "no header to set"),
        ("GET http://x/\nnonsense", "no header"),
        ("GET http://a-$h.example.org/", "part of a host"),
        ("GET http://x/$up/", "climb"),
        ("GET http://x/\nA: $line", "line break"),
        ("POST http://x/\n\n{bad", "no JSON"),
        ("POST http://x/\nContent-Type: text/plain\n\n$h", "a parameter in a body"),
        ("GET http://x/$unknown", "no value"),
    ],
)
def test_what_is_no_sound_request_is_refused(code, why):
    with pytest.raises(RunbookError, match=why):
        build(block(code), {"h": "1", "up": "..", "line": "a\r\nX: y"})


@pytest.mark.parametrize("hosts", [[], ["example.org"], ["127.0.0.1:1"]])
def test_a_host_that_is_not_allowed_gets_nothing(upstream, hosts):
    outcome = send(f"GET http://127.0.0.1:{upstream.port}/", hosts=hosts)
    assert outcome.kind is Kind.FAILED
    assert "not on the list" in outcome.reason
    assert upstream.seen == []


def test_a_name_that_leads_elsewhere_is_refused(monkeypatch, upstream):
    for address, family in (
        ("127.0.0.1", socket.AF_INET),
        ("169.254.169.254", socket.AF_INET),
        ("::ffff:127.0.0.1", socket.AF_INET6),
        ("fe80::1", socket.AF_INET6),
        ("0.0.0.0", socket.AF_INET),
    ):
        monkeypatch.setattr(
            httpstep.socket,
            "getaddrinfo",
            lambda *a, f=family, to=address, **k: [(f, socket.SOCK_STREAM, 6, "", (to, 80))],
        )
        outcome = send(f"GET http://flags.test:{upstream.port}/", hosts=["flags.test"])
        assert "Write the address if you mean it" in outcome.reason
    assert upstream.seen == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch, upstream):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert send(f"GET http://127.0.0.1:{upstream.port}/").succeeded


def test_what_counts_as_success_can_be_said(upstream):
    upstream.answer = lambda *_: (404, b"{}")
    url = f"GET http://127.0.0.1:{upstream.port}/"
    assert not send(url).succeeded
    assert send(url, options={"expect": "200-299,404"}).succeeded


def test_the_state_before_is_taken_from_the_answer(upstream):
    upstream.answer = lambda *_: (200, b'{"environments": [{"enabled": true, "name": "prod"}]}')
    options = {"state": "enabled:/environments/0/enabled,name:/environments/0/name"}
    url = f"GET http://127.0.0.1:{upstream.port}/"
    assert send(url, options=options).state == {"enabled": "true", "name": "prod"}
    assert send(url, options={"require": "/environments/0/enabled=true"}).succeeded
    outcome = send(url, options={"require": "/environments/0/enabled=false"})
    assert outcome.reason == "/environments/0/enabled is true, not false"


def test_a_secret_in_the_answer_is_hidden(upstream):
    upstream.answer = lambda *_: (200, b'you sent "hunter2hunter2"')
    outcome = send(f"GET http://127.0.0.1:{upstream.port}/", secrets=["hunter2hunter2"])
    assert "hunter2" not in repr(outcome)


def test_a_huge_body_is_cut(upstream):
    upstream.answer = lambda *_: (200, b"x" * 5_000_000)
    outcome = send(f"GET http://127.0.0.1:{upstream.port}/")
    assert outcome.succeeded
    assert outcome.total_bytes < 70_000
    assert "[cut]" in outcome.output


class Raw:
    """A server that answers with bytes of the test's choice."""

    def __init__(self, *pieces, pause=0.0):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, args=(pieces, pause), daemon=True)
        self.thread.start()

    def serve(self, pieces, pause):
        try:
            connection, _ = self.socket.accept()
            with connection:
                connection.recv(4096)
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_a_redirect_is_not_followed(upstream):
    location = f"http://127.0.0.1:{upstream.port}/elsewhere".encode()
    with Raw(
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    ) as raw:
        outcome = send(f"GET http://127.0.0.1:{raw.port}/")
    assert (outcome.kind, outcome.exit_status) == (Kind.FAILED, 302)
    assert upstream.seen == []


def test_a_dripping_server_is_given_up():
    with Raw(*[b"H"] * 50, pause=0.05) as raw:
        began = time.monotonic()
        outcome = send(f"GET http://127.0.0.1:{raw.port}/", timeout=0.3)
        assert outcome.kind is Kind.TIMED_OUT
        assert time.monotonic() - began < 2


def test_a_hanging_server_can_be_stopped():
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    with Raw(b"", pause=3) as raw:
        outcome = send(f"GET http://127.0.0.1:{raw.port}/", cancel=cancel)
    assert outcome.kind is Kind.CANCELLED
    assert "received" in outcome.reason


@pytest.mark.parametrize(
    "answer",
    [b"\x00\xff garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b""],
)
def test_a_broken_answer_is_a_failure(answer):
    with Raw(answer) as raw:
        outcome = send(f"GET http://127.0.0.1:{raw.port}/")
    assert outcome.kind is Kind.FAILED
    assert outcome.reason


def test_nobody_there_is_a_failure():
    outcome = send("GET http://127.0.0.1:1/")
    assert outcome.kind is Kind.FAILED
    assert "refused" in outcome.reason
