"""The Room over a journal on this machine or in the team's database."""

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from warroom.core.commands import Command, Declare, Qualify, RecordChange
from warroom.core.decide import Refusal, decide
from warroom.core.events import ChangeRecorded, FollowUpChanged, Recorded
from warroom.core.journal import Head, Journal, JournalError, Link, Origin
from warroom.core.listeners import Listeners
from warroom.core.state import Incident
from warroom.core.terms import Agreement, Terms, terms_for
from warroom.room.service import Contact, Done, Listener

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How often other consoles' events are looked for: well under the second that people are promised,
and a read of one row."""

LISTENING_POLL_SECONDS = 0.9
"""The same where the database tells of news by itself: the promised second holds without it too."""

LOOK_BACK = timedelta(days=1)
MOST_CHANGES = 20
"""Declared changes that a new incident takes over: the newest of the day before."""


def utc_now() -> datetime:
    """Return the instant by this machine's clock."""
    return datetime.now(UTC)


def incident_name(text: str) -> str:
    """Return the full id for what a person typed: `7`, `inc-7` and `INC-7` are the same."""
    text = text.strip().upper()
    return f"INC-{text}" if text.isdigit() else text


class LocalRoom:
    """Decides in the journal's own transaction and tells everybody who listens."""

    def __init__(
        self,
        journal: Journal,
        *,
        actor: str,
        device: str,
        clock: Callable[[], datetime] = utc_now,
        poll_seconds: float = POLL_SECONDS,
        changes: Callable[[datetime], Sequence[ChangeRecorded]] = lambda _since: (),
        agreements: tuple[Agreement, ...] = (),
        drill: str = "",
    ) -> None:
        self._journal = journal
        self._actor = actor
        self._device = device
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._changes = changes
        self._agreements = agreements
        self._drill = drill
        self._listeners = Listeners[[Sequence[Recorded]]]()
        self._lock = threading.Lock()
        self._told = journal.head()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None
        self._unlisten: Callable[[], None] | None = None

    @property
    def actor(self) -> str:
        """Who is at this console."""
        return self._actor

    def now(self) -> datetime:
        """The instant by the room's clock, aware UTC."""
        return self._clock()

    def do(
        self,
        command: Command,
        incident: str | None = None,
        *,
        actor: str | None = None,
        command_id: str | None = None,
        device: str | None = None,
    ) -> Done | Refusal:
        """Decide and keep a command; by default it comes from this machine.

        Raises:
            JournalError: The store could not keep it; nothing happened.
        """
        name = None if incident is None else incident_name(incident)
        if name is None and not isinstance(command, Declare):
            return Refusal(reason="this needs an incident", hint="Name one, as in INC-7.")
        by = actor or self._actor
        origin = Origin(
            actor=by,
            device=device or self._device,
            command_id=command_id or uuid.uuid4().hex,
            now=self._clock(),
        )
        kept = self._journal.append(
            name,
            lambda state: decide(state, self._agreed(state, command), by, origin.now),
            origin,
        )
        if isinstance(kept, Refusal):
            return kept
        self._wake.set()
        if isinstance(command, Declare) and not kept.repeated:
            return self._with_changes(Done(incident=kept.incident, records=kept.records))
        return Done(incident=kept.incident, records=kept.records)

    def _agreed(self, state: Incident | None, command: Command) -> Command:
        """Write the terms of the client and service into what settles them."""
        if isinstance(command, Declare) and self._drill and not command.facts.drill:
            command = Declare(facts=replace(command.facts, drill=self._drill))
        if isinstance(command, Declare) and command.facts.terms is None:
            facts = command.facts
            terms = terms_for(self._agreements, facts.client, facts.service, self._clock().date())
            return command if terms is None else Declare(facts=replace(facts, terms=terms))
        if isinstance(command, Qualify) and state is not None and command.facts.terms is None:
            told = command.facts
            client = state.client if told.client is None else told.client
            service = state.service if told.service is None else told.service
            if (client, service) == (state.client, state.service):
                return command
            found = terms_for(self._agreements, client, service, state.declared_at.date())
            if found is None and state.terms is None:
                return command
            # Nothing agreed for the new client: the default times, said in so many words.
            return Qualify(facts=replace(told, terms=found or Terms(name="default")))
        return command

    def _with_changes(self, done: Done) -> Done:
        """Tell a new incident what changed in the day before it: the first question of all."""
        for change in self._changes(self._clock() - LOOK_BACK)[-MOST_CHANGES:]:
            told = self.do(RecordChange(facts=change), done.incident.id, actor="changes")
            if isinstance(told, Done):
                done = Done(incident=told.incident, records=(*done.records, *told.records))
        return done

    def incident(self, name: str) -> Incident | None:
        """One incident as it stands."""
        return self._journal.incident(incident_name(name))

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        """All open incidents, or all."""
        return self._journal.incidents(include_closed=include_closed)

    def records(self, name: str) -> Sequence[Recorded]:
        """The events of one incident, in order."""
        return self._journal.records(incident_name(name))

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        """The incidents with at least one event of a stored kind, closed ones included."""
        return self._journal.incidents_with(kind)

    def follow_ups(self) -> Sequence[tuple[str, FollowUpChanged]]:
        """Every follow-up as it was last changed, with its incident, closed ones included."""
        return self._journal.follow_ups()

    def search(self, words: str) -> Sequence[Incident]:
        """Incidents that hold all the words."""
        return self._journal.search(words)

    def end(self) -> Head:
        """Which journal this is and where it ends."""
        return self._journal.end()

    def links(self, seq: int, limit: int = 1000) -> Sequence[Link]:
        """The events after a position as they were hashed."""
        return self._journal.links(seq, limit)

    def contact(self) -> Contact:
        """There is nothing between this console and its journal."""
        return Contact(where="local")

    def subscribe(self, changed: Listener) -> Callable[[], None]:
        """Call `changed` from the watching thread for every event from now on."""
        end = self._listeners.add(changed)
        with self._lock:
            if self._watcher is None:
                self._unlisten = self._journal.listen(self._wake.set)
                if self._unlisten is not None:
                    self._poll_seconds = max(self._poll_seconds, LISTENING_POLL_SECONDS)
                self._watcher = threading.Thread(target=self._watch, name="room-watch", daemon=True)
                self._watcher.start()
        return end

    def close(self) -> None:
        """Stop watching and release the journal."""
        self._closing.set()
        self._wake.set()
        if self._unlisten is not None:
            self._unlisten()
        if self._watcher is not None:
            self._watcher.join(timeout=2)
        self._journal.close()

    def _watch(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(self._poll_seconds)
            self._wake.clear()
            if self._closing.is_set():
                return
            try:
                self._tell()
            except JournalError as error:
                # A busy or vanished store is not the end of the watch: the next look may succeed,
                # and whoever acts meanwhile is told by the refusal of their own command.
                _log.warning("looking for new events: %s", error)

    def _tell(self) -> None:
        while self._journal.head() > self._told:
            records = self._journal.since(self._told)
            if not records:
                return
            self._told = records[-1].seq
            self._listeners.tell(records)
