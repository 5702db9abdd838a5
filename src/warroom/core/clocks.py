"""The clocks that run on an incident, and the rail that shows them in one line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from warroom.core.calendars import Calendar, Span, after, worked
from warroom.core.notices import owed
from warroom.core.state import Incident
from warroom.core.terms import DEFAULT_POLICIES, Policy
from warroom.core.words import Priority

__all__ = [
    "DEFAULT_POLICIES",
    "Clock",
    "Pace",
    "Policy",
    "Stage",
    "StageState",
    "clocks",
    "next_clock",
    "outside_clocks",
    "rail",
    "update_clock",
    "update_due",
]

HALF = 0.5
WARN = 0.75
"""Parts of the counted time after which a clock says so."""


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
    """What programs know it by; `said` is what people read."""
    words: str = ""
    started: datetime
    due: datetime
    met_at: datetime | None = None
    allowed: timedelta | None = None
    """Counted time; None: everything between start and due counts."""
    calendar: Calendar | None = None
    """When time counts; None: always."""
    pauses: tuple[Span, ...] = ()
    """What did not count, in order."""
    paused_at: datetime | None = None
    """Since when it stands still, waiting for the client; `due` is as if it went on at once."""

    @property
    def said(self) -> str:
        """What it is called."""
        return self.words or self.name

    @property
    def paused(self) -> bool:
        """Whether it stands still now."""
        return self.paused_at is not None and self.met_at is None

    def left(self, now: datetime) -> timedelta:
        """What is left by the wall's clock; negative once it has passed."""
        return self.due - self._seen(now)

    def used(self, now: datetime) -> float:
        """The part of the counted time that is gone, from 0."""
        whole = self.due - self.started if self.allowed is None else self.allowed
        gone = worked(self.calendar, self.started, self._seen(now), self.pauses)
        return gone / whole if whole > timedelta() else 1.0

    def pace(self, now: datetime) -> Pace:
        """How it stands now."""
        if self.met_at is not None:
            return Pace.MET if self.met_at <= self.due else Pace.MET_LATE
        now = self._seen(now)
        if now >= self.due:
            return Pace.LATE
        return (
            Pace.WARN
            if self._gone(WARN, now)
            else Pace.HALF
            if self._gone(HALF, now)
            else Pace.CALM
        )

    def turns(self) -> tuple[datetime, ...]:
        """Return when it begins to warn and when it has passed; nothing once it is met or waits."""
        if self.met_at is not None or self.paused_at is not None:
            return ()
        whole = self.due - self.started if self.allowed is None else self.allowed
        return (after(self.calendar, self.started, whole * WARN, self.pauses), self.due)

    def _gone(self, part: float, now: datetime) -> bool:
        whole = self.due - self.started if self.allowed is None else self.allowed
        # An instant is compared, not a share: it is the same at every look and is remembered.
        return now >= after(self.calendar, self.started, whole * part, self.pauses)

    def _seen(self, now: datetime) -> datetime:
        return now if self.paused_at is None else min(now, self.paused_at)


def clocks(
    incident: Incident, policies: Mapping[Priority, Policy] | None = None
) -> tuple[Clock, ...]:
    """Return the clocks of an incident in the order in which they are due.

    They run by the terms written into the incident; `policies` replaces how long things may take.
    """
    policy = _policy(incident, policies)
    terms = incident.terms
    calendar = terms.calendar(incident.priority) if terms else None
    pausing = terms.pauses if terms else ()
    fixed = incident.fixes[0][0] if incident.fixes else incident.resolved_at
    diagnosed = incident.diagnoses[0][0] if incident.diagnoses else None

    def clock(name: str, allowed: timedelta, met: datetime | None) -> Clock:
        pauses, paused_at = _pauses(incident) if name in pausing else ((), None)
        if met is not None:
            paused_at = None
        start = incident.declared_at
        return Clock(
            name=name,
            started=start,
            due=after(calendar, start, allowed, pauses),
            met_at=met,
            allowed=allowed,
            calendar=calendar,
            pauses=pauses,
            paused_at=paused_at,
        )

    return (
        clock("respond", policy.respond, incident.acknowledged_at),
        clock("diagnose", policy.diagnose, diagnosed or incident.resolved_at),
        clock("hotfix", policy.fix, fixed),
        clock("report", policy.report, incident.postmortem_final_at or incident.closed_at),
    )


def _policy(incident: Incident, policies: Mapping[Priority, Policy] | None) -> Policy:
    if policies is not None:
        return policies[incident.priority]
    if incident.terms is not None:
        return incident.terms.policy(incident.priority)
    return DEFAULT_POLICIES[incident.priority]


def _pauses(incident: Incident) -> tuple[tuple[Span, ...], datetime | None]:
    """Return the finished waits, and since when it waits now."""
    done = tuple((w.since, w.until) for w in incident.waits if w.until is not None)
    return done, incident.waiting_since


def update_clock(
    incident: Incident, policies: Mapping[Priority, Policy] | None = None
) -> Clock | None:
    """Return the clock of the next update; None once nobody waits for one."""
    if incident.resolved_at is not None or incident.closed_at is not None:
        return None
    last = incident.updates[-1] if incident.updates else None
    start = incident.declared_at if last is None else last[0]
    if last is not None and last[1].next_due is not None:
        return Clock(name="update", started=start, due=last[1].next_due)
    allowed = _policy(incident, policies).update
    calendar = incident.terms.calendar(incident.priority) if incident.terms else None
    due = after(calendar, start, allowed)
    return Clock(name="update", started=start, due=due, allowed=allowed, calendar=calendar)


def update_due(incident: Incident, now: datetime) -> datetime:
    """Return when the next update is due at the latest, if one is sent now."""
    calendar = incident.terms.calendar(incident.priority) if incident.terms else None
    return after(calendar, now, _policy(incident, None).update)


def outside_clocks(incident: Incident) -> tuple[Clock, ...]:
    """Return until when somebody outside must be told, or is to be asked again.

    A notice goes on after the end of the incident; asking again ends with it, or with the next time
    that they are spoken to.
    """
    notices = tuple(
        Clock(
            name=one.notice.key,
            words=one.notice.name,
            started=one.since,
            due=one.due,
            met_at=one.sent_at,
            allowed=one.notice.allowed,
        )
        for one in owed(incident)
    )
    latest = {made.party.casefold(): (at, made) for at, _, made in incident.contacts}
    asked = tuple(
        Clock(name="ask again", started=at, due=made.again_at)
        for at, made in latest.values()
        if made.again_at is not None and incident.resolved_at is None
    )
    return (*notices, *asked)


def next_clock(
    incident: Incident, policies: Mapping[Priority, Policy] | None = None
) -> Clock | None:
    """Return the running clock that is due first, the one a queue row shows."""
    every = (*clocks(incident, policies), *outside_clocks(incident))
    running = [clock for clock in every if clock.met_at is None]
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
    incident: Incident, policies: Mapping[Priority, Policy] | None = None
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
