"""The log pane's ways to get somewhere: the next failure, a time, a search, a filter."""

import asyncio
from collections.abc import Callable

from textual import on, work
from textual.widgets import Input

from warroom.logs.protocol import Log
from warroom.tui.log_memory import naming
from warroom.tui.messages import Notice
from warroom.tui.panes.log_find import LogFind
from warroom.tui.panes.log_pulse import Pulse
from warroom.tui.widgets.log_bar import BarInput
from warroom.tui.widgets.log_filter import FilterError, compiled, quoted, spelt_out
from warroom.tui.widgets.log_gauge import SPAN
from warroom.tui.widgets.log_query import CONTEXTS
from warroom.tui.widgets.log_time import read_time
from warroom.tui.widgets.log_view import LogView

_REQUEST = ("request_id", "x_request_id", "trace_id", "correlation_id", "req_id", "trace")
_WHOLE = 1e10
"""Seconds of a span that holds any log from its first line on."""
_SPANS = (300.0, 900.0, SPAN, 7200.0, 6 * 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0, _WHOLE)


class LogSeek(LogFind):
    """Moves through a log by what its lines say."""

    _seeking = 0
    """A search has been asked and no match been shown yet: 1 forwards first, -1 backwards."""
    _hidden: tuple[int, int] | None = None
    """The line under the cursor that a filter hides, and the one where the cursor went instead."""
    _awaiting = False
    """The reader stands on the newest failure and waits for the next."""

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

    def on_log_surface_grew(self) -> None:
        """Count what came in; go on to a failure that was waited for."""
        if self._awaiting:
            row = self._next_failed(self.view.cursor, 1)
            if row is not None:
                self._awaiting = False
                self.view.go(row)
                self.view.hold()

    def on_log_view_moved(self, message: LogView.Moved) -> None:
        """A reader who moves waits no longer."""
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
        self.bar.ask(purpose, value, opener, self.memory.past(purpose))
        if purpose == "filter" and self.memory.names:
            names = "  ".join(f"/{name}" for name in sorted(self.memory.names))
            self.post_message(Notice(f"kept filters: {names}", "text"))

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
                await self._filter(value)
            elif purpose == "time":
                await self._time(value)
        except FilterError as error:
            self.post_message(Notice(str(error), "warn"))
            return
        self._end_typing()
        if value.strip():
            self._use(purpose, value.strip())

    async def _filter(self, text: str) -> None:
        """Filter by what was typed; `=name` at its end keeps it under that name."""
        wanted, name = naming(text)
        known = name in self.memory.names
        wanted = spelt_out(wanted, self.memory.names) if name else wanted
        self.set_filter(wanted if wanted or not name else self._filter_without(name))
        if not name:
            return
        await self._remember(lambda: self.memory.name(name, wanted))
        if wanted:
            said = f"kept as {name}: F /{name} recalls it, F ={name} alone forgets it"
        else:
            said = f"{name} is forgotten" if known else f"there is no filter named {name}"
        self.post_message(Notice(said, "accent" if wanted else "text"))

    def _filter_without(self, name: str) -> str:
        """Return the filter that holds, spelt out where it uses a name about to be forgotten."""
        if self.sought.filter is None:
            return ""
        return spelt_out(self.sought.filter.text, {name: self.memory.names.get(name, f"/{name}")})

    @work(group="log-memory", exit_on_error=False, description="Remember what was typed")
    async def _use(self, purpose: str, words: str) -> None:
        """Remember words aside: what they find must not wait for the disk."""
        await self._remember(lambda: self.memory.use(purpose, words))

    async def _remember(self, keep: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(keep)
        except OSError as error:
            self.post_message(Notice(f"not kept for the next time: {error.strerror}", "warn"))

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
        if self.sought.filter is None:
            self._back_to_hidden()
        self._show_lens()
        self.look()

    def _back_to_hidden(self) -> None:
        if self._hidden is not None:
            left, instead = self._hidden
            if self.view.cursor == instead and not self.view.following:
                self.view.cursor = left
        self._hidden = None

    def _show_lens(self) -> None:
        self.view.lens, self.view.dim = self.sought.lens(), self.sought.dim
        self.view.nothing = self.sought.nothing()
        self.view.redraw()
        if not self.view.following:  # the cursor's line stays on the screen
            self.view.go(self.view.cursor, by_reader=False)
            self.view.hold()
        self.tell_bar()

    def _onto_shown(self) -> None:
        """Leave a line that the filter hides for the nearest one that it shows.

        Entry, pin and time always mean a line that can be seen. Clearing the filter leads back to
        the line that was left, unless the reader has moved meanwhile.
        """
        view = self.view
        if view.following or view.mark is not None or view.pager.shows(view.cursor):
            return
        row = view.lens.before(view.cursor)
        if row is None and not self.sought.behind():
            row = view.lens.after(view.cursor)
        if row is not None:
            self._hidden = (view.cursor, row)
            view.go(row, by_reader=False)
            view.hold()

    def after_found(self) -> None:
        """Go to the first match of a search that was just asked."""
        self._onto_shown()
        hits = self.sought.hits
        if not self._seeking or hits is None:
            return
        origin = self.sought.origin
        above, below = hits.before(origin + 1), hits.after(origin - 1)
        row, other = (above, below) if self._seeking < 0 else (below, above)
        if row is None and not hits.behind():
            row = other
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
        self.sought.set_dimming(self.view.cursor, dimming=not self.sought.dimming)
        self._show_lens()
        self.look()

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

    # -- other sources

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
        self._hidden = None
        self.view.show_log(self.feed)
        self.reading, self.pulse = None, Pulse()
        self._seen_end = log.end
        self.view.highlight = self.sought.pattern
        self._show_lens()
        self._say_status()
        self.ask()
