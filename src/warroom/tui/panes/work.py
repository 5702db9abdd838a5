"""The work pane: everything about one incident, one tab for each question."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import ContentSwitcher

from warroom.core.services import ServiceMap
from warroom.tui.panes.around import AroundTab
from warroom.tui.panes.base import Hint, Pane
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.changes import ChangesTab
from warroom.tui.panes.followups import FollowUpsTab
from warroom.tui.panes.hypotheses import Board, HypothesesTab
from warroom.tui.panes.postmortem import PostmortemTab
from warroom.tui.panes.tab import Tab, TabLine
from warroom.tui.panes.timeline import TimelineTab
from warroom.tui.panes.updates import UpdatesTab
from warroom.tui.panes.writing import WritingTab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette


class WorkPane(Pane):
    """Pane 4: the tabs of the incident that is shown."""

    NUMBER: ClassVar[str] = "4"
    NAME: ClassVar[str] = "Timeline"

    DEFAULT_CSS = """
    WorkPane { background: $wr-bg0; }
    WorkPane ContentSwitcher { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "tab(-1)", "previous tab", show=False, id="work.previous_tab"),
        Binding("right", "tab(1)", "next tab", show=False, id="work.next_tab"),
        Binding("4", "tab(1)", "next tab", show=False, id="work.cycle"),
    ]

    class PostmortemEdited(Message):
        """The postmortem is to be saved; sent at most a second after what was typed."""

        def __init__(self, incident: str, text: str, base: int) -> None:
            super().__init__()
            self.incident = incident
            self.text = text
            self.base = base

    def __init__(
        self,
        palette: Palette,
        chart: ServiceMap | None = None,
        rates: Callable[[Sequence[str]], Mapping[str, str]] = lambda _names: {},
        **kwargs: object,
    ) -> None:
        super().__init__(palette, **kwargs)
        self.around = AroundTab(palette, chart or ServiceMap(), rates)
        self.tab_line = TabLine(self.NUMBER, palette)
        self.title_line = self.tab_line
        self.postmortem = PostmortemTab(palette)
        self.timeline = TimelineTab(palette)
        self.boundary = BoundaryTab(palette)
        self.tabs: tuple[Tab, ...] = tuple(self._make(palette))
        self.active = self.timeline.NAME

    def _make(self, palette: Palette) -> Iterable[Tab]:
        yield self.timeline
        yield self.boundary
        yield HypothesesTab(palette)
        yield ChangesTab(palette)
        yield self.around
        yield UpdatesTab(palette)
        yield FollowUpsTab(palette)
        yield self.postmortem

    def compose(self) -> ComposeResult:
        """Lay out the title and the tabs."""
        yield self.title_line
        with ContentSwitcher(initial=self.active.lower()):
            yield from self.tabs

    @property
    def tab(self) -> Tab:
        """The tab in front."""
        return next(tab for tab in self.tabs if self.active == tab.NAME)

    def show_tab(self, name: str, *, focus: bool = False) -> None:
        """Bring a tab to the front by its name (case and hyphens do not matter).

        Raises:
            KeyError: There is no such tab.
        """
        wanted = name.lower().replace("-", "").replace(" ", "")
        known = {tab.NAME.lower().replace("-", ""): tab for tab in self.tabs}
        tab = known[wanted]
        had_focus = focus or self.has_focus_within
        self.active = tab.NAME
        self.query_one(ContentSwitcher).current = tab.id
        self._retitle()
        if had_focus:
            self.call_after_refresh(tab.take_focus)

    def show_time(self, at: float, *, but: str = "") -> None:
        """Let every tab follow the shared time cursor (epoch seconds), but the one it moved in."""
        for tab in self.tabs:
            if but != tab.NAME:
                tab.show_time(at)

    def take_focus(self) -> None:
        """Focus the tab in front."""
        self.tab.take_focus()

    def hints(self) -> list[Hint]:
        """Return the keys of the tab in front."""
        return self.tab.hints()

    def watch_snapshot(self, _: Snapshot | None, snapshot: Snapshot | None) -> None:
        """Draw every tab; each looks whether its part has changed."""
        if snapshot is None:
            return
        for tab in self.tabs:
            tab.show(snapshot)
        self._retitle()

    def action_tab(self, step: int) -> None:
        """Go to the neighbouring tab."""
        names = [tab.NAME for tab in self.tabs]
        self.show_tab(names[(names.index(self.active) + step) % len(names)], focus=True)

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        """Go to the tab that was clicked."""
        event.stop()
        self.show_tab(event.name, focus=True)

    def on_tab_retold(self, event: Tab.Retold) -> None:
        """Say in the title what the tab shows now."""
        event.stop()
        self._retitle()

    def on_board_left(self, event: Board.Left) -> None:
        """Leave the board over its edge."""
        event.stop()
        self.action_tab(event.step)

    def on_writing_tab_edited(self, event: WritingTab.Edited) -> None:
        """Ask the screen to save the postmortem."""
        event.stop()
        self.post_message(self.PostmortemEdited(event.incident, event.text, event.base))

    def on_writing_tab_left(self) -> None:
        """Go from the editor to the timeline; the screen may go further."""
        self.show_tab(self.timeline.NAME, focus=True)

    def on_writing_tab_told(self, event: WritingTab.Told) -> None:
        """Show how the text is saved."""
        event.stop()
        self._retitle()

    def _retitle(self) -> None:
        snapshot = self.snapshot
        if snapshot is None:
            self.tab_line.show_tabs([(t.NAME, t.SHORT, 0) for t in self.tabs], self.active)
            return
        tabs = [(tab.NAME, tab.SHORT, tab.count(snapshot)) for tab in self.tabs]
        self.tab_line.show_tabs(tabs, self.active)
        self.tab_line.fact = self.tab.fact(snapshot)
