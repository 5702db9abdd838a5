"""The console killed at any moment: what the screen confirmed is in the journal."""

import contextlib
import os
import random
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.terminal.driver import Forge, Terminal, gone

from warroom.core import events as e
from warroom.store import open_journal

pytestmark = pytest.mark.terminal

AT_ONCE = 3
"""Consoles at a time: most of their life is waiting."""
NOTES = 2
"""Notes that would be written until the latest kill, at the pace of the declaration."""
NOTED = re.compile(r"note: kept-(\d+)")


def pause(terminal: Terminal) -> None:
    """Let the first 300 ms of a dialog pass: it counts no key that sends something in them."""
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        terminal.read(0.05)


def write_notes(terminal: Terminal, confirmed: set[str]) -> None:
    """Write notes, one after the other, and remember which of them the screen has confirmed."""
    for number in range(40):
        terminal.press("n")
        terminal.sees("what happened", 5)
        pause(terminal)
        terminal.press(*f"kept-{number}")
        terminal.send("what happened", 5)
        terminal.sees(f"note: kept-{number}", 5)
        confirmed.add(f"kept-{number}")


def play(forge: Forge, home: Path, number: int) -> tuple[int, set[str], set[str]]:
    """Declare and write notes until the kill; return the status, what was confirmed, what is kept."""
    home.mkdir()
    confirmed = {f"broken-{number}"}
    with Terminal.forged(forge, ["--db", "w.db"], home, size=(100, 30)) as terminal:
        terminal.sees("No incident. Good.")
        terminal.press("d")
        terminal.sees("Only the title is required")
        pause(terminal)
        began = time.monotonic()
        terminal.press(*f"broken-{number}")
        terminal.send("Only the title is required")
        terminal.sees(f"INC-1 broken-{number}")
        drawing = terminal.drawing
        pace = time.monotonic() - began  # of this machine, as busy as it is now
        moment = random.Random(number).uniform(0.0, NOTES * (0.4 + pace))
        killer = threading.Timer(moment, os.kill, (drawing, signal.SIGKILL))
        killer.start()
        with contextlib.suppress(AssertionError, OSError):
            write_notes(terminal, confirmed)
        killer.join()
        status = terminal.ends()
        assert gone(drawing)
        confirmed |= {f"kept-{found}" for found in NOTED.findall(terminal.text)}
        assert terminal.is_restored(), terminal.still_on()
    journal = open_journal(home / "w.db", anchors=home / "anchors.log")
    try:
        assert journal.verify().problems == ()
        incident = journal.incident("INC-1")
        assert incident is not None
        notes = [r.event.text for r in journal.records("INC-1") if isinstance(r.event, e.NoteAdded)]
    finally:
        journal.close()
    assert len(notes) == len(set(notes))
    return status, confirmed, {incident.title, *notes}


def played(forge: Forge, folder: Path, kills: int) -> int:
    """Kill so many consoles, and hold what was confirmed against what is kept; return the notes."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        each = list(pool.map(lambda n: play(forge, folder / str(n), n), range(kills)))
    for number, (status, confirmed, kept) in enumerate(each):
        assert status == 128 + signal.SIGKILL
        assert confirmed <= kept, (number, confirmed - kept)
    notes = sum(len(confirmed) - 1 for _, confirmed, _ in each)
    assert notes >= kills // 5  # were nothing confirmed before the end, this would prove little
    return notes


def test_twenty_kills_lose_nothing_that_was_confirmed(forge: Forge, tmp_path: Path) -> None:
    assert played(forge, tmp_path, 20)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_that_was_confirmed(
    forge: Forge, tmp_path: Path, tally: Tally
) -> None:
    kills = sized(200)
    notes = played(forge, tmp_path, kills)
    tally(kills, "kills", seed=f"0–{kills - 1}")
    tally(notes, "notes confirmed")
