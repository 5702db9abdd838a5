"""Touring: the guided tour, asked for by name or offered to somebody who is here first."""

import asyncio
from abc import abstractmethod

from textual import on, work
from textual.geometry import Region

from warroom.tui.commands import drawn_keys
from warroom.tui.guarding import Guarding
from warroom.tui.services import Services
from warroom.tui.theme import Palette
from warroom.tui.watching import RoomOpened


class Touring(Guarding):
    """Shows the tour over the page as it is, and gives the pane back where it began."""

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.ways["tour"] = lambda _: self.attend(self.tour())

    @abstractmethod
    def lay_out(self) -> None:
        """Give every pane its place."""

    @on(RoomOpened)
    def _greet(self) -> None:
        self.run_worker(self._offer(), group="greeting", exclusive=True, exit_on_error=False)

    async def _offer(self) -> None:
        """Offer the tour where nobody has been before."""
        if await asyncio.to_thread(self.services.first_time):
            palette = drawn_keys(self.console.keys, self.console.overrides)["go.palette"]
            said = self.services.greeting or "First time here?"
            self.say(f"{said} {palette} tour shows the screen in a minute.", "accent")

    @work(group="tour", exclusive=True, exit_on_error=False, description="The tour")
    async def tour(self) -> None:
        """Go round the screen, one stop a key; escape leaves at any time."""
        from warroom.tui.screens.tour import TourScreen  # noqa: PLC0415 - first frame
        from warroom.tui.tour import stops  # noqa: PLC0415 - first frame

        begun = self.front
        keys = drawn_keys(self.console.keys, self.console.overrides)
        found = stops(self.snapshot, keys, logs=bool(self.services.logs))
        screen = TourScreen(self.palette, found, self._show, self._place)
        moved = self.screen_layout_refresh_signal
        moved.subscribe(self, lambda _: screen.stand() if screen.is_current else None)
        finished = await self.ask(screen)
        moved.unsubscribe(self)
        self._show(begun)
        self.say("That was all of it." if finished else "The tour is over; the palette has it.")

    def _show(self, name: str) -> None:
        """Bring a part of the page into sight."""
        if name not in self.panes:
            return
        if name != self.front:
            self.front = name
            self.lay_out()
        self.panes[name].take_focus()

    def _place(self, name: str) -> Region:
        part = self.panes.get(name) or self.query_one(f"#{name}")
        return part.region
