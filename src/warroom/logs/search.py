"""Find entries by regular expressions, nearest first, in slices short enough to stop between."""

import re
from collections.abc import Callable, Iterator

from warroom.logs.errors import LogError
from warroom.logs.index import Index
from warroom.logs.protocol import Query
from warroom.logs.segments import Segment

SLICE = 1024
"""Rows looked at between two batches: `re` holds the interpreter while it runs."""


def compiled(expression: str) -> re.Pattern[bytes]:
    """Return a pattern on raw bytes; upper and lower case are one if it is all lower case.

    Raises:
        LogError: It is no regular expression.
    """
    fold = re.IGNORECASE if expression == expression.lower() else re.NOFLAG
    try:
        return re.compile(expression.encode(), fold)
    except re.error as error:
        raise LogError(f"{expression!r} is no regular expression: {error}") from error


def matcher(query: Query) -> Callable[[bytes], bool]:
    """Return a function that says whether an entry passes the words of a query.

    Raises:
        LogError: One of them is no regular expression.
    """
    include = [compiled(each).search for each in query.include]
    exclude = [compiled(each).search for each in query.exclude]

    def matches(raw: bytes) -> bool:
        return all(search(raw) for search in include) and not any(search(raw) for search in exclude)

    return matches


def _wanted_codes(index: Index, query: Query) -> bytes | None:
    """Return a table of codes to 1 where the status passes, None where every one does."""
    if query.status is None:
        return None
    low, high = query.status
    return bytes(
        int(low <= index.codes.mark(code) <= high) if 10 <= code < 256 else 0 for code in range(256)
    )


def search_index(index: Index, query: Query, *, start: int, backwards: bool) -> Iterator[list[int]]:
    """Yield the rows that match, in batches from `start` on (or back); empty ones allow a stop."""
    matches = matcher(query)
    worded = bool(query.include or query.exclude)
    row = min(start, index.end) if backwards else max(start, index.first)
    while index.first < row if backwards else row < index.end:
        segment = index.locate(row - 1 if backwards else row)
        if segment is None:
            return
        if backwards:
            low, high = max(segment.row, row - SLICE), row
        else:
            low, high = row, min(segment.stop, row + SLICE)
        found = _in_slice(index, segment, (low, high), query, matches if worded else None)
        yield found[::-1] if backwards else found
        row = low if backwards else high


def _in_slice(
    index: Index,
    segment: Segment,
    rows: tuple[int, int],
    query: Query,
    matches: Callable[[bytes], bool] | None,
) -> list[int]:
    low, high = rows
    if segment.gap is not None:
        return []
    table = _wanted_codes(index, query)
    flags = (
        segment.codes[low - segment.row : high - segment.row].translate(table) if table else None
    )
    if flags is not None and b"\1" not in flags:
        return []
    if matches is None:
        return [low + place for place in range(high - low) if flags is None or flags[place]]
    found = []
    for place, (_, _, _, raw) in enumerate(index.spans(low, high)):
        if (flags is None or flags[place]) and matches(raw):
            found.append(low + place)
    return found
