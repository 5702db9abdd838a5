"""Events about how an incident is conducted: waiting, answers, merging, contacts, checks."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from warroom.core.channels import Delivered, Reported
from warroom.core.drill import DrillScored
from warroom.core.words import Check, Place, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStarted:
    """Nothing can be done until the client answers; agreed clocks stand still."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded:
    """The answer came."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An open question of the method has an answer; not known is one that stays open."""

    question: str
    """Key of a question, such as `trigger` or `fix.test`."""
    text: str
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """It is the same trouble as another incident, where it goes on."""

    into: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """It is trouble of its own after all."""

    out_of: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """Another incident turned out to be this one."""

    other: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What had been merged into it goes on by itself."""

    other: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """It has to do with another incident."""

    other: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reordered:
    """Somebody put it elsewhere in the queue than its facts do."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """It came back into the queue before its time."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """Somebody was called to it."""

    person: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered:
    """A role is to go to somebody, who has not confirmed yet."""

    role: Role
    to: str
    briefing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverDeclined:
    """The role stays where it was."""

    role: Role
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAmended:
    """An entry of the timeline is told in other words or at another time; the original stays."""

    entry: int
    """Its number in the incident's journal."""
    text: str | None = None
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One check before closing was made: in the log, not by belief."""

    check: Check
    passed: bool
    sentence: str
    failures: int = 0
    requests: int = 0
    before_failures: int = 0
    before_requests: int = 0
    seconds: int = 0
    """Length of the time that was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOwed:
    """Somebody outside must be told of it by a date, or need not be, and why."""

    notice: str
    """Key of `notices.NOTICES`, or any other word with `party` and `hours`."""
    owed: bool = True
    aware_at: datetime | None = None
    """From when its time runs; None: from the declaration."""
    reason: str = ""
    party: str = ""
    hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacted:
    """Somebody outside was spoken to: a publisher, a provider, an authority."""

    party: str
    text: str
    notice: str = ""
    """The notice that this was."""
    again_at: datetime | None = None
    """When they are to be asked again, unless they are spoken to before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A follow-up was given a text to start from, such as a drafted alert or a failing request."""

    follow_up: int
    """Its number within the incident."""
    name: str
    """As a file would be called; the same name again replaces the text."""
    text: str


Conduct: TypeAlias = (
    WaitStarted
    | WaitEnded
    | Answered
    | Merged
    | Split
    | Absorbed
    | Released
    | Linked
    | Reordered
    | Woken
    | Called
    | HandoverOffered
    | HandoverDeclined
    | EntryAmended
    | Measured
    | NoticeOwed
    | Contacted
    | Attached
    | Reported
    | Delivered
    | DrillScored
)

CONDUCT_KINDS: dict[str, type[Conduct]] = {
    "wait_started": WaitStarted,
    "wait_ended": WaitEnded,
    "answered": Answered,
    "merged": Merged,
    "split": Split,
    "absorbed": Absorbed,
    "released": Released,
    "linked": Linked,
    "reordered": Reordered,
    "woken": Woken,
    "called": Called,
    "handover_offered": HandoverOffered,
    "handover_declined": HandoverDeclined,
    "entry_amended": EntryAmended,
    "check_measured": Measured,
    "notice_owed": NoticeOwed,
    "contacted": Contacted,
    "attached": Attached,
    "reported": Reported,
    "delivered": Delivered,
    "drill_scored": DrillScored,
}
