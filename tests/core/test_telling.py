"""Every kind of event as the one line of the timeline that people read."""

from datetime import timedelta

import pytest
from tests.core.story import Story
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.channels import Delivered, Reported, Sent
from warroom.core.conduct import EntryAmended
from warroom.core.drill import DrillScored
from warroom.core.timeline import timeline
from warroom.core.words import (
    Audience,
    Category,
    ChangeKind,
    Check,
    Criterion,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Place,
    Priority,
    Role,
    UpdateKind,
    Verdict,
)

HOUR = timedelta(hours=1)
ONSET = e.Onset(at=NOON, low=NOON, high=NOON, sentence="5xx since 12:00")
EXCERPT = e.Excerpt(source="a.log", offset=0, sha256="0", text="boom")


def recorded(*events: e.Event) -> list[e.Recorded]:
    return [
        e.Recorded(
            seq=number,
            incident="INC-1",
            version=number,
            at=NOON,
            actor="ana",
            device="box",
            command_id=f"c{number}",
            event=event,
        )
        for number, event in enumerate(events, start=1)
    ]


LINES: list[tuple[e.Event, tuple[str, str, str, str]]] = [
    (
        e.Declared(title="checkout fails", priority=Priority.P1),
        ("!", "declared", "s5", "P1: checkout fails"),
    ),
    (
        e.Declared(title="checkout fails", summary="since noon"),
        ("!", "declared", "s5", "P2: checkout fails — since noon"),
    ),
    (
        e.Qualified(
            priority=Priority.P1,
            title="t",
            service="s",
            category=Category.THIRD_PARTY,
            criteria=(Criterion.REVENUE, Criterion.SLA_BREACH),
            started_at=NOON,
            reason="r",
        ),
        (
            "·",
            "qualified",
            "text",
            "P1; title: t; service: s; third party; critical: revenue, sla_breach; began 12:00:00; because r",
        ),
    ),
    (e.Qualified(criteria=()), ("·", "qualified", "text", "critical: nothing")),
    (e.Qualified(summary="only this"), ("·", "qualified", "text", "")),
    (e.Acknowledged(), ("✓", "acknowledged", "ok", "takes charge")),
    (e.RoleTaken(role=Role.SCRIBE, person="leo"), ("✓", "role", "ok", "leo is scribe")),
    (
        e.RoleTaken(role=Role.SCRIBE, person="", briefing="all said"),
        ("✓", "role", "ok", "nobody is scribe: all said"),
    ),
    (e.NoteAdded(text="looked"), ("–", "note", "text", "looked")),
    (e.EvidencePinned(excerpt=EXCERPT), ("◇", "pinned", "accent", "boom")),
    (e.EvidencePinned(excerpt=EXCERPT, note="first"), ("◇", "pinned", "accent", "first: boom")),
    (e.OnsetMeasured(onset=ONSET), ("▲", "onset", "s5", "5xx since 12:00")),
    (
        e.OnsetMeasured(onset=ONSET, boundary="POST /pay"),
        ("▲", "onset", "s5", "5xx since 12:00; POST /pay"),
    ),
    (e.Contained(how="flag off"), ("●", "contained", "ok", "flag off")),
    (
        e.ContainmentKept(run="r1", until=NOON + HOUR, reason="waits"),
        ("●", "kept", "warn", "stays until 2026-11-20 13:00 UTC: waits"),
    ),
    (
        e.ContainmentKept(run="r1", until=NOON + HOUR),
        ("●", "kept", "warn", "stays until 2026-11-20 13:00 UTC"),
    ),
    (e.Diagnosed(text="pool"), ("✓", "diagnosis", "ok", "pool")),
    (
        e.Diagnosed(text="pool", eta=NOON + HOUR, reason="measured"),
        ("✓", "diagnosis", "ok", "pool; fixed by 13:00 UTC (revised: measured)"),
    ),
    (
        e.FixRecorded(level=FixLevel.ROOT_CAUSE, text="closed", reference="fix/1"),
        ("✓", "root cause", "ok", "closed fix/1"),
    ),
    (e.FixRecorded(level=FixLevel.HOTFIX, text="closed"), ("✓", "hotfix", "ok", "closed")),
    (
        e.UpdateSent(kind=UpdateKind.ETA, audience=Audience.CLIENT, text="soon"),
        ("»", "update", "accent", "client: soon"),
    ),
    (
        e.HypothesisChanged(hypothesis=1, text="pool", state=HypothesisState.PROPOSED),
        ("?", "hypothesis", "p2", "pool"),
    ),
    (
        e.HypothesisChanged(
            hypothesis=1, text="pool", state=HypothesisState.TESTING, evidence="waits"
        ),
        ("?", "testing", "p2", "pool: waits"),
    ),
    (
        e.HypothesisChanged(hypothesis=1, text="pool", state=HypothesisState.RULED_OUT),
        ("✓", "ruled out", "mute", "pool"),
    ),
    (
        e.HypothesisChanged(hypothesis=1, text="pool", state=HypothesisState.CONFIRMED),
        ("✓", "confirmed", "p2", "pool"),
    ),
    (
        e.ChangeRecorded(kind=ChangeKind.DEPLOY, text="release 7", happened_at=NOON),
        ("◆", "change", "p2", "release 7"),
    ),
    (
        e.FollowUpChanged(follow_up=1, kind=FollowUpKind.TEST, text="test it", owner="leo"),
        ("·", "follow-up", "text", "open: test it (leo)"),
    ),
    (
        e.FollowUpChanged(
            follow_up=1, kind=FollowUpKind.TEST, text="test it", state=FollowUpState.DONE
        ),
        ("·", "follow-up", "text", "done: test it"),
    ),
    (e.Resolved(text="7 is back"), ("✓", "resolved", "ok", "7 is back")),
    (e.Closed(), ("✓", "closed", "ok", "")),
    (
        e.Closed(override="night", missing=("a", "b")),
        ("✓", "closed", "warn", "override: night; missing: a; b"),
    ),
    (e.Reopened(reason="back"), ("!", "reopened", "s5", "back")),
    (e.PostmortemFinished(), ("✓", "postmortem", "ok", "final")),
    (
        e.PostmortemFinished(reason="the client waits"),
        ("✓", "postmortem", "ok", "final the client waits"),
    ),
    (e.Snoozed(until=NOON + HOUR), ("z", "snoozed", "mute", "until 13:00 UTC")),
    (
        e.Snoozed(until=NOON + HOUR, reason="quiet"),
        ("z", "snoozed", "mute", "until 13:00 UTC: quiet"),
    ),
    (e.Opaque(kind="later", payload={}), ("·", "later", "mute", "written by a newer version")),
    (k.WaitStarted(reason="a log"), ("z", "waiting", "warn", "for the client: a log")),
    (k.WaitEnded(), ("·", "goes on", "text", "the client answered")),
    (k.WaitEnded(reason="it came"), ("·", "goes on", "text", "it came")),
    (k.Answered(question="trigger", text="load"), ("·", "answer", "text", "trigger: load")),
    (k.Merged(into="INC-2"), ("·", "merged", "mute", "goes on in INC-2")),
    (k.Merged(into="INC-2", reason="same"), ("·", "merged", "mute", "goes on in INC-2: same")),
    (
        k.Split(out_of="INC-2", reason="other"),
        ("·", "split off", "text", "no longer part of INC-2: other"),
    ),
    (k.Absorbed(other="INC-3"), ("·", "merged", "text", "INC-3 is the same")),
    (
        k.Released(other="INC-3", reason="other"),
        ("·", "split off", "text", "INC-3 goes on by itself: other"),
    ),
    (k.Linked(other="INC-4", how="same host"), ("·", "linked", "text", "INC-4: same host")),
    (
        k.Reordered(place=Place.TOP, reason="they call"),
        ("·", "queue", "text", "put first in the queue: they call"),
    ),
    (
        k.Reordered(place=Place.BOTTOM, reason="can wait"),
        ("·", "queue", "text", "put last in the queue: can wait"),
    ),
    (
        k.Reordered(place=Place.COMPUTED, reason=""),
        ("·", "queue", "text", "back to its computed place"),
    ),
    (k.Woken(reason="news"), ("·", "awake", "text", "news")),
    (k.Called(person="leo"), ("·", "called", "text", "leo")),
    (k.Called(person="leo", reason="no answer"), ("·", "called", "text", "leo: no answer")),
    (
        k.HandoverOffered(role=Role.COMMANDER, to="mia", briefing="b"),
        ("·", "hand-over", "text", "commander offered to mia"),
    ),
    (
        k.HandoverDeclined(role=Role.COMMANDER, reason="on a train"),
        ("·", "hand-over", "warn", "commander declined: on a train"),
    ),
    (k.Measured(check=Check.GONE, passed=True, sentence="gone"), ("✓", "verified", "ok", "gone")),
    (
        k.Measured(check=Check.GONE, passed=False, sentence="still there"),
        ("✗", "verified", "s5", "still there"),
    ),
    (k.NoticeOwed(notice="gdpr"), ("·", "notice", "warn", "GDPR notice is owed")),
    (
        k.NoticeOwed(notice="gdpr", owed=False, reason="no data"),
        ("·", "notice", "text", "GDPR notice is not owed: no data"),
    ),
    (
        k.Contacted(party="BSI", text="told", notice="nis2"),
        ("✓", "notice", "text", "BSI (NIS2 notice): told"),
    ),
    (k.Contacted(party="Gateway", text="asked"), ("·", "contact", "text", "Gateway: asked")),
    (
        k.Attached(follow_up=2, name="alert.yml", text="x"),
        ("·", "follow-up", "text", "F2 has alert.yml"),
    ),
    (Reported(source="alertmanager", group="g", firing=2), ("·", "report", "s5", "2 firing")),
    (
        Reported(
            source="alertmanager",
            group="g",
            firing=1,
            resolved=2,
            truncated=3,
            deliveries=2,
            newest=("a", "b"),
        ),
        (
            "·",
            "report",
            "s5",
            "1 firing, 2 ended, 3 more left out by the sender (2 messages): a; b",
        ),
    ),
    (
        Reported(source="alertmanager", group="g", firing=0, resolved=2),
        ("·", "report", "ok", "2 ended"),
    ),
    (Reported(source="alertmanager", group="g", firing=0), ("·", "report", "ok", "told")),
    (
        Delivered(state=Sent.DELIVERED, what="update 1", channel="mail"),
        ("✓", "sent", "ok", "update 1 to mail"),
    ),
    (
        Delivered(state=Sent.RETRYING, what="update 1", channel="mail", reason="busy"),
        ("·", "not sent", "warn", "update 1 to mail, will be tried again: busy"),
    ),
    (
        Delivered(state=Sent.GIVEN_UP, what="update 1", channel="mail", reason="gone"),
        ("✗", "not sent", "s5", "update 1 to mail, given up: gone"),
    ),
    (
        DrillScored(scenario="pool", seed=1, points=80, won=True, marks=()),
        ("✓", "drill", "ok", "won: 80 of 100"),
    ),
    (
        DrillScored(scenario="pool", seed=1, points=20, won=False, marks=()),
        ("✗", "drill", "warn", "lost: 20 of 100"),
    ),
]


@pytest.mark.parametrize(("event", "line"), LINES)
def test_every_event_is_told_in_its_words(event: e.Event, line: tuple[str, str, str, str]) -> None:
    (entry,) = timeline(recorded(event))
    assert (entry.mark, entry.word, entry.tone, entry.text) == line
    assert entry.number == 1
    assert entry.kind == e.kind_of(event)


def test_every_kind_of_event_has_its_line_or_deliberately_none() -> None:
    told = {type(event) for event, _ in LINES}
    steps = {e.StepIntended, e.StepFinished, e.StepSettled, e.EffectMeasured}
    silent = {e.PostmortemEdited, e.StepStarted, e.StepReported, EntryAmended}
    assert set(e.KINDS.values()) == (told - {e.Opaque}) | steps | silent
    quiet = (
        e.PostmortemEdited(text="x", base=0),
        e.StepStarted(run="r", pid=1, start_ticks=1, boot_id="b"),
        e.StepReported(run="r", state={"id": "7"}),
        EntryAmended(entry=1, text="x"),
        k.Answered(question="trigger", text="", known=False),
    )
    assert timeline(recorded(*quiet)) == ()


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            e.StepFinished(run="r1", outcome=Outcome.SUCCEEDED, milliseconds=840),
            ("✓", "done", "ok", "Roll back, step 1 (0.8 s)"),
        ),
        (
            e.StepFinished(run="u1", outcome=Outcome.SUCCEEDED, milliseconds=2000),
            ("✓", "undone", "ok", "Roll back, step 1 (2.0 s)"),
        ),
        (
            e.StepFinished(run="r1", outcome=Outcome.FAILED, exit_status=0, milliseconds=1500),
            ("✗", "failed", "s5", "Roll back, step 1, exit status 0 after 1.5 s"),
        ),
        (
            e.StepFinished(run="other", outcome=Outcome.TIMED_OUT, milliseconds=30_000),
            ("✗", "timed out", "s5", "other after 30.0 s"),
        ),
        (
            e.StepSettled(run="r1", done=True),
            ("✓", "settled", "text", "Roll back, step 1 was done"),
        ),
        (
            e.StepSettled(run="r1", done=False, reason="looked"),
            ("✓", "settled", "text", "Roll back, step 1 was not done looked"),
        ),
    ],
)
def test_a_step_is_told_from_its_confirmation_to_its_end(
    event: e.Event, line: tuple[str, str, str, str]
) -> None:
    story = Story().declared().run("r1", Outcome.SUCCEEDED)
    story.run("u1", Outcome.SUCCEEDED, action="undo", undoes="r1", undo="")
    intents = [r.event for r in story.records if isinstance(r.event, e.StepIntended)]
    first, second, entry = timeline(recorded(*intents, event))
    assert (first.mark, first.word, first.tone) == ("▸", "step", "accent")
    assert first.text == "confirms: Roll back, step 1 switch"
    assert second.text == "undo: Roll back, step 1 switch"
    assert (first.run, second.run) == ("r1", "u1")
    assert (entry.mark, entry.word, entry.tone, entry.text) == line


@pytest.mark.parametrize(
    ("verdict", "tone"),
    [
        (Verdict.SOLVED, "ok"),
        (Verdict.HELPED, "ok"),
        (Verdict.NO_EFFECT, "warn"),
        (Verdict.TOO_EARLY, "warn"),
        (Verdict.WORSE, "s5"),
    ],
)
def test_an_effect_is_told_with_the_step_that_had_it(verdict: Verdict, tone: str) -> None:
    effect = e.EffectMeasured(
        run="r1",
        verdict=verdict,
        before_failures=1,
        before_requests=2,
        after_failures=0,
        after_requests=2,
        seconds=10,
        sentence="5xx 50 % → 0 %",
    )
    story = Story().declared().run("r1", Outcome.SUCCEEDED)
    (intent,) = [r.event for r in story.records if isinstance(r.event, e.StepIntended)]
    _, entry = timeline(recorded(intent, effect))
    assert (entry.mark, entry.word, entry.tone, entry.run) == ("●", "effect", tone, "r1")
    assert entry.text == "Roll back, step 1: 5xx 50 % → 0 %"


def test_things_stand_where_they_happened_and_not_where_they_were_said() -> None:
    story = Story().declared(onset=ONSET, boundary="POST /pay").later(minutes=10)
    story.do(
        c.RecordChange(
            facts=e.ChangeRecorded(
                kind=ChangeKind.DEPLOY, text="release 7", happened_at=NOON - 2 * HOUR
            )
        )
    )
    story.do(c.AddNote(text="saw it", about=NOON - HOUR))
    story.do(c.AddNote(text="just now"))
    earlier = e.Onset(at=NOON - HOUR / 2, low=NOON, high=NOON, sentence="5xx since 11:30")
    story.do(c.MeasureOnset(onset=earlier))
    assert [(x.word, x.text, x.back_dated) for x in timeline(story.records)] == [
        ("change", "release 7", False),
        ("note", "saw it", True),
        ("onset", "5xx since 11:30", False),
        ("onset", "5xx since 12:00; POST /pay", False),
        ("declared", "P2: checkout fails", False),
        ("note", "just now", False),
    ]
    onset = timeline(story.records)[3]
    assert (onset.number, onset.kind, onset.tone, onset.actor) == (1, "declared", "s5", "log")


def test_a_filter_takes_stored_names_and_words() -> None:
    records = recorded(e.NoteAdded(text="a"), e.Contained(how="b"), e.Acknowledged())
    assert [x.text for x in timeline(records, ["note_added", "contained"])] == ["a", "b"]
    assert [x.text for x in timeline(records, ["note"])] == ["a"]
    assert len(timeline(records)) == 3


def test_only_an_update_for_outside_is_marked_as_read_there() -> None:
    def update(audience: Audience) -> e.UpdateSent:
        return e.UpdateSent(kind=UpdateKind.INITIAL, audience=audience, text="x")

    events = [*map(update, Audience), e.NoteAdded(text="x")]
    assert [x.public for x in timeline(recorded(*events))] == ["", "client", "public", ""]


def test_the_first_words_and_the_first_time_of_an_amended_entry_are_kept() -> None:
    records = recorded(
        e.Declared(title="checkout fails", onset=ONSET),
        e.NoteAdded(text="first"),
        EntryAmended(entry=2, text="second", at=NOON - HOUR),
        EntryAmended(entry=2, text="third", at=NOON + HOUR),
        EntryAmended(entry=1, text="better words"),
        e.NoteAdded(text="untouched"),
    )
    by_text = {entry.text: entry for entry in timeline(records)}
    third = by_text["third"]
    assert (third.at, third.original, third.original_at) == (NOON + HOUR, "first", NOON)
    assert third.amended
    assert not by_text["untouched"].amended
    assert by_text["better words"].word == "declared"
    assert by_text["better words"].original_at is None
    assert not by_text["5xx since 12:00"].amended  # the onset shares its number, not its words
    moved = recorded(e.NoteAdded(text="x"), EntryAmended(entry=1, at=NOON + HOUR))
    (entry,) = timeline(moved)
    assert (entry.amended, entry.original) == (True, "")
