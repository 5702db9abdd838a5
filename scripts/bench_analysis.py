"""Measure the analysis on seeded incidents: `python scripts/bench_analysis.py [--seeds 10]`.

Writes log files in three formats into a temporary directory, reads them back, compares every
answer with the truth, and writes the table to docs/benchmarks-analysis.md.
"""

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from incidents import formats, shapes
from incidents.judge import Judged, judge


def _one(job: tuple[str, int, bool, int]) -> Judged:
    shape, seed, hard, requests = job
    with tempfile.TemporaryDirectory(prefix="warroom-bench-") as folder:
        form = formats.FORMATS[seed % 3]
        path = Path(folder) / "access.log"
        return judge(shape, seed, form, path, hard=hard, requests=requests)


def run(seeds: int, requests: int, names: Iterable[str], *, hard: bool) -> list[Judged]:
    jobs = [(name, seed, hard, requests) for name in names for seed in range(seeds)]
    with multiprocessing.Pool(2) as pool:
        return pool.map(_one, jobs, chunksize=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--requests", type=int, default=80_000)
    parser.add_argument("--hard", action="store_true", help="only the hard set")
    parser.add_argument("shapes", nargs="*")
    args = parser.parse_args()
    began = time.perf_counter()
    names = args.shapes or shapes.names()
    judged = run(args.seeds, args.requests, names, hard=args.hard)
    for name in names:
        own = [one for one in judged if one.shape == name]
        print(line(name, own))
    print(total(judged))
    print(f"{time.perf_counter() - began:.0f} s")


def spread(values: list[float]) -> str:
    if not values:
        return "–"
    ranked = sorted(values)
    return f"{statistics.median(ranked):.0f} / {ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]:.0f}"


def line(name: str, own: list[Judged]) -> str:
    onset = [one.onset_error for one in own if one.onset_error is not None]
    end = [one.end_error for one in own if one.end_error is not None]
    found = [one for one in own if one.found]
    return (
        f"| {name} | {len(found)}/{len(own)} | {sum(o.first_right for o in found)} | "
        f"{sum(o.all_right for o in found)} | {spread(onset)} | {sum(o.onset_held for o in found)} | "
        f"{spread(end)} | {sum(o.end_held for o in found)} | spoke {sum(o.spoke for o in own)} | {statistics.mean(o.milliseconds for o in own):.0f} ms"
    )


def total(judged: list[Judged]) -> str:
    incidents = [one for one in judged if not one.shape.startswith("none_")]
    return (
        line("all incidents", incidents)
        + f"\nquiet: {sum(o.spoke for o in judged if o.shape.startswith('none_'))} findings"
        if incidents
        else ""
    )


if __name__ == "__main__":
    main()
