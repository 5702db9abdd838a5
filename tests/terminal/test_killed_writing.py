"""The console killed while somebody types: at most the last second is lost, nothing is broken."""

import contextlib
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.terminal.driver import Forge, Terminal, gone

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.room.local import LocalRoom
from warroom.store import open_journal

pytestmark = pytest.mark.terminal

AT_ONCE = 2
DRAFT = "# INC-1 broken\n\n## Summary\n\nIt began somewhere.\n"


def declared(home: Path) -> None:
    """An incident whose postmortem was saved once, so that its text does not depend on the clock."""
    journal = open_journal(home / "w.db", anchors=home / "anchors.log")
    room = LocalRoom(journal, actor="ana", device="desk")
    try:
        done = room.do(c.Declare(facts=e.Declared(title="broken")))
        assert not isinstance(done, Refusal)
        room.do(c.EditPostmortem(text=DRAFT, base=0), done.incident.id)
    finally:
        room.close()


def play(forge: Forge, home: Path, number: int) -> float:
    """Type until the kill; return the age in seconds of the oldest word that was lost, 0: none.

    The age is counted from when the word was seen on the screen to the kill.
    """
    home.mkdir()
    declared(home)
    seen: dict[str, float] = {}
    with Terminal.forged(forge, ["--db", "w.db"], home, size=(100, 30)) as terminal:
        terminal.sees("INC-1")
        terminal.press("p")
        terminal.sees("## Summary")
        drawing = terminal.drawing
        ends = time.monotonic() + random.Random(number).uniform(0.3, 3.0)
        words = 0
        while time.monotonic() < ends:
            terminal.write(f"w{words:04} ".encode())
            wanted = f"w{words:04}"
            with contextlib.suppress(AssertionError):
                terminal.sees(wanted, 1.0)
                seen[wanted] = time.monotonic()
            words += 1
        os.kill(drawing, signal.SIGKILL)
        killed = time.monotonic()
        assert terminal.ends() == 128 + signal.SIGKILL
        assert gone(drawing)
    journal = open_journal(home / "w.db", anchors=home / "anchors.log")
    try:
        assert journal.verify().problems == ()
        incident = journal.incident("INC-1")
    finally:
        journal.close()
    assert incident is not None
    typed = "".join(f"w{n:04} " for n in range(words))
    assert incident.postmortem.endswith(DRAFT), "the rest of the document is whole"
    kept = incident.postmortem.removesuffix(DRAFT)
    assert typed.startswith(kept), "what is kept is what was typed, in order, without a gap"
    lost = [killed - at for word, at in seen.items() if word not in kept]
    return max(lost, default=0.0)


def played(forge: Forge, folder: Path, kills: int) -> list[float]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda n: play(forge, folder / str(n), n), range(kills)))


def test_ten_kills_while_typing_break_nothing(forge: Forge, tmp_path: Path) -> None:
    lost = played(forge, tmp_path, 10)
    assert max(lost) < 5.0, "a busy machine saves later; the campaign below has the promise"


@pytest.mark.soak
def test_a_hundred_kills_while_typing_lose_at_most_a_second(
    forge: Forge, tmp_path: Path, tally: Tally
) -> None:
    lost = played(forge, tmp_path, sized(100))
    tally(len(lost), "kills", seed=f"0–{len(lost) - 1}")
    assert max(lost) <= 1.0, sorted(lost)[-5:]
