"""The parts of an incident that have a history of their own: steps, hypotheses, waits, answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from warroom.core import events as e
from warroom.core.words import HOLDS, ContainmentKind, Outcome, StepAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of one step."""

    intent: e.StepIntended
    intended_at: datetime
    by: str
    device: str
    """The machine it was confirmed on, where its process lived."""
    started: e.StepStarted | None = None
    reported: Mapping[str, str] = field(default_factory=dict)
    """What it said while it ran, the latest of each name."""
    finished: e.StepFinished | None = None
    finished_at: datetime | None = None
    settled: e.StepSettled | None = None
    effect: e.EffectMeasured | None = None
    undone_by: str = ""
    """The run that took it back."""
    keep_until: datetime | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it runs (or while nobody has looked after a crash)."""
        if self.settled is not None:
            return Outcome.SUCCEEDED if self.settled.done else Outcome.FAILED
        return None if self.finished is None else self.finished.outcome

    @property
    def state(self) -> Mapping[str, str]:
        """The state before it, as far as it was read: what its undo restores."""
        before = self.started.state if self.started is not None else {}
        after = self.finished.state if self.finished is not None else {}
        return {**before, **self.reported, **after}

    @property
    def in_force(self) -> bool:
        """Whether it changed production and has not been taken back."""
        return (
            self.intent.action is StepAction.RUN
            and self.intent.kind in HOLDS
            and bool(self.intent.undo)
            and self.outcome is Outcome.SUCCEEDED
            and not self.undone_by
        )

    @property
    def silences(self) -> bool:
        """Whether it keeps alerts quiet, and so has no effect to measure."""
        return self.intent.kind is ContainmentKind.SILENCE

    @property
    def expires_at(self) -> datetime | None:
        """Until when it was meant to stay."""
        return self.keep_until or self.intent.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A possible explanation with its history."""

    number: int
    text: str
    history: tuple[tuple[datetime, e.HypothesisChanged], ...]

    @property
    def latest(self) -> e.HypothesisChanged:
        """Where it stands."""
        return self.history[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A time in which the client was waited for."""

    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The latest answer to a question of the method."""

    at: datetime
    by: str
    text: str
    known: bool
