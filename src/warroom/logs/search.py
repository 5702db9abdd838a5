"""Find entries by regular expressions, nearest first, in slices short enough to stop between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warroom.logs.index import ENTRY_LIMIT, trimmed
from warroom.logs.patterns import Matcher, folds, matcher, stays_within_lines
from warroom.logs.picking import pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warroom.logs.index import Index
    from warroom.logs.protocol import Query
    from warroom.logs.segments import Segment

SLICE = 1024
"""Rows looked at between two batches: `re` holds the interpreter while it runs, and a quarter of a
MiB at a time keeps a key waiting for 5 ms at most."""
_PIECE = 256 << 10
_LONGEST = 4 << 20
_SPARSE = 16
"""Rows to one whose status passes from which lines are read one by one."""


def search_index(index: Index, query: Query, *, start: int, backwards: bool) -> Iterator[list[int]]:
    """Yield the rows that match, in batches from `start` on (or back); empty ones allow a stop."""
    matches = matcher(query)
    row = min(start, index.end) if backwards else max(start, index.first)
    while index.first < row if backwards else row < index.end:
        segment = index.locate(row - 1 if backwards else row)
        if segment is None:
            return
        if backwards:
            low, high = max(segment.row, row - SLICE), row
        else:
            low, high = row, min(segment.stop, row + SLICE)
        found = _in_slice(index, segment, (low, high), query, matches)
        yield found[::-1] if backwards else found
        row = low if backwards else high


def matching(index: Index, query: Query, start: int, stop: int) -> list[int]:
    """Return the rows from `start` to `stop` that match, ascending."""
    matches = matcher(query)
    found: list[int] = []
    row = start
    while row < stop:
        segment = index.locate(row)
        if segment is None:
            break
        upto = min(stop, segment.stop, row + SLICE)
        found += _in_slice(index, segment, (row, upto), query, matches)
        row = upto
    return found


def _passing(index: Index, query: Query) -> bytes | None:
    """Return a table of codes to 1 where the status passes, None where every one does."""
    if query.status is None:
        return None
    low, high = query.status
    return bytes(code >= 10 and low <= index.codes.mark(code) <= high for code in range(256))


def _in_slice(
    index: Index, segment: Segment, rows: tuple[int, int], query: Query, matches: Matcher
) -> list[int]:
    low, high = rows
    if segment.gap is not None:
        return []
    table = _passing(index, query)
    codes = segment.codes[low - segment.row : high - segment.row]
    flags = codes.translate(table) if table else b"\1" * (high - low)
    if b"\1" not in flags:
        return []
    if not (query.include or query.exclude):
        return [low + place for place in range(high - low) if flags[place]]
    if flags.count(1) * _SPARSE < high - low:  # few of these lines need to be read at all
        rows_left = [low + place for place in range(high - low) if flags[place]]
        lines = pick(index, rows_left)
        return [row for row, raw in zip(rows_left, lines, strict=True) if matches.entry(raw)]
    if matches.lines is not None and segment.stride > 1:
        places = _at_once(index, segment, rows, matches)
        if places is not None:
            return [low + place for place in places if flags[place]]
    return [
        low + place
        for place, (_, _, _, raw) in enumerate(index.spans(low, high))
        if flags[place] and matches.entry(raw)
    ]


def _at_once(
    index: Index, segment: Segment, rows: tuple[int, int], matches: Matcher
) -> list[int] | None:
    """Return the places of matching rows by looking through all lines at once.

    Returns:
        None where the lines are too long for that, or no longer all there.
    """
    low, high = rows
    begin = index.span(low)[1]
    end = index.span(high - 1)[2]
    if end - begin > _LONGEST or matches.lines is None:
        return None
    data = segment.store.read(begin, end - begin)
    if len(data) < end - begin:
        return None
    found, counted, place = [], 0, 0
    for start, stop in matches.lines(data):
        place += data.count(b"\n", counted, start)
        counted = start
        if stop - start > ENTRY_LIMIT or matches.entry(trimmed(data[start:stop], stop - start)):
            found.append(place)
    return found


def count(path: str, query: Query) -> int:
    """Return how many lines of a file match; ripgrep does it where it is installed and able to.

    Raises:
        LogError: An expression is no regular expression.
        OSError: The file cannot be read.
    """
    matches = matcher(query)
    single = len(query.include) == 1 and not query.exclude and query.status is None
    if single and stays_within_lines(query.include[0]):
        found = _ripgrep(path, query.include[0])
        if found is not None:
            return found
    total, rest = 0, b""
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE):
            data = rest + piece
            cut = data.rfind(b"\n") + 1
            total += _count_in(data[:cut], matches)
            rest = data[cut:]
    return total + _count_in(rest, matches)


def _count_in(data: bytes, matches: Matcher) -> int:
    if not data:
        return 0
    if matches.lines is not None:
        return sum(matches.entry(data[start:stop]) for start, stop in matches.lines(data))
    lines = data.removesuffix(b"\n").split(b"\n")
    return sum(matches.entry(line.removesuffix(b"\r")) for line in lines)


def _ripgrep(path: str, expression: str) -> int | None:
    """Return ripgrep's count of matching lines, None where it is missing or refuses."""
    import shutil  # noqa: PLC0415 - the console starts without them
    import subprocess  # noqa: PLC0415

    program = shutil.which("rg")
    if program is None:
        return None
    argv = [program, "--no-config", "-a", "-c", "--no-unicode", "--color=never"]
    if folds(expression):
        argv.append("-i")
    ended = subprocess.run([*argv, "-e", expression, "--", path], capture_output=True, check=False)
    if ended.returncode == 1:
        return 0
    text = ended.stdout.strip()
    return int(text) if ended.returncode == 0 and text.isdigit() else None
