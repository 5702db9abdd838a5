"""Measure the log engine against the tools people use, on logs built from a seed with known truth.

Run: python scripts/bench_logs.py [--size 100M] [--rounds 3] [--json FILE]

Every figure is a ratio: warroom and the other tool run in turn, on the same file, in the same
minute, and the medians are divided. Absolute times of a shared machine say little; ratios hold. A
tool that is not installed is left out and named. The logs are built in a temporary folder and
deleted afterwards.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench_row import Figure, table

SEED = 20261120
START = 1_795_212_000
"""The first second of the built logs (2026-11-20T22:00:00Z)."""
RATE = 188
"""Requests a second of the built logs."""
ODD_EVERY = 2048
"""One line in so many is of the kind that misleads a search for a quote and ` 5`."""

ROUTES = ["/", "/api/v1/checkout", "/api/v1/cart", "/static/app.js", "/search", "/login"]
JSON_LINES = 100_000_000
"""Bytes of JSON lines at most: they are built slowly."""
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/8.5.0",
    "python-requests/2.32",
]
STATUSES = [200] * 900 + [304] * 40 + [301] * 20 + [404] * 30 + [403] * 6 + [500] * 2 + [502, 503]


@dataclass(slots=True)
class Truth:
    """What a built log holds."""

    lines: int = 0
    bytes: int = 0
    status: Counter[int] = field(default_factory=Counter)
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process."""

    wall: float
    peak_mib: float
    output: str


def _odd(kind: int, stamp: str, status: int) -> str:
    """Return a line that is well formed, and misleading."""
    head = f"203.0.113.7 - - [{stamp}] "
    tail = f'{status} 77 "-" "curl/8.5.0" rt=0.001 us="10.0.0.2:80" rel=2026.11.3 host=web-1'
    return [
        f'{head}"GET /find?q=\\"a\\" 503 HTTP/1.1" {tail}',
        f'{head}"GET /end\\\\" {tail}',
        f'{head}"\\x16\\x03\\x01\\x02" {tail}',
        f'{head}"" {tail}',
        f'{head}"GET / HTTP/1.1" {status} 77 "-" "an "unescaped" 503 agent" rt=0.1',
        f'{head}"GET / HTTP/1.1" {status} 77 "http://x/\\" 500 1" "-" rt=0.1',
        f'203.0.113.7 - [admin] [{stamp}] "GET /a b c HTTP/1.1" {tail}',
        f'{head}" 503 HTTP/1.1" {tail}',
    ][kind % 8]


def _request(rng: random.Random) -> tuple[int, str]:
    """Return a status and what follows the time stamp of a line."""
    status, route = rng.choice(STATUSES), rng.choice(ROUTES)
    method = rng.choice(["GET", "GET", "POST"])
    text = (
        f'"{method} {route}?id={rng.randrange(10**6)} HTTP/1.1" {status} {rng.randrange(40_000)} '
        f'"https://shop.example{route}" "{rng.choice(AGENTS)}" rt={rng.random():.3f} '
        f'us="10.0.0.{rng.randrange(1, 9)}:8080" rel=2026.11.{rng.randrange(1, 5)} '
        f"host=web-{rng.randrange(1, 9)}\n"
    )
    return status, text


def build(path: Path, size: int, seed: int = SEED) -> Truth:
    """Write a combined log with values after it, of at least `size` bytes; return what is in it."""
    rng = random.Random(seed)
    truth = Truth(first=START)
    clients = [f"203.0.{rng.randrange(256)}.{rng.randrange(256)}" for _ in range(4096)]
    tails = [_request(rng) for _ in range(4096)]
    second, odd = START, 0
    with path.open("wb", buffering=1 << 20) as file:
        while truth.bytes < size:
            stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
            block = []
            for _ in range(RATE):
                status, tail = tails[rng.randrange(4096)]
                if truth.lines % ODD_EVERY == ODD_EVERY - 1:
                    status = rng.choice(STATUSES)
                    block.append(_odd(odd, stamp, status) + "\n")
                    odd += 1
                else:
                    block.append(f"{clients[rng.randrange(4096)]} - - [{stamp}] {tail}")
                truth.lines += 1
                truth.status[status] += 1
            data = "".join(block).encode()
            file.write(data)
            truth.bytes += len(data)
            truth.last = second
            second += 1
    return truth


def run(argv: Sequence[str]) -> Run:
    """Run a command to its end; its wall time, its peak memory and what it printed."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL
        )
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        wall = time.perf_counter() - begun
        out.seek(0)
        return Run(wall, usage.ru_maxrss / 1024, out.read().decode("utf-8", "replace"))


def paired(
    what: str,
    ours: Sequence[str],
    other: Sequence[str],
    rounds: int,
    targets: tuple[float | None, float | None] = (None, None),
) -> tuple[Figure, Figure, Run, Run]:
    """Run two commands in turn; the medians of their ratios of time and of peak memory."""
    pairs = [(run(ours), run(other)) for _ in range(rounds)]
    tool = Path(other[0]).name
    ratio = statistics.median(one.wall / two.wall for one, two in pairs)
    mine, theirs = (statistics.median(pair[n].wall for pair in pairs) for n in (0, 1))
    time_figure = Figure(what, f"{mine:.2f} s", f"{tool} {theirs:.2f} s", ratio, targets[0])
    ratio = statistics.median(one.peak_mib / two.peak_mib for one, two in pairs)
    mine, theirs = (statistics.median(pair[n].peak_mib for pair in pairs) for n in (0, 1))
    memory = Figure(
        f"{what}: peak memory", f"{mine:.0f} MiB", f"{tool} {theirs:.0f} MiB", ratio, targets[1]
    )
    return time_figure, memory, *pairs[-1]


SCAN = """
import json, sys
from warroom.logs import scan
print(json.dumps(scan(sys.argv[1:])[0].as_json()))
"""
INDEX = """
import sys, time
from warroom.logs import open_log
begun = time.perf_counter()
log = open_log(sys.argv[1])
shown = log.entries(log.end - 50, log.end)
tail = time.perf_counter() - begun
while not log.progress().complete:
    time.sleep(0.002)
whole = time.perf_counter() - begun
rows = log.end - log.first
print(tail, whole, log._index.memory() / rows)
"""
ANALYSE = """
import sys, time
from warroom.logs import open_log
from warroom.logs.analysis.findings import analyse
log = open_log(sys.argv[1])
while not log.progress().complete:
    time.sleep(0.01)
times = []
for _ in range(3):
    begun = time.perf_counter()
    found = analyse(log.table(sample=40_000))
    times.append(time.perf_counter() - begun)
print(sorted(times)[1], found.requests)
"""
COUNT = """
import sys
from warroom.logs.search import count
from warroom.logs import Query
print(count(sys.argv[2], Query(include=[sys.argv[1]])))
"""


def figures(path: Path, truth: Truth, rounds: int) -> tuple[list[Figure], list[str]]:
    """Return the comparisons that the installed tools allow, and notes on the others."""
    found: list[Figure] = []
    notes: list[str] = []
    python, name = sys.executable, str(path)
    scan = [python, "-c", SCAN, name]

    def have(tool: str) -> bool:
        if shutil.which(tool):
            return True
        notes.append(f"{tool} is not installed: not compared")
        return False

    report = json.loads(run(scan).output)
    expected = {str(code): n for code, n in truth.status.items()}
    wrong = sum(
        abs(report["status"].get(code, 0) - expected.get(code, 0))
        for code in {*report["status"], *expected}
    ) + abs(report["lines"] - truth.lines)
    failed = sum(n for code, n in truth.status.items() if code >= 500)
    found.append(
        Figure("scan: lines counted otherwise than the truth", f"{wrong}", "", wrong, 0, "lines")
    )
    if have("lnav"):
        query = ";select count(*) from access_log where sc_status >= 500"
        time_figure, memory, _, theirs = paired(
            "scan, against headless SQL",
            scan,
            ["lnav", "-n", "-c", query, name],
            rounds,
            (0.2, 0.25),
        )
        found += [time_figure, memory]
        notes.append(_against("lnav", theirs.output, failed))
    others: list[tuple[str, list[str]]] = [
        ("gawk", ["gawk", '-F"', "$3 ~ /^ 5/ {n++} END {print n}", name]),
        ("grep", ["grep", "-acE", '" 5[0-9][0-9] ', name]),
        ("rg", ["rg", "-ac", '" 5[0-9][0-9] ', name]),
    ]
    for tool, argv in others:
        if have(tool):
            time_figure, _, _, theirs = paired(
                "scan, against a count of 5xx alone", scan, argv, min(rounds, 2)
            )
            found.append(time_figure)
            notes.append(_against(tool, theirs.output, failed))
    if shutil.which("rg"):
        for what, pattern in (("literal", "api/v1/checkout"), ("expression", r"id=99\d+ ")):
            ours = [python, "-c", COUNT, pattern, name]
            argv = ["rg", "-ac", "--no-config", "-i", "--no-unicode", pattern, name]
            time_figure, _, mine, theirs = paired(
                f"search, count in the whole file ({what})", ours, argv, rounds, (1.5, None)
            )
            found.append(time_figure)
            same = mine.output.strip() == theirs.output.strip()
            notes.append(f"search ({what}): counts {'agree' if same else 'DIFFER'}")
    tails = [tuple(map(float, run([python, "-c", INDEX, name]).output.split())) for _ in range(3)]
    tail, whole, memory_row = (statistics.median(each) for each in zip(*tails, strict=True))
    notes.append(f"open to 50 entries of the tail: {tail * 1e3:.0f} ms; whole index {whole:.2f} s")
    found.append(
        Figure("index memory", f"{memory_row:.2f} B a line", "", memory_row, 2.0, "B a line")
    )
    spent = run([python, "-c", ANALYSE, name]).output.split()
    what = f"analysis of the whole log ({int(spent[1])} requests, as the console asks for it)"
    found.append(Figure(what, f"{float(spent[0]):.2f} s", "", float(spent[0]), 2.0, "s"))
    return found, notes


def json_lines(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Scan JSON lines beside a program that only looks for a text in them."""
    path = folder / "app.json"
    lines = build_json(path, size)
    scan = [sys.executable, "-c", SCAN, str(path)]
    report = json.loads(run(scan).output)
    if report["lines"] != lines:
        raise ValueError(f"{report['lines']} of {lines} JSON lines counted")
    if not shutil.which("gawk"):
        return []
    argv = ["gawk", '/"status":5/ {n++} END {print n}', str(path)]
    return [paired("scan of JSON lines, against a count of 5xx alone", scan, argv, rounds)[0]]


def build_json(path: Path, size: int, seed: int = SEED) -> int:
    """Write an access log as JSON lines of at least `size` bytes; return how many lines."""
    rng = random.Random(seed)
    written = lines = 0
    with path.open("wb", buffering=1 << 20) as file:
        while written < size:
            at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + lines // RATE))
            document = {
                "time": f"{at}.{rng.randrange(1000):03}Z",
                "level": "info",
                "msg": "request",
                "method": "GET",
                "path": f"{rng.choice(ROUTES)}?id={rng.randrange(10**6)}",
                "status": rng.choice(STATUSES),
                "duration_ms": rng.randrange(900),
                "user_agent": rng.choice(AGENTS),
            }
            data = json.dumps(document, separators=(",", ":")).encode() + b"\n"
            file.write(data)
            written += len(data)
            lines += 1
    return lines


def _against(tool: str, output: str, truth: int) -> str:
    digits = "".join(c if c.isdigit() else " " for c in output).split()
    if not digits:
        return f"{tool} printed no count"
    return f"{tool} counts {digits[-1]} of {truth} failures ({int(digits[-1]) / truth - 1:+.1%})"


def measure(size: int, rounds: int) -> tuple[list[Figure], list[str]]:
    """Build the logs, measure, and delete them."""
    with tempfile.TemporaryDirectory(prefix="warroom-bench-") as folder:
        path = Path(folder) / "access.log"
        truth = build(path, size)
        found, notes = figures(path, truth, rounds)
        found += json_lines(Path(folder), min(size, JSON_LINES), min(rounds, 3))
    notes.insert(0, said(truth))
    return found, notes


def said(truth: Truth) -> str:
    """Return what log was measured."""
    return f"{truth.bytes / 2**20:.0f} MiB, {truth.lines} lines, seed {SEED}"


def size_of(text: str) -> int:
    units = {"M": 1_000_000, "G": 1 << 30}
    return int(float(text[:-1]) * units[text[-1]]) if text[-1] in units else int(text)


def main() -> int:
    """Measure and print; the exit status says whether every target was met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", type=size_of, default=size_of("100M"), help="100M, 1G ...")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    asked = parser.parse_args()
    found, notes = measure(asked.size, asked.rounds)
    print(table(found, notes))
    if asked.json:
        data = {"figures": [asdict(each) for each in found], "notes": notes}
        asked.json.write_text(json.dumps(data, indent=1) + "\n")
    missed = [each for each in found if each.target is not None and not each.met]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
