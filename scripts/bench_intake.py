"""Measure a storm of alerts: a real server over SQLite, somebody at a console, then a kill.

.venv/bin/python scripts/bench_intake.py [--rate 1000] [--seconds 60]
"""

import argparse
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from os import cpu_count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.server.storm import storm


def spread(took: Sequence[float]) -> str:
    """Return median, 99 % and worst of some times."""
    ordered = sorted(took)
    named = (statistics.median(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1])
    return " | ".join(f"{each * 1e3:.0f} ms" for each in named)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wr-bench-") as name:
        found = storm(Path(name), rate=chosen.rate, seconds=chosen.seconds)
    sent = sum(found.burst.answers.values())
    print(f"{platform.machine()}, {cpu_count()} processors, load {found.load:.1f}\n")
    print(f"sent {sent} at {chosen.rate:g}/s, all answered after {found.burst.seconds:.1f} s")
    print(f"answers by status: {dict(found.burst.answers)}")
    print(f"accepted {len(found.burst.accepted)}, of these lost by the kill {found.lost}")
    print(f"incidents count {found.firing} alerts, in {found.entries} entries of the journal")
    print(f"placed {found.late:.1f} s after the next start\n")
    print("| time | median | 99 % | worst |\n|---|---|---|---|")
    print(f"| answer to a message | {spread(found.burst.waits)} |")
    print(f"| answer to a key ({len(found.keys)}) | {spread(found.keys)} |")


if __name__ == "__main__":
    main()
