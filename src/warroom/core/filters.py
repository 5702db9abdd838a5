"""Which incidents: `priority:P1,P2 is:late -service:mail export`, the language of saved views."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from warroom.core.clocks import Pace, next_clock, update_clock
from warroom.core.state import Incident
from warroom.core.words import Phase


class FilterError(ValueError):
    """A filter cannot be read; the message says which part and what is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a filter: any of the values under a key, or none of them."""

    key: str
    """Empty: a word of the title, summary, service or client."""
    values: tuple[str, ...]
    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """All terms together."""

    terms: tuple[Term, ...] = ()

    def matches(self, incident: Incident, now: datetime, me: str = "") -> bool:
        """Whether an incident fits; `me` is whom `is:mine` and `commander:me` mean."""
        return all(_fits(term, incident, now, me) == term.wanted for term in self.terms)


_FIELDS: Mapping[str, Callable[[Incident], str]] = {
    "id": lambda i: i.id,
    "priority": lambda i: i.priority.value,
    "service": lambda i: i.service,
    "client": lambda i: i.client,
    "category": lambda i: i.category.value,
    "phase": lambda i: i.phase.value,
    "commander": lambda i: i.commander,
    "source": lambda i: i.source,
}
_IS: Mapping[str, Callable[[Incident, datetime, str], bool]] = {
    "open": lambda i, _now, _me: i.phase is not Phase.CLOSED,
    "closed": lambda i, _now, _me: i.phase is Phase.CLOSED,
    "merged": lambda i, _now, _me: bool(i.merged_into),
    "unacknowledged": lambda i, _now, _me: i.acknowledged_at is None,
    "contained": lambda i, _now, _me: i.contained_at is not None,
    "resolved": lambda i, _now, _me: i.resolved_at is not None,
    "waiting": lambda i, _now, _me: i.waiting_since is not None,
    "snoozed": lambda i, now, _me: i.snoozed_until is not None and i.snoozed_until > now,
    "mine": lambda i, _now, me: bool(me) and me in i.roles.values(),
    "late": lambda i, now, _me: Pace.LATE in _paces(i, now),
    "due": lambda i, now, _me: bool({Pace.LATE, Pace.WARN} & _paces(i, now)),
}


def parse(text: str) -> Filter:
    """Return the filter that a text means; an empty one lets everything through.

    Raises:
        FilterError: A key or a value is none, or a quote is not closed.
    """
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise FilterError(f"{text!r}: {error}") from None
    return Filter(terms=tuple(_term(part) for part in parts))


def _term(part: str) -> Term:
    wanted = not part.startswith("-")
    key, sign, values = part.removeprefix("-").partition(":")
    if not sign:
        return Term(key="", values=(key.casefold(),), wanted=wanted)
    chosen = tuple(value.casefold() for value in values.split(",") if value)
    if key != "is" and key not in _FIELDS:
        raise FilterError(f"{key!r} is nothing to filter by; use {', '.join([*_FIELDS, 'is'])}")
    if not chosen:
        known = f"one of {', '.join(_IS)}" if key == "is" else "a value, or several with commas"
        raise FilterError(f"{key}: lacks {known}")
    wrong = [value for value in chosen if key == "is" and value not in _IS]
    if wrong:
        raise FilterError(f"is:{wrong[0]} is unknown; use {', '.join(_IS)}")
    return Term(key=key, values=chosen, wanted=wanted)


def _fits(term: Term, incident: Incident, now: datetime, me: str) -> bool:
    if term.key == "is":
        return any(_IS[value](incident, now, me) for value in term.values)
    if term.key:
        found = _FIELDS[term.key](incident).casefold()
        mine = me.casefold() if term.key == "commander" else ""
        return any(found == (mine if value == "me" and mine else value) for value in term.values)
    word = term.values[0]
    texts = (incident.id, incident.title, incident.summary, incident.service, incident.client)
    # A priority by its own name is what somebody types first; a part of it means nothing.
    return word == incident.priority.value.casefold() or any(word in x.casefold() for x in texts)


def _paces(incident: Incident, now: datetime) -> set[Pace]:
    running = (next_clock(incident), update_clock(incident))
    return {clock.pace(now) for clock in running if clock is not None}
