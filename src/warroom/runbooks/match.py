"""Which runbooks to offer for an incident, in the order in which containment is tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from warroom.core.words import CONTAINS, ContainmentKind
from warroom.runbooks.model import Runbook, Step
from warroom.runbooks.symptoms import Seen, matches

ORDER: Sequence[ContainmentKind] = (
    *CONTAINS,
    *(kind for kind in ContainmentKind if kind not in CONTAINS),
)
"""Flag, rollback, route, kill, then the rest: never by score, so that the hand learns the order."""

RECENT_CHANGE = 3600.0
"""Seconds before the onset within which a change is worth a mention."""

_LINES = 200
_MANY = 20
_AGAINST = 0.2
"""Failing lines from which a symptom that fewer than this share show speaks against a runbook."""
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Boundary:
    """One value that separates failures from the rest."""

    field: str
    """Name of the field: route, release, upstream, host …"""
    value: str
    share: float
    """Of all failures, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Use:
    """One earlier use of a runbook."""

    incident: str
    worked: bool
    seconds: float | None
    """From the start to containment, None where it was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about an incident when a runbook is looked for."""

    service: str
    symptoms: Sequence[str] = ()
    """Lines from the log of the failure."""
    newest: Sequence[str] = ()
    """The newest lines of all: what a runbook for security is about need not fail."""
    labels: Mapping[str, str] = field(default_factory=dict)
    change: str = ""
    """The change nearest before the onset, in words; empty for none known."""
    change_seconds: float | None = None
    """How long before the onset it was."""
    boundary: Sequence[Boundary] = ()
    """Best first."""
    uses: Mapping[str, Sequence[Use]] = field(default_factory=dict)
    """By title of the runbook, latest first."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A runbook to offer and why."""

    runbook: Runbook
    first_step: Step | None
    """The step to open; None where nothing in it runs."""
    reason: str
    """Foreign text in it (log lines, changes): to be cleaned before it is shown."""
    score: float
    """Compares runbooks of one kind only."""


# What the failures have in common speaks for the containment that acts on just that.
_FITS: Mapping[str, frozenset[ContainmentKind]] = {
    "release": frozenset({ContainmentKind.ROLLBACK, ContainmentKind.FLAG}),
    "upstream": frozenset({ContainmentKind.ROUTE}),
    "host": frozenset({ContainmentKind.ROUTE}),
    "backend": frozenset({ContainmentKind.ROUTE}),
    "server": frozenset({ContainmentKind.ROUTE}),
    "route": frozenset({ContainmentKind.KILL, ContainmentKind.FLAG}),
    "path": frozenset({ContainmentKind.KILL, ContainmentKind.FLAG}),
    "client": frozenset({ContainmentKind.KILL}),
}


def suggest(runbooks: Sequence[Runbook], facts: Facts) -> list[Suggestion]:
    """What applies to this incident, fastest kind first, best reason first within a kind.

    A runbook that names the service applies unless a label of it contradicts the incident. One for
    every service (`*`) applies only where the incident has all its labels, and where a line shows
    one of its symptoms if it has any.
    """
    found = [suggestion for book in runbooks if (suggestion := _judge(book, facts)) is not None]
    return sorted(found, key=lambda s: (ORDER.index(s.runbook.kind), -s.score, s.runbook.title))


def _judge(runbook: Runbook, facts: Facts) -> Suggestion | None:
    named = facts.service in runbook.services
    if not named and "*" not in runbook.services:
        return None
    for label, value in runbook.labels.items():
        if facts.labels.get(label, value if named else None) != value:
            return None
    reasons: list[str] = []
    score = 1.0 if named else 0.0
    secure = runbook.kind is ContainmentKind.SECURE
    lines = (facts.newest if secure else facts.symptoms)[:_LINES]
    seen = matches(runbook.symptoms, lines)
    if seen is not None and seen.telling:
        score += 2 * seen.share
        of = "the newest lines" if secure else "failing lines"
        if len(lines) >= _MANY:
            share = f"{_percent(seen.share)} of {of} are like"
        else:  # a share of a few would sound like more than it is
            few = round(seen.share * len(lines))
            share = f"{few} of {len(lines)} {of} are like" if len(lines) > 1 else "the log shows"
        reasons.append(f"{share} “{_short(seen.line.strip())}”")
    elif runbook.symptoms and not named:
        return None
    if _contradicted(runbook, seen, lines):
        shown = seen.share if seen is not None else 0.0
        reasons = [f"its symptom is in {_percent(shown)} of the failing lines: not the cause"]
        score -= 2
    else:
        more, points = _evidence(runbook.kind, facts)
        reasons = more + reasons
        score += points
    uses = facts.uses.get(runbook.title, ())
    if uses:
        score += sum(use.worked for use in uses) / len(uses)
        reasons.append(_history(uses))
    if not reasons:
        reasons = [f"made for {facts.service}" if named else "applies to every service"]
    return Suggestion(runbook, runbook.first_runnable, "; ".join(reasons), score)


def _percent(part: float) -> str:
    """Return a share as it is spelt everywhere: `97 %`."""
    return f"{100 * part:.0f} %"


def _short(words: str) -> str:
    """Return a line as far as a reason quotes it; where it is cut it says so."""
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"


def _contradicted(runbook: Runbook, seen: Seen | None, lines: Sequence[str]) -> bool:
    """Whether enough failing lines are known, and hardly any shows the symptom."""
    if not runbook.symptoms or runbook.kind is ContainmentKind.SECURE or len(lines) < _MANY:
        return False
    return seen is None or seen.share < _AGAINST


def _evidence(kind: ContainmentKind, facts: Facts) -> tuple[list[str], float]:
    """What change and boundary say for a kind of containment."""
    reasons: list[str] = []
    points = 0.0
    seconds = facts.change_seconds
    undoes = kind in {ContainmentKind.ROLLBACK, ContainmentKind.FLAG}
    if undoes and facts.change and seconds is not None and 0 <= seconds <= RECENT_CHANGE:
        reasons.append(f"{facts.change} {_span(seconds)} before the onset")
        points += 2 * (1 - seconds / RECENT_CHANGE) + 1
    for part in facts.boundary:
        if kind in _FITS.get(part.field, frozenset()):
            reasons.append(f"{_percent(part.share)} of failures are {part.field} {part.value}")
            points += 2 * part.share
            break
    return reasons, points


def _history(uses: Sequence[Use]) -> str:
    last = uses[0]
    speed = ""
    if last.seconds is not None:  # a step of less than half a second took no time worth a number
        speed = f" in {_span(last.seconds)}" if last.seconds >= 0.5 else " at once"
    if last.worked:
        return f"worked{speed} in {last.incident}"
    return f"had no effect in {last.incident}"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
