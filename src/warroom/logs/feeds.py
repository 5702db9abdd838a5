"""What feeds a stream: a file descriptor, an unpacked file, a command that is started again."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import subprocess
import time
from collections import deque
from typing import TYPE_CHECKING

from warroom.logs.compressed import pieces
from warroom.logs.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from warroom.logs.streamlog import Feed, StreamLog

_READ = 256 << 10
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds before a command that ended is started again: doubled each time, up to the longest."""
HEALTHY = 30.0
"""Seconds a command must have run for the wait to begin from the first again."""
REMEMBERED = 64
"""Lines kept to see where a restarted command repeats itself."""
_OVERLAP_QUIET, _OVERLAP_LIMIT = 0.3, 8 << 20
_GRACE = 2.0


def descriptor(fd: int) -> Feed:
    """Feed what can be read from a descriptor until it ends."""

    def feed(log: StreamLog) -> None:
        while not log.closing.is_set():
            if not select.select([fd], [], [], 0.1)[0]:
                continue
            data = os.read(fd, _READ)
            if not data:
                log.gap("end of input")
                return
            log.write(data)

    return feed


def unpacked(path: Path, kind: str) -> Feed:
    """Feed the unpacked bytes of a compressed file."""

    def feed(log: StreamLog) -> None:
        try:
            for piece in pieces(path, kind):
                if log.closing.is_set():
                    return
                log.write(piece)
        except LogError as error:
            log.gap(str(error))

    return feed


def command(argv: Sequence[str], *, restart: bool = True) -> Feed:
    """Feed the output of a command, started again with a growing wait when it ends.

    A restarted command often repeats its last lines (`docker logs -f -n 200`): lines that were
    shown already are left out.
    """

    def feed(log: StreamLog) -> None:
        memory: deque[bytes] = deque(maxlen=REMEMBERED)
        wait = FIRST_WAIT
        while not log.closing.is_set():
            begun = time.monotonic()
            ended = _run(log, argv, memory)
            if log.closing.is_set():
                return
            if not restart:
                log.gap(f"{shlex.join(argv)}: {ended}")
                return
            wait = FIRST_WAIT if time.monotonic() - begun > HEALTHY else wait
            log.gap(f"{shlex.join(argv)}: {ended}; starting it again in {wait:g} s")
            log.closing.wait(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    return feed


def _run(log: StreamLog, argv: Sequence[str], memory: deque[bytes]) -> str:
    """Run the command once, feed its output, and return how it ended."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        return f"cannot be started ({error.strerror})"
    try:
        if process.stdout is not None:
            _pump(log, process.stdout.fileno(), memory)
    finally:
        _end(process)
    code = process.returncode
    return f"ended by signal {-code}" if code < 0 else f"ended with status {code}"


def _pump(log: StreamLog, fd: int, memory: deque[bytes]) -> None:
    """Feed until the pipe ends; the first burst is compared with what was shown before."""
    held = bytearray()
    comparing = bool(memory)
    quiet_since = time.monotonic()
    partial = b""
    while not log.closing.is_set():
        ready = select.select([fd], [], [], 0.1)[0]
        data = os.read(fd, _READ) if ready else b""
        if data:
            quiet_since = time.monotonic()
        if comparing:
            held += data
            # a command that is slow to start has not paused
            settled = bool(held) and time.monotonic() - quiet_since > _OVERLAP_QUIET
            if not settled and len(held) < _OVERLAP_LIMIT and (data or not ready):
                continue
            data, comparing = without_overlap(bytes(held), list(memory)), False
        if data:
            log.write(data)
            *whole, partial = (partial + data).split(b"\n")
            memory.extend(whole[-REMEMBERED:])
        if ready and not data:
            break
        partial = partial[-(1 << 16) :]


def without_overlap(data: bytes, shown: Sequence[bytes]) -> bytes:
    """Return a restarted command's first output without the lines that were shown already.

    Args:
        data: Its output so far.
        shown: The last lines shown before, the newest last.
    """
    lines = data.split(b"\n")
    tail = list(shown[-8:])
    for start in range(len(lines) - len(tail), -1, -1):  # a long history repeated
        if lines[start : start + len(tail)] == tail:
            return b"\n".join(lines[start + len(tail) :])
    for count in range(min(len(tail), len(lines) - 1), 0, -1):  # only the newest lines repeated
        if lines[:count] == tail[-count:]:
            return b"\n".join(lines[count:])
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and what it started."""
    if process.stdout is not None:
        process.stdout.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
