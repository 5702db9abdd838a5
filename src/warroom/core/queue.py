"""The order of several incidents, and the sentence that says why.

Score of the open incidents, highest first (every term is a whole number, so that the order is
reproducible and can be explained):

* priority: P1 3000, P2 2000, P3 1000;
* nobody has taken charge 400, nobody commands a P1 300;
* damage is not contained 200;
* each of the six factors 40 per weight 0 to 3 (data loss and security 60);
* a clock that has passed 150, one in its last quarter 75.

Contained and resolved ones sink by themselves, a snoozed one lies below everything until it wakes.
A person may put one first or last with a reason; among those the score decides. Equal scores are
ordered by the clock that is due first, then by id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from warroom.core.clocks import Clock, Pace, next_clock, update_clock
from warroom.core.state import Incident
from warroom.core.words import Criterion, Factor, Phase, Place, Priority

_BASE = {Priority.P1: 3000, Priority.P2: 2000, Priority.P3: 1000}
_HEAVY = {Factor.DATA_LOSS, Factor.SECURITY}
_FACTOR_WORDS: dict[str, str] = {
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
    points: tuple[int, ...] = ()
    """What each of them adds to the score; the rest of it is that of the priority."""
    clock: Clock | None
    snoozed: bool
    placed: str = ""
    """Who put it where against the score, and why; empty: the score decides."""


def rank(incidents: Iterable[Incident], now: datetime) -> tuple[QueueRow, ...]:
    """Return the incidents that are not closed, most urgent first; a total, stable order."""
    rows = [row_of(incident, now) for incident in incidents if incident.phase is not Phase.CLOSED]
    return tuple(sorted(rows, key=order))


_PLACES = (Place.TOP, Place.COMPUTED, Place.BOTTOM)


Order: TypeAlias = tuple[bool, int, int, float, int, str]


def order(row: QueueRow) -> Order:
    """Return what rows are sorted by: no two incidents have the same."""
    incident = row.incident
    due = row.clock.due.timestamp() if row.clock else float("inf")
    place = _PLACES.index(incident.place)
    return (row.snoozed, place, -row.score, due, len(incident.id), incident.id)


def row_of(incident: Incident, now: datetime) -> QueueRow:
    """Return an open incident as a row, with what lifts it now."""
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
            words = _FACTOR_WORDS.get(name)
            points = (60 if name in _HEAVY else 40) * max(0, min(weight, 3))
            if points and words:  # a later release may know more factors: never an end of the queue
                terms.append((points, words))
    clock = next_clock(incident)
    if clock is not None:
        pace = clock.pace(now)
        if pace is Pace.LATE:
            terms.append((150, f"{clock.said} is late"))
        elif pace is Pace.WARN:
            terms.append((75, f"{clock.said} is due soon"))
    terms.sort(key=lambda term: -term[0])
    base = _BASE[incident.priority] if incident.resolved_at is None else 500
    return QueueRow(
        incident=incident,
        score=base + sum(points for points, _ in terms),
        reasons=tuple(word for _, word in terms),
        points=tuple(points for points, _ in terms),
        clock=clock,
        snoozed=incident.snoozed_until is not None and incident.snoozed_until > now,
        placed=_placed(incident),
    )


def _placed(incident: Incident) -> str:
    if incident.place is Place.COMPUTED:
        return ""
    where = "first" if incident.place is Place.TOP else "last"
    return f"put {where} by {incident.place_by}: {incident.place_reason}"


def why_here(rows: tuple[QueueRow, ...], index: int) -> str:
    """Return in one line why a row stands above the next one, as `above INC-6: no workaround`."""
    row = rows[index]
    if row.snoozed:
        return "asleep until its time, below everything awake"
    if index + 1 >= len(rows):
        return row.placed or ("the only one" if not index else "the least urgent")
    below = rows[index + 1]
    return f"above {below.incident.id}: {_because(row, below)}"


def _because(row: QueueRow, below: QueueRow) -> str:
    if below.snoozed:
        return "that one is asleep"
    if row.incident.place is not below.incident.place:
        return row.placed or below.placed
    mine, other = row.incident, below.incident
    ours = [reason for reason in row.reasons if reason not in below.reasons]
    if row.score == below.score:
        return "the same urgency, its clock is due first"
    if mine.resolved_at is None and other.resolved_at is not None:
        return "that one is resolved"
    if mine.priority < other.priority:
        return ", ".join([mine.priority.value, *ours[:2]])
    return ", ".join(ours[:3]) or "more of the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How the queue stands, in numbers."""

    open: int
    late: int
    """Incidents of which a clock or the promised update has passed."""
    due_soon: int
    unacknowledged: int
    snoozed: int
    waiting: int


def tally(incidents: Iterable[Incident], now: datetime) -> Tally:
    """Return how many incidents are late, nearly late, without anybody, asleep or waiting."""
    found = [incident for incident in incidents if incident.phase is not Phase.CLOSED]
    paces = [
        {clock.pace(now) for clock in (next_clock(i), update_clock(i)) if clock is not None}
        for i in found
    ]
    return Tally(
        open=len(found),
        late=sum(Pace.LATE in pace for pace in paces),
        due_soon=sum(Pace.WARN in pace and Pace.LATE not in pace for pace in paces),
        unacknowledged=sum(i.acknowledged_at is None for i in found),
        snoozed=sum(i.snoozed_until is not None and i.snoozed_until > now for i in found),
        waiting=sum(i.waiting_since is not None for i in found),
    )


def woken(incidents: Iterable[Incident], since: datetime, now: datetime) -> tuple[Incident, ...]:
    """Return the incidents whose snooze ended by itself after `since`, up to `now`."""
    return tuple(
        incident
        for incident in incidents
        if incident.phase is not Phase.CLOSED
        and incident.snoozed_until is not None
        and since < incident.snoozed_until <= now
    )


def why_first(rows: tuple[QueueRow, ...]) -> str:
    """Return in one sentence why the first row is first; empty for an empty queue."""
    if not rows:
        return ""
    first = rows[0]
    if len(rows) == 1:
        return f"{first.incident.id} is the only one"
    if first.placed and not first.snoozed:
        return f"{first.incident.id} first: {first.placed}"
    second = rows[1]
    ours = [reason for reason in first.reasons if reason not in second.reasons]
    if first.incident.priority != second.incident.priority and not second.snoozed:
        words = [first.incident.priority.value, *ours[:2]]
    else:
        words = ours[:3] or ["its clock is due first"]
    return f"{first.incident.id} first: " + ", ".join(words)
