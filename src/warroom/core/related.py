"""Incidents that may be the same, or have been like this before: suggested with their reasons."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.core.events import Declared, Recorded
from warroom.core.fold import evolve
from warroom.core.state import Incident

DUPLICATE = 6
RELATED = 4
"""Points from which something is suggested; see `_points`."""

_WORD = re.compile(r"[^\W_]{2,}")
_IDLE = frozenset(
    ["the", "and", "for", "with", "not", "does", "are", "of", "in", "on", "is", "to", "at", "no"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Another incident with what speaks for it."""

    incident: Incident
    points: int
    duplicate: bool
    """Open, and close enough to be the same trouble; otherwise only like it."""
    reasons: tuple[str, ...]


def sketch(facts: Declared, now: datetime) -> Incident:
    """Return the incident that facts would make if they were declared now: to compare it."""
    record = Recorded(
        seq=0,
        incident="",
        version=0,
        at=now,
        actor="",
        device="",
        command_id="",
        event=facts,
    )
    return evolve(None, record)


def related(incident: Incident, others: Iterable[Incident]) -> tuple[Suggestion, ...]:
    """Return the incidents most like one, likely duplicates first; merged ones are left out."""
    found = []
    for other in others:
        if other.id == incident.id or other.merged_into or other.id in incident.absorbed:
            continue
        terms = _points(incident, other)
        points = sum(value for value, _ in terms)
        if points >= RELATED:
            found.append(
                Suggestion(
                    incident=other,
                    points=points,
                    duplicate=points >= DUPLICATE and other.closed_at is None,
                    reasons=tuple(words for _, words in sorted(terms, key=lambda t: -t[0])),
                )
            )
    # Newest first among equals: it is the one that people remember.
    return tuple(
        sorted(
            found,
            key=lambda s: (not s.duplicate, -s.points, -s.incident.declared_at.timestamp()),
        )
    )


def _points(one: Incident, other: Incident) -> list[tuple[int, str]]:
    """Whole points: the service 2, the words of the title up to 3, the time up to 3 …, summed."""
    terms: list[tuple[int, str]] = []
    if one.service and one.service == other.service:
        terms.append((2, f"same service {one.service}"))
    if one.client and one.client == other.client:
        terms.append((1, f"same client {one.client}"))
    shared = _words(one.title) & _words(other.title)
    whole = _words(one.title) | _words(other.title)
    if shared and 4 * len(shared) >= len(whole):
        points = 3 if 2 * len(shared) >= len(whole) else 2
        terms.append((points, "same words: " + ", ".join(sorted(shared)[:4])))
    if one.boundary and one.boundary == other.boundary:
        terms.append((3, "the same requests fail"))
    apart = abs(_began(one) - _began(other))
    if apart <= timedelta(minutes=10):
        terms.append((3, "began within ten minutes"))
    elif apart <= timedelta(hours=1):
        terms.append((1, "began within an hour"))
    return terms


def _began(incident: Incident) -> datetime:
    if incident.onset is not None:
        return incident.onset.at
    return incident.started_at or incident.declared_at


def _words(text: str) -> set[str]:
    """Return what a title says; numbers in it are shares, counts and times, alike by chance."""
    said = _WORD.findall(text.casefold())
    return {word for word in said if word not in _IDLE and not word.isdigit()}
