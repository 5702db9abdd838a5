"""The lines of a log: drawn from the rows that are visible, following the end or held in place."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from warroom.logs.protocol import Entry, Log
from warroom.tui.theme import Palette
from warroom.tui.widgets import log_line
from warroom.tui.widgets.ink import Ink, ink_for
from warroom.tui.widgets.log_cache import KEPT, Entries
from warroom.tui.widgets.log_filter import LogFilter
from warroom.tui.widgets.log_lens import AllRows, Lens
from warroom.tui.widgets.log_line import Columns, Look
from warroom.tui.widgets.log_page import Line, Pager
from warroom.tui.widgets.waker import Waker

_SIDEWAYS = 8
_MAP_FROM = 60
"""Width from which one column is spent on the map."""

Pinned = Callable[[Entry], bool]


class LogView(Widget, can_focus=True):
    """Rows of a log through a lens.

    Entries are read on the event loop, but only those of the rows on the screen: a screen costs
    well under a millisecond.
    """

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

    @dataclass
    class Grew(Message):
        """The log has changed; sent at most once a frame."""

        def can_replace(self, message: Message) -> bool:
            """One is as good as many."""
            return isinstance(message, LogView.Grew)

    def __init__(self, palette: Palette, feed: Log) -> None:
        super().__init__()
        self.palette = palette
        self.feed = feed
        self.lens: Lens = AllRows(feed)
        self.following = True
        self.cursor = feed.end - 1
        self.mark: int | None = None
        """Where a marked range began; it runs to the cursor."""
        self.x = 0
        self.wrap = False
        self.raw = False
        self.highlight: re.Pattern[str] | None = None
        self.dim: LogFilter | None = None
        """Lines that do not pass are drawn faint."""
        self.pinned: Pinned = lambda _: False
        self.by_rows: tuple[bool, ...] = ()
        """Where along the rows failures are dense, in equal parts: drawn in the scrollbar."""
        self.nothing = ""
        """What is said where no row is shown."""
        self._ink: Ink | None = None
        self.entries = Entries(feed)
        self._top = (feed.end - 1, 0)
        self._page: list[Line] | None = None
        self._strips: dict[tuple[int, Look], list[Strip]] = {}
        self._strips_for: object = None
        self._tint = True
        self._unsubscribe: Callable[[], None] | None = None

    # -- the log grows

    def on_mount(self) -> None:
        """Begin to listen to the log."""
        self._listen()

    def on_unmount(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    def show_log(self, feed: Log) -> None:
        """Look at another log, from its end."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self.feed = feed
        self.lens = AllRows(feed)
        self.following, self.cursor, self.mark = True, feed.end - 1, None
        self.entries, self._top = Entries(feed), (feed.end - 1, 0)
        self._strips.clear()
        self._listen()
        self.changed()

    def _listen(self) -> None:
        self._unsubscribe = self.feed.subscribe(Waker(self._grown).wake)

    def _grown(self) -> None:
        if not self.is_attached:
            return
        since = self.entries.forget_newest()
        self._strips = {k: v for k, v in self._strips.items() if k[0] < since}
        if self.following or self._page is None or len(self._page) < self.size.height:
            self.changed()
        self.post_message(self.Grew())

    def changed(self) -> None:
        """Lay the page out anew and repaint."""
        self._page = None
        self.refresh()

    def redraw(self) -> None:
        """Draw every row anew: what decides how rows look has changed."""
        self._strips.clear()
        self.changed()

    def notify_style_update(self) -> None:
        """Draw anew when the theme changes."""
        super().notify_style_update()
        self._strips.clear()

    # -- what is on the screen

    @property
    def pager(self) -> Pager:
        """What lays out the rows that are shown."""
        return Pager(self.lens, self.entries.load, self._lines_of)

    def page(self) -> list[Line]:
        """Return what is on the screen: row and line within it, from the top."""
        if self._page is None:
            self._page = self._laid_out()
            rows = {row for row, _ in self._page}
            entries = [e for row in rows if (e := self.entries.get(row)) is not None]
            failed = sum(entry.failed for entry in entries)
            # A page of tint is a wall: then the gutter alone reads better.
            self._tint = 2 * failed < max(len(entries), 1)
            if self._page:
                self._top = self._page[0]
        return self._page

    def _laid_out(self) -> list[Line]:
        height, pager, last = self.size.height, self.pager, self.lens.last()
        if height < 1 or last is None:
            return []
        if self.following:
            self.cursor = last
            return pager.up(last, height)
        if not pager.shows(self._top[0]):
            near = self.lens.after(self._top[0])
            self._top = (last if near is None else near, 0)
        page = pager.down(self._top, height)
        return page if len(page) == height else pager.up(last, height)  # no hole at the end

    def _lines_of(self, row: int) -> int:
        entry = self.entries.get(row)
        if not self.wrap or entry is None:
            return 1
        return log_line.height(entry, self.columns, raw=self.raw)

    @property
    def ink(self) -> Ink:
        """What to draw with."""
        self._ink = ink_for(self.palette, self._ink)
        return self._ink

    @property
    def columns(self) -> Columns:
        """The columns at this width."""
        return log_line.columns(self.size.width - self._mapped, self.entries.shape)

    @property
    def _mapped(self) -> int:
        """Cells of the scrollbar: it is a map of where the failures are."""
        return int(self.size.width >= _MAP_FROM)

    def render_line(self, y: int) -> Strip:
        """Draw one row of the screen."""
        page = self.page()
        entry = self.entries.get(page[y][0]) if y < len(page) else None
        if entry is None:
            ground = self.ink.style("mute", on="bg0")
            said = f"  {self.nothing}" if not page and y == 1 else ""
            return Strip([Segment(said, ground)]).adjust_cell_length(self.size.width, ground)
        strips = self._drawn(entry)
        strip = strips[min(page[y][1], len(strips) - 1)]
        return Strip.join([strip, self._map(y)]) if self._mapped else strip

    def _map(self, y: int) -> Strip:
        first, count = self.feed.first, max(self.feed.end - self.feed.first, 1)
        height, page, parts = self.size.height, self.page(), len(self.by_rows)
        top, bottom = ((row - first) * height // count for row in (page[0][0], page[-1][0]))
        spike = any(self.by_rows[y * parts // height : max((y + 1) * parts // height, 1)])
        here = top <= y <= bottom and count > height
        glyph = "▐" if here or spike else " "
        return Strip([self.ink.text(glyph, "accent" if here else "s5", on="bg0")], 1)

    def _drawn(self, entry: Entry) -> list[Strip]:
        key = (self.ink, self.columns, self.wrap)
        if self._strips_for != key or len(self._strips) > KEPT:
            self._strips.clear()
            self._strips_for = key
        row, (low, high) = entry.row, self.marked
        look = Look(
            cursor=row == self.cursor and not (self.following and not self.has_focus),
            focused=self.has_focus,
            tint=self._tint,
            pinned=self.pinned(entry),
            marked=self.mark is not None and low <= row <= high,
            dim=self.dim is not None and not self.dim.matches(entry),
            raw=self.raw,
            x=0 if self.wrap else self.x,
            pattern=self.highlight,
        )
        found = self._strips.get((row, look))
        if found is None:
            cols, ink = self.columns, self.ink
            drawn = (
                log_line.wrapped(entry, cols, ink, look)
                if self.wrap
                else [log_line.draw(entry, cols, ink, look)]
            )
            ground, width = ink.style("text", on="bg0"), cols.width
            found = [one.apply_style(ground).adjust_cell_length(width, ground) for one in drawn]
            self._strips[row, look] = found
        return found

    # -- moving

    @property
    def marked(self) -> tuple[int, int]:
        """The marked range, or the cursor alone: first and last row."""
        other = self.cursor if self.mark is None else self.mark
        return min(self.cursor, other), max(self.cursor, other)

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
        """Move the cursor by rows."""
        self.mark = None
        self.go(self._stepped(self.cursor, count))

    def action_mark(self, count: int) -> None:
        """Mark a range and move its end."""
        if self.mark is None:
            self.mark = self.cursor
        self.go(self._stepped(self.cursor, count))

    def clear_mark(self) -> bool:
        """Forget the marked range; returns whether there was one."""
        had = self.mark is not None
        self.mark = None
        if had:
            self.go(self.cursor)
        return had

    def action_page(self, count: int) -> None:
        """Move by a screen."""
        self._scroll(count * max(self.size.height - 1, 1), with_cursor=True)

    def action_head(self) -> None:
        """Go to the first line."""
        self.mark = None
        first = self.lens.first()
        if first is not None:
            self.go(first)

    def action_follow(self) -> None:
        """Go to the last line and follow."""
        self.mark = None
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
        self.changed()

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
        self.refresh()

    def on_resize(self) -> None:
        """Lay out for the new size; the cursor's line stays on the screen."""
        self._page = None
        self._reveal(self.page())
        self.changed()
