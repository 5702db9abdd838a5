"""The order of several incidents, and the sentence that says why.

Score of the open incidents, highest first (every term is a whole number, so that the order is
reproducible and can be explained):

* priority: P1 3000, P2 2000, P3 1000;
* nobody has taken charge 400, nobody commands a P1 300;
* damage is not contained 200;
* each of the six factors 40 per weight 0 to 3 (data loss and security 60);
* a clock that has passed 150, one in its last quarter 75.

Contained and resolved ones sink by themselves, a snoozed one lies below everything until it wakes.
Equal scores are ordered by the clock that is due first, then by id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from warroom.core.clocks import Clock, Pace, next_clock
from warroom.core.state import Incident
from warroom.core.words import Criterion, Factor, Phase, Priority

_BASE = {Priority.P1: 3000, Priority.P2: 2000, Priority.P3: 1000}
_HEAVY = {Factor.DATA_LOSS, Factor.SECURITY}
_FACTOR_WORDS = {
    Factor.BUSINESS: "business",
    Factor.USERS: "many users",
    Factor.DATA_LOSS: "data loss possible",
    Factor.SECURITY: "security",
    Factor.NO_WORKAROUND: "no workaround",
    Factor.COMPLEXITY: "hard to recover",
}
_CRITERION_WORDS = {
    Criterion.REVENUE: "revenue",
    Criterion.DATA_EXPOSURE: "data exposed",
    Criterion.CORE_FUNCTION: "core function broken",
    Criterion.SLA_BREACH: "contract breached",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One incident in the queue."""

    incident: Incident
    score: int
    reasons: tuple[str, ...]
    """What lifts it, strongest first."""
    clock: Clock | None
    snoozed: bool


def rank(incidents: Iterable[Incident], now: datetime) -> tuple[QueueRow, ...]:
    """Return the incidents that are not closed, most urgent first; a total, stable order."""
    rows = [_row(incident, now) for incident in incidents if incident.phase is not Phase.CLOSED]
    return tuple(sorted(rows, key=_order))


def _order(row: QueueRow) -> tuple[bool, int, float, int, str]:
    due = row.clock.due.timestamp() if row.clock else float("inf")
    return (row.snoozed, -row.score, due, len(row.incident.id), row.incident.id)


def _row(incident: Incident, now: datetime) -> QueueRow:
    terms: list[tuple[int, str]] = []
    if incident.resolved_at is None:
        if incident.acknowledged_at is None:
            terms.append((400, "nobody has taken charge"))
        elif not incident.commander and incident.priority is Priority.P1:
            terms.append((300, "nobody commands"))
        if incident.contained_at is None:
            terms.append((200, "not contained"))
        terms.extend((90, _CRITERION_WORDS[criterion]) for criterion in incident.criteria)
        for name, weight in incident.factors.items():
            factor = Factor(name)
            points = (60 if factor in _HEAVY else 40) * max(0, min(weight, 3))
            if points:
                terms.append((points, _FACTOR_WORDS[factor]))
    clock = next_clock(incident)
    if clock is not None:
        pace = clock.pace(now)
        if pace is Pace.LATE:
            terms.append((150, f"{clock.name} is late"))
        elif pace is Pace.WARN:
            terms.append((75, f"{clock.name} is due soon"))
    terms.sort(key=lambda term: -term[0])
    base = _BASE[incident.priority] if incident.resolved_at is None else 500
    return QueueRow(
        incident=incident,
        score=base + sum(points for points, _ in terms),
        reasons=tuple(word for _, word in terms),
        clock=clock,
        snoozed=incident.snoozed_until is not None and incident.snoozed_until > now,
    )


def why_first(rows: tuple[QueueRow, ...]) -> str:
    """Return in one sentence why the first row is first; empty for an empty queue."""
    if not rows:
        return ""
    first = rows[0]
    if len(rows) == 1:
        return f"{first.incident.id} is the only one"
    second = rows[1]
    ours = [reason for reason in first.reasons if reason not in second.reasons]
    if first.incident.priority != second.incident.priority and not second.snoozed:
        words = [first.incident.priority.value, *ours[:2]]
    else:
        words = ours[:3] or ["its clock is due first"]
    return f"{first.incident.id} first: " + ", ".join(words)
