"""A simulated day: its clock, the log that is written in it, and who reads that log."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.terminal.driver import environment

BEGAN = datetime(2026, 11, 20, 0, 0, 0, tzinfo=UTC)
SECONDS = 86_400
HOURS = 24
_AT = b"@" * 26
_LINE = b"10.0.%d.%d - - [" + _AT + b'] "GET /api/item/%d HTTP/1.1" %d %d "-" "curl/8"\n'

READER = """
    import json, os, sys, time
    from pathlib import Path
    from warroom.logs import open_log
    path, stop = Path(sys.argv[1]), Path(sys.argv[2])
    while not path.exists() or not path.stat().st_size:
        time.sleep(0.05)
    log = open_log(path)
    rest = 0
    while rest < 20:
        told = [s.gap for s in log._index._segments if s.gap is not None]
        said = {"rows": log.end - log.first, "told": told, "resident": resident()}
        print(json.dumps(said), flush=True)
        time.sleep(0.25)
        still = stop.exists() and log.end - log.first == said["rows"]
        rest = rest + 1 if still else 0
    log.close()
"""
_RESIDENT = """
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
"""


@dataclass
class Day:
    """24 hours that pass within some real seconds."""

    lasts: float
    """Real seconds."""
    began: float = field(default_factory=time.monotonic)

    def gone(self) -> float:
        """Return how much of it has passed, 0 to 1 and beyond."""
        return (time.monotonic() - self.began) / self.lasts

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.gone() * SECONDS)


class Traffic(threading.Thread):
    """Writes so many lines evenly over the day into a log that is rotated now and then."""

    def __init__(self, day: Day, path: Path, lines: int, rotations: int) -> None:
        super().__init__(daemon=True)
        self.day, self.path, self.lines = day, path, lines
        self._every = SECONDS // (rotations + 1)
        self.seen: Callable[[], int] = lambda: 0
        """How many rows the follower has: a log is not rotated twice between two of its looks."""
        self.written = 0
        self.rotations = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            file = self.path.open("ab", buffering=0)
            before = 0
            for second in range(SECONDS):
                while self.day.gone() * SECONDS < second:
                    time.sleep(0.01)
                if second and second % self._every == 0:
                    deadline = time.monotonic() + 60
                    while self.seen() <= before and time.monotonic() < deadline:
                        time.sleep(0.05)
                    before = self.written + self.rotations
                    file.close()
                    self.path.rename(self.path.with_name("access.log.1"))
                    file = self.path.open("ab", buffering=0)
                    self.rotations += 1
                until = self.lines * (second + 1) // SECONDS
                file.write(self.block(second, until - self.written))
                self.written = until
            file.close()
        except BaseException as error:
            self.failure = error

    def block(self, second: int, count: int) -> bytes:
        at = (BEGAN + timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S +0000").encode()
        failing = second // 600 % 12 == 7  # ten minutes of every two hours
        lines = [
            _LINE % (second % 250, n % 250, n % 40, 502 if failing and n % 3 else 200, n)
            for n in range(count)
        ]
        return b"".join(lines).replace(_AT, at)


class Follower:
    """The log engine in a process of its own, which says how many rows it has and its memory."""

    def __init__(self, path: Path, home: Path) -> None:
        self._stop = home / "stop"
        code = _RESIDENT + "\n" + "\n".join(line[4:] for line in READER.splitlines())
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, str(path), str(self._stop)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home),
        )  # fmt: skip
        self.said: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        self.said.extend(json.loads(line) for line in self._process.stdout)

    def so_far(self) -> int:
        """Return how many rows it has said that it has."""
        return self.said[-1]["rows"] if self.said else 0

    def rows(self, seconds: float) -> tuple[int, list[str]]:
        """Tell it that the day is over; return, once it has come to rest, how many rows are lines,
        and what the others say."""
        self._stop.touch()
        self._thread.join(seconds)
        assert self._process.wait(10) == 0, self._process.stderr and self._process.stderr.read()
        told = self.said[-1]["told"]
        return self.said[-1]["rows"] - len(told), told

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)


def resident(pid: int = 0) -> int:
    """Return the bytes of memory a process of this machine holds; 0: this one."""
    pages = Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
