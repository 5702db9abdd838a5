"""Read pieces of a store and scan them: towards the head, or on from a position."""

import os

from warroom.logs.formats.reader import Reader
from warroom.logs.index import ENTRY_LIMIT
from warroom.logs.linescan import PAD, LineScanner, Scanner
from warroom.logs.segments import FIRST_SPARE_CODE, Codes, Scanned, without_first
from warroom.logs.stores import Store
from warroom.logs.times import Clock

CHUNK = 1 << 20
"""Bytes scanned at a time: half of it costs a tenth more for the calls, twice of it a sixth more,
as the masks leave the second-level cache."""


def cores() -> int:
    """Return how many processors this process may use: in a container fewer than there are."""
    told = getattr(os, "sched_getaffinity", None)  # Linux tells, others do not
    return len(told(0)) if told else os.cpu_count() or 1


def scanner_of(reader: Reader, clock: Clock, codes: Codes) -> Scanner:
    """Return the fastest scanner for a format; importing it may import numpy."""
    if reader.format.vector:
        from warroom.logs.kernel import AccessScanner  # noqa: PLC0415 - imports numpy

        return AccessScanner(clock, codes)
    reader.hasten()
    return LineScanner(reader, codes)


def line_start(store: Store, position: int) -> int:
    """Return where the line that holds the byte before `position` starts."""
    while position > 0:
        begin = max(0, position - CHUNK)
        newline = store.read(begin, position - begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        position = begin
    return 0


def newline_after(store: Store, position: int, end: int) -> int:
    """Return one past the first newline from `position`, -1 where there is none before `end`."""
    while position < end:
        data = store.read(position, min(CHUNK, end - position))
        newline = data.find(b"\n")
        if newline >= 0:
            return position + newline + 1
        if not data:
            return -1
        position += len(data)
    return -1


def scan_long_line(scanner: Scanner, store: Store, begin: int, end: int) -> Scanned:
    """Return one entry for a line longer than a chunk, judged by its first part."""
    head = store.read(begin, min(ENTRY_LIMIT, end - begin)).split(b"\n", 1)[0]
    scanned = scanner.scan(bytearray(head or b" ") + bytes(PAD), max(1, len(head)), flush=True)
    scanned.end = end - begin
    return scanned


def scan_forward(
    scanner: Scanner, store: Store, begin: int, end: int, buffer: bytearray, *, flush: bool
) -> tuple[Scanned | None, int]:
    """Return the entries from `begin`, and how many bytes were read into the buffer for that.

    Args:
        scanner: Finds them.
        store: Where they are.
        begin: An entry starts here.
        end: Bytes there are; at most a chunk of them is used.
        buffer: Room for a chunk and its padding.
        flush: Whether a last line without a newline is an entry.

    Returns:
        None for the entries where there is no whole line yet.
    """
    wanted = min(CHUNK, end - begin)
    size = store.read_into(memoryview(buffer)[:wanted], begin)
    if size == 0:
        return None, 0
    last = begin + size >= end
    scanned = scanner.scan(buffer, size, flush=flush and last)
    if scanned.end:
        return scanned, size
    if last:
        return None, size
    stop = newline_after(store, begin + size, end)
    if stop < 0 and not flush:
        return None, size
    return scan_long_line(scanner, store, begin, end if stop < 0 else stop), size


def scan_back(
    scanner: Scanner, store: Store, end: int, buffer: bytearray, codes: Codes, floor: int = 0
) -> tuple[int, Scanned] | None:
    """Return where the entries that end at `end` begin, and the entries: up to a chunk of them.

    Their number is a whole number of strides, so that the piece can be joined to what follows.
    Nothing before `floor`, where an entry starts, is read.

    Returns:
        None where the bytes are no longer there.
    """
    begin = max(floor, end - CHUNK)
    size = store.read_into(memoryview(buffer)[: end - begin], begin)
    if size < end - begin:
        return None
    lead = scanner.align(buffer, size) if begin > floor else 0
    if lead < 0 or lead >= size:
        start = line_start(store, end - 1)
        return start, scan_long_line(scanner, store, start, end)
    data = buffer if lead == 0 else buffer[lead : size + PAD]
    scanned = scanner.scan(data, size - lead, flush=True)
    spare = len(scanned.codes) % scanner.stride if begin > floor else 0
    if 0 < spare < len(scanned.codes):
        cut = int(scanned.starts[spare])
        lead += cut
        if max(scanned.codes[:spare]) < FIRST_SPARE_CODE:
            scanned = without_first(scanned, spare, codes)
        else:  # a code that stands for several statuses cannot be taken off their counts
            scanned = scanner.scan(data[cut:], size - lead, flush=True)
    return begin + lead, scanned
