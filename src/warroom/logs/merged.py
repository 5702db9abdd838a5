"""Several logs as one, in order of time.

Each log's own order is kept, whatever its stamps say; between logs the earlier second comes first.
Rows that were there come below row 0, what arrives afterwards from row 0 on, as it arrives.
"""

from __future__ import annotations

import threading
import time
from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from warroom.core.listeners import Listeners
from warroom.logs.protocol import Entry, Histogram, Log, Progress, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warroom.logs.table import Table

BATCH = 4096
"""Rows of each log merged at a time: a millisecond."""
PATIENCE = 2.0
"""Seconds that logs wait for the past of one that does not answer."""
_WINDOW = 1024
_NEWEST = 1 << 62


class Mergeable(Log, Protocol):
    """A log that tells the time of its rows without reading them."""

    def times(self, start: int, stop: int) -> list[int]:
        """Return the epoch second of each row from `start` to `stop`, 0 where unknown."""
        ...

    def matching(self, query: Query, start: int, stop: int) -> list[int]:
        """Return the rows from `start` to `stop` that match, ascending."""
        ...


@dataclass(slots=True)
class _Part:
    """One of the logs, and where its rows are in the whole."""

    log: Mergeable
    back: array[int] = field(default_factory=lambda: array("q"))
    """Rows of the whole for its rows -1, -2 ..."""
    fore: array[int] = field(default_factory=lambda: array("q"))
    """Rows of the whole for its rows 0, 1 ..."""
    oldest: int = _NEWEST
    newest: int = 0
    waited_since: float | None = None
    """Since when the others wait for its past."""

    def row(self, own: int) -> int | None:
        """Return the row of the whole for one of its own, None where it is not merged yet."""
        places, index = (self.fore, own) if own >= 0 else (self.back, -own - 1)
        return places[index] if index < len(places) else None

    @property
    def first(self) -> int:
        """Its lowest row that is merged."""
        return -len(self.back)

    @property
    def end(self) -> int:
        """One past its highest row that is merged."""
        return len(self.fore)


class MergedLog:
    """Several logs behind the protocol of one."""

    def __init__(self, logs: Sequence[Mergeable], *, threaded: bool = True) -> None:
        """Merge the rows the logs have now; a thread goes on as they grow."""
        self._parts = [_Part(log) for log in logs]
        self._lock = threading.RLock()
        self._owner = (array("H"), array("H"))
        """Which log each row is of: rows 0, 1 ... and rows -1, -2 ..."""
        self._listeners = Listeners[[]]()
        self._changed = threading.Event()
        self._closed = threading.Event()
        self.update()
        for part in self._parts:
            part.log.subscribe(self._changed.set)
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._run, name="merge", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._changed.wait(0.1)
            self._changed.clear()
            while self.update() and not self._closed.is_set():
                self._listeners.tell()
                self._closed.wait(0.001)

    def update(self) -> bool:
        """Merge a batch of what the logs have got since; say whether there was any."""
        with self._lock:
            back = self._merge_back()
            return self._merge_fore() or back

    def _merge_back(self) -> bool:
        """Take the newest rows that no log can still have something newer than."""
        batches: list[list[tuple[int, int]]] = []
        limit = 0
        for number, part in enumerate(self._parts):
            low = max(part.log.first, part.first - BATCH)
            batch: list[tuple[int, int]] = []
            stamp = part.oldest
            for second in reversed(part.log.times(low, part.first)):
                stamp = min(stamp, second or stamp)
                batch.append((stamp, number))
            more = low > part.log.first or not part.log.progress().complete
            if more and not batch:
                if not self._late(part):
                    return False
                more = False  # what is late comes above what is there
            if batch:
                part.waited_since = None
            if more:
                limit = max(limit, batch[-1][0])
            batches.append(batch)
        taken = [pair for batch in batches for pair in batch if pair[0] >= limit]
        taken.sort(key=lambda pair: -pair[0])
        owners = self._owner[1]
        for stamp, number in taken:
            part = self._parts[number]
            owners.append(number)
            part.back.append(-len(owners))
            part.oldest = stamp
        return bool(taken)

    def _late(self, part: _Part) -> bool:
        """Return whether a log has been waited for too long: the others must be seen."""
        now = time.monotonic()
        if part.waited_since is None:
            part.waited_since = now
        return now - part.waited_since > PATIENCE

    def _merge_fore(self) -> bool:
        taken: list[tuple[int, int]] = []
        for number, part in enumerate(self._parts):
            stop = min(part.log.end, part.end + BATCH)
            stamp = part.newest
            for second in part.log.times(part.end, stop):
                stamp = max(stamp, second)
                taken.append((stamp, number))
            part.newest = stamp
        taken.sort()
        owners = self._owner[0]
        for _, number in taken:
            self._parts[number].fore.append(len(owners))
            owners.append(number)
        return bool(taken)

    @property
    def label(self) -> str:
        """The names of the logs."""
        return "  ".join(part.log.label for part in self._parts)

    @property
    def format(self) -> str:
        """The formats of the logs, each once."""
        return ", ".join(dict.fromkeys(part.log.format for part in self._parts))

    @property
    def first(self) -> int:
        """The lowest row known so far."""
        return -len(self._owner[1])

    @property
    def end(self) -> int:
        """One past the highest row."""
        return len(self._owner[0])

    def part_of(self, row: int) -> tuple[Log, int]:
        """Return the log that a row is of, and its row there.

        Raises:
            IndexError: The row is not known.
        """
        for part, own, _ in self._spans(row, row + 1):
            return part.log, own
        raise IndexError(row)

    def _spans(self, start: int, stop: int) -> list[tuple[_Part, int, int]]:
        """Return for each log which of its rows lie between two rows of the whole."""
        with self._lock:
            found: dict[int, list[int]] = {}
            counts = [0] * len(self._parts)
            for row in range(start, stop):
                number = self._owner[row < 0][row if row >= 0 else -row - 1]
                counts[number] += 1
                if number not in found:
                    found[number] = [row]
            return [
                (part, own, own + counts[number])
                for number, rows in found.items()
                for part in (self._parts[number],)
                for own in (_own(part, rows[0]),)
            ]

    def entries(self, start: int, stop: int) -> list[Entry]:
        """Return the entries of rows `start` to `stop`, clipped to what is known."""
        start, stop = max(start, self.first), min(stop, self.end)
        found = [
            replace(entry, row=row)
            for part, low, high in self._spans(start, stop)
            for entry in part.log.entries(low, high)
            if (row := part.row(entry.row)) is not None
        ]
        found.sort(key=lambda entry: entry.row)
        return found

    def progress(self) -> Progress:
        """Return how far the indexes are, and the counts so far."""
        each = [part.log.progress() for part in self._parts]
        return Progress(
            indexed_bytes=sum(one.indexed_bytes for one in each),
            total_bytes=sum(one.total_bytes for one in each),
            entries=sum(one.entries for one in each),
            failed=sum(one.failed for one in each),
            complete=all(one.complete for one in each)
            and self.end - self.first >= sum(one.entries for one in each),
        )

    def status_counts(self) -> dict[int, int]:
        """Return how many entries have each status, over what is indexed."""
        total: dict[int, int] = {}
        for part in self._parts:
            for code, count in part.log.status_counts().items():
                total[code] = total.get(code, 0) + count
        return dict(sorted(total.items()))

    def histogram(
        self, buckets: int, since: float | None = None, until: float | None = None
    ) -> Histogram | None:
        """Return volume and failures of all logs over time; None while nothing has a time."""
        if since is None or until is None:
            each = [part.log.histogram(buckets, since, until) for part in self._parts]
            known = [one for one in each if one is not None]
            if not known:
                return None
            since = min(one.start for one in known) if since is None else since
            ends = (one.start + one.width * len(one.total) for one in known)
            until = max(ends) if until is None else until
        whole: Histogram | None = None
        for part in self._parts:
            one = part.log.histogram(buckets, since, until)
            if one is not None and whole is None:
                whole = one
            elif one is not None and whole is not None:
                whole = replace(
                    whole, total=whole.total + one.total, failed=whole.failed + one.failed
                )
        return whole

    def next_failed(self, row: int, *, backwards: bool = False) -> int | None:
        """Return the nearest failed row after (or before) `row`, None where there is none."""
        candidates = []
        with self._lock:
            for part in self._parts:
                own = part.log.next_failed(_before(part, row, backwards), backwards=backwards)
                found = None if own is None else part.row(own)
                if found is not None:
                    candidates.append(found)
        return (max(candidates) if backwards else min(candidates)) if candidates else None

    def row_at(self, at: float) -> int | None:
        """Return the first row at or after a time, None where no row has one."""
        own = [(part, part.log.row_at(at)) for part in self._parts]
        rows = [part.row(row) for part, row in own if row is not None]
        return min((row for row in rows if row is not None), default=None)

    def search(self, query: Query, *, start: int, backwards: bool = False) -> Iterator[list[int]]:
        """Yield rows that match, in batches, nearest to `start` first; some batches are empty."""
        row = min(start, self.end) if backwards else max(start, self.first)
        while row > self.first if backwards else row < self.end:
            low = max(self.first, row - _WINDOW) if backwards else row
            high = row if backwards else min(self.end, row + _WINDOW)
            found = [
                each
                for part, begin, stop in self._spans(low, high)
                for own in part.log.matching(query, begin, stop)
                if (each := part.row(own)) is not None
            ]
            yield sorted(found, reverse=backwards)
            row = low if backwards else high

    def table(
        self, since: float | None = None, until: float | None = None, *, sample: int = 100_000
    ) -> Table:
        """Return columns for analysis over all logs, with the log's name as `source`."""
        from warroom.logs.tables import joined  # noqa: PLC0415 - imports numpy

        share = max(1, sample // len(self._parts))
        return joined(
            [
                (part.log.label, part.log.table(since, until, sample=share), part.row)
                for part in self._parts
            ]
        )

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` from a background thread when something arrived; returns the undoing."""
        return self._listeners.add(changed)

    def close(self) -> None:
        """Stop merging and close the logs."""
        self._closed.set()
        self._changed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=2.0)
        for part in self._parts:
            part.log.close()


def _own(part: _Part, row: int) -> int:
    """Return a log's own row for a row of the whole that is its."""
    places = part.fore if row >= 0 else part.back
    low, high = 0, len(places)
    while low < high:  # `fore` rises and `back` falls
        middle = (low + high) // 2
        before = places[middle] < row if row >= 0 else places[middle] > row
        low, high = (middle + 1, high) if before else (low, middle)
    return low if row >= 0 else -low - 1


def _before(part: _Part, row: int, backwards: bool) -> int:
    """Return the row of a log from which its next failed one lies beyond a row of the whole."""
    own = _own(part, row)
    if part.row(own) == row:
        return own
    if row >= 0:  # `own` is its first row after `row`
        return own if backwards else own - 1
    return own + 1 if backwards else own  # `own` is its last row before `row`
