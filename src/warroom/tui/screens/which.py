"""Choose one of several things by name; each says why it is offered."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult

from warroom.tui.screens.dialog import Dialog, palette_of
from warroom.tui.widgets.pieces import Line, Piece, fit, line, wrap
from warroom.tui.widgets.rowlist import Row, RowList

_AROUND = 8
"""Rows of the dialog that are not the list."""

_EDGE, _WIDEST = 10, 32
"""Cells of the names, at least and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing that may be meant; foreign text is allowed."""

    id: str
    title: str
    why: str = ""


class WhichScreen(Dialog[str]):
    """A list of names; enter chooses, escape leaves."""

    DEFAULT_CSS = """
    WhichScreen #dialog { width: 100; }
    WhichScreen #which { height: auto; background: $wr-bg3; }
    """

    def __init__(
        self, title: str, fact: str, found: Sequence[Candidate], *, verb: str = "choose"
    ) -> None:
        super().__init__()
        self._title, self._fact, self._verb = title, fact, verb
        self.found = tuple(found)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return self._title, self._fact

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield self.sheet(lambda _: [()])
        self._list = RowList(palette_of(self.app), ground="bg3")
        self._list.id = "which"
        yield self._list

    def on_mount(self) -> None:
        """Begin with the likeliest."""
        super().on_mount()
        self._list.fill(self._rows)
        self._list.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Let the list have what the rest leaves."""
        super().on_resize(event)
        rows = sum(len(row.lines) for row in self._rows(min(event.size.width, 100) - 8))
        self._list.styles.height = max(2, min(rows, event.size.height - _AROUND))

    def on_key(self, event: events.Key) -> None:
        """Leave with escape."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Choose the row under the cursor."""
        event.stop()
        if self.guard.ready():
            self.dismiss(event.key)

    def _rows(self, width: int) -> list[Row]:
        return [Row(one.id, self._lines(one, width)) for one in self.found]

    def _lines(self, one: Candidate, width: int) -> tuple[Line, ...]:
        edge = min(_WIDEST, max(_EDGE, *(len(each.id) + 2 for each in self.found)))
        head = line(Piece(fit(one.id, edge), bold=True), Piece(" ".join(one.title.split())))
        if not one.why:
            return (head,)
        why = wrap(one.why, width - edge)[:2]
        return (head, *(line(" " * edge, Piece(words, "mute")) for words in why))

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        keys = [("enter", self._verb), ("↑ ↓", "move"), ("esc", "leave")]
        return [line(Piece("─" * width, "line")), self.key_line(keys, width)]
