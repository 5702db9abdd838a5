"""The palette: find any action by its words; shows its key and its shell line; runs no step."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from warroom.core.text import clean_line
from warroom.tui.commands import Entry, matching
from warroom.tui.draw import Line, cut
from warroom.tui.screens.dialog import Asked
from warroom.tui.theme import Palette
from warroom.tui.widgets.picklist import PickList, Row
from warroom.tui.widgets.words import WordsInput

_PAUSE = 0.1
"""Seconds without a key before the history is searched."""
_SHORTEST = 2
"""Letters from which on it is."""
_DETAIL_LINES = 6
_LEAVE = (("esc", "leave"),)
"""What a key does where nothing was found."""
_KEYS = (
    ("enter", "open, runs nothing"),
    ("esc", "leave"),
    ("↑ ↓", "choose"),
    ("tab", "complete"),
    ("^o", "copy shell line"),
)


class PaletteScreen(Asked[Entry]):
    """Type to find, arrows to choose, enter opens."""

    CSS = """
    PaletteScreen > Vertical {
        width: 100; max-width: 100%; height: 24; max-height: 100%; margin: 2 0;
        background: $wr-bg3; border: round $wr-accent; padding: 0 1;
    }
    PaletteScreen { align: center top; }
    PaletteScreen PickList { background: $wr-bg3; height: 1fr; }
    PaletteScreen Input {
        border: none; height: 1; padding: 0 1; background: $wr-bg3; color: $wr-text;
    }
    PaletteScreen Input:focus { border: none; background-tint: $wr-bg3 0%; }
    PaletteScreen Input > .input--placeholder { color: $wr-mute; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="palette.leave", priority=True),
        Binding("up,ctrl+p", "move(-1)", "up", show=False, id="palette.up", priority=True),
        Binding("down,ctrl+n", "move(1)", "down", show=False, id="palette.down", priority=True),
        Binding("pageup", "page(-1)", "page up", show=False, id="palette.page_up", priority=True),
        Binding("pagedown", "page(1)", "down", show=False, id="palette.page_down", priority=True),
        Binding("tab", "complete", "complete", show=False, id="palette.complete", priority=True),
        Binding("ctrl+o", "copy", "copy shell line", id="palette.copy", priority=True),
    ]  # fmt: skip

    def __init__(
        self,
        palette: Palette,
        entries: Sequence[Entry],
        *,
        words: str = "",
        more: Callable[[str], Awaitable[Sequence[Entry]]] | None = None,
    ) -> None:
        """Show entries; `more` looks elsewhere for the words while they are typed."""
        super().__init__()
        self._more = more
        self.palette = palette
        self._entries = entries
        self._words = words
        self._found: list[tuple[Entry, tuple[int, int]]] = []
        self._said = ""
        incidents = bool(entries) and all(entry.group == "incident" for entry in entries)
        asks = "which incident" if incidents else "what do you want to do"
        self.input = WordsInput(words, placeholder=asks, select_on_focus=False)
        self.list = PickList(palette, ground="bg3")
        self.list.can_focus = False
        self.detail = _Detail(palette)

    def compose(self) -> ComposeResult:
        """The input, what matches, and what the chosen one stands for."""
        with Vertical():
            yield self.input
            yield _Rule(self.palette)
            yield self.list
            yield _Rule(self.palette)
            yield self.detail

    def on_mount(self) -> None:
        """Ready to type."""
        self.input.focus()
        self._fill()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._fill()
        if self._more is not None:
            self._look(self._more)

    @work(group="palette", exclusive=True, exit_on_error=False, description="Searching")
    async def _look(self, more: Callable[[str], Awaitable[Sequence[Entry]]]) -> None:
        """Add what is found elsewhere below, once nothing was typed for a moment."""
        await asyncio.sleep(_PAUSE)
        words = self.input.value.strip()
        found = await more(words) if len(words) >= _SHORTEST else ()
        if found and words == self.input.value.strip():
            chosen = self.list.cursor
            self._found += [(entry, (0, 0)) for entry in found]
            self._show()
            self.list.put_cursor(chosen)
            self._tell()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._choose()

    @on(PickList.Chosen)
    def _clicked(self) -> None:
        self._choose()

    @on(PickList.Moved)
    def _moved(self) -> None:
        self._tell()

    def action_leave(self) -> None:
        """Leave; nothing was done."""
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Choose the neighbour."""
        self.list.action_move(by)

    def action_page(self, by: int) -> None:
        """Choose a screen further."""
        self.list.action_page(by)

    def action_complete(self) -> None:
        """Take the words of the chosen entry into the input."""
        entry = self.chosen
        if entry is not None:
            self.input.value = clean_line(entry.title)
            self.input.cursor_position = len(self.input.value)

    def action_copy(self) -> None:
        """Copy the shell line."""
        entry = self.chosen
        if entry is not None and entry.cli:
            self.app.copy_to_clipboard(clean_line(entry.cli))
            self._said = "copied"
            self._tell()

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        if not self.list.cursor:
            return None
        return self._found[int(self.list.cursor)][0]

    def _choose(self) -> None:
        if self.chosen is not None:
            self.dismiss(self.chosen)

    def _fill(self) -> None:
        self._found = matching(self._entries, self.input.value)
        self._said = ""
        self.list.cursor = ""
        self._show()
        self.list.action_edge(-1)
        self._tell()

    def _show(self) -> None:
        rows = [
            Row(str(number), 1, partial(_draw, entry=entry, span=span))
            for number, (entry, span) in enumerate(self._found)
        ]
        if not rows:
            words = "Nothing has these words. A shorter one may."
            rows = [Row("", 1, lambda line, _n, _w: line.put(f" {words}", "mute"))]
        self.list.show(rows)

    def _tell(self) -> None:
        self.detail.show(self.chosen, f"{len(self._found)} of {len(self._entries)}", self._said)


def _draw(line: Line, n: int, width: int, *, entry: Entry, span: tuple[int, int]) -> None:
    del n
    line.put(f" {entry.group}".ljust(10), "mute")
    notes = min(30, max(0, width - 56))
    room = width - line.width - 6 - notes - 1
    title = cut(entry.title, room)
    start, end = span if span[1] <= len(title) and title[: span[1]].isascii() else (0, 0)
    line.put(title[:start], "text").put(title[start:end], "accent", bold=True)
    line.put(title[end:], "text").to(width - 6 - notes)
    line.put(f"{entry.key:<5} ", "accent", bold=True)
    line.say(entry.note, "mute", notes - 1)


class _Rule(Widget):
    """A hairline."""

    DEFAULT_CSS = "_Rule { height: 1; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette

    def render_line(self, y: int) -> Strip:
        """Draw it."""
        del y
        return Line(self.palette, "bg3").put("─" * self.size.width, "line").strip(self.size.width)


class _Detail(Widget):
    """The chosen entry in words, its shell line, and the keys of the palette."""

    DEFAULT_CSS = "_Detail { height: 7; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self._entry: Entry | None = None
        self._count = ""
        self._said = ""

    def show(self, entry: Entry | None, count: str, said: str) -> None:
        """Describe another entry."""
        self._entry, self._count, self._said = entry, count, said
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        line = Line(self.palette, "bg3").put(" ")
        entry = self._entry
        if y == _DETAIL_LINES:
            for key, verb in _KEYS if entry is not None else _LEAVE:
                if line.width + len(key) + len(verb) + 1 < width:
                    line.put(key, "accent", bold=True).put(f" {verb}   ", "soft")
        elif entry is not None and y == 0:
            line.say(entry.title, "text", width - 16, bold=True)
            line.to(width - len(self._count) - 1).put(self._count, "mute")
        elif entry is not None and 1 <= y <= min(len(entry.about), 3):
            line.say(entry.about[y - 1], "soft", width - 2)
        elif entry is not None and y == _DETAIL_LINES - 2 and entry.cli:
            line.put("on the shell  ", "mute").say(entry.cli, "text", width - 26)
            line.put(f"  {self._said}", "ok")
        return line.strip(width)
