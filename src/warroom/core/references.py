"""References in a postmortem: `[T12]` is entry 12 of the timeline, in its current words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from warroom.core.timeline import TimelineEntry

REFERENCE = re.compile(r"\[T(\d{1,6})\]")

OWN_LINE = re.compile(r"- (\d{2}:\d{2}:\d{2}) \[T(\d{1,6})\] ")
"""How a line of the chronology begins: it holds the words of its entry itself."""

_FENCE = ("```", "~~~")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One mention of an entry."""

    line: int
    """From 1."""
    start: int
    """Column from 0."""
    end: int
    number: int


def outside_code(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a Markdown text that are no code: number from 1, and the line."""
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith(_FENCE):
            inside = not inside
        elif not inside:
            yield number, line


def references(text: str) -> tuple[Reference, ...]:
    """Return every reference outside code, in order."""
    return tuple(
        Reference(line=number, start=found.start(), end=found.end(), number=int(found[1]))
        for number, line in outside_code(text)
        for found in REFERENCE.finditer(line)
    )


def by_number(entries: Iterable[TimelineEntry]) -> Mapping[int, TimelineEntry]:
    """Return the entries by what a reference calls them.

    The declaration and the onset it carries share a number, which means the declaration.
    """
    found: dict[int, TimelineEntry] = {}
    for entry in entries:
        if entry.number not in found or entry.word != "onset":
            found[entry.number] = entry
    return found


def unresolved(text: str, entries: Iterable[TimelineEntry]) -> tuple[Reference, ...]:
    """Return the references to entries that do not exist."""
    known = by_number(entries)
    return tuple(found for found in references(text) if found.number not in known)


def own_line(entry: TimelineEntry, text: str | None = None) -> str:
    """Return an entry as a line of the chronology of a postmortem.

    Args:
        entry: The entry.
        text: What to say instead of its own text.
    """
    return _line(entry, entry.at, entry.text if text is None else text)


def resolve(text: str, entries: Iterable[TimelineEntry], limit: int = 100) -> str:
    """Return a postmortem whose references carry the current words of their entries.

    `[T12]` becomes a link to `#t12` with time and words. A line of the chronology keeps its text,
    unless it begins with what its entry said before it was amended: then it says what the entry
    says now. References that lead nowhere stay as they are; code is left alone.

    Args:
        text: Markdown.
        entries: The timeline.
        limit: Characters of the words of one entry.
    """
    entries = tuple(entries)
    known = by_number(entries)
    former = {_former(entry): own_line(entry) for entry in entries if entry.amended}
    lines = text.split("\n")
    for number, line in outside_code(text):
        current = line
        own = OWN_LINE.match(line)
        if own is not None:
            old = next((old for old in former if line.startswith(old)), None)
            current = line if old is None else former[old] + line[len(old) :]
        head = own.end() if own else 0
        rest = REFERENCE.sub(lambda found: _linked(found, known, limit), current[head:])
        lines[number - 1] = current[:head] + rest
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, in one line."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def one_line(text: str) -> str:
    """Return text with every run of white space as one space."""
    return " ".join(text.split())


def _linked(found: re.Match[str], known: Mapping[int, TimelineEntry], limit: int) -> str:
    entry = known.get(int(found[1]))
    if entry is None:
        return found[0]
    words = f"{entry.word}: {one_line(entry.text)}".removesuffix(": ")
    if len(words) > limit:
        words = words[: limit - 1].rstrip() + "…"
    return f"[T{entry.number} · {entry.at:%H:%M:%S} {escape(words)}](#t{entry.number})"


def _former(entry: TimelineEntry) -> str:
    """Return the line of the chronology as it read before the entry was amended."""
    return _line(entry, entry.original_at or entry.at, entry.original or entry.text)


def _line(entry: TimelineEntry, at: datetime, text: str) -> str:
    later = " (noted later)" if entry.back_dated else ""
    words = f"{entry.word}: {one_line(text)}".removesuffix(": ")
    return f"- {at:%H:%M:%S} [T{entry.number}] {words}{later}"
