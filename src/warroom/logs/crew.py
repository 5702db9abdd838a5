"""Have a large file indexed by other processes, one for each core, from its tail to its head.

A thread would share the interpreter with the console: it would take twice as long, and a key would
wait for it.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from warroom.logs.errors import LogError
from warroom.logs.packing import unframe
from warroom.logs.parts import PART, SIZE, Task
from warroom.logs.scanning import cores

if TYPE_CHECKING:
    from typing import Any

    from warroom.logs.formats.reader import Reader
    from warroom.logs.stores import FileStore
    from warroom.logs.times import Clock

STRETCH = 16 << 20
"""Bytes asked for at a time: some 30 ms, so that the index is seen to grow."""
MOST = min(4, cores())
"""Processes at a time, for all logs: each takes 40 MiB, and a disk does not feed more."""
AHEAD = 2
"""Parts that each process is asked for before it has answered, so that it never waits."""
PATIENCE = 60.0
"""Seconds without any answer after which the processes are given up."""
_room = threading.BoundedSemaphore(MOST)


class CrewError(LogError):
    """The processes ended, do not answer, or the file no longer has what they were to read."""


class _Hand:
    """One process."""

    def __init__(self, fd: int) -> None:
        self.process = subprocess.Popen(
            # -P: a module of the working folder, where the logs may be, is not to be run
            [sys.executable, "-P", "-m", "warroom.logs.parts"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(fd,),
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # numpy would start one a core
            process_group=0,  # not a session: Linux weighs niceness only within one
            bufsize=0,
        )
        self.asked: deque[int] = deque()
        self._received = bytearray()

    def send(self, data: bytes) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(data)

    def ask(self, number: int, begin: int, end: int) -> None:
        self.send(PART.pack(begin, end))
        self.asked.append(number)

    def fileno(self) -> int:
        return self.process.stdout.fileno() if self.process.stdout else -1

    def receive(self) -> list[tuple[int, bytes]]:
        """Return the parts that have come whole, by number."""
        data = os.read(self.fileno(), 1 << 20)
        if not data:
            raise CrewError("a process that indexes the log has ended")
        self._received += data
        found = []
        while len(self._received) >= SIZE.size:
            (size,) = SIZE.unpack_from(self._received)
            if len(self._received) < SIZE.size + size:
                break
            piece = bytes(self._received[SIZE.size : SIZE.size + size])
            del self._received[: SIZE.size + size]
            found.append((self.asked.popleft(), piece))
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Crew:
    """Processes that index the bytes of a file before `end`."""

    def __init__(self, store: FileStore, reader: Reader, clock: Clock, end: int) -> None:
        """Start as many as there may be.

        Raises:
            OSError: None can be started, or none may be now.
        """
        self.store = store
        inner = reader.inner.format if reader.inner else None
        task = pickle.dumps(Task(store.fd, end, reader.format, inner, clock, reader.heading))
        self._parts = [(max(0, upto - STRETCH), upto) for upto in range(end, 0, -STRETCH)]
        self._asked = self._taken = 0
        self._come: dict[int, bytes] = {}
        self._heard = time.monotonic()
        self._hands: list[_Hand] = []
        try:
            while len(self._hands) < len(self._parts) and _room.acquire(blocking=False):
                self._hire(task)
            self._ask()
        except OSError:
            self.end()
            raise
        if not self._hands:
            raise BlockingIOError("all processes that may index logs are busy")

    def _hire(self, task: bytes) -> None:
        try:
            hand = _Hand(self.store.fd)
        except OSError:
            _room.release()
            raise
        self._hands.append(hand)
        hand.send(task)

    def take(self, wait: float) -> tuple[dict[str, Any], bytes] | None:
        """Return the next part towards the head, as it was packed.

        Args:
            wait: Seconds to wait for it.

        Returns:
            None where it has not come yet.

        Raises:
            CrewError: It will never come.
            OSError: A process cannot be reached.
        """
        if self._taken not in self._come:
            self._listen(wait)
        piece = self._come.pop(self._taken, None)
        if piece is None:
            return None
        if not piece:
            raise CrewError("the file no longer has the bytes that were to be indexed")
        self._taken += 1
        return unframe(piece)

    def end(self) -> None:
        """End the processes."""
        while self._hands:
            self._hands.pop().end()
            _room.release()

    def _ask(self) -> None:
        for hand in self._hands * AHEAD:
            if len(hand.asked) < AHEAD and self._asked < len(self._parts):
                hand.ask(self._asked, *self._parts[self._asked])
                self._asked += 1

    def _listen(self, wait: float) -> None:
        ready, _, _ = select.select([hand for hand in self._hands if hand.asked], [], [], wait)
        now = time.monotonic()
        for hand in ready:
            self._come.update(hand.receive())
            self._heard = now
        if now - self._heard > PATIENCE:
            raise CrewError(f"nothing was indexed for {PATIENCE:.0f} s")
        self._ask()
