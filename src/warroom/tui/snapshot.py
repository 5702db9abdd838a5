"""What the console shows at one moment: every pane is a function of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from warroom.core.events import FollowUpChanged
from warroom.core.impact import Impact
from warroom.core.nextstep import NextStep
from warroom.core.queue import QueueRow
from warroom.core.state import Incident
from warroom.core.timeline import TimelineEntry
from warroom.room.containment import Option
from warroom.room.service import Contact

_RECENT = 60.0
"""Seconds for which the newest line of a log is taken for what happens now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchFacts:
    """What the spike watch of a log says."""

    sees: str = ""
    """From how many points on it sees anything; empty while it has not begun."""
    always: tuple[str, ...] = ()
    """Slices that always fail and are not watched, each with its share."""
    sentence: str = ""
    """Its offer to declare while it lasts; empty otherwise, and while it is snoozed."""
    title: str = ""
    """The same in a few words."""
    offered: float = 0.0
    """Epoch second of the offer that lasts, 0 without one."""
    snoozed_until: float | None = None
    """Epoch second of the log up to which it keeps quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """What the log pane tells the rest of the console."""

    label: str = ""
    share_now: tuple[int, int] = (0, 0)
    """Failures and requests of the last minute before `latest`."""
    latest: float | None = None
    """Epoch second of the newest line that has a time."""
    share_before: tuple[int, int] = (0, 0)
    """The same for the time before the onset."""
    peak: tuple[int, int] = (0, 0)
    onset: float | None = None
    """Epoch seconds."""
    onset_bounds: tuple[float, float] | None = None
    """Epoch seconds between which the onset lies."""
    end: float | None = None
    """Epoch seconds; None while it goes on, or where nothing was found."""
    end_bounds: tuple[float, float] | None = None
    gone: bool = False
    """Whether the requests stopped, so that no recovery could be seen."""
    kind: str = "5xx"
    """The outcome that was found."""
    slices: tuple[Mapping[str, str], ...] = ()
    """The failing slices by field; none where everything is affected."""
    outcome: str = "5xx"
    """What is counted from the onset on, as it is said: 5xx, slow answers, silence."""
    onset_sentence: str = ""
    boundary_sentence: str = ""
    title: str = ""
    """What fails where, in a few words: the title to propose."""
    watch: WatchFacts = field(default_factory=WatchFacts)

    def ended(self, now: datetime) -> datetime | None:
        """Return when the newest line was written if that is over a minute ago; None: it goes on.

        What a log that has ended said last is not how things are.
        """
        if self.latest is None or now.timestamp() - self.latest <= _RECENT:
            return None
        return datetime.fromtimestamp(self.latest, UTC)

    @property
    def spike(self) -> str:
        """The sentence of the spike watch while it offers to declare; empty otherwise."""
        return self.watch.sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A follow-up that is still open, of whichever incident."""

    incident: str
    facts: FollowUpChanged

    def late(self, now: datetime) -> bool:
        """Whether its date has passed."""
        return self.facts.due is not None and self.facts.due < now


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to say; `key` makes sure that it is said once."""

    incident: str
    key: str
    words: str
    """Foreign text is allowed."""
    tone: str
    weight: int
    """The heaviest is said last and so stays in the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that is drawn, taken off the event loop."""

    now: datetime
    actor: str
    rows: tuple[QueueRow, ...] = ()
    """The queue; the same object as before while nothing in it changed."""
    late: int = 0
    """How many incidents have a clock or a promised update that has passed."""
    due: tuple[Reminder, ...] = ()
    """What is to be said about the queue."""
    past: datetime | None = None
    """The moment that is looked at; None: now."""
    current: Incident | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    postmortem_draft: str = ""
    """What the facts alone would write; shown until somebody has saved a text."""
    impact: Impact | None = None
    """What was counted in the open logs, once the damage is over; None: not counted."""
    options: tuple[Option, ...] = ()
    """Containments that could be run next, fastest first."""
    options_trouble: str = ""
    """Why nothing can be offered; empty while it can."""
    next_step: NextStep | None = None
    promises: tuple[Promise, ...] = ()
    """Open follow-ups of all incidents, closed ones included, the one due first at the top."""
    contact: Contact = field(default_factory=lambda: Contact(where="local"))
    log: LogFacts = field(default_factory=LogFacts)
    running: str = ""
    """The run that is executing, if any."""
    running_since: datetime | None = None
    trouble: str = ""
    """Why the store does not answer; empty while it does."""
    loaded: bool = False
    """Whether the store has answered; before that the queue says so instead of being empty."""
