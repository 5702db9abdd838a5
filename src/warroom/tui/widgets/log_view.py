"""The lines of a log under a cursor: moving, scrolling, following and holding."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from warroom.logs.protocol import Entry
from warroom.tui.widgets.log_page import Line
from warroom.tui.widgets.log_surface import LogSurface

_SIDEWAYS = 8
"""Cells of one step sideways."""


class LogView(LogSurface, can_focus=True):
    """What the keys and the mouse do to the lines."""

    DEFAULT_CSS = "LogView { height: 1fr; width: 1fr; background: $background; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="log.up"),
        Binding("down,j", "move(1)", "down", show=False, id="log.down"),
        Binding("shift+up", "mark(-1)", "mark up", show=False, id="log.mark_up"),
        Binding("shift+down", "mark(1)", "mark down", show=False, id="log.mark_down"),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False, id="log.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False, id="log.page_down"),
        Binding("g,home", "head", "first line", show=False, id="log.head"),
        Binding("G,end", "follow", "follow", show=False, id="log.follow"),
        Binding("left", "sideways(-1)", "left", show=False, id="log.left"),
        Binding("right", "sideways(1)", "right", show=False, id="log.right"),
        Binding("w", "wrap", "wrap", show=False, id="log.wrap"),
        Binding("v", "raw", "raw", show=False, id="log.raw"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another row, or the view began or stopped to follow."""

        row: int
        entry: Entry | None
        following: bool
        by_reader: bool = True

        def can_replace(self, message: Message) -> bool:
            """Only the last of several counts."""
            return isinstance(message, LogView.Moved)

    on_moved: Callable[[bool], None] | None = None
    """Called as the cursor moves, with whether the end is followed: what is drawn from here is in
    the same frame as the lines. The message comes a frame later."""

    # -- moving

    def go(self, row: int, *, by_reader: bool = True) -> None:
        """Put the cursor on a row and bring it on the screen; the end is followed."""
        last = self.lens.last()
        if last is None:
            return
        if not self.pager.shows(row):
            near = self.lens.after(row)
            row = last if near is None else near
        page = self.page()
        self.cursor = row
        self.following = row == last and self.mark is None
        self._reveal(page)
        self.changed()
        self._tell(by_reader=by_reader)

    def _reveal(self, page: list[Line]) -> None:
        top = self.pager.reveal(page, self.cursor, self.size.height)
        self._top = self._top if top is None else top

    def hold(self) -> None:
        """Stop following; what is on the screen stays."""
        if self.following:
            self.page()
            self.following = False
            self._tell()

    def _tell(self, *, by_reader: bool = True) -> None:
        if self.on_moved is not None:
            self.on_moved(self.following)
        self.post_message(
            self.Moved(self.cursor, self.entries.get(self.cursor), self.following, by_reader)
        )

    def _stepped(self, row: int, count: int) -> int:
        step = self.lens.after if count > 0 else self.lens.before
        for _ in range(abs(count)):
            found = step(row)
            if found is None:
                break
            row = found
        return row

    def action_move(self, count: int) -> None:
        """Move the cursor by rows; a range that was begun on purpose grows with it."""
        if not self.anchored:
            self.mark = None
        self.go(self._stepped(self.cursor, count))

    def action_mark(self, count: int) -> None:
        """Mark a range and move its end."""
        if self.mark is None:
            self.mark, self.anchored = self.cursor, False
        self.go(self._stepped(self.cursor, count))

    def begin_mark(self) -> None:
        """Begin a range at the cursor that every move extends."""
        self.hold()
        self.mark, self.anchored = self.cursor, True
        self.changed()
        self._tell()

    def clear_mark(self) -> bool:
        """Forget the marked range; returns whether there was one."""
        had = self.mark is not None
        self.mark, self.anchored = None, False
        if had:
            self.go(self.cursor)
        return had

    def action_page(self, count: int) -> None:
        """Move by a screen."""
        self._scroll(count * max(self.size.height - 1, 1), with_cursor=True)

    def action_head(self) -> None:
        """Go to the first line."""
        if not self.anchored:
            self.mark = None
        first = self.lens.first()
        if first is not None:
            self.go(first)

    def action_follow(self) -> None:
        """Go to the last line and follow."""
        self.mark, self.anchored = None, False
        self.following = True
        self.changed()
        self.page()
        self._tell()

    def action_sideways(self, count: int) -> None:
        """Scroll sideways; it stays while moving up and down."""
        self.x = max(0, self.x + count * _SIDEWAYS)
        self.changed()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.wrap = not self.wrap
        self.on_resize()

    def action_raw(self) -> None:
        """Show lines as they are in the file, or in columns."""
        self.raw = not self.raw
        self.changed()

    def _scroll(self, lines: int, *, with_cursor: bool = False) -> None:
        page = self.page()
        if not page:
            return
        if self.following and lines > 0:
            return
        self.following = False
        pager, count = self.pager, len(page)
        if lines < 0:
            wanted = count - lines
            above = pager.up(page[-1][0], wanted + pager.lines_of(page[-1][0]))
            at = above.index(page[0])
            self._top = above[max(at + lines, 0)]
        else:
            below = pager.down(page[0], count + lines)
            self._top = below[max(len(below) - count, 0)]
        self._page = None
        rows = [row for row, _ in self.page()]
        self._cursor_into(rows, page, lines, with_cursor=with_cursor)
        self.following = lines > 0 and self.mark is None and rows[-1] == self.lens.last()
        self.changed()
        self._tell()

    def _cursor_into(
        self, rows: list[int], before: list[Line], lines: int, *, with_cursor: bool
    ) -> None:
        """Keep the cursor on the screen: on its row, or at its height when it moves along."""
        if with_cursor and rows[0] == before[0][0] and rows[-1] == before[-1][0]:
            self.cursor = rows[0] if lines < 0 else rows[-1]
        elif with_cursor:
            place = next((n for n, (row, _) in enumerate(before) if row == self.cursor), 0)
            self.cursor = rows[min(place, len(rows) - 1)]
        elif self.cursor not in rows:
            self.cursor = rows[0] if self.cursor < rows[0] else rows[-1]

    # -- the mouse, focus and size

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll; this leaves the end."""
        event.stop()
        self._scroll(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll; at the end the view follows again."""
        event.stop()
        self._scroll(3)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        page = self.page()
        if event.y < len(page):
            self.mark = None
            self.go(page[event.y][0])

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Draw the cursor as the focused one, or at rest."""
        super().watch_has_focus(_has_focus)
        self.changed()

    def on_resize(self) -> None:
        """Lay out for the new size; the cursor's line stays on the screen."""
        self._page = None
        self._reveal(self.page())
        self.changed()
