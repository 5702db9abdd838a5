"""The marks of a time axis: a sign where each belongs, its label where there is room."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment

from warroom.core.text import clean_line
from warroom.tui.widgets.ink import Ink

_LONGEST = 40
_SHORTEST = 16
_NEAR = 3
"""Cells between two signs that are read as one group."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the axis."""

    at: float
    glyph: str
    token: str
    text: str = ""
    """Foreign text allowed."""
    short: str = ""
    """Stands there where the text has no room; foreign text allowed."""


@dataclass(frozen=True, slots=True)
class _Cell:
    glyph: str
    token: str
    bold: bool = True
    fill: bool = False


class Axis:
    """One row of cells; what is put first keeps its place."""

    def __init__(self, cells: int) -> None:
        self._row = [_Cell("┄", "line", bold=False)] * cells
        self._taken = [False] * cells

    def put(self, text: str, start: int, token: str, *, fill: bool = False) -> bool:
        """Write a text from a cell on; return whether there was room for all of it."""
        end = start + len(text)
        if start < 0 or end > len(self._row) or any(self._taken[start:end]):
            return False
        self._row[start:end] = [_Cell(glyph, token, fill=fill) for glyph in text]
        self._taken[start:end] = [True] * len(text)
        return True

    def mark(self, marks: Iterable[Mark], column: Callable[[float], int | None]) -> None:
        """Put the sign of each at the column of its time, or close to it; then the labels."""
        placed: list[tuple[int, Mark]] = []
        for mark in sorted(marks, key=lambda mark: (mark.glyph != "▲", mark.at)):
            place = self._sign(mark, column(mark.at))
            if place is not None:
                placed.append((place, mark))
        told = [mark for place, mark in placed if mark.glyph == "▲" and self._ahead(mark, place)]
        self._behind(sorted(placed, key=lambda one: one[0]), told)

    def _sign(self, mark: Mark, column: int | None) -> int | None:
        if column is None:
            return None
        step = -1 if mark.glyph == "◆" else 1  # what came before the onset stands before it
        places = [column + n * step for n in (0, 1, 2)]
        if mark.glyph in "▲◆":  # the flag of the cursor may stand on both sides of it
            places += [column + n for n in (-1, -2, -3)]
        return next((place for place in places if self.put(mark.glyph, place, mark.token)), None)

    def _ahead(self, mark: Mark, place: int) -> bool:
        """Put a label left of its sign, and left of a change right before it."""
        while place > 0 and self._row[place - 1].glyph == "◆":
            place -= 1
        words = _label(mark)
        return bool(words) and self.put(words, place - len(words), mark.token)

    def _behind(self, placed: Sequence[tuple[int, Mark]], told: Sequence[Mark]) -> None:
        """Put labels right of their signs; where the next is too near, behind that one."""
        waiting: list[Mark] = []
        before = 0
        for place, mark in placed:
            if place - before > _NEAR:
                waiting = []  # a label behind a sign far from its own would tell of that one
            before = place
            own = [mark] if _label(mark) and mark not in told else []
            waiting += own
            if any(self._side_by_side(waiting, place + 1, short=short) for short in (False, True)):
                waiting = []
                continue
            if len(waiting) > 1 and self._left_of(waiting[0], placed):
                waiting = waiting[1:]
            # Of those that do not fit together the one keeps its label that the room is next to.
            tries = [(waiting, False), (waiting, True), (own, False), (own, True)]
            for labels, short in (*tries, *(([one], True) for one in waiting)):
                if self._side_by_side(labels, place + 1, short=short):
                    waiting = []
                    break

    def _left_of(self, mark: Mark, placed: Sequence[tuple[int, Mark]]) -> bool:
        """Put a label before its sign, which is the first of some that are near."""
        start = next(place for place, one in placed if one is mark)
        labels = (_label(mark, short=short) for short in (False, True))
        return any(self.put(words, start - len(words), mark.token) for words in labels)

    def _side_by_side(self, marks: Sequence[Mark], start: int, *, short: bool) -> bool:
        labels = [_label(mark, short=short) for mark in marks]
        end = start + sum(map(len, labels))
        if not marks or end > len(self._row) or any(self._taken[start:end]):
            return False
        for mark, words in zip(marks, labels, strict=True):
            self.put(words, start, mark.token)
            start += len(words)
        return True

    def segments(self, ink: Ink) -> list[Segment]:
        """Return the row; neighbours of one look are one segment."""
        row, found, start = self._row, [], 0
        for place in range(1, len(row) + 1):
            if place == len(row) or _look(row[place]) != _look(row[start]):
                text = "".join(cell.glyph for cell in row[start:place])
                token, bold, fill = _look(row[start])
                found.append(Segment(text, ink.style(token, bold=bold, fill=fill)))
                start = place
        return found


def _look(cell: _Cell) -> tuple[str, bool, bool]:
    return cell.token, cell.bold, cell.fill


def _label(mark: Mark, *, short: bool = False) -> str:
    """Return the words of a mark between blanks; empty: none of one cell a character."""
    words = (clean_line(mark.short, _SHORTEST) if short else "") or clean_line(mark.text, _LONGEST)
    return f" {words} " if words and cell_len(words) == len(words) else ""
