"""Measure everything that is promised of the logs, and write docs/benchmarks.md.

Run: python scripts/bench.py [--size 1G] [--rounds 3] [--soak 600] [--out FILE]
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import bench_console
import bench_live
import bench_logs
import bench_queue
from bench_row import Figure, table

TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`. Each tool runs in turn with warroom on the same file, in the same run;
ratios are what can be compared, absolute times are there to be checked. Tools that are not
installed are left out and named. What a log can say and how surely is in
[benchmarks-analysis.md](benchmarks-analysis.md).

{machine}
"""


def part(name: str, figures: Callable[[], Iterable[Figure]], notes: list[str]) -> list[Figure]:
    """Run one part; one that fails is a note, and the others go on."""
    begun = time.monotonic()
    found: list[Figure] = []
    try:
        for each in figures():
            found.append(each)
            sys.stderr.write(f"{each.row()}\n")
    except Exception as error:
        notes.append(f"{name} broke off: {type(error).__name__}: {error}")
    sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")
    return found


def main() -> int:
    """Run the parts one after the other: nothing is measured while another part runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    size_of = bench_logs.size_of
    parser.add_argument("--size", type=size_of, default=size_of("1G"), help="100M, 1G ...")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak", type=float, default=0.0, help="seconds of memory under load")
    parser.add_argument("--out", type=Path, default=TARGET)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    notes: list[str] = []
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="warroom-bench-") as folder:
        log = Path(folder) / "access.log"
        truth = bench_logs.build(log, chosen.size)

        def engine() -> Iterable[Figure]:
            figures, said = bench_logs.figures(log, truth, chosen.rounds)
            notes.extend(said)
            return figures

        size, rounds = min(chosen.size, bench_logs.JSON_LINES), chosen.rounds
        found += part("engine", engine, notes)
        found += part("JSON", lambda: bench_logs.json_lines(Path(folder), size, rounds), notes)
        found += part("console", lambda: bench_console.measure(log, folder, rounds), notes)
        found += part("queue", lambda: bench_queue.measure(rounds), notes)
        found += part("load", lambda: bench_live.measure(log, folder, chosen.soak), notes)
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}; load {load:.1f} at the "
        f"start, {os.getloadavg()[0]:.1f} at the end. The log: {bench_logs.said(truth)}."
    )
    notes.append(bench_live.yardstick())
    chosen.out.write_text(f"{HEAD.format(machine=machine)}\n{table(found, notes)}\n")
    sys.stdout.write(chosen.out.read_text())
    missed = [each for each in found if each.met is False]
    return 1 if missed or any("broke off" in note for note in notes) else 0


if __name__ == "__main__":
    sys.exit(main())
