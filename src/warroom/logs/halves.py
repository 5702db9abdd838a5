"""Scan towards the head with two threads: numpy lets go of the interpreter while it works.

Importing this module imports numpy; the engine does so in its own thread, after the first frame.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from warroom.logs.kernel import AccessScanner
from warroom.logs.linescan import PAD
from warroom.logs.scanning import CHUNK, newline_after, scan_back, scan_forward
from warroom.logs.segments import FIRST_SPARE_CODE, Codes, Scanned, without_first
from warroom.logs.stores import Store
from warroom.logs.times import Clock

_NEAR = 4096
"""Bytes in which a line usually ends."""


class Halves:
    """Scans two chunks at a time, the later one in a thread of its own."""

    def __init__(self, clock: Clock, codes: Codes) -> None:
        self._codes = codes
        self._scanners = AccessScanner(clock, codes), AccessScanner(clock, codes)
        self._buffers = bytearray(CHUNK + PAD), bytearray(CHUNK + PAD)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="log half")

    def back(self, store: Store, end: int, floor: int = 0) -> tuple[int, Scanned] | None:
        """Return where the entries that end at `end` begin, and the entries: about two chunks.

        What `scanning.scan_back` says of their number, of `floor` and of None holds here as well.
        """
        middle = self._start(store, end - CHUNK, end, floor)
        begin = self._start(store, middle - CHUNK, middle, floor)
        if not floor <= begin < middle < end:  # the last bit, or lines longer than a chunk
            return scan_back(self._scanners[0], store, end, self._buffers[0], self._codes, floor)
        later = self._pool.submit(
            scan_forward, self._scanners[1], store, middle, end, self._buffers[1], flush=True
        )
        first = scan_forward(self._scanners[0], store, begin, middle, self._buffers[0], flush=True)
        second = later.result()
        if first is None or second is None:
            return None
        scanned = _joined(first, second)
        spare = len(scanned.codes) % AccessScanner.stride if begin > floor else 0
        if not spare:
            return begin, scanned
        if max(scanned.codes[:spare]) >= FIRST_SPARE_CODE:
            # A code that stands for several statuses cannot be taken off their counts.
            return scan_back(self._scanners[0], store, end, self._buffers[0], self._codes, floor)
        return begin + int(scanned.starts[spare]), without_first(scanned, spare, self._codes)

    def _start(self, store: Store, position: int, end: int, floor: int) -> int:
        """Return where the first line from a position on starts; -1 for none."""
        if position <= floor:
            return floor
        near = store.read(position, _NEAR).find(b"\n")
        return position + near + 1 if near >= 0 else newline_after(store, position, end)

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False)


def _joined(first: Scanned, second: Scanned) -> Scanned:
    """Return two neighbouring pieces, each with every start, as one."""
    rows = len(first.codes)
    statuses = dict(first.statuses)
    for status, count in second.statuses.items():
        statuses[status] = statuses.get(status, 0) + count
    # A time not known yet (0) is that of the entry before.
    skip = int(second.run_times[0] in (0, first.run_times[-1]))
    starts = np.concatenate([first.starts, np.add(second.starts, first.end)])
    return Scanned(
        starts=starts,  # type: ignore[arg-type]  # sliced and iterated like a sequence
        codes=first.codes + second.codes,
        run_rows=[*first.run_rows, *(row + rows for row in second.run_rows[skip:])],
        run_times=[*first.run_times, *second.run_times[skip:]],
        end=first.end + second.end,
        statuses=statuses,
    )
