"""A row of the frame around the panes: one line drawn from the snapshot."""

from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from warroom.tui.draw import Line
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette


class Bar(Widget):
    """One row across the screen."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"
    LAYER = "bg1"
    """Background token of the row."""

    snapshot: reactive[Snapshot | None] = reactive(None)

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.palette = palette

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Return the row; subclasses draw it."""
        del snapshot, width
        return Line(self.palette, self.LAYER)

    def render_line(self, y: int) -> Strip:
        """Draw the row; `y` is always 0."""
        del y
        return self.line(self.snapshot, self.size.width).strip(self.size.width)
