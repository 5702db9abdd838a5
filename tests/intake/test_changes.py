"""A deployment tool tells of a change: of any form, once, and it opens nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import ChangeKind
from warroom.intake.report import Message, Odd
from warroom.intake.vendors import Intake, delivery_of, read
from warroom.room.local import LocalRoom
from warroom.room.reception import Reception
from warroom.store import SqlInbox, Tuning, open_journal

NOW = datetime(2026, 11, 20, 14, 6, 30, tzinfo=UTC)
PLAIN = Intake(name="change", kind="change")


def message(data: object, at: datetime = NOW) -> Message:
    return Message(body=json.dumps(data).encode(), received_at=at)


def test_a_change_under_our_own_names() -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "payloads" / "change.json"
    report = read(PLAIN, Message(body=sample.read_bytes(), received_at=NOW))
    assert report.signals == ()
    assert report.service == "checkout"
    assert report.changes == (
        e.ChangeRecorded(
            kind=ChangeKind.DEPLOY,
            text="checkout 4.2.0 to production",
            happened_at=datetime(2026, 11, 20, 14, 1, 58, tzinfo=UTC),
            release="4.2.0",
            reference="https://deploy.shop.example/runs/812",
        ),
    )


def test_a_change_under_the_names_of_its_tool() -> None:
    mapping = {"text": "run.title", "kind": "run.tags.0", "at": "run.ended", "release": "sha"}
    intake = Intake(name="argo", kind="change", mapping=mapping)
    run = {"title": "flags of checkout", "tags": ["third-party"], "ended": 1763647318}
    (change,) = read(intake, message({"run": run, "sha": "9c1d"})).changes
    assert (change.kind, change.release) == (ChangeKind.THIRD_PARTY, "9c1d")
    assert change.happened_at == datetime.fromtimestamp(1763647318, UTC)
    (bare,) = read(PLAIN, message({"text": "x", "kind": "what nobody knows"})).changes
    assert (bare.kind, bare.happened_at) == (ChangeKind.DEPLOY, NOW)
    with pytest.raises(Odd, match="no text"):
        read(intake, message({"text": "elsewhere"}))


def test_a_retry_is_one_change_and_the_same_words_tomorrow_are_another() -> None:
    tomorrow = NOW + timedelta(days=1)
    bare, dated = {"text": "checkout"}, {"text": "checkout", "at": "2026-11-20T14:01:58Z"}
    names = [delivery_of(PLAIN, message(bare, at)) for at in (NOW, NOW, tomorrow)]
    assert names[0] == names[1] != names[2]
    assert len({delivery_of(PLAIN, message(dated, at)) for at in (NOW, tomorrow)}) == 1
    assert delivery_of(PLAIN, Message(body=b"{", received_at=NOW))


def test_a_change_is_told_to_the_open_incident_of_its_service_and_opens_none(
    tmp_path: Path,
) -> None:
    journal = open_journal(
        tmp_path / "j.db", anchors=tmp_path / "anchors", tuning=Tuning(reserve_bytes=0)
    )
    room = LocalRoom(journal, actor="ana", device="pc", clock=lambda: NOW)
    later: list[str] = []
    reception = Reception(
        room,
        SqlInbox(journal),
        {"change": PLAIN},
        changed=lambda change, service: later.append(f"{service}: {change.text}"),
    )
    for service in ("checkout", "login"):
        room.do(c.Declare(facts=e.Declared(title=f"{service} fails", service=service)))
    body = {"text": "checkout 4.2.0", "service": "checkout"}
    for _ in range(2):
        reception.take([reception.letter("change", message(body))])
    reception.work()
    assert [[x.text for x in one.changes] for one in room.incidents()] == [["checkout 4.2.0"], []]
    assert later == ["checkout: checkout 4.2.0"]
    room.close()
