"""The names of the four panes in one row, where there is room for one pane only."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from warroom.tui.draw import Line, cut
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.bar import Bar

_LEAST = 4
"""Cells of a detail below which it says nothing."""


class PaneTabs(Bar):
    """` 1 Queue 5  2 Logs  3 Contain ✓1  4 Timeline ━━━ FOLLOW ━`."""

    LAYER = "bg0"

    names: reactive[tuple[tuple[str, str], ...]] = reactive(())
    """Number and label of each pane."""
    front: reactive[int] = reactive(0)
    fact: reactive[tuple[str, str]] = reactive(("", "mute"))
    """Text (foreign allowed) and token at the right end."""
    detail: reactive[str] = reactive("")
    """Soft text before it while there is room (a source); foreign allowed."""

    @dataclass
    class Picked(Message):
        """A tab was clicked."""

        number: str

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(palette, id=id)
        self._ends: list[int] = []

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        del snapshot
        line = Line(self.palette, self.LAYER)
        self._ends = []
        for index, (number, label) in enumerate(self.names):
            if index == self.front:
                line.put(f" {number} {label} ", "accent", fill=True)
            else:
                line.put(f" {number} ", "mute").put(f"{label} ", "soft")
            self._ends.append(line.width)
        words, token = self.fact
        shown = cut(words, max(0, width - line.width - 6))
        named = cut(self.detail, width - line.width - len(shown) - 8)
        if cell_len(named) > _LEAST:
            line.put(f" {named}", "soft")
        line.put(" ").to(width - len(shown) - 3 if shown else width, "━", "accent")
        if shown:
            line.put(f" {shown} ", token, bold=token != "mute").put("━", "accent")
        return line

    def on_click(self, event: Click) -> None:
        """Tell which tab was clicked."""
        for (number, _), end in zip(self.names, self._ends, strict=False):
            if event.x < end:
                self.post_message(self.Picked(number))
                return
