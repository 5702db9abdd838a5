"""The hypothesis board: proposed, testing, ruled out, confirmed, with the evidence for each."""

from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from warroom.core.state import Hypothesis
from warroom.core.words import HypothesisState
from warroom.tui.messages import ActionRequested
from warroom.tui.panes.base import Hint, deed
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, clip, draw, line, rule, wrap

COLUMNS = (
    HypothesisState.PROPOSED,
    HypothesisState.TESTING,
    HypothesisState.RULED_OUT,
    HypothesisState.CONFIRMED,
)
"""The columns of the board, left to right."""

_TONES = {
    HypothesisState.PROPOSED: "mute",
    HypothesisState.TESTING: "p2",
    HypothesisState.RULED_OUT: "ok",
    HypothesisState.CONFIRMED: "ok",
}

_EMPTY = {
    HypothesisState.PROPOSED: "h proposes one.",
    HypothesisState.CONFIRMED: "Nothing confirmed yet. A diagnosis "
    "can be shared before this fills.",
}


def evidence_mark(text: str) -> tuple[str, str, str]:
    """Return glyph, colour token and words of a piece of evidence: `+` for, `-` against."""
    words = text.strip()
    if words.startswith("+"):
        return "+", "ok", words[1:].strip()
    if words.startswith(("-", "–")):
        return "–", "s5", words[1:].strip()
    return "·", "mute", words


class Board(Widget, can_focus=True):
    """Four columns of hypotheses under one cursor."""

    DEFAULT_CSS = "Board { height: 1fr; width: 1fr; background: $wr-bg0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "down(-1)", "up", show=False, id="board.up"),
        Binding("down", "down(1)", "down", show=False, id="board.down"),
        Binding("left", "across(-1)", "left", show=False, id="board.left"),
        Binding("right", "across(1)", "right", show=False, id="board.right"),
        Binding("enter", "ask('')", "open", show=False, id="board.open"),
        Binding("h", "propose", "new", show=False, id="board.new"),
        Binding("plus", "ask('+')", "evidence for", show=False, id="board.for"),
        Binding("minus", "ask('-')", "evidence against", show=False, id="board.against"),
    ]

    class Asked(Message):
        """A hypothesis is to be changed: its number and `+`, `-` or nothing; empty: a new one."""

        def __init__(self, argument: str) -> None:
            super().__init__()
            self.argument = argument

    class Left(Message):
        """The cursor went over the edge, to the neighbouring tab."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.hypotheses: tuple[Hypothesis, ...] = ()
        self.number = 0
        """The hypothesis under the cursor; 0: none."""
        self.column = 0
        self.asked = False
        """Whether there is an incident to explain."""
        self._tops: dict[int, tuple[int, int]] = {}

    def show(self, hypotheses: tuple[Hypothesis, ...]) -> None:
        """Draw these; the cursor stays on its hypothesis, also when that moved on."""
        if hypotheses == self.hypotheses and hypotheses:
            return
        self.hypotheses = hypotheses
        here = next((h for h in hypotheses if h.number == self.number), None)
        if here is None and hypotheses:
            here = hypotheses[-1]
        self.number = here.number if here else 0
        self.column = COLUMNS.index(here.latest.state) if here else 0
        self.refresh()

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor at rest."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the hypothesis that was clicked."""
        column = min(event.x // max(self._width(), 1), len(COLUMNS) - 1)
        for hypothesis in self._in(column):
            top, bottom = self._tops.get(hypothesis.number, (0, 0))
            if top <= event.y < bottom:
                self.column, self.number = column, hypothesis.number
                self.refresh()

    def action_down(self, step: int) -> None:
        """Move within the column."""
        numbers = [h.number for h in self._in(self.column)]
        if self.number in numbers:
            at = numbers.index(self.number) + step
            self.number = numbers[max(0, min(at, len(numbers) - 1))]
        elif numbers:
            self.number = numbers[0]
        self.refresh()

    def action_across(self, step: int) -> None:
        """Move to the next column that holds something, or over the edge."""
        column = self.column + step
        while 0 <= column < len(COLUMNS) and not self._in(column):
            column += step
        if not 0 <= column < len(COLUMNS):
            self.post_message(self.Left(step))
            return
        self.column, self.number = column, self._in(column)[0].number
        self.refresh()

    def action_ask(self, mark: str) -> None:
        """Ask to move the hypothesis on, or to add evidence."""
        self.post_message(self.Asked(f"{self.number}{mark}" if self.number else ""))

    def action_propose(self) -> None:
        """Ask for a new hypothesis."""
        self.post_message(self.Asked(""))

    def render_line(self, y: int) -> Strip:
        """Draw one line across the columns."""
        if y == 0:
            self._lay_out()
        width = self._width()
        strips = []
        for column, _ in enumerate(COLUMNS):
            inner = width - 1 if column < len(COLUMNS) - 1 else self.size.width - 3 * width
            lines = self._drawn[column] if column < len(self._drawn) else []
            pieces, on = lines[y] if y < len(lines) else ((), "bg0")
            strips.append(draw(pieces, inner, self.palette, on))
            if column < len(COLUMNS) - 1:
                strips.append(draw(line(Piece("│", "line")), 1, self.palette))
        return Strip.join(strips)

    def _width(self) -> int:
        return self.size.width // len(COLUMNS)

    def _in(self, column: int) -> list[Hypothesis]:
        return [h for h in self.hypotheses if h.latest.state is COLUMNS[column]]

    _drawn: tuple[list[tuple[Line, str]], ...] = ()

    def _lay_out(self) -> None:
        self._tops = {}
        self._drawn = tuple(self._column(number) for number, _ in enumerate(COLUMNS))

    def _column(self, column: int) -> list[tuple[Line, str]]:
        state = COLUMNS[column]
        width = self._width() - 2
        found = self._in(column)
        fact = line(Piece(str(len(found)), "mute"))
        lines: list[tuple[Line, str]] = [
            ((Piece(" "), *rule(state.value.replace("_", " "), width, fact)), "bg0"),
            ((), "bg0"),
        ]
        if not found and state in _EMPTY:
            words = _EMPTY[state] if self.asked else ""
            if not words and column == 0:
                words = "No incident is shown."
            lines += [(line(" ", Piece(part, "mute")), "bg0") for part in wrap(words, width)]
        for hypothesis in found:
            lit = hypothesis.number == self.number and self.has_focus
            top = len(lines)
            lines += self._card(hypothesis, width, lit=lit)
            self._tops[hypothesis.number] = (top, len(lines))
            lines.append(((), "bg0"))
        return lines

    def _card(self, hypothesis: Hypothesis, width: int, *, lit: bool) -> list[tuple[Line, str]]:
        on = "bg2" if lit else "bg0"
        here = hypothesis.number == self.number
        gutter = Piece("▌", "accent") if lit else Piece("▎", "mute") if here else Piece(" ")
        state = hypothesis.latest.state
        name = f"H{hypothesis.number} "
        parts = wrap(hypothesis.text, max(width - len(name) - 1, 4))
        head = line(Piece(name, _TONES[state], bold=True), Piece(parts[0], bold=lit))
        body: list[Line] = [head]
        body += [line(" " * len(name), Piece(part, bold=lit)) for part in parts[1:]]
        for _, event in hypothesis.history:
            if not event.evidence:
                continue
            glyph, token, words = evidence_mark(event.evidence)
            wrapped = wrap(words, max(width - 4, 4))
            body.append(line(Piece(f" {glyph} ", token, bold=True), Piece(wrapped[0], "soft")))
            body += [line("   ", Piece(part, "soft")) for part in wrapped[1:]]
        body.append(line("   ", Piece(f"since {_since(hypothesis):%H:%M:%S}", "mute")))
        return [((gutter, *clip(pieces, width)), on) for pieces in body]


def _since(hypothesis: Hypothesis) -> datetime:
    """Return since when it stands as it does: evidence that came later changes nothing in that."""
    found = hypothesis.history[-1][0]
    for at, event in reversed(hypothesis.history):
        if event.state is not hypothesis.latest.state:
            break
        found = at
    return found


class HypothesesTab(Tab):
    """What could explain it, and how far each explanation has come."""

    NAME: ClassVar[str] = "Hypotheses"
    SHORT: ClassVar[str] = "Hyp"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.board = Board(palette)
        self._incident = ""

    def compose(self) -> ComposeResult:
        """Lay out the board."""
        yield self.board

    def show(self, snapshot: Snapshot) -> None:
        """Draw the hypotheses."""
        self._incident = snapshot.current.id if snapshot.current else ""
        self.board.asked = snapshot.current is not None
        self.board.show(snapshot.current.hypotheses if snapshot.current else ())

    def count(self, snapshot: Snapshot) -> int:
        """Return how many are still in question."""
        found = snapshot.current.hypotheses if snapshot.current else ()
        return sum(1 for h in found if h.latest.state is not HypothesisState.RULED_OUT)

    def hints(self) -> list[Hint]:
        """Return the keys of the board."""
        if not self.board.hypotheses:
            return [
                *([deed("h", "new")] if self._incident else []),
                Hint("← →", "tabs"),
            ]
        return [
            deed("h", "new"),
            deed("+ -", "evidence for / against"),
            deed("enter", "move on"),
            Hint("← →", "columns"),
        ]

    def on_board_asked(self, event: Board.Asked) -> None:
        """Ask the screen for the dialog."""
        event.stop()
        if self._incident:
            self.post_message(ActionRequested("hypothesis", self._incident, event.argument))
