"""Which rows of a log are shown or marked: all of them, or those that match, as they are found."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from warroom.logs.protocol import Log, Query

MOST_HITS = 2_000_000
"""Rows kept in each direction; 16 MB."""


class Lens(Protocol):
    """A choice of rows, in order, that can be walked from any row."""

    def after(self, row: int) -> int | None:
        """Return the first shown row after `row`."""
        ...

    def before(self, row: int) -> int | None:
        """Return the last shown row before `row`."""
        ...

    def first(self) -> int | None:
        """Return the first shown row; None where there is none."""
        ...

    def last(self) -> int | None:
        """Return the last shown row; None where there is none."""
        ...


class AllRows:
    """Every row that is known."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def after(self, row: int) -> int | None:
        """Return the first row after `row`."""
        found = max(row + 1, self.log.first)
        return found if found < self.log.end else None

    def before(self, row: int) -> int | None:
        """Return the last row before `row`."""
        found = min(row - 1, self.log.end - 1)
        return found if found >= self.log.first else None

    def first(self) -> int | None:
        """Return the lowest row."""
        return self.log.first if self.log.first < self.log.end else None

    def last(self) -> int | None:
        """Return the highest row."""
        return self.log.end - 1 if self.log.first < self.log.end else None


class Finder:
    """The rows that match a query, nearest to where it was asked first, growing with the log.

    One thread walks; any thread may read meanwhile: both arrays are only ever appended to.
    """

    def __init__(self, log: Log, query: Query, origin: int) -> None:
        self.log = log
        self.query = query
        self._up = array("q")
        """Hits before the origin, nearest (highest) first."""
        self._down = array("q")
        """Hits from the origin on, lowest first."""
        self._low = origin
        self._high = origin
        self.full = False

    def behind(self) -> bool:
        """Whether the log has rows that have not been looked at."""
        return not self.full and (self._high < self.log.end or self._low > self.log.first)

    def walk(self) -> Iterator[int]:
        """Look at everything not looked at yet, a batch in each direction in turn.

        Yields how many rows each batch had; blocks for milliseconds, so walk in a thread.
        """
        end, first = self.log.end, self.log.first
        walks = []
        if self._low > first:
            walks.append(self._walk(self._up, self._low, backwards=True))
        if self._high < end:
            walks.append(self._walk(self._down, self._high, backwards=False))
        while walks:
            for walk in list(walks):
                hits = next(walk, None)
                if hits is None:
                    walks.remove(walk)
                else:
                    yield hits
        self._low, self._high = min(self._low, first), max(self._high, end)

    def _walk(self, hits: "array[int]", start: int, *, backwards: bool) -> Iterator[int]:
        for batch in self.log.search(self.query, start=start, backwards=backwards):
            last = hits[-1] if hits else None
            fresh = sorted(set(batch), reverse=backwards)
            if backwards:
                fresh = [row for row in fresh if row < self._low and (last is None or row < last)]
            else:
                fresh = [row for row in fresh if row >= self._high and (last is None or row > last)]
            hits.extend(fresh)
            if len(hits) > MOST_HITS:
                self.full = True
                return
            yield len(fresh)

    def __len__(self) -> int:
        return len(self._up) + len(self._down)

    def place(self, row: int) -> int:
        """Return how many hits lie before `row`."""
        if self._down and row > self._down[0]:
            return len(self._up) + bisect_left(self._down, row)
        return len(self._up) - self._above(row)

    def after(self, row: int) -> int | None:
        """Return the first hit after `row`."""
        above = self._above(row + 1)
        if above:
            return self._up[above - 1]
        place = bisect_right(self._down, row)
        return self._down[place] if place < len(self._down) else None

    def before(self, row: int) -> int | None:
        """Return the last hit before `row`."""
        place = bisect_left(self._down, row)
        if place:
            return self._down[place - 1]
        above = self._above(row)
        return self._up[above] if above < len(self._up) else None

    def first(self) -> int | None:
        """Return the lowest hit."""
        if self._up:
            return self._up[-1]
        return self._down[0] if self._down else None

    def last(self) -> int | None:
        """Return the highest hit."""
        if self._down:
            return self._down[-1]
        return self._up[0] if self._up else None

    def _above(self, row: int) -> int:
        """How many of the hits before the origin are at or after `row`."""
        return bisect_right(self._up, -row, key=lambda hit: -hit)


def look_in_turn(
    finders: Sequence[Finder], stopped: Callable[[], bool], found: Callable[[], None]
) -> None:
    """Let finders look at all they have not looked at; blocks, so call it from a thread.

    Args:
        finders: Each looks at a batch in turn.
        stopped: Asked between batches.
        found: Called after each batch that had hits.
    """
    walks = [one.walk() for one in finders if one.behind()]
    while walks and not stopped():
        for walk in list(walks):
            hits = next(walk, None)
            if hits is None:
                walks.remove(walk)
            elif hits:
                found()


class Around:
    """Hits with some rows of context before and after each."""

    def __init__(self, finder: Finder, rows: int) -> None:
        self.finder = finder
        self.rows = rows

    def after(self, row: int) -> int | None:
        """Return the first row after `row` that is a hit or near one."""
        finder, near = self.finder, self.rows
        last = finder.before(row + near + 2)
        if last is not None and last >= row + 1 - near and row + 1 < finder.log.end:
            return max(row + 1, finder.log.first)
        following = finder.after(row + near + 1)
        return None if following is None else max(following - near, finder.log.first)

    def before(self, row: int) -> int | None:
        """Return the last row before `row` that is a hit or near one."""
        finder, near = self.finder, self.rows
        first = finder.after(row - near - 2)
        if first is not None and first <= row - 1 + near and row - 1 >= finder.log.first:
            return min(row - 1, finder.log.end - 1)
        preceding = finder.before(row - near - 1)
        return None if preceding is None else min(preceding + near, finder.log.end - 1)

    def first(self) -> int | None:
        """Return the first row near the first hit."""
        found = self.finder.first()
        return None if found is None else max(found - self.rows, self.finder.log.first)

    def last(self) -> int | None:
        """Return the last row near the last hit."""
        found = self.finder.last()
        return None if found is None else min(found + self.rows, self.finder.log.end - 1)
