"""Two people write one postmortem at a time, cut off now and then: one text, no word lost."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.store.conftest import QUICK, Postgres
from tests.store.processes import ended_well, forked
from tests.writers import SECTIONS, TEXT, Writer, kept

from warroom.core import commands as c
from warroom.core import events as e
from warroom.room.local import LocalRoom
from warroom.store import open_journal

QUIET = 120.0
"""Seconds to wait for the other one: generous, because the machine may be busy."""


class Process(Writer):
    """A writer in a process of its own, over a journal."""

    def __init__(self, address: str, folder: Path, name: str, seed: int) -> None:
        self.folder = folder
        journal = open_journal(address, anchors=folder / f"{name}.anchors", tuning=QUICK)
        super().__init__(LocalRoom(journal, actor=name, device=name), name, seed)

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
        forked(lambda name=name, seed=seed: Process(address, folder, name, seed).write(rounds))
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
    wanted = {f"{n}{i:05}" for n, (typed, _) in zip(("ana", "mia"), counts, strict=True)
              for i in range(1, int(typed) + 1)}  # fmt: skip
    found = kept(texts[0])
    assert found == wanted, f"{len(wanted - found)} of {len(wanted)} words are lost"
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
