"""A sheet: lines that are drawn as they are, as high as they need."""

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, draw


class Sheet(Widget):
    """Draws what `build` returns for its width; as high as that, unless CSS says otherwise."""

    DEFAULT_CSS = "Sheet { height: auto; width: 1fr; }"

    def __init__(
        self,
        palette: Palette,
        build: Callable[[int], Sequence[Line]],
        *,
        on: str = "bg0",
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.palette = palette
        self.build = build
        self.on = on
        self._lines: Sequence[Line] = ()

    def redraw(self) -> None:
        """Build the lines again; asks for another layout only if their number changed."""
        before = len(self._lines)
        self._lines = tuple(self.build(self.size.width)) if self.size.width else ()
        self.refresh(layout=len(self._lines) != before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are at this width."""
        del container, viewport
        self._lines = tuple(self.build(width))
        return len(self._lines)

    def on_resize(self) -> None:
        """Build the lines for the new width."""
        self._lines = tuple(self.build(self.size.width))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        pieces = self._lines[y] if y < len(self._lines) else ()
        return draw(pieces, self.size.width, self.palette, self.on)
