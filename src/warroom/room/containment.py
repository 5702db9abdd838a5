"""Containment: what could be run for an incident, exactly what it would do, and running it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Event
from typing import Protocol

from warroom.core.decide import Refusal
from warroom.core.state import Incident, Run
from warroom.core.words import ContainmentKind, StepAction, Verdict

SILENCE = "silence-alertmanager"
"""The runbook that keeps the alerts of a failure quiet; a file of that name replaces it."""


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
    last: str = ""
    """What it did the last time; empty: it was never measured."""


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
    """The deliberate key: R run, U undo, V verify, K kill, D look first."""
    check: bool = False
    """Whether the step has a check that can be run by itself, changing nothing."""
    asks: bool = False
    """Whether its runbook has parameters that a person may change."""
    hits: Sequence[str] = ()
    """Services that depend on the one touched, nearest first, by the service map."""
    services: int = 0
    """How many services the map knows."""
    minutes: int = 0
    """After how many minutes in force it asks whether it may stay; 0: it never takes force."""
    lasts: bool = False
    """Whether it ends by itself after these minutes, as a silence does."""
    second_to: str = ""
    """Who may not be the second person that this step needs; empty: one person is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One parameter of a runbook as a question, with the answer that is offered."""

    name: str
    ask: str
    value: str
    """What the person said before, else the default with its facts filled in; may be empty."""
    choices: Sequence[str] = ()
    hint: str = ""
    """What it takes, in a few words."""
    optional: bool = False


class TaskState(StrEnum):
    """Where a task of a checklist stands."""

    OPEN = "open"
    DONE = "done"
    RUNNING = "running"
    UNKNOWN = "unknown"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One item of a runbook's list, and where it stands in an incident."""

    number: int
    text: str
    runs: bool
    """Whether a machine does it; else a person ticks it."""
    reads: bool
    """Whether it changes nothing."""
    state: TaskState
    by: str = ""
    at: datetime | None = None
    question: str = ""
    """What the author wants answered before it counts as done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A runbook as a list to go through; resumable, since all of it comes from the journal."""

    runbook: str
    title: str
    tasks: Sequence[Task]

    @property
    def next(self) -> Task | None:
        """The first that is not done; None: all are."""
        left = (task for task in self.tasks if task.state is not TaskState.DONE)
        return next(left, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A runbook that this machine has not accepted: it is shown once, and then trusted."""

    runbook: str
    title: str
    path: str
    sha256: str
    changed: bool
    text: str
    """The difference to the accepted text, or all of it; foreign."""


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
    before_since: datetime | None = None
    """From when on the failures before were counted; they end with the confirmation."""
    after_since: datetime | None = None
    after_until: datetime | None = None
    """Between which instants the requests afterwards were counted."""
    source: str = ""
    """Who counted: empty for the logs, else the name of a monitoring system."""
    looks: int = 0
    """Where only a share was known: how often it was asked for since."""


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
        second: str = "",
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

    def unmeasured(self) -> Sequence[tuple[str, str]]:
        """The steps, by incident and run, whose effect nobody watches: their console is gone."""
        ...

    def asks(
        self, incident: Incident, runbook: str, given: Mapping[str, str] | None = None
    ) -> Sequence[Ask] | Refusal:
        """What a runbook wants to know, each with the answer to offer."""
        ...

    def checklist(self, incident: Incident, runbook: str) -> Checklist | Refusal:
        """The tasks of a runbook and where each stands in this incident."""
        ...

    def tick(self, incident: Incident, runbook: str, number: int) -> Refusal | None:
        """Record that a person did a task that no machine does."""
        ...

    def doubt(self, runbook: str) -> Doubt | None:
        """What is not trusted about a runbook; None: it is trusted, or there is none."""
        ...

    def trust(self, runbook: str, sha256: str) -> Refusal | None:
        """Accept exactly the text that was shown."""
        ...
