"""What is stored and sent: its one form, what it refuses, who may send it, what a fold makes of it."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import get_type_hints

import pytest
from tests.core.payments import ONSET, payments
from tests.core.story import Story, effect
from tests.core.strategies import NOON

from warroom.core import access
from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.access import Token
from warroom.core.archive import FORMAT, read_archive, write_archive
from warroom.core.canonical import NotCanonical, canonical
from warroom.core.channels import Delivered, Reported, Sent
from warroom.core.codec import CannotDecode, decode, decode_time, encode, encode_time
from warroom.core.commanding import COMMANDS, from_json, name_of, to_json
from warroom.core.fold import _but, evolve, replay
from warroom.core.journal import Head, Link
from warroom.core.parts import Run
from warroom.core.post import Known, Letter, Parcel
from warroom.core.refusal import Refusal
from warroom.core.state import Incident
from warroom.core.terms import Limits, Terms
from warroom.core.text import CUT_MARK, LINE_LIMIT, clean_line, clean_text
from warroom.core.versions import difference, text_of, versions
from warroom.core.views import incident_view, run_view, timeline_view
from warroom.core.words import (
    Category,
    Check,
    Criterion,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Phase,
    Place,
    Priority,
    Role,
    Verdict,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

# Canonical JSON


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, "null"),
        (True, "true"),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        ("é\n", '"é\\n"'),
        ([1, [2]], "[1,[2]]"),
        ({"b": {"z": 1, "a": 2}, "a_1": []}, '{"a_1":[],"b":{"a":2,"z":1}}'),
        ({"k" * 64: 0}, '{"' + "k" * 64 + '":0}'),
    ],
)
def test_a_value_has_one_form(value: object, stored: str) -> None:
    assert canonical(value) == stored.encode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.5, "$: float has no canonical form"),
        ([0, {"a": 2**53 + 1}], "$[1].a: 9007199254740993 is beyond"),
        ({"a": -(2**53) - 1}, "$.a: -9007199254740993 is beyond"),
        ({"A": 1}, "$: key 'A' is not of"),
        ({"k" * 65: 1}, "is not of [a-z0-9_]"),
        ({1: 1}, "$: key 1 is not of"),
        ({"a": {"": 1}}, "$.a: key '' is not of"),
        (["\ud800"], "$[0]: text with an unpaired surrogate"),
        ((1,), "$: tuple has no canonical form"),
        ([b"x"], "$[0]: bytes has no canonical form"),
    ],
)
def test_what_has_several_forms_is_refused_with_its_place(value: object, said: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical(value)  # type: ignore[arg-type]
    assert said in str(caught.value)


# The codec


@dataclass(frozen=True, kw_only=True)
class Sample:
    words: tuple[str, ...]
    at: datetime | None = None
    role: Role = Role.SCRIBE
    many: Mapping[str, int] = dataclasses.field(default_factory=dict)
    inner: Limits | None = None
    yes: bool = False
    number: int = 7


LIMITS = Limits(priority=Priority.P1, respond=1, diagnose=2, fix=3, report=4, update=5)
SAMPLE = Sample(
    words=("a", "b"), at=NOON, role=Role.COMMANDER, many={"x": 1}, inner=LIMITS, yes=True
)


def test_a_dataclass_goes_to_json_and_back() -> None:
    stored = encode(SAMPLE)
    assert stored == {
        "words": ["a", "b"],
        "at": "2026-11-20T12:00:00.000000Z",
        "role": "commander",
        "many": {"x": 1},
        "inner": {
            "priority": "P1", "respond": 1, "diagnose": 2, "fix": 3, "report": 4, "update": 5,
        },
        "yes": True,
        "number": 7,
    }  # fmt: skip
    assert decode(Sample, stored) == SAMPLE
    bare = Sample(words=())
    assert decode(Sample, encode(bare)) == bare
    assert decode(Sample, {"words": [], "added_later": 1}) == bare
    assert encode(frozenset(["b", "a"])) == ["a", "b"]
    assert encode([1, (2,)]) == [1, [2]]
    assert encode(Place.TOP) == "top"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "Sample: expected an object, got list"),
        ({}, "words"),
        ({"words": "ab"}, "Sample.words: expected a list"),
        ({"words": [1]}, "Sample.words: 1 does not fit"),
        ({"words": [], "at": 5}, "Sample.at: expected a time"),
        ({"words": [], "at": "2026-11-20T12:00:00"}, "has no time zone"),
        ({"words": [], "role": "king"}, "Sample.role: 'king' is not a Role"),
        ({"words": [], "many": []}, "Sample.many: expected an object"),
        ({"words": [], "many": {"x": "1"}}, "Sample.many: '1' does not fit"),
        ({"words": [], "inner": {}}, "Sample.inner: Limits"),
        ({"words": [], "inner": 1}, "Sample.inner: Limits: expected an object"),
        ({"words": [], "yes": 1}, "Sample.yes: 1 does not fit"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(value: object, said: str) -> None:
    with pytest.raises(CannotDecode) as caught:
        decode(Sample, value)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_only_instants_are_stored_as_times() -> None:
    berlin = datetime(2026, 11, 20, 13, 0, 0, 5, tzinfo=timezone(HOUR))
    assert encode_time(berlin) == "2026-11-20T12:00:00.000005Z"
    assert decode_time("2026-11-20T13:00:00+01:00") == NOON
    assert decode_time("2026-11-20T13:00:00+01:00").tzinfo is UTC
    with pytest.raises(TypeError, match="naive"):
        encode(datetime(2026, 1, 1))
    with pytest.raises(TypeError, match="object has no JSON form"):
        encode(object())
    with pytest.raises(TypeError, match="type has no JSON form"):
        encode(Sample)


# What older records did not say

COUNTS_FROM_ONE = {
    (e.Excerpt, "lines"), (Reported, "deliveries"), (Delivered, "attempts"), (Known, "times"),
}  # fmt: skip
YES_UNLESS_SAID = {(k.Answered, "known"), (k.NoticeOwed, "owed"), (c.AnswerHandover, "accepted")}


def stored_classes() -> list[type]:
    kept = [*e.KINDS.values(), *COMMANDS.values(), e.Excerpt, e.Onset, Terms, Letter, Known, Parcel]
    return sorted(dict.fromkeys(kept), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", stored_classes(), ids=lambda kind: kind.__name__)
def test_what_a_record_does_not_say_counts_as_nothing(kind: type) -> None:
    for field in dataclasses.fields(kind):
        if isinstance(field.default, bool):
            assert field.default is ((kind, field.name) in YES_UNLESS_SAID), field.name
        elif isinstance(field.default, int):
            assert field.default == ((kind, field.name) in COUNTS_FROM_ONE), field.name


def test_a_command_has_a_name_and_a_form_for_the_wire() -> None:
    assert {"send-update", "acknowledge", "keep-containment", "edit-postmortem"} <= set(COMMANDS)
    for name, kind in COMMANDS.items():
        assert name == name.lower()
        assert COMMANDS[name] is kind
    for command in (c.Acknowledge(), c.Snooze(until=NOON, reason="x"), c.Wait(reason="y")):
        stored = json.loads(canonical(to_json(command)))
        assert from_json(name_of(command), stored) == command
    with pytest.raises(CannotDecode, match="there is no command 'dance'"):
        from_json("dance", {})
    with pytest.raises(CannotDecode):
        from_json("snooze", {})


def test_an_event_of_a_later_version_is_kept_byte_for_byte() -> None:
    opaque = e.from_payload("later", {"x": [1]})
    assert isinstance(opaque, e.Opaque)
    assert (e.kind_of(opaque), e.to_payload(opaque)) == ("later", {"x": [1]})
    assert e.kind_of(e.NoteAdded(text="x")) == "note_added"
    with pytest.raises(CannotDecode, match=r"NoteAdded\.text"):
        e.from_payload("note_added", {"text": 1})


# An archive


def link(seq: int) -> Link:
    return Link(
        seq=seq, at="t", incident="INC-1", version=seq, kind="note_added", actor="ana",
        device="box", command_id="c", part=0, body='{"text":"é"}', hash="00",
    )  # fmt: skip


def test_an_archive_is_read_back_and_blank_lines_do_not_matter() -> None:
    links = (link(1), link(2))
    lines = list(write_archive(Head(journal="abc", seq=2, hash="00"), links))
    assert len(lines) == 3
    assert json.loads(lines[0]) == {"format": FORMAT, "journal": "abc"}
    assert "é" in lines[1]
    assert read_archive(lines) == ("abc", links)
    assert read_archive(["", lines[0], " ", *lines[1:], "\n"]) == ("abc", links)
    assert read_archive(lines[:1]) == ("abc", ())


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "it is empty"),
        (["  "], "it is empty"),
        (["nonsense"], "line 1: "),
        (["[]"], "line 1: an archive begins with its format"),
        (['{"format": "other", "journal": "x"}'], "an archive begins with its format"),
        ([json.dumps({"format": FORMAT})], "an archive begins with its format"),
        ([json.dumps({"format": FORMAT, "journal": ""})], "an archive begins with its format"),
        ([json.dumps({"format": FORMAT, "journal": 5})], "an archive begins with its format"),
        ([json.dumps({"format": FORMAT, "journal": "x"}), "", "{}"], "line 3: Link"),
    ],
)
def test_what_is_no_archive_is_refused_with_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        read_archive(lines)


# Tokens


def token(**facts: object) -> Token:
    known = {
        "id": "abcdefgh", "person": "ana", "scopes": (access.READ,), "clients": (),
        "digest": access.digest("x"), "created_at": NOON, **facts,
    }  # fmt: skip
    return Token(**known)  # type: ignore[arg-type]


def test_a_token_may_what_its_scopes_say_and_an_admin_everything_but_reports() -> None:
    reader = token()
    assert reader.may("read")
    assert not reader.may("act")
    admin = token(scopes=("admin",))
    assert all(admin.may(scope) for scope in access.SCOPES)
    assert not admin.may("ingest:grafana")
    assert token(scopes=("ingest:grafana",)).may("ingest:grafana")
    assert not token(scopes=("ingest:grafana",)).may("read")


def test_a_token_reaches_its_clients_or_all_of_them() -> None:
    assert token().reaches("acme")
    assert token().reaches("")
    assert token(clients=("acme",)).reaches("acme")
    assert not token(clients=("acme",)).reaches("else")


def test_a_token_ends_by_its_date_or_by_hand() -> None:
    assert token().ended(NOON) == ""
    limited = token(expires_at=NOON)
    assert limited.ended(NOON - SECOND) == ""
    assert limited.ended(NOON) == "expired"
    assert token(revoked_at=NOON).ended(NOON - HOUR) == "revoked"
    assert token(revoked_at=NOON, expires_at=NOON).ended(NOON) == "revoked"


def test_a_token_is_known_by_its_digest_alone() -> None:
    whole = access.compose("abcdefgh", "s" * 43)
    assert access.identity(whole) == "abcdefgh"
    for wrong in (whole + "s", whole[:-1], "wr_ABCDEFGH_" + "s" * 43, "", "x" + whole):
        assert access.identity(wrong) is None
    assert access.matches(token(digest=access.digest(whole)), whole)
    assert not access.matches(token(digest=access.digest(whole)), whole + "s")
    assert not access.matches(None, "")
    assert not access.matches(None, whole)
    assert len(access.digest("é")) == 32


def test_scopes_are_those_there_are_and_sources_with_a_name() -> None:
    for text in (*access.SCOPES, "ingest:grafana", "ingest:a-b_1", "ingest:" + "a" * 40):
        assert access.is_scope(text)
    for text in ("", "write", "ingest:", "ingest:A", "ingest:" + "a" * 41, "ingest:-a", "READ"):
        assert not access.is_scope(text)


# The fold


def test_a_declaration_is_the_incident_it_declares() -> None:
    excerpt = e.Excerpt(source="a.log", offset=0, sha256="0", text="boom")
    facts = e.Declared(
        title="pay fails", service="pay", priority=Priority.P3, category=Category.DATA,
        summary="s", criteria=(Criterion.REVENUE,), factors={"users": 1}, source="mail",
        reporter="mia", contact="desk", started_at=NOON - HOUR, detected_at=NOON, onset=ONSET,
        boundary="POST /pay", evidence=(excerpt,), client="acme", terms=Terms(name="x"),
        public="p", drill="",
    )  # fmt: skip
    incident = (
        Story()
        .declared(**{f.name: getattr(facts, f.name) for f in dataclasses.fields(facts)})
        .incident
    )
    for field in dataclasses.fields(facts):
        if field.name != "evidence":
            assert getattr(incident, field.name) == getattr(facts, field.name), field.name
    assert incident.evidence == ((NOON, e.EvidencePinned(excerpt=excerpt)),)
    assert (incident.declared_at, incident.declared_by, incident.criteria_by) == (
        NOON,
        "ana",
        "ana",
    )
    assert Story().declared().incident.criteria_by == ""


def test_a_journal_that_does_not_begin_with_a_declaration_is_none() -> None:
    story = Story().declared()
    story.do(c.AddNote(text="x"))
    with pytest.raises(TypeError, match="no field of an incident: nonsense"):
        _but(story.incident, title="x", nonsense=1)
    with pytest.raises(ValueError, match="INC-1 begins with note_added, not declared"):
        evolve(None, story.records[1])
    assert replay([]) is None


def test_every_event_moves_its_own_part_of_the_incident() -> None:
    story = Story().declared(onset=None)

    def step(command: c.Command, by: str = "ana") -> dict[str, object]:
        before = story.incident
        story.later(minutes=1).do(command, by)
        after = story.incident
        assert after.version > before.version
        assert after.changed_at == story.now
        return {
            f.name: getattr(after, f.name)
            for f in dataclasses.fields(Incident)
            if getattr(after, f.name) != getattr(before, f.name)
            and f.name not in ("version", "changed_at")
        }

    assert step(c.AddNote(text="x")) == {}
    moved = step(c.MeasureOnset(onset=ONSET, boundary="b"))
    assert moved == {"onset": ONSET, "boundary": "b", "started_at": ONSET.at}
    other = replace(ONSET, at=NOON - HOUR)
    assert step(c.MeasureOnset(onset=other)) == {"onset": other}
    assert step(c.Snooze(until=NOON + HOUR)) == {"snoozed_until": NOON + HOUR}
    assert step(c.Wake()) == {"snoozed_until": None}
    assert step(c.Reorder(place=Place.TOP, reason="r"), "leo") == {
        "place": Place.TOP, "place_by": "leo", "place_reason": "r",
    }  # fmt: skip
    call = k.Called(person="leo")
    assert list(step(c.Call(facts=call))) == ["calls"]
    assert story.incident.calls == ((story.now, call),)
    assert list(step(c.Wait(reason="w"))) == ["waits"]
    since = story.now
    assert story.incident.waiting_since == since
    step(c.Resume())
    (wait,) = story.incident.waits
    assert (wait.since, wait.until, wait.reason) == (since, story.now, "w")
    assert story.incident.waiting_since is None
    step(c.Wait(reason="again"))
    step(c.Resume())
    assert story.incident.waits[0] == wait
    offer = k.HandoverOffered(role=Role.SCRIBE, to="leo", briefing="b")
    assert step(c.OfferHandover(facts=offer)) == {"offers": {Role.SCRIBE: offer}}
    other_offer = replace(offer, role=Role.OPERATIONS)
    step(c.OfferHandover(facts=other_offer))
    decline = c.AnswerHandover(role=Role.SCRIBE, accepted=False, reason="r")
    assert step(decline, "leo") == {"offers": {Role.OPERATIONS: other_offer}}
    assert step(c.TakeRole(role=Role.COMMANDER, person="mia")) == {
        "roles": {Role.COMMANDER: "mia"},
    }  # fmt: skip
    assert step(c.TakeRole(role=Role.OPERATIONS, person="mia"))["offers"] == {}
    found = k.Measured(check=Check.GONE, passed=True, sentence="s")
    assert step(c.RecordCheck(facts=found)) == {"checks": {Check.GONE: (story.now, found)}}
    sent = Delivered(state=Sent.DELIVERED, what="update 1", channel="mail")
    assert step(c.RecordDelivery(facts=sent)) == {"deliveries": {"update 1 > mail": sent}}
    told = Reported(source="a", group="g", firing=1)
    step(c.Report(facts=told))
    step(c.Report(facts=replace(told, group="h")))
    step(c.Report(facts=replace(told, firing=0)))
    assert [(x.group, x.firing) for x in story.incident.reports] == [("g", 0), ("h", 1)]
    step(c.Report(facts=replace(told, source="b")))
    assert len(story.incident.reports) == 3
    assert list(step(c.Acknowledge())) == ["acknowledged_at", "acknowledged_by"]
    assert list(step(c.Contain(how="h"))) == ["contained_at", "contained_how"]
    assert story.incident.phase is Phase.CONTAINED
    assert step(c.Resolve(text="t")) == {"resolved_at": story.now, "resolution": "t"}
    step(c.Close(override="o"))
    assert (story.incident.close_override, bool(story.incident.close_missing)) == ("o", True)
    again = step(c.Reopen(reason="r"))
    assert again == {
        "resolved_at": None, "closed_at": None, "close_override": "", "close_missing": (),
        "reopened": 1, "checks": {},
    }  # fmt: skip
    step(c.EditPostmortem(text="x", base=0))
    step(c.FinishPostmortem(reason="r"))
    assert story.incident.postmortem_final_at == story.now
    assert step(c.EditPostmortem(text="y", base=1)) == {
        "postmortem": "y", "postmortem_version": 2, "postmortem_final_at": None,
    }  # fmt: skip


def test_qualifying_changes_what_is_said_and_nothing_else() -> None:
    story = Story().declared(
        criteria=(Criterion.REVENUE,), factors={"users": 1}, summary="s", client="c",
        contact="k", public="p", started_at=NOON, terms=Terms(name="x"),
    )  # fmt: skip
    before = story.incident
    story.do(c.Qualify(facts=e.Qualified(reason="nothing")), by="leo")
    assert replace(story.incident, version=1) == before
    empty = e.Qualified(
        service="",
        summary="",
        client="",
        contact="",
        public="",
        criteria=(),
        factors={"security": 2},
    )
    story.do(c.Qualify(facts=empty), by="leo")
    after = story.incident
    assert (after.service, after.summary, after.client, after.contact, after.public) == ("",) * 5
    assert (after.criteria, after.criteria_by) == ((), "")
    assert after.factors == {"users": 1, "security": 2}
    whole = e.Qualified(
        priority=Priority.P3, category=Category.DATA, title="t", started_at=NOON - HOUR,
        criteria=(Criterion.SLA_BREACH,), terms=Terms(name="y"),
    )  # fmt: skip
    story.do(c.Qualify(facts=whole), by="leo")
    after = story.incident
    assert (after.priority, after.category, after.title) == (Priority.P3, Category.DATA, "t")
    assert (after.started_at, after.terms, after.criteria_by) == (
        NOON - HOUR,
        Terms(name="y"),
        "leo",
    )


def test_an_attachment_of_the_same_name_replaces_the_text() -> None:
    story = Story().declared()
    for _ in range(2):
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text="t"))
    for number, name, text in ((1, "a", "1"), (1, "b", "2"), (2, "a", "3"), (1, "a", "4")):
        story.do(c.Attach(facts=k.Attached(follow_up=number, name=name, text=text)))
    assert [(x.name, x.text) for x in story.incident.attached(1)] == [("b", "2"), ("a", "4")]
    assert [x.text for x in story.incident.attached(2)] == ["3"]


def test_a_changed_follow_up_stays_in_its_place() -> None:
    story = Story().declared()
    for text in ("a", "b"):
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text=text))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="c", number=1))
    assert [f.text for f in story.incident.follow_ups] == ["c", "b"]


def run_of(outcome: Outcome, **intent: object) -> Run:
    return Story().declared().run("r1", outcome, **intent).incident.runs[0]


def test_in_force_is_what_changed_production_and_was_not_taken_back() -> None:
    assert run_of(Outcome.SUCCEEDED).in_force
    assert run_of(Outcome.SUCCEEDED, kind="silence").in_force
    assert run_of(Outcome.SUCCEEDED, kind="silence").silences
    assert not run_of(Outcome.SUCCEEDED).silences
    for differs in ({"action": "verify"}, {"kind": "recover"}, {"undo": ""}):
        assert not run_of(Outcome.SUCCEEDED, **differs).in_force
    assert not run_of(Outcome.FAILED).in_force
    assert not replace(run_of(Outcome.SUCCEEDED), undone_by="u1").in_force


def test_the_state_before_a_step_is_what_was_read_last() -> None:
    story = Story().declared()
    intent = run_of(Outcome.SUCCEEDED).intent
    story.do(c.IntendStep(facts=intent))
    (run,) = story.incident.runs
    assert (run.state, run.outcome, run.expires_at) == ({}, None, None)
    started = e.StepStarted(run="r1", pid=1, start_ticks=2, boot_id="b", state={"a": "1", "b": "1"})
    story.do(c.StartStep(facts=started))
    assert story.incident.runs[0].state == {"a": "1", "b": "1"}
    finished = e.StepFinished(run="r1", outcome=Outcome.UNKNOWN, state={"b": "2"})
    story.later(minutes=1).do(c.FinishStep(facts=finished))
    (run,) = story.incident.runs
    assert run.state == {"a": "1", "b": "2"}
    assert (run.started, run.finished, run.finished_at) == (started, finished, story.now)
    assert replace(run, started=None).state == {"b": "2"}
    assert run.outcome is Outcome.UNKNOWN
    for done, outcome in ((True, Outcome.SUCCEEDED), (False, Outcome.FAILED)):
        settled = e.StepSettled(run="r1", done=done)
        assert replace(run, settled=settled).outcome is outcome
    expires = replace(run, intent=replace(intent, expires_at=NOON))
    assert expires.expires_at == NOON
    assert replace(expires, keep_until=NOON + HOUR).expires_at == NOON + HOUR


def test_what_a_step_reports_while_it_runs_is_kept_as_it_comes() -> None:
    story = Story().declared()
    story.do(c.IntendStep(facts=run_of(Outcome.SUCCEEDED).intent))

    def report(**state: str) -> object:
        return story.do(c.ReportStep(facts=e.StepReported(run="r1", state=state)))

    assert isinstance(report(a="1"), Refusal), "nothing has started"
    started = e.StepStarted(run="r1", pid=1, start_ticks=2, boot_id="b", state={"a": "1"})
    story.do(c.StartStep(facts=started))
    report(b="1")
    report(a="1", b="2", c="3")
    told = [r.event for r in story.records if isinstance(r.event, e.StepReported)]
    assert [dict(x.state) for x in told] == [{"b": "1"}, {"b": "2", "c": "3"}]
    assert report(a="1", c="3") == ()
    assert story.incident.runs[0].state == {"a": "1", "b": "2", "c": "3"}
    lost = e.StepFinished(run="r1", outcome=Outcome.UNKNOWN)
    story.do(c.FinishStep(facts=lost))
    assert report(d="4") == (), "it has ended"
    story.do(c.SettleStep(run="r1", done=True))
    (run,) = story.incident.ledger
    assert run.state == {"a": "1", "b": "2", "c": "3"}
    assert replace(run, finished=replace(lost, state={"c": "9"})).state["c"] == "9"


def test_the_newest_in_force_stands_first() -> None:
    story = Story().declared().run("r1", Outcome.SUCCEEDED).run("r2", Outcome.SUCCEEDED, step=2)
    assert [run.intent.run for run in story.incident.ledger] == ["r2", "r1"]
    story.do(effect("r1", Verdict.HELPED, 1))
    assert [run.effect is not None for run in story.incident.runs] == [True, False]


def test_where_an_incident_stands_is_the_furthest_thing_reached() -> None:
    story = Story().declared()
    phases = [story.incident.phase]
    for command in (c.Acknowledge(), c.Contain(how="x"), c.Resolve(), c.Close(override="x")):
        story.do(command)
        phases.append(story.incident.phase)
    assert phases == list(Phase)


# Views


def test_an_incident_as_programs_read_it() -> None:
    story = payments()
    view = json.loads(json.dumps(incident_view(story.incident, story.now)))
    assert {key: view[key] for key in (
        "id", "priority", "phase", "drill", "agreement", "merged_into", "declared_at",
        "contained_at", "acknowledged_at", "closed_at", "roles", "in_force", "answers", "absorbed",
    )} == {
        "id": "INC-1", "priority": "P1", "phase": "resolved", "drill": None, "agreement": None,
        "merged_into": None, "declared_at": "2026-11-20T12:01:00.000000Z",
        "contained_at": "2026-11-20T12:04:00.000000Z",
        "acknowledged_at": "2026-11-20T12:03:00.000000Z", "closed_at": None,
        "roles": {"commander": "ana", "operations": "leo"}, "in_force": ["r1"],
        "answers": {"trigger": "load", "fix.test": "test_pool", "learn.test": "a load test"},
        "absorbed": [],
    }  # fmt: skip
    clocks = {clock["name"]: clock for clock in view["clocks"]}
    assert clocks["report"] == {
        "name": "report", "due": "2026-11-22T12:01:00.000000Z", "met_at": None, "pace": "half",
        "paused": False, "seconds_left": 85_320,
    }  # fmt: skip
    assert clocks["respond"]["met_at"] == "2026-11-20T12:03:00.000000Z"
    said = replace(
        story.incident, drill="pool", merged_into="INC-2", terms=Terms(name="acme"), absorbed=("x",)
    )
    view = incident_view(said, story.now)
    assert [view[key] for key in ("drill", "merged_into", "agreement", "absorbed")] == [
        "pool", "INC-2", "acme", ["x"],
    ]  # fmt: skip
    unknown = k.Answered(question="staging", text="", known=False)
    story.do(c.Answer(facts=unknown))
    assert "staging" not in incident_view(story.incident, story.now)["answers"]


def test_a_step_as_programs_read_it() -> None:
    failed, done, _ = payments().incident.runs
    view = run_view(done)
    assert (view["outcome"], view["in_force"], view["undone_by"]) == ("succeeded", True, None)
    assert view["intended_at"] == "2026-11-20T12:03:00.000000Z"
    assert view["effect"]["verdict"] == "solved"
    assert view["intent"]["runbook"] == "rollback"
    assert run_view(failed)["outcome"] == "failed"
    assert run_view(replace(done, finished=None, undone_by="u1"))["outcome"] is None
    assert run_view(replace(done, undone_by="u1"))["undone_by"] == "u1"


def test_the_timeline_as_programs_read_it() -> None:
    story = Story().declared()
    story.do(c.AddNote(text="first"))
    amended = k.EntryAmended(entry=2, text="second", at=NOON + HOUR)
    story.later(hours=2).do(c.Amend(facts=amended))
    (note,) = timeline_view(story.records, ["note"])
    assert note == {
        "number": 2, "at": "2026-11-20T13:00:00.000000Z", "word": "note", "actor": "ana",
        "text": "second", "kind": "note_added", "back_dated": False, "original": "first",
        "original_at": "2026-11-20T12:00:00.000000Z",
    }  # fmt: skip
    first = timeline_view(story.records)[0]
    assert (first["original"], first["original_at"]) == (None, None)


# Versions


def test_each_saved_text_says_what_it_added_and_removed() -> None:
    story = Story().declared()
    texts = ["a\nb\n", "a\nc\nd\n", "", "-- x\n++ y\n"]
    for number, text in enumerate(texts):
        story.later(minutes=1).do(c.EditPostmortem(text=text, base=number), by=f"p{number}")
    found = versions(story.records)
    assert [(v.number, v.by, v.added, v.removed, v.base) for v in found] == [
        (1, "p0", 2, 0, 0), (2, "p1", 2, 1, 1), (3, "p2", 0, 3, 2), (4, "p3", 2, 0, 3),
    ]  # fmt: skip
    assert [v.at for v in found] == [NOON + n * 60 * SECOND for n in (1, 2, 3, 4)]
    assert [text_of(found, n, "draft") for n in range(6)] == ["draft", *texts, None]
    assert difference("a\nb\nc\nd\ne", "a\nb\nx\nd\ne", ("old", "new")) == (
        "--- old\n+++ new\n@@ -1,5 +1,5 @@\n a\n b\n-c\n+x\n d\n e\n"
    )
    far = difference("a\nb\nc\nd", "a\nb\nc\nx", ("old", "new"))
    assert "@@ -2,3 +2,3 @@" in far  # two lines around a change are shown


# Foreign text


def test_a_line_is_cut_at_its_limit_and_says_so() -> None:
    assert clean_line("x" * LINE_LIMIT) == "x" * LINE_LIMIT
    assert clean_line("x" * (LINE_LIMIT + 1)) == "x" * LINE_LIMIT + CUT_MARK
    assert clean_line("abcdef", 3) == f"abc{CUT_MARK}"
    assert clean_line(b"abcdef", 3) == f"abc{CUT_MARK}"
    assert clean_line(b"abc", 3) == "abc"
    assert clean_line("é".encode() * 4, 3) == f"ééé{CUT_MARK}"
    four = "\U0001f600"
    assert clean_line((four * 3).encode(), 3) == four * 3
    assert clean_line((four * 4).encode(), 3) == four * 3 + CUT_MARK
    # A picture is longer than what it stands for: it is cut as well.
    assert clean_line("\u202e" * 3, 10) == f"<U+202E><U{CUT_MARK}"
    # What only ends like a cut is a line like any other.
    assert clean_line(f"abc{CUT_MARK}", 3) == f"abc{CUT_MARK}"
    assert clean_line(f"abcd{CUT_MARK}", 3) == f"abc{CUT_MARK}"
    assert clean_line("abc…xxxxxx", 9) == f"abc…xxxxx{CUT_MARK}"
    assert clean_line(CUT_MARK, 20) == CUT_MARK


def test_a_text_is_cut_as_a_whole_and_cleaned_line_by_line() -> None:
    assert clean_text("a\nb", 3) == "a\nb"
    assert clean_text("a\nbc", 3) == f"a\nb{CUT_MARK}"
    assert clean_text(b"a\nbc", 3) == f"a\nb{CUT_MARK}"
    assert clean_text("\U0001f600\na".encode(), 3) == "\U0001f600\na"
    long = "x" * (LINE_LIMIT + 1)
    assert clean_text(f"{long}\ny") == f"{'x' * LINE_LIMIT}{CUT_MARK}\ny"
    assert clean_text("\t\x07\r\nz") == "    ␇\nz"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x01", "␁"), ("\x1f", "␟"), ("\x7f", "␡"), ("\x80", "\ufffd"), ("\x9c", "\ufffd"),
        ("\xa0", " "), ("\u2028", "⏎"), ("\u2029", "⏎"), ("\u061c", "<U+061C>"),
        ("\u200e", "<U+200E>"), ("\u200f", "<U+200F>"), ("\u202a", "<U+202A>"),
        ("\u202e", "<U+202E>"), ("\u2066", "<U+2066>"), ("\u2069", "<U+2069>"), ("\xad", ""),
        ("\u180e", ""), ("\u200b", ""), ("\u200c", ""), ("\u2060", ""), ("\ufeff", ""),
        ("\U000e0000", ""), ("\U000e007f", ""), ("\U000e0080", "\U000e0080"),
        ("\ud800", "\ufffd"), ("\ufdd0", "\ufffd"), ("\uffff", "\ufffd"), ("\u202f", "\u202f"),
        ("a" + "\u0301" * 4, "a" + "\u0301" * 4), ("a" + "\u0301" * 5, "a" + "\u0301" * 4),
        ("\x1b[31mred", "red"), ("\x9b1mx", "x"), ("\x1bc!", "!"), ("\x1b]0;t\x07x", "x"),
        ("\x90q\x9cx", "x"), ("\x98q\x07x", "x"), ("\x9eq\x9cx", "x"), ("\x9fq\x9cx", "x"),
    ],
)  # fmt: skip
def test_each_character_that_a_terminal_obeys_is_shown_or_gone(text: str, shown: str) -> None:
    assert clean_line(text) == shown


def test_every_enum_is_stored_by_a_word_of_its_own() -> None:
    for kind in stored_classes():
        for hint in get_type_hints(kind).values():
            if isinstance(hint, type) and issubclass(hint, Enum):
                values = [member.value for member in hint]
                assert len(values) == len(set(values))
    assert HypothesisState.RULED_OUT.value == "ruled_out"
    assert FollowUpState.DROPPED.value == "dropped"
