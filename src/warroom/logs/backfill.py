"""Index what was there before: from the tail of a file to its head, then its older files."""

from __future__ import annotations

import contextlib
from io import BytesIO
from typing import TYPE_CHECKING

from warroom.logs.compressed import compression_of, pieces
from warroom.logs.errors import LogError
from warroom.logs.follow import open_regular
from warroom.logs.linescan import PAD, LineScanner, Scanner
from warroom.logs.packing import unpack
from warroom.logs.scanning import CHUNK, scan_back, scanner_of
from warroom.logs.sidecar import SMALLEST, load, place, save
from warroom.logs.stores import FileStore, SpoolStore, Store

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from warroom.logs.crew import Crew
    from warroom.logs.formats.reader import Reader
    from warroom.logs.index import Index
    from warroom.logs.packing import Packed
    from warroom.logs.times import Clock

LARGE = 64 << 20
"""Bytes from which other processes are worth their start, which takes a quarter of a second."""
WAIT = 0.004
"""Seconds to wait for other processes before the file is looked at again."""


class Backfill:
    """Adds entries before the first row, a chunk at a time, until there are none."""

    def __init__(
        self,
        path: str,
        store: FileStore,
        index: Index,
        reader: Reader,
        clock: Clock,
        *,
        older: Sequence[Path],
        cache: Path | None,
        opened: Callable[[FileStore], None],
        closed: threading.Event,
    ) -> None:
        """Prepare for a file of which nothing is indexed yet.

        Args:
            path: Where it is found.
            store: Its bytes.
            index: Takes the entries.
            reader: Knows the format.
            clock: Reads the times.
            older: Rotated files of the same log, the newest first.
            cache: A folder in which the indexes of large files are kept; None to keep none.
            opened: Told of the file of each older one; who is told closes it.
            closed: Set when nobody wants more.
        """
        self.scanner: Scanner = LineScanner(reader, index.codes)
        """The general one at first, then the fast one where the format allows it."""
        self.store: Store = store
        self.head = store.size
        """Where what is indexed begins: the bytes before it are still to be done."""
        self.older = list(older)
        self.cache = cache if self.head >= SMALLEST else None
        self.known: Packed | None = None
        """What a kept index says of the bytes before `_floor`."""
        self._path = path
        self._first = store
        self._index = index
        self._reader = reader
        self._clock = clock
        self._opened = opened
        self._closed = closed
        self._floor = 0
        self._hastened = False
        self._crew: Crew | None = None
        self.buffer = bytearray(CHUNK + PAD)
        """Room for a chunk; the thread that indexes also follows, and shares it."""

    @property
    def pending(self) -> bool:
        """Whether there are bytes or files that are not indexed yet."""
        return bool(self.head or self.older)

    def begin(self) -> None:
        """Have other processes start if they will be needed: while the first frame is drawn."""
        if self.cache is None or not place(self.cache, self._path).exists():
            self._hire()

    def prepare(self) -> None:
        """Look for a kept index; without one take the fast scanner, which imports numpy."""
        if self._crew is not None:
            return
        if self.cache is not None and self.head:
            known = load(
                self.cache, self._path, self._index, self._first, self._reader, self._clock
            )
            if known is not None and known.end <= self.head:
                self.known, self._floor = known, known.end
                return  # the little that is left is read before numpy would be there
        if not self._hire():
            self._hasten()

    def step(self) -> bool:
        """Index a chunk, or all the rest where a kept index has it; say whether rows changed."""
        if self._crew is not None:
            return self._take_part(self._crew)
        if self.known is None and not self._hastened:
            self._hasten()
        if not self.head and self.older:
            self._open_older(self.older[0])
            del self.older[0]  # once it is open: until then the log is not complete
            if self._hire():
                return False
        if not self.head:
            return False
        if self.known is not None and (self.head <= self._floor or self.store is not self._first):
            self._take_known(self.known)
        else:
            self._index_chunk()
        return True

    def replaced(self, old: Store, new: Store) -> None:
        """Go on in another store if it takes the place of the one that is being indexed."""
        if self.store is old:
            self.close()
            self.store = new

    def give_up(self, store: Store, lost: Store) -> None:
        """Leave out what is not indexed yet if it is in a store that nobody keeps open."""
        if self.store is store:
            self.close()
            self.store, self.head = lost, 0

    def read_as(self, reader: Reader) -> None:
        """Read what comes in another format."""
        self._reader = reader
        self._hasten()

    def close(self) -> None:
        """Let the processes go that index."""
        if self._crew is not None:
            self._crew.end()
            self._crew = None

    def _hasten(self) -> None:
        self._hastened = True
        self.scanner = scanner_of(self._reader, self._clock, self._index.codes)

    def _hire(self) -> bool:
        """Have what is left of the file indexed by other processes, if it is much."""
        if self.head < LARGE or not isinstance(self.store, FileStore):
            return False
        from warroom.logs.crew import Crew  # noqa: PLC0415 - imports subprocess

        with contextlib.suppress(OSError):  # no more processes, say: then this thread does it
            self._crew = Crew(self.store, self._reader, self._clock, self.head)
        return self._crew is not None

    def _take_part(self, crew: Crew) -> bool:
        """Add a part that they have indexed; without them go on alone from where they were."""
        try:
            part = crew.take(WAIT)
            if part is None:
                return False
            described, body = part
            packed = unpack(described, BytesIO(body).read, self._index.codes, crew.store)
            self._index.prepend_known(packed.segments, packed.statuses)
            self.head = described["begin"]
        except (OSError, LogError, ValueError, KeyError, TypeError, IndexError):
            self.close()
            return False
        if not self.head:
            self.close()
            self._keep()
        return True

    def _take_known(self, known: Packed) -> None:
        if self.store is self._first:
            self._index.prepend_known(known.segments, known.statuses)
            self.head = 0
        self.known, self._floor, self.cache = None, 0, None

    def _index_chunk(self) -> None:
        store, index = self.store, self._index
        codes, floor = index.codes, self._floor
        found = scan_back(self.scanner, store, self.head, self.buffer, codes, floor)
        head, scanned = found or (0, None)  # None: the file shrank under the reader
        if scanned is not None:
            index.prepend(store, head, scanned, self.scanner.stride)
        self.head = head  # after its rows are there: 0 says that all of them are
        if scanned is not None and not head:
            self._keep()

    def _keep(self) -> None:
        """Keep the index of the file, now that it is complete."""
        if self.cache is not None and self.store is self._first:
            save(self.cache, self._path, self._index, self.store, self._reader, self._clock)

    def _open_older(self, path: Path) -> None:
        """Go on towards the head in a rotated file; one that cannot be read is left out."""
        with contextlib.suppress(OSError, LogError):
            kind = compression_of(path)
            if kind is None:
                store = FileStore(open_regular(str(path)), path.name)
            else:
                store = SpoolStore(path.name)
                for piece in pieces(path, kind):
                    store.write(piece)
                    if self._closed.is_set():
                        break
            self._opened(store)
            self.store, self.head = store, store.size
