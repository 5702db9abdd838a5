"""The clocks that run on an incident, and the rail that shows them in one line.

P1 times are the maintenance contract's (response 1 h, diagnosis 2 h, hotfix 4 h, report 48 h), the
half hour between updates is common practice for executives; P2 and P3 times are our defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from warroom.core.state import Incident
from warroom.core.words import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long each thing may take, counted from the declaration."""

    respond: timedelta
    diagnose: timedelta
    fix: timedelta
    report: timedelta
    update: timedelta
    """Between two updates, until it is resolved."""


_HOUR = timedelta(hours=1)

DEFAULT_POLICIES: Mapping[Priority, Policy] = {
    Priority.P1: Policy(
        respond=1 * _HOUR,
        diagnose=2 * _HOUR,
        fix=4 * _HOUR,
        report=48 * _HOUR,
        update=_HOUR / 2,
    ),
    Priority.P2: Policy(
        respond=4 * _HOUR,
        diagnose=8 * _HOUR,
        fix=24 * _HOUR,
        report=120 * _HOUR,
        update=4 * _HOUR,
    ),
    Priority.P3: Policy(
        respond=24 * _HOUR,
        diagnose=72 * _HOUR,
        fix=240 * _HOUR,
        report=336 * _HOUR,
        update=72 * _HOUR,
    ),
}


class Pace(StrEnum):
    """How a clock stands; the first half is calm, the last quarter warns."""

    CALM = "calm"
    HALF = "half"
    WARN = "warn"
    LATE = "late"
    MET = "met"
    MET_LATE = "met_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One deadline."""

    name: str
    started: datetime
    due: datetime
    met_at: datetime | None = None

    def left(self, now: datetime) -> timedelta:
        """What is left; negative once it has passed."""
        return self.due - now

    def used(self, now: datetime) -> float:
        """The part of the time that is gone, from 0."""
        whole = (self.due - self.started).total_seconds()
        return max(0.0, (now - self.started).total_seconds() / whole) if whole > 0 else 1.0

    def pace(self, now: datetime) -> Pace:
        """How it stands now."""
        if self.met_at is not None:
            return Pace.MET if self.met_at <= self.due else Pace.MET_LATE
        used = self.used(now)
        if used >= 1:
            return Pace.LATE
        return Pace.WARN if used >= 0.75 else Pace.HALF if used >= 0.5 else Pace.CALM


def clocks(
    incident: Incident, policies: Mapping[Priority, Policy] = DEFAULT_POLICIES
) -> tuple[Clock, ...]:
    """Return the clocks of an incident in the order in which they are due."""
    policy = policies[incident.priority]
    start = incident.declared_at
    fixed = incident.fixes[0][0] if incident.fixes else incident.resolved_at
    diagnosed = incident.diagnoses[0][0] if incident.diagnoses else None

    def clock(name: str, allowed: timedelta, met: datetime | None) -> Clock:
        return Clock(name=name, started=start, due=start + allowed, met_at=met)

    return (
        clock("respond", policy.respond, incident.acknowledged_at),
        clock("diagnose", policy.diagnose, diagnosed or incident.resolved_at),
        clock("hotfix", policy.fix, fixed),
        clock("report", policy.report, incident.postmortem_final_at or incident.closed_at),
    )


def update_clock(
    incident: Incident, policies: Mapping[Priority, Policy] = DEFAULT_POLICIES
) -> Clock | None:
    """Return the clock of the next update; None once nobody waits for one."""
    if incident.resolved_at is not None or incident.closed_at is not None:
        return None
    last = incident.updates[-1] if incident.updates else None
    start = incident.declared_at if last is None else last[0]
    due = start + policies[incident.priority].update
    if last is not None and last[1].next_due is not None:
        due = last[1].next_due
    return Clock(name="update", started=start, due=due)


def next_clock(
    incident: Incident, policies: Mapping[Priority, Policy] = DEFAULT_POLICIES
) -> Clock | None:
    """Return the running clock that is due first, the one a queue row shows."""
    running = [clock for clock in clocks(incident, policies) if clock.met_at is None]
    return min(running, key=lambda clock: clock.due, default=None)


class StageState(StrEnum):
    """Where a stage of the rail stands."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One word of the rail."""

    name: str
    state: StageState
    took: timedelta | None = None
    """For what is done: how long after the previous mark that counts."""
    clock: Clock | None = None
    """For what is not: its deadline, if it has one."""


def rail(
    incident: Incident, policies: Mapping[Priority, Policy] = DEFAULT_POLICIES
) -> tuple[Stage, ...]:
    """Return the life of an incident as stages, of which at most one is now.

    Detected counts from the onset, acknowledged and contained from the declaration.
    """
    by_name = {clock.name: clock for clock in clocks(incident, policies)}
    began = incident.onset.at if incident.onset else incident.started_at
    seen = incident.detected_at or incident.declared_at
    diagnosed = incident.diagnoses[0][0] if incident.diagnoses else None
    reported = incident.postmortem_final_at or incident.closed_at
    marks: tuple[tuple[str, datetime | None, datetime, str], ...] = (
        ("ack", incident.acknowledged_at, incident.declared_at, "respond"),
        ("contained", incident.contained_at, incident.declared_at, ""),
        ("diagnose", diagnosed, incident.declared_at, "diagnose"),
        ("hotfix", incident.resolved_at, incident.declared_at, "hotfix"),
        ("report", reported, incident.declared_at, "report"),
    )
    took = max(seen - began, timedelta()) if began else None
    stages = [Stage(name="detected", state=StageState.DONE, took=took)]
    now_taken = False
    for name, at, since, clock in marks:
        if at is not None:
            stages.append(Stage(name=name, state=StageState.DONE, took=at - since))
            continue
        if name == "contained" and incident.resolved_at is not None:
            continue  # it ended without a containment: nothing is waited for
        state = StageState.AHEAD if now_taken else StageState.NOW
        now_taken = True
        shown = {"contained": "contain"}.get(name, name)
        stages.append(Stage(name=shown, state=state, clock=by_name.get(clock)))
    return tuple(stages)
