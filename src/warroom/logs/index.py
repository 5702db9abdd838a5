"""The rows of a log in order: segments that grow at both ends while others read."""

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from warroom.logs.segments import (
    STRIDE,
    Codes,
    Scanned,
    Segment,
    extend,
    gap_segment,
    join,
    make_segment,
    without_last,
)
from warroom.logs.stores import Store

ENTRY_LIMIT = 64 << 10
"""Bytes of one entry that are read for drawing or parsing; the rest is cut with a mark."""
CUT = b" [cut]"
_READ = 256 << 10
_LOOK = 2048


class Index:
    """All segments of one log. One thread writes, any thread reads."""

    def __init__(self, codes: Codes | None = None) -> None:
        """Start without rows; `codes` may be shared by indexes of one source."""
        self.lock = threading.RLock()
        self.codes = codes or Codes()
        self._segments: list[Segment] = []
        self._rows: list[int] = []
        self.first = 0
        self.end = 0
        self.failed = 0
        self.statuses: Counter[int] = Counter()
        self.bytes = 0
        """Source bytes covered."""

    def __len__(self) -> int:
        return self.end - self.first

    def append(self, store: Store, begin: int, scanned: Scanned, stride: int = STRIDE) -> None:
        """Add entries after the last row."""
        if not scanned.codes:
            return
        failed_by_code = bytes(self.codes.failed)
        with self.lock:
            last = self._segments[-1] if self._segments else None
            grown = None
            if last is not None and last.store is store and last.stride == stride:
                grown = extend(last, begin, scanned, failed_by_code)
            if grown is not None and last is not None:
                self.failed += grown.failed - last.failed
                self._segments[-1] = grown
            else:
                new = make_segment(store, begin, self.end, scanned, stride, failed_by_code)
                self._segments.append(new)
                self._rows.append(self.end)
                self.failed += new.failed
            self.end += len(scanned.codes)
            self.bytes += scanned.end
            self.statuses.update(scanned.statuses)

    def prepend(self, store: Store, begin: int, scanned: Scanned, stride: int = STRIDE) -> None:
        """Add entries before the first row."""
        if not scanned.codes:
            return
        with self.lock:
            self.first -= len(scanned.codes)
            failed_by_code = bytes(self.codes.failed)
            new = make_segment(store, begin, self.first, scanned, stride, failed_by_code)
            self.failed += new.failed
            self.bytes += scanned.end
            self.statuses.update(scanned.statuses)
            joined = join(new, self._segments[0]) if self._segments else None
            if joined is not None:
                self._segments[0] = joined
                self._rows[0] = self.first
            else:
                self._segments.insert(0, new)
                self._rows.insert(0, self.first)

    def prepend_known(self, segments: Sequence[Segment], statuses: Mapping[int, int]) -> None:
        """Add segments of a kept index, in order, and their counts before the first row."""
        with self.lock:
            for segment in reversed(segments):
                self.first -= len(segment.codes)
                segment.row = self.first
                self.failed += segment.failed
                self.bytes += segment.end - segment.begin
                self._segments.insert(0, segment)
                self._rows.insert(0, self.first)
            self.statuses.update(statuses)

    def open_at_tail(self) -> None:
        """Call the rows so far those that were there: the next one appended is row 0."""
        with self.lock:
            shift = self.end
            for segment in self._segments:
                segment.row -= shift
            self._rows = [row - shift for row in self._rows]
            self.first -= shift
            self.end = 0

    def add_gap(self, store: Store, text: str) -> None:
        """Add a row that says what happened to the source."""
        with self.lock:
            at = self._segments[-1].time(self.end - 1) if self._segments else 0
            self._segments.append(gap_segment(store, self.end, text, at))
            self._rows.append(self.end)
            self.end += 1

    def drop_last(self) -> None:
        """Take the last row back, to scan it again with what has been added to it."""
        with self.lock:
            last = self._segments[-1]
            status = self.codes.mark(last.codes[-1])
            start = self.span(self.end - 1)[1]
            failed_by_code = bytes(self.codes.failed)
            self.failed -= failed_by_code[last.codes[-1]]
            if status >= 100:
                self.statuses[status] -= 1
            self.bytes -= last.end - start
            self.end -= 1
            rest = without_last(last, start, failed_by_code)
            if rest is None:
                self._segments.pop()
                self._rows.pop()
            else:
                self._segments[-1] = rest

    def drop_store(self, store: Store) -> int | None:
        """Take the last rows back, as far as they are of one store, to scan them in another way.

        They have no status. Returns where the first of them started, None where there are none.
        """
        begin = None
        with self.lock:
            while self._segments:
                last = self._segments[-1]
                if last.store is not store or last.gap is not None:
                    break
                self.failed -= last.failed
                self.bytes -= last.end - last.begin
                self.end, begin = last.row, last.begin
                self._segments.pop()
                self._rows.pop()
        return begin

    def replace_store(self, old: Store, new: Store) -> None:
        """Read the rows of a store from another one from now on."""
        with self.lock:
            for place, segment in enumerate(self._segments):
                if segment.store is old:
                    self._segments[place] = replace(segment, store=new)

    def segments(self) -> list[Segment]:
        """Return the segments as they are now, in row order."""
        with self.lock:
            return list(self._segments)

    def last_segment(self) -> Segment | None:
        """Return the segment of the last row."""
        with self.lock:
            return self._segments[-1] if self._segments else None

    def locate(self, row: int) -> Segment | None:
        """Return the segment that holds a row, None where it is not known."""
        with self.lock:
            place = bisect_right(self._rows, row) - 1
            if place < 0 or row >= self.end:
                return None
            return self._segments[place]

    def span(self, row: int) -> tuple[Segment, int, int]:
        """Return the segment of a row and the positions where the entry starts and ends.

        Raises:
            IndexError: The row is not known.
        """
        for segment, start, end, _ in self.spans(row, row + 1):
            return segment, start, end
        raise IndexError(row)

    def spans(self, start: int, stop: int) -> Iterator[tuple[Segment, int, int, bytes]]:
        """Yield segment, start, end and bytes (cut to `ENTRY_LIMIT`) of the rows that are known."""
        row = max(start, self.first)
        while row < stop:
            segment = self.locate(row)
            if segment is None:
                return
            upto = min(stop, segment.stop)
            if segment.gap is not None:
                yield segment, 0, 0, b""
            else:
                yield from _segment_spans(segment, row - segment.row, upto - segment.row)
            row = upto

    def times(self, start: int, stop: int) -> list[int]:
        """Return the epoch second of each row that is known, 0 where it has no time."""
        found: list[int] = []
        row = start
        while row < stop:
            segment = self.locate(row)
            if segment is None:
                break
            upto = min(stop, segment.stop)
            place = bisect_right(segment.run_rows, row - segment.row) - 1
            while row < upto:
                last = place + 1 >= len(segment.run_rows)
                until = upto if last else min(upto, segment.row + segment.run_rows[place + 1])
                found += [segment.run_times[place]] * (until - row)
                row, place = until, place + 1
        return found

    def next_failed(self, row: int, *, backwards: bool) -> int | None:
        """Return the nearest failed row after or before `row`."""
        failed_by_code = bytes(self.codes.failed)
        with self.lock:
            if not self._segments:
                return None
            wanted = row - 1 if backwards else row + 1
            wanted = min(max(wanted, self.first - 1), self.end)
            place = max(0, bisect_right(self._rows, wanted) - 1)
            while 0 <= place < len(self._segments):
                segment = self._segments[place]
                if segment.failed:
                    inside = wanted - segment.row
                    found = _failed_from(segment.codes, inside, failed_by_code, backwards=backwards)
                    if found >= 0:
                        return segment.row + found
                place += -1 if backwards else 1
            return None

    def memory(self) -> int:
        """Bytes the index takes, without the objects that hold the arrays."""
        return sum(segment.memory() for segment in self.segments())


def _failed_from(codes: bytes, start: int, failed: bytes, *, backwards: bool) -> int:
    """Return the place of the nearest failure at or after (before) a place, -1 for none.

    It looks a little at a time: a pane asks for one failure after the other, and they are near.
    """
    if backwards:
        high = min(start + 1, len(codes))
        while high > 0:
            low = max(0, high - _LOOK)
            found = codes[low:high].translate(failed).rfind(b"\1")
            if found >= 0:
                return low + found
            high = low
        return -1
    low = max(0, start)
    while low < len(codes):
        found = codes[low : low + _LOOK].translate(failed).find(b"\1")
        if found >= 0:
            return low + found
        low += _LOOK
    return -1


def _segment_spans(
    segment: Segment, first: int, stop: int
) -> Iterator[tuple[Segment, int, int, bytes]]:
    """Yield the entries of rows `first` to `stop` of a segment, counted inside it."""
    block, last_block = first // segment.stride, (stop - 1) // segment.stride + 1
    begin = segment.begin + segment.offsets[block]
    whole = last_block < len(segment.offsets)
    end = segment.begin + segment.offsets[last_block] if whole else segment.end
    if segment.stride == 1:
        for row in range(first, stop):
            start = segment.begin + segment.offsets[row]
            last = row + 1 == len(segment.offsets)
            entry_end = segment.end if last else segment.begin + segment.offsets[row + 1]
            raw = segment.store.read(start, min(entry_end - start, ENTRY_LIMIT + 2))
            yield segment, start, entry_end, trimmed(raw, entry_end - start)
        return
    row = block * segment.stride
    for start, size, raw in _lines(segment.store, begin, end):
        if row >= stop:
            return
        if row >= first:
            yield segment, start, start + size, trimmed(raw, size)
        row += 1
    while row < stop:  # bytes that are no longer there: the rows stay, empty
        if row >= first:
            yield segment, end, end, b""
        row += 1


def _lines(store: Store, begin: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, size and at most `ENTRY_LIMIT` + 2 bytes of each line between two positions."""
    position, start, held, size = begin, begin, bytearray(), 0
    while position < end:
        data = store.read(position, min(_READ, end - position))
        if not data:
            break
        used = 0
        while True:
            newline = data.find(b"\n", used)
            upto = len(data) if newline < 0 else newline + 1
            held += data[used : min(upto, used + max(0, ENTRY_LIMIT + 2 - len(held)))]
            size += upto - used
            used = upto
            if newline < 0:
                break
            yield start, size, bytes(held)
            start, size = start + size, 0
            held.clear()
        position += len(data)
    if size:
        yield start, size, bytes(held)


def trimmed(raw: bytes, size: int) -> bytes:
    """Return an entry without its last newline, cut with a mark where it was too long."""
    if size > ENTRY_LIMIT + 2:
        return raw[:ENTRY_LIMIT] + CUT
    return raw.removesuffix(b"\n").removesuffix(b"\r")
