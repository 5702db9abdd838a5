"""Index access logs with numpy: no Python per line, status and time of every line exact.

Importing this module imports numpy; the engine does so in its own thread, after the first frame.
"""

import numpy as np
import numpy.typing as npt

from warroom.logs.linescan import PAD
from warroom.logs.segments import STRIDE, Codes, Scanned
from warroom.logs.times import Clock

CHUNK = 1 << 20
"""Bytes scanned at a time: the masks stay in the second-level cache (16 MiB is a fifth slower)."""

_Bytes = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.intp]
_NEWLINE, _QUOTE, _SPACE, _BACKSLASH, _BRACKET = 10, 34, 32, 92, 91
# `DD/Mon/Y` as one little-endian word has its slashes in bytes 2 and 6.
_SLASHED = np.uint64((ord("/") << 16) | (ord("/") << 48))
_SLASHES = np.uint64((0xFF << 16) | (0xFF << 48))
_LATEST = (1 << 32) - 86_401  # the index keeps 32 bits of a second
_OPENING = 29  # from `[` to the quote that opens the request


def _words(data: bytearray, kind: str) -> npt.NDArray[np.unsignedinteger]:
    """Return every byte position readable as a little-endian word."""
    size = np.dtype(kind).itemsize
    return np.ndarray((len(data) - size + 1,), dtype=kind, buffer=data, strides=(1,))


class AccessScanner:
    """Scans lines with `[day/Mon/year:time zone]` and `"request" status`.

    The status is the one after the first quote that ends the request: a quote behind an odd
    number of backslashes does not, nor does the one that opens it.
    """

    stride = STRIDE

    def __init__(self, clock: Clock, codes: Codes) -> None:
        self._codes = codes
        self._decode = clock.decoder("clf")
        self._days: dict[bytes, int] = {}
        self._a = np.empty(CHUNK + PAD, np.bool_)
        self._b = np.empty(CHUNK + PAD, np.bool_)

    def align(self, data: bytearray, size: int) -> int:
        """Return where the first line after a partial one starts, -1 for none."""
        return data.find(b"\n", 0, size) + 1 or -1

    def scan(self, data: bytearray, size: int, *, flush: bool = False) -> Scanned:
        """Return the lines of a piece."""
        whole = data.rfind(b"\n", 0, size) + 1
        if flush and whole < size:
            data[size] = _NEWLINE
            whole = size + 1
        if not whole:
            return Scanned([], b"", [], [], 0)
        if whole > len(self._a):
            self._a, self._b = np.empty(whole, np.bool_), np.empty(whole, np.bool_)
        chunk = np.frombuffer(data, np.uint8, whole)
        ends = np.flatnonzero(np.equal(chunk, _NEWLINE, out=self._a[:whole]))
        rows = ends.size
        stamps, stamped = self._stamps(data, chunk, ends)
        marks, parsed = self._statuses(data, chunk, ends)
        run_rows, run_times = self._times(data, stamps, stamped)
        if stamped is not None:
            parsed &= stamped
        counts = np.bincount(marks, minlength=1)
        statuses = {int(each): int(counts[each]) for each in np.flatnonzero(counts) if each}
        for status in statuses:
            self._codes.code(status)
        table = np.frombuffer(bytes(self._codes.lut), np.uint8)
        starts = np.empty(rows, np.int64)
        starts[0] = 0
        np.add(ends[:-1], 1, out=starts[1:])
        known = run_times[run_times > 0]
        return Scanned(
            starts=starts,  # type: ignore[arg-type]  # sliced and iterated like a sequence
            codes=table[marks].tobytes(),
            run_rows=run_rows.tolist(),
            run_times=run_times.tolist(),
            end=min(whole, size),
            statuses=statuses,
            parsed=int(np.count_nonzero(parsed)),
            lines=rows,
            timed=(float(known.min()), float(known.max())) if known.size else None,
        )

    def _statuses(
        self, data: bytearray, chunk: _Bytes, ends: _Places
    ) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
        """Return the status of each line, 0 for none, and which lines have one."""
        size = chunk.size
        mask = np.equal(chunk[:-1], _QUOTE, out=self._a[: size - 1])
        mask &= np.equal(chunk[1:], _SPACE, out=self._b[: size - 1])
        quotes = np.flatnonzero(mask)
        word = _words(data, "<u4")[quotes + 2]
        hundreds = (word & 255) - 48
        tens, ones, after = ((word >> 8) & 255) - 48, ((word >> 16) & 255) - 48, word >> 24
        fits = (hundreds - 1 < 5) & (tens < 10) & (ones < 10)
        fits &= (after == _SPACE) | (after == _NEWLINE) | (after == 13)
        quotes = quotes[fits]
        status = (hundreds * 100 + tens * 10 + ones)[fits].astype(np.uint16)
        before = chunk[np.maximum(quotes - 1, 0)]
        doubtful = np.flatnonzero((before == _BACKSLASH) | (before == _SPACE))
        if doubtful.size:
            keep = np.ones(quotes.size, np.bool_)
            for place in doubtful.tolist():
                keep[place] = _ends_request(data, int(quotes[place]))
            quotes, status = quotes[keep], status[keep]
        if quotes.size == ends.size and _one_a_line(quotes, ends):
            return status, np.ones(ends.size, np.bool_)
        line = np.searchsorted(ends, quotes)
        first = np.empty(line.size, np.bool_)
        if line.size:
            first[0] = True
            np.not_equal(line[1:], line[:-1], out=first[1:])
        marks = np.zeros(ends.size, np.uint16)
        marks[line[first]] = status[first]
        return marks, marks > 0

    def _stamps(
        self, data: bytearray, chunk: _Bytes, ends: _Places
    ) -> tuple[_Places, npt.NDArray[np.bool_] | None]:
        """Return where each line's time stamp opens and which lines have one (None for all).

        A line without one has the place of the line before; of several brackets in a line the
        first that looks like a stamp counts.
        """
        size = chunk.size
        found = np.flatnonzero(np.equal(chunk, _BRACKET, out=self._a[:size]))
        looks = (_words(data, "<u8")[found + 1] & _SLASHES) == _SLASHED
        if not looks.all():
            found = found[looks]
        if found.size == ends.size and _one_a_line(found, ends):
            return found, None
        line = np.searchsorted(ends, found)
        first = np.empty(line.size, np.bool_)
        if line.size:
            first[0] = True
            np.not_equal(line[1:], line[:-1], out=first[1:])
        stamps = np.full(ends.size, -1, np.intp)
        stamps[line[first]] = found[first]
        return np.maximum.accumulate(stamps), stamps >= 0

    def _times(
        self, data: bytearray, stamps: _Places, stamped: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the rows where the epoch second changes, and the seconds (0 for not known)."""
        rows = stamps.size
        at = np.maximum(stamps, 0)
        words = _words(data, "<u8")
        clock, day, zone = words[at + 13], words[at + 1], words[at + 19]
        change = np.empty(rows, np.bool_)
        change[0] = True
        np.not_equal(clock[1:], clock[:-1], out=change[1:])
        change[1:] |= day[1:] != day[:-1]
        change[1:] |= zone[1:] != zone[:-1]
        places = np.flatnonzero(change)
        clock = clock[places]

        def digit(byte: int) -> npt.NDArray[np.int64]:
            each: npt.NDArray[np.uint64] = (clock >> np.uint64(8 * byte)) & np.uint64(255)
            return each.astype(np.int64) - 48

        second = (digit(0) * 10 + digit(1)) * 3600 + (digit(3) * 10 + digit(4)) * 60
        second += digit(6) * 10 + digit(7)
        base = self._bases(data, at[places])
        times = np.where(
            (base > 0) & (base < _LATEST) & (second >= 0) & (second <= 86400), base + second, 0
        )
        if stamped is not None:
            # before the first stamp of the piece nothing is known; after it a line without one
            # has the time of the line before
            times = np.where(stamps[places] >= 0, times, 0)
        keep = np.empty(places.size, np.bool_)
        keep[0] = True
        np.not_equal(times[1:], times[:-1], out=keep[1:])
        keep[1:] &= times[1:] > 0
        return places[keep].astype(np.int64), times[keep]

    def _bases(self, data: bytearray, at: _Places) -> npt.NDArray[np.int64]:
        """Return the epoch second of midnight of each stamp's day in its zone; 0 for no day."""
        words = _words(data, "<u8")
        day, year, zone = words[at + 1], words[at + 4], words[at + 19]
        change = np.empty(at.size, np.bool_)
        change[0] = True
        np.not_equal(day[1:], day[:-1], out=change[1:])
        change[1:] |= year[1:] != year[:-1]
        change[1:] |= (zone[1:] ^ zone[:-1]) >> np.uint64(16) != 0
        places = np.flatnonzero(change)
        bases = np.empty(places.size, np.int64)
        for number, start in enumerate(at[places].tolist()):
            key = bytes(data[start + 1 : start + 12] + data[start + 21 : start + 27])
            base = self._days.get(key)
            if base is None:
                found = self._decode(key[:11] + b":00:00:00" + key[11:])
                base = int(found) if found is not None else 0
                if len(self._days) > 4096:
                    self._days.clear()
                self._days[key] = base
            bases[number] = base
        repeated: npt.NDArray[np.int64] = np.repeat(bases, np.diff(np.append(places, at.size)))
        return repeated


def _one_a_line(places: _Places, ends: _Places) -> bool:
    return bool((places < ends).all()) and bool((places[1:] > ends[:-1]).all())


def _ends_request(data: bytearray, quote: int) -> bool:
    """Say whether a quote behind a backslash or a space ends a request."""
    place = quote - 1
    while place >= 0 and data[place] == _BACKSLASH:
        place -= 1
    if (quote - 1 - place) % 2:
        return False
    opening = quote - _OPENING
    return not (opening >= 0 and data[opening] == _BRACKET and data[quote - 2] == ord("]"))
