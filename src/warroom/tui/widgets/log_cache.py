"""The entries of a log that are on the screen or were a moment ago."""

from warroom.logs.protocol import Entry, Log
from warroom.tui.widgets.log_line import Shape

KEPT = 4096
"""Entries kept: many screens, little memory."""


class Entries:
    """Reads entries when they are asked for; an entry never changes, except the newest one."""

    def __init__(self, feed: Log) -> None:
        self.feed = feed
        self.shape = Shape()
        """The columns that the entries read so far need."""
        self._known: dict[int, Entry] = {}
        self._newest = feed.end - 1

    def get(self, row: int) -> Entry | None:
        """Return the entry of a row, None where it is not known (any more)."""
        if row not in self._known:
            self._read(row, row + 1)
        return self._known.get(row)

    def load(self, rows: list[int]) -> None:
        """Read the rows (ascending) that are absent, neighbours in one go."""
        absent = [row for row in rows if row not in self._known]
        start = 0
        for place in range(1, len(absent) + 1):
            if place == len(absent) or absent[place] != absent[place - 1] + 1:
                self._read(absent[start], absent[place - 1] + 1)
                start = place

    def forget(self) -> None:
        """Forget all: they are read in another way now."""
        self._known.clear()

    def forget_newest(self) -> int:
        """Forget what may have grown since: a stack trace arrives line by line.

        Returns the first row that was forgotten.
        """
        since = self._newest
        for row in [row for row in self._known if row >= since]:
            del self._known[row]
        self._newest = self.feed.end - 1
        return since

    def _read(self, start: int, stop: int) -> None:
        if len(self._known) > KEPT:
            self._known.clear()
        for entry in self.feed.entries(start, stop):
            self._known[entry.row] = entry
            self.shape = self.shape.grown(entry)
