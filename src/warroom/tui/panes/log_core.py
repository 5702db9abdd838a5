"""The log pane without its keys: layout, the facts read in a thread, following and holding."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events, work
from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import reactive
from textual.worker import Worker, WorkerState

from warroom.core.events import ChangeRecorded
from warroom.logs.protocol import Log
from warroom.tui.log_memory import LogMemory
from warroom.tui.messages import Notice, TimeCursorMoved
from warroom.tui.panes.base import Pane
from warroom.tui.panes.log_pulse import Pulse
from warroom.tui.panes.log_signs import fitting, marks, title_parts, told_of
from warroom.tui.snapshot import LogFacts, Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.chart import ChartState, LogChart, plot_width
from warroom.tui.widgets.entry import EntryView
from warroom.tui.widgets.evidence import Pins
from warroom.tui.widgets.log_bar import LogBar
from warroom.tui.widgets.log_gauge import SPAN, Asked, Gauge, Reading, Report, nearly_complete
from warroom.tui.widgets.log_query import LogQuery, grouped
from warroom.tui.widgets.log_question import PLAIN
from warroom.tui.widgets.log_view import LogView
from warroom.tui.widgets.no_log import NoLog

_MOST_HOPS = 1000
"""Failures counted in one go while held; more are counted at the next repaint."""
_STRIP = (130, 34)
"""Width and height from which the entry has a strip of its own below the lines."""
_STRIP_ROWS = 5
_HANDOVER = 0.0005
"""Seconds after which a thread that computes lets the drawing go on. Python's own 5 ms are paid at
every read and write: a key pressed during an analysis took a quarter of a second."""
_TITLE_REST = 18
"""Cells of the title line that its name, its gaps and a piece of hairline take."""


class LogPaneCore(Pane):
    """A log that draws itself; what the reader may do with it is added by `LogsPane`."""

    NUMBER = "2"
    NAME = "Logs"

    @dataclass
    class LogFactsChanged(Message):
        """What the log says as a whole has changed."""

        facts: LogFacts

    @dataclass
    class ReportReady(Message):
        """An analysis of the log has ended: for the boundary pane."""

        report: Report

    @dataclass
    class _Read(Message):
        reading: Reading
        log: Log
        asked: Asked

    @dataclass
    class _Watched(Message):
        log: Log

    status: reactive[tuple[str, str]] = reactive(("", "mute"))
    """FOLLOW, HELD or silent, with its colour token: the fact of the title line."""

    def __init__(
        self,
        palette: Palette,
        logs: Sequence[Log],
        *,
        titled: bool = True,
        memory: LogMemory | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        **kwargs: object,
    ) -> None:
        """Show the first of `logs`.

        Args:
            palette: The colours.
            logs: What can be looked at.
            titled: Whether to draw the pane's own title line.
            memory: Named filters and what was typed before.
            monotonic: Tells the time between two events.
            kwargs: The framework's own.
        """
        super().__init__(palette, **kwargs)
        self.logs = tuple(logs) or (NoLog(),)
        self.titled = titled
        self.feed = self.logs[0]
        self.chart = LogChart(palette)
        self.bar = LogBar(palette)
        self.view = LogView(palette, self.feed)
        self.detail = EntryView(palette)
        self.memory = memory or LogMemory()
        self.queries = {id(log): LogQuery(log, self.memory) for log in self.logs}
        self.span = SPAN
        self.facts = LogFacts(label=self.feed.label)
        self.reading: Reading | None = None
        self._gauges = {id(log): Gauge(log) for log in self.logs}
        self._monotonic = monotonic
        self._at_work: set[str] = set()
        """Groups of the readers that have not come back yet."""
        self._held = (0, 0, 0)
        """While held: the row that was the end, the last one looked at, failures since."""
        self.pulse = Pulse()
        self._seen_end = self.feed.end
        self._pins = Pins()
        self._strip = False
        self.opened = False
        """Whether the reader opened the entry under the cursor."""

    @property
    def sought(self) -> LogQuery:
        """What is filtered and searched in the log that is shown."""
        return self.queries[id(self.feed)]

    def compose(self) -> ComposeResult:
        """Yield title, chart, bar, lines and the entry under the cursor."""
        if self.titled:
            yield self.title_line
        yield self.chart
        yield self.bar
        yield self.view
        yield self.detail

    def on_mount(self) -> None:
        """Draw the tail first; everything that needs numpy comes after the first frame."""
        sys.setswitchinterval(_HANDOVER)
        self.view.nothing = self.sought.nothing()
        self.chart.display = not isinstance(self.feed, NoLog)
        self.view.on_moved = self._follow_cursor
        self._say_status()
        self.call_after_refresh(self.ask)
        self.set_interval(1.0, self._tick)

    def take_focus(self) -> None:
        """Put the focus on the lines."""
        self.view.focus()

    # -- sizes

    def on_resize(self, event: events.Resize) -> None:
        """Share out the height: the chart never disappears before the fields of the log do."""
        height = event.size.height
        rows = 1 if height < 14 else 4 if height < 28 else 6 if height < 36 else 7
        self.chart.styles.height = rows
        self._strip = event.size.width >= _STRIP[0] and height >= _STRIP[1]
        self.lay_out_entry()
        self.call_after_refresh(self.ask)

    def lay_out_entry(self) -> None:
        """Give the entry its height: opened, or as a strip where there is room for one."""
        self.detail.display = self.opened or self._strip
        height = min(12, max(4, self.size.height // 3)) if self.opened else _STRIP_ROWS
        self.detail.styles.height = height
        self.show_entry()

    # -- what the log says, read in a thread

    def ask(self) -> None:
        """Read the facts in a thread unless one is still reading."""
        if "log-facts" in self._at_work or not self.is_attached:
            return
        self._at_work.add("log-facts")
        self._read(self.feed, Asked(cells=self._cells(), span=self.span, until=self._until()))

    def _cells(self) -> int:
        return max(1, plot_width(self.size.width))

    def _until(self) -> float | None:
        """The right edge of the chart: now, unless the cursor has left what would be shown."""
        entry = None if self.view.following else self.view.entries.get(self.view.cursor)
        latest = None if self.reading is None else self.reading.latest
        bars = None if self.reading is None else self.reading.bars
        if entry is None or entry.at is None or latest is None or bars is None:
            return None
        left = bars.start if bars.end >= latest else latest - self.span
        return None if entry.at >= left else entry.at + self.span / 2

    @work(thread=True, group="log-facts", exit_on_error=False, description="Read what the log says")
    def _read(self, log: Log, asked: Asked) -> None:
        reading = self._gauges[id(log)].read(asked)
        self.post_message(self._Read(reading, log, asked))

    def on_log_pane_core__read(self, message: _Read) -> None:
        """Show what was read."""
        self._at_work.discard("log-facts")
        if message.log is not self.feed:
            self.ask()
            return
        reading, before = message.reading, self.facts
        self.reading, self.facts = reading, reading.facts
        if reading.by_rows != self.view.by_rows:
            self.view.by_rows = reading.by_rows
            self.view.changed()
        gauge = self._gauges[id(self.feed)]
        if not self._reckons and gauge.due(reading.progress):
            self._at_work.add("log-analysis")
            self._analyse(gauge, told_of(self.snapshot))
        self._feed(gauge, reading)
        if reading.facts != before:
            self.post_message(self.LogFactsChanged(reading.facts))
        self.draw_chart()
        self._say_title()
        if message.asked.cells != self._cells():
            self.ask()  # it was read for another width

    @property
    def _reckons(self) -> bool:
        """Whether analysis or watch are at work: two at a time would only take the keys' turns."""
        return not self._at_work.isdisjoint({"log-analysis", "log-watch"})

    def _feed(self, gauge: Gauge, reading: Reading) -> None:
        """Give the spike watch what has come in since it last looked."""
        ready = reading.latest is not None and nearly_complete(reading.progress)
        if ready and not self._reckons and gauge.watch.due(reading.latest or 0.0):
            self._at_work.add("log-watch")
            self._watch(gauge, reading.latest or 0.0)

    @work(thread=True, group="log-watch", exit_on_error=False, description="Watch the log")
    def _watch(self, gauge: Gauge, latest: float) -> None:
        gauge.watch.feed(latest)
        self.post_message(self._Watched(gauge.log))

    def on_log_pane_core__watched(self, message: _Watched) -> None:
        """Show what the watch says now."""
        self._at_work.discard("log-watch")
        if message.log is self.feed:
            self.ask()

    @work(thread=True, group="log-analysis", exit_on_error=False, description="Analyse the log")
    def _analyse(self, gauge: Gauge, changes: Sequence[ChangeRecorded]) -> None:
        from warroom.room.changes import declared  # noqa: PLC0415 - numpy, when asked

        self.post_message(self.ReportReady(gauge.analyse(declared(changes))))

    def on_log_pane_core_report_ready(self, message: ReportReady) -> None:
        """Draw what the analysis found; the message goes on to the screen."""
        if message.report.question != PLAIN:
            return
        self._at_work.discard("log-analysis")
        if message.report.log is self.feed:
            self.ask()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A reader that failed says so once; the lines go on."""
        if event.state is WorkerState.ERROR and event.worker.group.startswith("log-"):
            self._at_work.discard(event.worker.group)
            self.post_message(
                Notice(f"{event.worker.description} failed: {event.worker.error}", "warn", "✗")
            )

    def draw_chart(self) -> None:
        """Draw the chart from what is known now."""
        entry = None if self.view.following else self.view.entries.get(self.view.cursor)
        current = None if self.snapshot is None else self.snapshot.current
        self.chart.state = ChartState(
            bars=None if self.reading is None else self.reading.bars,
            facts=self.facts,
            marks=marks(current, self.facts, self._gauges[id(self.feed)].report),
            cursor=None if entry is None else entry.at,
            edge=self._edge(),
            nothing=self._no_chart(),
        )

    def _edge(self) -> str:
        if self._until() is not None:
            return ""
        ended = self.snapshot is not None and self.facts.ended(self.snapshot.now) is not None
        return "last" if ended else "now"

    def _no_chart(self) -> str:
        reading = self.reading
        if reading is None or reading.latest is not None or not reading.progress.complete:
            return ""
        return "no line of this log has a time" if reading.progress.entries else ""

    def watch_snapshot(self, _: Snapshot | None, new: Snapshot | None) -> None:
        """Draw what the incident adds: marks on the axis, pinned lines."""
        current = None if new is None else new.current
        pins = Pins([pin.excerpt for _, pin in current.evidence] if current is not None else ())
        if new is not None:
            self.show_pins(pins)
        self.draw_chart()
        self._say_title()

    def show_pins(self, pins: Pins) -> None:
        """Mark the lines that are evidence."""
        if pins.key != self._pins.key:
            self._pins = pins
            self.view.pinned = pins
            self.view.redraw()
            self.show_entry()

    # -- the log grows, the reader moves

    def on_log_surface_grew(self) -> None:
        """Count what came in, and let the finders look at it."""
        newer = self.feed.end > self._seen_end  # the index grows at the head too: that is no life
        if newer and self.pulse.grew(self._monotonic()):
            self.post_message(Notice(f"{self.feed.label} logs again", "ok", "●"))
        self._seen_end = self.feed.end
        self._say_status()
        self.show_entry()

    def on_log_view_moved(self, message: LogView.Moved) -> None:
        """Tell the other panes at which time the reader is."""
        at = None if message.entry is None else message.entry.at
        if message.by_reader and not message.following and at is not None:
            self.post_message(TimeCursorMoved(at))

    def _follow_cursor(self, following: bool) -> None:
        """Draw everything that shows the cursor."""
        if following:
            self._held = (0, 0, 0)
        elif self._held == (0, 0, 0):
            self._held = (self.feed.end, self.feed.end - 1, 0)
        self._say_status()
        self.show_entry()
        self.tell_bar()
        self.draw_chart()

    def _tick(self) -> None:
        now = self._monotonic()
        if self.pulse.fell_silent(now):
            said = f"no line from {self.feed.label} for {self.pulse.quiet(now):.0f} s"
            self.post_message(Notice(f"{said}. Silence is not recovery.", "warn"))
        self._say_status()
        self.ask()

    def _say_status(self) -> None:
        if isinstance(self.feed, NoLog):
            self.status = ("", "mute")  # there is nothing to follow
        elif self.pulse.silent:
            quiet = int(self.pulse.quiet(self._monotonic()))
            self.status = (f"no line for {quiet // 60}:{quiet % 60:02}", "warn")
        elif self.view.following:
            self.status = ("FOLLOW", "ok")
        else:
            self.status = (self._held_words(), "accent")
        self._say_title()

    def _held_words(self) -> str:
        end, looked, failed = self._held
        row: int | None = looked
        for _ in range(_MOST_HOPS):
            row = self.feed.next_failed(row) if row is not None else None
            if row is None:
                break
            looked, failed = row, failed + 1
        self._held = (end, looked, failed)
        new = max(self.feed.end - end, 0)
        bad = f", {grouped(failed)} 5xx" if failed else ""
        return f"HELD {grouped(new)} new{bad}" if new else "HELD"

    def _say_title(self) -> None:
        others = len(self.logs) - 1
        detail = self.feed.label
        detail += f" +{others} source{'s' if others > 1 else ''}" if others else ""
        progress = None if self.reading is None else self.reading.progress
        if progress is not None and not nearly_complete(progress):
            detail += f" · indexing {100 * progress.indexed_bytes // progress.total_bytes} %"
        else:
            room = self.size.width - len(self.status[0]) - _TITLE_REST
            current = None if self.snapshot is None else self.snapshot.current
            detail = fitting(detail, list(title_parts(self.facts, current)), room)
        self.title_line.detail = detail
        self.title_line.fact = self.status

    def show_entry(self) -> None:
        """Show the entry under the cursor in full; while lines pass by, the newest failure."""
        if not self.detail.display:
            return
        row: int | None = self.view.cursor
        if self.view.following and not self.opened:
            row = self.feed.next_failed(self.feed.end, backwards=True)
        entry = None if row is None else self.view.entries.get(row)
        newest = row is not None and self.view.following and not self.opened
        name = "Newest 5xx" if newest else "Entry"
        row = self.view.cursor if row is None else row
        self.detail.show(entry, name=name, pinned=entry is not None and self._pins(entry))

    def tell_bar(self) -> None:
        """Say what is filtered and searched."""
        self.bar.tell(*self.sought.pieces(self.view.cursor))
