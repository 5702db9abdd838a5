"""Containment: what could be run for an incident, exactly what it would do, and running it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from warroom.core.decide import Refusal
from warroom.core.state import Incident, Run
from warroom.core.words import ContainmentKind, StepAction, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that could be done next, in the fixed order flag, rollback, route, kill."""

    key: str
    """The letter that opens it: f, r, t or k; empty for further ones of a kind."""
    kind: ContainmentKind
    runbook: str
    title: str
    step: int
    """The first step that can be run."""
    reason: str
    """Why it is offered (or why it is a bad candidate), one sentence."""
    seconds: int | None = None
    """How long it took last time."""
    undo: bool = False
    """Whether there is a way back."""
    blocked: str = ""
    """Why it cannot be run now; empty: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One step with everything a person must see before it may run; bound to what was shown."""

    run: str
    """Name of the one execution this plan may lead to: confirmed twice, it runs once."""
    incident: str
    version: int
    """Of the incident when it was planned."""
    service: str
    runbook: str
    title: str
    sha256: str
    kind: ContainmentKind
    step: int
    step_title: str
    steps: int
    action: StepAction
    command: str
    """The exact text."""
    language: str
    params: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 60
    blast_radius: str = ""
    undo: str = ""
    worked_if: str = ""
    """What will be looked at afterwards (the watch or verify of the step), in words."""
    because: str = ""
    undoes: str = ""
    typed: str = ""
    """What must be typed to confirm (no way back); empty: the deliberate key is enough."""
    key: str = "R"
    """The deliberate key: R run, U undo, V verify, K kill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An effect while it is being measured."""

    before: tuple[int, int]
    """Failures and requests from the onset to the action."""
    after: tuple[int, int]
    """Failures and requests counted since."""
    seconds: float
    """How long has been counted."""
    needed: float
    """How long must be counted before anything is said."""
    verdict: Verdict
    sentence: str


class Containment(Protocol):
    """What the console and the command line ask of containment; every method may block."""

    def options(self, incident: Incident) -> Sequence[Option]:
        """What could be run next, in the fixed order, each with its reason."""
        ...

    def plan(
        self,
        incident: Incident,
        runbook: str,
        step: int | None = None,
        *,
        action: StepAction = StepAction.RUN,
        given: Mapping[str, str] | None = None,
    ) -> Plan | Refusal:
        """Everything about one step; by default the first that can be run."""
        ...

    def undo_plan(self, incident: Incident, run: str | None = None) -> Plan | Refusal:
        """The undo of something in force, by default of the newest."""
        ...

    def execute(
        self,
        plan: Plan,
        *,
        confirmed: str,
        on_output: Callable[[str], None] | None = None,
        cancel: Event | None = None,
    ) -> Run | Refusal:
        """Run exactly what was planned; intent is kept before the start and outcome after the end.

        Refuses if the runbook, the incident or what is in force changed since the plan.
        """
        ...

    def measure(
        self,
        incident: str,
        run: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Event | None = None,
    ) -> Progress | None:
        """Watch the log until the effect of a run can be told, and record it; None: nothing to see.

        Blocks for as long as the step's watch asks.
        """
        ...

    def settle_lost(self) -> Sequence[str]:
        """Mark steps of this machine whose process is gone without an outcome as unknown."""
        ...
