"""Index access logs with numpy: no Python per line, status and time of every line exact.

Importing this module imports numpy; the engine does so in its own thread, after the first frame.
"""

import numpy as np
import numpy.typing as npt

from warroom.logs.heads import WINDOW, every, regular
from warroom.logs.segments import STRIDE, Codes, Scanned
from warroom.logs.times import Clock

_Bytes = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.intp]
_NEWLINE, _RETURN, _QUOTE, _SPACE, _BACKSLASH, _BRACKET = 10, 13, 34, 32, 92, 91
# `DD/Mon/Y` as one little-endian word has its slashes in bytes 2 and 6.
_SLASHED = np.uint64((ord("/") << 16) | (ord("/") << 48))
_SLASHES = np.uint64((0xFF << 16) | (0xFF << 48))
_LATEST = (1 << 32) - 86_401  # the index keeps 32 bits of a second
# The word from the byte before a quote on: quote, space, three bytes 0x3_, then anything.
_STATUS_MASK = np.uint64(0x0000_F0F0_F0FF_FF00)
_STATUS = np.uint64(0x0000_3030_3020_2200)
_DIGIT_SHIFTS = (np.uint64(24), np.uint64(32), np.uint64(40))
_AFTER_SHIFT = np.uint64(48)
_LOWEST = np.array([0] + [(byte & -byte).bit_length() - 1 for byte in range(1, 256)], np.intp)
_MINUTES = 4096
_ODD_SHARE = 8
"""One line in so many may need the general way before all lines of a piece take it."""
_PIECES = 64
"""Pieces that take it then, until the quick way is tried again."""
_FEW = 200  # stamps that are decoded one by one
_OPENING = 29  # from `[` to the quote that opens the request


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
        self._minutes: dict[bytes, int] = {}
        self._irregular = 0
        """Pieces for which the quick way is not tried, as it did not fit the one before."""
        self._landmarks = np.empty(0, np.bool_)
        self._mask = np.empty(0, np.bool_)
        self._shifted = np.empty(0, np.uint8)

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
        chunk = np.frombuffer(data, np.uint8, whole)
        ends = self._newlines(chunk)
        rows = ends.size
        starts = np.empty(rows, np.int64)
        starts[0] = 0
        np.add(ends[:-1], 1, out=starts[1:])
        stamps, marks = self._lines(data, starts, ends)
        stamped = stamps >= 0
        parsed = marks > 0
        if stamped.all():
            run_rows, run_times = self._times(data, stamps, None)
        else:
            # a line without a stamp has the place of the line before
            run_rows, run_times = self._times(data, np.maximum.accumulate(stamps), stamped)
            parsed &= stamped
        counts = np.bincount(marks, minlength=1)
        statuses = {int(each): int(counts[each]) for each in np.flatnonzero(counts) if each}
        for status in statuses:
            self._codes.code(status)
        table = np.frombuffer(bytes(self._codes.lut), np.uint8)
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

    def _newlines(self, chunk: _Bytes) -> _Places:
        if chunk.size > self._mask.size:
            self._landmarks = np.empty(chunk.size, np.bool_)
            self._mask = np.empty(chunk.size, np.bool_)
            self._shifted = np.empty(chunk.size, np.uint8)
        found = np.equal(chunk, _NEWLINE, out=self._mask[: chunk.size])
        return _set_bits(np.packbits(found, bitorder="little"))

    def _lines(
        self, data: bytearray, starts: _Places, ends: _Places
    ) -> tuple[_Places, npt.NDArray[np.uint16]]:
        """Return where the stamp of each line opens, -1 for none, and its status, 0 for none."""
        if not self._irregular:
            stamps, marks, certain = regular(data, starts, ends)
            odd = np.flatnonzero(~certain)
            if not odd.size:
                return stamps, marks
            if odd.size * _ODD_SHARE < ends.size:
                begins, stops = starts[odd], ends[odd] + 1
                pairs = zip(begins.tolist(), stops.tolist(), strict=True)
                few = bytearray().join([data[begin:stop] for begin, stop in pairs])
                shift = begins - np.append(0, np.cumsum(stops - begins)[:-1])
                found, marks[odd] = self._lines_by_landmarks(few + bytes(WINDOW), len(few))
                stamps[odd] = np.where(found >= 0, found + shift, -1)
                return stamps, marks
            self._irregular = _PIECES
        self._irregular -= 1
        return self._lines_by_landmarks(data, int(ends[-1]) + 1)

    def _lines_by_landmarks(
        self, data: bytearray, size: int
    ) -> tuple[_Places, npt.NDArray[np.uint16]]:
        """Return the same after a look at every byte: exact for any line."""
        ends, brackets, quotes = self._find(np.frombuffer(data, np.uint8, size))
        return _stamps(data, brackets, ends), _statuses(data, quotes, ends)

    def _find(self, chunk: _Bytes) -> tuple[_Places, _Places, _Places]:
        """Return where lines end, where brackets open, and where quote, space and 0-7 follow.

        All three go into one mask that is packed to bits before it is searched: half the time of
        searching three masks of bytes.
        """
        size = chunk.size
        found, mask, shifted = self._landmarks[:size], self._mask[:size], self._shifted[:size]
        np.equal(chunk, _QUOTE, out=found)
        np.equal(chunk, _SPACE, out=mask)
        found[:-1] &= mask[1:]
        np.equal(np.bitwise_and(chunk, 0xF8, out=shifted), ord("0"), out=mask)
        found[:-2] &= mask[2:]
        found[-2:] = False
        found |= np.equal(chunk, _NEWLINE, out=mask)
        found |= np.equal(chunk, _BRACKET, out=mask)
        places = _set_bits(np.packbits(found, bitorder="little"))
        kind = chunk[places]
        return places[kind == _NEWLINE], places[kind == _BRACKET], places[kind == _QUOTE]

    def _times(
        self, data: bytearray, stamps: _Places, stamped: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the rows where the epoch second changes, and the seconds (0 for not known)."""
        rows = stamps.size
        at = np.maximum(stamps, 0)
        words = every(data, "<u8")
        clock, day, zone = words[at + 13], words[at + 1], words[at + 19]
        change = np.empty(rows, np.bool_)
        change[0] = True
        np.not_equal(clock[1:], clock[:-1], out=change[1:])
        change[1:] |= day[1:] != day[:-1]
        change[1:] |= zone[1:] != zone[:-1]
        places = np.flatnonzero(change)
        times = (
            self._times_one_by_one(data, at[places])
            if places.size < _FEW
            else self._times_at_once(data, at[places])
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

    def _times_one_by_one(self, data: bytearray, at: _Places) -> npt.NDArray[np.int64]:
        """Return the epoch seconds of stamps, 0 for no time: cheaper for a handful."""
        return np.array([self._time(bytes(data[p + 1 : p + 27])) for p in at.tolist()], np.int64)

    def _time(self, stamp: bytes) -> int:
        """Return the epoch second of a stamp, 0 for no time.

        Zones shift at whole minutes: only the first stamp of a minute is decoded.
        """
        second = stamp[18:20]
        if not second.isdigit() or second > b"60":
            return 0
        key = stamp[:18] + b"00" + stamp[20:]
        minute = self._minutes.get(key)
        if minute is None:
            found = self._decode(key)
            if len(self._minutes) > _MINUTES:
                self._minutes.clear()
            minute = self._minutes[key] = -1 if found is None else int(found)
        at = minute + int(second)
        return at if minute >= 0 and at < _LATEST else 0

    def _times_at_once(self, data: bytearray, at: _Places) -> npt.NDArray[np.int64]:
        """Return the epoch seconds of stamps, 0 for no time: arithmetic on all of them."""
        clock = every(data, "<u8")[at + 13]

        def digit(byte: int) -> npt.NDArray[np.int64]:
            each: npt.NDArray[np.uint64] = (clock >> np.uint64(8 * byte)) & np.uint64(255)
            return each.astype(np.int64) - 48

        second = (digit(0) * 10 + digit(1)) * 3600 + (digit(3) * 10 + digit(4)) * 60
        second += digit(6) * 10 + digit(7)
        base = self._bases(data, at)
        known = (base > 0) & (base < _LATEST) & (second >= 0) & (second <= 86400)
        return np.where(known, base + second, 0)

    def _bases(self, data: bytearray, at: _Places) -> npt.NDArray[np.int64]:
        """Return the epoch second of midnight of each stamp's day in its zone; 0 for no day."""
        words = every(data, "<u8")
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


def _statuses(data: bytearray, quotes: _Places, ends: _Places) -> npt.NDArray[np.uint16]:
    """Return the status of each line, 0 for none."""
    # what is before the quote, the quote, a space, three digits, what follows them: one word
    word = every(data, "<u8")[quotes - 1]
    likely = (word & _STATUS_MASK) == _STATUS
    if not likely.all():
        quotes, word = quotes[likely], word[likely]
    hundreds, tens, ones = ((word >> shift) & 15 for shift in _DIGIT_SHIFTS)
    before, after = word & 255, (word >> _AFTER_SHIFT) & 255
    fits = (hundreds - 1 < 5) & (tens < 10) & (ones < 10)
    fits &= (after == _SPACE) | (after == _NEWLINE) | (after == _RETURN)
    status: npt.NDArray[np.uint16] = (hundreds * 100 + tens * 10 + ones).astype(np.uint16)
    if not fits.all():
        quotes, before, status = quotes[fits], before[fits], status[fits]
    doubtful = np.flatnonzero((before == _BACKSLASH) | (before == _SPACE))
    if doubtful.size:
        keep = np.ones(quotes.size, np.bool_)
        for place in doubtful.tolist():
            keep[place] = _ends_request(data, int(quotes[place]))
        quotes, status = quotes[keep], status[keep]
    if quotes.size == ends.size and _one_a_line(quotes, ends):
        return status
    line, first = _first_a_line(quotes, ends)
    marks = np.zeros(ends.size, np.uint16)
    marks[line] = status[first]
    return marks


def _stamps(data: bytearray, brackets: _Places, ends: _Places) -> _Places:
    """Return where each line's time stamp opens, -1 for none.

    Of several brackets in a line the first that looks like a stamp counts.
    """
    looks = (every(data, "<u8")[brackets + 1] & _SLASHES) == _SLASHED
    if not looks.all():
        brackets = brackets[looks]
    if brackets.size == ends.size and _one_a_line(brackets, ends):
        return brackets
    line, first = _first_a_line(brackets, ends)
    stamps = np.full(ends.size, -1, np.intp)
    stamps[line] = brackets[first]
    return stamps


def _first_a_line(places: _Places, ends: _Places) -> tuple[_Places, _Places]:
    """Return the lines that have a place, and which place is the first of each."""
    line = np.searchsorted(ends, places)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    return line[first], first


def _set_bits(packed: _Bytes) -> _Places:
    """Return the positions of the bits that are set, counted from the lowest of the first byte."""
    byte = np.flatnonzero(packed != 0)
    value = packed[byte]
    places = _LOWEST[value]
    places += byte * 8
    rest = value & (value - 1)
    if not rest.any():
        return places
    parts = [places]
    while (more := np.flatnonzero(rest)).size:
        byte, rest = byte[more], rest[more]
        parts.append(byte * 8 + _LOWEST[rest])
        rest &= rest - 1
    joined = np.concatenate(parts)
    joined.sort()
    return joined


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
