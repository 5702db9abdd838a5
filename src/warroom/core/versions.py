"""The versions of a postmortem, and what differs between any two."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff

from warroom.core import events as e


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One saved text."""

    number: int
    """From 1; 0 is the draft, which is not saved."""
    at: datetime
    by: str
    text: str
    added: int
    """Lines that the version before did not have."""
    removed: int
    base: int
    """The version it was edited from."""


def versions(records: Iterable[e.Recorded]) -> tuple[Version, ...]:
    """Return every saved text of an incident, the oldest first."""
    found: list[Version] = []
    before = ""
    for record in records:
        if not isinstance(record.event, e.PostmortemEdited):
            continue
        text = record.event.text
        changed = _changed(before, text)
        found.append(
            Version(
                number=len(found) + 1,
                at=record.at,
                by=record.actor,
                text=text,
                added=sum(line.startswith("+") for line in changed),
                removed=sum(line.startswith("-") for line in changed),
                base=record.event.base,
            )
        )
        before = text
    return tuple(found)


def text_of(found: Iterable[Version], number: int, draft: str) -> str | None:
    """Return the text of a version; 0 is the draft, None: there is none of that number."""
    if number == 0:
        return draft
    return next((version.text for version in found if version.number == number), None)


def difference(before: str, after: str, names: tuple[str, str]) -> str:
    """Return what differs as a unified diff; empty: nothing."""
    lines = unified_diff(
        before.splitlines(), after.splitlines(), names[0], names[1], lineterm="", n=2
    )
    return "".join(f"{line}\n" for line in lines)


def _changed(before: str, after: str) -> list[str]:
    lines = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))
    return [line for line in lines[2:] if not line.startswith("@@")]  # two lines name the files
