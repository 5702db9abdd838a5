"""A room that may be looked at and not acted in: for a display on the wall."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from warroom.core.commands import Command
from warroom.core.decide import Refusal
from warroom.core.events import FollowUpChanged, Recorded
from warroom.core.state import Incident
from warroom.room.service import Contact, Done, Listener, Room

WHY = Refusal(
    reason="this console only reads", hint="Open one of your own to act: `warroom` in a terminal."
)


class ReadingRoom:
    """Passes every question on and refuses every command."""

    def __init__(self, room: Room) -> None:
        self._room = room

    @property
    def actor(self) -> str:
        """Who is at this console."""
        return self._room.actor

    def now(self) -> datetime:
        """The instant by the room's clock, aware UTC."""
        return self._room.now()

    def do(
        self,
        command: Command,
        incident: str | None = None,
        *,
        actor: str | None = None,
        command_id: str | None = None,
    ) -> Done | Refusal:
        """Refuse."""
        del command, incident, actor, command_id
        return WHY

    def incident(self, name: str) -> Incident | None:
        """One incident as it stands."""
        return self._room.incident(name)

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        """All open incidents, or all."""
        return self._room.incidents(include_closed=include_closed)

    def records(self, name: str) -> Sequence[Recorded]:
        """The events of one incident, in order."""
        return self._room.records(name)

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        """The incidents with at least one event of a stored kind, closed ones included."""
        return self._room.incidents_with(kind)

    def follow_ups(self) -> Sequence[tuple[str, FollowUpChanged]]:
        """Every follow-up as it was last changed, with its incident, closed ones included."""
        return self._room.follow_ups()

    def search(self, words: str) -> Sequence[Incident]:
        """Incidents that hold all the words."""
        return self._room.search(words)

    def contact(self) -> Contact:
        """How it stands to where the incidents are kept."""
        return replace(self._room.contact(), reading=True)

    def subscribe(self, changed: Listener) -> Callable[[], None]:
        """Call `changed` for every event; returns how to stop it."""
        return self._room.subscribe(changed)

    def close(self) -> None:
        """Stop watching and release the store."""
        self._room.close()
