"""The timeline: what happened, one line an event, the one under the cursor in full on demand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.core import spell
from warroom.core.timeline import TimelineEntry
from warroom.tui.messages import ActionRequested, MomentAsked, TimeCursorMoved
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, line, wrap
from warroom.tui.widgets.rowlist import Later, Row, RowList

_QUIET = {"note", "qualified", "role", "snoozed"}
"""Words whose text is context: drawn a shade softer."""
_ROOMY = 96
"""Cells from which on a name gets twelve of them; the text is what is read."""


KINDS: Mapping[str, frozenset[str]] = {
    "what was done": frozenset(
        {"step_intended", "step_finished", "step_settled", "effect_measured", "contained",
         "containment_kept", "fix_recorded", "resolved", "closed", "reopened"}
    ),
    "what was told": frozenset({"declared", "diagnosed", "update_sent"}),
    "notes and answers": frozenset(
        {"note_added", "answered", "evidence_pinned", "hypothesis_changed"}
    ),
    "people": frozenset(
        {"acknowledged", "role_taken", "handover_offered", "handover_declined", "called",
         "wait_started", "wait_ended"}
    ),
    "causes and checks": frozenset(
        {"onset_measured", "change_recorded", "diagnosed", "check_measured"}
    ),
}  # fmt: skip
"""Kinds of events by what one looks for in the timeline."""


class TimelineTab(Tab):
    """Every event of the incident in the order in which it happened."""

    NAME: ClassVar[str] = "Timeline"
    SHORT: ClassVar[str] = "Time"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("F", "kinds", "which kinds", show=False, id="timeline.kinds"),
        Binding("E", "amend", "put right", show=False, id="timeline.amend"),
        Binding("T", "then", "as it was then", show=False, id="timeline.then"),
        Binding("escape", "now", "back to now", show=False, id="timeline.now"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.rows = RowList(palette, follow=True)
        self._entries: tuple[TimelineEntry, ...] | None = None
        self._incident = ""
        self._now = datetime.min.replace(tzinfo=UTC)
        self._open: set[str] = set()
        self._all: tuple[TimelineEntry, ...] | None = None
        self._group = ""
        self._past: datetime | None = None

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
        if day_changed or snapshot.timeline != self._all or snapshot.past != self._past:
            self._all, self._past = snapshot.timeline, snapshot.past
            self._narrow()

    def _narrow(self) -> None:
        """Show the entries of the chosen kind."""
        kinds = KINDS.get(self._group)
        self._entries = tuple(x for x in self._all or () if kinds is None or x.kind in kinds)
        self.rows.fill(self._build)

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say which moment, or which part of it, is shown."""
        if snapshot.past is not None:
            return (f"as it was at {snapshot.past:%H:%M:%S}", "warn")
        if self._group:
            return (
                f"only {self._group}: {len(self._entries or ())} of {len(self._all or ())}",
                "pend",
            )
        return ("", "mute")

    def action_kinds(self) -> None:
        """Show the next kind of entries only, after the last one all."""
        names = ["", *KINDS]
        self._group = names[(names.index(self._group) + 1) % len(names)]
        self._narrow()
        self.post_message(self.Retold())

    def action_amend(self) -> None:
        """Put the entry under the cursor right."""
        found = self._under_cursor()
        if found is not None and self._past is None:
            self.post_message(ActionRequested("amend", self._incident, str(found.number)))

    def action_then(self) -> None:
        """Show the incident as it was at the entry under the cursor, or as it is again."""
        found = self._under_cursor()
        back = self._past is not None or found is None
        self.post_message(MomentAsked(None if back or found is None else found.at))

    def action_now(self) -> None:
        """Show the incident as it is."""
        if self._past is not None:
            self.post_message(MomentAsked(None))

    def _under_cursor(self) -> TimelineEntry | None:
        return next((x for x in self._entries or () if _key(x) == self.rows.cursor), None)

    def hints(self) -> list[Hint]:
        """Return the keys of the timeline."""
        if self._past is not None:
            return [Hint("↑ ↓", "earlier, later"), Hint("T", "back to now")]
        if not self._entries:
            return [deed("n", "note")] if self._incident else [Hint("← →", "tabs")]
        found = [deed("n", "note"), Hint("enter", "in full"), Hint("F", "which kinds")]
        return [
            *found,
            Hint("T", "as it was then"),
            deed("E", "put right"),
            Hint("← →", "tabs"),
        ]

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
                self.post_message(TimeCursorMoved(entry.at.timestamp(), "work"))
                if self._past is not None:
                    self.post_message(MomentAsked(entry.at))

    def _build(self, width: int) -> list[Row]:
        if not self._entries:
            return [Row("", lines) for lines in _empty(self._incident)]
        widest = 12 if width >= _ROOMY else 7
        actor = min(max(cells(entry.actor) for entry in self._entries), widest)
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
        about = f"T{entry.number} · by {entry.actor} · UTC{late}{_was(entry)}"
        return Row(key, (first, *more, line(" " * indent, Piece(about, "mute"))))

    def _brief(self, entry: TimelineEntry, width: int, word: int, actor: int) -> Line:
        late = line(Piece("noted later  ", "warn")) if entry.back_dated else ()
        if entry.amended:
            late = (*late, Piece("put right  ", "warn"))
        if entry.public:
            late = (*late, Piece(f"{entry.public} sees it  ", "accent", bold=True))
        words = " ".join(entry.text[:1000].split()).removeprefix(f"{entry.public}: ")
        text = Piece(words, _tone(entry))
        return (*self._head(entry, width, word, actor), *late, text)

    def _head(self, entry: TimelineEntry, width: int, word: int, actor: int) -> Line:
        stamp = spell.clock_time(entry.at, self._now)
        if self._past is not None and entry.at > self._past:
            entry = replace(entry, tone="mute")
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


def _was(entry: TimelineEntry) -> str:
    """Return what an entry said before it was put right."""
    if not entry.amended:
        return ""
    moved = f" at {entry.original_at:%H:%M:%S}" if entry.original_at else ""
    return f" · first{moved}: {entry.original or 'the same words'}"


def _key(entry: TimelineEntry) -> str:
    return f"{entry.number}{entry.word}"


def _empty(incident: str) -> list[tuple[Line, ...]]:
    if not incident:
        return [(line(Piece("No incident is shown. The timeline writes itself.", "mute")),)]
    return [(line(Piece("Nothing has happened yet. n adds a note.", "mute")),)]
