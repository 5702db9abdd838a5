"""The words of an event, folded the same way for SQLite, PostgreSQL and a query."""

import re
import unicodedata
from collections.abc import Iterator

from warroom.core.canonical import Json

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 64
"""Characters of a word that are kept: a base64 line is not looked for by its end."""

TEXTS = frozenset(
    {
        "title",
        "service",
        "summary",
        "text",
        "note",
        "reason",
        "boundary",
        "sentence",
        "how",
        "reporter",
        "contact",
        "client",
        "briefing",
        "reference",
        "release",
        "link",
        "owner",
        "person",
        "evidence",
        "source",
        "step_title",
        "runbook",
        "blast_radius",
        "output",
        "command",
        "excerpt",
        "onset",
        "override",
        "missing",
        "resolution",
    }
)
"""Fields of events in which people search; hashes, run names and numbers are not among them."""


def fold(text: str) -> list[str]:
    """Return the distinct words of a text without case and accents, sorted."""
    plain = text.lower()
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return sorted({word[:_LONGEST] for word in _WORD.findall(plain)})


def words_of(payload: Json) -> str:
    """Return the words of an event's payload, separated by blanks."""
    return " ".join(fold("\n".join(_texts(payload, wanted=False))))


def _texts(value: Json, *, wanted: bool) -> Iterator[str]:
    if isinstance(value, str):
        if wanted:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, wanted=wanted)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, wanted=key in TEXTS)
