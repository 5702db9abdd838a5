"""Build one row of the screen from pieces of text, each with its colour token."""

from collections.abc import Iterable
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from warroom.core.text import clean_line
from warroom.tui.theme import Palette


def cut(text: str | bytes, cells: int) -> str:
    """Return foreign text cleaned and cut to at most `cells` terminal cells, marked with `…`."""
    safe = clean_line(text, limit=max(cells, 0) * 4 + 64)
    if cell_len(safe) <= cells:
        return safe
    if cells <= 0:
        return ""
    return set_cell_size(safe, cells - 1).rstrip() + "…"


class Line:
    """A row that grows to the right; every method that adds returns the row itself."""

    def __init__(self, palette: Palette, on: str = "") -> None:
        self.palette = palette
        self.on = on
        self.segments: list[Segment] = []
        self.width = 0
        """Cells used so far."""

    def put(self, text: str, tone: str = "text", *, bold: bool = False, fill: bool = False) -> Self:
        """Add words of our own."""
        if text:
            style = self.palette.style(tone, on=self.on, bold=bold, fill=fill)
            self.segments.append(Segment(text, style))
            self.width += cell_len(text)
        return self

    def say(self, text: str | bytes, tone: str, cells: int, *, bold: bool = False) -> Self:
        """Add foreign words, cleaned and cut to `cells`."""
        return self.put(cut(text, cells), tone, bold=bold)

    def to(self, column: int, stroke: str = " ", tone: str = "text") -> Self:
        """Fill with `stroke` up to a column; nothing when the row is already there."""
        return self.put(stroke * (column - self.width), tone)

    def add(self, segments: Iterable[Segment]) -> Self:
        """Add finished segments."""
        for segment in segments:
            self.segments.append(segment)
            self.width += segment.cell_length
        return self

    def strip(self, width: int) -> Strip:
        """Return the row at exactly `width` cells."""
        self.to(width)
        return Strip(self.segments, self.width).crop_extend(0, width, None)
