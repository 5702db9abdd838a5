"""Patterns of a search: what they match in an entry, and how to look through many lines at once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, AnyStr

from warroom.logs.errors import LogError

if TYPE_CHECKING:
    from warroom.logs.protocol import Query

# What a reader types may mean something else to a later Python; a note about it on the error
# stream would tear the screen.
warnings.filterwarnings("ignore", "Possible (nested )?set", FutureWarning)

_LITERAL = re.compile(r"[A-Za-z0-9 _/:,\"'=<>@#%&;!~-]+")
# Nothing here can match a newline or look beyond a line, so that a match among many lines is one
# in its own line. Anything else is tried line by line.
_WITHIN_LINES = re.compile(
    r"(?:[A-Za-z0-9 _/:,\"'=<>@#%&;!~-]|\\[dwb.\[\]()/+*?|\\-]|[.*+?|]|\((?!\?)|\)"
    r"|\[[A-Za-z0-9 _.:/-]+\]|\{\d+(?:,\d*)?\})+"
)


def folds(expression: str) -> bool:
    """Say whether upper and lower case are one: an expression all lower case asks for that."""
    return expression == expression.lower()


def compiled(expression: str) -> re.Pattern[bytes]:
    """Return a pattern on raw bytes.

    Raises:
        LogError: It is no regular expression.
    """
    return _made(expression.encode(), expression)


def _made(pattern: AnyStr, expression: str) -> re.Pattern[AnyStr]:
    try:
        return re.compile(pattern, re.IGNORECASE if folds(expression) else re.NOFLAG)
    except re.error as error:
        raise LogError(f"{expression!r} is no regular expression: {error}") from error


def _search(expression: str) -> Callable[[bytes], object]:
    """Return what looks for an expression in an entry."""
    if expression.isascii():
        return compiled(expression).search
    # A letter of several bytes is one in a set, before a quantifier and where case is one: only
    # text knows.
    pattern = _made(expression, expression)
    return lambda raw: pattern.search(raw.decode("utf-8", "replace"))


def stays_within_lines(expression: str) -> bool:
    """Say whether the expression can be looked for in many lines at once."""
    return _WITHIN_LINES.fullmatch(expression) is not None


@dataclass(frozen=True, slots=True)
class Matcher:
    """The words of a query, ready to use."""

    lines: Callable[[bytes], Iterator[tuple[int, int]]] | None
    """Yields where lines start and end that may match; None where each line must be tried."""
    entry: Callable[[bytes], bool]
    """Says whether one entry matches."""


def matcher(query: Query) -> Matcher:
    """Return what finds the entries of a query.

    Raises:
        LogError: One of its expressions is no regular expression.
    """
    include = [_search(each) for each in query.include]
    exclude = [_search(each) for each in query.exclude]

    def entry(raw: bytes) -> bool:
        return all(search(raw) for search in include) and not any(search(raw) for search in exclude)

    lead = next((each for each in query.include if stays_within_lines(each)), None)
    return Matcher(None if lead is None else _line_finder(lead), entry)


def _line_finder(expression: str) -> Callable[[bytes], Iterator[tuple[int, int]]]:
    if _LITERAL.fullmatch(expression):
        wanted, fold = expression.encode(), folds(expression)

        def literal(data: bytes) -> Iterator[tuple[int, int]]:
            # lower() runs at memory speed; `re` is ten times slower when case is one
            hay = data.lower() if fold else data
            place = hay.find(wanted)
            while place >= 0:
                start, end = _line_around(data, place)
                yield start, end
                place = hay.find(wanted, end)

        return literal
    search = compiled(expression).search

    def pattern(data: bytes) -> Iterator[tuple[int, int]]:
        found = search(data)
        while found:
            start, end = _line_around(data, found.start())
            yield start, end
            found = search(data, end + 1) if end < len(data) else None

    return pattern


def _line_around(data: bytes, place: int) -> tuple[int, int]:
    end = data.find(b"\n", place)
    return data.rfind(b"\n", 0, place) + 1, len(data) if end < 0 else end
