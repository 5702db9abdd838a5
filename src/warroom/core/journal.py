"""What the room asks of a journal, whichever database keeps it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from warroom.core.decide import Decision, Refusal
from warroom.core.events import FollowUpChanged, Recorded
from warroom.core.state import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a command comes from."""

    actor: str
    device: str
    command_id: str
    """Unique to the command: sent twice, it happens once."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """A command was decided and its events are on the disk."""

    incident: Incident
    """The state after the events."""
    records: tuple[Recorded, ...]
    repeated: bool = False
    """The command had been kept before; nothing happened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a check of the whole journal found."""

    events: int
    head_seq: int
    head_hash: str
    problems: tuple[str, ...] = ()
    """Each names the first place that is wrong; empty: unbroken."""


class JournalError(Exception):
    """The journal cannot do what was asked. What, where and what to do are separate sentences."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class JournalBusy(JournalError):  # noqa: N818 - a state, not a mistake
    """Another process kept the write lock too long."""


class JournalFull(JournalError):  # noqa: N818
    """There is no room on the disk; nothing was lost, nothing was stored."""


class JournalDamaged(JournalError):  # noqa: N818
    """The file is not a whole journal."""


class JournalGone(JournalError):  # noqa: N818
    """The server cannot be reached, or the connection broke; a retry may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One event exactly as it was hashed: what a copy of the journal on another machine is made of.

    The fields up to `body` are those that the hash covers, in the order in which it does.
    """

    seq: int
    at: str
    incident: str
    version: int
    kind: str
    actor: str
    device: str
    command_id: str
    part: int
    """Place among the events of its command, from 0."""
    body: str
    """The canonical payload, byte for byte."""
    hash: str
    """Hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a journal ends."""

    journal: str
    """Its random name."""
    seq: int
    hash: str
    """Of its last event, hexadecimal; without events, that of the journal's name."""


class Journal(Protocol):
    """Append-only, hash-chained, with projections in the same transaction.

    Methods block (they wait for the disk) and may be called from any thread.
    """

    def append(
        self,
        incident: str | None,
        decide: Callable[[Incident | None], Decision],
        origin: Origin,
    ) -> Appended | Refusal:
        """Decide inside the write transaction on the newest state, and keep what was decided.

        Args:
            incident: The incident's id; None opens one, whose id is the next free `INC-n`.
            decide: Pure; called with the state as of this transaction.
            origin: Who, from where, which command, when. A `command_id` that is already in the
                journal returns what it led to then.

        Raises:
            JournalError: Nothing was stored.
        """
        ...

    def incident(self, name: str) -> Incident | None:
        """The state of one incident."""
        ...

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        """All open incidents (or all), in the order of their opening."""
        ...

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        """The incidents with at least one event of a stored kind, closed ones included."""
        ...

    def follow_ups(self) -> Sequence[tuple[str, FollowUpChanged]]:
        """Every follow-up as it was last changed, with its incident, closed ones included."""
        ...

    def records(self, name: str) -> Sequence[Recorded]:
        """The events of one incident, in order."""
        ...

    def since(self, seq: int, limit: int = 1000) -> Sequence[Recorded]:
        """Events after a position of the whole journal, in order: how a reader catches up."""
        ...

    def head(self) -> int:
        """The position of the last event; 0 for none. Cheap: pollable several times a second."""
        ...

    def end(self) -> Head:
        """Which journal this is and where it ends."""
        ...

    def links(self, seq: int, limit: int = 1000) -> Sequence[Link]:
        """The events after a position as they were hashed, in order."""
        ...

    def listen(self, wake: Callable[[], None]) -> Callable[[], None] | None:
        """Call `wake` from a background thread soon after another process has stored something.

        It may be called without news, and after a broken connection it always is. Returns how to
        stop it; None: nobody tells here, so the caller has to look by itself.
        """
        ...

    def search(self, words: str, limit: int = 50) -> Sequence[Incident]:
        """Incidents whose title, notes or texts hold all the words, newest first."""
        ...

    def verify(self) -> Verified:
        """Recompute the whole chain and compare it with the head, the anchors, the projections."""
        ...

    def rebuild(self) -> int:
        """Throw the projections away and make them again from the events; returns how many."""
        ...

    def close(self) -> None:
        """Finish writing and release the database."""
        ...
