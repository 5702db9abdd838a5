"""Pane 1: which incidents there are, which is first, and why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from warroom.core.filters import Filter, FilterError, parse
from warroom.core.queue import QueueRow
from warroom.tui.messages import ActionRequested, Notice
from warroom.tui.panes.base import Hint, Pane, deed
from warroom.tui.panes.queue_rows import filter_rows, queue_rows
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.picklist import PickList
from warroom.tui.widgets.words import WordsInput

WIDE = 110
"""From this width on, one line an incident with every column."""


class QueueFilter(WordsInput):
    """One row in which a filter is typed; the queue follows each letter."""

    DEFAULT_CSS = """
    QueueFilter {
        border: none; height: 1; padding: 0 1; background: $wr-bg1; color: $wr-text; display: none;
    }
    QueueFilter:focus { border: none; background: $wr-bg2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "all again", show=False, id="queue.filter_clear"),
    ]

    class Left(Message):
        """The filter is given up."""

    def action_clear(self) -> None:
        """Show everything again."""
        self.post_message(self.Left())


class QueuePane(Pane):
    """The queue; the row under the cursor is the incident that every key means."""

    NUMBER = "1"
    NAME = "Queue"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "why", "why", id="queue.why"),
        Binding("s", "ask('snooze')", "snooze", id="queue.snooze"),
        Binding("o", "ask('reorder')", "put first", id="queue.reorder"),
        Binding("t", "ask('qualify')", "how bad", id="queue.qualify"),
        Binding("m", "ask('merge')", "merge", id="queue.merge"),
        Binding("a", "ask('acknowledge')", "acknowledge", show=False, id="incident.acknowledge"),
        Binding("space", "mark", "mark", id="queue.mark"),
        Binding("slash", "search", "search", id="queue.search"),
        Binding("F", "view", "next view", id="queue.view"),
        Binding("escape", "clear", "all again", show=False, id="queue.clear"),
    ]

    class Selected(Message):
        """Another incident is current."""

        def __init__(self, incident: str) -> None:
            super().__init__()
            self.incident = incident

    def __init__(
        self, palette: Palette, views: Mapping[str, str] | None = None, **kwargs: object
    ) -> None:
        super().__init__(palette, **kwargs)
        self.list = PickList(palette, id="queue-list")
        self.list.lasting = True  # it is the incident that every key means
        self.input = QueueFilter(placeholder="priority:P1 is:late -service:mail, or words")
        self.views = dict(views or {})
        self.view = ""
        """Name of the saved view that is shown; empty: none."""
        self.marked: set[str] = set()
        self._filter = Filter()
        self._complaint = ""
        self._drawn: tuple[object, ...] = ()
        self._shown: tuple[QueueRow, ...] = ()
        self._held: tuple[object, ...] = ()
        """What the rows were made of, held so that nothing else can be at its address."""

    def compose(self) -> ComposeResult:
        """The title, the filter while there is one, and the list."""
        yield self.title_line
        yield self.input
        yield self.list

    def take_focus(self) -> None:
        """Focus the list, not the filter."""
        self.list.focus()

    def hints(self) -> list[Hint]:
        """Keys of the queue."""
        if self.input.has_focus:
            nothing = self.input.value.strip() and not self._shown and not self._complaint
            enter = "look in the closed ones" if nothing else "keep the filter"
            return [Hint("enter", enter), Hint("esc", "all again")]
        if self.snapshot is None or not self.snapshot.rows:
            return [deed("d", "declare")]
        if self.marked:
            marks = f"all {len(self.marked)} marked"
            found = [
                deed("s", f"snooze {marks}"),
                deed("a", "acknowledge"),
                deed("m", "merge"),
            ]
            return [*found, deed("space", "mark"), Hint("esc", "none")]
        found = [Hint("enter", "open"), Hint("i", "why first"), deed("t", "how bad")]
        found += [Hint("/", "search"), Hint("F", "next view")]
        return [
            *found,
            deed("s", "snooze"),
            deed("o", "put first"),
            deed("space", "mark"),
        ]

    def on_resize(self) -> None:
        """Columns or two lines: by the width."""
        self._fill()

    def watch_snapshot(self, snapshot: Snapshot | None) -> None:
        """Draw the new state."""
        del snapshot
        self._fill()

    @on(PickList.Moved)
    def _moved(self, event: PickList.Moved) -> None:
        event.stop()
        if not event.key.startswith("follow-up"):
            self.post_message(self.Selected(event.key))

    @on(PickList.Chosen)
    def _chosen(self, event: PickList.Chosen) -> None:
        event.stop()
        incident = event.key.split()[1] if event.key.startswith("follow-up") else event.key
        self.post_message(ActionRequested("open", incident=incident))

    def action_why(self) -> None:
        """Say why the first is the first."""
        self.post_message(ActionRequested("why", incident=self.list.cursor))

    def action_ask(self, action: str) -> None:
        """Ask the screen for an action on the row under the cursor, or on all that are marked."""
        cursor = self.list.cursor
        if not cursor or cursor.startswith("follow-up"):
            self.post_message(ActionRequested(action))  # the screen says what is meant, or nothing
            return
        names = " ".join(name for name in self.list.keys if name in self.marked)
        if names and action in ("snooze", "acknowledge", "merge"):
            self.post_message(
                ActionRequested("together", incident=cursor, argument=f"{action} {names}")
            )
            self._unmark()
            return
        self.post_message(ActionRequested(action, incident=cursor))

    def action_mark(self) -> None:
        """Let the next action mean this row as well, and go on to the next one."""
        if self.list.cursor and not self.list.cursor.startswith("follow-up"):
            self.marked ^= {self.list.cursor}
            self._fill()
            self.list.action_move(1)

    def action_search(self) -> None:
        """Type a filter; the one that is there can be changed."""
        self.input.display = True
        self.input.focus()

    def action_view(self) -> None:
        """Show the next saved view, after the last one everything."""
        if not self.views:
            words = 'No view is saved. In the configuration: [views] late = "is:late"'
            self.post_message(Notice(words))
            return
        names = ["", *self.views]
        self.view = names[(names.index(self.view) + 1) % len(names)]
        self.input.value = self.views.get(self.view, "")
        self.input.display = bool(self.view)
        self._take(self.input.value)

    def action_clear(self) -> None:
        """Show everything again, with nothing marked."""
        self.view = ""
        self.input.value = ""
        self.input.display = False
        self._unmark()
        self._take("")
        self.list.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.view and event.value != self.views[self.view]:
            self.view = ""
        self._take(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._complaint:
            self.post_message(Notice(self._complaint, "warn"))
        elif not self._shown and event.value.strip():
            self.post_message(ActionRequested("search", argument=event.value))
        self.list.focus()
        self.input.display = bool(event.value.strip())

    @on(QueueFilter.Left)
    def _left(self, event: QueueFilter.Left) -> None:
        event.stop()
        self.action_clear()

    def _take(self, text: str) -> None:
        try:
            self._filter, self._complaint = parse(text), ""
        except FilterError as error:
            self._complaint = str(error)  # the last filter that could be read stays
        self._drawn = ()
        self._fill()

    def _unmark(self) -> None:
        self.marked.clear()
        self._drawn = ()
        self._fill()

    def _now(self) -> datetime:
        assert self.snapshot is not None  # noqa: S101 - rows exist only with a snapshot
        return self.snapshot.now

    def _fill(self) -> None:
        """Make the rows anew where something in them changed, else only let their clocks go on."""
        snapshot = self.snapshot
        if snapshot is None:
            return
        wide, log = self.size.width >= WIDE, snapshot.log
        current = snapshot.current
        seen = (
            id(snapshot.rows),
            id(snapshot.promises),
            (current.id, current.version) if wide and current else "",
            (wide, self.size, snapshot.loaded, snapshot.trouble, frozenset(self.marked)),
            () if snapshot.rows else (log.watch.sentence, log.share_now, log.label),
            snapshot.now.date(),
        )
        if seen != self._drawn:
            self._drawn, self._held = seen, (snapshot.rows, snapshot.promises)
            self._shown = snapshot.rows
            if self._filter.terms:
                fits, now, me = self._filter.matches, snapshot.now, snapshot.actor
                self._shown = tuple(r for r in snapshot.rows if fits(r.incident, now, me))
            shown = replace(snapshot, rows=self._shown)
            found, of = len(self._shown), len(snapshot.rows)
            above = filter_rows(self._complaint, found=found, of=of, width=self.size.width)
            room = (self.size.width, self.size.height - self.title_line.display)
            rows = queue_rows(shown, wide=wide, room=room, when=self._now, marked=self.marked)
            # That nothing matches is not that nothing is open: the rows would praise the silence.
            self.list.show(above if of and not found else [*above, *rows])
        else:
            self.list.refresh()
        self.title_line.fact = self._fact(snapshot)
        if current is not None:
            self.list.put_cursor(current.id)

    def _fact(self, snapshot: Snapshot) -> tuple[str, str]:
        if not snapshot.loaded:
            return ("", "mute")
        if self._complaint:
            return ("not a filter", "warn")
        count = len(snapshot.rows)
        words = f"{count} open" if count else ""
        if self._filter.terms:
            name = f"{self.view}: " if self.view else ""
            words = f"{name}{len(self._shown)} of {count}"
        return (f"{words} · {snapshot.late} late", "s5") if snapshot.late else (words, "mute")
