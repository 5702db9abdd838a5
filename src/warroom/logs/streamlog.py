"""A log that comes in as a stream: standard input, a command, an unpacked file, a log engine.

The bytes go to a temporary file without a name, so that everything that can be asked of a file
can be asked of a stream too.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from warroom.logs.base import IndexedLog
from warroom.logs.formats.load import named
from warroom.logs.formats.reader import Reader
from warroom.logs.formats.recognise import UNSURE, recognise, shown_by_now
from warroom.logs.index import ENTRY_LIMIT, Index
from warroom.logs.linescan import PAD, LineScanner, Scanner
from warroom.logs.protocol import Progress
from warroom.logs.scanning import CHUNK, scan_forward, scanner_of
from warroom.logs.stores import SpoolStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warroom.logs.formats.model import Format
    from warroom.logs.times import Clock

ENOUGH_LINES = 20
"""Lines after which the format is recognised; fewer if the stream pauses."""
PAUSE = 0.25
"""Seconds without bytes after which what is there is shown."""

Feed = Callable[["StreamLog"], None]
"""Writes to the log until it ends or `log.closing` is set; runs in the log's thread."""


class StreamLog(IndexedLog):
    """Rows from 0 on, as they arrive."""

    def __init__(
        self, label: str, clock: Clock, feed: Feed, *, formats: Sequence[Format] | None = None
    ) -> None:
        """Prepare the log; `start` begins to read."""
        super().__init__(label, Index(), Reader(named("plain"), clock))
        self._clock = clock
        self._feed = feed
        self._formats = formats
        self._store = SpoolStore()
        self._buffer = bytearray(CHUNK + PAD)
        self._scanner: Scanner | None = None
        self._position = 0
        self._provisional = False
        self._ended = False
        self._writing = threading.Lock()
        self._threads: list[threading.Thread] = []

    @property
    def closing(self) -> threading.Event:
        """Set when the log is closed: whoever feeds it must end."""
        return self._closed

    def start(self) -> None:
        """Read in a background thread from now on."""
        for work in (self._read, self._settle):
            thread = threading.Thread(target=work, name=f"log {self._label}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _read(self) -> None:
        try:
            self._feed(self)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown in the log
            self.gap(f"ended: {error}")
        self.flush()
        self._ended = True
        self._notify()

    def _settle(self) -> None:
        """Show a last line that stays without its newline, and few lines at the start."""
        seen, since = 0, time.monotonic()
        while not self._closed.wait(PAUSE / 2) and not self._ended:
            if self._store.end != seen:
                seen, since = self._store.end, time.monotonic()
            elif time.monotonic() - since > PAUSE and self._position < seen:
                self.flush()
                since = time.monotonic()

    def write(self, data: bytes) -> None:
        """Add bytes: any part of any number of lines.

        Raises:
            OSError: The temporary file is full.
        """
        with self._writing:
            self._store.write(data)
            self._index_on(flush=False)
        self._notify()

    def flush(self) -> None:
        """Take what there is as whole lines; one that goes on later is replaced."""
        with self._writing:
            self._index_on(flush=True)
        self._notify()

    def gap(self, text: str) -> None:
        """Add a row that says what happened to the source."""
        with self._writing:
            self._index_on(flush=True)
            self._provisional = False
            self._index.add_gap(self._store, text)
        self._notify()

    def _index_on(self, *, flush: bool) -> None:
        store, index = self._store, self._index
        if self._scanner is None and not self._recognise(flush=flush):
            return
        self._recognise_late()
        scanner = self._scanner or LineScanner(self._reader, index.codes)
        while self._position < store.end:
            begin, again = self._position, False
            if self._provisional:
                _, begin, _ = index.span(index.end - 1)
                again = self._position - begin < ENTRY_LIMIT
                begin = begin if again else self._position
            scanned, _ = scan_forward(
                scanner, store, begin, store.end, self._buffer, flush=flush or again
            )
            if scanned is None:
                return
            with index.lock:
                if again:
                    index.drop_last()
                index.append(store, begin, scanned, scanner.stride)
            self._position = begin + scanned.end
            open_line = store.read(self._position - 1, 1) != b"\n"
            at_end = self._position >= store.end
            self._provisional = open_line or (self._reader.format.multiline and at_end)

    def _recognise(self, *, flush: bool) -> bool:
        head = self._store.read(0, CHUNK)
        lines = head.split(b"\n")
        if not flush and len(lines) <= ENOUGH_LINES:
            return False
        sample = [line.removesuffix(b"\r")[:8192] for line in lines[: 10 * ENOUGH_LINES]]
        self._reader = recognise(sample, self._clock, self._formats)
        self._scanner = scanner_of(self._reader, self._clock, self._index.codes)
        return True

    def _recognise_late(self) -> None:
        """Read anew what began with a pause before its first line, or with a banner."""
        if self._position > UNSURE or self._position >= self._store.end:
            return
        head = self._store.read(0, UNSURE)
        found = shown_by_now(self._reader, head, self._clock, self._formats)
        if found is None:
            return
        with self._index.lock:
            self._scanner = scanner_of(found, self._clock, self._index.codes)
            self._position = self._read_anew(found, self._store, self._position)
            self._provisional = False

    def progress(self) -> Progress:
        """Return how much has come in, and the counts so far."""
        with self._index.lock:
            return Progress(
                indexed_bytes=self._position,
                total_bytes=self._store.end,
                entries=len(self._index),
                failed=self._index.failed,
                complete=self._position >= self._store.end,
            )

    def close(self) -> None:
        """Stop reading and forget the bytes."""
        self._stop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=3.0)
        with contextlib.suppress(OSError):
            self._store.close()
