"""The part of a log that all sources share: rows from an index, parsed when they are drawn."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from warroom.core.listeners import Listeners
from warroom.logs.protocol import Entry, Histogram, Query
from warroom.logs.search import matching, search_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warroom.logs.formats.reader import Reader
    from warroom.logs.index import Index
    from warroom.logs.segments import Segment
    from warroom.logs.stores import Store
    from warroom.logs.table import Table


class IndexedLog:
    """Answers what `protocol.Log` asks of rows from an index, which subclasses fill."""

    timed_by_index = False
    """Whether the index knows the time of entries that do not say it themselves."""

    def __init__(self, label: str, index: Index, reader: Reader) -> None:
        self._label = label
        self._index = index
        self._reader = reader
        self._listeners = Listeners[[]]()
        self._closed = threading.Event()

    @property
    def label(self) -> str:
        """Its name on the screen."""
        return self._label

    @property
    def format(self) -> str:
        """The name of the recognised format."""
        reader = self._reader
        return (
            f"{reader.format.name}+{reader.inner.format.name}"
            if reader.inner
            else reader.format.name
        )

    @property
    def first(self) -> int:
        """The lowest row known so far."""
        return self._index.first

    @property
    def end(self) -> int:
        """One past the highest row."""
        return self._index.end

    def entries(self, start: int, stop: int) -> list[Entry]:
        """Return the entries of rows `start` to `stop`, clipped to what is known."""
        row = max(start, self._index.first)
        found = []
        for segment, begin, _, raw in self._index.spans(row, stop):
            found.append(self._entry(row, segment, begin, raw))
            row += 1
        return found

    def _entry(self, row: int, segment: Segment, begin: int, raw: bytes) -> Entry:
        label = segment.store.label or self._label
        if segment.gap is not None:
            at = float(segment.run_times[0]) or None
            return Entry(row=row, source=label, offset=-1, raw=b"", at=at, gap=segment.gap)
        if not raw and segment.store.lost:
            at = float(segment.time(row)) or None
            return Entry(
                row=row, source=label, offset=begin, raw=b"", at=at, gap=segment.store.lost
            )
        parsed = self._reader.parse(raw)
        at = parsed.at
        if at is None and self.timed_by_index:
            at = float(segment.time(row)) or None
        return Entry(
            row=row,
            source=label,
            offset=begin,
            raw=raw,
            at=at,
            status=parsed.status,
            level=parsed.level,
            method=parsed.method,
            path=parsed.path,
            duration=parsed.duration,
            upstream=parsed.upstream,
            release=parsed.release,
            message=parsed.message,
            fields=parsed.fields,
        )

    def status_counts(self) -> dict[int, int]:
        """Return how many entries have each status, over what is indexed."""
        with self._index.lock:
            return {code: n for code, n in sorted(self._index.statuses.items()) if n}

    def histogram(
        self, buckets: int, since: float | None = None, until: float | None = None
    ) -> Histogram | None:
        """Return volume and failures over time; None while nothing has a time."""
        from warroom.logs.queries import histogram  # noqa: PLC0415 - imports numpy

        return histogram(self._index, buckets, since, until)

    def next_failed(self, row: int, *, backwards: bool = False) -> int | None:
        """Return the nearest failed row after (or before) `row`, None where there is none."""
        return self._index.next_failed(row, backwards=backwards)

    def row_at(self, at: float) -> int | None:
        """Return the first row at or after a time, None where no row has one."""
        for segment in self._index.segments():
            if segment.latest >= at and segment.gap is None:
                for row, second in zip(segment.run_rows, segment.run_times, strict=True):
                    if second and second >= int(at):
                        return segment.row + row
        return None

    def times(self, start: int, stop: int) -> list[int]:
        """Return the epoch second of each row from `start` to `stop`, 0 where unknown."""
        return self._index.times(max(start, self._index.first), stop)

    def matching(self, query: Query, start: int, stop: int) -> list[int]:
        """Return the rows from `start` to `stop` that match, ascending."""
        return matching(self._index, query, max(start, self._index.first), stop)

    def search(self, query: Query, *, start: int, backwards: bool = False) -> Iterator[list[int]]:
        """Yield rows that match, in batches, nearest to `start` first; some batches are empty."""
        return search_index(self._index, query, start=start, backwards=backwards)

    def table(
        self, since: float | None = None, until: float | None = None, *, sample: int = 100_000
    ) -> Table:
        """Return columns for analysis: the good rows thinned and weighted, see `Table`."""
        from warroom.logs.queries import table  # noqa: PLC0415 - imports numpy

        return table(self._index, self._reader, since, until, sample)

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` from a background thread when something arrived; returns the undoing."""
        return self._listeners.add(changed)

    def _read_anew(self, reader: Reader, store: Store, position: int) -> int:
        """Forget the rows of a store whose format shows only now; return where to read on from."""
        self._reader = reader
        begin = self._index.drop_store(store)
        return position if begin is None else begin

    def _notify(self) -> None:
        self._listeners.tell()

    def _stop(self) -> None:
        """Tell the thread to end and the subscribers nothing more."""
        self._closed.set()
        self._listeners.clear()
