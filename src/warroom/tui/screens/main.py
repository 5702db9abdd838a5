"""The war room: header, rail, four panes, notice row and footer, and what goes where."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Resize
from textual.widgets import Input, TextArea

from warroom.tui.commander import terminal_title
from warroom.tui.footing import footer_hints
from warroom.tui.layout import PANES, Shape, arrange
from warroom.tui.messages import ActionRequested, MomentAsked, Notice, PinRequested, TimeCursorMoved
from warroom.tui.panes.base import Pane
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.contain import ContainPane
from warroom.tui.panes.logs import LogsPane
from warroom.tui.panes.people import PeoplePane
from warroom.tui.panes.postmortem import PostmortemTab
from warroom.tui.panes.queue import QueuePane
from warroom.tui.panes.work import WorkPane
from warroom.tui.reminders import heaviest_last
from warroom.tui.services import Services
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.touring import Touring
from warroom.tui.widgets.divider import Divider
from warroom.tui.widgets.factlist import FactList
from warroom.tui.widgets.footer import Footer
from warroom.tui.widgets.header import Header
from warroom.tui.widgets.notice import NoticeRow
from warroom.tui.widgets.rail import Rail
from warroom.tui.widgets.tabs import PaneTabs


class MainScreen(Touring):
    """Lays out the panes, hands them snapshots, and routes what they post."""

    CSS = """
    #body { height: 1fr; }
    #left, #right { height: 1fr; }
    #right { width: 1fr; }
    PickList { background: $wr-bg0; scrollbar-color: $wr-line; scrollbar-background: $wr-bg0;
        scrollbar-color-hover: $wr-mute; scrollbar-color-active: $wr-mute;
        scrollbar-background-hover: $wr-bg0; scrollbar-background-active: $wr-bg0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "act('next')", "next step", id="incident.next"),
        Binding("d", "act('declare')", "declare", id="incident.declare"),
        Binding("a", "act('acknowledge')", "acknowledge", id="incident.acknowledge"),
        Binding("c", "act('contain')", "contain", id="incident.contain"),
        Binding("u", "act('update')", "update", id="incident.update"),
        Binding("n", "act('note')", "note", id="incident.note"),
        Binding("h", "act('hypothesis')", "hypothesis", id="incident.hypothesis"),
        Binding("p", "act('postmortem')", "postmortem", id="incident.postmortem"),
        Binding("H", "act('handover')", "hand over", id="incident.handover"),
        Binding("A", "act('answer')", "answer a question", id="incident.answer"),
        Binding("w", "act('roles')", "who does what", id="incident.roles"),
        Binding("b", "act('boundary')", "boundary", id="log.boundary"),
        Binding("W", "act('watch')", "the watch", show=False, id="log.watch"),
        Binding("e", "logs('next_failed')", "next 5xx", id="log.next_failed"),
        Binding("slash", "logs('search')", "search", id="log.search"),
        Binding("at", "go_to", "go to incident", id="go.incident"),
        Binding("left_square_bracket", "time(-1)", "earlier", show=False, id="time.earlier"),
        Binding("right_square_bracket", "time(1)", "later", show=False, id="time.later"),
        Binding("1", "pane(0)", "queue", show=False, id="go.queue"),
        Binding("2", "pane(1)", "logs", show=False, id="go.logs"),
        Binding("3", "pane(2)", "contain", show=False, id="go.contain"),
        Binding("4", "pane(3)", "work", show=False, id="go.work"),
        Binding("tab", "next_pane(1)", "next pane", show=False, id="go.next_pane"),
        Binding("shift+tab", "next_pane(-1)", "previous pane", show=False, id="go.previous_pane"),
        Binding("z", "zoom", "zoom", id="go.zoom"),
        Binding("ctrl+o", "back", "back", show=False, id="go.back"),
        Binding("ctrl+n", "notices", "notices", show=False, id="go.notices"),
        Binding("M", "act('metrics')", "metrics", show=False, id="go.metrics"),
        Binding("colon", "palette", "all", id="go.palette"),
        Binding("ctrl+p", "palette", "all", show=False, priority=True, id="go.palette_anywhere"),
        Binding("question_mark", "help", "help", id="go.help"),
        Binding("f1", "help", "help", show=False, priority=True, id="go.help_anywhere"),
        Binding("q", "quit", "quit", show=False, id="app.leave"),
    ]

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.header = Header(palette, id="header")
        self.rail = Rail(palette, id="rail")
        self.tabs = PaneTabs(palette, id="tabs")
        self.queue = QueuePane(palette, services.views, id="queue")
        self.contain = ContainPane(palette, id="contain")
        self.people = PeoplePane(palette, id="people")
        self.divider = Divider(palette)
        self.logs = LogsPane(palette, services.logs, memory=services.log_memory)
        self.work_pane = WorkPane(palette, services.map, services.rates, id="work")
        self.work_pane.boundary.has_log = bool(services.logs)
        self.notices = NoticeRow(palette, id="notice")
        self.footer = Footer(palette, id="footer")
        self.panes: dict[str, Pane] = {
            "queue": self.queue,
            "logs": self.logs,
            "contain": self.contain,
            "work": self.work_pane,
        }
        self._reminded: set[str] = set()
        self._snapshots = 0
        self.front = "queue"
        """The pane that has, or had last, the focus."""
        self.zoomed = False
        self._writing = False
        """Whether the postmortem was given the whole screen."""
        self._trail: list[tuple[str, bool, str, str]] = []

    def compose(self) -> ComposeResult:
        """Everything exists always; the layout decides what is seen."""
        yield self.header
        yield self.rail
        yield self.tabs
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.queue
                yield self.contain
                yield self.people
            yield self.divider
            with Vertical(id="right"):
                yield self.logs
                yield self.work_pane
        yield self.notices
        yield self.footer

    # -- start and snapshots ----------------------------------------------------------------------

    def on_mount(self) -> None:
        """Draw first, open the store second."""
        for words in self.services.notices:
            self.say(words, "warn")
        self.queue.take_focus()
        self.call_after_refresh(self.open_room)

    def show(self, snapshot: Snapshot) -> None:
        """Give every part the same state."""
        self.snapshot = snapshot
        self._snapshots += snapshot.loaded
        with self.app.batch_update():
            for bar in (self.header, self.rail, self.notices):
                bar.snapshot = snapshot
            for pane in (self.people, *self.panes.values()):
                pane.snapshot = snapshot
            self._dress()
        self.console.entitle(terminal_title(snapshot))
        self.check_confirming()
        self.dress_offer()
        self._remind(snapshot)

    def _remind(self, snapshot: Snapshot) -> None:
        """Say what has become due since the last look; at the start only what weighs most."""
        fresh = [one for one in snapshot.due if one.key not in self._reminded]
        due = heaviest_last(fresh, snapshot.current.id if snapshot.current else "")
        first = not self._reminded and self._snapshots == 1
        for one in due[-1:] if first else due:
            self.say(one.words, one.tone)
            if one.tone == "s5":
                self.console.call_attention(one.words)
        self._reminded |= {one.key for one in due}

    async def save_everything(self) -> None:
        """Save the text that is being written, as far as that takes no longer than two seconds."""
        tab = self.work_pane.postmortem
        tab.flush()
        for _ in range(100):
            if tab.editor.text == tab.sync.saved or tab.sync.theirs is not None:
                return
            await asyncio.sleep(0.02)

    # -- layout ----------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        """Lay out again; the pane in front stays in front."""
        del event
        self.lay_out()

    def lay_out(self) -> None:
        """Give every pane its place."""
        layout = arrange(*self.app.size)
        tiny, tabs = layout.shape is Shape.TINY, layout.shape is Shape.TABS
        if tiny:
            self.front = "queue"
        single = tiny or tabs or self.zoomed
        self.header.display = not tiny
        self.notices.display = not tiny
        self.tabs.display = tabs
        self.work_pane.tab_line.telling = not tabs
        left, right = self.query_one("#left"), self.query_one("#right")
        left.display = not single or self.front in ("queue", "contain")
        right.display = not single or self.front in ("logs", "work")
        self.divider.display = not single
        self.people.display = layout.extra > 0 and not single
        left.styles.width = "1fr" if single else layout.left
        heights = {
            "queue": layout.queue,
            "contain": layout.contain,
            "logs": layout.logs,
            "work": layout.work,
        }
        for name, pane in self.panes.items():
            pane.display = not single or name == self.front
            pane.styles.height = "1fr" if single else heights[name]
            pane.title_line.display = name == "work" or not (tiny or tabs)
        self.people.styles.height = layout.extra or 1
        meets = {layout.queue, layout.queue + layout.contain} if layout.extra else {layout.queue}
        self.divider.left, self.divider.right = frozenset(meets), frozenset({layout.logs})
        if self.focused is None or not self.focused.display:
            self.call_after_refresh(self.panes[self.front].take_focus)
        self._dress()

    def _dress(self) -> None:
        """Bring tabs and footer up to date."""
        focused = self.focused
        text_focused = isinstance(focused, Input) or (
            isinstance(focused, TextArea) and not focused.read_only
        )
        pane = self.panes[self.front]
        self.footer.hints, self.footer.lasting = footer_hints(
            self.snapshot,
            pane,
            self.console.keys,
            self.console.overrides,
            typing=text_focused,
            logs=bool(self.services.logs),
            taken=isinstance(focused, FactList),
            zoom="" if self.tabs.display else "unzoom" if self.zoomed else "zoom",
        )
        self.notices.typing = text_focused
        if self.tabs.display:
            self.tabs.names = tuple(
                (pane.NUMBER, self._label(name)) for name, pane in self.panes.items()
            )
            self.tabs.front = PANES.index(self.front)
            self.tabs.fact = pane.title_line.fact
            logs = self.front == "logs" and bool(self.services.logs)
            self.tabs.detail = self.logs.feed.label if logs else ""

    def _label(self, name: str) -> str:
        snapshot = self.snapshot
        if name == "queue" and snapshot is not None and snapshot.rows:
            return f"Queue {len(snapshot.rows)}"
        if name == "contain" and snapshot is not None and snapshot.current is not None:
            unknown, force = len(snapshot.current.unknown), len(snapshot.current.ledger)
            return f"Contain ?{unknown}" if unknown else f"Contain ✓{force}" if force else "Contain"
        return self.work_pane.active if name == "work" else self.panes[name].NAME

    # -- focus -----------------------------------------------------------------------------------

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Remember which pane is in front."""
        for name, pane in self.panes.items():
            if pane in event.widget.ancestors_with_self:
                self.front = name
        self._dress()

    def go(self, name: str, *, tab: str = "") -> None:
        """Bring a pane to the front and focus it; ctrl+o comes back."""
        current = self.snapshot.current.id if self.snapshot and self.snapshot.current else ""
        here = (self.front, self.zoomed, current, self.work_pane.active)
        if not self._trail or self._trail[-1] != here:
            self._trail = [*self._trail[-49:], here]
        self._enter(name, tab)

    def write(self) -> None:
        """Open the postmortem on the whole screen; leaving it gives the other panes back."""
        self.go("work", tab="postmortem")
        self.zoomed = self._writing = True
        self.lay_out()

    def _enter(self, name: str, tab: str) -> None:
        self.front = name
        self.lay_out()
        if tab:
            self.work_pane.show_tab(tab, focus=name == "work")
        self.call_after_refresh(self.panes[name].take_focus)

    def action_pane(self, number: int) -> None:
        """Go to a pane by its number."""
        self.go(PANES[number])

    def action_next_pane(self, by: int) -> None:
        """Go to the neighbouring pane."""
        self.go(PANES[(PANES.index(self.front) + by) % len(PANES)])

    def action_zoom(self) -> None:
        """Give the whole screen to one pane, or take it back."""
        self.zoomed = not self.zoomed
        self.lay_out()
        self.call_after_refresh(self.panes[self.front].take_focus)

    def action_back(self) -> None:
        """Return to where I was."""
        if not self._trail:
            self.say("This is where you began.")
            return
        name, self.zoomed, incident, tab = self._trail.pop()
        if incident:
            self.select(incident)
        self._enter(name, tab)

    def tab_names(self) -> Sequence[str]:
        """The tabs of the work pane."""
        return [tab.NAME for tab in self.work_pane.tabs]

    @on(PaneTabs.Picked)
    def _picked(self, event: PaneTabs.Picked) -> None:
        self.action_pane(int(event.number) - 1)

    @on(QueuePane.Selected)
    def _selected(self, event: QueuePane.Selected) -> None:
        self.select(event.incident)

    # -- what panes ask --------------------------------------------------------------------------

    def on_action_requested(self, event: ActionRequested) -> None:
        """Do what a pane asks for."""
        event.stop()
        self.act(event.action, event.incident, event.argument)

    def on_notice(self, event: Notice) -> None:
        """Show what a pane says."""
        event.stop()
        self.say(event.text, event.tone, event.mark)

    def on_pin_requested(self, event: PinRequested) -> None:
        """Keep lines as evidence."""
        event.stop()
        self.pin(event.excerpt, event.note)

    def on_time_cursor_moved(self, event: TimeCursorMoved) -> None:
        """Let the other side that shows time follow."""
        event.stop()
        if event.source == "work":
            self._beside(self.logs.go_to_time(event.at), "time")
            self.work_pane.show_time(event.at, but=self.work_pane.active)
        else:
            self.work_pane.show_time(event.at)

    def action_time(self, by: int) -> None:
        """Move the time cursor by a column of the chart, wherever the focus is."""
        self._beside(self.logs.action_step(by), "time")

    def on_moment_asked(self, event: MomentAsked) -> None:
        """Show the incident as it was, or as it is again."""
        event.stop()
        if self.observer is not None:
            self.observer.look_at(event.at)

    @on(LogsPane.ReportReady)
    def _analysed(self, event: LogsPane.ReportReady) -> None:
        for tab in self.query(BoundaryTab):
            self._beside(tab.set_report(event.report), "report")

    def _beside(self, reading: Coroutine[object, object, None], group: str) -> None:
        """Let something read a log while the screen goes on: a file may not answer for long."""
        self.run_worker(reading, group=group, exclusive=True, exit_on_error=False)

    @on(BoundaryTab.Questioned)
    def _questioned(self, event: BoundaryTab.Questioned) -> None:
        self.logs.question(event.log, event.question)

    @on(BoundaryTab.FilterAsked)
    def _filter(self, event: BoundaryTab.FilterAsked) -> None:
        self.go("logs")
        self.logs.set_filter(event.text)

    @on(BoundaryTab.RowAsked)
    def _show_row(self, event: BoundaryTab.RowAsked) -> None:
        self.go("logs")
        self.logs.view.go(event.row)

    @on(WorkPane.PostmortemEdited)
    def _written(self, event: WorkPane.PostmortemEdited) -> None:
        refused = self.work_pane.postmortem.refused
        self.save_postmortem(event.incident, event.text, event.base, refused)

    def postmortem_text(self, incident: str) -> str:
        """Return the text in the editor of the postmortem, as it is typed."""
        return self.work_pane.postmortem.text_of(incident)

    def replace_postmortem(self, incident: str, text: str) -> None:
        """Put a text into the editor of the postmortem."""
        self.work_pane.postmortem.replace_text(incident, text)

    @on(PostmortemTab.Left)
    def _stopped_writing(self) -> None:
        if self._writing:
            self._writing = False
            self.action_back()
