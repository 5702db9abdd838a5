"""Find stamp and status of access lines by looking at the first bytes of each, not at all bytes.

Most lines have their stamp within 64 bytes and the end of their request soon after it. What does
not look exactly like that is left to the general way, which reads every byte.
"""

import numpy as np
import numpy.typing as npt

_Places = npt.NDArray[np.intp]
_Words = npt.NDArray[np.uint64]
_Flags = npt.NDArray[np.bool_]
WINDOW = 64
"""Bytes looked at together: one bit each makes a word."""
_ROUNDS = 3
"""Windows after the opening quote: a request longer than that is left to the general way."""
_QUOTE, _SPACE, _BACKSLASH, _BRACKET = 34, 32, 92, 91
_OPENING = 29  # from `[` to the quote that opens the request
# `[DD/Mon/` from the bracket on, and the three bytes `] "` that close the stamp
_STAMP_MASK = np.uint64(0xFF << 56 | 0xFF << 24 | 0xFF)
_STAMP = np.uint64(ord("/") << 56 | ord("/") << 24 | _BRACKET)
_CLOSE_MASK, _CLOSE = np.uint32(0xFFFFFF), np.uint32(ord("]") | _SPACE << 8 | _QUOTE << 16)
_WITHIN = np.uint64((1 << (WINDOW - 2)) - 1)  # the last two bits have not all their bytes
_EXPONENT, _BIAS = np.uint64(52), np.uint64(1023)
_ONE, _SHIFT = np.uint64(1), np.uint64(_OPENING)
_DIGIT_SHIFTS = (np.uint64(24), np.uint64(32), np.uint64(40))
_STATUS_MASK = np.uint64(0x0000_F0F0_F0FF_FF00)
_STATUS = np.uint64(0x0000_3030_3020_2200)


def every(data: bytearray, kind: str) -> npt.NDArray[np.unsignedinteger]:
    """Return every byte position readable as a little-endian word."""
    size = np.dtype(kind).itemsize
    return np.ndarray((len(data) - size + 1,), dtype=kind, buffer=data, strides=(1,))


def _windows(data: bytearray, places: _Places) -> npt.NDArray[np.uint8]:
    """Return the bytes from each place on, one window after the other."""
    return every(data, f"V{WINDOW}")[places].view(np.uint8)


def _bits(flags: _Flags) -> _Words:
    """Return one word a window, the lowest bit for its first byte."""
    return np.packbits(flags, bitorder="little").view("<u8")


def _lowest(words: _Words) -> _Words:
    return words & (~words + _ONE)


def _number(bit: _Words) -> _Places:
    """Return which bit is set; anything for none."""
    exponent = (bit.astype(np.float64).view(np.uint64) >> _EXPONENT) - _BIAS
    return exponent.astype(np.intp) & (WINDOW - 1)


def regular(
    data: bytearray, starts: _Places, ends: _Places
) -> tuple[_Places, npt.NDArray[np.uint16], _Flags]:
    """Return where each line's stamp opens, its status, and whether both are certain.

    Args:
        data: Lines, with a window of readable bytes after them.
        starts: Where each line starts.
        ends: Where the newline of each is.
    """
    seen = _windows(data, starts)
    marks = _bits((seen == _BRACKET) | (seen == _QUOTE))
    first = _lowest(marks)
    stamps = starts + _number(first)
    words = every(data, "<u8")
    certain = (_lowest(marks ^ first) == first << _SHIFT) & (first != 0)
    certain &= stamps + _OPENING < ends
    opening = np.minimum(stamps, len(data) - WINDOW // 2)
    certain &= (words[opening] & _STAMP_MASK) == _STAMP
    certain &= (every(data, "<u4")[opening + (_OPENING - 2)] & _CLOSE_MASK) == _CLOSE
    status = np.zeros(starts.size, np.uint16)
    lines = np.flatnonzero(certain)
    certain[:] = False
    begin = stamps[lines] + (_OPENING + 1)
    for _ in range(_ROUNDS):
        if not lines.size:
            break
        found, quotes = _first_quote(data, begin)
        there = found & (quotes < ends[lines])
        hits = lines[there]
        status[hits], certain[hits] = _status(words[quotes[there] - 1])
        begin = begin + (WINDOW - 2)
        left = ~found & (begin < ends[lines])
        lines, begin = lines[left], begin[left]
    return stamps, status, certain


def _first_quote(data: bytearray, begin: _Places) -> tuple[_Flags, _Places]:
    """Return in which windows a quote, a space and one of 0-7 follow each other, and where."""
    seen = _windows(data, begin)
    flags = seen == _QUOTE
    flags[:-1] &= (seen == _SPACE)[1:]
    flags[:-2] &= ((seen & 0xF8) == ord("0"))[2:]
    first = _lowest(_bits(flags) & _WITHIN)
    return first != 0, begin + _number(first)


def _status(word: _Words) -> tuple[npt.NDArray[np.uint16], _Flags]:
    """Return the status after each quote, and whether it is certainly the line's.

    A quote behind a backslash or a space may not be the end of the request.
    """
    hundreds, tens, ones = ((word >> shift) & np.uint64(15) for shift in _DIGIT_SHIFTS)
    before, after = word & np.uint64(255), (word >> np.uint64(48)) & np.uint64(255)
    certain = ((word & _STATUS_MASK) == _STATUS) & (hundreds - _ONE < 5) & (tens < 10) & (ones < 10)
    certain &= (after == _SPACE) & (before != _BACKSLASH) & (before != _SPACE)
    return (hundreds * 100 + tens * 10 + ones).astype(np.uint16), certain
