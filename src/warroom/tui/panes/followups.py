"""The follow-ups: what is left to do after the incident, by whom and until when."""

from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.core import events as e
from warroom.core.words import FollowUpKind, FollowUpState
from warroom.tui.messages import ActionRequested
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.measure import owed
from warroom.tui.widgets.pieces import Line, Piece, cells_of, fit, line, spread
from warroom.tui.widgets.rowlist import Row, RowList

KIND_WORDS = {
    FollowUpKind.ROOT_CAUSE: "root cause",
    FollowUpKind.MONITORING: "monitoring",
    FollowUpKind.TEST: "test",
    FollowUpKind.RUNBOOK: "runbook",
    FollowUpKind.ARCHITECTURE: "architecture",
    FollowUpKind.PROCESS: "process",
}
"""How a kind of follow-up is called on the screen."""

WIDEST = 120
"""Cells from the text to its date where no text needs more: the two are read together."""
_DUE = len("due 2026-11-20")
"""Cells of the date, or of how long it has passed."""


class FollowUpsTab(Tab):
    """What is left to do, the overdue first."""

    NAME: ClassVar[str] = "Follow-ups"
    SHORT: ClassVar[str] = "Todo"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "add", "add", show=False, id="followups.add"),
        Binding("x", "done", "done", show=False, id="followups.done"),
        Binding("t", "ticket", "ticket", show=False, id="followups.ticket"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette)
        self.rows.widest = WIDEST
        self._items: tuple[e.FollowUpChanged, ...] | None = None
        self._incident = ""
        self._now = self._minute = datetime.min.replace(tzinfo=UTC)

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def show(self, snapshot: Snapshot) -> None:
        """Draw the follow-ups; each minute anew, because they become late by themselves."""
        current = snapshot.current
        items = current.follow_ups if current else ()
        name = current.id if current else ""
        if name != self._incident:
            self._incident, self._items = name, None
            self.rows.cursor = ""
        minute = snapshot.now.replace(second=0, microsecond=0)
        if items != self._items or minute != self._minute:
            self._items, self._now, self._minute = items, snapshot.now, minute
            needs = [sum(map(cells_of, self._halves(item))) + 4 for item in items]
            self.rows.widest = max(WIDEST, *needs) if needs else WIDEST
            self.rows.fill(self._build)

    def count(self, snapshot: Snapshot) -> int:
        """Return how many are open."""
        return len(snapshot.current.open_follow_ups) if snapshot.current else 0

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Return how many are late or have no owner."""
        items = snapshot.current.open_follow_ups if snapshot.current else ()
        late = sum(1 for item in items if item.due and item.due < snapshot.now)
        if late:
            return (f"{late} late", "warn")
        nobody = sum(1 for item in items if not item.owner)
        return (f"{nobody} without an owner", "warn") if nobody else ("", "mute")

    def hints(self) -> list[Hint]:
        """Return the keys of the follow-ups."""
        if not self._items:
            return [
                *([deed("+", "add")] if self._incident else []),
                Hint("← →", "tabs"),
            ]
        return [
            deed("enter", "change"),
            deed("x", "done"),
            deed("t", "ticket"),
            deed("+", "add"),
            Hint("← →", "tabs"),
        ]

    def action_add(self) -> None:
        """Ask for a new follow-up."""
        if self._incident:
            self.post_message(ActionRequested("follow-up", self._incident))

    def action_done(self) -> None:
        """Ask to mark the follow-up under the cursor as done."""
        if self.rows.cursor:
            wanted = f"{self.rows.cursor} done"
            self.post_message(ActionRequested("follow-up", self._incident, wanted))

    def action_ticket(self) -> None:
        """Show the ticket that the follow-up under the cursor would become."""
        if self.rows.cursor:
            self.post_message(ActionRequested("ticket", self._incident, self.rows.cursor))

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Ask to change the follow-up."""
        event.stop()
        self.post_message(ActionRequested("follow-up", self._incident, event.key))

    def _build(self, width: int) -> list[Row]:
        if not self._items:
            words, key = "No incident is shown.", ""
            if self._incident:
                words = "Nothing is left to do yet. A workaround or a hotfix opens one by itself."
                key = "+ adds one."
            return [Row("", (line(Piece(words, "mute")), line(Piece(key, "mute"))))]
        ordered = sorted(self._items, key=self._order)
        return [Row(str(item.follow_up), (spread(*self._halves(item), width),)) for item in ordered]

    def _order(self, item: e.FollowUpChanged) -> tuple[bool, float, int]:
        due = item.due.timestamp() if item.due else float("inf")
        return (item.state is not FollowUpState.OPEN, due, item.follow_up)

    def _halves(self, item: e.FollowUpChanged) -> tuple[Line, Line]:
        """Return what stands at the left of a row, and what at its right."""
        done = item.state is not FollowUpState.OPEN
        late = not done and item.due is not None and item.due < self._now
        mark = {FollowUpState.DONE: "✓", FollowUpState.DROPPED: "✗"}.get(item.state, "·")
        tone = "ok" if item.state is FollowUpState.DONE else "mute" if done else "text"
        left = line(
            Piece("! " if late else f"{mark} ", "warn" if late else tone),
            Piece(fit(f"F{item.follow_up}", 4), "mute"),
            Piece(fit(KIND_WORDS[item.kind], 13), "mute"),
            Piece(item.text, "soft" if done else "text"),
        )
        owner = Piece(item.owner, "soft") if item.owner else Piece("nobody", "warn")
        right = line("  ", Piece(item.link, "mute"), "  " if item.link else "", owner, "  ")
        return left, (*right, self._due(item, done=done))

    def _due(self, item: e.FollowUpChanged, *, done: bool) -> Piece:
        if done:
            return Piece(fit(item.state.value, _DUE, right=True), "mute")
        words, token = owed(item.due, self._now)
        late = item.due is not None and token == "warn"
        return Piece(fit(words, _DUE, right=True), token, bold=late)
