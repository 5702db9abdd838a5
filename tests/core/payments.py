"""An incident in which everything happens that a report can tell of, and what its log counted."""

from datetime import timedelta

from tests.core.story import Story, effect
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.impact import Impact, Series
from warroom.core.words import (
    Audience,
    Category,
    ChangeKind,
    Criterion,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Priority,
    Role,
    UpdateKind,
    Verdict,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
SERIES = Series(start=NOON - MINUTE, width=60, total=(100, 100, 50, 0), failed=(0, 100, 25, 0))
IMPACT = Impact(
    since=NOON,
    until=NOON + 10 * MINUTE,
    failures=1250,
    requests=5000,
    clients=1,
    failing_minutes=1,
    first_failure=NOON + SECOND,
    last_failure=NOON + 9 * MINUTE,
    routes=(("POST /pay`x`", 1200, 2000), ("GET /", 50, 3000)),
    series=SERIES,
)
ONSET = e.Onset(at=NOON, low=NOON, high=NOON, sentence="5xx since 12:00:00", end=NOON + 10 * MINUTE)


def answered(question: str, text: str) -> c.Answer:
    return c.Answer(facts=k.Answered(question=question, text=text))


def payments() -> Story:
    story = Story(NOON + MINUTE).declared(
        title="pay fails",
        priority=Priority.P1,
        criteria=(Criterion.REVENUE, Criterion.SLA_BREACH),
        category=Category.THIRD_PARTY,
        summary="Nobody can pay.",
        client="acme",
        source="alertmanager",
        onset=ONSET,
        boundary="POST /pay",
    )
    story.later(minutes=2).do(c.Acknowledge())
    for text, at in (("release 7", NOON - 5 * MINUTE), ("traffic doubled", NOON + MINUTE)):
        change = e.ChangeRecorded(kind=ChangeKind.DEPLOY, text=text, happened_at=at)
        story.do(c.RecordChange(facts=change))
    story.do(c.TakeRole(role=Role.OPERATIONS, person="leo"))
    story.run("r0", Outcome.FAILED, title="Flag off", kind="flag", runbook="flag", step=2)
    story.run("r1", Outcome.SUCCEEDED)
    story.run("v1", Outcome.SUCCEEDED, action="verify", step=3)
    story.later(seconds=30).do(effect("r0", Verdict.NO_EFFECT, 50))
    story.later(seconds=30).do(effect("r1", Verdict.SOLVED, 0))
    story.do(c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.CLIENT, text="we look"))
    found = c.Hypothesise(
        state=HypothesisState.CONFIRMED, text="the pool is empty", evidence="waits"
    )
    story.do(found)
    story.do(c.Hypothesise(state=HypothesisState.RULED_OUT, text="the network"))
    story.later(minutes=5).do(c.Diagnose(text="the lock"))
    story.later(minutes=5).do(c.Diagnose(text="the pool.", reason="measured"))
    story.do(answered("trigger", "load"))
    story.do(c.RecordFix(level=FixLevel.HOTFIX, text="give it back", reference="fix/1"))
    story.do(answered("fix.test", "test_pool"))
    story.do(answered("learn.test", "a load test"))
    story.do(
        c.FollowUp(
            kind=FollowUpKind.TEST,
            text="test the pool",
            owner="leo",
            due=NOON + timedelta(days=7),
            link="https://t/1",
            state=FollowUpState.DONE,
        )
    )
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="nobody's"))
    gone = c.FollowUp(kind=FollowUpKind.TEST, text="dropped", state=FollowUpState.DROPPED)
    story.do(gone)
    for name in ("a.yml", "b.py"):
        story.do(c.Attach(facts=k.Attached(follow_up=2, name=name, text="x")))
    story.later(minutes=5).do(c.KeepContainment(run="r1", until=NOON + timedelta(days=2)))
    story.later(hours=24).do(c.Resolve(text="7.1 is out"))
    return story
