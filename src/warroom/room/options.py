"""Which containments to offer for an incident, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from warroom.core import events as e
from warroom.core.state import Incident
from warroom.core.words import CONTAINS, ChangeKind, ContainmentKind, StepAction, Verdict
from warroom.room.containment import Option
from warroom.room.lasttime import last_time
from warroom.room.measure import Evidence
from warroom.runbooks.match import Boundary, Facts, Suggestion, Use, suggest
from warroom.runbooks.model import Runbook

_KEYS = {
    ContainmentKind.FLAG: "f",
    ContainmentKind.ROLLBACK: "r",
    ContainmentKind.ROUTE: "t",
    ContainmentKind.KILL: "k",
}


_OURS = (ChangeKind.DEPLOY, ChangeKind.CONFIG, ChangeKind.FLAG)
"""Changes that a flag or a rollback takes back; traffic, suppliers and data are not among them."""


def options(
    incident: Incident,
    books: Sequence[Runbook],
    found: Evidence,
    history: Iterable[Incident],
    labels: Mapping[str, str] | None = None,
) -> tuple[Option, ...]:
    """Return what could be run next, fastest kind first, each with its reason.

    Args:
        incident: The incident; its service, changes and what is in force decide.
        books: Every runbook there is.
        found: What the newest failures have in common.
        history: Incidents whose measured effects count as experience.
        labels: What the service has, by name; None: nothing is known of it.
    """
    history = tuple(history)
    facts = Facts(
        service=incident.service,
        symptoms=found.lines,
        newest=found.newest,
        labels=labels or {},
        change="" if found.left else _nearest_change(incident),  # what it did has been contained
        change_seconds=_change_seconds(incident, found),
        boundary=tuple(Boundary(*share) for share in found.shares),
        uses=_uses(history),
    )
    taken: set[ContainmentKind] = set()
    offered: list[Option] = []
    for suggestion in suggest(books, facts):
        kind = suggestion.runbook.kind
        key = _KEYS.get(kind, "") if kind not in taken else ""
        option = _option(suggestion, key, incident, facts)
        if option is not None:
            taken.add(kind)
            said = last_time(suggestion.runbook, option.runbook, incident, history)
            offered.append(replace(option, last=said))
    return tuple(offered)


def _uses(history: Iterable[Incident]) -> dict[str, Sequence[Use]]:
    """Return earlier uses by title, latest first."""
    uses: dict[str, list[Use]] = {}
    for incident in history:
        for run in incident.runs:
            if run.intent.action is not StepAction.RUN or run.effect is None:
                continue
            worked = run.effect.verdict in (Verdict.SOLVED, Verdict.HELPED)
            seconds = run.finished.milliseconds / 1000 if run.finished else None
            use = Use(incident=incident.id, worked=worked, seconds=seconds)
            uses.setdefault(run.intent.title, []).insert(0, use)
    return {title: tuple(found) for title, found in uses.items()}


def _option(suggestion: Suggestion, key: str, incident: Incident, facts: Facts) -> Option | None:
    book, step = suggestion.runbook, suggestion.first_step
    if step is None:
        return None
    name = book.path.rpartition("/")[2].removesuffix(".md")
    in_force = any(run.intent.runbook == name for run in incident.ledger)
    running = any(run.outcome is None and run.intent.runbook == name for run in incident.runs)
    blocked = "running" if running else "in force" if in_force else ""
    return Option(
        key=key if book.kind in CONTAINS else "",
        kind=book.kind,
        runbook=name,
        title=book.title,
        step=step.number,
        reason=suggestion.reason,
        seconds=_last_seconds(facts.uses.get(book.title, ())),
        undo=step.undo is not None,
        blocked=blocked,
    )


def _nearest_change(incident: Incident) -> str:
    change = _last_change(incident)
    return change.text if change else ""


def _last_change(incident: Incident) -> e.ChangeRecorded | None:
    began = incident.onset.at if incident.onset else incident.declared_at
    before = [x for x in incident.changes if x.happened_at <= began and x.kind in _OURS]
    return max(before, key=lambda x: x.happened_at, default=None)


def _change_seconds(incident: Incident, found: Evidence) -> float | None:
    change = _last_change(incident)
    if change is None:
        return None
    began = incident.onset.at if incident.onset else None
    if began is None and found.first_failure is not None:
        began = datetime.fromtimestamp(found.first_failure, UTC)
    return (began - change.happened_at).total_seconds() if began else None


def _last_seconds(uses: Sequence[Use]) -> int | None:
    seconds = uses[0].seconds if uses else None
    return None if seconds is None else max(1, round(seconds))
