"""Hand-over, waiting, the closing gate, and what may be told outside."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.story import Story
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.closing import missing
from warroom.core.closing_report import closing_section
from warroom.core.conduct import Answered, HandoverOffered, Linked, Measured
from warroom.core.decide import Refusal
from warroom.core.drafting import briefing, draft_update
from warroom.core.fixing import fix_gaps, fix_level
from warroom.core.nextstep import next_step
from warroom.core.timeline import timeline
from warroom.core.words import (
    Audience,
    Check,
    Criterion,
    FixLevel,
    FollowUpKind,
    HypothesisState,
    Outcome,
    Role,
    UpdateKind,
)

OFFER = HandoverOffered(role=Role.COMMANDER, to="leo", briefing="P1 checkout fails")


def measured(check: Check, *, passed: bool = True) -> c.RecordCheck:
    words = f"{check.value} {'well' if passed else 'not well'}"
    return c.RecordCheck(facts=Measured(check=check, passed=passed, sentence=words))


def test_command_moves_only_when_it_is_accepted() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.do(c.OfferHandover(facts=OFFER))
    assert story.incident.commander == "ana"
    accept = c.AnswerHandover(role=Role.COMMANDER, accepted=True)
    assert isinstance(story.do(accept, by="mia"), Refusal)
    story.do(accept, by="leo")
    assert story.incident.commander == "leo"
    assert story.incident.offers == {}
    assert "P1 checkout fails" in timeline(story.records)[-1].text
    assert isinstance(story.do(accept, by="leo"), Refusal)


def test_declining_leaves_everything_and_says_why() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.do(c.OfferHandover(facts=OFFER))
    decline = c.AnswerHandover(role=Role.COMMANDER, accepted=False, reason="on a train")
    story.do(decline, by="leo")
    assert story.incident.commander == "ana"
    assert "on a train" in timeline(story.records)[-1].text


def test_who_takes_over_an_incident_nobody_took_charge_of_answers_for_it() -> None:
    story = Story().declared()
    story.do(c.OfferHandover(facts=OFFER))
    story.do(c.AnswerHandover(role=Role.COMMANDER, accepted=True), by="leo")
    assert story.incident.acknowledged_by == "leo"


def test_the_briefing_says_what_is_open() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    story.do(c.Hypothesise(state=HypothesisState.TESTING, text="pool exhausted"))
    story.do(c.Wait(reason="which customers?"))
    told = briefing(story.incident, story.now)
    for words in ("Roll back", "pool exhausted", "which customers?", "Next update", "trigger"):
        assert words in told


def test_what_a_log_told_must_be_measured_before_closing() -> None:
    onset = e.Onset(at=NOON, low=NOON, high=NOON, sentence="5xx since 12:00:00")
    story = Story().declared(onset=onset)
    story.do(c.Acknowledge())
    story.do(c.Diagnose(text="pool"))
    story.do(c.Resolve())
    story.do(c.EditPostmortem(text="x", base=0))
    assert len(missing(story.incident)) == 2
    assert next_step(story.incident, story.now).action == "verify"
    story.do(measured(Check.GONE))
    story.do(measured(Check.ADJACENT, passed=False))
    assert missing(story.incident) == ("adjacent not well",)
    story.do(measured(Check.ADJACENT))
    assert missing(story.incident) == ()
    story.later(minutes=1).do(c.RecordFix(level=FixLevel.HOTFIX, text="patch"))
    assert "measured before the last change" in missing(story.incident)[0]
    story.do(c.Close(override="the release window closes"))
    report = closing_section(story.incident)
    assert "**Closed against the checks**, because: the release window closes" in report
    assert "measured before the last change" in report
    story.do(c.Reopen(reason="back"))
    assert story.incident.checks == {}
    assert closing_section(story.incident) == ""


def test_without_any_log_the_word_of_a_person_is_enough() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.do(c.Diagnose(text="pool"))
    story.do(c.Resolve())
    story.do(c.EditPostmortem(text="x", base=0))
    assert missing(story.incident) == ()


def test_the_gaps_of_a_fix_are_shown() -> None:
    story = Story().declared()
    story.do(c.RecordFix(level=FixLevel.WORKAROUND, text="restart"))
    assert fix_gaps(story.incident) == ()
    story.do(c.RecordFix(level=FixLevel.HOTFIX, text="patch"))
    assert len(fix_gaps(story.incident)) == 6
    story.do(c.Answer(facts=Answered(question="fix.test", text="test_export")))
    assert len(fix_gaps(story.incident)) == 5
    assert fix_level(story.incident) is FixLevel.HOTFIX
    assert [f.kind for f in story.incident.open_follow_ups] == [FollowUpKind.ROOT_CAUSE]


def test_waiting_is_for_the_open_and_said_once() -> None:
    story = Story().declared()
    assert isinstance(story.do(c.Wait(reason=" ")), Refusal)
    story.do(c.Wait(reason="a log from them"))
    assert isinstance(story.do(c.Wait(reason="again")), Refusal)
    story.later(hours=1).do(c.Resume(reason="it came"))
    assert story.incident.waiting_since is None
    assert story.do(c.Resume()) == ()
    story.do(c.Acknowledge())
    story.do(c.Resolve())
    assert isinstance(story.do(c.Wait(reason="thanks")), Refusal)


def test_an_incident_is_not_linked_to_itself() -> None:
    story = Story().declared()
    assert isinstance(story.do(c.Link(facts=Linked(other="INC-1", how="same"))), Refusal)
    story.do(c.Link(facts=Linked(other="INC-2", how="same")))
    assert story.do(c.Link(facts=Linked(other="INC-2", how="same"))) == ()


SECRET = "zzzinternal"


def inside_only() -> Story:
    """An incident in which everything that people wrote is a secret."""
    onset = e.Onset(at=NOON, low=NOON, high=NOON, sentence=f"{SECRET} since 12:00")
    excerpt = e.Excerpt(source=SECRET, offset=0, sha256="0" * 64, text=SECRET)
    story = Story(NOON).declared(
        title=SECRET, service=SECRET, summary=SECRET, client=SECRET, reporter=SECRET,
        contact=SECRET, boundary=SECRET, onset=onset, evidence=(excerpt,),
        criteria=(Criterion.REVENUE,),
    )  # fmt: skip
    story.do(c.Acknowledge(), by=SECRET)
    story.do(c.AddNote(text=SECRET))
    story.run("r1", Outcome.SUCCEEDED, title=SECRET)
    story.do(c.Contain(how=SECRET))
    story.do(c.Hypothesise(state=HypothesisState.CONFIRMED, text=SECRET))
    story.do(c.Diagnose(text=SECRET, eta=NOON + timedelta(hours=1)))
    story.do(c.Diagnose(text=SECRET, eta=NOON + timedelta(hours=2), reason=SECRET))
    story.do(c.RecordFix(level=FixLevel.HOTFIX, text=SECRET, reference=SECRET))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text=SECRET, owner=SECRET))
    story.do(c.Wait(reason=SECRET))
    return story


@pytest.mark.parametrize("audience", [Audience.CLIENT, Audience.PUBLIC])
@pytest.mark.parametrize("kind", UpdateKind)
def test_nothing_internal_slips_into_a_text_for_outside(
    kind: UpdateKind, audience: Audience
) -> None:
    story = inside_only()
    for _ in range(2):
        told = draft_update(story.incident, kind, audience, story.now)
        assert SECRET not in told
        assert told.strip()
        story.do(c.Resolve(text=SECRET))
    inside = draft_update(story.incident, kind, Audience.INTERNAL, story.now)
    assert SECRET in inside


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UpdateKind), st.booleans(), st.booleans())
def test_what_is_marked_public_is_told(kind: UpdateKind, resolved: bool, contained: bool) -> None:
    story = Story(NOON).declared(public="Reports cannot be exported")
    story.do(c.Acknowledge())
    if contained:
        story.do(c.Contain(how=SECRET))
    story.do(c.Diagnose(text=SECRET, public="An update broke the export"))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="We test the export", public=True))
    if resolved:
        story.do(c.Resolve())
    told = draft_update(story.incident, kind, Audience.CLIENT, story.now)
    assert "Reports cannot be exported" in told
    assert SECRET not in told
    if kind is UpdateKind.PREVENTION:
        assert "We test the export" in told
    if kind in (UpdateKind.PROGRESS, UpdateKind.ETA, UpdateKind.INITIAL):
        assert "An update broke the export." in told
