"""The index of a log: for each entry one byte of outcome, every 64th position, run-length times.

Nothing here needs numpy: the arrays are the standard library's, which numpy reads without a copy.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from warroom.logs.levels import FAILED_FROM
from warroom.logs.stores import Store

STRIDE = 64
"""Every how many entries a position is kept; the lines between are found by reading."""
MAX_ROWS = 1 << 16
"""Rows of one segment: row numbers inside it fit 16 bits."""
_FIRST_STATUS_CODE = 10
FIRST_SPARE_CODE = 251  # 251-255 stand for 1xx-5xx once all other codes are taken


class Codes:
    """Outcomes as one byte: 0 nothing, 1-9 a level, from 10 a status in order of appearance."""

    def __init__(self) -> None:
        self.lut = bytearray(1000)
        """Outcome (level or status) to code; 0 for one not met yet."""
        self.marks: list[int] = list(range(_FIRST_STATUS_CODE))
        """Code to outcome."""
        self.lut[:_FIRST_STATUS_CODE] = bytes(range(_FIRST_STATUS_CODE))
        self.failed = bytearray(256)
        """Code to 1 where the outcome is a failure: 5xx, or error and above."""
        self.failed[FAILED_FROM:_FIRST_STATUS_CODE] = b"\1" * (_FIRST_STATUS_CODE - FAILED_FROM)

    def code(self, mark: int) -> int:
        """Return the code of an outcome, making one for a status not met yet."""
        found = self.lut[mark]
        if found or not mark:
            return found
        if len(self.marks) < FIRST_SPARE_CODE:
            found = len(self.marks)
            self.marks.append(mark)
        else:
            found = FIRST_SPARE_CODE + min(5, mark // 100) - 1
        self.lut[mark] = found
        self.failed[found] = mark >= 500
        return found

    def mark(self, code: int) -> int:
        """Return the outcome of a code."""
        if code < len(self.marks):
            return self.marks[code]
        return (code - FIRST_SPARE_CODE + 1) * 100


@dataclass(slots=True)
class Scanned:
    """What a scanner found in a piece of a source."""

    starts: Sequence[int]
    """Where each entry starts, from the start of the piece; or each `every`-th one."""
    codes: bytes
    run_rows: Sequence[int]
    """The rows at which the time changes; the first is 0."""
    run_times: Sequence[int]
    """Epoch seconds from each of these rows on; 0 where no time is known yet."""
    end: int
    """Bytes used: up to the end of the last whole entry."""
    statuses: dict[int, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    parsed: int = 0
    """Entries that fit the format."""
    lines: int = 0
    """Physical lines: more than entries where entries span several."""
    timed: tuple[float, float] | None = None
    """The earliest and the latest time."""
    every: int = 1
    """Of how many entries `starts` has one."""


@dataclass(slots=True)
class Segment:
    """A contiguous run of entries of one store; replaced when it grows, never changed in place."""

    store: Store
    begin: int
    end: int
    row: int
    codes: bytes
    offsets: array[int]
    """Positions of each `stride`-th entry, from `begin`."""
    stride: int
    run_rows: array[int]
    run_times: array[int]
    failed: int
    gap: str | None = None
    earliest: int = 0
    latest: int = 0

    @property
    def stop(self) -> int:
        """One past its last row."""
        return self.row + len(self.codes)

    def time(self, row: int) -> int:
        """Return the epoch second of a row, 0 where unknown."""
        place = bisect_right(self.run_rows, row - self.row) - 1
        return self.run_times[place] if place >= 0 else 0

    def memory(self) -> int:
        """Bytes its arrays take."""
        arrays = (self.offsets, self.run_rows, self.run_times)
        return len(self.codes) + sum(len(each) * each.itemsize for each in arrays)


def _offsets(starts: Sequence[int], stride: int, phase: int, shift: int, limit: int) -> array[int]:
    picked = starts[phase::stride]
    kind = "I" if limit < 1 << 32 else "Q"
    return array(kind, [int(each) + shift for each in picked])


def make_segment(
    store: Store, begin: int, row: int, scanned: Scanned, stride: int, failed_by_code: bytes
) -> Segment:
    """Return the segment of a scanned piece that starts at `begin`."""
    times = array("I", [int(each) for each in scanned.run_times])
    known = [each for each in times if each]
    return Segment(
        store=store,
        begin=begin,
        end=begin + scanned.end,
        row=row,
        codes=scanned.codes,
        offsets=_offsets(scanned.starts, stride // scanned.every, 0, 0, scanned.end),
        stride=stride,
        run_rows=array("H" if len(scanned.codes) <= MAX_ROWS else "I", map(int, scanned.run_rows)),
        run_times=times,
        failed=scanned.codes.translate(failed_by_code).count(1),
        earliest=min(known, default=0),
        latest=max(known, default=0),
    )


def gap_segment(store: Store, row: int, text: str, at: int) -> Segment:
    """Return a row that stands for something that happened to the source."""
    return Segment(
        store, 0, 0, row, b"\0", array("I", [0]), 1, array("H", [0]), array("I", [at]), 0, text
    )


def join(first: Segment, second: Segment) -> Segment | None:
    """Return two neighbours as one segment, None where they cannot be joined.

    The positions of the second continue those of the first only where the first has a whole
    number of strides.
    """
    rows = len(first.codes)
    if (
        first.store is not second.store
        or first.end != second.begin
        or first.gap is not None
        or second.gap is not None
        or first.stride != second.stride
        or rows % first.stride
        or rows + len(second.codes) > MAX_ROWS
        or second.end - first.begin >= 1 << 32
    ):
        return None
    shift = second.begin - first.begin
    offsets = array("I", first.offsets)
    offsets.extend(array("I", [each + shift for each in second.offsets]))
    run_rows, run_times = array("H", first.run_rows), array("I", first.run_times)
    # a time not known yet (0) is that of the entry before
    skip = int(bool(run_times) and second.run_times[0] in (0, run_times[-1]))
    run_rows.extend(array("H", [each + rows for each in second.run_rows[skip:]]))
    run_times.extend(second.run_times[skip:])
    return Segment(
        store=first.store,
        begin=first.begin,
        end=second.end,
        row=first.row,
        codes=first.codes + second.codes,
        offsets=offsets,
        stride=first.stride,
        run_rows=run_rows,
        run_times=run_times,
        failed=first.failed + second.failed,
        earliest=min((each for each in (first.earliest, second.earliest) if each), default=0),
        latest=max(first.latest, second.latest),
    )


def extend(first: Segment, begin: int, scanned: Scanned, failed_by_code: bytes) -> Segment | None:
    """Return a segment with a newly scanned piece after it, None where it must start a new one."""
    rows = len(first.codes)
    total = rows + len(scanned.codes)
    if (
        first.gap is not None
        or first.end != begin
        or total > MAX_ROWS
        or begin + scanned.end - first.begin >= 1 << 32
    ):
        return None
    shift = begin - first.begin
    offsets = array("I", first.offsets)
    offsets.extend(_offsets(scanned.starts, first.stride, -rows % first.stride, shift, 0))
    run_rows, run_times = array("H", first.run_rows), array("I", first.run_times)
    for row, time in zip(scanned.run_rows, scanned.run_times, strict=True):
        if not run_times or (time and time != run_times[-1]):
            run_rows.append(rows + int(row))
            run_times.append(int(time))
    known = [int(each) for each in scanned.run_times if each]
    known += [each for each in (first.earliest, first.latest) if each]
    return Segment(
        store=first.store,
        begin=first.begin,
        end=begin + scanned.end,
        row=first.row,
        codes=first.codes + scanned.codes,
        offsets=offsets,
        stride=first.stride,
        run_rows=run_rows,
        run_times=run_times,
        failed=first.failed + scanned.codes.translate(failed_by_code).count(1),
        earliest=min(known, default=0),
        latest=max(known, default=0),
    )


def without_first(scanned: Scanned, rows: int, codes: Codes) -> Scanned:
    """Return a scanned piece without its first rows; positions count from the first that stays."""
    cut = int(scanned.starts[rows])
    place = bisect_right(scanned.run_rows, rows) - 1
    statuses = dict(scanned.statuses)
    for code in scanned.codes[:rows]:
        mark = codes.mark(code)
        if mark >= 100:
            statuses[mark] -= 1
    return Scanned(
        starts=[int(each) - cut for each in scanned.starts[rows::STRIDE]],
        codes=scanned.codes[rows:],
        run_rows=[0, *(row - rows for row in scanned.run_rows[place + 1 :])],
        run_times=list(scanned.run_times[place:]),
        end=scanned.end - cut,
        statuses=statuses,
        every=STRIDE,
    )


def without_last(segment: Segment, start: int, failed_by_code: bytes) -> Segment | None:
    """Return a segment without its last row, which started at `start`; None if nothing is left."""
    rows = len(segment.codes) - 1
    if rows == 0:
        return None
    offsets = segment.offsets[: (rows + segment.stride - 1) // segment.stride]
    run_rows, run_times = segment.run_rows[:], segment.run_times[:]
    while run_rows and run_rows[-1] >= rows:
        run_rows.pop()
        run_times.pop()
    known = [each for each in run_times if each]
    return Segment(
        store=segment.store,
        begin=segment.begin,
        end=start,
        row=segment.row,
        codes=segment.codes[:rows],
        offsets=offsets,
        stride=segment.stride,
        run_rows=run_rows,
        run_times=run_times,
        failed=segment.failed - failed_by_code[segment.codes[rows]],
        earliest=min(known, default=0),
        latest=max(known, default=0),
    )
