"""Measure how soon a change is visible on the other side: over a server, and over one PostgreSQL.

Also how soon a server with open streams is gone when it is told to stop.

    .venv/bin/python scripts/bench_team.py [--count N]
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.remote.kit import open_one  # noqa: E402 - the path is set above
from tests.runbooks.servers import postgres  # noqa: E402

from warroom.core import commands as c  # noqa: E402
from warroom.core import events as e  # noqa: E402
from warroom.room.local import LocalRoom  # noqa: E402
from warroom.store import open_journal  # noqa: E402


def visible(here: Any, there: Any, count: int) -> list[float]:
    """Return after how many seconds each of so many notes of one console is told to the other."""
    name = here.do(c.Declare(facts=e.Declared(title="checkout fails"))).incident.id
    arrived: dict[str, float] = {}
    news = threading.Condition()

    def told(records: Any) -> None:
        with news:
            for record in records:
                if isinstance(record.event, e.NoteAdded):
                    arrived[record.event.text] = time.perf_counter()
            news.notify_all()

    stop = there.subscribe(told)
    time.sleep(1)
    took = []
    for number in range(count):
        text = f"note {number}"
        began = time.perf_counter()
        here.do(c.AddNote(text=text), name)
        with news:
            news.wait_for(lambda text=text: text in arrived, 30)
        took.append(arrived[text] - began)
    stop()
    return took


@contextlib.contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, Callable[[str], str]]]:
    """Run the real server in a process of its own; offers it, its address and a maker of tokens."""
    env = {**os.environ, "HOME": str(folder), "WARROOM_ACTOR": "server"}
    command = [sys.executable, "-m", "warroom"]

    def token(person: str) -> str:
        made = subprocess.run(
            [*command, "token", "new", person, "--json"],
            env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return str(json.loads(made.stdout)["token"])

    token("nobody")
    running = subprocess.Popen(
        [*command, "serve", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        yield running, running.stdout.readline().split()[-1], token
    finally:
        running.kill()
        running.wait()


def said(name: str, took: list[float]) -> str:
    """Return a row of the table."""
    ordered = sorted(took)
    middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    return (
        f"| {name} | {len(ordered)} | {middle * 1e3:.1f} ms | {late * 1e3:.1f} ms"
        f" | {ordered[-1] * 1e3:.1f} ms |"
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    count = parser.parse_args().count
    rows = []
    stopped = 0.0
    with tempfile.TemporaryDirectory(prefix="wr-bench-") as name:
        folder = Path(name)
        with server(folder) as (running, url, token):
            rooms = [open_one(folder, url, token(who), who) for who in ("ana", "leo")]
            for room in rooms:
                room.settle(30)
            rows.append(said("two consoles and a server", visible(rooms[0], rooms[1], count)))
            began = time.perf_counter()
            running.send_signal(signal.SIGTERM)
            running.wait(30)
            stopped = time.perf_counter() - began
            for room in rooms:
                room.close()
        with postgres() as database:
            locals_ = [
                LocalRoom(
                    open_journal(database.url, anchors=folder / who / "anchors.log"),
                    actor=who,
                    device=who,
                )
                for who in ("ana", "leo")
            ]
            took = visible(locals_[0], locals_[1], count)
            rows.append(said("two consoles on one PostgreSQL", took))
            for local in locals_:
                local.close()
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print("| visible on the other side | notes | median | 95 % | worst |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))
    print(f"\nA server with two streams open was gone {stopped:.2f} s after SIGTERM.")


if __name__ == "__main__":
    main()
