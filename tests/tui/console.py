"""Drive the console like a person: keys in, text out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.tui.fakes import FakeRoom, services
from textual.pilot import Pilot

from warroom.tui.app import WarroomApp
from warroom.tui.screens.main import MainScreen
from warroom.tui.services import Services


def screen_text(app: WarroomApp) -> str:
    """What is on the terminal, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


class Console:
    """A running console."""

    def __init__(self, app: WarroomApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def main(self) -> MainScreen:
        main = self.app.screen_stack[0]
        assert isinstance(main, MainScreen)
        return main

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def notice(self) -> str:
        latest = self.main.notices.latest
        return latest.text if latest is not None else ""

    @property
    def footer(self) -> str:
        return " ".join(f"{hint.key} {hint.verb}" for hint in self.main.footer.hints)

    @property
    def shown(self) -> str:
        current = self.main.current
        return current.id if current is not None else ""

    @property
    def panes(self) -> list[str]:
        """Which panes can be seen."""
        return [n for n, pane in self.main.panes.items() if pane.display and pane.parent.display]

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
        await self.settle()

    async def wait(self, seconds: float) -> None:
        await self.pilot.pause(seconds)

    async def settle(self) -> None:
        """Let threads and messages come to rest."""
        await self.pilot.pause(0.05)

    async def until(self, text: str, seconds: float = 30.0) -> None:
        """Wait until something is on the screen."""
        await self.holds(lambda: text in self.text, text, seconds)

    async def holds(self, condition, words: str = "", seconds: float = 30.0) -> None:
        for _ in range(int(seconds / 0.05)):
            if condition():
                return
            await self.pilot.pause(0.05)
        raise AssertionError(f"{words or condition} never came; the screen shows\n{self.text}")


@asynccontextmanager
async def console(
    room: FakeRoom | None = None,
    size: tuple[int, int] = (140, 40),
    given: Services | None = None,
    *,
    ready: bool = True,
    **more: object,
) -> AsyncIterator[Console]:
    """Open a console over a fake room."""
    app = WarroomApp(given or services(room, **more))
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Console(app, pilot)
        if ready:
            await driver.holds(
                lambda: driver.main.snapshot is not None and driver.main.snapshot.loaded
            )
            await driver.settle()
        yield driver
