"""A log that lives in an engine: its newest entries first, older ones page by page, followed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from warroom.logs.base import IndexedLog
from warroom.logs.engines.client import Client
from warroom.logs.engines.model import Record, Window
from warroom.logs.errors import LogError
from warroom.logs.formats.load import named
from warroom.logs.formats.reader import Reader as IndexReader
from warroom.logs.formats.recognise import recognise
from warroom.logs.index import Index
from warroom.logs.opening import Reading
from warroom.logs.protocol import Progress
from warroom.logs.segments import Scanned
from warroom.logs.stores import SpoolStore
from warroom.logs.times import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warroom.logs.engines.model import Engine

PAGE = 1000
"""Entries a page."""
LARGEST_PAGE = 5000
"""Most entries Loki gives by default; asked for where a whole page falls on one moment."""
TAIL = 500
"""Entries of the first page: what is shown at once."""
POLL = 2.0
"""Seconds between two looks for new entries."""
REMEMBERED = 200_000
"""Keys kept to show each entry once."""
_SECOND = 1_000_000_000


class EngineLog(IndexedLog):
    """The entries of a query from `since` seconds ago on."""

    timed_by_index = True

    def __init__(
        self,
        engine: Engine,
        *,
        since: float = 3600.0,
        poll: float = POLL,
        reading: Reading | None = None,
    ) -> None:
        """Prepare the log; `start` begins to ask.

        Args:
            engine: The system and the query.
            since: Seconds to read back from now.
            poll: Seconds between two looks.
            reading: How to read the lines; the skew moves the system's own times too.
        """
        how = reading or Reading()
        self._clock = Clock(how.zone, None, how.skew)
        self._formats = how.formats()
        label = how.label or engine.name
        super().__init__(label, Index(), IndexReader(named("plain"), self._clock))
        self.failure: str | None = None
        """Why it asks no longer."""
        self._engine = engine
        self._poll = poll
        self._store = SpoolStore()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._now = time.time_ns()
        self._oldest = self._now
        self._since = self._now - int(since * _SECOND)
        self._newest = self._now
        self._complete = False
        self._recognised = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Ask in a background thread from now on."""
        self._thread = threading.Thread(target=self._run, name=f"log {self._label}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        client = Client(self._engine, self._closed, self._gap)
        try:
            self._read_tail(client)
            looked = time.monotonic()
            while not self._closed.is_set():
                if not self._complete:
                    self._read_older(client)
                else:
                    self._closed.wait(max(0.0, self._poll - (time.monotonic() - looked)))
                if time.monotonic() - looked >= self._poll and not self._closed.is_set():
                    looked = time.monotonic()
                    self._read_newer(client)
        except LogError as error:
            self._end(str(error))
        except OSError as error:
            self._end(f"cannot be kept: {error}")
        finally:
            client.close()

    def _read_tail(self, client: Client) -> None:
        page = client.page(Window(self._since, self._now, forward=False), TAIL, None)
        if page is None:
            return
        records = self._fresh(page.records)
        self._append(records[::-1])
        self._index.open_at_tail()
        self._complete = not page.full
        self._oldest = page.records[-1].ns if page.records else self._since
        self._notify()

    def _read_older(self, client: Client) -> None:
        """Read the page before the oldest entry; the moment of that one is read again."""
        window = Window(self._since, self._oldest + 1, forward=False)
        for limit in (PAGE, LARGEST_PAGE):
            page = client.page(window, limit, None)
            if page is None:
                return
            records = self._fresh(page.records)
            if records or not page.full:
                break
        else:
            self._oldest -= 1  # more entries at one moment than a page may hold
            return
        if records:
            self._prepend(records[::-1])
            self._oldest = records[-1].ns
        self._complete = not page.full
        self._notify()

    def _read_newer(self, client: Client) -> None:
        """Read everything since the last look, and the seconds before it again."""
        start = self._newest - int(self._engine.overlap * _SECOND)
        stop = time.time_ns()
        cursor: Any = None
        limit = PAGE
        while not self._closed.is_set():
            page = client.page(Window(start, stop), limit, cursor)
            if page is None:
                return
            records = self._fresh(page.records)
            if records:
                self._append(records)
                self._notify()
            if not page.full:
                break
            cursor = page.cursor
            if cursor is None:
                last = page.records[-1].ns
                stuck = last == start and not records
                if stuck and limit == LARGEST_PAGE:
                    self._gap(f"more than {limit} entries at one moment; some are not shown")
                    last += 1
                limit = LARGEST_PAGE if stuck else PAGE
                start = last
        self._newest = stop

    def _fresh(self, records: Sequence[Record]) -> list[Record]:
        """Return the records not seen before."""
        found = []
        for record in records:
            if record.key in self._seen:
                continue
            self._seen[record.key] = None
            found.append(record)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return found

    def _append(self, records: Sequence[Record]) -> None:
        if records:
            begin, scanned = self._keep(records)
            self._index.append(self._store, begin, scanned, 1)

    def _prepend(self, records: Sequence[Record]) -> None:
        begin, scanned = self._keep(records)
        self._index.prepend(self._store, begin, scanned, 1)

    def _keep(self, records: Sequence[Record]) -> tuple[int, Scanned]:
        """Write records, oldest first, to the spool and return what the index keeps of them."""
        if not self._recognised:
            self._recognised = True
            lines = [record.line.split(b"\n", 1)[0] for record in records]
            self._reader = recognise(lines, self._clock, self._formats)
        begin, position = self._store.end, 0
        starts, codes, times = [], bytearray(), []
        statuses: dict[int, int] = {}
        parts = []
        for record in records:
            starts.append(position)
            parts.append(record.line + b"\n")
            position += len(record.line) + 1
            seen = self._reader.glance(record.line)
            codes.append(self._index.codes.code(seen.mark if seen else 0))
            if seen and seen.status:
                statuses[seen.status] = statuses.get(seen.status, 0) + 1
            at = record.ns // _SECOND + round(self._clock.skew)
            times.append(max(0, min(at, 0xFFFFFFFF)))
        self._store.write(b"".join(parts))
        changes = [row for row, at in enumerate(times) if row == 0 or at != times[row - 1]]
        return begin, Scanned(
            starts=starts,
            codes=bytes(codes),
            run_rows=changes,
            run_times=[times[row] for row in changes],
            end=position,
            statuses=statuses,
        )

    def _end(self, why: str) -> None:
        self.failure = why
        self._gap(why)

    def _gap(self, text: str) -> None:
        self._index.add_gap(self._store, text)
        self._notify()

    def progress(self) -> Progress:
        """Return how far back the entries reach, and the counts so far."""
        with self._index.lock:
            read, span = self._now - self._oldest, self._now - self._since
            done = self._store.end
            return Progress(
                indexed_bytes=done,
                total_bytes=done if self._complete else max(done, done * span // max(1, read)),
                entries=len(self._index),
                failed=self._index.failed,
                complete=self._complete,
            )

    def close(self) -> None:
        """Stop asking and forget the entries."""
        self._stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=3.0)
        with contextlib.suppress(OSError):
            self._store.close()


def open_engine(
    engine: Engine, *, since: float = 3600.0, poll: float = POLL, reading: Reading | None = None
) -> EngineLog:
    """Open the entries of an engine from `since` seconds ago on, and follow them."""
    log = EngineLog(engine, since=since, poll=poll, reading=reading)
    log.start()
    return log
