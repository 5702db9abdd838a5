"""The row between chart and log: what is filtered and searched, and where that is typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from warroom.core.text import clean_line
from warroom.tui.theme import Palette
from warroom.tui.widgets.ink import Ink, ink_for
from warroom.tui.widgets.words import WordsInput

Pieces = tuple[tuple[str, str, bool], ...]
"""Text (foreign allowed), colour token, bold."""


_EXAMPLES = {
    "filter": "5xx /api/checkout -health",
    "search": "words or a pattern",
    "time": "14:02, 14:02:11 or -5m",
}
"""What may be typed, shown while nothing is."""


class BarLine(Widget):
    """What is filtered and searched at the left, what may be done about it at the right."""

    DEFAULT_CSS = "BarLine { height: 1; width: 1fr; background: $surface; }"

    left: reactive[Pieces] = reactive(())
    right: reactive[Pieces] = reactive(())

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self._ink: Ink | None = None

    def render_line(self, y: int) -> Strip:
        """Draw the row; `y` is always 0."""
        del y
        ink = self._ink = ink_for(self.palette, self._ink)
        width = self.size.width
        ground = ink.style("mute", on="bg1")
        left = Strip(_segments(self.left, ink))
        right = Strip(_segments(self.right, ink))
        if left.cell_length + right.cell_length + 4 > width:  # an edge each, two between
            return left.adjust_cell_length(width, ground).apply_style(ground)
        gap = Segment(" " * (width - left.cell_length - right.cell_length - 2), ground)
        row = Strip([Segment(" ", ground), *left, gap, *right])
        return row.adjust_cell_length(width, ground).apply_style(ground)


def _segments(pieces: Pieces, ink: Ink) -> list[Segment]:
    return [
        Segment(clean_line(text), ink.style(token, on="bg1", bold=bold))
        for text, token, bold in pieces
    ]


class BarInput(WordsInput):
    """Where a search, a filter or a time is typed."""

    DEFAULT_CSS = """
    BarInput, BarInput:focus { background: $surface; padding: 0; border: none; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", show=False, id="log.bar_leave"),
        Binding("up", "past(1)", "used before", show=False, id="log.bar_older"),
        Binding("down", "past(-1)", "used later", show=False, id="log.bar_newer"),
        Binding("ctrl+s", "submit", "take it", show=False, id="log.bar_take"),
    ]

    class Left(Message):
        """The reader went back without taking what was typed."""

    @dataclass
    class Cleared(Message):
        """The key that opened the input came again at once: clear what it is for."""

        key: str

    opener = ""
    """The key that opened it."""

    past: Sequence[str] = ()
    """What was typed here before, the newest first."""
    _recalled = -1
    _begun = ""
    """What was typed before something older was recalled."""

    def remember(self, past: Sequence[str]) -> None:
        """Offer what was typed before."""
        self.past, self._recalled = past, -1

    def action_past(self, step: int) -> None:
        """Recall what was typed before, or go back towards what is being typed."""
        place = max(-1, min(self._recalled + step, len(self.past) - 1))
        if place == self._recalled:
            return
        if self._recalled < 0:
            self._begun = self.value
        self._recalled = place
        self.value = self._begun if place < 0 else self.past[place]
        self.cursor_position = len(self.value)

    def action_leave(self) -> None:
        """Go back."""
        self.post_message(self.Left())

    async def _on_key(self, event: events.Key) -> None:
        opener, self.opener = self.opener, ""
        if opener and event.key == opener:
            event.stop()
            event.prevent_default()
            self.post_message(self.Cleared(opener))
            return
        await super()._on_key(event)


class LogBar(Horizontal):
    """The bar: a line, or an input with its name while something is typed."""

    DEFAULT_CSS = """
    LogBar { height: 1; width: 1fr; background: $surface; display: none; }
    LogBar.shown { display: block; }
    LogBar > BarInput { display: none; }
    LogBar.typing > BarInput { display: block; }
    LogBar.typing > BarLine { width: auto; max-width: 50%; }
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.line = BarLine(palette)
        self.input = BarInput(compact=True, select_on_focus=False)
        self.purpose = ""
        """What is typed: search, filter or time; empty: nothing."""
        self._at_rest: tuple[Pieces, Pieces] = ((), ())

    def compose(self) -> ComposeResult:
        """Yield the line and the input."""
        yield self.line
        yield self.input

    def tell(self, left: Pieces, right: Pieces = ()) -> None:
        """Say what is filtered and searched; nothing hides the bar."""
        self._at_rest = (left, right)
        if not self.purpose:
            self.line.left, self.line.right = left, right
            self.set_class(bool(left), "shown")

    def ask(self, purpose: str, value: str, opener: str, past: Sequence[str] = ()) -> None:
        """Let the reader type, and recall what was typed before."""
        self.purpose = purpose
        name = "/" if purpose == "search" else purpose
        self.line.left, self.line.right = ((f"{name} ", "accent", True),), ()
        self.line.styles.width = len(name) + 2
        self.add_class("shown", "typing")
        self.input.value = value
        self.input.placeholder = _EXAMPLES.get(purpose, "")
        self.input.opener = opener
        self.input.remember(past)
        self.input.cursor_position = len(value)
        self.input.focus()

    def rest(self) -> None:
        """Stop typing and say again what holds."""
        self.purpose = ""
        self.remove_class("typing")
        self.line.styles.width = None
        self.tell(*self._at_rest)
