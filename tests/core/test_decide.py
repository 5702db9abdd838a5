"""The rules of an incident's life, as stories and as properties."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.story import Story, effect
from tests.core.strategies import NOON, commands, declared

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.canonical import canonical
from warroom.core.clocks import StageState, rail
from warroom.core.conduct import Answered, Measured
from warroom.core.decide import Refusal
from warroom.core.events import from_payload, kind_of, to_payload
from warroom.core.fold import replay
from warroom.core.nextstep import along, next_step
from warroom.core.postmortem import draft, open_questions
from warroom.core.questions import asked
from warroom.core.queue import rank
from warroom.core.timeline import timeline
from warroom.core.views import incident_view
from warroom.core.words import (
    Check,
    ContainmentKind,
    Criterion,
    Factor,
    FixLevel,
    Outcome,
    Phase,
    Role,
    StepAction,
    Verdict,
)


def answered(key: str, text: str) -> c.Answer:
    return c.Answer(facts=Answered(question=key, text=text, known=bool(text)))


def test_the_whole_life_by_the_next_step_alone() -> None:
    story = Story().declared()
    seen = []
    marked: list[str] = []
    for _ in range(30):
        step = next_step(story.incident, story.now)
        if step is None:
            break
        seen.append(step.action)
        now = [s.name for s in along(rail(story.incident), step) if s.state is StageState.NOW]
        assert now == [step.stage]
        marked += now if now != marked[-1:] else []
        story.later(minutes=1)
        match step.action:
            case "acknowledge":
                story.do(c.Acknowledge())
            case "contain":
                story.run("r1", Outcome.SUCCEEDED)
                story.do(effect("r1", Verdict.HELPED, 4))
            case "qualify":
                story.do(c.Qualify(facts=e.Qualified(criteria=(Criterion.REVENUE,))))
                for factor in Factor:
                    story.do(answered(f"factor.{factor.value}", ""))
            case "diagnose":
                story.do(c.Diagnose(text="cart v2 sends an empty currency"))
            case "fix":
                story.do(c.RecordFix(level=FixLevel.HOTFIX, text="currency checked"))
            case "answer":
                assert next(x for x in asked(story.incident) if x.question.key == step.argument)
                story.do(answered(step.argument, "" if step.argument == "staging" else "yes"))
            case "undo":
                story.run("u1", Outcome.SUCCEEDED, action="undo", undoes=step.argument, undo="")
            case "resolve":
                story.do(c.Resolve(text="rolled back"))
            case "postmortem":
                story.do(c.EditPostmortem(text=draft(story.incident, story.records), base=0))
            case "verify":
                for check in Check:
                    found = Measured(check=check, passed=True, sentence="well")
                    story.do(c.RecordCheck(facts=found))
            case "close":
                story.do(c.Close())
    life = ["acknowledge", "contain", "qualify", "diagnose", "fix", *["answer"] * 9, "resolve"]
    assert seen == [*life, "undo", "postmortem", "verify", "close"]
    stages = ["ack", "contain", "how bad", "diagnose", "hotfix", "take back", "report"]
    assert marked == [*stages, "verify", "close"]
    assert story.incident.phase is Phase.CLOSED
    assert not story.refusals


def test_acknowledging_takes_command_once() -> None:
    story = Story().declared()
    story.do(c.Acknowledge(), by="leo")
    assert story.incident.commander == "leo"
    assert isinstance(story.do(c.Acknowledge(), by="mia"), Refusal)
    story.do(c.TakeRole(role=Role.COMMANDER, person="mia", briefing="all told"))
    assert story.incident.commander == "mia"
    assert story.incident.acknowledged_by == "leo"


def test_a_measured_success_contains_and_a_measured_failure_does_not() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    story.do(effect("r1", Verdict.NO_EFFECT, 50))
    assert story.incident.contained_at is None
    story.do(effect("r1", Verdict.HELPED, 12))  # a fall by three quarters goes on hurting
    assert story.incident.contained_at is None
    story.do(effect("r1", Verdict.HELPED, 4))
    assert story.incident.contained_at == story.now
    assert "50 % → 4 %" in story.incident.contained_how


def test_closing_is_refused_with_everything_that_is_missing() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    refusal = story.do(c.Close())
    assert isinstance(refusal, Refusal)
    told = " ".join(refusal.missing)
    for word in ("not resolved", "still in force", "no diagnosis", "postmortem"):
        assert word in told
    story.do(c.Close(override="drill"))
    assert story.incident.phase is Phase.CLOSED
    closed = story.records[-1].event
    assert isinstance(closed, e.Closed)
    assert closed.missing == refusal.missing


def test_what_is_kept_with_a_date_no_longer_blocks_and_becomes_a_follow_up() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    story.do(c.KeepContainment(run="r1", until=NOON + timedelta(days=2)))
    assert len(story.incident.open_follow_ups) == 1
    refusal = story.do(c.Close())
    assert isinstance(refusal, Refusal)
    assert not any("in force" in gap for gap in refusal.missing)


def test_an_unknown_step_never_runs_again_before_it_is_settled() -> None:
    story = Story().declared()
    story.run("r1", Outcome.UNKNOWN)
    again = e.StepIntended(
        run="r2",
        runbook="rollback",
        title="Roll back",
        kind=ContainmentKind.ROLLBACK,
        step=1,
        step_title="switch",
        action=StepAction.RUN,
        command="true",
        sha256="0" * 64,
    )
    assert isinstance(story.do(c.IntendStep(facts=again)), Refusal)
    story.do(c.SettleStep(run="r1", done=False, reason="looked"))
    assert story.do(c.IntendStep(facts=again)) == (again,)
    assert isinstance(story.do(c.IntendStep(facts=again)), Refusal)  # the same confirmation twice


def test_an_undo_takes_out_of_force_only_when_it_succeeded() -> None:
    story = Story().declared().run("r1", Outcome.SUCCEEDED)
    story.run("u1", Outcome.FAILED, action="undo", undoes="r1", undo="")
    assert [run.intent.run for run in story.incident.ledger] == ["r1"]
    story.run("u2", Outcome.SUCCEEDED, action="undo", undoes="r1", undo="")
    assert story.incident.ledger == ()


def test_a_workaround_opens_its_own_root_cause_follow_up() -> None:
    story = Story().declared()
    story.do(c.RecordFix(level=FixLevel.WORKAROUND, text="restart hourly"))
    story.do(c.RecordFix(level=FixLevel.HOTFIX, text="cap the pool"))
    assert [f.kind.value for f in story.incident.follow_ups] == ["root_cause"]


def test_a_revision_of_the_diagnosis_needs_its_reason() -> None:
    story = Story().declared()
    story.do(c.Diagnose(text="pool"))
    assert isinstance(story.do(c.Diagnose(text="currency")), Refusal)
    story.do(c.Diagnose(text="currency", reason="pool waits were zero"))
    assert len(story.incident.diagnoses) == 2


@pytest.mark.parametrize(
    "command",
    [
        c.AddNote(text="  "),
        c.Contain(how=""),
        c.Reopen(reason="x"),
        c.Diagnose(text=""),
        c.Snooze(until=NOON),
        c.AddNote(text="x", about=NOON + timedelta(hours=1)),
        c.Resolve(),
        c.FinishPostmortem(),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(command: c.Command) -> None:
    refusal = Story().declared().do(command)
    assert isinstance(refusal, Refusal)
    assert refusal.reason


def test_two_editors_of_one_postmortem_do_not_overwrite_each_other() -> None:
    story = Story().declared()
    story.do(c.EditPostmortem(text="mine", base=0))
    assert isinstance(story.do(c.EditPostmortem(text="hers", base=0)), Refusal)
    assert story.incident.postmortem == "mine"
    assert story.do(c.EditPostmortem(text="mine", base=0)) == ()


def test_the_draft_asks_for_what_is_missing() -> None:
    story = Story().declared()
    text = draft(story.incident, story.records)
    questions = [words for _, words in open_questions(text)]
    assert "Since when did it fail?" in questions
    assert any("four" in q or "two to four" in q for q in questions)
    assert "INC-1 checkout fails" in text


@settings(max_examples=150, deadline=None)
@given(declared, st.lists(st.tuples(commands, st.integers(0, 3600)), max_size=25))
def test_any_sequence_of_commands_leaves_a_legal_state(
    facts: e.Declared, script: list[tuple[c.Command, int]]
) -> None:
    story = Story()
    story.do(c.Declare(facts=facts))
    for command, seconds in script:
        story.later(seconds=seconds)
        before = story.incident
        if isinstance(story.do(command), Refusal):
            assert story.incident is before
    state = story.incident
    # The same events always give the same state, also after a journey through the stored form.
    stored = [
        (kind_of(r.event), canonical(to_payload(r.event)), to_payload(r.event))
        for r in story.records
    ]
    again = [
        e.Recorded(
            **{
                **{
                    k: getattr(r, k)
                    for k in ("seq", "incident", "version", "at", "actor", "device", "command_id")
                },
                "event": from_payload(kind, payload),
            }
        )
        for r, (kind, _, payload) in zip(story.records, stored, strict=True)
    ]
    assert replay(again) == state
    assert [canonical(to_payload(r.event)) for r in again] == [body for _, body, _ in stored]
    # Whatever happened, everything that shows it still works.
    assert state.version == len(story.records)
    assert (state.phase is Phase.CLOSED) == (state.closed_at is not None)
    assert all(run.outcome is not None or run.finished is None for run in state.runs)
    assert {run.intent.run for run in state.ledger} <= {run.intent.run for run in state.runs}
    entries = timeline(story.records)
    assert [x.at for x in entries] == sorted(x.at for x in entries)
    draft(state, story.records)
    incident_view(state, story.now)
    next_step(state, story.now)
    rank([state], story.now)


def test_an_event_of_a_newer_version_is_kept_and_changes_nothing() -> None:
    story = Story().declared()
    before = story.incident
    opaque = from_payload("invented_later", {"x": 1})
    record = e.Recorded(
        seq=2,
        incident="INC-1",
        version=2,
        at=story.now,
        actor="ana",
        device="box",
        command_id="z",
        event=opaque,
    )
    after = replay([*story.records, record])
    assert after is not None
    assert after.title == before.title
    assert after.version == 2
    assert to_payload(opaque) == {"x": 1}
    assert timeline([*story.records, record])[-1].word == "invented_later"
