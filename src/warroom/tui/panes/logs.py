"""Pane 2: the log and everything that can be done with a line of it."""

import asyncio
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from warroom.logs.protocol import Entry, Log
from warroom.tui.messages import ActionRequested, Notice, PinRequested
from warroom.tui.panes.base import Hint
from warroom.tui.panes.log_core import LogPaneCore
from warroom.tui.widgets.evidence import MOST_LINES, copy_text, copy_with_tmux, excerpts
from warroom.tui.widgets.log_bar import BarInput
from warroom.tui.widgets.log_filter import FilterError, compiled, quoted
from warroom.tui.widgets.log_gauge import SPAN
from warroom.tui.widgets.log_query import CONTEXTS
from warroom.tui.widgets.log_time import read_time
from warroom.tui.widgets.log_view import LogView

_REQUEST = ("request_id", "x_request_id", "trace_id", "correlation_id", "req_id", "trace")
_SPANS = (300.0, 900.0, SPAN, 7200.0, 6 * 3600.0, 86_400.0, 7 * 86_400.0)
_OSC52_LIMIT = 74_000
"""Bytes a terminal surely takes from a program that copies."""


class LogsPane(LogPaneCore):
    """The log pane with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "failed(1)", "next 5xx", id="log.next_failed"),
        Binding("E", "failed(-1)", "previous 5xx", id="log.previous_failed"),
        Binding("slash", "type('search')", "search", id="log.search"),
        Binding("n", "match(1)", "next match", id="log.next_match"),
        Binding("N", "match(-1)", "previous match", id="log.previous_match"),
        Binding("F", "type('filter')", "filter", id="log.filter"),
        Binding("m", "dim", "dim or hide", id="log.dim"),
        Binding("x", "context", "context lines", id="log.context"),
        Binding("T", "type('time')", "go to time", id="log.time"),
        Binding("P", "pin", "pin", id="log.pin"),
        Binding("M", "mark", "mark a range", id="log.mark"),
        Binding("y", "copy", "copy", id="log.copy"),
        Binding("enter", "entry", "detail", id="log.entry"),
        Binding("space", "hold", "hold", id="log.hold"),
        Binding("b", "boundary", "boundary", id="log.boundary"),
        Binding("d", "declare", "declare", id="log.declare"),
        Binding("equals_sign", "only", "only this error", id="log.only"),
        Binding("t", "request", "this request", id="log.request"),
        Binding("left_square_bracket", "step(-1)", "earlier", id="log.earlier"),
        Binding("right_square_bracket", "step(1)", "later", id="log.later"),
        Binding("plus", "span(-1)", "zoom in", id="log.zoom_in"),
        Binding("minus", "span(1)", "zoom out", id="log.zoom_out"),
        Binding("s", "source", "next source", id="log.source"),
        Binding("escape", "back", "back", show=False, id="log.back"),
    ]

    _seeking = 0
    """A search has been asked and no match been shown yet: 1 forwards first, -1 backwards."""
    _awaiting = False
    """The reader stands on the newest failure and waits for the next."""

    def hints(self) -> list[Hint]:
        """The keys that work now."""
        if self.bar.purpose:
            return [Hint("enter", "take it"), Hint("esc", "back")]
        found = [Hint("e E", "next / prev 5xx"), Hint("/", "search"), Hint("F", "filter")]
        if self.sought.hits is not None:
            found.insert(1, Hint("n N", "matches"))
        if self.sought.filter is not None:
            found.append(Hint("m", "dim or hide"))
        closing = "close detail" if self.detail.display else "detail"
        hold = "hold" if self.view.following else "follow"
        found += [Hint("P", "pin"), Hint("b", "boundary"), Hint("enter", closing)]
        return [*found, Hint("space", hold), Hint("y", "copy"), Hint("z", "zoom")]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys to others where they mean nothing here: `n` is a note without a search."""
        del parameters
        if action == "match":
            return self.sought.hits is not None
        if action in {"dim", "context"}:
            return self.sought.filter is not None
        if action == "source":
            return len(self.logs) > 1
        if action == "back":
            return (
                self.view.mark is not None
                or self.detail.display
                or self.sought.hits is not None
                or self._awaiting
            )
        return True

    # -- errors and times

    def action_failed(self, step: int) -> None:
        """Go to the next or previous failure; at the newest one, wait for the next."""
        view, log = self.view, self.feed
        self._awaiting = False
        was_following = view.following
        row = self._next_failed(view.cursor, step)
        if row is None and step > 0 and was_following:
            entry = view.entries.get(view.cursor)
            if entry is not None and not entry.failed:
                row = self._next_failed(log.end, -1)  # from the end, the newest one is meant
        if row is not None:
            view.mark = None
            view.go(row)
            view.hold()
        elif step > 0:
            view.hold()
            self._awaiting = True
            self.post_message(Notice("that was the newest; e waits for the next", "accent"))
        else:
            self.post_message(Notice("that was the first one known", "text"))

    def _next_failed(self, row: int, step: int) -> int | None:
        """Return the nearest failure that the filter shows."""
        found = self.feed.next_failed(row, backwards=step < 0)
        while found is not None and not self.view.pager.shows(found):
            nearest = self.view.lens.after(found) if step > 0 else self.view.lens.before(found)
            if nearest is None:
                return None
            entry = self.view.entries.get(nearest)
            if entry is not None and entry.failed:
                return nearest
            found = self.feed.next_failed(nearest, backwards=step < 0)
        return found

    def on_log_view_grew(self) -> None:
        """Count what came in; go on to a failure that was waited for."""
        super().on_log_view_grew()
        if self._awaiting:
            row = self._next_failed(self.view.cursor, 1)
            if row is not None:
                self._awaiting = False
                self.view.go(row)
                self.view.hold()

    def on_log_view_moved(self, message: LogView.Moved) -> None:
        """A reader who moves waits no longer."""
        super().on_log_view_moved(message)
        if message.following:
            self._awaiting = False

    async def go_to_time(self, at: float, *, by_reader: bool = False) -> None:
        """Put the cursor on the first line at or after a time."""
        row = await asyncio.to_thread(self.feed.row_at, at)
        if row is None:
            self.view.action_follow()
        else:
            self.view.go(row, by_reader=by_reader)

    async def action_step(self, step: int) -> None:
        """Move the time cursor by a column of the chart."""
        bars = self.chart.state.bars
        entry = self.view.entries.get(self.view.cursor)
        if bars is None or entry is None or entry.at is None:
            return
        at = int(entry.at) + step * max(bars.width, 1)
        before = self.view.cursor
        await self.go_to_time(at, by_reader=True)
        if self.view.cursor == before:
            self.view.action_move(step)

    def action_span(self, step: int) -> None:
        """Show less or more time in the chart."""
        place = _SPANS.index(self.span) + step
        self.span = _SPANS[max(0, min(place, len(_SPANS) - 1))]
        self.ask()

    # -- search and filter

    def action_type(self, purpose: str) -> None:
        """Let the reader type a search, a filter or a time."""
        value = ""
        if purpose == "filter" and self.sought.filter is not None:
            value = f"{self.sought.filter.text} "
        opener = {"search": "", "filter": "F", "time": ""}[purpose]
        self.bar.ask(purpose, value, opener)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.bar.purpose != "search":
            return
        try:
            pattern = compiled(event.value) if event.value else None
        except FilterError:
            return  # half a pattern: what was marked stays
        self.view.highlight = pattern
        self.view.redraw()

    @on(Input.Submitted)
    async def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        purpose, value = self.bar.purpose, event.value
        try:
            if purpose == "search":
                self._search(value)
            elif purpose == "filter":
                self.set_filter(value)
            elif purpose == "time":
                await self._time(value)
        except FilterError as error:
            self.post_message(Notice(str(error), "warn"))
            return
        self._end_typing()

    @on(BarInput.Left)
    def _left(self) -> None:
        self.view.highlight = self.sought.pattern
        self.view.redraw()
        self._end_typing()

    @on(BarInput.Cleared)
    def _cleared(self) -> None:
        self.set_filter("")
        self._end_typing()

    def _end_typing(self) -> None:
        self.bar.rest()
        self.view.focus()
        self.tell_bar()

    def _search(self, words: str) -> None:
        self.sought.set_search(words, self.view.cursor)
        self.view.highlight = self.sought.pattern
        self._seeking = (-1 if self.view.following else 1) if words else 0
        self.view.redraw()
        self.look()

    def set_filter(self, text: str) -> None:
        """Show only lines that pass.

        Raises:
            FilterError: It cannot be used; what held before still does.
        """
        self.sought.set_filter(text, self.view.cursor)
        self._show_lens()
        self.look()

    def _show_lens(self) -> None:
        self.view.lens, self.view.dim = self.sought.lens(), self.sought.dim
        self.view.nothing = self.sought.nothing()
        self.view.redraw()
        self.tell_bar()

    def after_found(self) -> None:
        """Go to the first match of a search that was just asked."""
        hits = self.sought.hits
        if not self._seeking or hits is None:
            return
        first, second = (
            (hits.before, hits.after) if self._seeking < 0 else (hits.after, hits.before)
        )
        row = first(self.sought.origin)
        if row is None and not hits.behind():
            row = second(self.sought.origin)
        if row is not None:
            self._seeking = 0
            self.view.go(row)
            self.view.hold()
        elif not hits.behind():
            self._seeking = 0
            self.post_message(Notice(f"no line matches {self.sought.words}", "text"))

    def action_match(self, step: int) -> None:
        """Go to the next or previous match."""
        hits = self.sought.hits
        if hits is None:
            return
        row = hits.after(self.view.cursor) if step > 0 else hits.before(self.view.cursor)
        if row is None:
            said = "that was the last match" if step > 0 else "that was the first match"
            self.post_message(Notice(said, "text"))
            return
        self.view.go(row)
        self.view.hold()

    def action_dim(self) -> None:
        """Dim what does not pass, or hide it."""
        self.sought.dimming = not self.sought.dimming
        self._show_lens()

    def action_context(self) -> None:
        """Show more or fewer lines around each match."""
        place = CONTEXTS.index(self.sought.context) + 1
        self.sought.context = CONTEXTS[place % len(CONTEXTS)]
        self._show_lens()
        self.post_message(Notice(f"{self.sought.context} lines around each match", "text"))

    def action_only(self) -> None:
        """Filter to lines that say the same as this one."""
        entry = self.view.entries.get(self.view.cursor)
        said = None if entry is None else (entry.message or entry.path)
        if said:
            self.set_filter(quoted(said.split("\n")[0]))

    def action_request(self) -> None:
        """Filter to the lines of this request."""
        entry = self.view.entries.get(self.view.cursor)
        fields = {} if entry is None else entry.fields
        name = next((name for name in _REQUEST if fields.get(name)), None)
        if name is None:
            self.post_message(Notice("this line names no request", "text"))
        else:
            self.set_filter(quoted(fields[name]))

    async def _time(self, text: str) -> None:
        latest = None if self.reading is None else self.reading.latest
        if latest is None:
            raise FilterError("no line of this log has a time")
        await self.go_to_time(read_time(text, latest), by_reader=True)

    # -- one line or a range

    def _chosen(self) -> list[Entry]:
        low, high = self.view.marked
        found: list[Entry] = []
        row: int | None = low
        while row is not None and row <= high and len(found) < MOST_LINES:
            entry = self.view.entries.get(row)
            if entry is not None:
                found.append(entry)
            row = self.view.lens.after(row)
        return found

    def action_mark(self) -> None:
        """Begin a range at the cursor, or forget the one there is."""
        if not self.view.clear_mark():
            self.view.hold()
            self.view.mark = self.view.cursor
            self.view.changed()

    def action_pin(self) -> None:
        """Keep the line, or the marked range, as evidence; asks nothing."""
        for excerpt in excerpts(self._chosen()):
            self.post_message(PinRequested(excerpt))
        self.view.clear_mark()

    async def action_copy(self) -> None:
        """Copy the line or the marked range as clean text."""
        chosen = self._chosen()
        text = copy_text(chosen)
        if not text:
            return
        lines = "1 line" if len(chosen) == 1 else f"{len(chosen)} lines"
        if await asyncio.to_thread(copy_with_tmux, text):
            self.post_message(Notice(f"{lines} copied with tmux", "text"))
        elif len(text.encode()) > _OSC52_LIMIT:
            self.post_message(
                Notice(f"{lines} are too much for the terminal's clipboard: mark fewer", "warn")
            )
        else:
            self.app.copy_to_clipboard(text)
            self.post_message(Notice(f"{lines} copied by the terminal (OSC 52)", "text"))
        self.view.clear_mark()

    def action_entry(self) -> None:
        """Open or close the entry under the cursor."""
        self.detail.display = not self.detail.display
        self.view.hold()
        self.show_entry()
        if not self.detail.display:
            self.view.focus()

    def action_hold(self) -> None:
        """Hold or follow; in an open entry, unfold its stack."""
        if self.detail.display and self.detail.unfold():
            return
        if self.view.following:
            self.view.hold()
        else:
            self.view.action_follow()

    def action_back(self) -> None:
        """One step back: the mark, the detail, the search."""
        if self._awaiting:
            self._awaiting = False
        elif self.view.clear_mark():
            pass
        elif self.detail.display:
            self.action_entry()
        elif self.sought.hits is not None:
            origin = self.sought.origin
            self._search("")
            self.view.go(origin)
            self.tell_bar()

    # -- what the screen does

    def action_boundary(self) -> None:
        """Ask what the failures share."""
        self.post_message(ActionRequested("boundary"))

    def action_declare(self) -> None:
        """Declare an incident with what the log says."""
        said = self.facts.spike or self.facts.boundary_sentence or self.facts.onset_sentence
        self.post_message(ActionRequested("declare", argument=said))

    def action_source(self) -> None:
        """Look at the next log."""
        self.show_log(self.logs[(self.logs.index(self.feed) + 1) % len(self.logs)])

    def show_row(self, log: Log, row: int) -> None:
        """Put the cursor on a row of one of the logs, even if the filter hides it."""
        if log is not self.feed and log in self.logs:
            self.show_log(log)
        if not self.view.pager.shows(row):
            self.set_filter("")
        self.view.go(row)
        self.view.hold()

    def show_log(self, log: Log) -> None:
        """Look at one of the logs, from its end."""
        self.feed = log
        self.view.show_log(self.feed)
        self.reading, self._grew_at, self._silent = None, None, False
        self.view.highlight = self.sought.pattern
        self._show_lens()
        self._say_status()
        self.ask()
