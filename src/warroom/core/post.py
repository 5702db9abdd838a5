"""What is asked of a store that keeps messages: those that came in, those that are to go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Standing(StrEnum):
    """What became of a message that came in."""

    WAITING = "waiting"
    DONE = "done"
    ASIDE = "aside"
    """It does not follow its sender's documents: somebody has to look."""
    IDLE = "idle"
    """There was nothing to do about it, as with a ping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that came in, byte for byte."""

    intake: str
    """The name of the intake it came through."""
    delivery: str
    """What names it among the messages of its intake: a retry has the same."""
    received_at: datetime
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    pulled: bool = False
    """It was asked for, not sent."""
    id: int = 0
    """Its number in the store; 0: not kept yet."""
    standing: Standing = Standing.WAITING
    incident: str = ""
    reason: str = ""
    """Why it was put aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A signal that was told before, and where it belongs."""

    source: str
    key: str
    group: str
    incident: str
    firing: bool
    last_at: datetime
    times: int = 1
    """How often it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Something to be sent to one channel, with how that stands."""

    key: str
    """What makes it one thing: sent under the same key, it is sent once."""
    incident: str
    what: str
    """`update 3`, or `taking charge`."""
    kind: str
    """What kind of update it is; empty: none."""
    channel: str
    to: str
    """Where in the channel: an address, a thread; empty: its default."""
    subject: str
    text: str
    created_at: datetime
    next_at: datetime
    attempts: int = 0
    reference: str = ""
    """What the other system called the last thing that was sent there."""
    reason: str = ""
    """Why the last attempt failed."""
    ended: str = ""
    """`delivered` or `given_up`; empty: still to be sent."""


class Inbox(Protocol):
    """Messages that came in; methods block and may be called from any thread."""

    def put(self, letters: Sequence[Letter]) -> int:
        """Keep messages in one transaction; returns how many were new.

        Raises:
            JournalError: None of them is kept.
        """
        ...

    def waiting(self, limit: int = 500) -> Sequence[Letter]:
        """Messages nobody has looked at, the oldest first."""
        ...

    def letters(self, limit: int = 100) -> Sequence[Letter]:
        """The newest messages, whatever became of them."""
        ...

    def settle(self, letters: Sequence[Letter], signals: Sequence[Known]) -> None:
        """Keep what became of messages and of the signals in them, in one transaction."""
        ...

    def known(self, source: str, keys: Sequence[str]) -> Mapping[str, Known]:
        """The signals of a source that were told before, by their key."""
        ...

    def belongs(self, source: str, group: str) -> str:
        """The incident of the newest signal of a group; empty: none."""
        ...

    def counted(self, incident: str, source: str, group: str) -> tuple[int, int]:
        """How many signals of a group fire in an incident, and how many have ended."""
        ...


class Outbox(Protocol):
    """Things to be sent; methods block and may be called from any thread."""

    def post(self, parcels: Sequence[Parcel]) -> int:
        """Keep things to be sent; returns how many were new."""
        ...

    def take(self, now: datetime, until: datetime, limit: int = 20) -> Sequence[Parcel]:
        """Things that are due; nobody else is given them until `until`."""
        ...

    def keep(self, parcel: Parcel) -> None:
        """Keep how an attempt went."""
        ...

    def parcels(self, limit: int = 100) -> Sequence[Parcel]:
        """The newest things, however they stand."""
        ...

    def parcel(self, key: str) -> Parcel | None:
        """The thing of a key."""
        ...
