"""The updates: what was told to whom, and when the next one is due."""

from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core import events as e
from warroom.core import spell
from warroom.core.clocks import Pace, update_clock
from warroom.core.words import Audience, UpdateKind
from warroom.tui.messages import ActionRequested
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, fit, line, wrap
from warroom.tui.widgets.rowlist import Row, RowList

AUDIENCE_WORDS = {
    Audience.INTERNAL: "internal",
    Audience.CLIENT: "clients",
    Audience.PUBLIC: "public",
}
"""How an audience is called on the screen."""

KIND_WORDS = {
    UpdateKind.INITIAL: "initial",
    UpdateKind.PROGRESS: "progress",
    UpdateKind.ETA: "new estimate",
    UpdateKind.RESOLUTION: "resolution",
    UpdateKind.DOCUMENTATION: "documentation",
    UpdateKind.PREVENTION: "prevention",
}
"""How a kind of update is called on the screen."""

_TALL = 16
"""Lines of a list from which every text stands in full: there is room, nobody has to ask."""
_HEAD = 34
"""Cells of time, audience and kind."""
_LEAST = 40
"""Cells that a text wants beside them; with fewer it stands below."""
_AUDIENCE_TONE = {Audience.INTERNAL: "soft", Audience.CLIENT: "accent", Audience.PUBLIC: "p2"}


class UpdatesTab(Tab):
    """What people were told."""

    NAME: ClassVar[str] = "Updates"
    SHORT: ClassVar[str] = "Upd"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette, follow=True)
        self._updates: tuple[tuple[datetime, e.UpdateSent], ...] | None = None
        self._incident = ""
        self._now = datetime.min.replace(tzinfo=UTC)
        self._open: set[str] = set()

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def show(self, snapshot: Snapshot) -> None:
        """Draw the updates, if they changed."""
        current = snapshot.current
        updates = current.updates if current else ()
        name = current.id if current else ""
        self._now = snapshot.now
        if name != self._incident:
            self._incident, self._updates = name, None
            self._open.clear()
            self.rows.cursor = ""
        if updates != self._updates:
            self._updates = updates
            self.rows.fill(self._build)

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Return when the next update is due."""
        clock = update_clock(snapshot.current) if snapshot.current else None
        if clock is None:
            return ("", "mute")
        left = clock.left(snapshot.now)
        pace = clock.pace(snapshot.now)
        if pace is Pace.LATE:
            return (f"update LATE +{spell.duration(left)}", "breach")
        token = "warn" if pace is Pace.WARN else "mute"
        return (f"next update in {spell.duration(left)}", token)

    def hints(self) -> list[Hint]:
        """Return the keys of the updates."""
        write = [deed("u", "write one")] if self._incident else []
        full = [Hint("enter", "in full")] if self._updates else []
        return [*write, *full, Hint("← →", "tabs")]

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Show the update in full, or as one line again; the last row writes one."""
        event.stop()
        if event.key == _WRITE:
            self.post_message(ActionRequested("update", self._incident))
            return
        self._open ^= {event.key}
        self.rows.fill(self._build)

    def _build(self, width: int) -> list[Row]:
        if not self._incident:
            return [Row("", (line(Piece("No incident is shown.", "mute")),))]
        if not self._updates:
            words = "Nobody has been told anything yet. u writes the first update, drafted."
            return [Row(_WRITE, (line(Piece(words, "mute")),))]
        return [
            self._row(str(number), at, update, width)
            for number, (at, update) in enumerate(self._updates, start=1)
        ]

    def _row(self, key: str, at: datetime, update: e.UpdateSent, width: int) -> Row:
        tone = _AUDIENCE_TONE[update.audience]
        head = line(
            Piece(fit(spell.clock_time(at, self._now), 8), "mute"),
            " ",
            Piece("» ", "accent"),
            Piece(fit(AUDIENCE_WORDS[update.audience], 9), tone, bold=tone != "soft"),
            Piece(fit(KIND_WORDS[update.kind], 14), "mute"),
        )
        if key not in self._open:
            return Row(key, self._said(head, " ".join(update.text.split()), width))
        due = f" · next promised {update.next_due:%H:%M} UTC" if update.next_due else ""
        parts = wrap(update.text, max(width - 4, 10))
        return Row(
            key,
            (
                (*head, Piece(f"to {AUDIENCE_WORDS[update.audience]}{due}", "soft")),
                *(line("    ", part) for part in parts),
                (),
            ),
        )

    def _said(self, head: Line, text: str, width: int) -> tuple[Line, ...]:
        """Return an update that is not opened: in one line, or wrapped where there is room."""
        if self.rows.size.height < _TALL:
            return ((*head, Piece(text)),)
        beside = width - _HEAD >= _LEAST
        indent = _HEAD if beside else 4
        parts = wrap(text, width - indent)
        first = (*head, Piece(parts.pop(0))) if beside else head
        return (first, *(line(" " * indent, part) for part in parts))


_WRITE = "write"
