"""Who gets in, and to what: every scope against every route, and everything that is no good."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.kit import Served, say, served, until

from warroom.core.commanding import COMMANDS, RUNS
from warroom.server.app import create_app
from warroom.server.desk import Desk, Limits
from warroom.server.serve import Address, ServeError

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/status"),
    ("GET", "/status.atom"),
    ("GET", "/status.json"),
    ("GET", "/v1/openapi.json"),
}
READING = {
    ("GET", "/v1/me"),
    ("GET", "/v1/incidents"),
    ("GET", "/v1/queue"),
    ("GET", "/v1/incidents/{incident}"),
    ("GET", "/v1/incidents/{incident}/timeline"),
    ("GET", "/v1/incidents/{incident}/postmortem"),
    ("GET", "/v1/journal"),
    ("GET", "/v1/events"),
    ("GET", "/metrics"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = Limits(rate=10_000, burst=10_000, stranger_rate=10_000, stranger_burst=10_000)
    with served(tmp_path_factory.mktemp("doors"), limits=limits) as found:
        yield found


@pytest.fixture(scope="module")
def incident(running: Served) -> str:
    with running.client(running.token("ana", "act")) as ana:
        return say(ana, "declare", facts={"title": "one", "client": "acme"}).json()["incident"]


def routes(running: Served) -> set[tuple[str, str]]:
    app = create_app(Desk(hall=running.hall, tokens=running.tokens, audit=running.folder / "x"))
    found = app.openapi()["paths"]
    listed = {(method.upper(), path) for path, ways in found.items() for method in ways}
    return listed | {("GET", "/v1/openapi.json")}


def wanted(method: str, path: str) -> str | None:
    """The scope that a route must ask for; None: no token at all."""
    if (method, path) in OPEN:
        return None
    if (method, path) in READING:
        return "read"
    assert path.startswith("/v1/commands/"), f"{method} {path} is in no table of this test"
    return "run" if COMMANDS[path.rpartition("/")[2]] in RUNS else "act"


@pytest.mark.parametrize("scope", ["", "read", "act", "run", "admin", "ingest:github"])
def test_every_scope_against_every_route(running: Served, incident: str, scope: str) -> None:
    token = running.token("ana", scope) if scope else ""
    before = running.hall.end()
    with running.client(token) as client:
        for method, path in sorted(routes(running)):
            url = path.replace("{incident}", incident)
            with client.stream(method, url, content=b"{}" if method == "POST" else None) as answer:
                status = answer.status_code
            need = wanted(method, path)
            if need is None or scope in {need, "admin"}:
                # let in: an empty command is refused for what it is, not for who sends it
                assert status == (422 if method == "POST" else 200), (path, status)
            else:
                assert status == (403 if scope else 401), (path, scope, status)
    assert running.hall.end() == before


def test_a_token_that_is_no_good_is_turned_away_and_written_down(running: Served) -> None:
    good = running.token("ana")
    late = running.token("late", days=-1)
    gone = running.token("gone")
    running.tokens.revoke(gone.split("_")[1], running.hall.now())
    for token, why in (
        (late, "expired"),
        (gone, "revoked"),
        (good[:-1] + ("A" if good[-1] != "A" else "B"), "not one of ours"),
        (good[:-1], "not one of ours"),
        ("nonsense", "not one of ours"),
        ("wr_zzzzzzzzzz_" + "A" * 43, "not one of ours"),
    ):
        with running.client(token) as client:
            answer = client.get("/v1/me")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert why in answer.json()["reason"]
        assert why in running.audit().splitlines()[-1]
        assert token not in running.audit()
    with running.client(good) as client:
        assert client.get("/v1/me").json()["person"] == "ana"
        until(lambda: client.get("/v1/me").status_code == 200)
        running.tokens.revoke(good.split("_")[1], running.hall.now())
        until(lambda: client.get("/v1/me").status_code == 401, 10)


def test_the_database_does_not_hold_the_token(running: Served) -> None:
    token = running.token("ana")
    files = (running.folder / "server").glob("journal.db*")
    assert all(token.split("_")[2].encode() not in file.read_bytes() for file in files)


def test_a_token_for_one_client_does_not_reach_another(running: Served, incident: str) -> None:
    with (
        running.client(running.token("ana")) as ana,
        running.client(running.token("eve", "read", "act", "run", clients=("globex",))) as eve,
    ):
        theirs = say(eve, "declare", facts={"title": "own", "client": "globex"}).json()["incident"]
        assert say(eve, "declare", facts={"title": "x", "client": "acme"}).status_code == 403
        assert say(eve, "declare", facts={"title": "x"}).status_code == 403
        assert eve.get(f"/v1/incidents/{incident}").status_code == 404
        assert eve.get(f"/v1/incidents/{incident}/timeline").status_code == 404
        assert say(eve, "add-note", incident, text="x").status_code == 404
        assert say(eve, "merge-into", theirs, into=incident).status_code == 404
        assert say(eve, "link", theirs, facts={"other": incident, "how": "x"}).status_code == 404
        assert say(eve, "qualify", theirs, facts={"client": "acme"}).status_code == 403
        listed = [i["id"] for i in eve.get("/v1/incidents").json()["incidents"]]
        assert listed == [theirs]
        assert [i["id"] for i in eve.get("/v1/queue").json()["incidents"]] == [theirs]
        assert eve.get("/v1/incidents", params={"q": "one"}).json()["incidents"] == []
        for path in ("/v1/journal", "/v1/events", "/metrics"):
            assert eve.get(path).status_code == 403
        assert ana.get(f"/v1/incidents/{theirs}").status_code == 200
        assert say(eve, "add-note", theirs, text="x").status_code == 200


def test_nobody_acts_under_another_name(running: Served, incident: str) -> None:
    with running.client(running.token("ana")) as ana:
        body = {"incident": incident, "command": {"text": "x"}, "actor": "leo"}
        answer = ana.post("/v1/commands/add-note", json=body)
        assert answer.status_code == 403
        body["actor"] = "git"
        assert ana.post("/v1/commands/add-note", json=body).json()["events"][0]["actor"] == "git"
    with running.client(running.token("root", "admin")) as root:
        body["actor"] = "leo"
        assert root.post("/v1/commands/add-note", json=body).json()["events"][0]["actor"] == "leo"


def test_terms_are_for_the_server_to_say(running: Served) -> None:
    facts = {"title": "mine", "terms": {"name": "gold"}}
    with running.client(running.token("ana")) as ana:
        name = say(ana, "declare", facts=facts).json()["incident"]
        assert ana.get(f"/v1/incidents/{name}").json()["agreement"] is None


def test_a_command_sent_twice_happens_once(running: Served, incident: str) -> None:
    body = {"incident": incident, "command": {"text": "once"}, "command_id": "only-once"}
    with running.client(running.token("ana")) as ana:
        answers = [ana.post("/v1/commands/add-note", json=body).json() for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        told = ana.get(f"/v1/incidents/{incident}/timeline").json()["entries"]
        assert [entry["text"] for entry in told].count("once") == 1
        other = say(ana, "declare", facts={"title": "other"}).json()["incident"]
        assert (
            ana.post("/v1/commands/add-note", json={**body, "incident": other}).status_code == 422
        )


def test_refusals_of_rules_carry_their_reasons(running: Served, incident: str) -> None:
    with running.client(running.token("ana")) as ana:
        answer = say(ana, "close", incident)
        assert answer.status_code == 409
        assert answer.json()["missing"]
        assert say(ana, "add-note", "INC-999999", text="x").status_code == 404
        assert say(ana, "add-note", "nonsense", text="x").status_code == 404
        assert ana.post("/v1/commands/launch", json={}).status_code == 404
        assert ana.get("/v1/commands/add-note").status_code == 405


BROKEN = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "deep": b"[" * 20_000,
    "NaN": b'{"incident":"INC-1","command":{"text":NaN}}',
    "no UTF-8": b'{"incident":"INC-1","command":{"text":"\xff"}}',
    "half a pair": b'{"incident":"INC-1","command":{"text":"\\ud800"}}',
    "another type": b'{"incident":"INC-1","command":{"text":1}}',
    "more than asked": b'{"incident":"INC-1","command":{"text":"x","by":"leo"}}',
    "no zone": b'{"incident":"INC-1","command":{"text":"x","about":"2026-01-01T00:00:00"}}',
    "before time": b'{"incident":"INC-1","command":{"text":"x","about":"0001-01-01T00:00:00+14:00"}}',
    "id with a line": b'{"incident":"INC-1","command":{"text":"x"},"command_id":"aaaaaaaa\\n"}',
    "device with an escape": b'{"incident":"INC-1","command":{"text":"x"},"device":"\\u001b[2J"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_refused_without_effect(
    running: Served, incident: str, body: bytes
) -> None:
    before = running.hall.end()
    with running.client(running.token("ana")) as ana:
        answer = ana.post("/v1/commands/add-note", content=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"status", "reason", "hint", "missing"}
    assert running.hall.end() == before


def test_what_is_too_large_is_refused_while_it_comes(tmp_path: Path) -> None:
    limits = Limits(body_bytes=10_000, header_bytes=4_000, target_bytes=2_000)
    with served(tmp_path, limits=limits) as running:
        token = running.token("ana")
        with running.client(token) as ana:
            path = "/v1/commands/add-note"
            assert ana.post(path, content=b"x" * 10_001).status_code == 413
            assert ana.get("/healthz", headers={"x": "y" * 5_000}).status_code == 431
            assert ana.get("/healthz?" + "y" * 3_000).status_code == 414
            assert ana.post(path, content=b"x" * 9_000).status_code == 422
        # Without a length: counted while it comes, and answered before the end.
        with socket.create_connection(("127.0.0.1", running.port), 10) as raw:
            raw.sendall(
                f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                "Transfer-Encoding: chunked\r\n\r\n".encode()
            )
            for _ in range(11):
                raw.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            assert b" 413 " in raw.recv(4096)
        assert running.audit().count('"status": 413') == 2


def test_who_dawdles_is_hung_up_on_and_holds_up_nobody(tmp_path: Path) -> None:
    limits = Limits(body_seconds=0.3, head_seconds=0.3)
    with served(tmp_path, limits=limits) as running:
        token = running.token("ana")
        slow_head = socket.create_connection(("127.0.0.1", running.port), 20)
        slow_head.sendall(b"GET /healthz HT")
        slow_body = socket.create_connection(("127.0.0.1", running.port), 20)
        slow_body.sendall(
            f"POST /v1/commands/add-note HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            "Content-Length: 100\r\n\r\n{".encode()
        )
        with running.client() as other:
            assert other.get("/healthz").status_code == 200
        with slow_head, slow_body:
            assert slow_head.recv(4096) == b""
            assert b" 408 " in slow_body.recv(4096)


def test_whoever_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    limits = Limits(rate=0.01, burst=3, stranger_rate=0.01, stranger_burst=2)
    with served(tmp_path, limits=limits) as running:
        with running.client(running.token("ana")) as ana:
            assert [ana.get("/v1/me").status_code for _ in range(4)] == [200, 200, 200, 429]
            answer = ana.get("/v1/me")
            assert int(answer.headers["retry-after"]) >= 1
        with running.client("wr_aaaaaaaaaa_" + "x" * 43) as eve:
            assert [eve.get("/v1/me").status_code for _ in range(3)] == [401, 401, 429]
        with running.client(running.token("leo")) as leo:
            assert leo.get("/v1/me").status_code == 200  # somebody else's haste is not his
        assert '"status": 429' in running.audit()


def test_an_address_others_can_reach_needs_protection(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "warroom.example"):
        with pytest.raises(ServeError, match="could read the tokens"):
            Address(host=host).check()
        Address(host=host, behind_proxy=True).check()
    for host in ("127.0.0.1", "::1", "localhost"):
        Address(host=host).check()
    with pytest.raises(ServeError, match="both"):
        Address(host="::", certificate=tmp_path).check()


def test_told_to_stop_it_leaves_though_a_stream_is_open(
    tmp_path: Path,
) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "WARROOM_ACTOR": "ana"}
    command = [sys.executable, "-m", "warroom"]
    made = subprocess.run(
        [*command, "token", "new", "ana", "--json"],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    token = json.loads(made.stdout)["token"]
    running = subprocess.Popen(
        [*command, "serve", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        url = running.stdout.readline().split()[-1]
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
            until(lambda: client.get("/healthz").status_code == 200)
            with client.stream("GET", "/v1/events") as stream:
                chunks = stream.iter_bytes()  # dropped, it would close the stream
                next(chunks)
                running.send_signal(signal.SIGTERM)
                running.wait(20)  # a stream would hold it up for ever; the bench has the figure
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def test_a_parameter_that_the_document_does_not_name_is_refused(
    running: Served, incident: str
) -> None:
    with running.client(running.token("ana", "read", "act", "run", "admin")) as ana:
        paths = ana.get("/v1/openapi.json").json()["paths"]
        asked = 0
        for path, operations in paths.items():
            for method, operation in operations.items():
                if path.startswith("/v1/"):
                    address = re.sub(r"{\w+}", incident, path)
                    answer = ana.request(method, address, params={"inclde_closed": "true"})
                    assert answer.status_code == 422, path
                    assert "query.inclde_closed" in answer.json()["reason"]
                    assert "422" in operation["responses"]
                    asked += 1
        assert asked > 50
        assert ana.get("/status", params={"utm_source": "mail"}).status_code == 200
        assert ana.get("/v1/incidents", params={"q": "x"}).status_code == 200
