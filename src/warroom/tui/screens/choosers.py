"""Fields that are chosen, not typed: one of several words, several of them, weights."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, gauge, line
from warroom.tui.widgets.sheet import Sheet


class Chooser(Sheet, can_focus=True):
    """A field whose value is a string that its keys change."""

    class Changed(Message):
        """The reader chose something."""

        def __init__(self, chooser: "Chooser") -> None:
            super().__init__()
            self.chooser = chooser

    def __init__(self, palette: Palette, name: str, value: str, ground: str) -> None:
        super().__init__(palette, self.lines, on=ground, id=f"field-{name}")
        self.value = value

    def lines(self, width: int) -> Sequence[Line]:
        """Return the field as it is drawn."""
        raise NotImplementedError

    def on_focus(self) -> None:
        """Draw it as focused, once it is: this is asked before the framework takes note of it."""
        self.call_later(self.redraw)

    def on_blur(self) -> None:
        """Draw it as at rest."""
        self.call_later(self.redraw)

    def change(self, value: str) -> None:
        """Take a value over and tell about it."""
        self.value = value
        self.redraw()
        self.post_message(self.Changed(self))


class Choice(Chooser):
    """One of a few words, chosen with the arrow keys or by its first letter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "previous", show=False, id="choice.previous"),
        Binding("right,space", "step(1)", "next", show=False, id="choice.next"),
    ]

    def __init__(
        self,
        palette: Palette,
        name: str,
        value: str,
        choices: Sequence[tuple[str, str]],
        *,
        ground: str = "bg3",
    ) -> None:
        values = [known for known, _ in choices]
        super().__init__(palette, name, value if value in values else values[0], ground)
        self.choices = choices

    def action_step(self, by: int) -> None:
        """Choose the next one."""
        values = [value for value, _ in self.choices]
        self.change(values[(values.index(self.value) + by) % len(values)])

    def on_key(self, event: events.Key) -> None:
        """Choose by the first letter of a word; the same letter again goes on."""
        letter = (event.character or "").lower()
        found = [value for value, word in self.choices if letter and word.lower()[0] == letter]
        if found:
            event.stop()
            at = found.index(self.value) + 1 if self.value in found else 0
            self.change(found[at % len(found)])

    def lines(self, width: int) -> Sequence[Line]:
        """Return the words, the chosen one as a badge or in brackets."""
        found: list[Line] = []
        row: list[Piece] = []
        for value, word in self.choices:
            here = value == self.value
            fill = here and self.has_focus
            text = f"[{word}]" if here and not fill else f" {word} "
            if row and sum(cells(piece.text) for piece in row) + cells(text) > width:
                found.append(tuple(row))
                row = []
            row.append(Piece(text, "accent" if here else "mute", bold=here, fill=fill))
        return [*found, tuple(row)]


class Several(Chooser):
    """Any number of words, each on a row of its own; the value is their names with commas."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False, id="several.up"),
        Binding("down", "move(1)", "down", show=False, id="several.down"),
        Binding("space", "flip", "choose", show=False, id="several.toggle"),
    ]

    def __init__(
        self, palette: Palette, name: str, value: str, choices: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(palette, name, value, "bg3")
        self.choices = choices
        self.cursor = 0

    @property
    def chosen(self) -> list[str]:
        """The names that are chosen, in the order of the rows."""
        return [name for name, _ in self.choices if name in self.value.split(",")]

    def action_move(self, by: int) -> None:
        """Move between the rows."""
        self.cursor = max(0, min(self.cursor + by, len(self.choices) - 1))
        self.redraw()

    def action_flip(self) -> None:
        """Choose the row, or not any more."""
        name = self.choices[self.cursor][0]
        chosen = set(self.chosen) ^ {name}
        self.change(",".join(known for known, _ in self.choices if known in chosen))

    def lines(self, width: int) -> Sequence[Line]:
        """Return a row each."""
        del width
        found = []
        for number, (name, words) in enumerate(self.choices):
            here = number == self.cursor and self.has_focus
            on = name in self.chosen
            gutter = Piece("▌" if here else " ", "accent")
            mark = Piece("▲ " if on else "· ", "s5" if on else "mute")
            found.append(line(gutter, mark, Piece(words, "text" if on else "soft", bold=on)))
        return found


class Weights(Chooser):
    """Weights of 0 to 3 by name; the value is `name=weight` with commas, unset ones left out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False, id="weights.up"),
        Binding("down", "move(1)", "down", show=False, id="weights.down"),
        Binding("left", "step(-1)", "less", show=False, id="weights.less"),
        Binding("right,space", "step(1)", "more", show=False, id="weights.more"),
    ]

    def __init__(
        self, palette: Palette, name: str, value: str, names: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(palette, name, value, "bg3")
        self.names = names
        self.cursor = 0

    @property
    def weights(self) -> dict[str, int]:
        """The weights that are set."""
        pairs = (part.partition("=") for part in self.value.split(",") if "=" in part)
        return {name: int(weight) for name, _, weight in pairs if weight in {"0", "1", "2", "3"}}

    def action_move(self, by: int) -> None:
        """Move between the rows."""
        self.cursor = max(0, min(self.cursor + by, len(self.names) - 1))
        self.redraw()

    def action_step(self, by: int) -> None:
        """Change a weight by one."""
        name = self.names[self.cursor][0]
        self._set(name, max(0, min(self.weights.get(name, -1 if by > 0 else 1) + by, 3)))

    def on_key(self, event: events.Key) -> None:
        """Set a weight by its digit; backspace makes it an open question again."""
        name = self.names[self.cursor][0]
        if event.key in {"0", "1", "2", "3"}:
            event.stop()
            self._set(name, int(event.key))
            self.action_move(1)
        elif event.key in {"backspace", "delete"}:
            event.stop()
            self._set(name, None)

    def _set(self, name: str, weight: int | None) -> None:
        weights: dict[str, int | None] = {**self.weights, name: weight}
        self.change(",".join(f"{k}={v}" for k, v in weights.items() if v is not None))

    def lines(self, width: int) -> Sequence[Line]:
        """Return a measure each; what nobody has said is a question."""
        room = 15 if width >= 40 else 8
        label = max(cells(words) for _, words in self.names) + 2
        found = []
        for number, (name, words) in enumerate(self.names):
            here = number == self.cursor and self.has_focus
            weight = self.weights.get(name)
            gutter = Piece("▌" if here else " ", "accent")
            text = Piece(fit(words, label), "text" if weight else "soft")
            if weight is None:
                found.append(line(gutter, text, Piece("?", "pend", bold=True)))
                continue
            tone = "accent" if weight >= 2 else "soft"
            bar = gauge(weight / 3, room, tone)
            found.append(line(gutter, text, *bar, Piece(f"  {weight}", bold=bool(weight))))
        return found
