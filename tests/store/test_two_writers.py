"""Two people write one postmortem at a time, cut off now and then: one text, no word lost."""

import random
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.store.conftest import QUICK, Postgres
from tests.store.processes import ended_well, forked

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.merge import Keep
from warroom.room.local import LocalRoom
from warroom.store import open_journal
from warroom.tui.textsync import TextSync

SECTIONS = ("Summary", "Impact", "Root cause", "Prevention")
TEXT = "# INC-1\n\n" + "".join(f"## {name}\n\nNothing yet.\n\n" for name in SECTIONS)
QUIET = 120.0
"""Seconds to wait for the other one: generous, because the machine may be busy."""


class Writer:
    """One console's editor without its screen: it types, saves, and takes over what came."""

    def __init__(self, address: str, folder: Path, name: str, seed: int) -> None:
        self.name = name
        self.folder = folder
        self.chance = random.Random(seed)
        journal = open_journal(address, anchors=folder / f"{name}.anchors", tuning=QUICK)
        self.room = LocalRoom(journal, actor=name, device=name)
        self.sync = TextSync()
        self.text = ""
        self.typed = 0
        self.conflicts = 0

    def type(self) -> None:
        """Put a word that exists once into the text, at any place or into a section of its own."""
        self.typed += 1
        word = f"{self.name}{self.typed:05}"
        lines = self.text.split("\n")
        row = self.chance.randrange(1, len(lines))
        if lines[row].startswith(("#", ">")) or self.chance.random() < 0.3:
            lines.insert(row, word)
        else:
            at = self.chance.randrange(len(lines[row]) + 1)
            while 0 < at < len(lines[row]) and lines[row][at - 1] != " ":
                at += 1  # between words, as a person writes
            lines[row] = f"{lines[row][:at]} {word} {lines[row][at:]}"
        if self.chance.random() < 0.1:
            lines = [line for line in lines if not line.startswith("> ! ")]  # conflicts cleared up
        self.text = "\n".join(lines)

    def exchange(self) -> None:
        """Take over what the room holds, settle a conflict by keeping both, save what is new."""
        try:
            incident = self.room.incident("INC-1")
            assert incident is not None
            shown = self.sync.arrived(incident.postmortem_version, incident.postmortem, self.text)
            if shown is not None:
                self.text = shown
            settled = self.sync.settle(Keep.BOTH, self.text)
            if settled is not None:
                self.conflicts += 1
                self.text = settled
            wanted = self.sync.to_send(self.text)
            if wanted is not None:
                done = self.room.do(c.EditPostmortem(text=wanted[0], base=wanted[1]), "INC-1")
                if isinstance(done, Refusal):
                    self.sync.refused()
        except JournalError:
            self.sync.refused()  # cut off: what is typed stays here

    def write(self, rounds: int) -> None:
        """Type, mostly connected; then wait until both have everything."""
        while not self.text:
            self.exchange()
        cut = 0
        for _ in range(rounds):
            self.type()
            if cut:
                cut -= 1
            elif self.chance.random() < 0.05:
                cut = self.chance.randrange(3, 20)
            else:
                self.exchange()
        other = "mia" if self.name == "ana" else "ana"
        ends = time.monotonic() + QUIET
        while time.monotonic() < ends:
            both = (self.folder / f"{other}.done").exists()
            self.exchange()
            if self.text == self.sync.saved:
                (self.folder / f"{self.name}.done").touch()
                if both:
                    break
            time.sleep(0.01)
        self.exchange()
        (self.folder / f"{self.name}.txt").write_text(self.text, "utf-8")
        (self.folder / f"{self.name}.count").write_text(f"{self.typed} {self.conflicts}", "utf-8")
        self.room.close()


def both_write(
    address: str, folder: Path, rounds: int, cut: Callable[[], None] | None = None
) -> int:
    """Let two processes write; return how many conflicts there were."""
    journal = open_journal(address, anchors=folder / "first.anchors", tuning=QUICK)
    room = LocalRoom(journal, actor="ana", device="desk")
    room.do(c.Declare(facts=e.Declared(title="broken")))
    room.do(c.EditPostmortem(text=TEXT, base=0), "INC-1")
    room.close()
    children = [
        forked(lambda name=name, seed=seed: Writer(address, folder, name, seed).write(rounds))
        for name, seed in (("ana", 1), ("mia", 2))
    ]
    over = threading.Event()
    cutting = threading.Thread(target=lambda: _cut_until(over, cut), daemon=True)
    cutting.start()
    well = [ended_well(child) for child in children]
    over.set()
    cutting.join()
    assert well == [True, True]
    texts = [(folder / f"{name}.txt").read_text("utf-8") for name in ("ana", "mia")]
    assert texts[0] == texts[1]
    journal = open_journal(address, anchors=folder / "last.anchors", tuning=QUICK)
    try:
        incident = journal.incident("INC-1")
        assert incident is not None
        assert incident.postmortem == texts[0]
        assert journal.verify().problems == ()
    finally:
        journal.close()
    counts = [(folder / f"{name}.count").read_text().split() for name in ("ana", "mia")]
    kept = re.findall(r"(?:ana|mia)\d{5}", texts[0])
    wanted = {f"{n}{i:05}" for n, (typed, _) in zip(("ana", "mia"), counts, strict=True)
              for i in range(1, int(typed) + 1)}  # fmt: skip
    assert set(kept) == wanted, f"{len(wanted - set(kept))} of {len(wanted)} words are lost"
    for name in SECTIONS:
        assert f"## {name}" in texts[0]
    return sum(int(conflicts) for _, conflicts in counts)


def _cut_until(over: threading.Event, cut: Callable[[], None] | None) -> None:
    while cut is not None and not over.wait(0.3):
        cut()


def test_two_writers_on_sqlite_lose_no_word(tmp_path: Path) -> None:
    assert both_write(str(tmp_path / "journal.db"), tmp_path, 150) > 0


@pytest.mark.postgres
def test_two_writers_on_postgresql_lose_no_word_when_connections_are_cut(
    postgres: Postgres, tmp_path: Path
) -> None:
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    both_write(postgres.new_schema(), tmp_path, 150, lambda: void(postgres.sql(cut)))


def void(_: object) -> None:
    """Nothing is done with it."""


@pytest.mark.soak
def test_ten_minutes_of_writing_on_sqlite(tmp_path: Path, tally: Tally) -> None:
    """Ten minutes at a save each 0.6 s are a thousand rounds for each writer."""
    both_write(str(tmp_path / "journal.db"), tmp_path, sized(1000))
    tally(2 * sized(1000), "saves")


@pytest.mark.soak
@pytest.mark.postgres
def test_ten_minutes_of_writing_on_postgresql(
    postgres: Postgres, tmp_path: Path, tally: Tally
) -> None:
    both_write(postgres.new_schema(), tmp_path, sized(1000))
    tally(2 * sized(1000), "saves")
