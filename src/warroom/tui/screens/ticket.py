"""Confirm that a follow-up becomes a ticket: all that is sent, then one deliberate key."""

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult

from warroom.tui.screens.dialog import Dialog
from warroom.tui.services import TicketPlan
from warroom.tui.widgets.pieces import Line, Piece, fit, line, wrap

_KEY = "T"
_LABEL = 13
"""Cells of the names of the fields."""


class TicketScreen(Dialog[bool]):
    """Shows where what is sent; True: it was confirmed, None: nothing is sent."""

    PRODUCTION = True

    def __init__(self, key: str, tracker: str, plan: TicketPlan) -> None:
        super().__init__()
        self._name = key
        self._tracker = tracker
        self._plan = plan
        self._told = ""

    def head(self) -> tuple[str, str]:
        """Return the follow-up and the tracker."""
        return f"Create a ticket of {self._name}", self._tracker

    def content(self) -> ComposeResult:
        """Yield the request, line by line."""
        yield self.sheet(self._lines)

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the one key, once all of it has been seen."""
        return {_KEY: self._confirm} if self.scrolled_through() else {}

    def on_key(self, event: events.Key) -> None:
        """Read the deliberate key, scrolling and escape; nothing else."""
        if self.keep(event):
            return
        self._told = ""
        match event.key:
            case "escape":
                self.dismiss(None)
            case "T":
                self._told = "Nothing was sent: look at all of it first (end)."
            case "enter":
                self._told = f"Nothing was sent. Only {_KEY} creates it."
            case _:
                if not self.scroll_body(event.key):
                    return
        self.redraw()

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys, and what they did not do."""
        live = self.scrolled_through()
        badge = (
            Piece(f" {_KEY} ", "warn", bold=True, fill=True) if live else Piece(f" {_KEY} ", "mute")
        )
        head = line(badge, Piece(" create it   ", bold=live, token="text" if live else "mute"))
        keys = [("↑ ↓", "read"), ("esc", "leave")]
        note = self._told or "A ticket of this follow-up that is there already is linked instead."
        return [
            line(Piece("─" * width, "line")),
            (*head, *self.key_line(keys, width - 16)),
            *(line(Piece(part, "warn" if self._told else "mute")) for part in wrap(note, width)),
        ]

    def _confirm(self) -> None:
        self.dismiss(True)

    def _lines(self, width: int) -> Sequence[Line]:
        found: list[Line] = [(), line(Piece(fit("POST", _LABEL), "mute"), self._plan.address), ()]
        for name, text in self._plan.fields:
            for row, words in enumerate(wrap(text, width - _LABEL) or [""]):
                label = name if row == 0 else ""
                found.append(line(Piece(fit(label, _LABEL), "mute"), Piece(words)))
        return [*found, ()]
