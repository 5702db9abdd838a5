"""Incidents that were like this one, with what helped then."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from warroom.core.state import Incident
from warroom.core.words import CONTAINS, StepAction, Verdict

SIMILAR = 4
"""Points from which an earlier incident is offered: two signs, one of them strong."""

_ROUTE = re.compile(r"(?:\b(?:GET|POST|PUT|PATCH|DELETE|HEAD) )?(?<![\w.])/[\w./{}-]{2,80}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+")
_IDLE = frozenset(["the", "and", "for", "with", "not", "does", "are", "has", "http", "since"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An earlier incident with what speaks for it."""

    incident: Incident
    points: int
    reasons: tuple[str, ...]
    helped: tuple[str, ...]
    """Runbooks that ended or lessened it, in the order in which they were run."""
    diagnosis: str


def similar(incident: Incident, others: Iterable[Incident]) -> tuple[Similar, ...]:
    """Return earlier incidents with the same symptoms, route or service, the likest first.

    Merged incidents live on in the one they were merged into and are left out.
    """
    found = []
    for other in others:
        earlier = other.declared_at < incident.declared_at
        if other.id == incident.id or other.merged_into or not earlier:
            continue
        signs = _signs(incident, other)
        points = sum(value for value, _ in signs)
        if points >= SIMILAR:
            found.append(
                Similar(
                    incident=other,
                    points=points,
                    reasons=tuple(words for _, words in sorted(signs, key=lambda s: -s[0])),
                    helped=helped(other),
                    diagnosis=other.diagnosis.text if other.diagnosis else "",
                )
            )
    return tuple(sorted(found, key=lambda s: (-s.points, -s.incident.declared_at.timestamp())))


def helped(incident: Incident) -> tuple[str, ...]:
    """Return the runbooks whose effect was measured to solve or help, each once."""
    found = [
        run.intent.runbook
        for run in incident.runs
        if run.intent.action is StepAction.RUN
        and run.intent.kind in CONTAINS
        and run.effect is not None
        and run.effect.verdict in (Verdict.SOLVED, Verdict.HELPED)
    ]
    return tuple(dict.fromkeys(found))


def routes(incident: Incident) -> frozenset[str]:
    """Return the paths that an incident speaks of: in its boundary, title and evidence."""
    texts = [incident.boundary, incident.title]
    texts += [pinned.excerpt.text for _, pinned in incident.evidence]
    found = (match[0] for text in texts for match in _ROUTE.finditer(text[:2000]))
    return frozenset(route.rpartition(" ")[2].rstrip("./") for route in found)


def symptoms(incident: Incident) -> frozenset[str]:
    """Return the pinned lines with everything that varies taken out."""
    return frozenset(
        masked
        for _, pinned in incident.evidence
        if (masked := _masked(pinned.excerpt.text)) and len(_WORD.findall(masked)) > 1
    )


def _signs(one: Incident, other: Incident) -> list[tuple[int, str]]:
    """Whole points: a shared route or symptom 3, the service 2, the words of the title up to 2."""
    signs: list[tuple[int, str]] = []
    same_routes = routes(one) & routes(other)
    if same_routes:
        signs.append((3, "same route " + ", ".join(sorted(same_routes)[:2])))
    if symptoms(one) & symptoms(other):
        signs.append((3, "same error in the log"))
    if one.service and one.service == other.service:
        signs.append((2, f"same service {one.service}"))
    words, theirs = _words(one.title), _words(other.title)
    shared, every = words & theirs, words | theirs
    if shared and 3 * len(shared) >= len(every):
        points = 2 if 2 * len(shared) >= len(every) else 1
        signs.append((points, "same words: " + ", ".join(sorted(shared)[:4])))
    if one.category is other.category and signs:
        signs.append((1, f"same category {one.category.value}"))
    return signs


def _masked(text: str) -> str:
    # The end of a line says what happened; its beginning is when and from where.
    message = text.strip().splitlines()[0][:400] if text.strip() else ""
    return " ".join(_VARIABLE.sub("#", message.casefold()).split())


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if word not in _IDLE}
