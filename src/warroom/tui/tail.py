"""`warroom tail`: the log pane on its own, for an engineer who watches a log beside the room."""

import asyncio
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.filter import LineFilter
from textual.reactive import reactive
from textual.worker import get_current_worker

from warroom.core.events import Excerpt
from warroom.core.text import clean_line
from warroom.logs.protocol import Log
from warroom.tui.draw import Line, cut
from warroom.tui.filters import Shortfall
from warroom.tui.garbage import spare_keys
from warroom.tui.keymap import gather
from warroom.tui.log_memory import LogMemory
from warroom.tui.messages import ActionRequested, Notice, PinRequested
from warroom.tui.panes.base import Hint
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.logs import LogsPane
from warroom.tui.screens.help import HelpScreen
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.typeahead import TypeAhead
from warroom.tui.typed import CarefulDriver
from warroom.tui.widgets.bar import Bar
from warroom.tui.widgets.evidence import Pins
from warroom.tui.widgets.footer import Footer
from warroom.tui.widgets.log_filter import FilterError
from warroom.tui.widgets.log_line import clock
from warroom.tui.widgets.log_view import LogView
from warroom.tui.widgets.notice import NoticeRow, Said

_WAR_ROOM = frozenset(["into the timeline", "hypothesis", "tabs"])
"""What keys of the boundary lead to where an incident is open: named here they would be untrue."""
_ALONE = 3.0
"""Seconds that reading the logs has the processor for itself at most, before the store opens."""
_LOOK = 0.05
"""Seconds between two looks whether the index is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPlace:
    """The incident that takes the pins of this console."""

    incident: str
    priority: str
    """P1, P2 or P3."""
    actor: str
    """Under whose name they are kept."""
    keep: Callable[[Excerpt], str]
    """Keeps one, in a thread; returns an empty text, or why it was refused."""
    evidence: Sequence[Excerpt] = ()
    """What is pinned already."""
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class TailServices:
    """What the tail console is given."""

    logs: Sequence[Log]
    palette: Palette
    open_place: Callable[[], PinPlace | None] = lambda: None
    """Called once, in a thread, after the first frame; None: no incident takes pins.

    Whatever it raises is shown; the log stays usable.
    """
    ascii_glyphs: bool = False
    log_memory: LogMemory = field(default_factory=LogMemory)
    """Named filters, and what was typed before."""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


class TailHeader(Bar):
    """Which log, and where a pin would go: nobody must wonder whether the room sees a key."""

    source: reactive[str] = reactive("")
    place: reactive[PinPlace | None] = reactive(None)
    absent: reactive[str] = reactive("looking for the incident")
    """Why no incident takes pins."""
    status: reactive[tuple[str, str]] = reactive(("", "mute"))
    clock: reactive[str] = reactive("")

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        del snapshot
        right = Line(self.palette, "bg1")
        said, token = self.status
        right.put(f"{cut(said, 30)}  ", token, bold=True).put(f"{self.clock} ", "mute")
        line = Line(self.palette, "bg1").put(" tail ", "accent", fill=True).put(" ")
        where = Line(self.palette, "bg1").put("   ")
        if self.place is None:
            where.say(self.absent, "mute", 60)
        else:
            priority = self.place.priority
            where.put("pins go to ", "soft").say(priority, priority.lower(), 2, bold=True)
            where.say(f" {self.place.incident}", "text", 20).put(" as ", "soft")
            where.say(self.place.actor, "text", 24)
        room = width - line.width - where.width - right.width - 1
        line.say(self.source, "text", max(room, 8), bold=True)
        if line.width + where.width + right.width <= width:
            line.add(where.segments)
        return line.to(width - right.width).add(right.segments)


class TailApp(App[int]):
    """The log pane without the furniture of an incident."""

    TITLE = "warroom tail"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: $wr-bg0; color: $wr-text; }
    ModalScreen { background: $wr-bg0 62%; align: center middle; }
    LogsPane { height: 1fr; }
    BoundaryTab { height: 1fr; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "leave", id="tail.leave"),
        Binding("ctrl+c", "copy", "copy", show=False, system=True, id="tail.copy"),
        Binding("ctrl+q", "leave", "leave", show=False, priority=True, id="tail.quit"),
        Binding("b", "boundary", "boundary", show=False, id="tail.boundary"),
        Binding("escape", "close_boundary", "back", show=False, id="tail.back"),
        Binding("question_mark,f1", "help", "help", show=False, id="tail.help"),
    ]

    def __init__(self, services: TailServices) -> None:
        self.services = services
        self.shortfall = Shortfall(ascii_glyphs=services.ascii_glyphs)
        self.palette = services.palette
        super().__init__(driver_class=CarefulDriver)
        self.ahead = TypeAhead(self, super().on_event)
        self.register_theme(self.palette.to_textual())
        self.theme = self.palette.name
        self.header = TailHeader(self.palette)
        self.pane = LogsPane(self.palette, services.logs, titled=False, memory=services.log_memory)
        self.boundary = BoundaryTab(self.palette)
        self.notices = NoticeRow(self.palette)
        self.footer = Footer(self.palette)
        self._kept: list[Excerpt] = []
        self._offered = 0.0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Every token exists, whatever the theme."""
        return {f"wr-{token}": colour for token, colour in self.palette.colours.items()}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What the terminal cannot show is replaced last."""
        return self.shortfall.filters(self, self.palette) or super().get_line_filters()

    def compose(self) -> ComposeResult:
        """Yield header, log, boundary, notice and footer."""
        yield self.header
        yield self.pane
        yield self.boundary
        yield self.notices
        yield self.footer

    async def on_event(self, event: events.Event) -> None:
        """Let keys wait their turn; a key that comes back from a widget goes on as ever."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self.ahead.take(event)
        else:
            await super().on_event(event)

    async def on_load(self) -> None:
        """End cleanly on a signal: the terminal is left as it was found."""
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        spare_keys(loop)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, partial(self.exit, None, 128 + number))

    def on_mount(self) -> None:
        """Show the tail; look for the incident afterwards."""
        self.footer.lasting = (Hint("?", "help"), Hint("q", "leave"))
        self.watch(self.pane, "status", self._say_status)
        self.pane.take_focus()
        self.call_after_refresh(self._open_place)
        self.set_interval(1.0, self._tick)
        self._tick()

    def _tick(self) -> None:
        self.header.source = self.pane.feed.label.replace("  ", " + ")
        self.header.clock = f"{self.services.now():%H:%M:%S}"
        self._dress()

    def _say_status(self, status: tuple[str, str]) -> None:
        self.header.status = status
        self._dress()

    def _dress(self) -> None:
        if self.boundary.display:
            hints = [hint for hint in self.boundary.hints() if hint.verb not in _WAR_ROOM]
            hints.append(Hint("esc", "back to the log"))
        else:
            hints = [hint for hint in self.pane.hints() if hint.key != "z"]
        self.footer.hints = tuple(hints)
        self.notices.typing = bool(self.pane.bar.purpose)

    def say(self, text: str, tone: str = "text", mark: str = "▪", keys: str = "") -> None:
        """Say something in the notice row, with the keys it leads to."""
        self.notices.tell(Said(self.services.now(), text, tone, mark, keys))

    # -- the incident that takes the pins

    @work(thread=True, group="place", exit_on_error=False, description="Open the incident")
    def _open_place(self) -> None:
        self._let_logs_be_read()
        try:
            place = self.services.open_place()
        except Exception as error:  # noqa: BLE001 - any store's failure must leave the log usable
            self.call_from_thread(self._placed, None, f"pins go nowhere: {error}")
        else:
            said = "pins go nowhere: no incident is open"
            self.call_from_thread(self._placed, place, said)

    def _let_logs_be_read(self) -> None:
        """Wait for the index: beside it and all that a store imports, keys would have a third."""
        worker, until = get_current_worker(), time.monotonic() + _ALONE
        while time.monotonic() < until and not worker.is_cancelled:
            if all(log.progress().complete for log in self.services.logs):
                return
            time.sleep(_LOOK)

    def _placed(self, place: PinPlace | None, absent: str) -> None:
        self.header.absent = absent
        self.header.place = place
        if place is not None:
            self._kept = list(place.evidence)
            self.pane.show_pins(Pins(self._kept))

    def on_pin_requested(self, message: PinRequested) -> None:
        """Keep a line in the incident, or say why not."""
        message.stop()
        if self.header.place is None:
            self.say(f"not pinned: {self.header.absent}", "warn")
        else:
            self._pin(self.header.place, message.excerpt)

    @work(thread=True, group="pin", exit_on_error=False, description="Pin a line")
    def _pin(self, place: PinPlace, excerpt: Excerpt) -> None:
        try:
            refused = place.keep(excerpt)
        except Exception as error:  # noqa: BLE001 - see _open_place
            refused = str(error)
        self.call_from_thread(self._pinned, place, excerpt, refused)

    def _pinned(self, place: PinPlace, excerpt: Excerpt, refused: str) -> None:
        if refused:
            self.say(f"not pinned: {refused}", "warn", "✗")
            return
        self._kept.append(excerpt)
        self.pane.show_pins(Pins(self._kept))
        lines = "1 line" if excerpt.lines == 1 else f"{excerpt.lines} lines"
        self.say(f"{lines} pinned to {place.incident} as {place.actor}", "accent", "◇")

    # -- what the pane posts

    def on_notice(self, message: Notice) -> None:
        """Show a notice."""
        self.say(message.text, message.tone, message.mark)

    def on_action_requested(self, message: ActionRequested) -> None:
        """Only the boundary is here; the rest belongs to the war room."""
        if message.action == "boundary":
            self.action_boundary()
        elif message.action == "watch":
            until = self.pane.snooze_watch()
            said = f"snoozed until {clock(until)[:5]}" if until else "on"
            self.say(f"the watch is {said}; {self.pane.facts.watch.sees}")
        else:
            said = f"{message.action} is in the war room: warroom --log FILE opens it on this log"
            self.say(said, "text")

    @on(LogsPane.LogFactsChanged)
    def _measured(self, message: LogsPane.LogFactsChanged) -> None:
        watch = message.facts.watch
        if watch.sentence and watch.offered != self._offered:
            said = "b who is hit, W snoozes"
            self.say(watch.sentence, "s5", "▲", said)
        self._offered = watch.offered
        self._dress()

    @on(LogsPane.ReportReady)
    async def _reported(self, message: LogsPane.ReportReady) -> None:
        await self.boundary.set_report(message.report)

    @on(BoundaryTab.Questioned)
    def _questioned(self, message: BoundaryTab.Questioned) -> None:
        self.pane.question(message.log, message.question)

    @on(BoundaryTab.KeepAsked)
    def _keep_asked(self) -> None:
        self.say("the timeline is in the war room, not here", "text")

    @on(BoundaryTab.FilterAsked)
    def _filter(self, message: BoundaryTab.FilterAsked) -> None:
        self.action_close_boundary()
        try:
            self.pane.set_filter(message.text)
        except FilterError as error:
            self.say(str(error), "warn")

    @on(BoundaryTab.RowAsked)
    def _row(self, message: BoundaryTab.RowAsked) -> None:
        self.action_close_boundary()
        self.pane.show_row(message.log, message.row)

    def action_boundary(self) -> None:
        """Show what the failures share, or the log again."""
        self.boundary.display = not self.boundary.display
        self.pane.display = not self.boundary.display
        (self.boundary if self.boundary.display else self.pane).take_focus()
        self._dress()

    def action_close_boundary(self) -> None:
        """Show the log again."""
        if self.boundary.display:
            self.action_boundary()

    def action_help(self) -> None:
        """List the keys."""
        scopes: dict[str, type[DOMNode]] = {
            "log": LogsPane,
            "lines": LogView,
            "boundary": BoundaryTab,
            "tail": TailApp,
        }
        place = "Boundary" if self.boundary.display else "Logs"
        self.push_screen(HelpScreen(place, gather(scopes), {}))

    def action_copy(self) -> None:
        """Copy what is selected; the key never ends the tail."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
        else:
            self.say("Nothing is selected to copy. q leaves.")

    def action_leave(self) -> None:
        """Leave."""
        if self.header.place is not None:
            self.header.place.close()
        self.exit(0)

    def _fatal_error(self) -> None:
        """Say what broke without what was in it: locals may hold secrets or log lines."""
        error = sys.exc_info()[1]
        text = "" if error is None else "".join(traceback.format_exception(error))
        said = f"warroom tail stopped because of an error in itself: {clean_line(repr(error), 300)}"
        self._exit_renderables.append(Text(f"{said}\n{text}"))
        self._close_messages_no_wait()


def run_tail(services: TailServices) -> int:
    """Show logs until the reader leaves; returns the exit status (128 + n after a signal)."""
    app = TailApp(services)
    app.run()
    return app.return_code or 0
