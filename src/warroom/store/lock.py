"""One writer at a time, fairly, among the threads and processes that share a SQLite file.

SQLite's own waiting backs off to 100 ms sleeps: with two busy writers one was measured to commit
once in 2.5 s while the other committed 8 569 times. Short jittered sleeps share it evenly while
nobody writes flat out. A second file sees to it that who does lets the others in: the right to be
next is taken before the right to write and given back when that is had, so whoever has just written
comes after the one who waits. Holding this lock around checkpoints as well keeps two connections
from writing and checkpointing at the same instant, which SQLite 3.7.0 to 3.51.2 can get wrong
(sqlite.org/wal.html#walresetbug).
"""

import fcntl
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warroom.core.journal import JournalBusy

_SHORTEST, _LONGEST = 0.0005, 0.003


def pause() -> None:
    """Sleep as long as a writer waits between two attempts: 0.5 to 3 ms, never in step."""
    time.sleep(random.uniform(_SHORTEST, _LONGEST))  # noqa: S311 - jitter, not a secret


class WriterLock:
    """The right to write one journal; None as path: only among this process's threads."""

    def __init__(self, path: Path | None, label: str) -> None:
        """Open the files of the lock.

        Raises:
            OSError: They cannot be made.
        """
        self._threads = threading.Lock()
        self._label = label
        self._next: int | None = None
        self._file: int | None = None
        if path is not None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            try:
                self._next = os.open(path.with_name(path.name + ".next"), flags, 0o600)
                self._file = os.open(path, flags, 0o600)
            except OSError:
                self.close()
                raise

    @contextmanager
    def hold(self, deadline: float) -> Iterator[None]:
        """Hold the lock; `deadline` is an instant of `time.monotonic`.

        Raises:
            JournalBusy: If somebody else holds it past the deadline.
        """
        if not self._threads.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._busy()
        try:
            self._take_file(deadline)
            try:
                yield
            finally:
                if self._file is not None:
                    fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Give the file back; the lock is of no use afterwards."""
        for file in (self._next, self._file):
            if file is not None:
                os.close(file)
        self._next = self._file = None

    def _take_file(self, deadline: float) -> None:
        if self._next is None or self._file is None:
            return
        self._flock(self._next, deadline)
        try:
            self._flock(self._file, deadline)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def _flock(self, file: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._busy() from None
                pause()
            else:
                return

    def _busy(self) -> JournalBusy:
        return JournalBusy(
            f"{self._label}: another console has been writing for too long",
            "Try again; if it stays, look which process has the file open (`fuser` tells).",
        )
