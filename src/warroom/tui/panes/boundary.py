"""The boundary: what the failures share, what shows it, what does not fit, and what was said."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from warroom.logs.protocol import Log
from warroom.tui.messages import ActionRequested, Notice, PinRequested, TimeCursorMoved
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.boundary_beside import text_rows
from warroom.tui.panes.boundary_rows import (
    Shown,
    build,
    exclusion,
    filter_text,
    outcome_term,
    read_lines,
)
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.evidence import excerpts
from warroom.tui.widgets.log_gauge import Report
from warroom.tui.widgets.log_query import grouped
from warroom.tui.widgets.log_question import PLAIN, Question
from warroom.tui.widgets.rowlist import Row, RowList

if TYPE_CHECKING:
    from warroom.logs.analysis.answer import Finding, Part

_LEAST_STEP = 10.0
_STEPS = 20
"""Key presses that move an edge of the window by its own length."""


class BoundaryTab(Tab):
    """Draws the last report of the log pane; a report reaches it by `set_report`."""

    NAME: ClassVar[str] = "Boundary"
    SHORT: ClassVar[str] = "Bnd"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "exclude", "exclude", show=False, id="boundary.exclude"),
        Binding("h", "suspect", "hypothesis", show=False, id="boundary.hypothesis"),
        Binding("P", "pin", "pin", show=False, id="boundary.pin"),
        Binding("minus", "drop", "drop the field", show=False, id="boundary.drop"),
        Binding("plus", "take_back", "take it back", show=False, id="boundary.take_back"),
        Binding("equals_sign", "only", "only within it", show=False, id="boundary.only"),
        Binding(
            "left_square_bracket", "move(0, -1)", "start earlier", show=False, id="boundary.wider"
        ),
        Binding(
            "right_square_bracket", "move(0, 1)", "start later", show=False, id="boundary.later"
        ),
        Binding(
            "left_curly_bracket", "move(1, -1)", "end earlier", show=False, id="boundary.shorter"
        ),
        Binding("right_curly_bracket", "move(1, 1)", "end later", show=False, id="boundary.longer"),
        Binding("0", "whole", "the whole log", show=False, id="boundary.whole"),
        Binding("o", "outcome", "next outcome", show=False, id="boundary.outcome"),
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

    @dataclass
    class Questioned(Message):
        """The log is to be asked something else."""

        log: Log
        question: Question

    @dataclass
    class KeepAsked(Message):
        """Onset and boundary are to stand in the timeline."""

        finding: "Finding"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette)
        self.shown: Shown | None = None
        self.question = PLAIN
        """What was asked last; its answer may still be on its way."""
        self._kind = ""
        self.has_log = True
        """Whether a log is open that could be read."""

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def on_mount(self) -> None:
        """Draw what is known."""
        self.rows.fill(self._build)

    def _build(self, width: int) -> list[Row]:
        if self.shown is None and not self.has_log:
            words = "No log is open, so nothing can be said. warroom --log FILE opens one."
            return text_rows([(words, "mute")], width)
        return build(self.shown, width)

    async def set_report(self, report: Report) -> None:
        """Draw a new report; the cursor stays on its row.

        While the reader asks something narrower, a new answer about the whole log only means
        that there is news: the narrower question is asked again.
        """
        if report.question != self.question:
            if report.question == PLAIN:
                self.post_message(self.Questioned(report.log, self.question))
            return
        self.shown = await asyncio.to_thread(read_lines, report, self._kind)
        self.rows.fill(self._build)

    def show(self, snapshot: Snapshot) -> None:
        """The boundary comes from the log, not from the incident."""

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say how long it took and on how much."""
        del snapshot
        if self.shown is None:
            return ("", "mute")
        report = self.shown.report
        if report.question != self.question:
            return ("asking the log again", "pend")
        sampled = ", sampled" if report.findings.sampled else ""
        took = f"{report.seconds:.1f} s" if report.seconds >= 0.05 else "<0.1 s"
        return (f"{took} on {grouped(report.requests)} lines{sampled}", "mute")

    def hints(self) -> list[Hint]:
        """The keys of the row under the cursor."""
        if self.shown is None:
            return [Hint("← →", "tabs")]
        kind = self.rows.cursor.partition(" ")[0]
        found = {
            "line": [
                Hint("enter", "show the line"),
                deed("P", "pin"),
                deed("h", "hypothesis"),
            ],
            "group": [Hint("enter", "show the first one"), deed("h", "hypothesis")],
            "change": [Hint("enter", "show the time"), deed("h", "hypothesis")],
            "part": [
                Hint("enter", "filter the log to it"),
                Hint("x", "exclude"),
                Hint("-", "drop the field"),
                Hint("=", "only within it"),
                deed("h", "hypothesis"),
            ],
        }.get(
            kind,
            [deed("P", "into the timeline"), deed("h", "hypothesis")],
        )
        if self.question != PLAIN:
            found.insert(0, Hint("0", "the whole log"))
        if self.question.without:
            found.append(Hint("+", "take it back"))
        findings = self.shown.report.findings.findings
        more = [Hint("o", "next outcome")] if len(findings) > 1 else []
        return [*found, *more, Hint("[ ] { }", "move the window")]

    @property
    def main(self) -> "Finding | None":
        """The finding that is shown."""
        return None if self.shown is None else self.shown.main

    def _number(self, kind: str) -> int | None:
        """The number of the row under the cursor, if it is of this kind."""
        found, _, number = self.rows.cursor.partition(" ")
        return int(number) if found == kind else None

    def _part(self) -> "Part | None":
        """The slice under the cursor; the first one from the sentence."""
        parts = self.shown.parts if self.shown is not None else ()
        number = self._number("part")
        number = self._number("said") if number is None else number
        return parts[number] if number is not None and number < len(parts) else None

    def _row(self) -> int | None:
        """The row of the log under the cursor: a line, or the first of its group."""
        number = self._number("group")
        if number is not None and self.shown is not None:
            return self.shown.report.findings.groups[number].row
        return self._number("line")

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Filter the log to a slice, show a line in it, or the time of a change."""
        event.stop()
        if self.shown is None:
            return
        row, change = self._row(), self._number("change")
        if row is not None:
            self.post_message(self.RowAsked(self.shown.report.log, row))
            return
        if change is not None:
            at = self.shown.report.findings.changes[change].change.at
            self.post_message(TimeCursorMoved(at))
            return
        part = self._part()
        text = filter_text(part) if part is not None else ""
        if text:
            self._filter(text)
        else:
            self.post_message(Notice("this cannot be told from a single line", "text"))

    def _filter(self, text: str) -> None:
        term = outcome_term(self.main.kind) if self.main is not None else ""
        self.post_message(self.FilterAsked(f"{term} {text}".strip()))

    def action_exclude(self) -> None:
        """Show the failures outside the slice."""
        part = self._part()
        text = exclusion(part) if part is not None else ""
        if text:
            self._filter(text)
        elif part is not None:
            self.post_message(Notice("this cannot be told from a single line", "text"))

    def action_suspect(self) -> None:
        """Make what is under the cursor a hypothesis: a slice, a change, a message."""
        if self.shown is None:
            return
        findings, part = self.shown.report.findings, self._part()
        change, group = self._number("change"), self._number("group")
        if change is not None:
            said = findings.changes[change].change.text
        elif group is not None:
            said = findings.groups[group].template
        elif part is not None:
            said = part.sentence
        else:
            main = self.main
            said = main.boundary[0].sentence if main is not None and main.boundary else ""
        self.post_message(ActionRequested("hypothesis", argument=said))

    def action_pin(self) -> None:
        """Keep the line under the cursor as evidence; elsewhere onset and boundary themselves."""
        row = self._number("line")
        if row is None or self.shown is None:
            if self.main is not None:
                self.post_message(self.KeepAsked(self.main))
            return
        entries = [one for one in (*self.shown.shows, *self.shown.misfits) if one.row == row]
        for excerpt in excerpts(entries[:1]):
            self.post_message(PinRequested(excerpt))

    # -- asking something else

    def _ask(self, question: Question) -> None:
        if self.shown is None or question == self.question:
            return
        self.question = question
        self.post_message(self.Questioned(self.shown.report.log, question))

    def action_drop(self) -> None:
        """Ask again without the field under the cursor."""
        part = self._part()
        if part is not None and part.fields:
            question = self.question
            for name, _ in part.fields if len(part.fields) == 1 else part.fields[-1:]:
                question = question.dropping(name)
            self._ask(question)

    def action_take_back(self) -> None:
        """Let the field that was dropped last be named again."""
        self._ask(self.question.taking_back())

    def action_only(self) -> None:
        """Ask about the requests of the slice under the cursor only."""
        part = self._part()
        if part is not None and part.fields:
            self._ask(self.question.within(part.fields))

    def action_whole(self) -> None:
        """Ask the whole log again."""
        self._kind = ""
        self._ask(PLAIN)

    def action_move(self, edge: int, way: int) -> None:
        """Move the start (0) or the end (1) of the window."""
        main = self.main
        bars = None if self.shown is None else self.shown.report.findings.histogram
        if main is None or bars is None:
            return
        last = bars.start + bars.width * len(bars.total)
        span = (main.onset.at, last if main.end is None else main.end.at)
        low, high = self.question.window or span
        step = max(_LEAST_STEP, round((high - low) / _STEPS))
        self._ask(self.question.moved(span, edge, way * step))

    async def action_outcome(self) -> None:
        """Look at the next outcome that left the ordinary."""
        if self.shown is None or self.main is None:
            return
        kinds = [one.kind for one in self.shown.report.findings.findings]
        self._kind = kinds[(kinds.index(self.main.kind) + 1) % len(kinds)]
        self.shown = await asyncio.to_thread(read_lines, self.shown.report, self._kind)
        self.rows.fill(self._build)
