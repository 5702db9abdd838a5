"""Containment: what could be run for an incident, exactly what it would do, and running it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from warroom.core.words import ContainmentKind, StepAction


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
