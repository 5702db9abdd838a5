"""What everybody may read: the public updates, and nothing else of an incident."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.server.kit import Served, say, served, until

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import Audience, UpdateKind
from warroom.reports.status import as_atom, as_html, as_json, status_of
from warroom.server import status as page

INSIDE = (
    "db-3 is on fire", "checkout-svc", "acme", "ana@example", "INC-1", "told inside",
    "told to the client", "a note", "why it broke",
)  # fmt: skip
HOSTILE = '<script>alert(1)</script> & \x1b[2J \u202e ]]> "quoted"'


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(page, "_FRESH_SECONDS", 0.0)
    with served(tmp_path) as found:
        yield found


def tell(running: Served, name: str, kind: UpdateKind, audience: Audience, text: str) -> None:
    running.hall.do(c.SendUpdate(kind=kind, audience=audience, text=text), name)


def story(running: Served) -> str:
    facts = e.Declared(
        title=INSIDE[0], service=INSIDE[1], client=INSIDE[2], contact=INSIDE[3],
        public="Orders fail",
    )  # fmt: skip
    name = running.hall.do(c.Declare(facts=facts)).incident.id
    tell(running, name, UpdateKind.INITIAL, Audience.INTERNAL, "told inside")
    tell(running, name, UpdateKind.INITIAL, Audience.CLIENT, "told to the client")
    running.hall.do(c.AddNote(text="a note"), name)
    running.hall.do(c.Diagnose(text="why it broke"), name)
    return name


def test_nothing_is_published_before_the_public_is_told(running: Served) -> None:
    story(running)
    with running.client() as anybody:
        assert anybody.get("/status.json").json()["incidents"] == []
        assert "No disruption is known" in anybody.get("/status").text


def test_the_public_reads_its_updates_and_nothing_else(running: Served) -> None:
    name = story(running)
    tell(running, name, UpdateKind.INITIAL, Audience.PUBLIC, "We are looking into it.")
    tell(running, name, UpdateKind.PROGRESS, Audience.PUBLIC, HOSTILE)
    with running.client() as anybody:
        texts = [anybody.get(path).text for path in ("/status", "/status.atom", "/status.json")]
        for text in texts:
            assert "Orders fail" in text
            assert not [secret for secret in INSIDE if secret in text]
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert "<script" not in texts[0]
        answer = anybody.get("/status")
        assert "script" not in answer.headers["content-security-policy"]
        feed = ET.fromstring(texts[1])
        entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
        assert len(entries) == 2
        data = json.loads(texts[2])
        assert data["status"] == "disruption"
        assert [u["kind"] for u in data["incidents"][0]["updates"]] == ["Update", "Investigating"]
    running.hall.do(c.Acknowledge(), name)
    running.hall.do(c.Resolve(text="gone"), name)
    with running.client() as anybody:
        assert anybody.get("/status.json").json()["status"] == "disruption"  # nobody said so yet
        tell(running, name, UpdateKind.RESOLUTION, Audience.PUBLIC, "It works again.")
        until(lambda: anybody.get("/status.json").json()["status"] == "ok")


def test_a_page_that_is_known_is_not_sent_again(running: Served) -> None:
    name = story(running)
    with running.client() as anybody:
        first = anybody.get("/status")
        known = {"if-none-match": first.headers["etag"]}
        again = anybody.get("/status", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        tell(running, name, UpdateKind.INITIAL, Audience.PUBLIC, "We are looking into it.")
        assert anybody.get("/status", headers=known).status_code == 200


def test_what_is_long_over_leaves_the_page(running: Served) -> None:
    name = story(running)
    tell(running, name, UpdateKind.INITIAL, Audience.PUBLIC, "We are looking into it.")
    found = running.hall.incidents(include_closed=True)
    later = datetime.now(UTC) + timedelta(days=400)
    assert len(status_of(found, "Status", later).entries) == 1  # it still goes on
    running.hall.do(c.Acknowledge(), name)
    running.hall.do(c.Close(override="a test"), name)
    found = running.hall.incidents(include_closed=True)
    assert len(status_of(found, "Status", datetime.now(UTC)).entries) == 1
    assert status_of(found, "Status", later).entries == ()


def test_an_empty_page_is_whole() -> None:
    empty = status_of((), "Status", datetime.now(UTC))
    assert empty.well
    ET.fromstring(as_atom(empty, "https://status.example/"))
    assert json.loads(as_json(empty))["status"] == "ok"
    assert as_html(empty, "status.atom", "status.json").startswith("<!doctype html>")


def test_the_api_says_it_too(running: Served) -> None:
    with running.client(running.token("ana")) as ana:
        name = say(ana, "declare", facts={"title": "x"}).json()["incident"]
        told = say(ana, "send-update", name, kind="initial", audience="public", text="Sorry.")
        assert told.status_code == 200
    with running.client() as anybody:
        assert "Sorry." in anybody.get("/status").text
