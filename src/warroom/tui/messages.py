"""Messages that cross panes; everything else is nested in the widget that sends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.message import Message

from warroom.core.events import Excerpt, Recorded


@dataclass
class RoomChanged(Message):
    """Events arrived, ours or another console's."""

    records: Sequence[Recorded]


@dataclass
class Notice(Message):
    """Something for the notice row: the last thing that happened or the next thing due."""

    text: str
    """May hold foreign text; the notice row cleans it."""
    tone: str = "text"
    """A colour token: text, ok, warn, s5, accent."""
    mark: str = "▪"


@dataclass
class ActionRequested(Message):
    """A pane asks the screen to do an action of the incident.

    `action` is one of: declare, acknowledge, contain, note, update, diagnose, resolve, close,
    reopen, postmortem, hypothesis, handover, settle, next, undo, boundary, help, palette.
    """

    action: str
    incident: str | None = None
    """Bound at the key press; the screen refuses if it is no longer what is shown."""
    argument: str = ""


@dataclass
class PinRequested(Message):
    """Lines of a log are to be kept as evidence of the current incident."""

    excerpt: Excerpt
    note: str = ""


@dataclass
class TimeCursorMoved(Message):
    """The shared time cursor: whoever shows time may follow."""

    at: float
    """Epoch seconds, UTC."""
    source: str = ""
    """Pane in which a person moved it; empty: the log."""


@dataclass
class MomentAsked(Message):
    """The incident is to be shown as it was then; None: as it is."""

    at: datetime | None
