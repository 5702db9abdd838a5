"""The boundary: what the failures share, what shows it, and what does not fit."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from warroom.logs.protocol import Log
from warroom.tui.messages import ActionRequested, Notice, PinRequested
from warroom.tui.panes.base import Hint
from warroom.tui.panes.boundary_rows import Shown, build, filter_text, read_lines
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.evidence import excerpts
from warroom.tui.widgets.log_gauge import Report
from warroom.tui.widgets.log_query import grouped
from warroom.tui.widgets.rowlist import Row, RowList


class BoundaryTab(Tab):
    """Draws the last report of the log pane; a report reaches it by `set_report`."""

    NAME: ClassVar[str] = "Boundary"
    SHORT: ClassVar[str] = "Bnd"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "exclude", "exclude", show=False, id="boundary.exclude"),
        Binding("h", "suspect", "hypothesis", show=False, id="boundary.hypothesis"),
        Binding("P", "pin", "pin", show=False, id="boundary.pin"),
    ]

    @dataclass
    class FilterAsked(Message):
        """The log is to show only what passes this filter."""

        text: str

    @dataclass
    class RowAsked(Message):
        """The log is to show this row."""

        log: Log
        row: int

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette)
        self.shown: Shown | None = None

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def on_mount(self) -> None:
        """Draw what is known."""
        self.rows.fill(self._build)

    def _build(self, width: int) -> list[Row]:
        return build(self.shown, width)

    async def set_report(self, report: Report) -> None:
        """Draw a new report; the cursor stays on its row."""
        self.shown = await asyncio.to_thread(read_lines, report)
        self.rows.fill(self._build)

    def show(self, snapshot: Snapshot) -> None:
        """The boundary comes from the log, not from the incident."""

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say how long it took and on how much."""
        del snapshot
        if self.shown is None:
            return ("", "mute")
        report = self.shown.report
        return (f"{report.seconds:.2f} s on {grouped(report.requests)} lines", "mute")

    def hints(self) -> list[Hint]:
        """The keys of the row under the cursor."""
        if self._row() is not None:
            return [Hint("enter", "show the line"), Hint("P", "pin"), Hint("h", "hypothesis")]
        return [
            Hint("enter", "filter the log to it"),
            Hint("x", "exclude"),
            Hint("h", "hypothesis"),
        ]

    def _part(self) -> str:
        """The filter of the slice under the cursor, empty for none."""
        kind, _, number = self.rows.cursor.partition(" ")
        parts = self.shown.parts if self.shown is not None else ()
        if kind != "part" or int(number) >= len(parts):
            return ""
        return filter_text(parts[int(number)])

    def _row(self) -> int | None:
        """The row of the log line under the cursor."""
        kind, _, number = self.rows.cursor.partition(" ")
        return int(number) if kind == "line" else None

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Filter the log to a slice, or show a line in it."""
        event.stop()
        row = self._row()
        if row is not None and self.shown is not None:
            self.post_message(self.RowAsked(self.shown.report.log, row))
            return
        text = self._part()
        if text:
            self.post_message(self.FilterAsked(f"5xx {text}"))
        else:
            self.post_message(Notice("this cannot be told from a single line", "text"))

    def action_exclude(self) -> None:
        """Show the failures outside the slice."""
        text = self._part()
        if text and " " not in text:
            self.post_message(self.FilterAsked(f"5xx -{text}"))
        elif text:
            said = "a pair cannot be excluded as a whole: exclude one of its two rows"
            self.post_message(Notice(said, "text"))

    def action_suspect(self) -> None:
        """Make the boundary a hypothesis."""
        main = None if self.shown is None else self.shown.report.findings.main
        said = main.boundary[0].sentence if main is not None and main.boundary else ""
        self.post_message(ActionRequested("hypothesis", argument=said))

    def action_pin(self) -> None:
        """Keep the line under the cursor as evidence."""
        row = self._row()
        if row is None or self.shown is None:
            return
        entries = [one for one in (*self.shown.shows, *self.shown.misfits) if one.row == row]
        for excerpt in excerpts(entries[:1]):
            self.post_message(PinRequested(excerpt))
