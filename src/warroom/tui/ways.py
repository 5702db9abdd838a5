"""Ways: everything that leads somewhere and changes nothing, and the dispatch of all actions."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence

from textual import work

from warroom.room.reading import WHY
from warroom.tui.commands import Entry, drawn_keys, entries, incident_entry
from warroom.tui.panes.base import Pane
from warroom.tui.services import Services
from warroom.tui.stepping import Stepping
from warroom.tui.theme import Palette

_IN_LOGS = {
    "next_failed": "failed(1)",
    "previous_failed": "failed(-1)",
    "search": "type('search')",
    "pin": "pin",
}
"""What can be done in the log pane from anywhere, by the name of its own action."""


class Ways(Stepping):
    """Finds the way from the name of an action to what does it."""

    panes: Mapping[str, Pane]
    front: str

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.ways: dict[str, Callable[[str], object]] = {
            "open": self._open,
            "why": self.explain,
            "why_option": self.explain_option,
            "postmortem": lambda _: self.write(),
            "boundary": lambda _: self.go("work", tab="boundary"),
            "pane": lambda number: self.action_pane(int(number)),
            "tab": lambda name: self.go("work", tab=name),
            "zoom": lambda _: self.action_zoom(),
            "back": lambda _: self.action_back(),
            "notices": lambda _: self.action_notices(),
            "help": lambda _: self.action_help(),
            "palette": self.action_palette,
            "quit": lambda _: self.action_quit(),
            "theme": self.use_theme,
            "metrics": lambda _: self.attend(self.show_metrics()),
            "search": self.action_palette,
        }
        """Actions that lead somewhere and change nothing."""

    def use_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        self.console.use_theme(name)

    @abstractmethod
    def go(self, name: str, *, tab: str = "") -> None:
        """Bring a pane to the front."""

    @abstractmethod
    def write(self) -> None:
        """Open the postmortem on the whole screen."""

    @abstractmethod
    def action_pane(self, number: int) -> None:
        """Go to a pane by its number."""

    @abstractmethod
    def action_zoom(self) -> None:
        """Give the whole screen to one pane."""

    @abstractmethod
    def action_back(self) -> None:
        """Return to where I was."""

    @abstractmethod
    def tab_names(self) -> Sequence[str]:
        """The tabs of the work pane."""

    def act(self, action: str, incident: str | None = None, argument: str = "") -> None:
        """Do an action by its name; what it means is bound to the incident that is shown now."""
        if action == "next":
            step = self.snapshot.next_step if self.snapshot is not None else None
            if step is None:
                self.say("Nothing is left to do here.")
                return
            action, argument = step.action, argument or step.argument
        if action in self.ways:
            self.ways[action](argument or incident or "")
        elif action.startswith("logs."):
            self.action_logs(action.removeprefix("logs."))
        elif self.snapshot is not None and self.snapshot.contact.reading:
            self.refuse(WHY)
        elif action == "declare" or action in self.deeds:
            current = self.current
            shown = current.id if current else None
            self.attend(self.perform(action, incident or shown, argument))

    def action_act(self, action: str) -> None:
        """Do an action by its key."""
        self.act(action)

    def action_logs(self, what: str) -> None:
        """Do something in the log pane from anywhere."""
        self.go("logs")
        self.call_after_refresh(self.panes["logs"].run_action, _IN_LOGS[what])

    def action_quit(self) -> None:
        """Leave; a running step is asked about first."""
        if self.running:
            self.attend(self.leave_running())
        else:
            self.console.leave()

    @work(group="leave", exclusive=True, exit_on_error=False, description="Leaving")
    async def leave_running(self) -> None:
        """Ask whether what runs may be stopped."""
        from warroom.tui.screens.choose import Answer, ChooseScreen  # noqa: PLC0415 - first frame

        names = ", ".join(self.running)
        answer = await self.ask(
            ChooseScreen(
                "A step is running",
                (names, "Leaving stops it and keeps in the journal that it was stopped."),
                (Answer("S", "stop it and leave", "stop"),),
                "stay here, it goes on",
            )
        )
        if answer == "stop":
            self.console.leave()

    def action_palette(self, words: str = "") -> None:
        """Find any action by its words."""
        self.attend(self.find(words))

    @work(group="palette", exclusive=True, exit_on_error=False, description="The palette")
    async def find(self, words: str) -> None:
        """Show the palette, and do what was chosen in it."""
        from warroom.tui.screens.palette import PaletteScreen  # noqa: PLC0415 - first frame

        console = self.console
        keys = drawn_keys(console.keys, console.overrides)
        tabs = self.tab_names()
        themes, used = sorted(console.palettes), console.palette.name
        listed = entries(self.snapshot, self.open_incidents(), keys, themes, tabs, used)
        if words == "@":
            listed, words = tuple(x for x in listed if x.group == "incident"), ""

        async def more(wanted: str) -> tuple[Entry, ...]:
            known = {entry.argument for entry in listed if entry.group == "incident"}
            found = await self.find_incidents(wanted)
            return tuple(incident_entry(one) for one in found if one.id not in known)

        dialog = PaletteScreen(self.palette, listed, words=words, more=more)
        chosen = await self.ask(dialog)
        if chosen is not None:
            self.act(chosen.action, None, chosen.argument)

    @work(group="metrics", exclusive=True, exit_on_error=False, description="The metrics")
    async def show_metrics(self) -> None:
        """Show how long things take and what recurs."""
        from warroom.tui.screens.metrics import MetricsScreen  # noqa: PLC0415 - first frame

        incidents = await self.all_incidents()
        await self.ask(MetricsScreen(self.palette, incidents, self.clock()))

    def action_go_to(self) -> None:
        """Go to an incident, closed ones too."""
        self.action_palette("@")

    def action_help(self) -> None:
        """Show every key."""
        from warroom.tui.screens.help import HelpScreen  # noqa: PLC0415 - first frame

        console = self.console
        name = self.panes[self.front].NAME.lower()
        self.app.push_screen(HelpScreen(name, console.keys, console.overrides))

    def action_notices(self) -> None:
        """Show the last hundred notices."""
        from warroom.tui.screens.told import ToldScreen  # noqa: PLC0415 - first frame

        self.app.push_screen(ToldScreen(self.palette, tuple(self.notices.kept)))

    def _open(self, incident: str) -> None:
        self.select(incident)
        self.go("work", tab="timeline")
