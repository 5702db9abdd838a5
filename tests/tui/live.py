"""The console over a real store and a real log, with the clock under the test's hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.tui.console import Console
from textual.events import Paste
from textual.pilot import Pilot

from warroom.bootstrap import console_services, open_containment, open_local_room, open_logs
from warroom.core.clocks import clocks
from warroom.core.decide import Refusal
from warroom.core.state import Incident
from warroom.settings import Settings, load_settings
from warroom.tui.app import WarroomApp

PATIENT = 30.0
"""Seconds to wait for something that takes well under one on a machine at rest."""


class Clock:
    """What the room goes by."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


class Live(Console):
    """Somebody at a console."""

    clock: Clock

    async def keys(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.pilot.press(key)

    async def write(self, text: str, *, instead: bool = False) -> None:
        """Put text where the caret is, or in place of what stands there."""
        if instead:
            await self.keys("ctrl+e", "ctrl+u")
        self.app.post_message(Paste(text))
        await self.pilot.pause()

    async def fields(self, **texts: str) -> None:
        """Fill fields of a form by name, going to each with tab."""
        for name, text in texts.items():
            await self.field(name)
            await self.write(text, instead=True)

    async def field(self, name: str) -> None:
        """Go to a field of a form."""
        for _ in range(20):
            focused = self.app.focused
            if focused is not None and focused.id == f"field-{name}":
                return
            await self.pilot.press("tab")
        raise AssertionError(f"no field {name}:\n{self.text}")

    async def dialog(self, text: str) -> None:
        """Wait for a dialog that can be answered: it has been seen for a moment."""
        await self.until(text, PATIENT)
        await self.holds(lambda: self.ready, "a dialog that reads keys", PATIENT)

    @property
    def ready(self) -> bool:
        guard = getattr(self.app.screen, "guard", None)
        return guard is not None and guard.ready()

    async def next(self, verb: str) -> None:
        """Press the next key once it means this."""
        await self.shows(lambda: self.next_verb == verb, f"next: {verb}")
        await self.pilot.press("full_stop")

    @property
    def next_verb(self) -> str:
        step = self.main.snapshot.next_step if self.main.snapshot else None
        at_rest = self.app.screen is self.main
        return step.verb if step is not None and at_rest else ""

    async def shows(self, condition, words: str) -> None:
        try:
            await self.holds(condition, words, PATIENT)
        except AssertionError as error:
            told = "\n".join(said.text for said in self.main.notices.kept)
            raise AssertionError(f"{error}\nnotices:\n{told}") from None

    async def deliberate(self, key: str) -> None:
        """Press a capital on purpose: alone, and not at once."""
        await asyncio.sleep(0.3)
        await self.pilot.press(key)
        await asyncio.sleep(0.2)

    async def read_postmortem(self) -> None:
        """Keep the draft as it is, once it can be written in."""
        editor = self.main.work_pane.postmortem.editor
        await self.shows(lambda: editor.has_focus and bool(editor.text), "the postmortem")
        await self.keys("ctrl+s", "escape")

    @property
    def incident(self) -> Incident:
        assert self.main.current is not None
        return self.main.current

    def met(self) -> dict[str, float | None]:
        """Each clock: hours from the declaration until it was met."""
        found = {}
        for one in clocks(self.incident):
            met = one.met_at
            hours = (met - self.incident.declared_at) / timedelta(hours=1) if met else None
            found[one.name] = hours
        return found


@asynccontextmanager
async def live(
    home: Path, clock: Clock, log: Path | None = None, *, actor: str = "ana", config: str = "",
    size: tuple[int, int] = (140, 40),
) -> AsyncIterator[Live]:  # fmt: skip
    """Open a console; the store is that of `home`, whoever opened it before."""
    settings = settings_in(home, actor, config)
    with open_logs(settings, [str(log)] if log else []) as logs:
        given = replace(
            console_services(settings, logs),
            open_room=lambda: open_local_room(settings, clock),
            containment=lambda room: open_containment(settings, room, logs),
        )
        app = WarroomApp(given)
        async with app.run_test(size=size, notifications=True) as pilot:
            driver = _driver(app, pilot, clock)
            await driver.shows(
                lambda: driver.main.snapshot is not None and driver.main.snapshot.loaded, "store"
            )
            yield driver
        if app.room is not None:
            app.room.close()


def _driver(app: WarroomApp, pilot: Pilot[int], clock: Clock) -> Live:
    driver = Live(app, pilot)
    driver.clock = clock
    return driver


def settings_in(home: Path, actor: str, config: str = "") -> Settings:
    """Settings that touch nothing outside `home`."""
    path = home / "config.toml"
    if config or not path.exists():
        path.write_text(config)
    return replace(
        load_settings(path, {"db": str(home / "room.db"), "actor": actor}, {}),
        config_folder=home / "config",
        state_folder=home / "state",
    )


def told(result: object) -> Incident:
    """The incident after something another front door did."""
    assert not isinstance(result, Refusal), result
    return result.incident  # type: ignore[attr-defined]


NOW = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
