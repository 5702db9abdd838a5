"""Marks in a postmortem: open questions, and words that look for somebody to blame."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from warroom.core.postmortem import open_questions


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


_BLAME = re.compile(
    r"\b(forgot|forgotten|careless\w*|negligen\w*|should(?:n't| not)? have|failed to|to blame"
    r"|(?:his|her|their|whose) (?:fault|mistake)|human error|stupid\w*|incompeten\w*|sloppy)\b",
    re.IGNORECASE,
)


def marks(text: str, people: Iterable[str] = ()) -> tuple[Mark, ...]:
    """Return the marks of a text in the order of its lines.

    A line of the chronology may name who acted: it is a record. Elsewhere a name is marked when
    the sentence also blames, because there the system is the subject, not the person.
    """
    found = [
        Mark(number, "?", "pend", f"open question: {words}")
        for number, words in open_questions(text)
    ]
    names = [re.escape(name) for name in people if len(name) > 2]
    person = re.compile(rf"\b({'|'.join(names)})\b", re.IGNORECASE) if names else None
    for number, words in enumerate(text.splitlines(), start=1):
        blame = _BLAME.search(words)
        if blame is None or words.startswith("> "):
            continue
        name = person.search(words) if person else None
        what = f"“{name[0]} … {blame[0]}” names a person" if name else f"“{blame[0]}” blames"
        found.append(Mark(number, "▪", "warn", what, "say what made it possible"))
    return tuple(sorted(found, key=lambda mark: mark.line))
