"""Measure whether a full store is as quick as a small one: the first queue, a key, a search.

Two stores are built, one with ten incidents and one with a year of them; the same console is
started on both in turn, in a pseudo-terminal, and the ratio of the times is what counts.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench_console import Terminal, start
from bench_row import Figure, table

from warroom.core import events as e
from warroom.core.journal import Origin
from warroom.core.queue import rank
from warroom.core.words import FixLevel, FollowUpKind, FollowUpState, Priority, Role
from warroom.store import open_journal

FEW, MANY, OPEN = 10, 5000, 500
YEAR = timedelta(days=365)
KEYS = 30
SERVICES = ("checkout", "search", "mail", "export", "login", "billing", "profile", "media")
TROUBLES = ("answers 502", "is slow", "loses orders", "sends twice", "refuses uploads", "is empty")
CAUSES = ("connection pool", "certificate", "migration", "cache", "release", "disk", "lock")


def build(path: Path, count: int, still_open: int, now: datetime) -> None:
    """Write a store with so many incidents spread over the year before `now`."""
    chance = random.Random(7)
    with open_journal(str(path), anchors=path.with_suffix(".anchors")) as journal:
        for number in range(count):
            at = now - YEAR + YEAR * number / count
            last = number >= count - still_open
            origin = Origin(actor="ana", device="bench", command_id=f"b{number}", now=at)
            journal.append(None, lambda _, x=last: _life(chance, ended=not x), origin)


def _life(chance: random.Random, *, ended: bool) -> tuple[e.Event, ...]:
    service, cause = chance.choice(SERVICES), chance.choice(CAUSES)
    title = f"{service} {chance.choice(TROUBLES)} since {chance.randrange(1000, 9999)}"
    events: list[e.Event] = [
        e.Declared(title=title, service=service, priority=chance.choice(list(Priority))),
        e.Acknowledged(),
        e.RoleTaken(role=Role.COMMANDER, person=chance.choice(("ana", "leo", "mia"))),
    ]
    for _ in range(chance.randrange(2, 8)):
        words = " ".join(chance.choice((*SERVICES, *CAUSES, "timeout", "retry")) for _ in range(12))
        events.append(e.NoteAdded(text=f"{words} {chance.randrange(10**6)}"))
    follow_up = e.FollowUpChanged(
        follow_up=1,
        kind=FollowUpKind.TEST,
        text=f"test the {cause}",
        state=FollowUpState.OPEN if chance.random() < 0.1 else FollowUpState.DONE,
        owner="leo",
    )
    if ended:
        events += [
            e.Contained(how="rolled back"),
            e.Diagnosed(text=f"the {cause} of {service} was exhausted"),
            e.FixRecorded(level=FixLevel.ROOT_CAUSE, text=f"{cause} put right"),
            follow_up,
            e.Resolved(text="gone"),
            e.PostmortemEdited(text=f"# {title}\n\nThe {cause} was the cause.\n", base=0),
            e.Closed(),
        ]
    return tuple(events)


def look(path: Path, home: Path) -> tuple[float, float]:
    """Return the seconds to the first queue, and the median from a key to its drawing."""
    with open_journal(str(path), anchors=path.with_suffix(".anchors")) as journal:
        rows = rank(journal.incidents(), datetime.now(UTC))
    names = [row.incident.title for row in rows]
    begun = time.perf_counter()
    terminal = start([sys.executable, "-m", "warroom", "--db", str(path)], str(home))
    try:
        if terminal.wait_for(names[0][-4:].encode()) is None:
            raise SystemExit("the queue was never drawn")
        first = time.perf_counter() - begun
        terminal.drain(6.0)
        return first, statistics.median(_keys(terminal, names))
    finally:
        terminal.end()


def _keys(terminal: Terminal, names: list[str]) -> list[float]:
    """Go down and up again; the header names the incident under the cursor."""
    found = []
    for turn in range(KEYS):
        down = turn % 2 == 0
        terminal.drain(0.3)
        terminal.send(b"j" if down else b"k")
        seconds = terminal.wait_for(names[1 if down else 0][-4:].encode())
        if seconds is None:
            raise SystemExit("a key was never answered")
        found.append(seconds)
    return found


def search(path: Path) -> tuple[float, float, int]:
    """Return the slowest first search, the median of repeated ones, and how much was found."""
    questions = (
        "connection pool",
        "certificate timeout",
        "checkout answers 502",
        "lock retry mail",
    )
    first, again, found = [], [], 0
    for words in questions:
        with open_journal(str(path), anchors=path.with_suffix(".anchors")) as journal:
            journal.incidents()
            begun = time.perf_counter()
            found += len(journal.search(words))
            first.append(time.perf_counter() - begun)
            for _ in range(5):
                begun = time.perf_counter()
                journal.search(words)
                again.append(time.perf_counter() - begun)
    return max(first), statistics.median(again), found


def measure(rounds: int = 3) -> list[Figure]:
    """Return the figures of a full store against a small one."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = folder / "few.db", folder / "many.db"
        build(few, FEW, FEW, now)
        build(many, MANY, OPEN, now)
        seen: dict[Path, list[tuple[float, float]]] = {few: [], many: []}
        for _ in range(rounds):  # in turn: what else the machine does hits both
            for path in (few, many):
                home = folder / f"home-{path.stem}"
                home.mkdir(exist_ok=True)
                seen[path].append(look(path, home))
        slowest, median, found = search(many)
    begin = {path: statistics.median(x for x, _ in seen[path]) for path in seen}
    key = {path: statistics.median(x for _, x in seen[path]) for path in seen}
    return [
        _against("console start until the queue is drawn", begin[few], begin[many]),
        _against("key in the queue until its incident is shown", key[few], key[many]),
        Figure(
            what=f"full-text search of a year, {MANY} incidents",
            ours=f"slowest first {slowest * 1000:.0f} ms, again {median * 1000:.0f} ms",
            other=f"{found} found",
            value=median * 1000,
            target=100,
            unit="ms",
        ),
    ]


def _against(what: str, few: float, many: float) -> Figure:
    return Figure(
        what=f"{what}, {MANY} incidents of which {OPEN} are open",
        ours=f"{many * 1000:.0f} ms",
        other=f"with {FEW}: {few * 1000:.0f} ms",
        value=many / few,
        target=1.25,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    sys.stdout.write(table(measure(parser.parse_args().rounds)) + "\n")


if __name__ == "__main__":
    main()
