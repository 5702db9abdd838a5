"""Read many rows of a log, near to each other or far apart, in few reads."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from warroom.logs.index import ENTRY_LIMIT, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warroom.logs.index import Index
    from warroom.logs.segments import Segment

_AT_ONCE = 1 << 20
_NEAR = 4
"""Blocks between two wanted rows that are rather read over than jumped over."""
_SPARSE = 32
"""Rows to one that is wanted from which each is looked for by itself."""


def pick(index: Index, rows: Sequence[int]) -> Iterator[bytes]:
    """Yield the entries of `rows`, which ascend; empty where they are no longer there."""
    place = 0
    while place < len(rows):
        segment = index.locate(rows[place])
        if segment is None:
            yield b""
            place += 1
            continue
        upto = bisect_left(rows, segment.stop, place)
        wanted = [row - segment.row for row in rows[place:upto]]
        yield from _pick_in(segment, wanted, index)
        place = upto


def _pick_in(segment: Segment, wanted: list[int], index: Index) -> Iterator[bytes]:
    """Yield entries of one segment, rows counted inside it."""
    stride, offsets = segment.stride, segment.offsets
    if len(wanted) * _SPARSE < wanted[-1] - wanted[0]:
        for row in wanted:
            line = _line(segment, row)
            yield _one(index, segment.row + row) if line is None else line
        return
    place = 0
    while place < len(wanted):
        first = wanted[place] // stride
        last, upto = first, place
        while upto < len(wanted):
            block = wanted[upto] // stride
            stop = _offset(segment, block + 1)
            if block > last + _NEAR or (block > first and stop - offsets[first] > _AT_ONCE):
                break
            last, upto = block, upto + 1
        group = wanted[place:upto]
        yield from _split(segment, first, last + 1, group) or (
            _one(index, segment.row + row) for row in group
        )
        place = upto


def _line(segment: Segment, row: int) -> bytes | None:
    """Return one row by splitting its block up to it, None where that is unsound."""
    block, number = divmod(row, segment.stride)
    begin, end = _offset(segment, block), _offset(segment, block + 1)
    if segment.stride == 1 or segment.gap is not None or end - begin > _AT_ONCE:
        return None
    data = segment.store.read(segment.begin + begin, end - begin)
    lines = data.split(b"\n", number + 1)
    if len(data) < end - begin or len(lines) <= number:
        return None
    return _whole(lines[number])


def _whole(line: bytes) -> bytes:
    """Return a line without its end, cut with a mark where it is too long."""
    return line.removesuffix(b"\r") if len(line) <= ENTRY_LIMIT else trimmed(line, len(line) + 3)


def _offset(segment: Segment, block: int) -> int:
    """Return where a block of rows starts, from the segment's start; its end for one past them."""
    within = block < len(segment.offsets)
    return segment.offsets[block] if within else segment.end - segment.begin


def _split(segment: Segment, first: int, last: int, group: list[int]) -> list[bytes] | None:
    """Return rows of a run of blocks by splitting its bytes at once, None where that is unsound."""
    if segment.stride == 1 or segment.gap is not None:
        return None
    begin, end = _offset(segment, first), _offset(segment, last)
    if end - begin > 4 * _AT_ONCE:
        return None
    data = segment.store.read(segment.begin + begin, end - begin)
    lines = data.removesuffix(b"\n").split(b"\n")
    expected = min(len(segment.codes), last * segment.stride) - first * segment.stride
    if len(lines) != expected:
        return None
    base = first * segment.stride
    return [_whole(lines[row - base]) for row in group]


def _one(index: Index, row: int) -> bytes:
    for _, _, _, raw in index.spans(row, row + 1):
        return raw
    return b""
