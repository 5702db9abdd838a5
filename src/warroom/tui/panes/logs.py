"""Pane 2: the log and everything that can be done with a line of it."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.worker import get_current_worker

from warroom.core.events import ChangeRecorded
from warroom.logs.protocol import Entry, Log
from warroom.tui.messages import ActionRequested, Notice, PinRequested
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.log_keep import LogKeep
from warroom.tui.panes.log_signs import told_of
from warroom.tui.widgets.evidence import MOST_LINES, copy_text, copy_with_tmux, excerpts
from warroom.tui.widgets.log_gauge import Gauge
from warroom.tui.widgets.log_question import Question
from warroom.tui.widgets.no_log import NoLog

_OSC52_LIMIT = 74_000
"""Bytes a terminal surely takes from a program that copies."""


class LogsPane(LogKeep):
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
        Binding("asterisk", "flag", "mark a line", id="log.flag"),
        Binding("greater_than_sign", "flagged(1)", "next mark", id="log.next_flag"),
        Binding("less_than_sign", "flagged(-1)", "previous mark", id="log.previous_flag"),
        Binding("o", "outside('pager')", "open in $PAGER", id="log.pager"),
        Binding("f3", "outside('editor')", "open in $EDITOR", id="log.editor"),
        Binding("y", "copy", "copy", id="log.copy"),
        Binding("enter", "entry", "detail", id="log.entry"),
        Binding("space", "hold", "hold", id="log.hold"),
        Binding("b", "boundary", "boundary", id="log.boundary"),
        Binding("d", "declare", "declare", id="log.declare"),
        Binding("W", "watch", "the watch", id="log.watch"),
        Binding("equals_sign", "only", "only this error", id="log.only"),
        Binding("t", "request", "this request", id="log.request"),
        Binding("left_square_bracket", "step(-1)", "earlier", id="log.earlier"),
        Binding("right_square_bracket", "step(1)", "later", id="log.later"),
        Binding("plus", "span(-1)", "zoom in", id="log.zoom_in"),
        Binding("minus", "span(1)", "zoom out", id="log.zoom_out"),
        Binding("s", "source", "next source", id="log.source"),
        Binding("escape", "back", "back", show=False, id="log.back"),
    ]

    def hints(self) -> list[Hint]:
        """The keys that work now."""
        if isinstance(self.feed, NoLog):
            return []
        if self.bar.purpose:
            said = [Hint("enter", "take it"), Hint("esc", "back")]
            return [*said, Hint("↑", "used before")] if self.bar.input.past else said
        if self.view.mark is not None:
            grows = "↑ ↓" if self.view.anchored else "S-↑ S-↓"
            ends = [Hint("y", "copy it"), Hint("esc", "forget it")]
            return [Hint(grows, "more lines"), deed("P", "pin the range"), *ends]
        found = [Hint("e E", "next / prev 5xx"), Hint("/", "search"), Hint("F", "filter")]
        if self.sought.hits is not None:
            found.insert(1, Hint("n N", "matches"))
        if self.sought.filter is not None:
            found.append(Hint("m", "dim or hide"))
        closing = "close detail" if self.opened else "detail"
        if self.view.flags:
            found.append(Hint("< >", "marks"))
        hold = "hold" if self.view.following else "follow"
        if self.facts.spike:
            found.insert(0, Hint("W", "snooze the watch"))
        found += [deed("P", "pin"), Hint("b", "boundary"), Hint("enter", closing)]
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
                or self.opened
                or self.sought.hits is not None
                or self._awaiting
            )
        return True

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
            self.view.begin_mark()

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
        self.opened = not self.opened
        self.view.hold()
        self.lay_out_entry()
        if not self.opened:
            self.view.focus()

    def action_hold(self) -> None:
        """Hold or follow; in an open entry, unfold its stack."""
        if self.opened and self.detail.unfold():
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
        elif self.opened:
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

    def action_watch(self) -> None:
        """Ask what the spike watch sees, or snooze it."""
        self.post_message(ActionRequested("watch"))

    def snooze_watch(self) -> float | None:
        """Snooze the watch of this log or wake it; returns until when of the log it sleeps."""
        watch = self._gauges[id(self.feed)].watch
        watch.snooze()
        self.ask()
        return watch.facts.snoozed_until

    def action_declare(self) -> None:
        """Declare an incident with what the log says."""
        said = self.facts.spike or self.facts.boundary_sentence or self.facts.onset_sentence
        self.post_message(ActionRequested("declare", argument=said))

    # -- asking something narrower

    def question(self, log: Log, question: Question) -> None:
        """Ask a log something narrower than what is asked of it by itself."""
        if id(log) in self._gauges:
            self._question(self._gauges[id(log)], question, told_of(self.snapshot))

    @work(
        thread=True,
        group="log-question",
        exclusive=True,
        exit_on_error=False,
        description="Ask the log again",
    )
    def _question(
        self, gauge: Gauge, question: Question, changes: Sequence[ChangeRecorded]
    ) -> None:
        from warroom.room.changes import declared  # noqa: PLC0415 - numpy, when asked

        report = gauge.analyse(declared(changes), question)
        if not get_current_worker().is_cancelled:
            self.post_message(self.ReportReady(report))
