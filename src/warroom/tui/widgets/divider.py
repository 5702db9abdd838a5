"""The line between the two columns, joined to the title lines that meet it."""

from collections.abc import Set as AbstractSet

from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from warroom.tui.draw import Line
from warroom.tui.theme import Palette

_JOINTS = {(True, True): "┼", (True, False): "┤", (False, True): "├", (False, False): "│"}


class Divider(Widget):
    """One column; knows at which rows a title line meets it from the left or the right."""

    DEFAULT_CSS = "Divider { width: 1; height: 1fr; background: $wr-bg0; }"

    left: reactive[AbstractSet[int]] = reactive(frozenset())
    right: reactive[AbstractSet[int]] = reactive(frozenset())

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette

    def render_line(self, y: int) -> Strip:
        """Draw one joint."""
        joint = "┬" if y == 0 else _JOINTS[y in self.left, y in self.right]
        return Line(self.palette, "bg0").put(joint, "line").strip(1)
