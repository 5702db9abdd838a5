"""What many incidents say together: times, promises kept, recurrence, what containment achieved."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from warroom.core.attainment import attainment
from warroom.core.draft_times import began
from warroom.core.similar import similar
from warroom.core.state import Incident
from warroom.core.words import CONTAINS, FollowUpState, StepAction, Verdict

TIMES = ("detect", "acknowledge", "contain", "diagnose", "resolve")
"""The five times in the order of an incident's life."""

AGAIN = timedelta(days=90)
"""How far back a similar incident counts as the same trouble again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """A time over several incidents, in seconds."""

    count: int
    median: float
    p90: float
    """By nearest rank: a time that really occurred."""
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one kind of containment achieved."""

    runs: int
    measured: int
    """Runs whose effect a log told."""
    worked: int
    """Of these, solved or helped."""
    seconds: float | None
    """Median from the confirmation to the measured effect of those that worked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Everything that is counted over a set of incidents."""

    incidents: int
    open: int
    priorities: Mapping[str, int]
    times: Mapping[str, Stat]
    """By name of the time; one that no incident has is absent."""
    trend: Mapping[str, Mapping[str, Stat]]
    """By month of the declaration, as `2026-11`."""
    promises: Mapping[str, tuple[int, int]]
    """Kept and decided, by clock."""
    recurred: tuple[tuple[str, str], ...]
    """Incident, and the earlier one that was like it or itself when it was reopened."""
    containments: Mapping[str, Tried]
    """By kind."""
    follow_ups: Mapping[str, int]
    """By state; `overdue` counts those of the open ones that are late."""
    services: tuple[tuple[str, int], ...]
    categories: tuple[tuple[str, int], ...]

    @property
    def completion(self) -> float | None:
        """Done follow-ups among those not dropped; None without any."""
        wanted = self.follow_ups["done"] + self.follow_ups["open"]
        return self.follow_ups["done"] / wanted if wanted else None

    @property
    def recurrence(self) -> float | None:
        """Share of incidents that came again; None without any."""
        return len(self.recurred) / self.incidents if self.incidents else None


def times_of(incident: Incident) -> dict[str, float]:
    """Return the five times of one incident in seconds, those that are known.

    Detection counts from the onset, the others from the declaration. A clock set wrong somewhere
    may put the detection before the onset: that counts as at once.
    """
    since = began(incident)
    seen = incident.detected_at or incident.declared_at
    diagnosed = incident.diagnoses[0][0] if incident.diagnoses else None
    start = incident.declared_at
    marks: Mapping[str, tuple[datetime | None, datetime | None]] = {
        "detect": (since, seen),
        "acknowledge": (start, incident.acknowledged_at),
        "contain": (start, incident.contained_at),
        "diagnose": (start, diagnosed),
        "resolve": (start, incident.resolved_at),
    }
    return {
        name: max((at - first).total_seconds(), 0.0)
        for name, (first, at) in marks.items()
        if first is not None and at is not None
    }


def metrics(incidents: Iterable[Incident], now: datetime) -> Metrics:
    """Count a set of incidents; those merged into another one are left out."""
    counted = [incident for incident in incidents if not incident.merged_into]
    months: dict[str, list[Incident]] = {}
    for incident in counted:
        months.setdefault(f"{incident.declared_at:%Y-%m}", []).append(incident)
    promises: dict[str, tuple[int, int]] = {}
    for row in attainment(counted, now):
        kept, decided = promises.get(row.clock, (0, 0))
        promises[row.clock] = (kept + row.kept, decided + row.decided)
    return Metrics(
        incidents=len(counted),
        open=sum(incident.closed_at is None for incident in counted),
        priorities=dict(sorted(Counter(i.priority.value for i in counted).items())),
        times=_stats(counted),
        trend={month: _stats(months[month]) for month in sorted(months)},
        promises=promises,
        recurred=_recurred(counted),
        containments=_containments(counted),
        follow_ups=_follow_ups(counted, now),
        services=_top(incident.service for incident in counted if incident.service),
        categories=_top(incident.category.value for incident in counted),
    )


def _stats(incidents: Sequence[Incident]) -> dict[str, Stat]:
    values: dict[str, list[float]] = {}
    for incident in incidents:
        for name, seconds in times_of(incident).items():
            values.setdefault(name, []).append(seconds)
    return {name: _stat(values[name]) for name in TIMES if name in values}


def _stat(values: Sequence[float]) -> Stat:
    ordered = sorted(values)
    rank = max(math.ceil(0.9 * len(ordered)), 1)
    return Stat(
        count=len(ordered), median=median(ordered), p90=ordered[rank - 1], total=math.fsum(ordered)
    )


def _recurred(incidents: Sequence[Incident]) -> tuple[tuple[str, str], ...]:
    found = []
    for incident in incidents:
        if incident.reopened:
            found.append((incident.id, incident.id))
            continue
        near = [
            other
            for other in incidents
            if timedelta() < incident.declared_at - other.declared_at <= AGAIN
        ]
        alike = similar(incident, near)
        if alike:
            found.append((incident.id, alike[0].incident.id))
    return tuple(found)


def _containments(incidents: Iterable[Incident]) -> dict[str, Tried]:
    found: dict[str, Tried] = {}
    runs = [
        run
        for incident in incidents
        for run in incident.runs
        if run.intent.action is StepAction.RUN and run.intent.kind in CONTAINS
    ]
    for kind in CONTAINS:
        own = [run for run in runs if run.intent.kind is kind]
        effects = [run.effect for run in own if run.effect is not None]
        told = [effect for effect in effects if effect.verdict is not Verdict.TOO_EARLY]
        good = (Verdict.SOLVED, Verdict.HELPED)
        took = [
            (run.finished_at - run.intended_at).total_seconds() + run.effect.seconds
            for run in own
            if run.effect is not None and run.effect.verdict in good and run.finished_at is not None
        ]
        if own:
            found[kind.value] = Tried(
                runs=len(own),
                measured=len(told),
                worked=sum(effect.verdict in good for effect in told),
                seconds=median(took) if took else None,
            )
    return found


def _follow_ups(incidents: Iterable[Incident], now: datetime) -> dict[str, int]:
    items = [item for incident in incidents for item in incident.follow_ups]
    states = Counter(item.state for item in items)
    late = [
        item
        for item in items
        if item.state is FollowUpState.OPEN and item.due is not None and item.due <= now
    ]
    return {**{state.value: states[state] for state in FollowUpState}, "overdue": len(late)}


def _top(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
