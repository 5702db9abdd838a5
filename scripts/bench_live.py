"""Measure a console under load: keys, processor time and memory while lines pour in.

Run: python scripts/bench_live.py [--size BYTES] [--soak SECONDS]

The console runs in a pseudo-terminal; a process of its own appends 50,000 lines a second. A key
counts as answered when what only that key can draw has been written to the terminal.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from bench_console import Terminal, append, programs, start
from bench_logs import build, size_of
from bench_row import Figure, table

RATE = 50_000
KEYS = 60
QUIET = 0.15
"""The share of a core below which a program counts as resting: consoles tick."""
LONG = 120
"""Seconds of following from which memory is judged: caches fill until then."""
HELD, FOLLOW = b"HELD", b"FOLLOW"
TYPED = 0x0430
"""The letters typed are Cyrillic: no line of the log holds one, so only the key can draw it."""

POUR = """
import sys, time
path, rate, seconds, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
with open(seed, "rb") as file:
    lines = [line.split(b"[", 1) for line in file.read(32 << 20).split(b"\\n")[:100_000]]
pieces = [(who, said.split(b"]", 1)[1]) for who, said in lines]
begun, written = time.monotonic(), 0
with open(path, "ab", buffering=0) as log:
    while (now := time.monotonic() - begun) < seconds:
        due = int(now * rate)
        stamp = time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime()).encode()
        while written < due:
            part = pieces[written % 100_000 :][: due - written]
            log.write(b"".join([b"%b%b%b\\n" % (who, stamp, said) for who, said in part]))
            written += len(part)
        time.sleep(0.01)
print(written)
"""
FOLLOW_ONLY = """
import sys, time
from warroom.logs import open_log
log = open_log(sys.argv[1])
print("ready", flush=True)
time.sleep(float(sys.argv[2]))
"""
INDEX = """
import sys, time
from pathlib import Path
from warroom.logs.opening import Reading, open_log
begun = time.perf_counter()
log = open_log(sys.argv[1], reading=Reading(cache=Path(sys.argv[2])))
while not log.progress().complete:
    time.sleep(0.0005)
print(time.perf_counter() - begun)
time.sleep(0.3)
"""


@contextmanager
def pouring(log: Path, seconds: float, seed: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Append lines for a while; at the end nobody writes any more."""
    argv = [sys.executable, "-c", POUR, str(log), str(RATE), str(seconds), str(seed)]
    writer = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        yield writer
    finally:
        writer.kill()
        writer.wait()


def family(pid: int) -> list[int]:
    """Return a process and those it started: the console runs below one that watches it."""
    found = [pid]
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in each.read_text().split():
            found += family(int(child))
    return found


def read_by(pid: int) -> int:
    """Return the bytes that a process and its ended children have read."""
    with suppress(OSError):  # it ended
        return int(Path(f"/proc/{pid}/io").read_text().split()[1])
    return 0


def processor(pid: int) -> float:
    """Return the processor seconds that a process and its children have used."""
    used = 0.0
    for each in family(pid):
        with suppress(OSError):  # it ended
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            # its own, and those of its children that have ended
            used += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return used


def resident(pid: int) -> float:
    """Return the MiB of memory that are a process's and its children's own."""
    found = 0.0
    for each in family(pid):
        for line in Path(f"/proc/{each}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                found += int(line.split()[1]) / 1024
    return found


def always() -> bool:
    """Say that keys are pressed until there were enough."""
    return True


def pressed(terminal: Terminal, key: str, token: bytes) -> float:
    """Press a key; return the seconds until what only it can draw was drawn, 10 at most."""
    terminal.drain(0.05)
    os.write(terminal.master, key.encode())
    took = terminal.wait_for(token, 10)
    return 10.0 if took is None else took


def moves(terminal: Terminal, count: int, going: Callable[[], bool] = always) -> list[float]:
    """Return the seconds until each of some keys was answered that hold the log or follow it."""
    took: list[float] = []
    while len(took) < count and going():
        took.append(pressed(terminal, "k", HELD))
        took.append(pressed(terminal, "G", FOLLOW))
    return took


def letters(terminal: Terminal, count: int, going: Callable[[], bool] = always) -> list[float]:
    """Return the seconds until each letter was shown that was typed into a search."""
    took: list[float] = []
    os.write(terminal.master, b"/")
    terminal.drain(0.3)
    while len(took) < count and going():
        letter = chr(TYPED + len(took) % 32)
        took.append(pressed(terminal, letter, letter.encode()))
        os.write(terminal.master, b"\x7f")
    os.write(terminal.master, b"\x1b")
    terminal.drain(0.3)
    return took


def keys(terminal: Terminal, count: int) -> list[float]:
    """Return the seconds until each of `count` keys was answered: moves first, then letters."""
    return moves(terminal, 2 * count // 3) + letters(terminal, count // 3)


def answered(what: str, took: Sequence[float]) -> Figure:
    """Return the slow end of how long keys took, beside the middle."""
    ordered = sorted(took)
    middle, slow = ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]
    ours = f"p50 {middle * 1e3:.0f} ms, p95 {slow * 1e3:.0f} ms, {len(took)} keys"
    return Figure(what, ours, "", slow * 1e3, 50, "ms")


def opened(log: Path, home: str) -> Terminal:
    """Start the console on a log, with the log pane in front and the last line drawn."""
    token = append(log, time.monotonic_ns() & 0xFFFFFFF)
    terminal = start([sys.executable, "-m", "warroom", "tail", str(log)], home)
    terminal.wait_for(token)
    return terminal


def while_indexing(big: Path, home: str) -> list[Figure]:
    """Press keys from the first frame on, as long as the index is at work, and then some."""
    took: list[float] = []
    later: list[float] = []
    size = big.stat().st_size
    for number in range(8):
        terminal = opened(big, f"{home}/keys-{number}")  # each without a kept index

        def at_work(pid: int = terminal.pid) -> bool:
            return sum(read_by(each) for each in family(pid)) < size

        try:
            took += (letters if number % 2 else moves)(terminal, 100, at_work)
            later += keys(terminal, 12)
        finally:
            terminal.end()
    then = answered("key answered in the second after that, while the log is analysed", later)
    return [answered("key answered while indexing", took), replace(then, target=None)]


def first_hit(terminal: Terminal) -> float:
    """Search for what only the newest line has; return the seconds until the cursor is there."""
    os.write(terminal.master, b"/")
    terminal.drain(0.5)
    os.write(terminal.master, b"/tail-")
    terminal.drain(0.5)
    os.write(terminal.master, b"\r")
    hit = terminal.wait_for(HELD, 10)
    os.write(terminal.master, b"\x1b")  # no search
    terminal.drain(0.3)
    os.write(terminal.master, b"G")
    terminal.drain(0.5)
    return 10.0 if hit is None else hit


def while_searching(big: Path, home: str) -> list[Figure]:
    """Search the large log for what only its newest line has, then for what none has."""
    terminal = opened(big, home)
    try:
        terminal.drain(3.0)
        hits = [first_hit(terminal) for _ in range(5)]
        os.write(terminal.master, b"/")
        terminal.drain(0.5)
        os.write(terminal.master, b"nowhere[0-9]+to be found\r")
        terminal.drain(1.0)
        took = keys(terminal, 30)
    finally:
        terminal.end()
    first = statistics.median(hits)
    ours = f"{first * 1e3:.0f} ms, of {len(hits)} at most {max(hits) * 1e3:.0f} ms"
    return [
        Figure("first hit of a search", ours, "", first * 1e3, 100, "ms"),
        answered("key answered while a whole file is searched", took),
    ]


def while_pouring(small: Path, seed: Path, home: str, soak: float) -> list[Figure]:
    """Follow lines as they pour in: keys, processor, memory."""
    seconds = max(40.0, soak)
    terminal = opened(small, home)
    try:
        terminal.drain(4.0)
        with pouring(small, seconds + 30, seed):
            terminal.drain(3.0)
            used, begun, memory = processor(terminal.pid), time.monotonic(), []
            while time.monotonic() - begun < seconds - 20:
                terminal.drain(1.0)
                memory.append(resident(terminal.pid))
            share = (processor(terminal.pid) - used) / (time.monotonic() - begun)
            rows = [answered("key answered while 50,000 lines/s arrive", keys(terminal, KEYS))]
            memory.append(resident(terminal.pid))
    finally:
        terminal.end()
    third = max(1, len(memory) // 3)
    early, late = statistics.median(memory[:third]), statistics.median(memory[-third:])
    lines = RATE * (len(memory) * 2 / 3)
    grown = max(0.0, (late - early) * 2**20 / lines)
    return [
        *rows,
        Figure(
            "following 50,000 lines/s, drawn", f"{share:.0%} of a core", "", share * 100, 35, "%"
        ),
        Figure(
            f"memory over {len(memory)} s of that",
            f"{early:.0f} → {late:.0f} MiB",
            "",
            grown,
            2 if len(memory) >= LONG else None,
            "B a line",
        ),
    ]


def undrawn(small: Path, seed: Path) -> Figure:
    """Follow the same lines with the engine alone."""
    argv = [sys.executable, "-c", FOLLOW_ONLY, str(small), "60"]
    engine = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        if engine.stdout is not None:
            engine.stdout.readline()
        time.sleep(3)
        with pouring(small, 30, seed):
            time.sleep(2)
            used, begun = processor(engine.pid), time.monotonic()
            time.sleep(15)
            share = (processor(engine.pid) - used) / (time.monotonic() - begun)
    finally:
        engine.kill()
        engine.wait()
    ours = f"{share:.1%} of a core"
    return Figure("following 50,000 lines/s, not drawn", ours, "", share * 100, 5, "%")


def reopened(big: Path, folder: str, rounds: int) -> Figure:
    """Index a file for the first time and again."""
    ratios, times = [], []
    for number in range(rounds):
        argv = [sys.executable, "-c", INDEX, str(big), f"{folder}/cache-{number}"]
        first, again = (float(subprocess.check_output(argv)) for _ in range(2))
        ratios.append(again / first)
        times.append((first, again))
    first, again = (statistics.median(each) for each in zip(*times, strict=True))
    return Figure(
        "reopening a known file",
        f"{again * 1e3:.0f} ms",
        f"its first index {first:.2f} s",
        statistics.median(ratios),
        0.02,
    )


def quiet_after(pid: int, terminal: Terminal, patience: float = 120.0) -> float:
    """Return the seconds after which a program had nothing more to compute (for 1.5 s)."""
    begun = since = time.monotonic()
    used = processor(pid)
    while time.monotonic() - begun < patience:
        terminal.drain(0.1)
        now = processor(pid)
        if now - used > QUIET * (time.monotonic() - since) + 0.02:
            since, used = time.monotonic(), now
        elif time.monotonic() - since > 1.5:
            return max(since - begun, 0.1)  # it was looked at every tenth of a second
    return patience


def read_whole(terminal: Terminal, size: int, patience: float = 120.0) -> float:
    """Return the seconds until a program had read the file: warroom then shows it as indexed."""
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        terminal.drain(0.02)
        if sum(read_by(pid) for pid in family(terminal.pid)) >= size:
            return time.monotonic() - begun
    return patience


def indexed(big: Path, home: str, rounds: int) -> Figure:
    """Open the large log in each console in turn, until its index is complete."""
    times: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, argv in programs(big).items():
            if name.startswith("less"):
                continue
            terminal = start(argv, f"{home}/fresh-{number}")
            try:
                own = name.startswith("warroom")
                took = (
                    read_whole(terminal, big.stat().st_size)
                    if own
                    else quiet_after(terminal.pid, terminal)
                )
                times.setdefault(name, []).append(took)
            finally:
                terminal.end()
    own = statistics.median(times["warroom tail"])
    found = {name: statistics.median(each) for name, each in times.items()}
    others = {name: each for name, each in found.items() if not name.startswith("warroom")}
    said = ", ".join(f"{name} {each:.1f} s" for name, each in others.items())
    faster = min(others.values(), default=float("nan"))
    what = "index complete in the console, by the faster one"
    return Figure(what, f"{own:.1f} s", said or "nothing to compare with", own / faster, 0.30)


def yardstick() -> str:
    """Say how busy the machine was: all times stretch alike."""
    took = []
    for _ in range(200):
        begun = time.perf_counter()
        sum(range(100_000))
        took.append(time.perf_counter() - begun)
    ordered = sorted(took)
    return (
        f"a fixed piece of work, alone on a core: {ordered[10] * 1e3:.1f} ms at best, p50 "
        f"{ordered[100] * 1e3:.1f} ms, p95 {ordered[190] * 1e3:.1f} ms"
    )


def measure(big: Path, folder: str, soak: float = 0.0, only: str = "") -> Iterator[Figure]:
    """Yield all figures; `only` names one part."""
    small = Path(folder) / "live.log"
    with small.open("wb") as file, big.open("rb") as source:
        file.write(source.read(1 << 20).rpartition(b"\n")[0] + b"\n")
    if only in {"", "indexing"}:
        yield from while_indexing(big, folder)
    if only in {"", "searching"}:
        yield from while_searching(big, folder)
    if only in {"", "undrawn"}:  # before the log has grown by what a soak appends
        yield undrawn(small, big)
    if only in {"", "pouring"}:
        yield from while_pouring(small, big, folder, soak)
    if only in {"", "indexed"}:
        yield indexed(big, folder, 3)
    if only in {"", "reopen"}:
        yield reopened(big, folder, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=size_of, default=size_of("100M"), help="100M, 1G ...")
    parser.add_argument("--log", type=Path, help="a large access log that is there already")
    parser.add_argument("--soak", type=float, default=0.0, help="seconds of memory under load")
    parser.add_argument("--only", default="", help="the name of one part")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        big = chosen.log or Path(folder) / "access.log"
        if chosen.log is None:
            build(big, chosen.size)
        print(table([*measure(big, folder, chosen.soak, chosen.only)], [yardstick()]))


if __name__ == "__main__":
    main()
