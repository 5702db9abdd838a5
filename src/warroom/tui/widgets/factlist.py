"""The list of facts: each row that can be seen has a letter, and the letter inserts it."""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from warroom.tui.facts import Fact
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Piece, cells, cut, draw, fit, line, rule

_LABEL = 16


class FactList(Widget, can_focus=True):
    """Facts to insert by one key; it also simply shows them while the text has the focus."""

    DEFAULT_CSS = "FactList { height: 1fr; background: $wr-bg0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False, id="facts.up"),
        Binding("down", "move(1)", "down", show=False, id="facts.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="facts.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="facts.page_down"),
        Binding("home", "edge(-1)", "first", show=False, id="facts.first"),
        Binding("end", "edge(1)", "last", show=False, id="facts.last"),
        Binding("enter", "take", "insert", show=False, id="facts.insert"),
        Binding("escape,f4", "leave", "back", show=False, id="facts.leave"),
    ]

    class Taken(Message):
        """A fact is to be inserted."""

        def __init__(self, fact: Fact) -> None:
            super().__init__()
            self.fact = fact

    class Left(Message):
        """The writer goes back to the text."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="facts")
        self.palette = palette
        self.facts: Sequence[Fact] = ()
        self.cursor = 0
        self._top = 0

    def show(self, facts: Sequence[Fact]) -> None:
        """Show facts; the cursor stays where it is as far as there are so many."""
        if facts != self.facts:
            self.facts = facts
            self._go(self.cursor)

    @property
    def room(self) -> int:
        """How many facts can be seen."""
        return max(self.size.height - 1, 1)

    def letter(self, number: int) -> str:
        """Return the letter of a fact, by its number from 0; empty: none in sight."""
        place = number - self._top
        return ascii_lowercase[place] if 0 <= place < min(self.room, 26) else ""

    def on_key(self, event: events.Key) -> None:
        """Insert the fact of a letter."""
        place = ascii_lowercase.find(event.character or " ")
        number = self._top + place
        if 0 <= place < self.room and number < len(self.facts):
            event.stop()
            self.post_message(self.Taken(self.facts[number]))

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by what can be seen."""
        self._go(self.cursor + by * max(self.room - 1, 1))

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first or the last fact."""
        self._go(0 if side < 0 else len(self.facts) - 1)

    def action_take(self) -> None:
        """Insert the fact under the cursor."""
        if self.facts:
            self.post_message(self.Taken(self.facts[self.cursor]))

    def action_leave(self) -> None:
        """Go back to the text."""
        self.post_message(self.Left())

    def on_focus(self) -> None:
        """Draw it as focused."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw it as at rest."""
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._go(self.cursor)

    def _go(self, number: int) -> None:
        self.cursor = max(0, min(number, len(self.facts) - 1))
        self._top = max(min(self._top, self.cursor), self.cursor - self.room + 1, 0)
        self._top = max(min(self._top, len(self.facts) - self.room), 0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the title or one fact."""
        width = self.size.width
        if y == 0:
            return draw(self._title(width), width, self.palette)
        number = self._top + y - 1
        if number >= len(self.facts):
            words = "Nothing is known yet." if not self.facts and y == 1 else ""
            return draw(line(Piece(f" {words}", "mute")), width, self.palette)
        fact = self.facts[number]
        here = self.has_focus and number == self.cursor
        letter = self.letter(number) if self.has_focus else ""
        gutter = Piece("▌" if here else " ", "accent")
        entry = len(fact.label) < 5  # of the timeline: its words matter more than its number
        label = 6 if entry else _LABEL
        room = max(width - label - 4, 4)
        value = cut(fact.value, room)
        gap = "" if entry else " " * (room - cells(value))
        row = line(
            gutter,
            Piece(f"{letter or ' '} ", "accent", bold=True),
            Piece(fit(fact.label, label), "text" if here else "soft"),
            Piece(f"{gap}{value}", fact.token),
        )
        return draw(row, width, self.palette, "bg2" if here else "bg0")

    def _title(self, width: int) -> tuple[Piece, ...]:
        if self.has_focus:
            fact = (Piece("a letter inserts", "soft"), Piece("  esc back", "mute"))
        else:
            fact = (Piece("F4", "accent", bold=True), Piece(" then the letter", "mute"))
        return rule("Facts", width, fact, focused=self.has_focus)
