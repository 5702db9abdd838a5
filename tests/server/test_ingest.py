"""Reports of other systems over the network: proved, kept in bulk, answered at once, placed later."""

import concurrent.futures
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.kit import Served, until

from warroom.comms.send import send
from warroom.core.channels import Reported
from warroom.intake.vendors import VENDORS, Intake
from warroom.room.dispatch import Dispatch
from warroom.room.postman import Postman
from warroom.room.reception import Reception
from warroom.store import SqlInbox, SqlOutbox

PAYLOADS = Path(__file__).parents[2] / "sample_data" / "payloads"
SECRET = "of-the-hook"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    intakes = {kind: Intake(name=kind, kind=kind, secret="HOOK_SECRET") for kind in VENDORS}
    intakes["open"] = Intake(name="open", kind="generic")

    def staff(served: Served) -> Postman:
        return Postman(
            Reception(served.hall, SqlInbox(served.journal), intakes),
            Dispatch(served.hall, SqlOutbox(served.journal), (), send),
            (),
            lambda _: b"",
            served.hall.now,
        )

    running = Served(tmp_path, staff=staff, intakes=intakes).start()
    try:
        yield running
    finally:
        running.stop()


def github(body: bytes) -> dict[str, str]:
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={mac}", "x-github-event": "issues"}


def test_a_signed_ticket_opens_an_incident(desk: Served) -> None:
    body = (PAYLOADS / "github_issue.json").read_bytes()
    with desk.client() as client:
        answer = client.post("/v1/ingest/github", content=body, headers=github(body))
    assert answer.status_code == 202
    until(desk.hall.incidents)
    (incident,) = desk.hall.incidents()
    assert incident.title == "Nobody can pay since this morning"
    assert incident.contact == "github:shop/checkout#412"


def test_what_nobody_has_proved_is_refused_and_written_down(desk: Served) -> None:
    body = (PAYLOADS / "github_issue.json").read_bytes()
    with desk.client() as client:
        tries = [
            client.post("/v1/ingest/github", content=body),
            client.post("/v1/ingest/github", content=body + b" ", headers=github(body)),
            client.post("/v1/ingest/open", content=b'{"title": "x"}'),
        ]
        nowhere = client.post("/v1/ingest/nobody", content=body)
    assert [one.status_code for one in tries] == [401, 401, 401]
    assert nowhere.status_code == 404
    assert SqlInbox(desk.journal).letters() == ()
    assert desk.audit().count("not proved who sent this") == 3


def test_a_token_brings_in_the_reports_of_its_intake_and_nothing_else(desk: Served) -> None:
    token = desk.token("alertmanager", "ingest:alertmanager")
    body = (PAYLOADS / "alertmanager.json").read_bytes()
    with desk.client(token) as client:
        assert client.post("/v1/ingest/alertmanager", content=body).status_code == 202
        assert client.post("/v1/ingest/grafana", content=body).status_code == 403
        assert client.get("/v1/incidents").status_code == 403
    with desk.client(desk.token("ana", "read", "act", "admin")) as client:
        assert client.post("/v1/ingest/alertmanager", content=body).status_code == 403
    auth = httpx.BasicAuth("warroom", token)
    with httpx.Client(base_url=desk.url, auth=auth, trust_env=False) as client:
        assert client.post("/v1/ingest/alertmanager", content=body).status_code == 202
    until(desk.hall.incidents)
    assert len(SqlInbox(desk.journal).letters()) == 1  # the second was a retry


def test_what_is_merely_odd_is_kept_and_answered_like_the_rest(desk: Served) -> None:
    with desk.client(desk.token("m", "ingest:pagerduty")) as client:
        for body in (b"", b"{", b"\x00\xff", b'{"event": 7}', b"[" * 100_000):
            assert client.post("/v1/ingest/pagerduty", content=body).status_code == 202
    inbox = SqlInbox(desk.journal)
    until(lambda: not inbox.waiting())
    assert {one.standing for one in inbox.letters()} == {"aside"}
    assert desk.hall.incidents() == ()


def test_slack_is_answered_as_it_expects(desk: Served) -> None:
    def signed(body: bytes) -> dict[str, str]:
        stamp = str(int(time.time()))
        base = b"v0:" + stamp.encode() + b":" + body
        mac = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
        return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mac}"}

    asked = b'{"type": "url_verification", "challenge": "3eZbrw1a"}'
    command = (PAYLOADS / "slack_command.txt").read_bytes()
    with desk.client() as client:
        hello = client.post("/v1/ingest/slack", content=asked, headers=signed(asked))
        said = client.post("/v1/ingest/slack", content=command, headers=signed(command))
    assert hello.json() == {"challenge": "3eZbrw1a"}
    assert said.status_code == 200
    assert said.json()["response_type"] == "ephemeral"
    until(desk.hall.incidents)


def test_a_message_of_five_megabytes_is_taken_and_one_of_twenty_refused(desk: Served) -> None:
    alert = json.loads((PAYLOADS / "alertmanager.json").read_bytes())
    one = alert["alerts"][0]
    alert["alerts"] = [{**one, "fingerprint": f"{n:016x}"} for n in range(10_000)]
    with desk.client(desk.token("m", "ingest:alertmanager")) as client:
        body = json.dumps(alert).encode()
        assert len(body) > 3_000_000
        assert client.post("/v1/ingest/alertmanager", content=body).status_code == 202
        huge = client.post("/v1/ingest/alertmanager", content=b"x" * (20 << 20))
    assert huge.status_code == 413
    until(lambda: desk.hall.incidents() and desk.hall.incidents()[0].reports, 60)
    assert desk.hall.incidents()[0].reports[0].firing == 10_000


def test_many_at_once_are_all_kept_and_none_twice(desk: Served) -> None:
    token = desk.token("m", "ingest:generic")

    def burst(worker: int) -> int:
        kept = 0
        with desk.client(token) as client:
            for n in range(40):
                body = json.dumps(
                    {"title": "probe fails", "key": f"{worker}-{n % 30}", "n": n}
                ).encode()
                kept += client.post("/v1/ingest/generic", content=body).status_code == 202
        return kept

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(burst, range(8))) == 320
    inbox = SqlInbox(desk.journal)
    until(lambda: not inbox.waiting(), 60)
    assert len(inbox.letters(1000)) == 320
    incidents = desk.hall.incidents()
    assert sum(report.firing for incident in incidents for report in incident.reports) == 240


def test_an_intake_takes_messages_and_nothing_else(desk: Served) -> None:
    with desk.client(desk.token("m", "ingest:generic")) as client:
        asked = client.get("/v1/ingest/generic")
        assert asked.status_code == 405
        assert asked.headers["allow"] == "POST"
        assert client.post("/v1/ingest/No%20such", content=b"{}").status_code == 404
        assert client.post("/v1/ingest/generic/more", content=b"{}").status_code == 404
        document = client.get("/v1/openapi.json").json()
    assert "202" in document["paths"]["/v1/ingest/{name}"]["post"]["responses"]
    with desk.client(desk.token("ana", "read")) as ana:
        counted = ana.get("/metrics").text
    assert 'route="/v1/ingest/{name}",status="405"} 1' in counted


def test_a_storm_is_told_in_few_entries(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warroom.room.postman.REST", 2.0)
    alert = json.loads((PAYLOADS / "alertmanager.json").read_bytes())
    inbox = SqlInbox(desk.journal)
    with desk.client(desk.token("m", "ingest:alertmanager")) as client:
        for number in range(12):
            alert["alerts"] = [{**alert["alerts"][0], "fingerprint": str(number)}]
            client.post("/v1/ingest/alertmanager", content=json.dumps(alert).encode())
            if number == 0:
                until(lambda: not inbox.waiting())
    until(lambda: not inbox.waiting())
    (incident,) = desk.hall.incidents()
    told = [r.event for r in desk.hall.records(incident.id) if isinstance(r.event, Reported)]
    assert [one.deliveries for one in told] == [1, 11]
    assert incident.reports[0].firing == 12
