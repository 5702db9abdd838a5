"""A drill is won though the console is killed again and again, at moments that a seed picks.

The shop, its callers and the score live in this process. The console, with the player that does
what its footer says, lives in another, which is killed with SIGKILL and started again.
"""

import os
import queue
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.campaign import Tally, sized

from warroom.core import events as e
from warroom.core.state import Incident
from warroom.core.words import Outcome, StepAction
from warroom.demo.drill import Set, cards, set_up
from warroom.drills.scenarios.load import load_scenarios
from warroom.room.outcomes import tended
from warroom.settings import Settings
from warroom.store import open_journal

MARK = "CHAOS_OF"
"""In the environment of a console and of everything that it starts."""

CONSOLE = """
import sys
from pathlib import Path
from warroom.demo.drilled import play_along
from warroom.demo.script import Player
from warroom.settings import Settings

def say(text):
    print(text, flush=True)

told = Player.note

def note(self, text):
    snapshot = getattr(self.app.screen_stack[0], "snapshot", None)
    if snapshot is not None and snapshot.current is not None:
        say(f"screen {snapshot.current.id} {snapshot.current.version}")
    told(self, text)

Player.note = note
play_along(Settings(actor="leo"), Path(sys.argv[1]), say)
say("won")
"""

MOMENTS = (
    (r"key   d ", 1.5),
    (r"key   ctrl\+s", 1.0),
    (r"key   full_stop +take", 0.5),
    (r"key   R +run", 2.5),
    (r"key   R +run", 2.5),
    (r"fact  it ran", 8.0),
    (r"key   V ", 2.5),
    (r"key   [DN] ", 0.5),
    (r"key   U ", 2.5),
    (r"key   U ", 2.5),
    (r"key   R +resolve", 0.5),
    (r"key   C ", 0.5),
    (r"FOLLOW", 20.0),
)
"""What the player does when the console is killed, and the seconds within which that is."""


@dataclass
class Seen:
    """What was counted over all consoles of a drill."""

    kills: int = 0
    interrupted: set[str] = field(default_factory=set)
    """Steps that ran when a console was killed."""
    pressed: int = 0
    """Deliberate keys that run a step."""
    events: int = 0


class Console:
    """The console with its player, in a process of its own."""

    def __init__(self, card: Path, home: Path) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))}
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.said: list[str] = []
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self.errors = (home / f"console-{self.mark}").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONSOLE, str(card)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env={**kept, "HOME": str(home), MARK: self.mark}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip())
        self.lines.put(None)

    def says(self, pattern: str, seconds: float) -> bool:
        """Wait until it says something; False: it did not in this time, or it has ended."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                return False
            if line is None:
                return False
            self.said.append(line)
            if re.search(pattern, line):
                return True
        return False

    def kill(self) -> None:
        """Kill it, and read what it had said."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        while self.says(r"$^", 5):
            pass

    def told(self) -> str:
        """Everything that it said, for a test that failed."""
        self.errors.seek(0)
        return "\n".join([*self.said, self.errors.read()])

    def shown(self) -> tuple[str, int]:
        """The newest state of an incident that its screen has shown."""
        found = [line.split() for line in self.said if line.startswith("screen ")]
        return (found[-1][1], int(found[-1][2])) if found else ("", 0)

    def left(self) -> list[int]:
        """Processes that it has started and that still live."""
        own = f"{MARK}={self.mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
                    if alive and own in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found


def led(stage: Set) -> Incident | None:
    return next(iter(stage.callers.incidents()), None)


def drill(stage: Set, home: Path, *, kills: int, seed: int) -> Seen:
    """Let it be played with that many kills, then to its end."""
    dice, seen = random.Random(seed), Seen()
    moments = [(r"key   R +run", 2.5), *(dice.choice(MOMENTS) for _ in range(kills - 1))]
    card = cards(Settings(state_folder=home / "own")) / f"{os.getpid()}.json"
    deadline = time.monotonic() + 30
    while not card.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    while True:
        last = seen.kills >= kills
        console = Console(card, home)
        try:
            if last:
                assert console.says(r"^won$", 900), console.told()
                console.process.wait(30)
            else:
                pattern, within = moments[seen.kills]
                came = console.says(rf"{pattern}|^won$", 90 if seen.kills == 0 else 40)
                if console.process.poll() is not None or "won" in console.said:
                    assert "won" in console.said, console.told()
                    last = True
                elif came:
                    console.says(r"^won$", dice.uniform(0, within))
        finally:
            console.kill()
            seen.pressed += sum(
                bool(re.search(r"key   ([RK] +run it|U |V )", line)) for line in console.said
            )
        judge(stage, console, seen)
        if last:
            return seen
        seen.kills += 1


def judge(stage: Set, console: Console, seen: Seen) -> None:
    """Look at what a console has left behind."""
    state = led(stage)
    if state is None:
        assert console.shown() == ("", 0)
        return
    name, version = console.shown()
    kept = stage.callers._room.incident(name) if name else None
    assert not name or (kept is not None and kept.version >= version), "the screen knew of more"
    deadline = time.monotonic() + 8
    while console.left() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert console.left() == [], "orphans"
    for run in state.runs:
        before = run.intent.run in seen.interrupted
        if run.finished is None:
            deadline = time.monotonic() + 30  # a step that lost its console is being ended
            while tended(run) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not tended(run)
            seen.interrupted.add(run.intent.run)
        elif before and run.settled is None and run.started is not None:
            check = run.intent.action in (StepAction.VERIFY, StepAction.PRECHECK)
            assert run.outcome is (Outcome.CANCELLED if check else Outcome.UNKNOWN), run


def sound(stage: Set, seen: Seen) -> None:
    """Judge the whole journal of a drill that has ended."""
    state = led(stage)
    assert state is not None
    assert state.closed_at is not None
    assert all(run.finished is not None for run in state.runs)
    assert not any(run.outcome is Outcome.UNKNOWN for run in state.runs), "left unsettled"
    records = stage.callers._room.records(state.id)
    seen.events = len(records)
    unknown: set[tuple[str, int]] = set()
    steps: dict[str, tuple[str, int]] = {}
    started: list[str] = []
    for event in (record.event for record in records):
        if isinstance(event, e.StepIntended):
            steps[event.run] = (event.runbook, event.step)
            if event.action is StepAction.RUN:
                assert steps[event.run] not in unknown, "run again before it was settled"
        elif isinstance(event, e.StepStarted):
            started.append(event.run)
        elif isinstance(event, e.StepFinished) and event.outcome is Outcome.UNKNOWN:
            unknown.add(steps[event.run])
        elif isinstance(event, e.StepSettled):
            unknown.discard(steps[event.run])
    assert len(started) == len(set(started)), "started twice"
    assert len(steps) <= seen.pressed, f"{len(steps)} steps, {seen.pressed} deliberate keys"
    for run in state.runs:
        lost = run.intent.run in seen.interrupted and run.started is not None
        if lost and run.intent.action in (StepAction.RUN, StepAction.UNDO):
            assert run.settled is not None, f"nobody has settled {run}"
    with open_journal(stage.settings.db, read_only=True) as journal:
        assert journal.verify().problems == ()


@contextmanager
def stage_of(scenario: str, folder: Path, speed: float) -> Iterator[Set]:
    own = Settings(actor="ana", db=str(folder / "drills.db"), state_folder=folder / "own")
    with set_up(own, load_scenarios()[scenario], speed=speed) as stage:
        yield stage


@pytest.mark.soak
@pytest.mark.parametrize(
    ("scenario", "seed"),
    [("bad-release", 1), ("bad-release", 2), ("bad-release", 3), ("bad-release", 4)],
)
def test_a_drill_is_won_though_the_console_is_killed_again_and_again(
    tmp_path: Path, scenario: str, seed: int, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    with stage_of(scenario, tmp_path, speed=3.0) as stage:
        seen = drill(stage, tmp_path, kills=sized(8), seed=seed)
        found = stage.callers.finish()
        sound(stage, seen)
    print(seen, found.points)
    tally(seen.kills, "kills of the console", seed=seed)
    tally(len(seen.interrupted), "steps interrupted")
    assert found.won, found
