"""What the console is given: everything it needs from the rest of warroom, and nothing to find."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warroom.core.followups import Owed
from warroom.core.services import ServiceMap
from warroom.logs.protocol import Log
from warroom.room.containment import Containment
from warroom.room.service import Room
from warroom.tui.log_memory import LogMemory
from warroom.tui.theme import Palette


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPlan:
    """An issue as it would be created: exactly what is shown is sent."""

    address: str
    fields: Sequence[tuple[str, str]]
    """Line by line with its field; foreign."""
    create: Callable[[Room], str]
    """Sends it and keeps its link; returns words. Blocks; raises OSError with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of one console."""

    open_room: Callable[[], Room]
    """Called once, in a thread, after the first frame: opening a store takes longer than drawing.

    Whatever it raises is shown in the queue; the logs stay usable.
    """
    containment: Callable[[Room], Containment]
    """Called once with the opened room."""
    logs: Sequence[Log] = ()
    """Already open: the tail is in the first frame."""
    palettes: Mapping[str, Palette] = field(default_factory=dict)
    """Themes by name; at least the one that `theme` names."""
    theme: str = "dark"
    theme_folders: Sequence[Path] = ()
    """Folders whose theme files are read again when they change."""
    notify: str = "none"
    """How a page, a breach or a spike calls: none, bell, flash, desktop."""
    preset: str = "default"
    """The name of a keymap preset."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Keys by binding id, over the built-in ones."""
    ascii_glyphs: bool = False
    """Whether the terminal lacks the glyphs, or draws them two cells wide."""
    service: str = ""
    """The service to fill in when an incident is declared."""
    drill: str = ""
    """The drill to which every incident that is declared here belongs; empty: it is real."""
    views: Mapping[str, str] = field(default_factory=dict)
    """Filters of the queue by name."""
    map: ServiceMap = field(default_factory=ServiceMap)
    """What depends on what."""
    rates: Callable[[Sequence[str]], Mapping[str, str]] = lambda _names: {}
    """Measures in their own logs how services fare; blocks while it reads them."""
    first_time: Callable[[], bool] = lambda: False
    """Asks whether nobody has been here before, and remembers that somebody was; blocks."""
    greeting: str = ""
    """What somebody who is here first is told instead of where the tour is; not foreign."""
    crash_folder: Path | None = None
    """Where the traceback of a crash is written; None: on the error stream."""
    templates: Callable[[], Mapping[str, str]] = dict
    """Reads the templates of postmortems, by name; raises OSError where one cannot be read."""
    trackers: Mapping[str, Callable[[Owed], TicketPlan]] = field(default_factory=dict)
    """Where a follow-up can become a ticket, by the name of the channel."""
    log_memory: LogMemory = field(default_factory=LogMemory)
    """Named filters of logs, and what was typed before."""
    notices: Sequence[str] = ()
    """What start-up has to say (a theme file with a mistake); foreign allowed."""
