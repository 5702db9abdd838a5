"""The console as an application: themes, what the terminal can show, signals, and its end."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, Key, Paste
from textual.filter import LineFilter

from warroom.core.text import clean_line
from warroom.room.service import Room
from warroom.tui.attention import FLASH, call_bytes, end_bytes
from warroom.tui.filters import Shortfall
from warroom.tui.garbage import spare_keys
from warroom.tui.keymap import KeymapError, check, gather
from warroom.tui.presets import with_preset
from warroom.tui.scopes import SCOPES
from warroom.tui.screens.main import MainScreen
from warroom.tui.services import Services
from warroom.tui.theme import Palette, load_palettes
from warroom.tui.typeahead import TypeAhead
from warroom.tui.typed import CarefulDriver

_THREADS = 32
"""Panes, the observer, a running step and its measuring each hold a thread for a while."""


class WarroomApp(App[int]):
    """One console."""

    TITLE = "warroom"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: $wr-bg0; color: $wr-text; }
    ModalScreen { background: $wr-bg0 62%; align: center middle; }
    * { scrollbar-size: 1 1; }
    Input { scrollbar-size: 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit_console", "quit", show=False, priority=True, id="app.quit"),
        Binding("ctrl+c", "copy", "copy", show=False, system=True, id="app.copy"),
    ]

    def __init__(self, services: Services) -> None:
        """Check what a person configured before anything is drawn.

        Raises:
            KeymapError: A key that was set cannot be used.
        """
        self.services = services
        self.palettes: dict[str, Palette] = dict(services.palettes)
        self.palette = self.palettes.get(services.theme) or next(iter(self.palettes.values()))
        self.shortfall = Shortfall(ascii_glyphs=services.ascii_glyphs)
        self.keys = gather({**SCOPES, "app": WarroomApp})
        self.overrides = check(with_preset(services.preset, services.keymap), self.keys)
        self.room: Room | None = None
        """Set when the store answers; closed by whoever ran the app, after its threads ended."""
        super().__init__(driver_class=CarefulDriver)
        self._entitled = ""
        self.ahead = TypeAhead(self, super().on_event)
        for palette in self.palettes.values():
            self.register_theme(palette.to_textual())
        self.theme = self.palette.name
        self.set_keymap(self.overrides)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Every token exists under every theme, the framework's own ones too."""
        return {f"wr-{token}": colour for token, colour in self.palette.colours.items()}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What the terminal cannot show is replaced last."""
        return self.shortfall.filters(self, self.palette) or super().get_line_filters()

    def get_default_screen(self) -> MainScreen:
        """The war room."""
        return MainScreen(self.palette, self.services)

    async def on_load(self) -> None:
        """Give blocking work enough threads, and end cleanly on a signal."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="console"))
        if self.is_headless:
            return
        spare_keys(loop)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, partial(self.leave, 128 + number))

    async def on_event(self, event: Event) -> None:
        """Let keys wait their turn; a key that comes back from a widget goes on as ever."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self.ahead.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Watch the theme files."""
        if self.services.theme_folders:
            self._theme_times = _times(self.services)
            self.set_interval(1.0, self._look_at_themes, name="themes")

    def leave(self, status: int = 0) -> None:
        """End the console; what runs in threads is told to stop."""
        self.run_worker(self._finish(status), group="leave", exclusive=True, exit_on_error=False)

    async def _finish(self, status: int) -> None:
        """Keep what was typed, stop the threads, end."""
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                await screen.save_everything()
                screen.stop_everything()
        self.exit(status, return_code=status)

    def call_attention(self, words: str) -> None:
        """Call a person who looks elsewhere, in the way that was set; foreign text is allowed."""
        way = self.services.notify
        told = call_bytes(way, words, os.environ)
        if told and not self.is_headless and self._driver is not None:
            self._driver.write(told)
            end = end_bytes(way)
            if end:
                self.set_timer(FLASH, partial(self._driver.write, end))

    def entitle(self, words: str) -> None:
        """Write the terminal's title, if it is another one; cleaned words only."""
        if words != self._entitled and self._driver is not None and not self.is_headless:
            self._entitled = words
            self._driver.write(f"\x1b]2;{words}\x07")

    def action_quit_console(self) -> None:
        """Leave, through the question whether a running step may be stopped."""
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.action_quit()
                return
        self.leave()

    def action_copy(self) -> None:
        """Copy what is selected; the key never ends the console."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            return
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.say("Nothing is selected to copy. q leaves.")

    def use_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        self.palette = self.palettes[name]
        self.theme = name
        for screen in self.screen_stack:
            for widget in (screen, *screen.query("*")):
                if hasattr(widget, "palette"):
                    widget.palette = self.palette
                    widget.refresh()

    @work(thread=True, group="themes", exclusive=True, exit_on_error=False)
    def _look_at_themes(self) -> None:
        times = _times(self.services)
        if times == self._theme_times:
            return
        self._theme_times = times
        found, complaints = load_palettes(*self.services.theme_folders[-1:])
        self.call_from_thread(self._themes_changed, found, complaints)

    def _themes_changed(self, found: Mapping[str, Palette], complaints: Sequence[str]) -> None:
        self.palettes.update(found)
        for palette in found.values():
            self.register_theme(palette.to_textual())
        current = self.palettes[self.theme]
        if current != self.palette:
            self.use_theme(self.theme)
            self.refresh_css(animate=False)
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                for words in complaints:
                    screen.say(words, "warn")

    def _fatal_error(self) -> None:
        """Say what broke without showing what was in it: locals may hold secrets or log lines."""
        error = sys.exc_info()[1]
        self._exit_renderables.append(Text(_report(error, self.services)))
        self._close_messages_no_wait()


def run_console(services: Services) -> int:
    """Run the console in this process and return its exit status.

    A mistake in the configured keys is one message and status 2; a crash is a message without
    local variables and status 1; a signal is 128 + n.
    """
    try:
        app = WarroomApp(services)
    except KeymapError as error:
        sys.stderr.write(f"warroom: {clean_line(error.msg)}\n         {clean_line(error.hint)}\n")
        return 2
    try:
        app.run()
    finally:
        if app.room is not None:
            app.room.close()
    return app.return_code or 0


def _times(services: Services) -> dict[str, float]:
    return {
        str(path): path.stat().st_mtime
        for folder in services.theme_folders
        if folder.is_dir()
        for path in folder.glob("*.toml")
    }


def _report(error: BaseException | None, services: Services) -> str:
    """Return one message about a crash, and keep the traceback where it can be sent from."""
    if error is None:
        return "warroom stopped because of an error in itself."
    text = "".join(traceback.format_exception(error))
    where = ""
    if services.crash_folder is not None:
        name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.txt"
        try:
            services.crash_folder.mkdir(parents=True, exist_ok=True)
            (services.crash_folder / name).write_text(text, "utf-8")
            where = f"\nThe traceback is in {services.crash_folder / name}."
        except OSError:
            where = "\n" + text
    else:
        where = "\n" + text
    return (
        f"warroom stopped because of an error in itself: {clean_line(repr(error), 300)}\n"
        f"Everything that was acknowledged is in the journal.{where}"
    )
