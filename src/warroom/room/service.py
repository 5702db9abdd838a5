"""The Room: the only door through which anything about an incident changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from warroom.core.commands import Command
from warroom.core.decide import Refusal
from warroom.core.events import FollowUpChanged, Recorded
from warroom.core.state import Incident

Listener = Callable[[Sequence[Recorded]], None]
"""Who is told of events, in the order of the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The command was kept; `records` are its events (none: it was so already)."""

    incident: Incident
    records: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a room stands to where its incidents are kept."""

    where: str
    """In one or two words."""
    online: bool = True
    since: datetime | None = None
    """The last contact, while there is none; None: there was none yet."""
    pending: int = 0
    """Commands that are kept here and not yet there."""
    trouble: str = ""
    """Why it cannot go on by itself; empty: it can."""
    why: str = ""
    """What the last attempt without contact ended with."""
    refused: int = 0
    """Commands that were made without contact and refused later."""
    reading: bool = False
    """Whether one may only look: every command is refused."""


class Room(Protocol):
    """What every front door talks to; methods block and may be called from any thread."""

    @property
    def actor(self) -> str:
        """Who is at this console."""
        ...

    def now(self) -> datetime:
        """The instant by the room's clock, aware UTC."""
        ...

    def do(
        self,
        command: Command,
        incident: str | None = None,
        *,
        actor: str | None = None,
        command_id: str | None = None,
    ) -> Done | Refusal:
        """Decide and keep a command; a refusal carries its reason.

        Raises:
            JournalError: The store could not keep it; nothing happened.
        """
        ...

    def incident(self, name: str) -> Incident | None:
        """One incident as it stands (`INC-7`, `inc-7` and `7` name the same)."""
        ...

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        """All open incidents, or all."""
        ...

    def records(self, name: str) -> Sequence[Recorded]:
        """The events of one incident, in order."""
        ...

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        """The incidents with at least one event of a stored kind, closed ones included."""
        ...

    def follow_ups(self) -> Sequence[tuple[str, FollowUpChanged]]:
        """Every follow-up as it was last changed, with its incident, closed ones included."""
        ...

    def search(self, words: str) -> Sequence[Incident]:
        """Incidents that hold all the words."""
        ...

    def contact(self) -> Contact:
        """How it stands to where the incidents are kept; answers at once."""
        ...

    def subscribe(self, changed: Listener) -> Callable[[], None]:
        """Call `changed` from a background thread for every event, ours or another console's.

        Returns how to stop it.
        """
        ...

    def close(self) -> None:
        """Stop watching and release the store."""
        ...
