"""The timeline: what happened, one line an event, the one under the cursor in full on demand."""

from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core import spell
from warroom.core.timeline import TimelineEntry
from warroom.tui.messages import TimeCursorMoved
from warroom.tui.panes.base import Hint
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, line, wrap
from warroom.tui.widgets.rowlist import Later, Row, RowList

_QUIET = {"note", "qualified", "role", "snoozed"}
"""Words whose text is context: drawn a shade softer."""


class TimelineTab(Tab):
    """Every event of the incident in the order in which it happened."""

    NAME: ClassVar[str] = "Timeline"
    SHORT: ClassVar[str] = "Time"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette, follow=True)
        self._entries: tuple[TimelineEntry, ...] | None = None
        self._incident = ""
        self._now = datetime.min.replace(tzinfo=UTC)
        self._open: set[str] = set()

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def show(self, snapshot: Snapshot) -> None:
        """Draw the entries, if they changed."""
        name = snapshot.current.id if snapshot.current else ""
        day_changed = snapshot.now.date() != self._now.date()
        self._now = snapshot.now
        if name != self._incident:
            self._incident, self._entries = name, None
            self._open.clear()
            self.rows.cursor = ""
        if day_changed or snapshot.timeline != self._entries:
            self._entries = snapshot.timeline
            self.rows.fill(self._build)

    def hints(self) -> list[Hint]:
        """Return the keys of the timeline."""
        return [Hint("n", "note"), Hint("enter", "in full"), Hint("← →", "tabs")]

    def show_time(self, at: float) -> None:
        """Follow the shared time cursor: the last entry at or before it."""
        near = ""
        for entry in self._entries or ():
            if entry.at.timestamp() > at:
                break
            near = _key(entry)
        if near:
            self.rows.put_cursor(near)

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Show the entry in full, or as one line again."""
        event.stop()
        self._open ^= {event.key}
        self.rows.fill(self._build)

    def on_pick_list_moved(self, event: RowList.Moved) -> None:
        """Move the shared time cursor along."""
        event.stop()
        for entry in self._entries or ():
            if _key(entry) == event.key:
                self.post_message(TimeCursorMoved(entry.at.timestamp()))

    def _build(self, width: int) -> list[Row]:
        if not self._entries:
            return [Row("", lines) for lines in _empty(self._incident)]
        actor = min(max(cells(entry.actor) for entry in self._entries), 12)
        word = min(max(cells(entry.word) for entry in self._entries), 12)
        return [self._row(entry, width, word, actor) for entry in self._entries]

    def _row(self, entry: TimelineEntry, width: int, word: int, actor: int) -> Row:
        key = _key(entry)
        if key not in self._open:
            return Row(key, Later(partial(self._brief, entry, width, word, actor)))
        head = self._head(entry, width, word, actor)
        indent = sum(cells(piece.text) for piece in head)
        parts = wrap(entry.text, max(width - indent, 10))
        token = _tone(entry)
        first = (*head, Piece(parts[0], token))
        more = tuple(line(" " * indent, Piece(part, token)) for part in parts[1:])
        late = " · noted later" if entry.back_dated else ""
        about = f"T{entry.number} · by {entry.actor} · UTC{late}"
        return Row(key, (first, *more, line(" " * indent, Piece(about, "mute"))))

    def _brief(self, entry: TimelineEntry, width: int, word: int, actor: int) -> Line:
        late = line(Piece("noted later  ", "warn")) if entry.back_dated else ()
        text = Piece(" ".join(entry.text[:1000].split()), _tone(entry))
        return (*self._head(entry, width, word, actor), *late, text)

    def _head(self, entry: TimelineEntry, width: int, word: int, actor: int) -> Line:
        stamp = spell.clock_time(entry.at, self._now)
        head: Line = (
            Piece(fit(stamp, 12 if len(stamp) > 8 else 8), "mute"),
            Piece(" "),
            Piece(entry.mark, entry.tone, bold=entry.tone != "text"),
            Piece(" "),
            Piece(fit(entry.word, word), entry.tone if entry.tone != "text" else "soft"),
            Piece(" "),
        )
        return (*head, Piece(fit(entry.actor, actor), "mute"), Piece("  ")) if width >= 70 else head


def _tone(entry: TimelineEntry) -> str:
    return "soft" if entry.word in _QUIET else "text"


def _key(entry: TimelineEntry) -> str:
    return f"{entry.number}{entry.word}"


def _empty(incident: str) -> list[tuple[Line, ...]]:
    if not incident:
        return [(line(Piece("No incident is shown. The timeline writes itself.", "mute")),)]
    return [(line(Piece("Nothing has happened yet. n adds a note.", "mute")),)]
