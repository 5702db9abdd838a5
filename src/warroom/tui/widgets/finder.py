"""The row in which somebody types what to find in a text."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, line
from warroom.tui.widgets.sheet import Sheet
from warroom.tui.widgets.words import WordsInput


class _Words(WordsInput):
    """The words themselves; everything else is a key of the row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+f", "step(1)", "next", show=False, id="find.next"),
        Binding("up", "step(-1)", "previous", show=False, id="find.previous"),
        Binding("escape", "leave", "back", show=False, id="find.leave"),
    ]

    def action_step(self, by: int) -> None:
        """Ask for the next place, or the one before."""
        self.post_message(Finder.Asked(self.value, by))

    def action_leave(self) -> None:
        """Go back to the text; what was found stays selected."""
        self.post_message(Finder.Left())


class Finder(Horizontal):
    """Search in a text: each letter goes to the next place, enter and the arrows go on."""

    DEFAULT_CSS = """
    Finder { height: 1; background: $wr-bg1; display: none; }
    Finder Sheet { width: 8; height: 1; }
    Finder #found { width: 34; }
    Finder Input, Finder Input:focus {
        background: $wr-bg1; color: $wr-text; padding: 0; border: none; width: 1fr; height: 1;
    }
    """

    class Asked(Message):
        """Go to a place that holds the words: by 1, by -1, or 0 for the one at the cursor."""

        def __init__(self, words: str, by: int) -> None:
            super().__init__()
            self.words = words
            self.by = by

    class Left(Message):
        """The reader goes back to the text."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.words = _Words(compact=True)
        self._found: tuple[int, int] | None = None
        self._label = Sheet(palette, lambda _: [line(Piece(" find ", "accent", True))], on="bg1")
        self._count = Sheet(palette, self._counted, on="bg1", id="found")

    def compose(self) -> ComposeResult:
        """Lay out label, words and count."""
        yield self._label
        yield self.words
        yield self._count

    def open(self, words: str = "") -> None:
        """Show the row and take the focus; `words` replace what was found before."""
        self.display = True
        if words:
            self.words.value = words
        self.words.select_all()
        self.words.focus()

    def tell(self, number: int, of: int) -> None:
        """Say which place is shown."""
        self._found = (number, of) if self.words.value.strip() else None
        self._count.redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Go to the first place from the cursor on."""
        event.stop()
        self.post_message(self.Asked(event.value, 0))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next place."""
        event.stop()
        self.post_message(self.Asked(event.value, 1))

    def _counted(self, _: int) -> list[Line]:
        if self._found is None:
            return [line(Piece("enter next  up previous  esc back", "mute"))]
        number, of = self._found
        if not of:
            return [line(Piece("nowhere in this text", "warn"))]
        return [line(Piece(f"{number} of {of}", "soft"), Piece("  enter next  esc back", "mute"))]
