"""A plain file: its tail at once, the rest indexed backwards by a thread, followed as it grows."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warroom.logs.backfill import Backfill
from warroom.logs.base import IndexedLog
from warroom.logs.follow import Watched, explain, open_regular
from warroom.logs.formats.recognise import UNSURE, recognise, sample_lines, shown_by_now
from warroom.logs.index import ENTRY_LIMIT, Index
from warroom.logs.linescan import PAD
from warroom.logs.protocol import Progress
from warroom.logs.scanning import CHUNK, line_start, scan_forward, scan_long_line
from warroom.logs.sidecar import recall
from warroom.logs.stores import FileStore, LostStore, Memory, Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warroom.logs.formats.model import Format
    from warroom.logs.times import Clock

TAIL_BYTES = 64 << 10
"""Bytes at the end that are indexed before the log is shown: some 300 lines, 2 ms."""
HEAD_SAMPLE = 16 << 10
BUDGET = 32
"""Chunks read forward in one step, so that the index of the head advances during a burst."""
QUIET = 0.5
"""Seconds after which a line without its newline is shown as it is."""
LATE = 600.0
"""Seconds for which a rotated file is watched for late lines: servers reopen when told to."""
KEPT_OPEN = 16
"""Rotated files whose rows stay readable, each by a descriptor."""
ACTIVE, IDLE, POURING = 0.004, 0.012, 0.05
"""Seconds between looks while lines arrive, while none do, and while more than `TORRENT` bytes come
at a time: the screen, which shows ten states a second, gains nothing from more."""
TORRENT = 16 << 10


@dataclass(slots=True)
class _Part:
    """A file being followed: the one under the path, or a rotated one that may still grow."""

    watched: Watched
    grown: float
    """When it last grew (monotonic seconds)."""
    until: float | None = None
    """When to stop watching it; None for the one under the path."""
    position: int = 0
    """Where the next entry to index starts."""
    provisional: bool = False
    """Whether its last row may still change: a line without newline, or an open stack trace."""


class FileLog(IndexedLog):
    """One regular file under a path, whatever happens to it."""

    def __init__(
        self,
        path: str,
        clock: Clock,
        *,
        label: str | None = None,
        formats: Sequence[Format] | None = None,
        older: Sequence[Path] = (),
        cache: Path | None = None,
    ) -> None:
        """Open the file and index its tail.

        Args:
            path: A regular file.
            clock: Reads its times.
            label: Its name on the screen.
            formats: Those to recognise; the shipped ones where not given.
            older: Rotated files of the same log, the newest first, indexed after the file itself.
            cache: A folder in which the indexes of large files are kept; None to keep none.

        Raises:
            LogError: It cannot be opened, or is not a regular file.
        """
        try:
            store = FileStore(open_regular(path))
        except OSError as error:
            raise explain(path, error) from error
        size = store.size
        begin = max(0, size - TAIL_BYTES)
        tail = store.read(begin, size - begin)
        head = store.read(0, HEAD_SAMPLE) if begin else b""
        known = recall(cache, path, store, clock) if cache and formats is None else None
        reader = known or recognise(sample_lines(head, tail, whole=not begin), clock, formats)
        super().__init__(label or Path(path).name, Index(), reader)
        self._path = path
        self._clock = clock
        self._formats = formats
        self._memory = Memory()
        self._part = _Part(Watched(path, store), time.monotonic())
        self._late: list[_Part] = []
        self._stores: list[FileStore] = [store]
        self._gone_since: float | None = None
        self._complaint: str | None = None
        self._thread: threading.Thread | None = None
        self._back = Backfill(
            path,
            store,
            self._index,
            reader,
            clock,
            older=older,
            cache=cache,
            opened=self._stores.append,
            closed=self._closed,
        )
        self._back.head = self._index_tail(head, begin, tail)

    def _index_tail(self, head: bytes, begin: int, tail: bytes) -> int:
        """Index the end of the file as the rows before 0; return where they begin.

        Args:
            head: The file's first bytes, empty where `tail` has them.
            begin: Where the tail begins.
            tail: Its last bytes.
        """
        part, size = self._part, begin + len(tail)
        store = part.watched.store
        if not tail:
            return 0
        data = bytearray(tail) + bytes(PAD)
        lead = self._back.scanner.align(data, len(tail)) if begin else 0
        if lead < 0:
            start = line_start(store, size - 1)
            scanned = scan_long_line(self._back.scanner, store, start, size)
        else:
            start = begin + lead
            scanned = self._back.scanner.scan(data[lead:], len(tail) - lead, flush=True)
        self._index.append(store, start, scanned, self._back.scanner.stride)
        self._index.open_at_tail()
        self._memory.keep(begin, tail)
        part.watched.advance(0, head or tail)
        part.watched.advance(begin, tail)
        part.position = size
        part.provisional = not tail.endswith(b"\n") or self._reader.format.multiline
        return start

    def opened_file(self, row: int) -> tuple[int, Path] | None:
        """Return the open descriptor of the file that holds a row, and the path of the log."""
        segment = self._index.locate(row)
        if segment is None or not isinstance(segment.store, FileStore) or segment.store.fd < 0:
            return None
        return segment.store.fd, Path(self._path)

    def start(self, delay: float = 0.0) -> None:
        """Index and follow in a background thread, from `delay` seconds on."""
        self._back.begin()
        name, args = f"log {self._label}", (delay,)
        self._thread = threading.Thread(target=self._run, args=args, name=name, daemon=True)
        self._thread.start()

    def _run(self, delay: float) -> None:
        if self._closed.wait(delay):
            return
        self.prepare()
        active = 0.0
        while not self._closed.is_set():
            before = self._index.bytes
            if self.step():
                active = time.monotonic()
                self._notify()
            if not self._back.pending:
                calm = ACTIVE if time.monotonic() - active < 1.0 else IDLE
                self._closed.wait(POURING if self._index.bytes - before > TORRENT else calm)

    def prepare(self) -> None:
        """Look for a kept index; without one take the fast scanner, which imports numpy."""
        self._back.prepare()

    def step(self) -> bool:
        """Look at the file once and index a chunk towards its head; say whether rows changed."""
        try:
            changed = self._follow()
        except OSError as error:
            changed = self._complain(f"cannot be read: {error.strerror}")
        return self._back.step() or changed

    def _follow(self) -> bool:
        late = [self._read_late(part) for part in list(self._late)]
        changed = any(late)
        part = self._part
        reason = part.watched.reset_reason()
        if reason:
            self._start_over(reason)
            changed = True
        changed |= self._read_on(self._part)
        try:
            other = self._part.watched.replacement()
        except OSError as error:
            return self._missing(error) or changed
        self._gone_since = None
        if other is None:
            self._complaint = None
            return changed
        return self._switch() or changed

    def _read_on(self, part: _Part, *, budget: int = BUDGET) -> bool:
        """Index what was added to a file; say whether rows changed."""
        store, changed, now = part.watched.store, False, time.monotonic()
        size = store.size
        if size > part.watched.position:
            part.grown = now
        elif part.position >= size or part.provisional or now - part.grown < QUIET:
            return False
        self._recognise_late(part)
        flush = size <= part.watched.position
        for _ in range(budget):
            if size <= part.position and not part.provisional:
                break
            if not self._read_chunk(part, size, flush=flush):
                break
            changed = True
            if part.position >= size:
                break
        return changed

    def _recognise_late(self, part: _Part) -> None:
        """Read a log anew whose beginning shows its format only now that it has grown."""
        if part.position > UNSURE:
            return
        store, index = part.watched.store, self._index
        found = shown_by_now(self._reader, store.read(0, UNSURE), self._clock, self._formats)
        if found is None:
            return
        with index.lock:
            self._back.read_as(found)
            part.position = self._read_anew(found, store, part.position)
            part.provisional = False

    def _read_chunk(self, part: _Part, size: int, *, flush: bool) -> bool:
        store, index = part.watched.store, self._index
        begin, again = part.position, False
        if part.provisional:
            last = index.last_segment()
            part.provisional = False
            if last is not None and last.store is store and last.end == part.position:
                _, begin, _ = index.span(index.end - 1)
                again = part.position - begin < ENTRY_LIMIT
                begin = begin if again else part.position
        scanned, count = scan_forward(
            self._back.scanner, store, begin, size, self._back.buffer, flush=flush or again
        )
        seen = bytes(self._back.buffer[:count])
        if part is self._part and part.watched.reset_reason():
            return False  # replaced since the look: what was read is of two contents
        if scanned is None:
            self._note(part, begin, seen, size)
            return False
        with index.lock:
            if again:
                index.drop_last()
            index.append(store, begin, scanned, self._back.scanner.stride)
        part.position = begin + scanned.end
        open_line = seen[scanned.end - 1 : scanned.end] != b"\n"
        if scanned.end > count:  # a line that is longer than what is read at a time
            open_line = store.read(part.position - 1, 1) != b"\n"
        part.provisional = open_line or (self._reader.format.multiline and part.position >= size)
        self._note(part, begin, seen, max(part.position, begin + count))
        return True

    def _note(self, part: _Part, begin: int, seen: bytes, upto: int) -> None:
        """Remember the bytes just read, to know the file again and to show them if it is cut.

        They are not read once more: the file may have been rewritten since, and what is known of
        it must be what is shown.
        """
        if begin + len(seen) < upto:
            begin = max(part.watched.position, upto - CHUNK)
            seen = part.watched.store.read(begin, upto - begin)
        if not seen or begin + len(seen) <= part.watched.position:
            return
        if part is self._part:
            self._memory.keep(begin, seen)
        part.watched.advance(begin, seen)

    def _read_late(self, part: _Part) -> bool:
        changed = self._read_on(part)
        if part.until is not None and time.monotonic() > part.until:
            self._late.remove(part)
        return changed

    def _start_over(self, reason: str) -> None:
        """Go on from the start of a file whose content was replaced."""
        old = self._part
        watched = old.watched
        copy = watched.copy_beside() if reason == "truncated" else None
        lost: Store
        if copy is not None:
            self._stores.append(copy)
            self._index.replace_store(watched.store, copy)
            rest = _Part(Watched(watched.path, copy), old.grown, None, old.position)
            rest.watched.position, rest.provisional = watched.position, old.provisional
            self._read_on(rest, budget=1 << 20)
            lost = copy
        else:
            gone = f"no longer in the file: it was {reason}"
            lost = LostStore(self._memory, watched.position, gone)
            self._index.replace_store(watched.store, lost)
        self._back.replaced(watched.store, lost)
        text = f"{reason}; lines written just before may be missing" if copy is None else reason
        fresh = FileStore(os.dup(watched.store.fd))
        self._stores.append(fresh)
        self._index.add_gap(fresh, text)
        self._memory = Memory()
        self._part = _Part(Watched(watched.path, fresh), time.monotonic())
        self._forget_oldest()

    def _switch(self) -> bool:
        """Go on with the file that took the place of the old one."""
        try:
            store = FileStore(open_regular(self._path))
        except OSError as error:
            text = {errno.EACCES: "permission denied", errno.EINVAL: "not a regular file"}
            word = text.get(error.errno or 0, error.strerror or str(error))
            return self._complain(f"replaced by one that cannot be read ({word}); waiting")
        old = self._part
        self._read_on(old, budget=1 << 20)
        old.until = time.monotonic() + LATE
        self._late.append(old)
        self._stores.append(store)
        self._back.cache = None  # under the path is another file now
        self._index.add_gap(store, "rotated")
        self._complaint = None
        self._memory = Memory()
        self._part = _Part(Watched(self._path, store), time.monotonic())
        self._read_on(self._part)
        self._forget_oldest()
        return True

    def _missing(self, error: OSError) -> bool:
        """Say that nothing is under the path any more, once it has lasted."""
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        if now - self._gone_since < QUIET:
            return False
        word = "gone" if error.errno == errno.ENOENT else f"out of reach ({error.strerror})"
        return self._complain(f"{word}; reading the old file until there is a new one")

    def _complain(self, text: str) -> bool:
        """Add a gap row, once until the trouble is over."""
        if self._complaint == text:
            return False
        self._complaint = text
        self._index.add_gap(self._part.watched.store, text)
        return True

    def _forget_oldest(self) -> None:
        """Close the oldest of too many rotated files; their rows stay, without their text."""
        while len(self._stores) > KEPT_OPEN:
            oldest = self._stores.pop(0)
            self._late = [part for part in self._late if part.watched.store is not oldest]
            lost = LostStore(Memory(0), 0, "no longer kept: the file was rotated long ago")
            self._index.replace_store(oldest, lost)
            self._back.give_up(oldest, lost)
            oldest.close()

    def progress(self) -> Progress:
        """Return how far the index is, and the counts so far."""
        with self._index.lock:
            done, ahead = self._index.bytes, 0
            with contextlib.suppress(OSError):
                ahead = max(0, self._part.watched.store.size - self._part.position)
            return Progress(
                indexed_bytes=done,
                total_bytes=done + self._back.head + ahead,
                entries=len(self._index),
                failed=self._index.failed,
                complete=not (self._back.pending or ahead),
            )

    def close(self) -> None:
        """Stop following and close the files."""
        self._stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=2.0)
        self._back.close()
        for store in self._stores:
            store.close()
