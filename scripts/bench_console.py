"""Measure what a person waits for in a terminal: the first frame, a key, an appended line.

Each program is started in a pseudo-terminal of its own on the same log, in turn, and the time is
taken until the bytes it draws hold what is waited for.
"""

import argparse
import fcntl
import itertools
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_logs import build, paired, size_of
from bench_row import Figure, table

ROWS, COLUMNS = 40, 140
TOKEN = "/tail-{:08x}"
LINE = '10.0.0.9 - - [{at}] "GET {path} HTTP/1.1" 200 5 "-" "bench"\n'
PATIENCE = 60.0


@dataclass
class Terminal:
    """A program in a pseudo-terminal."""

    pid: int
    master: int

    def wait_for(self, token: bytes, patience: float = PATIENCE) -> float | None:
        """Return the seconds until a text was drawn; None: it never was."""
        begun, seen = time.perf_counter(), b""
        while time.perf_counter() - begun < patience:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if not ready:
                continue
            try:
                seen = (seen + os.read(self.master, 1 << 16))[-(1 << 18) :]
            except OSError:
                return None
            if token in seen:
                return time.perf_counter() - begun
        return None

    def send(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)

    def drain(self, seconds: float) -> None:
        """Read what it draws for a while and forget it."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            ready, _, _ = select.select([self.master], [], [], left)
            if ready:
                try:
                    os.read(self.master, 1 << 16)
                except OSError:
                    return

    def end(self) -> None:
        """Kill it and release the terminal."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def start(argv: Sequence[str], home: str) -> Terminal:
    """Start a program in a terminal of the usual size, with an empty home."""
    pid, master = pty.fork()
    if pid == 0:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        os.execvpe(argv[0], list(argv), environment)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return Terminal(pid, master)


def append(log: Path, number: int) -> bytes:
    """Append a line with a path of its own; return the path."""
    path = TOKEN.format(number)
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    with log.open("a") as file:
        file.write(LINE.format(at=at, path=path))
    return path.encode()


def programs(log: Path) -> dict[str, list[str]]:
    """Return the command lines of those that are installed."""
    own = [sys.executable, "-m", "warroom", "--log", str(log)]
    found = {"warroom": own, "warroom tail": [sys.executable, "-m", "warroom", "tail", str(log)]}
    if shutil.which("lnav"):
        found["lnav"] = ["lnav", "-q", str(log)]
    if shutil.which("tl"):
        found["toolong"] = ["tl", str(log)]
    if shutil.which("less"):
        found["less +G"] = ["less", "-n", "+G", str(log)]
    return found


def rounds_of(
    log: Path, home: str, rounds: int, look: Callable[[Terminal, int], float | None]
) -> dict[str, list[float]]:
    """Run every program in turn, several times, and return what `look` measured."""
    times: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, argv in programs(log).items():
            terminal = start(argv, home)
            try:
                took = look(terminal, number)
            finally:
                terminal.end()
            if took is not None:
                times.setdefault(name, []).append(took)
    return times


def first_frame(log: Path, home: str, rounds: int) -> dict[str, list[float]]:
    """Seconds from the start of the process until the log's last line is on the screen."""
    token = append(log, os.getpid())
    return rounds_of(log, home, rounds, lambda terminal, _: terminal.wait_for(token))


def appended(log: Path, home: str, rounds: int) -> dict[str, list[float]]:
    """Seconds from the append of a line until it is on the screen (median of ten a start)."""
    numbers = itertools.count(os.getpid() << 8)  # a path must never have been drawn before

    def look(terminal: Terminal, _: int) -> float | None:
        terminal.wait_for(append(log, next(numbers)))
        terminal.drain(3)
        delays = []
        for _ in range(10):
            path = append(log, next(numbers))
            took = terminal.wait_for(path, 5)
            if took is not None:
                delays.append(took)
            terminal.drain(0.3)
        return statistics.median(delays) if delays else None

    return rounds_of(log, home, rounds, look)


def against(
    what: str, times: dict[str, list[float]], targets: dict[str, float]
) -> Iterator[Figure]:
    """Yield warroom's median by that of each other program."""
    own = statistics.median(times["warroom tail"])
    for name, each in times.items():
        if name != "warroom tail":
            theirs = statistics.median(each)
            yield Figure(
                what,
                f"{own * 1e3:.0f} ms",
                f"{name} {theirs * 1e3:.0f} ms",
                own / theirs,
                targets.get(name),
            )


def help_page(rounds: int) -> Figure:
    """Print the help beside importing nothing but the library that reads command lines."""
    ours = [sys.executable, "-m", "warroom", "--help"]
    bare = [sys.executable, "-c", "import click"]
    return paired("--help, by an import of click alone", ours, bare, 3 * rounds, (1.5, None))[0]


def measure(log: Path, home: str, rounds: int) -> list[Figure]:
    """Return the figures of the help, the first frame and an appended line."""
    first = first_frame(log, home, rounds)
    later = appended(log, home, max(1, rounds // 2))
    return [
        help_page(rounds),
        *against("first screen at the tail", first, {"lnav": 0.6}),
        *against("appended line on the screen", later, {"toolong": 0.35}),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=size_of, default=size_of("100M"), help="100M, 1G ...")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / "access.log"
        build(log, chosen.size)
        print(table(measure(log, home, chosen.rounds)))


if __name__ == "__main__":
    main()
