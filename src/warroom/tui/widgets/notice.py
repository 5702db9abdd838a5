"""The row above the footer: the last thing that happened, and the next thing due."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from textual.reactive import reactive

from warroom.tui.draw import Line, cut
from warroom.tui.snapshot import Snapshot
from warroom.tui.widgets.bar import Bar

_LEAST = 24
"""Cells that the words keep beside their keys."""

KEPT = 100
"""How many notices can be looked up."""


@dataclass(frozen=True, slots=True)
class Said:
    """One notice with its time."""

    at: datetime
    text: str
    """Foreign allowed."""
    tone: str
    mark: str
    keys: str = ""
    """What can be done about it: where there is little room the text is cut for it."""


class NoticeRow(Bar):
    """One line, replaced by the next; the last hundred are kept."""

    LAYER = "bg0"

    latest: reactive[Said | None] = reactive(None)
    typing: reactive[bool] = reactive(False)
    """Whether a text has the focus, so that letters are letters."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on unchanged
        self.kept: deque[Said] = deque(maxlen=KEPT)

    def tell(self, said: Said) -> None:
        """Show a notice and keep it."""
        self.kept.appendleft(said)
        self.latest = said

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        line = Line(self.palette, self.LAYER).put(" ")
        upcoming = snapshot.next_step if snapshot is not None else None
        reading = snapshot is not None and snapshot.contact.reading
        if self.typing:
            line.put("typing: letters are text, ", "mute").put("esc", "accent", bold=True)
            line.put(" leaves   ", "mute")
        if self.latest is not None:
            said = self.latest
            line.put(f"{cut(said.mark, 1)} ", said.tone, bold=True)
            line.put(f"{said.at:%H:%M:%S} ", "mute")
            token = said.tone if said.tone in ("s5", "warn") else "text"
            keys = "" if self.typing or reading else said.keys
            if cell_len(keys) > width - line.width - _LEAST:
                keys = ""
            room = width - line.width - 1 - (cell_len(keys) + 2 if keys else 0)
            line.say(said.text, token, room)
            if keys:
                line.put("  ").put(keys, "soft")
        if upcoming is not None and not self.typing:
            words = upcoming.why
            if line.width + len(words) + 14 <= width:
                line.put("   · next:  " if self.latest else "next:  ", "mute")
                if not reading:
                    line.put(". ", "accent", bold=True)
                line.put(words, "soft")
        return line
