"""Messages become incidents: once, in the right place, whatever order and however many."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warroom.core.commands import Close, MergeInto
from warroom.core.post import Standing
from warroom.core.words import ChangeKind, Priority
from warroom.intake.report import Message
from warroom.intake.vendors import VENDORS, Intake
from warroom.room.local import LocalRoom
from warroom.room.reception import STORM, Reception
from warroom.store import SqlInbox, Tuning, open_journal

PAYLOADS = Path(__file__).parents[2] / "sample_data" / "payloads"


class Desk:
    """A reception over a real store, with a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.at = datetime(2026, 11, 20, 14, 6, tzinfo=UTC)
        self.journal = open_journal(
            folder / "journal.db", anchors=folder / "anchors", tuning=Tuning(reserve_bytes=0)
        )
        self.room = LocalRoom(self.journal, actor="ana", device="desk", clock=lambda: self.at)
        self.inbox = SqlInbox(self.journal)
        self.changes: list[tuple[str, str]] = []
        self.reception = self.open()

    def open(self) -> Reception:
        intakes = {kind: Intake(name=kind, kind=kind) for kind in VENDORS}
        intakes["generic"] = Intake(name="generic", kind="generic", service="login", client="acme")
        return Reception(
            self.room,
            self.inbox,
            intakes,
            changed=lambda change, service: self.changes.append((change.text, service)),
        )

    def send(self, kind: str, body: str | bytes | dict, **headers: str) -> None:
        raw = json.dumps(body) if isinstance(body, dict) else body
        data = raw.encode() if isinstance(raw, str) else raw
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        message = Message(body=data, received_at=self.at, headers=named)
        self.reception.take([self.reception.letter(kind, message)])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.room.close()


def group(*alerts: tuple[str, bool], name: str = "High5xx", service: str = "checkout") -> dict:
    return {
        "version": "4",
        "groupKey": f"{{}}:{name}",
        "alerts": [
            {
                "status": "firing" if firing else "resolved",
                "labels": {"alertname": name, "service": service, "severity": "critical"},
                "annotations": {"summary": f"{key} fails"},
                "startsAt": "2026-11-20T14:02:11Z",
                "fingerprint": key,
            }
            for key, firing in alerts
        ],
    }


def test_a_group_opens_one_incident_with_the_message_as_evidence(desk: Desk) -> None:
    body = json.dumps(group(("a", True), ("b", True)))
    desk.send("alertmanager", body)
    outcome = desk.reception.work()
    assert outcome.opened == ("INC-1",)
    (incident,) = desk.room.incidents()
    assert incident.title == "High5xx: a fails"
    assert (incident.service, incident.priority) == ("checkout", Priority.P1)
    assert incident.source == "alertmanager"
    assert incident.detected_at == datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
    assert incident.evidence[0][1].excerpt.text == body
    assert [(r.firing, r.resolved) for r in incident.reports] == [(2, 0)]
    assert desk.inbox.letters()[0].standing is Standing.DONE
    assert desk.inbox.letters()[0].body == body.encode()


def test_alerts_end_one_by_one_and_never_the_incident(desk: Desk) -> None:
    desk.send("alertmanager", group(("a", True), ("b", True)))
    desk.reception.work()
    desk.send("alertmanager", group(("a", False), ("b", True)))
    desk.reception.work()
    assert [(r.firing, r.resolved) for r in desk.room.incidents()[0].reports] == [(1, 1)]
    desk.send("alertmanager", group(("a", False), ("b", False)))
    assert desk.reception.work().told == ("INC-1",)
    (incident,) = desk.room.incidents()
    assert [(r.firing, r.resolved) for r in incident.reports] == [(0, 2)]
    assert incident.resolved_at is None
    assert incident.contained_at is None


def test_a_retry_changes_nothing(desk: Desk) -> None:
    for _ in range(3):
        desk.send("alertmanager", group(("a", True)))
        desk.reception.work()
    (incident,) = desk.room.incidents()
    assert incident.version == len(desk.room.records("INC-1"))
    assert len(desk.inbox.letters()) == 1


def test_ten_thousand_alerts_are_one_incident_with_counts(desk: Desk) -> None:
    dice = random.Random(5)
    alerts = [(f"pod-{n}", True) for n in range(10_000)]
    dice.shuffle(alerts)
    for first in range(0, 10_000, 100):
        desk.send("alertmanager", group(*alerts[first : first + 100]))
    while desk.reception.work().letters:
        pass
    (incident,) = desk.room.incidents()
    assert [(r.firing, r.resolved) for r in incident.reports] == [(10_000, 0)]
    assert incident.version < 10


def test_a_storm_over_many_services_opens_a_few(desk: Desk) -> None:
    for n in range(200):
        desk.send(
            "alertmanager",
            group((f"f{n}", True), name=f"Down{n}", service=f"service-{n}"),
        )
    desk.reception.work()
    incidents = desk.room.incidents()
    assert len(incidents) == STORM
    assert sum(r.firing for i in incidents for r in i.reports) == 200


def test_another_system_about_the_same_service_joins(desk: Desk) -> None:
    desk.send("alertmanager", group(("a", True)))
    desk.reception.work()
    desk.at += timedelta(minutes=5)
    desk.send("datadog", (PAYLOADS / "datadog.json").read_bytes())
    desk.reception.work()
    (incident,) = desk.room.incidents()
    assert [r.source for r in incident.reports] == ["alertmanager", "datadog"]
    desk.at += timedelta(minutes=30)
    desk.send("pagerduty", (PAYLOADS / "pagerduty.json").read_bytes())
    assert desk.reception.work().opened == ("INC-2",)


def test_an_alert_that_fires_again_after_the_end_opens_a_linked_one(desk: Desk) -> None:
    desk.send("alertmanager", group(("a", True)))
    desk.reception.work()
    desk.room.do(Close(override="a test alert"), "INC-1")
    desk.at += timedelta(hours=3)
    body = group(("a", True))
    body["alerts"][0]["startsAt"] = "2026-11-20T17:00:00Z"
    desk.send("alertmanager", body)
    assert desk.reception.work().opened == ("INC-2",)
    found = desk.room.incident("INC-2")
    assert found is not None
    assert [link.other for link in found.links] == ["INC-1"]


def test_what_was_merged_goes_on_where_it_went(desk: Desk) -> None:
    desk.send("alertmanager", group(("a", True)))
    desk.reception.work()
    desk.at += timedelta(hours=1)
    desk.send("alertmanager", group(("z", True), name="Other", service="payment"))
    desk.reception.work()
    desk.room.do(MergeInto(into="INC-2", reason="same"), "INC-1")
    desk.send("alertmanager", group(("a", False)))
    assert desk.reception.work().told == ("INC-2",)


def test_the_end_of_what_nobody_reported_opens_nothing(desk: Desk) -> None:
    desk.send("alertmanager", group(("a", False)))
    outcome = desk.reception.work()
    assert outcome.opened == ()
    assert desk.room.incidents() == ()


def test_a_message_nobody_understands_is_kept_aside(desk: Desk) -> None:
    desk.send("alertmanager", b"\x00\xff not json")
    desk.send("alertmanager", group(("a", True)))
    outcome = desk.reception.work()
    assert outcome.aside == 1
    assert outcome.opened == ("INC-1",)
    aside = next(x for x in desk.inbox.letters() if x.standing is Standing.ASIDE)
    assert aside.body == b"\x00\xff not json"
    assert "not JSON" in aside.reason
    assert desk.reception.work().letters == 0


def test_a_deployment_is_told_to_the_open_incident_and_kept_for_the_next(desk: Desk) -> None:
    desk.send("alertmanager", group(("a", True)))
    desk.reception.work()
    desk.send("github", (PAYLOADS / "github_deployment.json").read_bytes())
    desk.reception.work()
    (incident,) = desk.room.incidents()
    assert [c.kind for c in incident.changes] == [ChangeKind.DEPLOY]
    assert desk.changes == [("shop/checkout to production: success", "checkout")]
    assert len(desk.room.incidents()) == 1


def test_a_person_who_answers_a_mail_writes_into_the_timeline(desk: Desk) -> None:
    mail = (PAYLOADS / "mail.eml").read_bytes()
    desk.send("mail", mail)
    desk.reception.work()
    again = mail.replace(b"<b1@", b"<b2@").replace(b"Bonjour", b"Et les factures ?\n\nBonjour")
    desk.send("mail", again)
    desk.reception.work()
    (incident,) = desk.room.incidents()
    assert incident.contact == "mail:andre@client.example"
    assert incident.reporter == "André Client"
    notes = [r.event.text for r in desk.room.records("INC-1") if hasattr(r.event, "text")]
    assert any("Et les factures ?" in text for text in notes)


def test_an_intake_says_what_its_reports_leave_out(desk: Desk) -> None:
    desk.send("generic", {"title": "probe fails"})
    desk.reception.work()
    (incident,) = desk.room.incidents()
    assert (incident.service, incident.client) == ("login", "acme")


@pytest.mark.parametrize("place", ["do", "settle"])
def test_a_crash_in_the_middle_leads_to_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    for n in range(6):
        desk.send("alertmanager", group((f"k{n}", True), name=f"N{n}", service=f"s{n % 3}"))
    left = 3

    class Dies(Exception):
        pass

    target = desk.room if place == "do" else desk.inbox
    real = getattr(target, place)

    def dying(*args: object, **more: object) -> object:
        nonlocal left
        left -= 1
        if left < 0 or place == "settle":
            raise Dies
        return real(*args, **more)

    monkeypatch.setattr(target, place, dying)
    with pytest.raises(Dies):
        desk.reception.work()
    monkeypatch.undo()
    desk.open().work()
    incidents = desk.room.incidents()
    assert len(incidents) == 3
    assert sum(r.firing for i in incidents for r in i.reports) == 6
    assert desk.inbox.waiting() == ()
