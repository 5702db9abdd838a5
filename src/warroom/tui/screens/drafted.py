"""Read a text that was drafted, and keep it with the follow-up that it is for."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult

from warroom.core.text import clean_text
from warroom.tui.screens.dialog import Dialog
from warroom.tui.widgets.pieces import Line, Piece, fit, line, wrap


class DraftedScreen(Dialog[bool]):
    """Shows a text that was drafted from the log; True: it shall be kept."""

    DEFAULT_CSS = "DraftedScreen #dialog { width: 120; }"

    def __init__(self, title: str, incident: str, said: str, text: str, kept_in: str) -> None:
        """Take what was drafted.

        Args:
            title: What it is.
            incident: For which incident.
            said: What the trial of it says.
            text: All of it, foreign parts in it.
            kept_in: With what it would be kept.
        """
        super().__init__()
        self._about = title
        self._incident = incident
        self._said = said
        self._text = text
        self._kept_in = kept_in

    def head(self) -> tuple[str, str]:
        """Return what it is and for which incident."""
        return self._about, self._incident

    def content(self) -> ComposeResult:
        """Yield what the trial says, then the text."""
        yield self.sheet(self._lines)

    def on_key(self, event: events.Key) -> None:
        """Read keep, leave and scrolling."""
        event.stop()
        event.prevent_default()
        match event.key:
            case "escape":
                self.dismiss(None)
            case "ctrl+s" if self.guard.ready():
                self.dismiss(True)
            case _:
                if self.scroll_body(event.key):
                    self.redraw()

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys, and where it would be kept."""
        keys = [("^s", "keep it"), ("↑ ↓", "read"), ("esc", "leave")]
        return [
            line(Piece("─" * width, "line")),
            self.key_line(keys, width),
            line(Piece(fit(f"It is kept with {self._kept_in}; nothing is sent.", width), "mute")),
        ]

    def _lines(self, width: int) -> Sequence[Line]:
        found: list[Line] = [()]
        found += [line(Piece(row)) for row in wrap(self._said, width)] if self._said else []
        found += [()] if self._said else []
        for row in clean_text(self._text).splitlines():
            rows = wrap(row, width) if len(row) > width else [row]
            found += [line(Piece(part, "soft")) for part in rows or [""]]
        return [*found, ()]
