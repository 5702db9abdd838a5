"""Small questions with a few answers, each one key: leave while a step runs, settle a lost step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult

from warroom.tui.screens.dialog import Dialog
from warroom.tui.widgets.pieces import Line, Piece, line, wrap


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer."""

    key: str
    """A capital letter: pressed on purpose."""
    verb: str
    value: str


class ChooseScreen(Dialog[str]):
    """Says what is so, offers the answers; escape returns None and changes nothing."""

    def __init__(
        self,
        title: str,
        words: Sequence[str],
        answers: Sequence[Answer],
        otherwise: str = "leave it as it is",
    ) -> None:
        super().__init__()
        self._otherwise = otherwise
        self._title = title
        self._words = words
        self._answers = answers

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return self._title, ""

    def content(self) -> ComposeResult:
        """Yield the sentences."""
        yield self.sheet(self._lines)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the answers."""
        keys = [(answer.key, answer.verb) for answer in self._answers]
        return [
            line(Piece("─" * width, "line")),
            self.key_line([*keys, ("esc", self._otherwise)], width),
        ]

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the keys of the answers."""
        return {a.key: self._answering(a.value) for a in self._answers}

    def on_key(self, event: events.Key) -> None:
        """Read an answer or escape; nothing else."""
        if self.keep(event):
            return
        if event.key == "escape":
            self.dismiss(None)

    def _answering(self, value: str) -> Callable[[], None]:
        def answer() -> None:
            self.dismiss(value)

        return answer

    def _lines(self, width: int) -> Sequence[Line]:
        return [(), *(line(part) for words in self._words for part in wrap(words, width)), ()]
