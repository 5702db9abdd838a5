"""Which rows stand on a screen: laid out from the top downwards or from the end upwards."""

from collections.abc import Callable
from dataclasses import dataclass

from warroom.tui.widgets.log_lens import Lens

Line = tuple[int, int]
"""A row, and which of its lines."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Lays out rows of a lens; a wrapped row takes several lines."""

    lens: Lens
    load: Callable[[list[int]], None]
    """Reads the entries of rows that are about to be measured."""
    lines_of: Callable[[int], int]
    """How many lines a row takes, at least 1."""

    def up(self, last: int, count: int) -> list[Line]:
        """Return the `count` lines that end with the last line of row `last`, from the top."""
        rows, row = [last], self.lens.before(last)
        while row is not None and len(rows) < count:
            rows.append(row)
            row = self.lens.before(row)
        self.load(rows[::-1])
        lines: list[Line] = []
        for row in rows:
            lines = [(row, part) for part in range(self.lines_of(row))] + lines
            if len(lines) >= count:
                break
        return lines[-count:]

    def down(self, top: Line, count: int) -> list[Line]:
        """Return the `count` lines from `top` on; fewer at the end of the log."""
        rows: list[int] = []
        row: int | None = top[0]
        while row is not None and len(rows) <= count:
            rows.append(row)
            row = self.lens.after(row)
        self.load(rows)
        skip = min(top[1], self.lines_of(top[0]) - 1)
        lines: list[Line] = []
        for row in rows:
            lines += [(row, part) for part in range(self.lines_of(row))]
            if len(lines) >= count + skip:
                break
        return lines[skip : skip + count]

    def shows(self, row: int) -> bool:
        """Whether the lens shows a row."""
        return self.lens.after(row - 1) == row

    def reveal(self, page: list[Line], cursor: int, height: int) -> Line | None:
        """Return the top line that brings `cursor` on the screen; None: it is there already.

        A step brings one row in; a jump lands in the upper third, with what came before it.
        """
        if not page:
            return (cursor, 0)
        self.load([cursor])
        there = sum(row == cursor for row, _ in page)
        if there and (there == self.lines_of(cursor) or there == len(page)):
            return None
        if cursor == page[0][0] or self.lens.after(cursor) == page[0][0]:
            return (cursor, 0)
        near = there or self.lens.before(cursor) == page[-1][0]
        return self.up(cursor, height if near else max(height // 3, 1))[0]
