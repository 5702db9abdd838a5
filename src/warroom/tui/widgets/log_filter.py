"""What a reader types to find or filter lines, as a query of the log protocol."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from warroom.logs.protocol import Entry, Query

_STATUS = re.compile(r"(?:status:)?([1-5])(?:xx|(\d\d))(?:-([1-5])(?:xx|(\d\d)))?\Z")


class FilterError(ValueError):
    """What was typed cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Terms that all must hold; `-` before one excludes."""

    text: str
    query: Query
    _include: tuple[re.Pattern[str], ...] = ()
    _exclude: tuple[re.Pattern[str], ...] = ()

    def matches(self, entry: Entry) -> bool:
        """Whether an entry passes; a gap in the log always does."""
        if entry.gap is not None:
            return True
        if self.query.status is not None:
            low, high = self.query.status
            if entry.status is None or not low <= entry.status <= high:
                return False
        raw = entry.raw.decode("utf-8", "replace")
        return all(one.search(raw) for one in self._include) and not any(
            one.search(raw) for one in self._exclude
        )


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern; it ignores case if it has no capital letter.

    Raises:
        FilterError: It is not a regular expression.
    """
    flags = re.IGNORECASE if pattern == pattern.lower() else re.NOFLAG
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise FilterError(f"not a pattern: {error}; quote it with \\ where it is meant") from None


def parse_filter(text: str, names: Mapping[str, str] | None = None) -> LogFilter:
    r"""Read `5xx /api/checkout -health "upstream reset"`.

    `5xx`, `502`, `status:4xx-5xx` choose by status; a term with `-` in front excludes; quotes keep
    blanks together; `/name` stands for a filter that has this name; everything else is a regular
    expression on the raw line.

    Args:
        text: What was typed.
        names: Filters by name, which may not refer to each other.

    Raises:
        FilterError: A term is not a regular expression, or a quote is not closed.
    """
    words = _words(spelt_out(text, names or {}))
    include: list[str] = []
    exclude: list[str] = []
    status: tuple[int, int] | None = None
    for word in words:
        found = _STATUS.match(word)
        if found is not None:
            low, high = _range(found)
            status = (low, high) if status is None else (max(status[0], low), min(status[1], high))
        elif word.startswith("-") and len(word) > 1:
            exclude.append(word[1:].replace('"', ""))
        else:
            include.append(word.replace('"', ""))
    return LogFilter(
        text=text.strip(),
        query=Query(include=tuple(include), exclude=tuple(exclude), status=status),
        _include=tuple(compiled(one) for one in include),
        _exclude=tuple(compiled(one) for one in exclude),
    )


def spelt_out(text: str, names: Mapping[str, str]) -> str:
    """Return a filter with what the names in it stand for.

    Raises:
        FilterError: A quote is not closed.
    """
    return " ".join(
        names.get(word[1:], word) if word.startswith("/") else word for word in _words(text)
    )


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.quotes = '"'
    try:
        return list(lexer)
    except ValueError:
        raise FilterError('a " is not closed') from None


def _range(found: re.Match[str]) -> tuple[int, int]:
    first, digits, last, last_digits = found.groups()
    low = int(first) * 100 + int(digits or 0)
    if last is not None:
        return low, int(last) * 100 + int(last_digits or 99)
    return low, low if digits else low + 99


def quoted(text: str) -> str:
    """Return a filter term that finds exactly this text."""
    escaped = re.escape(text).replace("\\ ", " ").replace('"', ".")
    return f'"{escaped}"' if " " in escaped else escaped
