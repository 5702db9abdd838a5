"""The lines of a log as drawn: the page, the strips, the map of failures, growth at the end."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from warroom.logs.protocol import Entry, Log
from warroom.tui.theme import Palette
from warroom.tui.widgets import log_line
from warroom.tui.widgets.ink import Ink, ink_for
from warroom.tui.widgets.log_cache import Entries
from warroom.tui.widgets.log_filter import LogFilter
from warroom.tui.widgets.log_lens import AllRows, Lens
from warroom.tui.widgets.log_line import Columns, Look, Shape
from warroom.tui.widgets.log_page import Line, Pager
from warroom.tui.widgets.repaint import repaint
from warroom.tui.widgets.waker import Waker

_MAP_FROM = 60
"""Width from which one column is spent on the map."""

_KEPT = 512
"""Rows kept as they were drawn: some screens to scroll back and forth on."""
_FRAME = 1 / 10
"""Seconds between two repaints while lines keep coming (the first after a pause is drawn at once):
nobody reads faster, each costs some 10 ms, and a key that comes meanwhile waits for one at most."""

Pinned = Callable[[Entry], bool]
_Mark = tuple[str, str]
"""A glyph and its colour token."""


class LogSurface(Widget, can_focus=True):
    """Rows of a log through a lens, following the end or held in place; `LogView` moves it.

    Entries are read on the event loop, but only those of the rows on the screen: a screen costs
    well under a millisecond.
    """

    @dataclass
    class Grew(Message):
        """The log has changed; sent at most once a frame."""

        def can_replace(self, message: Message) -> bool:
            """One is as good as many."""
            return isinstance(message, LogSurface.Grew)

    def __init__(self, palette: Palette, feed: Log) -> None:
        super().__init__()
        self.palette = palette
        self.feed = feed
        self.lens: Lens = AllRows(feed)
        self.following = True
        self.cursor = feed.end - 1
        self.mark: int | None = None
        """Where a marked range began; it runs to the cursor."""
        self.anchored = False
        """Whether the range was begun by a key of its own: moving then extends it."""
        self.flags: list[int] = []
        """Rows the reader marked to come back to, ascending."""
        self._flags_of = {id(feed): self.flags}
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
        self._strips: dict[int, tuple[Look, list[Strip]]] = {}
        self._strips_for: object = None
        self._tint = True
        self._cells = (0, 0)
        """Width and height when the page was laid out; the framework takes long to say them."""
        self._columns: tuple[int, Shape, Columns] | None = None
        self._shown: dict[int, tuple[Strip | None, _Mark | None]] = {}
        """By line of the screen what was drawn there last: the row's part, the mark of the map."""
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
        self.flags = self._flags_of.setdefault(id(feed), [])
        self._strips.clear()
        self._listen()
        self.changed()

    def _listen(self) -> None:
        self._format = self.feed.format
        self._unsubscribe = self.feed.subscribe(Waker(self._grown, _FRAME).wake)

    def _grown(self) -> None:
        if not self.is_attached:
            return
        if self.feed.format != self._format:  # known only after the first lines
            self._format = self.feed.format
            self.entries.forget()
            self._strips.clear()
        since = self.entries.forget_newest()
        for row in [row for row in self._strips if row >= since]:
            del self._strips[row]
        self.changed()  # while held too: the map shrinks as the log grows
        self.post_message(self.Grew())

    def changed(self) -> None:
        """Lay the page out anew and repaint the lines of the screen that differ.

        A key that moves the cursor costs two lines and not a screen of them.
        """
        self._page = None
        height = self.size.height
        if not self.page() or len(self._shown) != height:  # a new size forgets what was shown
            self.refresh()
            return
        repaint(self, [y for y in range(height) if not self._stands(y)])

    def _stands(self, y: int) -> bool:
        """Whether a line of the screen is already drawn as it should be."""
        before, mark = self._shown[y]
        return self._part(y) is before and (not self._mapped or mark == self._mark(y))

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
            cells = (self.size.width, self.size.height)
            if cells != self._cells:
                self._cells = cells
                self._shown.clear()
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
        height, pager, last = self._cells[1], self.pager, self.lens.last()
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
        """The columns at this width; worked out once for a screen."""
        width, shape = self._cells[0] - self._mapped, self.entries.shape
        known = self._columns
        if known is None or known[0] != width or known[1] is not shape:
            known = self._columns = (width, shape, log_line.columns(width, shape))
        return known[2]

    @property
    def _mapped(self) -> int:
        """Cells of the scrollbar: it is a map of where the failures are."""
        return int(self._cells[0] >= _MAP_FROM)

    def render_line(self, y: int) -> Strip:
        """Draw one row of the screen."""
        page = self.page()
        strip = self._part(y)
        if strip is None:
            self._shown[y] = (None, None)
            ground = self.ink.style("mute", on="bg0")
            said = f"  {self.nothing}" if not page and y == 1 else ""
            return Strip([Segment(said, ground)]).adjust_cell_length(self.size.width, ground)
        mark = self._mark(y) if self._mapped else None
        self._shown[y] = (strip, mark)
        if mark is None:
            return strip
        return Strip([*strip, self.ink.text(*mark, on="bg0")], self._cells[0])

    def _part(self, y: int) -> Strip | None:
        """Return what of a row stands on a line of the screen; None: nothing does."""
        page = self.page()
        entry = self.entries.get(page[y][0]) if y < len(page) else None
        if entry is None:
            return None
        strips = self._drawn(entry)
        return strips[min(page[y][1], len(strips) - 1)]

    def _mark(self, y: int) -> _Mark:
        """Return what the map shows on a line of the screen: the page, failures, or neither."""
        first, count = self.feed.first, max(self.feed.end - self.feed.first, 1)
        height, page, parts = self._cells[1], self.page(), len(self.by_rows)
        top, bottom = ((row - first) * height // count for row in (page[0][0], page[-1][0]))
        spike = any(self.by_rows[y * parts // height : max((y + 1) * parts // height, 1)])
        here = top <= y <= bottom and count > height
        return "▐" if here or spike else " ", "accent" if here else "s5"

    def _drawn(self, entry: Entry) -> list[Strip]:
        key = (self.ink, self.columns, self.wrap)
        if self._strips_for != key or len(self._strips) > _KEPT:
            self._strips.clear()
            self._strips_for = key
        row, (low, high) = entry.row, self.marked
        fits = self.dim is not None and self.dim.matches(entry)
        look = Look(
            cursor=row == self.cursor and not (self.following and not self.has_focus),
            focused=self.has_focus,
            tint=self._tint,
            pinned=self.pinned(entry),
            flagged=row in self.flags,
            marked=self.mark is not None and low <= row <= high,
            dim=self.dim is not None and not fits,
            hit=fits,
            raw=self.raw,
            x=0 if self.wrap else self.x,
            pattern=self.highlight,
        )
        known = self._strips.get(row)
        if known is not None and known[0] == look:
            return known[1]
        cols, ink = self.columns, self.ink
        if self.wrap:
            ground = ink.style("text", on="bg0")
            rows = log_line.wrapped(entry, cols, ink, look)
            drawn = [one.adjust_cell_length(cols.width, ground) for one in rows]
        else:
            drawn = [log_line.draw(entry, cols, ink, look)]
        self._strips[row] = (look, drawn)
        return drawn

    @property
    def marked(self) -> tuple[int, int]:
        """The marked range, or the cursor alone: first and last row."""
        other = self.cursor if self.mark is None else self.mark
        return min(self.cursor, other), max(self.cursor, other)
