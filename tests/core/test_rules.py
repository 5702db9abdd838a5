"""Every rule: what it refuses and in which words, what is already so, and where its limits lie."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.core.story import Story, effect
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.channels import Delivered, Reported, Sent
from warroom.core.codec import decode
from warroom.core.decide import Refusal, decide, default_priority
from warroom.core.drill import MARK, DrillScored
from warroom.core.refusal import TEXT_LIMIT, TITLE_LIMIT
from warroom.core.words import (
    Audience,
    ChangeKind,
    Check,
    Criterion,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Phase,
    Place,
    Priority,
    Role,
    UpdateKind,
    Verdict,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LONG = "x" * (TEXT_LIMIT + 1)
FULL = "x" * TEXT_LIMIT


def fresh() -> Story:
    return Story().declared()


def taken() -> Story:
    story = fresh()
    story.do(c.Acknowledge())
    return story


def resolved() -> Story:
    story = taken()
    story.do(c.Resolve())
    return story


def closed() -> Story:
    story = resolved()
    story.do(c.Close(override="enough"))
    return story


def merged() -> Story:
    story = fresh()
    story.do(c.MergeInto(into="INC-9"))
    return story


def in_force(**intent: object) -> Story:
    return fresh().run("r1", Outcome.SUCCEEDED, **intent)


def running() -> Story:
    story = taken()
    story.do(c.IntendStep(facts=intent("r1")))
    return story


def waiting() -> Story:
    story = fresh()
    story.do(c.Wait(reason="a log"))
    return story


def offered() -> Story:
    story = taken()
    story.do(c.OfferHandover(facts=offer()))
    return story


def followed() -> Story:
    story = fresh()
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="test it"))
    return story


def diagnosed() -> Story:
    story = fresh()
    story.do(c.Diagnose(text="pool"))
    return story


def written() -> Story:
    story = fresh()
    story.do(c.EditPostmortem(text="mine", base=0))
    return story


def offer(**facts: object) -> k.HandoverOffered:
    said = {"role": Role.COMMANDER, "to": "leo", "briefing": "all of it", **facts}
    return k.HandoverOffered(**said)  # type: ignore[arg-type]


def intent(run: str, **facts: object) -> e.StepIntended:
    said = {
        "run": run,
        "runbook": "rollback",
        "title": "Roll back",
        "kind": "rollback",
        "step": 1,
        "step_title": "switch",
        "action": "run",
        "command": "true",
        "sha256": "0" * 64,
        "undo": "false",
        **facts,
    }
    return decode(e.StepIntended, said)  # type: ignore[arg-type]


def owed(notice: str, **facts: object) -> c.OweNotice:
    return c.OweNotice(facts=k.NoticeOwed(notice=notice, **facts))  # type: ignore[arg-type]


def spoke(party: str = "ACME", text: str = "told", **facts: object) -> c.RecordContact:
    return c.RecordContact(facts=k.Contacted(party=party, text=text, **facts))  # type: ignore[arg-type]


def attached(name: str = "alert.yml", text: str = "x", number: int = 1) -> c.Attach:
    return c.Attach(facts=k.Attached(follow_up=number, name=name, text=text))


def update(text: str) -> c.SendUpdate:
    return c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.INTERNAL, text=text)


def answer(question: str, text: str = "yes") -> c.Answer:
    return c.Answer(facts=k.Answered(question=question, text=text))


def amended(**facts: object) -> c.Amend:
    return c.Amend(facts=k.EntryAmended(**{"entry": 1, "text": "x", **facts}))  # type: ignore[arg-type]


REPORT = Reported(source="alertmanager", group="g", firing=1)
SCORE = DrillScored(scenario="pool", seed=1, points=80, won=True, marks=())
CHANGE = e.ChangeRecorded(kind=ChangeKind.DEPLOY, text="7", happened_at=NOON)

REFUSED: list[tuple[Callable[[], Story], c.Command, str]] = [
    (fresh, c.Resolve(), "has not been acknowledged"),
    (resolved, c.Resolve(), "is resolved since 12:00:00"),
    (running, c.Resolve(), "Roll back is still running"),
    (taken, c.Acknowledge(), "was acknowledged by ana and ana commands"),
    (closed, c.Resolve(), "INC-1 is closed"),
    (closed, c.Wait(reason="x"), "INC-1 is closed"),
    (merged, c.Acknowledge(), "INC-1 goes on in INC-9"),
    (merged, c.Reopen(reason="x"), "INC-1 goes on in INC-9"),
    (fresh, c.Reopen(reason="x"), "INC-1 is open"),
    (closed, c.Reopen(reason=" "), "reopening needs a reason"),
    (fresh, c.Close(), "is not closed; missing: not resolved"),
    (fresh, c.Close(override=" "), "is not closed; missing: not resolved"),
    (fresh, c.FinishPostmortem(), "untouched draft"),
    (written, c.FinishPostmortem(), "is not finished: 1 open, first 0 follow-ups"),
    (written, c.EditPostmortem(text="hers", base=0), "saved the postmortem meanwhile"),
    (fresh, c.EditPostmortem(text=LONG, base=0), "the postmortem is longer than 200000"),
    (fresh, c.AddNote(text=" "), "a note needs words"),
    (fresh, c.AddNote(text=LONG), "a note of more than 200000 characters"),
    (fresh, c.AddNote(text="x", about=NOON + MINUTE + SECOND), "cannot be about the future"),
    (fresh, c.Diagnose(text=" "), "a diagnosis needs words"),
    (diagnosed, c.Diagnose(text="lock", reason=" "), "a revision needs its reason"),
    (fresh, update(" "), "an update needs words"),
    (fresh, c.RecordFix(level=FixLevel.HOTFIX, text=" "), "a fix needs words"),
    (fresh, c.Hypothesise(state=HypothesisState.PROPOSED, text=" "), "a hypothesis needs words"),
    (
        fresh,
        c.Hypothesise(state=HypothesisState.PROPOSED, text="x", number=1),
        "has no hypothesis 1",
    ),
    (fresh, c.FollowUp(kind=FollowUpKind.TEST, text=" "), "a follow-up needs words"),
    (fresh, c.FollowUp(kind=FollowUpKind.TEST, text="x", number=1), "has no follow-up 1"),
    (fresh, c.Snooze(until=NOON), "snoozing needs a time in the future"),
    (fresh, c.Qualify(facts=e.Qualified(title=" ")), "a title has 1 to 200 characters"),
    (fresh, c.Qualify(facts=e.Qualified(title="x" * 201)), "a title has 1 to 200 characters"),
    (fresh, c.Qualify(facts=e.Qualified(factors={"luck": 1})), "'luck' is no factor"),
    (fresh, c.Qualify(facts=e.Qualified(factors={"users": 4})), "'users' is no factor"),
    (fresh, c.Qualify(facts=e.Qualified(factors={"users": -1})), "'users' is no factor"),
    # Conduct.
    (waiting, c.Wait(reason="x"), "waits for the client since 12:00 UTC"),
    (resolved, c.Wait(reason="x"), "is resolved: nothing is waited for"),
    (fresh, c.Wait(reason=" "), "what is waited for needs words"),
    (fresh, c.Link(facts=k.Linked(other="INC-1", how="x")), "INC-1 is that incident itself"),
    (fresh, c.MergeInto(into="INC-1"), "INC-1 is that incident itself"),
    (fresh, c.Absorb(other="INC-1"), "INC-1 is that incident itself"),
    (fresh, c.SplitOff(reason="x"), "is not merged into another one"),
    (merged, c.SplitOff(reason=" "), "splitting needs words"),
    (in_force, c.MergeInto(into="INC-9"), "Roll back is in force for INC-1"),
    (running, c.MergeInto(into="INC-9"), "a step of INC-1 runs or is unknown"),
    (fresh, c.Reorder(place=Place.TOP, reason=" "), "another place in the queue needs a reason"),
    (fresh, c.Call(facts=k.Called(person=" ")), "a call needs words"),
    (fresh, c.OfferHandover(facts=offer(to=" ")), "needs somebody to hand over to"),
    (taken, c.OfferHandover(facts=offer(to="ana")), "ana is commander already"),
    (fresh, c.OfferHandover(facts=offer(briefing=" ")), "a hand-over needs words"),
    (
        fresh,
        c.AnswerHandover(role=Role.COMMANDER, accepted=True),
        "commander of INC-1 was offered to nobody",
    ),
    (
        offered,
        c.AnswerHandover(role=Role.COMMANDER, accepted=True),
        "commander was offered to leo, not to ana",
    ),
    (fresh, amended(entry=0), "has no entry 0"),
    (fresh, amended(entry=2), "has no entry 2"),
    (fresh, amended(text=None), "amending needs other words or another time"),
    (fresh, amended(text=" "), "an entry needs words"),
    (fresh, amended(at=NOON + MINUTE + SECOND), "an entry cannot be about the future"),
    (fresh, answer("colour"), "nothing asks 'colour'"),
    (fresh, answer("trigger", " "), "an answer needs words"),
    (fresh, c.ScoreDrill(facts=SCORE), "is no drill: it has no score"),
    (fresh, owed("acme"), "no law is known here that asks for a notice 'acme'"),
    (fresh, owed("acme", party="ACME", hours=0), "no law is known"),
    (fresh, owed("acme", party="ACME", hours=366 * 24 + 1), "no law is known"),
    (fresh, owed("acme", party=" ", hours=4), "no law is known"),
    (fresh, owed("gdpr", aware_at=NOON + MINUTE + SECOND), "known in the future"),
    (fresh, owed("gdpr", owed=False), "that a notice is not owed needs words"),
    (fresh, spoke(" "), "a contact needs somebody who was spoken to"),
    (fresh, spoke(again_at=NOON), "they cannot be asked again in the past"),
    (fresh, spoke(notice="gdpr"), "owes no notice 'gdpr'"),
    (fresh, spoke(text=" "), "what was said needs words"),
    (fresh, attached(), "has no follow-up 1"),
    (followed, attached(number=2), "has no follow-up 2"),
    (followed, attached(name="../x"), "'../x' is no name of a file"),
    (followed, attached(name="x" * 81), "is no name of a file"),
    (followed, attached(text=" "), "an attachment needs words"),
    # Steps and containment.
    (fresh, effect(), "no step was confirmed as 'r1'"),
    (in_force, c.IntendStep(facts=intent("r1")), "this step was confirmed before"),
    (running, c.IntendStep(facts=intent("r2")), "is running since 12:00:00, confirmed by ana"),
    (running, c.SettleStep(run="r1", done=True), "only an unknown step can be settled"),
    (in_force, c.SettleStep(run="r1", done=True), "only an unknown step can be settled"),
    (
        fresh,
        c.IntendStep(facts=intent("u1", action="undo", undoes="r1")),
        "there is nothing in force to undo",
    ),
    (fresh, c.Contain(how=" "), "say what stopped the damage"),
    (fresh, c.KeepContainment(run="r1", until=NOON + HOUR), "nothing in force by that name"),
    (in_force, c.KeepContainment(run="r1", until=NOON), "needs a date in the future"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "command", "words"), REFUSED)
def test_what_a_rule_forbids_is_refused_in_words_and_changes_nothing(
    made: Callable[[], Story], command: c.Command, words: str
) -> None:
    story = made()
    before = story.incident
    refusal = story.do(command)
    assert isinstance(refusal, Refusal)
    assert words in refusal.reason
    assert story.incident is before


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"title": " \n "}, "an incident needs a title"),
        ({"title": "x" * (TITLE_LIMIT + 1)}, "the title has 201 characters, 200 are kept"),
        ({"title": "x", "summary": LONG}, "the summary is longer than 200000 characters"),
        ({"title": "x", "factors": {"luck": 1}}, "'luck' is no factor"),
        ({"title": "x", "factors": {"users": 4}}, "'users' is no factor"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(facts: dict[str, Any], words: str) -> None:
    refusal = decide(None, c.Declare(facts=e.Declared(**facts)), "ana", NOON)
    assert isinstance(refusal, Refusal)
    assert words in refusal.reason


def test_without_an_incident_nothing_but_a_declaration_is_possible() -> None:
    refusal = decide(None, c.Acknowledge(), "ana", NOON)
    assert refusal == Refusal(reason="there is no such incident")
    with pytest.raises(AssertionError, match="object"):  # a rule that was forgotten is no consent
        decide(fresh().incident, object(), "ana", NOON)  # type: ignore[arg-type]


ALREADY: list[tuple[Callable[[], Story], c.Command]] = [
    (taken, c.TakeRole(role=Role.COMMANDER, person="ana")),
    (fresh, c.TakeRole(role=Role.SCRIBE, person="")),
    (fresh, c.Resume()),
    (fresh, c.Wake()),
    (fresh, c.Release(other="INC-7")),
    (fresh, c.Reorder(place=Place.COMPUTED, reason=" ")),
    (written, c.EditPostmortem(text="mine", base=0)),
    (written, c.EditPostmortem(text="mine", base=1)),
    (in_force, c.FinishStep(facts=e.StepFinished(run="r1", outcome=Outcome.FAILED))),
]


@pytest.mark.parametrize(("made", "command"), ALREADY)
def test_what_is_already_so_leads_to_nothing(made: Callable[[], Story], command: c.Command) -> None:
    assert made().do(command) == ()


TWICE: list[tuple[Callable[[], Story], c.Command]] = [
    (fresh, c.Absorb(other="INC-7")),
    (fresh, c.Link(facts=k.Linked(other="INC-7", how="same host"))),
    (fresh, c.Report(facts=REPORT)),
    (fresh, c.RecordChange(facts=CHANGE)),
    (followed, attached()),
    (
        running,
        c.StartStep(facts=e.StepStarted(run="r1", pid=1, start_ticks=2, boot_id="b")),
    ),
    (
        fresh,
        c.Pin(excerpt=e.Excerpt(source="a.log", offset=0, sha256="0", text="boom"), note="n"),
    ),
]


@pytest.mark.parametrize(("made", "command"), TWICE)
def test_what_is_said_twice_is_kept_once(made: Callable[[], Story], command: c.Command) -> None:
    story = made()
    assert len(story.do(command)) == 1  # type: ignore[arg-type]
    assert story.do(command) == ()


@pytest.mark.parametrize(
    "more", [{"sha256": "1"}, {"source": "b.log"}, {"offset": 1}], ids=["bytes", "log", "place"]
)
def test_a_pin_is_another_one_where_bytes_place_or_note_differ(more: dict[str, object]) -> None:
    facts = {"source": "a.log", "offset": 0, "sha256": "0", "text": "boom"}
    story = fresh()
    story.do(c.Pin(excerpt=e.Excerpt(**facts)))  # type: ignore[arg-type]
    assert story.do(c.Pin(excerpt=e.Excerpt(**facts), note="other")) != ()  # type: ignore[arg-type]
    assert story.do(c.Pin(excerpt=e.Excerpt(**{**facts, **more}))) != ()  # type: ignore[arg-type]


ALLOWED: list[tuple[Callable[[], Story], c.Command]] = [
    (fresh, c.AddNote(text=FULL)),
    (fresh, c.AddNote(text="x", about=NOON + MINUTE)),
    (fresh, c.EditPostmortem(text=FULL, base=0)),
    (fresh, c.EditPostmortem(text="", base=0)),
    (written, c.EditPostmortem(text="more", base=1)),
    (written, c.FinishPostmortem(reason="the client waits")),
    (fresh, c.Snooze(until=NOON + SECOND)),
    (fresh, c.Qualify(facts=e.Qualified(title="x" * TITLE_LIMIT))),
    (fresh, c.Qualify(facts=e.Qualified(factors={"users": 0, "security": 3}))),
    (fresh, amended(at=NOON + MINUTE)),
    (fresh, amended(text=None, at=NOON)),
    (fresh, owed("acme", party="ACME", hours=366 * 24)),
    (fresh, owed("acme", party="ACME", hours=1)),
    (fresh, owed("gdpr", aware_at=NOON + MINUTE)),
    (fresh, spoke(again_at=NOON + SECOND)),
    (followed, attached(name="x" * 80)),
    (in_force, c.KeepContainment(run="r1", until=NOON + SECOND)),
    (in_force, c.Contain(how="flag off")),
    (taken, c.TakeRole(role=Role.COMMANDER, person="ana", briefing="again")),
    (fresh, c.Reorder(place=Place.COMPUTED, reason="back")),
    (fresh, c.Call(facts=k.Called(person="leo"))),
    (fresh, c.RecordDelivery(facts=Delivered(state=Sent.DELIVERED, what="x", channel="mail"))),
    (fresh, c.RecordCheck(facts=k.Measured(check=Check.GONE, passed=False, sentence="x"))),
    (fresh, c.Answer(facts=k.Answered(question="review.backup", text="", known=False))),
    (resolved, c.Reopen(reason="back")),
]


@pytest.mark.parametrize(("made", "command"), ALLOWED)
def test_what_lies_just_within_a_limit_is_kept(
    made: Callable[[], Story], command: c.Command
) -> None:
    decision = made().do(command)
    assert not isinstance(decision, Refusal)
    assert len(decision) >= 1


def test_a_title_of_all_the_characters_there_are_is_kept_in_one_line() -> None:
    full = "x" * TITLE_LIMIT
    story = Story().declared(title=f"  {full}\n", summary=FULL)
    assert story.incident.title == full
    assert Story().declared(title="two\n words").incident.title == "two words"


AFTER_CLOSING: list[c.Command] = [
    c.AddNote(text="x"),
    c.EditPostmortem(text="x", base=0),
    c.FollowUp(kind=FollowUpKind.TEST, text="x"),
    amended(),
    answer("trigger"),
    c.Link(facts=k.Linked(other="INC-7", how="same")),
    owed("gdpr"),
    spoke(),
    c.Reopen(reason="it is back"),
]


@pytest.mark.parametrize("command", AFTER_CLOSING, ids=lambda one: type(one).__name__)
def test_a_closed_record_may_be_completed(command: c.Command) -> None:
    assert not isinstance(closed().do(command), Refusal)


def test_taking_charge_again_takes_a_command_that_nobody_has() -> None:
    story = taken()
    story.do(c.TakeRole(role=Role.COMMANDER, person=""))
    assert story.do(c.Acknowledge(), by="leo") == (e.RoleTaken(role=Role.COMMANDER, person="leo"),)
    assert story.incident.acknowledged_by == "ana"
    led = fresh()
    led.do(c.TakeRole(role=Role.COMMANDER, person="leo"))
    assert led.do(c.Acknowledge()) == (e.Acknowledged(),)


def test_accepting_takes_charge_only_where_nobody_has() -> None:
    accept = c.AnswerHandover(role=Role.COMMANDER, accepted=True)
    role = e.RoleTaken(role=Role.COMMANDER, person="leo", briefing="all of it")
    assert offered().do(accept, by="leo") == (role,)
    untaken = fresh()
    untaken.do(c.OfferHandover(facts=offer()))
    assert untaken.do(accept, by="leo") == (e.Acknowledged(), role)
    declined = offered()
    decline = c.AnswerHandover(role=Role.COMMANDER, accepted=False, reason=" ")
    assert isinstance(declined.do(decline, by="leo"), Refusal)


def test_an_override_is_kept_only_where_something_was_missing() -> None:
    story = closed()
    event = story.records[-1].event
    assert isinstance(event, e.Closed)
    assert (event.override, bool(event.missing)) == ("enough", True)
    whole = diagnosed()
    for command in (c.Acknowledge(), c.Resolve(), c.EditPostmortem(text="x", base=0)):
        whole.do(command)
    assert whole.do(c.Close(override="not needed")) == (e.Closed(),)
    assert whole.incident.phase is Phase.CLOSED


def test_what_a_fix_leaves_behind_is_due_in_two_weeks_and_asked_for_once() -> None:
    story = taken()
    story.do(c.RecordFix(level=FixLevel.WORKAROUND, text="y" * 150))
    (left,) = story.incident.follow_ups
    assert (left.follow_up, left.kind, left.owner) == (1, FollowUpKind.ROOT_CAUSE, "ana")
    assert left.due == NOON + timedelta(days=14)
    assert left.text == f"Remove the cause: a workaround is in place ({'y' * 120})"
    story.do(c.RecordFix(level=FixLevel.HOTFIX, text="patch"))
    assert len(story.incident.follow_ups) == 1
    done = fresh()
    done.do(c.FollowUp(kind=FollowUpKind.TEST, text="test it"))
    done.do(c.RecordFix(level=FixLevel.HOTFIX, text="patch"))
    assert [item.follow_up for item in done.incident.follow_ups] == [1, 2]
    assert "a hotfix is in place (patch)" in done.incident.follow_ups[1].text
    whole = fresh()
    whole.do(c.RecordFix(level=FixLevel.ROOT_CAUSE, text="closed"))
    assert whole.incident.follow_ups == ()


def test_keeping_something_in_force_says_who_takes_it_back_and_until_when() -> None:
    story = followed()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    story.do(c.KeepContainment(run="r1", until=NOON + HOUR, reason="the weekend"))
    kept = story.incident.follow_ups[1]
    assert (kept.follow_up, kept.owner, kept.due) == (2, "ana", NOON + HOUR)
    assert kept.text == "Take back: Roll back (in force since 2026-11-20)"
    assert story.incident.ledger[0].keep_until == NOON + HOUR


def test_a_silence_cannot_be_made_to_stay() -> None:
    refusal = in_force(kind="silence").do(c.KeepContainment(run="r1", until=NOON + HOUR))
    assert isinstance(refusal, Refusal)
    assert "a silence ends by itself" in refusal.reason


def test_damage_that_was_stopped_once_is_not_stopped_again() -> None:
    story = fresh()
    story.do(c.Contain(how=" flag off "))
    assert story.incident.contained_how == "flag off"
    refusal = story.do(c.Contain(how="again"))
    assert isinstance(refusal, Refusal)
    assert "is contained since 12:00:00" in refusal.reason
    story.run("r1", Outcome.SUCCEEDED)
    assert len(story.do(effect())) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdict", "after", "stops"),
    [
        (Verdict.SOLVED, 45, True),
        (Verdict.HELPED, 5, True),
        (Verdict.HELPED, 6, False),
        (Verdict.NO_EFFECT, 0, False),
        (Verdict.WORSE, 0, False),
    ],
)
def test_a_fall_by_nine_tenths_ends_the_damage(verdict: Verdict, after: int, stops: bool) -> None:
    story = in_force()
    story.do(effect("r1", verdict, after))
    assert (story.incident.contained_at is not None) is stops
    if stops:
        assert story.incident.contained_how == f"Roll back: 5xx 50 % → {after} %"


def test_only_a_step_that_ran_and_still_holds_ends_the_damage() -> None:
    failed = fresh().run("r1", Outcome.FAILED)
    failed.do(effect())
    assert failed.incident.contained_at is None
    looked = fresh().run("r1", Outcome.SUCCEEDED, action="verify")
    looked.do(effect())
    assert looked.incident.contained_at is None
    undone = in_force()
    undone.run("u1", Outcome.SUCCEEDED, action="undo", undoes="r1", undo="")
    undone.do(effect())
    assert undone.incident.contained_at is None


def test_an_unknown_step_may_be_looked_at_and_another_one_may_run() -> None:
    story = fresh().run("r1", Outcome.UNKNOWN)
    refusal = story.do(c.IntendStep(facts=intent("r2")))
    assert isinstance(refusal, Refusal)
    assert "is unknown: it was running when the console stopped" in refusal.reason
    assert isinstance(story.do(c.MergeInto(into="INC-9")), Refusal)
    for other in ({"step": 2}, {"runbook": "flag"}, {"action": "verify"}):
        assert not isinstance(
            fresh_unknown().do(c.IntendStep(facts=intent("r2", **other))), Refusal
        )
    story.do(c.SettleStep(run="r1", done=True, reason="looked"))
    assert [run.intent.run for run in story.incident.ledger] == ["r1"]


def fresh_unknown() -> Story:
    return fresh().run("r1", Outcome.UNKNOWN)


def test_an_undo_that_was_settled_as_done_takes_out_of_force() -> None:
    story = in_force()
    story.run("v1", Outcome.SUCCEEDED, action="verify", undoes="r1", step=2)
    story.run("u1", Outcome.UNKNOWN, action="undo", undoes="r1", undo="")
    assert len(story.incident.ledger) == 1
    story.do(c.SettleStep(run="u1", done=True, reason="looked"))
    assert story.incident.ledger == ()
    run = story.incident.run("r1")
    assert run is not None
    assert run.undone_by == "u1"
    assert isinstance(
        story.do(c.IntendStep(facts=intent("u2", action="undo", step=2, undoes="r1"))), Refusal
    )


def test_what_absorbed_another_is_not_merged_away_before_that_is_split_off() -> None:
    story = fresh()
    story.do(c.Absorb(other="INC-7"))
    refusal = story.do(c.MergeInto(into="INC-9"))
    assert isinstance(refusal, Refusal)
    assert "INC-7 was merged into INC-1" in refusal.reason
    story.do(c.Release(other="INC-7"))
    assert story.incident.absorbed == ()
    assert not isinstance(story.do(c.MergeInto(into="INC-9", reason=" same ")), Refusal)
    assert story.do(c.SplitOff(reason=" other ")) == (k.Split(out_of="INC-9", reason="other"),)


def test_a_wrong_question_is_answered_with_those_that_are_near() -> None:
    refusal = fresh().do(answer("fix.tset"))
    assert isinstance(refusal, Refusal)
    assert "fix.test" in refusal.hint
    assert "trigger" not in refusal.hint
    far = fresh().do(answer("zzz"))
    assert isinstance(far, Refusal)
    assert "fix.test" in far.hint
    assert "trigger" in far.hint
    assert "review.backup" in far.hint


@pytest.mark.parametrize(
    ("before", "facts", "after"),
    [
        (Priority.P3, e.Qualified(criteria=(Criterion.REVENUE,)), Priority.P1),
        (Priority.P3, e.Qualified(criteria=()), Priority.P3),
        (Priority.P3, e.Qualified(title="x"), Priority.P3),
        (
            Priority.P3,
            e.Qualified(criteria=(Criterion.REVENUE,), priority=Priority.P2),
            Priority.P2,
        ),
        (Priority.P1, e.Qualified(criteria=(Criterion.REVENUE,)), Priority.P1),
    ],
)
def test_the_first_criterion_makes_a_p1(
    before: Priority, facts: e.Qualified, after: Priority
) -> None:
    story = Story().declared(priority=before)
    story.do(c.Qualify(facts=facts))
    assert story.incident.priority is after
    assert default_priority(()) is Priority.P2
    assert default_priority((Criterion.REVENUE,)) is Priority.P1


def test_a_second_criterion_leaves_a_priority_that_somebody_lowered() -> None:
    story = Story().declared(criteria=(Criterion.REVENUE,), priority=Priority.P3)
    story.do(c.Qualify(facts=e.Qualified(criteria=(Criterion.REVENUE, Criterion.SLA_BREACH))))
    assert story.incident.priority is Priority.P3


def test_a_drill_says_so_in_its_title_and_in_every_update_once() -> None:
    story = Story().declared(drill="pool", title="checkout fails")
    story.do(update("we look"))
    story.do(update(f"{MARK}we look"))
    assert story.incident.title == f"{MARK}checkout fails"
    assert [told.text for _, told in story.incident.updates] == [f"{MARK}we look"] * 2
    story.do(c.Qualify(facts=e.Qualified(title="mail fails")))
    assert story.incident.title == f"{MARK}mail fails"
    story.do(c.ScoreDrill(facts=SCORE))
    assert story.incident.score == SCORE
    real = fresh()
    real.do(update(" we look "))
    real.do(c.Qualify(facts=e.Qualified(title="mail fails")))
    assert real.incident.title == "mail fails"
    assert real.incident.updates[0][1].text == "we look"


def test_numbers_of_hypotheses_and_follow_ups_go_on_and_a_change_keeps_its_own() -> None:
    story = fresh()
    for text in ("pool", "lock"):
        story.do(c.Hypothesise(state=HypothesisState.PROPOSED, text=text))
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text=text))
    story.do(c.Hypothesise(state=HypothesisState.RULED_OUT, text=" ", number=1, evidence="0 waits"))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="pool", number=1, state=FollowUpState.DONE))
    assert [(h.number, h.text, h.latest.state) for h in story.incident.hypotheses] == [
        (1, "pool", HypothesisState.RULED_OUT),
        (2, "lock", HypothesisState.PROPOSED),
    ]
    assert [len(h.history) for h in story.incident.hypotheses] == [2, 1]
    assert [(f.follow_up, f.state) for f in story.incident.follow_ups] == [
        (1, FollowUpState.DONE),
        (2, FollowUpState.OPEN),
    ]
    assert [f.follow_up for f in story.incident.open_follow_ups] == [2]
