"""What the margin of the editor shows: the findings of the lint and the questions still open."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from warroom.core.lint import lint, names
from warroom.core.postmortem import open_questions
from warroom.core.timeline import TimelineEntry
from warroom.runbooks.redact import secret_shapes
from warroom.tui.snapshot import Snapshot

_WEIGHTY = frozenset({"secret", "unmerged"})
"""Rules whose findings should not be sent to anybody."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something worth a second look."""

    line: int
    """From 1."""
    glyph: str
    token: str
    text: str
    """What it is, in a few words; may quote the document."""
    hint: str = ""
    start: int = 0
    """Columns from 0 of what it is about; both 0 for the whole line."""
    end: int = 0


def look(
    text: str,
    people: Collection[str] = (),
    entries: Iterable[TimelineEntry] | None = None,
) -> tuple[Mark, ...]:
    """Return the marks of a text in the order of its lines; it takes a while for a long text."""
    found = [
        Mark(number, "?", "pend", f"open question: {words}")
        for number, words in open_questions(text)
    ]
    found += [
        Mark(
            line=one.line,
            glyph="!" if one.rule in _WEIGHTY else "▪",
            token="s5" if one.rule in _WEIGHTY else "warn",
            text=one.message,
            hint=one.suggestion,
            start=one.start,
            end=one.end,
        )
        for one in lint(text, people=people, entries=entries, secrets=secret_shapes)
    ]
    return tuple(sorted(found, key=lambda mark: (mark.line, mark.start)))


def people_of(snapshot: Snapshot) -> frozenset[str]:
    """Return the names of people that an incident knows."""
    current = snapshot.current
    if current is None:
        return frozenset()
    owners = (item.owner for item in current.follow_ups)
    actors = (entry.actor for entry in snapshot.timeline)
    return names(actors, owners, current.roles.values(), (current.declared_by, snapshot.actor))
