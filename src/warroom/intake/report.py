"""What any vendor's message comes down to: signals that fire or end, changes, a person's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from warroom.core.events import ChangeRecorded
from warroom.core.words import Priority


class Odd(ValueError):  # noqa: N818 - a payload that is kept aside, not a mistake of ours
    """The message is not what its sender's documents describe; it is kept aside, never lost."""


class Status(StrEnum):
    """Whether a signal fires."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One alert, ticket or complaint as its system knows it."""

    key: str
    """The same in every message about it: fingerprint, ticket number, message id."""
    title: str
    status: Status = Status.FIRING
    service: str = ""
    priority: Priority = Priority.P2
    since: datetime | None = None
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A message, understood."""

    source: str
    group: str
    """What the sender holds together; signals of one group are one trouble."""
    signals: tuple[Signal, ...] = ()
    changes: tuple[ChangeRecorded, ...] = ()
    truncated: int = 0
    """How many signals the sender left out."""
    url: str = ""
    reply_to: str = ""
    """Where the reporter hears back; empty: nowhere."""
    reporter: str = ""
    text: str = ""
    """What a person wrote, if it was one."""
    service: str = ""
    """The service that changes belong to."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do about it, as with the ping that tests a hook."""
        return not self.signals and not self.changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What arrived, before anybody looked at it."""

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""

    def header(self, name: str) -> str:
        """A header's value; empty: absent."""
        return self.headers.get(name.lower(), "")
