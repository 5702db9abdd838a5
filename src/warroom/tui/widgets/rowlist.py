"""A list of ready-made lines that depend on the width, whose cursor row stays where the eye is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.events import Resize

from warroom.tui.draw import Line as Brush
from warroom.tui.theme import Palette
from warroom.tui.widgets import picklist
from warroom.tui.widgets.pieces import Line, clip, style_of


class Later(Sequence[Line]):
    """One line that is made when it is first drawn: long lists show few of theirs."""

    def __init__(self, make: Callable[[], Line]) -> None:
        self._make = make
        self._made: Line | None = None

    def __len__(self) -> int:
        """Return that there is one."""
        return 1

    def __getitem__(self, index: object) -> Line:  # type: ignore[override]  # never sliced
        """Return it."""
        del index
        if self._made is None:
            self._made = self._make()
        return self._made


class Row(NamedTuple):
    """One row of one or more lines."""

    key: str
    """Its identity; empty: it cannot be chosen (a heading, a hint)."""
    lines: Sequence[Line]


Builder = Callable[[int], Sequence[Row]]
"""Makes the rows for a width in cells (the gutter not counted)."""


class RowList(picklist.PickList):
    """A pick list that is built anew for each width; it may follow its end."""

    DEFAULT_CSS = "RowList { height: 1fr; background: $wr-bg0; }"

    def __init__(self, palette: Palette, *, follow: bool = False, ground: str = "bg0") -> None:
        super().__init__(palette, ground=ground)
        self.follow = follow
        """Whether the cursor stays on the last row while it stands there."""
        self._builder: Builder = lambda _: ()

    def fill(self, builder: Builder) -> None:
        """Show what `builder` makes, now and at every later width."""
        self._builder = builder
        self._rebuild()

    def on_resize(self, event: Resize) -> None:
        """Make the rows anew for the new width; the list underneath keeps the cursor in sight."""
        del event
        self._rebuild()

    def _rebuild(self) -> None:
        width = self.size.width
        if width < 4:
            return
        keys = self.keys
        follow = self.follow and (not self.cursor or self.cursor == keys[-1] if keys else True)
        offset = self.scroll_offset.y
        before = self._top(self.cursor)
        # The gutter and, always, the column of a scrollbar and one beside it: nothing jumps.
        room = self.room(width) - 3
        rows = [_row(row, room) for row in self._builder(room)]
        self.show(rows)
        if follow and self.keys:
            self.put_cursor(self.keys[-1])
            self.call_after_refresh(self._reveal)  # the new height is laid out by then
            return
        moved = self._top(self.cursor) - before
        if moved and self.cursor in keys:
            self.scroll_to(y=offset + moved, animate=False, immediate=True)

    def _top(self, key: str) -> int:
        lines = (number for number, (row, _) in enumerate(self._lines) if row.key == key)
        return next(lines, 0) if key else 0


def _row(row: Row, room: int) -> picklist.Row:
    def put(brush: Brush, number: int, width: int) -> None:
        del width
        brush.add(
            Segment(piece.text, style_of(piece, brush.palette, brush.on))
            for piece in clip(row.lines[number], room)
        )

    return picklist.Row(row.key, len(row.lines), put)
