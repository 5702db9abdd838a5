"""Scan towards the head ahead of whoever takes the pieces, with two threads.

numpy lets go of the interpreter while it works. Importing this module imports numpy; the engine
does so in its own thread, after the first frame.
"""

import queue
from bisect import bisect_left
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import reduce

import numpy as np

from warroom.logs.kernel import AccessScanner
from warroom.logs.linescan import PAD
from warroom.logs.scanning import CHUNK, line_start, newline_after, scan_forward
from warroom.logs.segments import FIRST_SPARE_CODE, STRIDE, Codes, Scanned, counted, without_first
from warroom.logs.stores import Store
from warroom.logs.times import Clock

THREADS = 2
AHEAD = 4
"""Pieces that are at work or ready: enough that no thread waits for the one that takes them."""
_NEAR = 4096
"""Bytes in which a line usually ends."""


class Ahead:
    """Scans the chunks before a position while earlier ones are being taken."""

    def __init__(self, clock: Clock, codes: Codes) -> None:
        self._codes = codes
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="log scan")
        self._tools: queue.SimpleQueue[tuple[AccessScanner, bytearray]] = queue.SimpleQueue()
        for _ in range(THREADS):
            self._tools.put((AccessScanner(clock, codes), bytearray(CHUNK + PAD)))
        self._store: Store | None = None
        self._taken = -1
        """What the last call returned as the beginning."""
        self._next = 0
        """Where the next piece to scan ends."""
        self._pieces: deque[tuple[int, Future[Scanned | None]]] = deque()
        self._left: Scanned | None = None
        """Entries scanned before `_taken` that did not make a whole stride."""

    def back(self, store: Store, end: int) -> tuple[int, Scanned] | None:
        """Return where the entries that end at `end` begin, and the entries: about a chunk of them.

        Their number is a whole number of strides, so that the piece can be joined to what follows.

        Returns:
            None where the bytes are no longer there.
        """
        if store is not self._store or end != self._taken:
            self._begin_at(store, end)
        while len(self._pieces) < AHEAD and self._next:
            stop, self._next = self._next, _start(store, self._next)
            work = self._pool.submit(self._scan, store, self._next, stop)
            self._pieces.append((self._next, work))
        begin, work = self._pieces.popleft()
        scanned = work.result()
        if scanned is None:
            self._begin_at(store, -1)
            return None
        if self._left is not None:
            scanned, self._left = _joined(scanned, self._left), None
        spare = len(scanned.codes) % STRIDE if begin else 0
        if 0 < spare < len(scanned.codes):
            # A code that stands for several statuses tells no counts: such rows are read again.
            own = max(scanned.codes[:spare]) < FIRST_SPARE_CODE
            stop = begin + int(scanned.starts[spare])
            left = _first(scanned, spare, self._codes) if own else self._scan(store, begin, stop)
            if left is None:
                self._begin_at(store, -1)
                return None
            scanned = without_first(scanned, spare, Counter(left.statuses))
            self._left, begin = left, stop
        self._taken = begin
        return begin, scanned

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _begin_at(self, store: Store, end: int) -> None:
        for _, work in self._pieces:
            work.cancel()
        self._pieces.clear()
        self._left, self._store, self._taken, self._next = None, store, end, end

    def _scan(self, store: Store, begin: int, end: int) -> Scanned | None:
        """Return the entries between two positions at which entries start."""
        tools = self._tools.get()
        try:
            found: list[Scanned] = []
            while begin < end:
                scanned = scan_forward(tools[0], store, begin, end, tools[1], flush=True)
                if scanned is None:
                    return None
                found.append(scanned)
                begin += scanned.end
            return reduce(_joined, found)
        finally:
            self._tools.put(tools)


def _start(store: Store, stop: int) -> int:
    """Return where the first line of the chunk before `stop` starts, at least one line before."""
    position = stop - CHUNK
    if position <= 0:
        return 0
    near = store.read(position, _NEAR).find(b"\n")
    found = position + near + 1 if near >= 0 else newline_after(store, position, stop)
    return found if 0 <= found < stop else line_start(store, stop - 1)


def _first(scanned: Scanned, rows: int, codes: Codes) -> Scanned:
    """Return the first rows of a scanned piece that has every start."""
    runs = bisect_left(scanned.run_rows, rows)
    return Scanned(
        starts=scanned.starts[:rows],
        codes=scanned.codes[:rows],
        run_rows=scanned.run_rows[:runs],
        run_times=scanned.run_times[:runs],
        end=int(scanned.starts[rows]),
        statuses=dict(counted(codes, scanned.codes[:rows])),
    )


def _joined(first: Scanned, second: Scanned) -> Scanned:
    """Return two neighbouring pieces, each with every start, as one."""
    rows = len(first.codes)
    # A time not known yet (0) is that of the entry before.
    skip = int(second.run_times[0] in (0, first.run_times[-1]))
    starts = np.concatenate([first.starts, np.add(second.starts, first.end)])
    return Scanned(
        starts=starts,  # type: ignore[arg-type]  # sliced and iterated like a sequence
        codes=first.codes + second.codes,
        run_rows=[*first.run_rows, *(row + rows for row in second.run_rows[skip:])],
        run_times=[*first.run_times, *second.run_times[skip:]],
        end=first.end + second.end,
        statuses=dict(Counter(first.statuses) + Counter(second.statuses)),
    )
