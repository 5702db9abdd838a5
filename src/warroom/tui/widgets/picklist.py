"""A list of rows with a cursor that stays on its row, whatever moves around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Blur, Click, Focus, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from warroom.tui.draw import Line
from warroom.tui.theme import Palette


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one or more lines."""

    key: str
    """What the cursor remembers; empty: the cursor passes over it."""
    lines: int
    draw: Callable[[Line, int, int], object]
    """Adds to an empty line what stands on line number `n` of the row, for a width in cells.

    The first cell is the gutter and already taken.
    """


class PickList(ScrollView, can_focus=True):
    """Draws rows on demand; selection is by key, never by position."""

    DEFAULT_CSS = "PickList { scrollbar-size-vertical: 1; overflow-x: hidden; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="list.up"),
        Binding("down,j", "move(1)", "down", show=False, id="list.down"),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False, id="list.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False, id="list.page_down"),
        Binding("home,g", "edge(-1)", "top", show=False, id="list.top"),
        Binding("end,G", "edge(1)", "bottom", show=False, id="list.bottom"),
        Binding("enter", "choose", "open", id="list.open"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        sender: "PickList"
        key: str

    @dataclass
    class Chosen(Message):
        """Enter, or a click on the row under the cursor."""

        sender: "PickList"
        key: str

    def __init__(self, palette: Palette, *, ground: str = "bg0", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.palette = palette
        self.ground = ground
        self.cursor = ""
        """Key of the row under the cursor; empty: none."""
        self.widest: int | None = None
        """Cells of the widest row; None: as wide as the list."""
        self.lasting = ground != "bg0"
        """Whether the row under the cursor stays lit while something else has the focus: in a
        dialog it does, below the field in which one types; of the panes one is lit at a time."""
        self._rows: Sequence[Row] = ()
        self._lines: list[tuple[Row, int]] = []
        self._keys: list[str] = []
        self._places: dict[str, tuple[int, int, int]] = {}
        """Of each key: its number among the keys, its first line and its last one."""

    @property
    def keys(self) -> list[str]:
        """The rows that the cursor can stand on, from the top."""
        return self._keys

    def room(self, width: int) -> int:
        """Return how many cells a row has where the list has `width`."""
        return width if self.widest is None else min(width, self.widest)

    def show(self, rows: Sequence[Row]) -> None:
        """Replace the rows; the cursor stays on its key, or goes to the nearest that is left."""
        index, _, _ = self._places.get(self.cursor, (0, 0, 0))
        self._rows = rows
        self._lines = [(row, n) for row in rows for n in range(row.lines)]
        self._keys, self._places = [], {}
        line = 0
        for row in rows:
            if row.key:
                self._places[row.key] = (len(self._keys), line, line + row.lines - 1)
                self._keys.append(row.key)
            line += row.lines
        if self.cursor not in self._places:
            self.cursor = self._keys[min(index, len(self._keys) - 1)] if self._keys else ""
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()

    def put_cursor(self, key: str) -> None:
        """Move the cursor without telling anybody."""
        if key in self._places:
            self.cursor = key
            self._reveal()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.size.width
        number = y + self.scroll_offset.y
        if number >= len(self._lines):
            return Line(self.palette, self.ground).strip(width)
        row, n = self._lines[number]
        chosen = bool(row.key) and row.key == self.cursor
        lit = chosen and (self.lasting or self.has_focus)
        line = Line(self.palette, "bg2" if lit else self.ground)
        line.put(("▌" if self.has_focus else "▎") if chosen else " ", "accent")
        # A row keeps its last cell empty: beside a scrollbar it is the one before.
        row.draw(line, n, self.room(width - self.show_vertical_scrollbar))
        return line.strip(width)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        keys = self.keys
        if not keys:
            return
        index, _, _ = self._places.get(self.cursor, (0, 0, 0))
        self._go(keys[max(0, min(index + by, len(keys) - 1))])

    def action_page(self, by: int) -> None:
        """Move the cursor by about a screen."""
        tallest = max((row.lines for row in self._rows if row.key), default=1)
        self.action_move(by * max(1, self.size.height // tallest - 1))

    def action_edge(self, side: int) -> None:
        """Move the cursor to the top or the bottom."""
        keys = self.keys
        if keys:
            self._go(keys[0] if side < 0 else keys[-1])

    def action_choose(self) -> None:
        """Tell that the row under the cursor is meant."""
        if self.cursor:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: Click) -> None:
        """Put the cursor on a row; a second click on it chooses it."""
        number = event.y + self.scroll_offset.y
        if number >= len(self._lines):
            return
        key = self._lines[number][0].key
        if key and key == self.cursor and event.chain > 1:
            self.action_choose()
        elif key:
            self._go(key)

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor in sight."""
        del event
        self.virtual_size = Size(self.size.width, len(self._lines))
        self._reveal()

    def on_focus(self, event: Focus) -> None:
        """Draw the cursor as focused."""
        del event
        self.refresh()

    def on_blur(self, event: Blur) -> None:
        """Draw the cursor as at rest."""
        del event
        self.refresh()

    def _go(self, key: str) -> None:
        if key != self.cursor:
            self.cursor = key
            self.post_message(self.Moved(self, key))
        self._reveal()
        self.refresh()

    def _reveal(self) -> None:
        if self.cursor not in self._places:
            return
        _, first, last = self._places[self.cursor]
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        # A heading above is seen with its first row.
        while first and not self._lines[first - 1][0].key and last - first + 1 < height:
            first -= 1
        # Forced: the bar of a list that has just become longer than its place is not shown yet.
        if first < top:
            self.scroll_to(y=first, animate=False, immediate=True, force=True)
        elif last >= top + height:
            self.scroll_to(y=last - height + 1, animate=False, immediate=True, force=True)
