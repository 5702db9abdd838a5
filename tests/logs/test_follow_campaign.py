"""A followed file that suffers everything at random, against a recorder of every line written.

Nothing waits for the follower, except that it has seen a file before that file goes away: what was
made and removed between two looks is out of reach of anybody.
"""

import gzip
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from tests.campaign import Tally, sized

from warroom.logs import open_log
from warroom.logs.filelog import FileLog
from warroom.logs.protocol import Entry

LOST = ("missing", "no longer", "truncated", "rewritten")
"""What a row must say where lines were lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of the lines."""

    twice: int
    """Shown more than once."""
    told: int
    """Not shown, and a row in their place says so."""
    silent: int
    """Not shown, and nothing says so."""
    torn: int
    """Rows that are no line which was written, and nothing says so."""


class Sufferer:
    """A log file, what is done to it, and the number of the last line written to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.path = folder / "app.log"
        self.number = 0
        self.faults: Counter[str] = Counter()
        self.path.write_bytes(self.lines(3))
        self.log: FileLog = open_log(self.path)
        self._born = 0
        """The number of the first line of the content that is there now."""
        self._latest = 0
        self._looked = self.log.first
        self._lines: dict[int, bytes] = {}
        self._words: dict[int, str] = {}
        self._odd: set[int] = set()
        self.look()
        self.log.subscribe(self.look)

    def lines(self, count: int, end: bytes = b"\n") -> bytes:
        found = []
        for _ in range(count):
            self.number += 1
            found.append(b"%08d of the application %s" % (self.number, b"x" * (self.number % 50)))
        return b"".join(line + end for line in found)

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def seen(self) -> None:
        """Wait until something of the file that is there now was shown."""
        deadline = time.monotonic() + 60
        while self._latest < self._born and time.monotonic() < deadline:
            time.sleep(0.005)
        assert self._latest >= self._born, "it does not follow any more"

    def born(self) -> None:
        """Another content begins under the path, with a few lines so that it can be seen."""
        self._born = self.number + 1
        self.append(self.lines(2))

    # -- what may happen

    def grows(self) -> None:
        self.append(self.lines(self.dice.randrange(1, 40)))

    def bursts(self) -> None:
        self.append(self.lines(5000))

    def in_pieces(self) -> None:
        whole = self.lines(3, self.dice.choice([b"\n", b"\r\n"]))
        cut = self.dice.randrange(len(whole))
        self.append(whole[:cut])
        time.sleep(self.dice.uniform(0, 0.05))
        self.append(whole[cut:])

    def rotated(self) -> None:
        self.seen()
        with self.path.open("ab") as old:
            self.path.rename(self.path.with_name("app.log.1"))
            if self.dice.random() < 0.5:
                time.sleep(self.dice.uniform(0, 0.05))
            old.write(self.lines(self.dice.randrange(3)))  # the writer has not reopened it yet
        self.born()

    def rotated_and_compressed(self) -> None:
        self.rotated()
        done = self.path.with_name("app.log.1")
        self.seen()  # compressed some time after, as rotating programs do
        time.sleep(0.1)
        with gzip.open(self.path.with_name("app.log.1.gz"), "wb") as packed:
            packed.write(done.read_bytes())
        done.unlink()

    def copied_and_truncated(self) -> None:
        self.seen()
        copy = self.path.with_name("app.log.1")
        copy.unlink(missing_ok=True)  # as programs do: the older one has another name by now
        copy.write_bytes(self.path.read_bytes())
        self.append(self.lines(self.dice.randrange(2)))  # between copy and truncation: lost
        os.truncate(self.path, 0)
        self.born()

    def truncated(self) -> None:
        self.seen()
        os.truncate(self.path, 0)
        self.born()

    def truncated_and_regrown(self) -> None:
        self.seen()
        size = self.path.stat().st_size
        os.truncate(self.path, 0)
        self._born = self.number + 1
        while self.path.stat().st_size <= size:
            self.append(self.lines(50))

    def overwritten_in_place(self) -> None:
        self.seen()
        size = self.path.stat().st_size
        self._born = self.number + 1
        with self.path.open("r+b") as file:
            while file.tell() < size:
                file.write(self.lines(10))

    def deleted(self) -> None:
        self.seen()
        self.path.unlink()
        time.sleep(self.dice.choice([0, 0.02, 0.3]))
        self.born()

    def replaced(self) -> None:
        self.seen()
        other = self.path.with_name("next")
        self._born = self.number + 1
        other.write_bytes(self.lines(2))
        other.rename(self.path)

    def moved_away_and_back(self) -> None:
        away = self.path.with_name("away")
        self.path.rename(away)
        time.sleep(self.dice.uniform(0, 0.1))
        away.rename(self.path)

    def suffer(self) -> None:
        ways = [
            self.grows, self.grows, self.grows, self.bursts, self.in_pieces, self.rotated,
            self.rotated_and_compressed, self.copied_and_truncated, self.truncated,
            self.truncated_and_regrown, self.overwritten_in_place, self.deleted, self.replaced,
            self.moved_away_and_back,
        ]  # fmt: skip
        way = self.dice.choice(ways)
        way()
        self.faults[way.__name__] += 1

    def _number(self, raw: bytes) -> int | None:
        """Return the number of a line, None if it is not one that was written."""
        number = int(raw[:8]) if raw[:8].isdigit() else -1
        whole = b"%08d of the application %s" % (number, b"x" * (number % 50))
        return number if raw == whole else None

    def look(self) -> None:
        """Keep what is shown now, as somebody would who never looks away."""
        upto = self.log.end
        start = max(self._looked - 2, self.log.first)  # the last row may have been half a line
        # A look between a truncation and its discovery reads what has come into a line's place.
        again = [row for row in self._odd if row < start]
        self._odd.clear()
        for row in again:
            self._keep(self.log.entries(row, row + 1))
        self._keep(self.log.entries(start, upto))
        self._looked = upto

    def _keep(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.gap is None:
                number = self._number(entry.raw)
                self._lines[entry.row] = entry.raw
                self._words.pop(entry.row, None)
                self._latest = max(self._latest, number or 0)
                if number is None:
                    self._odd.add(entry.row)
            elif entry.row not in self._lines:
                self._words[entry.row] = entry.gap

    def verdict(self) -> Verdict:
        """Wait until everything was read; say what became of every line."""
        end = -1
        while end != self.log.end:
            end = self.log.end
            time.sleep(1.0)
        self.look()
        numbers = {row: self._number(raw) for row, raw in self._lines.items()}
        sure = self._once_more(numbers)
        places: dict[int, list[int]] = {}
        for row, number in numbers.items():
            places.setdefault(number or 0, []).append(row)
        for number, rows in places.items():
            if number and len(rows) > 1:
                places[number] = [row for row in rows if row in sure] or rows[-1:]
                for row in set(rows) - set(places[number]):
                    self._words[row] = str(self.log.entries(row, row + 1)[0].gap)
                    del numbers[row]
        torn = places.pop(0, [])
        told = silent = 0
        before = min(self._lines) - 1
        for number in range(1, self.number + 1):
            if number in places:
                before = places[number][0]
            elif self._told(before, numbers, number):
                told += 1
            else:
                silent += 1
        twice = sum(not self._rewritten(rows) for rows in places.values() if len(rows) > 1)
        torn = [row for row in torn if not self._told(row, numbers, numbers.get(row - 1) or 0)]
        return Verdict(twice=twice, told=told, silent=silent, torn=len(torn))

    def _once_more(self, numbers: dict[int, int | None]) -> set[int]:
        """Read every row again; return those that can still be read.

        A look between a truncation and its discovery reads what has come into the place of a line:
        the next one shows the line, or that it is gone.
        """
        sure = set()
        for start in range(self.log.first, self._looked, 10_000):
            for entry in self.log.entries(start, min(start + 10_000, self._looked)):
                if entry.gap is None:
                    sure.add(entry.row)
                    numbers[entry.row] = self._number(entry.raw)
                elif numbers.get(entry.row) is None:
                    numbers.pop(entry.row, None)
                    self._words[entry.row] = entry.gap
        return sure

    def _told(self, row: int, numbers: dict[int, int | None], number: int) -> bool:
        """Whether a row between this one and the next younger line tells that lines are lost.

        A file that is being overwritten in place has older lines after the new ones for a while.
        """
        row += 1
        while row < self._looked and (numbers.get(row) or 0) <= number:
            if any(word in self._words.get(row, "") for word in LOST):
                return True
            row += 1
        return False

    def _rewritten(self, rows: list[int]) -> bool:
        """Whether the file was rewritten between each two readings of a line: it was there twice."""
        return all(
            any(LOST[-1] in self._words.get(row, "") for row in range(first, second))
            for first, second in pairwise(sorted(rows))
        )


def suffering(folder: Path, seconds: float, seed: int) -> tuple[Sufferer, Verdict]:
    one = Sufferer(folder, seed)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            one.suffer()
            time.sleep(one.dice.choice([0, 0.001, 0.01, 0.05]))
        return one, one.verdict()
    finally:
        one.log.close()


def test_seconds_of_suffering_lose_nothing_without_a_word(tmp_path: Path) -> None:
    one, found = suffering(tmp_path, 4.0, 1)
    assert sum(one.faults.values()) > 5
    assert (found.twice, found.silent, found.torn) == (0, 0, 0)


@pytest.mark.soak
def test_ten_minutes_of_suffering_lose_nothing_without_a_word(tmp_path: Path, tally: Tally) -> None:
    one, found = suffering(tmp_path, sized(600), 2)
    tally(sum(one.faults.values()), "things done to a file", seed=2)
    tally(one.number, "lines", lost=found.twice + found.silent + found.torn)
    tally(found.told, "lines gone, as a row on the screen says")
    assert (found.twice, found.silent, found.torn) == (0, 0, 0)
