"""Run the long campaigns one after the other, each within a time limit, and tell how they ended.

Run: python scripts/soak.py [--only NAME ...] [--share 0.1] [--minutes 60] [--again] [--write]

What has passed is remembered in `.soak.json` in the current folder, so that a run which was cut, or
in which something failed, goes on where it was; once everything has passed, the next run begins
anew. `--share` makes the campaigns that can be sized smaller: the table says what was really done.
`--write` puts the table into docs/reliability.md. The exit status says whether all is well.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
MEMORY = Path(".soak.json")
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tests marked `soak` that belong together."""

    what: str
    tests: tuple[str, ...]
    minutes: int
    """After which it is stopped and counts as failed."""


GROUPS = {
    "kills": Group(
        what="kill -9 of a writer, on SQLite and PostgreSQL",
        tests=("tests/store/test_durability.py",),
        minutes=120,
    ),
    "power": Group(
        what="power cuts, unsynced writes dropped or torn",
        tests=("tests/store/test_powercut.py",),
        minutes=30,
    ),
    "full": Group(
        what="the disk is full at each single write, sync or new file in turn",
        tests=("tests/store/test_nospace.py",),
        minutes=60,
    ),
    "flips": Group(
        what="flipped bits in the journal's file", tests=("tests/store/test_tamper.py",), minutes=30
    ),
    "writers": Group(
        what="two people write one postmortem",
        tests=("tests/store/test_two_writers.py", "tests/remote/test_two_writers.py"),
        minutes=60,
    ),
    "networks": Group(
        what="networks cut, slowed, frozen and reset while two work",
        tests=("tests/remote/test_campaign.py",),
        minutes=60,
    ),
    "day": Group(
        what="24 simulated hours of a busy team: 5 consoles come and go, one in a terminal",
        tests=("tests/remote/test_busy_team.py",),
        minutes=60,
    ),
    "follow": Group(
        what="a followed log that suffers everything, against a recorder",
        tests=("tests/logs/test_follow_campaign.py",),
        minutes=30,
    ),
    "steps": Group(
        what="kill -9 during a step of a runbook",
        tests=("tests/runbooks/test_runbook_crash.py", "tests/e2e/test_killed_step.py"),
        minutes=60,
    ),
    "consoles": Group(
        what="kill -9 of the console while notes are typed",
        tests=("tests/terminal/test_killed_console.py",),
        minutes=60,
    ),
    "typing": Group(
        what="kill -9 while a postmortem is typed",
        tests=("tests/terminal/test_killed_writing.py",),
        minutes=60,
    ),
    "hostile": Group(
        what="hostile text in every theme and every command's output",
        tests=(
            "tests/terminal/test_hostile_console.py",
            "tests/terminal/test_hostile_commands.py",
        ),
        minutes=60,
    ),
    "keys": Group(
        what="keys struck at random",
        tests=("tests/tui/test_three_keys.py", "tests/tui/test_deliberate_key.py"),
        minutes=240,
    ),
    "fuzz": Group(
        what="requests made at random to the server",
        tests=("tests/server/test_fuzz.py",),
        minutes=60,
    ),
    "storm": Group(
        what="a minute of a thousand alerts a second, then a kill",
        tests=("tests/server/test_burst.py",),
        minutes=10,
    ),
    "bytes": Group(
        what="damaged lines, any bytes, any file operations",
        tests=("tests/logs/test_fuzz.py",),
        minutes=30,
    ),
    "causes": Group(
        what="incidents in a log, found and named",
        tests=("tests/analysis/test_incidents.py",),
        minutes=60,
    ),
    "drills": Group(
        what="drills won, lost and watched",
        tests=("tests/drills/test_play.py", "tests/drills/test_watched.py"),
        minutes=180,
    ),
    "chaos": Group(
        what="drills whose console is killed again and again, and which are won",
        tests=("tests/drills/test_chaos.py",),
        minutes=120,
    ),
    "servers": Group(
        what="a real Prometheus, a real Unleash",
        tests=("tests/monitor/test_prometheus.py", "tests/runbooks/test_unleash.py"),
        minutes=15,
    ),
}


@dataclass(slots=True, kw_only=True)
class Row:
    """How a group ended."""

    passed: bool
    share: float = 1.0
    """Of the full size, that was asked for."""
    count: str = ""
    seeds: str = ""
    lost: int = 0
    skipped: int = 0
    seconds: int = 0
    day: str = ""
    trouble: tuple[str, ...] = ()


def run(group: Group, share: float, seconds: float) -> Row:
    """Run the tests of a group; stop them when their time is up."""
    began = time.monotonic()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Inherited from a shell that put us in the background: the tests could not be stopped.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="soak") as folder:
        report = Path(folder) / "report.xml"
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-m", "soak", f"--junitxml={report}",
             "-o", "junit_family=xunit1", *group.tests],
            cwd=ROOT,
            env={**os.environ, "WARROOM_SOAK_SHARE": str(share)},
            start_new_session=True,
        )  # fmt: skip
        try:
            in_time = _wait(process, seconds)
        except KeyboardInterrupt:
            _wait(process, 0)
            raise
        row = read(report) if report.exists() else Row(passed=False)
    row.passed = row.passed and in_time and process.returncode == 0
    if not in_time:
        row.trouble = (*row.trouble, f"its {seconds / 60:.0f} minutes were over")
    row.share = share
    row.seconds = round(time.monotonic() - began)
    row.day = datetime.now(UTC).date().isoformat()
    return row


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Let it end; interrupt it when its time is up, so that it puts away what it has started."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True


def read(report: Path) -> Row:
    """Add up what the tests of a group have said."""
    counts: Counter[str] = Counter()
    seeds: list[str] = []
    row = Row(passed=True)
    trouble: list[str] = []
    for case in ET.parse(report).iter("testcase"):
        said = [(one.get("name", ""), one.get("value", "")) for one in case.iter("property")]
        name = f"{case.get('classname')}.{case.get('name')}"
        wrong = [(kind, one) for kind in ("failure", "error") for one in case.iter(kind)]
        trouble += [
            f"{name}: {(one.get('message') or kind).splitlines()[0]}" for kind, one in wrong
        ]
        row.skipped += case.find("skipped") is not None
        if wrong or case.find("skipped") is not None:
            continue
        counted = [(name, value) for name, value in said if name.startswith("count ")]
        for unit, value in counted or [("count tests", "1")]:
            counts[unit.removeprefix("count ")] += int(value)
        row.lost += sum(int(value) for name, value in said if name == "lost")
        seeds += [value for name, value in said if name == "seed" and value]
    row.count = ", ".join(f"{number:,} {unit}" for unit, number in counts.items())
    row.seeds = _spans(seeds)
    row.trouble = tuple(trouble)
    row.passed = not trouble and not row.lost and bool(counts or row.skipped)
    return row


def _spans(seeds: list[str]) -> str:
    """Write 3, 4, 5, 9 as 3–5, 9."""
    numbers = sorted({int(one) for one in seeds if one.isdigit()})
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    told = [f"{s[0]}–{s[-1]}" if len(s) > 1 else f"{s[0]}" for s in spans]
    return ", ".join([*told, *sorted({one for one in seeds if not one.isdigit()})])


def table(rows: dict[str, Row]) -> str:
    """Return the rows as a Markdown table; what was not run says so."""
    lines = ["| name | what | done | seeds | lost | s | day |", "|---|---|---|---|---|---|---|"]
    for name, group in GROUPS.items():
        row = rows.get(name)
        if row is None:
            lines.append(f"| {name} | {group.what} | not run | | | | |")
            continue
        done = row.count or "nothing"
        if row.skipped:
            done += f" ({row.skipped} skipped)"
        lost = str(row.lost) if row.passed else f"**FAILED**, {row.lost}"
        lines.append(
            f"| {name} | {group.what} | {done} | {row.seeds} | {lost} | {row.seconds} | {row.day} |"
        )
    return "\n".join(lines)


def remembered() -> dict[str, Row]:
    try:
        kept = json.loads(MEMORY.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return {name: Row(**row) for name, row in kept.items() if name in GROUPS}


def remember(name: str, row: Row) -> None:
    """Keep how a group ended, beside what others that run at the same time have kept."""
    rows = {**remembered(), name: row}
    new = MEMORY.with_suffix(".new")
    new.write_text(json.dumps({k: asdict(v) for k, v in rows.items()}, indent=1), "utf-8")
    new.replace(MEMORY)


def write(rows: dict[str, Row]) -> None:
    """Put the table between the two marks of the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--share", type=float, default=1.0, help="of the full size: 0.1 is a tenth")
    parser.add_argument("--minutes", type=float, default=0, help="start nothing after these")
    parser.add_argument("--again", action="store_true", help="also what has passed already")
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    chosen = parser.parse_args()
    began = time.monotonic()
    rows = remembered()
    done = {name for name, row in rows.items() if row.passed and row.share >= chosen.share}
    if done == set(chosen.only) == set(GROUPS):
        rows, done = {}, set()
        MEMORY.unlink()
    for name in chosen.only:
        if name in done and not chosen.again:
            continue
        left = chosen.minutes * 60 - (time.monotonic() - began) if chosen.minutes else float("inf")
        if left <= 0:
            break
        print(f"{name}: {GROUPS[name].what}", flush=True)
        rows[name] = run(GROUPS[name], chosen.share, min(left, GROUPS[name].minutes * 60.0))
        remember(name, rows[name])
        for line in rows[name].trouble:
            print(f"  {line}", flush=True)
    print(table(rows))
    if chosen.write:
        write(rows)
    return 0 if all(name in rows and rows[name].passed for name in chosen.only) else 1


if __name__ == "__main__":
    sys.exit(main())
