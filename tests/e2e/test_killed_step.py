"""kill -9 of the real command line at random points of a step: intent first, once, no orphans."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.terminal.driver import Forge, Terminal, alive

from warroom.core import events as e
from warroom.core.fold import replay
from warroom.core.words import Outcome
from warroom.room.known import Policy
from warroom.room.local import LocalRoom, utc_now
from warroom.room.operator import Operator
from warroom.room.shelf import Shelf
from warroom.store import open_journal

pytestmark = pytest.mark.terminal

BOOK = """\
---
title: Switch it off
kind: flag
services: [shop]
blast_radius: "everybody"
---
1. [ ] Switch
   ```sh run timeout=20s
   echo ran >> '{folder}/effects'
   sleep 30.{mark} &
   setsid sleep 30.{mark} &
   sleep 0.3
   echo done >> '{folder}/effects'
   ```
   ```sh undo timeout=5s
   echo undone >> '{folder}/effects'
   ```
"""


def command(forge: Forge, folder: Path, *arguments: str) -> Terminal:
    return Terminal.forged(forge, ["--config", str(folder / "config.toml"), *arguments], folder)


def said(forge: Forge, folder: Path, *arguments: str) -> str:
    with command(forge, folder, *arguments) as terminal:
        terminal.ends()
        return terminal.raw.decode()


def sleepers(mark: str) -> list[int]:
    """Processes that the step has started and that still live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if line.startswith(b"sleep") and f"30.{mark}".encode() in line:
                found.append(int(entry.name))
    return found


def descendants(pid: int) -> list[int]:
    """A process and what it has started, by the table of the system."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(found for child in children for found in descendants(int(child)))]


def previewed(forge: Forge, place: Path, mark: str) -> str:
    """Declare an incident in a place of its own; return the code that confirms the step."""
    (place / "books").mkdir(parents=True)
    (place / "books" / "off.md").write_text(BOOK.format(folder=place, mark=mark))
    (place / "config.toml").write_text(
        f'db = "{place}/w.db"\nrunbooks = ["{place}/books"]\nservice = "shop"\n'
    )
    said(forge, place, "declare", "it fails", "--service", "shop")
    code = said(forge, place, "runbook", "trust", "off").split("--accept ")[1].split()[0]
    said(forge, place, "runbook", "trust", "off", "--accept", code)
    preview = said(forge, place, "contain", "1", "off")
    return preview.split("--confirm ")[1].split()[0]


def left_alone(forge: Forge, place: Path, mark: str) -> float:
    """How many seconds the step takes on this machine, as busy as it is now."""
    confirm = previewed(forge, place, mark)
    began = time.monotonic()
    said(forge, place, "contain", "1", "off", "--confirm", confirm)
    took = time.monotonic() - began
    for pid in sleepers(mark):
        os.kill(pid, signal.SIGKILL)
    return took


def campaign(forge: Forge, folder: Path, times: int, seed: int) -> dict[str, int]:
    dice = random.Random(seed)
    seen = {"nothing": 0, "never started": 0, "unknown": 0, "done": 0}
    pace = left_alone(forge, folder / "alone", f"{os.getpid()}{seed}999")
    for number in range(times):
        place = folder / str(number)
        mark = f"{os.getpid()}{seed}{number:03}"
        confirm = previewed(forge, place, mark)
        with command(forge, place, "contain", "1", "off", "--confirm", confirm) as running:
            end = time.monotonic() + dice.uniform(0.0, 1.5 * pace)
            while time.monotonic() < end and running.program is not None:
                running.read(0.005)
                if running.program.poll() is not None:
                    break
            os.kill(running.pid, signal.SIGKILL) if alive(running.pid) else None
            running.ends()
        seen[judged(place, mark)] += 1
    return seen


def judged(place: Path, mark: str) -> str:
    """Check what is left of a killed command; return how far it had come."""
    effects = place / "effects"
    end = time.monotonic() + 8
    journal = open_journal(str(place / "w.db"), anchors=place / "anchors.log")
    with_room = LocalRoom(journal, actor="leo", device=os.uname().nodename, clock=utc_now)
    try:
        records = journal.records("INC-1")
        kinds = [e.kind_of(record.event) for record in records]
        done = "step_finished" in kinds
        # What a step that came to its end put in a session of its own lives on, as promised.
        while not done and sleepers(mark) and time.monotonic() < end:
            time.sleep(0.02)
        left = sleepers(mark)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        written = effects.read_text().split() if effects.exists() else []
        assert not left or done or "done" in written, f"orphans after {kinds}"
        assert not written or "step_started" in kinds, "acted without a record"
        assert "step_started" not in kinds or "step_intended" in kinds
        operator = Operator(
            with_room, Shelf([place / "books"]), (), device=os.uname().nodename, policy=Policy()
        )
        operator.settle_lost()
        state = replay(journal.records("INC-1"))
        assert state is not None
        time.sleep(0.05)
        again = effects.read_text().split() if effects.exists() else []
        assert again.count("ran") <= 1, "it ran again by itself"
        if not state.runs:
            return "nothing"
        outcome = state.runs[0].outcome
        if done:
            return "done"
        if "step_started" in kinds:
            assert outcome is Outcome.UNKNOWN
            return "unknown"
        assert outcome is Outcome.CANCELLED
        assert not written
        return "never started"
    finally:
        with_room.close()


def test_kill_9_at_random_points(forge: Forge, tmp_path: Path) -> None:
    seen = campaign(forge, tmp_path, 15, 1)
    assert sum(seen.values()) == 15


@pytest.mark.soak
def test_kill_9_at_200_random_points(forge: Forge, tmp_path: Path, tally: Tally) -> None:
    seen = campaign(forge, tmp_path, sized(200), 2)
    tally(sum(seen.values()), "kills of the command line", seed=2)
    assert min(seen["unknown"], seen["done"]) > sized(200) / 40, seen
