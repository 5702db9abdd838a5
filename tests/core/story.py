"""An incident in memory: commands in, state and records out, time under the test's hand."""

from datetime import datetime, timedelta

from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal, decide
from warroom.core.fold import evolve
from warroom.core.state import Incident
from warroom.core.words import Verdict


class Story:
    """Plays commands against the pure core."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.state: Incident | None = None
        self.records: list[e.Recorded] = []
        self.refusals: list[Refusal] = []

    def later(self, **span: float) -> "Story":
        self.now += timedelta(**span)
        return self

    def do(self, command: c.Command, by: str = "ana") -> tuple[e.Event, ...] | Refusal:
        decision = decide(self.state, command, by, self.now)
        if isinstance(decision, Refusal):
            self.refusals.append(decision)
            return decision
        for event in decision:
            record = e.Recorded(
                seq=len(self.records) + 1,
                incident="INC-1",
                version=len(self.records) + 1,
                at=self.now,
                actor=by,
                device="box",
                command_id=f"c{len(self.records)}",
                event=event,
            )
            self.records.append(record)
            self.state = evolve(self.state, record)
        return decision

    @property
    def incident(self) -> Incident:
        assert self.state is not None
        return self.state

    def declared(self, **facts: object) -> "Story":
        self.do(
            c.Declare(facts=e.Declared(**{"title": "checkout fails", "service": "shop", **facts}))
        )
        return self

    def run(self, name: str, outcome: "e.Outcome", **intent: object) -> "Story":
        facts = {
            "run": name,
            "runbook": "rollback",
            "title": "Roll back",
            "kind": "rollback",
            "step": 1,
            "step_title": "switch",
            "action": "run",
            "command": "true",
            "sha256": "0" * 64,
            "undo": "false",
            **intent,
        }
        from warroom.core.codec import decode

        self.do(c.IntendStep(facts=decode(e.StepIntended, facts)))
        self.do(c.FinishStep(facts=e.StepFinished(run=name, outcome=outcome)))
        return self


def effect(run: str = "r1", verdict: Verdict = Verdict.SOLVED, after: int = 0) -> c.MeasureEffect:
    """What was measured after a step when 50 of 100 requests failed before it."""
    return c.MeasureEffect(
        facts=e.EffectMeasured(
            run=run,
            verdict=verdict,
            before_failures=50,
            before_requests=100,
            after_failures=after,
            after_requests=100,
            seconds=30,
            sentence=f"5xx 50 % → {after} %",
        )
    )
