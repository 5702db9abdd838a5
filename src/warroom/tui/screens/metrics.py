"""The metrics on a screen of their own: a span of time, beside the one before it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize

from warroom.core.state import Incident
from warroom.core.trends import Trends, trends
from warroom.core.words import Priority
from warroom.tui.metrics_lines import came_back_lines, kept_lines, time_lines, when_lines
from warroom.tui.screens.dialog import Asked
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, hints, line, spread
from warroom.tui.widgets.sheet import Sheet

_SPANS = (7, 30, 90, 365)
"""Days that can be looked at."""
_WIDE = 110


class MetricsScreen(Asked[None]):
    """Shows how long things take and what recurs; nothing in it can be changed."""

    CSS = """
    MetricsScreen { background: $wr-bg0; align: left top; }
    MetricsScreen #head, MetricsScreen #foot { height: auto; background: $wr-bg1; }
    MetricsScreen VerticalScroll { height: 1fr; width: 1fr; background: $wr-bg0; }
    MetricsScreen Horizontal { height: auto; padding: 1 1 0 1; }
    MetricsScreen Horizontal.-narrow { layout: vertical; }
    MetricsScreen .side { width: 2fr; height: auto; padding: 0 1; }
    MetricsScreen .main { width: 3fr; height: auto; padding: 0 1; }
    MetricsScreen Horizontal.-narrow Vertical { width: 1fr; }
    MetricsScreen .main Sheet, MetricsScreen .side Sheet { margin: 0 0 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,M", "leave", "back", id="metrics.leave"),
        Binding("left_square_bracket", "span(-1)", "shorter", id="metrics.shorter"),
        Binding("right_square_bracket", "span(1)", "longer", id="metrics.longer"),
        Binding("p", "priority", "priority", id="metrics.priority"),
        Binding("s", "service", "service", id="metrics.service"),
    ]

    def __init__(self, palette: Palette, incidents: Sequence[Incident], now: datetime) -> None:
        super().__init__()
        self.palette = palette
        self._incidents = incidents
        self._now = now
        self._days = 90
        self._priority: Priority | None = None
        self._service = ""
        self._found: Trends | None = None
        self._sheets = {
            "times": Sheet(palette, lambda width: self._drawn(time_lines, width)),
            "kept": Sheet(palette, lambda width: self._drawn(kept_lines, width)),
            "back": Sheet(palette, lambda width: self._drawn(came_back_lines, width)),
            "when": Sheet(palette, lambda width: self._drawn(when_lines, width)),
        }
        self._head = Sheet(palette, self._head_lines, on="bg1", id="head")
        self._foot = Sheet(palette, self._foot_lines, on="bg1", id="foot")

    def compose(self) -> ComposeResult:
        """Head, the measures in two columns, keys."""
        yield self._head
        with VerticalScroll(), Horizontal(id="columns"):
            with Vertical(classes="main"):
                yield self._sheets["times"]
                yield self._sheets["back"]
            with Vertical(classes="side"):
                yield self._sheets["kept"]
                yield self._sheets["when"]
        yield self._foot

    def on_mount(self) -> None:
        """Count beside the event loop."""
        self.count()

    def on_resize(self, event: Resize) -> None:
        """One column where there is no room for two."""
        self.query_one("#columns").set_class(event.size.width < _WIDE, "-narrow")

    def action_span(self, by: int) -> None:
        """Look at a shorter or a longer span."""
        place = max(0, min(_SPANS.index(self._days) + by, len(_SPANS) - 1))
        self._days = _SPANS[place]
        self.count()

    def action_priority(self) -> None:
        """Look at one priority, then the next, then at all."""
        order: list[Priority | None] = [None, *Priority]
        self._priority = order[(order.index(self._priority) + 1) % len(order)]
        self.count()

    def action_service(self) -> None:
        """Look at one service, then the next, then at all."""
        order = ["", *sorted({one.service for one in self._incidents if one.service})]
        self._service = order[(order.index(self._service) + 1) % len(order)]
        self.count()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    @work(exclusive=True, exit_on_error=False, group="metrics", description="Counting")
    async def count(self) -> None:
        """Count what is chosen; many incidents take a while."""
        chosen = [
            one
            for one in self._incidents
            if self._priority in (None, one.priority) and self._service in ("", one.service)
        ]
        span = timedelta(days=self._days)
        self._found = await asyncio.to_thread(trends, chosen, self._now, span)
        for sheet in (self._head, *self._sheets.values(), self._foot):
            sheet.redraw()

    def _drawn(self, draw: Callable[[Trends, int], list[Line]], width: int) -> list[Line]:
        return draw(self._found, width) if self._found is not None else []

    def _head_lines(self, width: int) -> list[Line]:
        found = self._found
        counted = "counting" if found is None else f"{found.now.incidents} incidents"
        first = line(Piece(" Metrics ", "accent", True, fill=True), Piece(f"  {counted}", "text"))
        if found is not None:
            tops = ", ".join(f"{count} {name}" for name, count in found.now.priorities.items())
            words = f"  {tops} · {found.now.open} open" if tops else ""
            first = (*first, Piece(words, "mute"))
        second = line(
            Piece(" span ", "mute"),
            Piece("[ ", "accent", True),
            Piece(f"{self._days} days", "text"),
            Piece(" ]", "accent", True),
            Piece("   priority ", "mute"),
            Piece(self._priority or "all", "text"),
            Piece("   service ", "mute"),
            Piece(self._service or "all", "text"),
        )
        return [first, spread(second, line(Piece("beside the span before ", "mute")), width)]

    def _foot_lines(self, width: int) -> list[Line]:
        keys = (
            ("[ ]", "span"),
            ("p", "priority"),
            ("s", "service"),
            ("esc", "back"),
            ("↑ ↓", "scroll"),
        )
        shell = line(Piece("warroom metrics --json ", "mute"))
        return [spread((Piece(" "), *hints(keys, max(width - 26, 10))), shell, width)]
