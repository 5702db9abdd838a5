"""Measure everything that is promised as a ratio, and write docs/benchmarks.md."""

import argparse
import contextlib
import io
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import bench_analysis
import bench_console
import bench_editor
import bench_live
import bench_logs

TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`. Every figure is a ratio against a peer in the same run on the same machine;
absolute times are there to be checked, not to be quoted. What a log can say and how surely is in
[benchmarks-analysis.md](benchmarks-analysis.md).

{machine}
"""


def main() -> None:
    """Run the parts one after the other; nothing is measured while another part runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1 << 30, help="bytes of the large log")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak", type=float, default=0.0, help="seconds of memory under load")
    chosen = parser.parse_args()
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}, "
        f"load at the start {os.getloadavg()[0]:.1f}."
    )
    parts = [HEAD.format(machine=machine), "## The log engine\n"]
    parts.append(bench_logs.table(*bench_logs.measure(chosen.size, chosen.rounds)))
    parts.append("\n## The console\n")
    sys.argv[1:] = ["--size", str(chosen.size), "--rounds", str(chosen.rounds)]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        bench_console.main()
    parts.append(text.getvalue().rstrip())
    parts.append("\n## The console under load\n")
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "access.log"
        bench_logs.build(big, chosen.size)
        parts += bench_live.measure(big, folder, chosen.soak)
    parts += ["\n## A key stroke in the editor of the postmortem\n", *bench_editor.table()]
    TARGET.write_text("\n".join(parts) + "\n")
    sys.stdout.write(TARGET.read_text())
    sys.argv[1:] = ["--write"]
    bench_analysis.main()


if __name__ == "__main__":
    main()
