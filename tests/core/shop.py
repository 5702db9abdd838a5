"""The incident of the sample logs, told to the pure core as it was lived through."""

from datetime import UTC, datetime, timedelta

from tests.core.story import Story

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.codec import decode
from warroom.core.conduct import Answered
from warroom.core.words import (
    Audience,
    ChangeKind,
    Criterion,
    FixLevel,
    FollowUpKind,
    HypothesisState,
    Outcome,
    Priority,
    Role,
    UpdateKind,
    Verdict,
)

START = datetime(2026, 11, 21, 8, 2, 50, tzinfo=UTC)
ONSET = datetime(2026, 11, 21, 8, 3, 1, tzinfo=UTC)
ENDED = datetime(2026, 11, 21, 8, 3, 14, tzinfo=UTC)


def shop() -> Story:
    """From the declaration to a resolved incident with follow-ups; the postmortem is a draft."""
    story = Story(now=ONSET + timedelta(seconds=4))
    story.do(
        c.Declare(
            facts=e.Declared(
                title="checkout answers 5xx",
                service="shop",
                priority=Priority.P1,
                criteria=(Criterion.REVENUE,),
                summary="Orders fail since the last deploy.",
                client="acme",
                source="alertmanager",
                onset=e.Onset(
                    at=ONSET,
                    low=ONSET,
                    high=ONSET + timedelta(seconds=1),
                    sentence="5xx began at 08:03:01 UTC",
                    end=ENDED,
                ),
                boundary="POST /api/checkout of release 2026.11.20",
                public="Orders could not be placed for a short time.",
            )
        ),
        by="mia",
    )
    story.later(seconds=1).do(c.Acknowledge(), by="ana")
    story.do(
        c.RecordChange(
            facts=e.ChangeRecorded(
                kind=ChangeKind.DEPLOY,
                text="shop 2026.11.20 deployed by pipeline 8812",
                happened_at=datetime(2026, 11, 21, 8, 3, 0, 923000, tzinfo=UTC),
                release="2026.11.20",
            )
        ),
        by="changes",
    )
    story.do(c.TakeRole(role=Role.OPERATIONS, person="leo"), by="ana")
    story.later(seconds=1).do(
        c.Pin(
            excerpt=e.Excerpt(
                source="shop_access.log",
                offset=900,
                sha256="0" * 64,
                text='203.0.113.18 "POST /api/checkout HTTP/1.1" 502 <b>|x|</b>',
            ),
            note="first failure",
        ),
        by="leo",
    )
    intent = {
        "run": "r1",
        "runbook": "rollback-shop",
        "title": "Return the shop to the last release",
        "kind": "rollback",
        "step": 1,
        "step_title": "Switch the release",
        "action": "run",
        "command": 'shopctl release "$release"',
        "sha256": "0" * 64,
        "params": {"release": "2026.11.19"},
        "blast_radius": "all requests to the shop",
        "undo": "shopctl release 2026.11.20",
    }
    story.later(seconds=2).do(c.IntendStep(facts=decode(e.StepIntended, intent)), by="leo")
    story.later(seconds=1).do(
        c.FinishStep(
            facts=e.StepFinished(run="r1", outcome=Outcome.SUCCEEDED, milliseconds=840, output="ok")
        ),
        by="leo",
    )
    story.later(seconds=4).do(
        c.MeasureEffect(
            facts=e.EffectMeasured(
                run="r1",
                verdict=Verdict.SOLVED,
                before_failures=45,
                before_requests=290,
                after_failures=0,
                after_requests=240,
                seconds=10,
                sentence="5xx 15.5 % → 0 % in 10 s",
            )
        ),
        by="leo",
    )
    story.later(minutes=3).do(
        c.SendUpdate(
            kind=UpdateKind.INITIAL,
            audience=Audience.CLIENT,
            text="Orders work again. We are confirming the cause.",
        ),
        by="mia",
    )
    story.do(
        c.SendUpdate(
            kind=UpdateKind.PROGRESS,
            audience=Audience.INTERNAL,
            text="pool of app-2 exhausted, host 10.0.0.7",
        ),
        by="mia",
    )
    story.later(minutes=9).do(
        c.Hypothesise(
            state=HypothesisState.CONFIRMED,
            text="the new release opens a connection a request",
            evidence="pool waits only on 2026.11.20",
        ),
        by="leo",
    )
    story.do(
        c.Diagnose(
            text="release 2026.11.20 opens a connection for each request and empties the pool",
            public="A new version of our software used too many database connections.",
        ),
        by="ana",
    )
    story.later(minutes=20).do(
        c.RecordFix(level=FixLevel.HOTFIX, text="give the connection back", reference="fix/pool-3"),
        by="leo",
    )
    story.do(
        c.Answer(facts=Answered(question="trigger", text="more than 40 orders at once")), by="leo"
    )
    story.do(
        c.FollowUp(
            kind=FollowUpKind.MONITORING,
            text="Alert on 5xx above 2 % of checkout for two minutes",
            owner="leo",
            due=story.now + timedelta(days=7),
            public=True,
        )
    )
    story.later(minutes=5).do(c.Resolve(text="2026.11.21 runs everywhere"), by="ana")
    return story
