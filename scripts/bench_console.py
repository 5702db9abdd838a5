"""Measure what a person waits for in a terminal: the first frame, a key, an appended line.

Each program is started in a pseudo-terminal of its own on the same log, in turn, and the time is
taken until the bytes it draws hold what is waited for.
"""

import argparse
import fcntl
import json
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_logs import build

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

    def look(terminal: Terminal, number: int) -> float | None:
        terminal.wait_for(append(log, 1 << 20 | number))
        time.sleep(3)
        delays = []
        for count in range(10):
            took = terminal.wait_for(append(log, (number + 1) << 24 | count), 5)
            if took is not None:
                delays.append(took)
            time.sleep(0.3)
        return statistics.median(delays) if delays else None

    return rounds_of(log, home, rounds, look)


def lines(what: str, times: dict[str, list[float]]) -> list[str]:
    """Return table rows: medians, and ratios to warroom's."""
    own = statistics.median(times.get("warroom", [float("nan")]))
    return [
        f"| {what} | {name} | {statistics.median(each) * 1000:.0f} ms | "
        f"{own / statistics.median(each):.2f} |"
        for name, each in times.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1 << 30, help="bytes of the log")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / "access.log"
        build(log, chosen.size)
        found = {
            "first line on the screen": first_frame(log, home, chosen.rounds),
            "appended line on the screen": appended(log, home, max(1, chosen.rounds // 2)),
        }
    print("| what | program | median | warroom's by it |\n|---|---|---|---|")
    for what, times in found.items():
        print("\n".join(lines(what, times)))
    if chosen.json:
        chosen.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
