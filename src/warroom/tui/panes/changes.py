"""The changes: what changed around the service, by closeness to the onset."""

from datetime import UTC, datetime, timedelta
from math import log
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.core import events as e
from warroom.core import spell
from warroom.core.state import Incident
from warroom.core.words import ChangeKind
from warroom.tui.messages import ActionRequested, TimeCursorMoved
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, fit, gauge, line, spread
from warroom.tui.widgets.rowlist import Row, RowList

KIND_WORDS = {
    ChangeKind.DEPLOY: "deploy",
    ChangeKind.CONFIG: "config",
    ChangeKind.MIGRATION: "migration",
    ChangeKind.DEPENDENCY: "dependency",
    ChangeKind.TRAFFIC: "traffic",
    ChangeKind.FLAG: "flag",
    ChangeKind.THIRD_PARTY: "third party",
}
"""How a kind of change is called on the screen."""

_WIDEST = 120
"""Cells of a row, however much room there is: its two ends are read together."""
_FAR = timedelta(days=2).total_seconds()
"""A change this long before the onset has an empty measure."""


def began(incident: Incident) -> datetime | None:
    """Return the onset, or what was said about the beginning; None while nobody knows."""
    return incident.onset.at if incident.onset else incident.started_at


def ranked(incident: Incident) -> list[tuple[int, e.ChangeRecorded, timedelta | None]]:
    """Return the changes with their number and their lead on the onset, closest before it first.

    What came after the onset cannot have caused it and stands last; without an onset the newest
    is first.
    """
    onset = began(incident)
    found = [
        (number, change, None if onset is None else onset - change.happened_at)
        for number, change in enumerate(incident.changes, start=1)
    ]

    def order(item: tuple[int, e.ChangeRecorded, timedelta | None]) -> tuple[bool, float]:
        lead = item[2]
        if lead is None:
            return (False, -item[1].happened_at.timestamp())
        return (lead < timedelta(), abs(lead.total_seconds()))

    return sorted(found, key=order)


def closeness(lead: timedelta) -> float:
    """Return how close a change is to the onset, 1 for the same second, 0 for two days or after.

    The scale is logarithmic: seconds against minutes matter as much as hours against days.
    """
    seconds = lead.total_seconds()
    if seconds < 0:
        return 0.0
    return max(0.0, 1 - log(1 + seconds) / log(1 + _FAR))


class ChangesTab(Tab):
    """What changed, closest to the onset first: a hint, not a proof."""

    NAME: ClassVar[str] = "Changes"
    SHORT: ClassVar[str] = "Chg"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "add", "add", show=False, id="changes.add"),
        Binding("h", "suspect", "hypothesis", show=False, id="changes.hypothesis"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette)
        self.rows.widest = _WIDEST
        self._incident: Incident | None = None
        self._now = datetime.min.replace(tzinfo=UTC)
        self._drawn: tuple[object, ...] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def show(self, snapshot: Snapshot) -> None:
        """Draw the changes, if they or the onset changed."""
        current = snapshot.current
        self._now = snapshot.now
        key = (current.id, current.changes, began(current)) if current else ()
        if key != self._drawn:
            if current is None or self._incident is None or current.id != self._incident.id:
                self.rows.cursor = ""
            self._incident, self._drawn = current, key
            self.rows.fill(self._build)

    def count(self, snapshot: Snapshot) -> int:
        """Return how many there are."""
        return len(snapshot.current.changes) if snapshot.current else 0

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say what the order is worth."""
        current = snapshot.current
        if current is None or not current.changes:
            return ("", "mute")
        return ("a hint, not proof", "mute")

    def show_time(self, at: float) -> None:
        """Follow the shared time cursor: the last change at or before it."""
        changes = self._incident.changes if self._incident else ()
        before = [(c.happened_at, n) for n, c in enumerate(changes, start=1)]
        near = max(((t, n) for t, n in before if t.timestamp() <= at), default=None)
        if near is not None:
            self.rows.put_cursor(str(near[1]))

    def hints(self) -> list[Hint]:
        """Return the keys of the changes."""
        if self._incident is None:
            return [Hint("← →", "tabs")]
        suspect = [deed("h", "make it a hypothesis")] if self._incident.changes else []
        return [*suspect, deed("+", "add a change"), Hint("← →", "tabs")]

    def action_add(self) -> None:
        """Ask for a change by hand."""
        if self._incident:
            self.post_message(ActionRequested("change", self._incident.id))

    def action_suspect(self) -> None:
        """Ask for a hypothesis made of the change under the cursor."""
        if self._incident and self.rows.cursor:
            change = self._incident.changes[int(self.rows.cursor) - 1]
            self.post_message(ActionRequested("hypothesis", self._incident.id, f"={change.text}"))

    def on_pick_list_moved(self, event: RowList.Moved) -> None:
        """Move the shared time cursor to the change."""
        event.stop()
        if self._incident:
            change = self._incident.changes[int(event.key) - 1]
            self.post_message(TimeCursorMoved(change.happened_at.timestamp(), "work"))

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Make a hypothesis of it."""
        event.stop()
        self.action_suspect()

    def _build(self, width: int) -> list[Row]:
        incident = self._incident
        if incident is None:
            return [Row("", (line(Piece("No incident is shown.", "mute")),))]
        if not incident.changes:
            words = "Nothing is known to have changed. That is an open question, not an answer."
            return [
                Row("", (line(Piece(words, "mute")),)),
                Row("", (line(Piece("+ adds a change by hand.", "mute")),)),
            ]
        found = [Row("", (self._heading(incident, width),))]
        best = True
        for number, change, lead in ranked(incident):
            found.append(Row(str(number), self._lines(change, lead, width, best=best)))
            best = False
        return found

    def _heading(self, incident: Incident, width: int) -> Line:
        word = "before onset" if began(incident) else "when"
        left = line(Piece(fit("", 4)), Piece(fit(word, 26 if width >= 80 else 14), "mute"))
        return spread((*left, Piece("what", "mute")), line(Piece("where from", "mute")), width)

    def _lines(
        self, change: e.ChangeRecorded, lead: timedelta | None, width: int, *, best: bool
    ) -> tuple[Line, ...]:
        after = lead is not None and lead < timedelta()
        tone = "p2" if best and not after else "soft"
        if lead is None:
            when = line(Piece(fit(spell.clock_time(change.happened_at, self._now), 13), "mute"))
        else:
            words = f"after {spell.duration(lead)}" if after else _seconds(lead)
            when = line(Piece(fit(words, 11, right=True), "mute" if after else "text"), "  ")
        bar = gauge(closeness(lead), 12, tone) if lead is not None and width >= 80 else ()
        kind = Piece(fit(KIND_WORDS[change.kind], 12), "mute")
        what = Piece(change.text, "soft" if after else "text", bold=best and not after)
        left = (Piece("◆ ", tone), *when, *bar, Piece("  " if bar else ""), kind, what)
        release = "" if change.release in change.text else change.release  # said once: it is long
        source = "  ".join(part for part in (release, change.reference) if part)
        return (spread(left, line("  ", Piece(source, "mute")), width),)


def _seconds(lead: timedelta) -> str:
    """Spell a lead so that seconds are not mistaken for minutes."""
    seconds = int(lead.total_seconds())
    return f"{seconds} s" if seconds < 100 else spell.duration(lead)
