"""The Room over a server: read here, decided there, and decided here while there is no there."""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from warroom.core import commands as c
from warroom.core.decide import Refusal, decide
from warroom.core.events import FollowUpChanged, Recorded, kind_of
from warroom.core.journal import Head, JournalError
from warroom.core.postmortem import draft
from warroom.core.state import Incident
from warroom.remote.breaker import Breaker
from warroom.remote.outbox import LOCAL, Item, Outbox, Refused
from warroom.remote.overlay import Ground, Overlay, lay
from warroom.remote.reader import Astray, Reader, Replica
from warroom.remote.sender import Sender
from warroom.remote.teller import Teller
from warroom.remote.wire import Answer, Unreachable, Unwelcome, Wire
from warroom.room.local import incident_name
from warroom.room.service import Contact, Done, Listener

ANSWER_SECONDS = 1.5
"""How long a person waits for the server before a command counts as on its way."""

_STEP_SECONDS = 0.02

_NEWEST = 50
"""Incidents among which one is looked for whose number the server could not tell any more."""


def utc_now() -> datetime:
    """Return the instant by this machine's clock."""
    return datetime.now(UTC)


class RemoteRoom:
    """Sends commands to a server and reads a copy of its journal."""

    def __init__(
        self,
        wire: Wire,
        replica: Replica,
        outbox: Outbox,
        *,
        where: str,
        actor: str,
        device: str,
        clock: Callable[[], datetime] = utc_now,
        breaker: Breaker | None = None,
    ) -> None:
        self._wire = wire
        self._replica = replica
        self._outbox = outbox
        self._where = where
        self._actor = outbox.fact("person") or actor
        self._device = device
        self._clock = clock
        self._breaker = breaker or Breaker()
        self._trouble = ""
        self._why = ""
        self._contact_at: datetime | None = None
        self._known = False
        """Whether the server has said whose token this is, and the outbox is that person's."""
        self._deciding = threading.Lock()
        self._laid: tuple[tuple[int, tuple[Item, ...]], Overlay] | None = None
        self._sender = Sender(
            wire,
            outbox,
            self._breaker,
            confirmed=replica.incident,
            catch_up=self._catch_up,
            clock=clock,
            device=device,
            trouble=self._in_trouble,
            allowed=lambda: self._known,
        )
        self._teller = Teller(replica, outbox, overlay=self._overlay, awaited=self._sender.awaited)
        self._reader = Reader(
            wire,
            replica,
            self._breaker,
            alive=self._alive,
            trouble=self._in_trouble,
            news=self._teller.look,
            lost=self._is_lost,
        )
        self._reader.start()
        self._sender.start()

    @property
    def actor(self) -> str:
        """Who is at this console, as the server's token says."""
        return self._actor

    def now(self) -> datetime:
        """The instant by this machine's clock."""
        return self._clock()

    def settle(self, seconds: float) -> None:
        """Wait until copy and server are level, or it is known that they cannot be."""
        deadline = time.monotonic() + seconds
        self._reader.settled(seconds)
        while self._breaker.closed and self._outbox.items() and time.monotonic() < deadline:
            time.sleep(_STEP_SECONDS)

    def do(
        self,
        command: c.Command,
        incident: str | None = None,
        *,
        actor: str | None = None,
        command_id: str | None = None,
    ) -> Done | Refusal:
        """Have the server decide and keep a command; without it, decide here and keep it for later.

        Raises:
            JournalError: It could not even be kept here; nothing happened.
        """
        if incident is None and not isinstance(command, c.Declare):
            return Refusal(reason="this needs an incident", hint="Name one, as in INC-7.")
        by = None if actor == self._actor else actor
        name = command_id or uuid.uuid4().hex
        kept = self._keep(command, incident, by, name)
        if isinstance(kept, Refusal) and self._breaker.closed and self._try_to_catch_up():
            kept = self._keep(command, incident, by, name)  # what was refused was an old state
        if not isinstance(kept, str):
            return kept
        self._sender.wake()
        answer = self._answer(name)
        self._teller.look()
        if isinstance(answer, Refusal):
            return answer
        return self._done(kept, name)

    def incident(self, name: str) -> Incident | None:
        """One incident as it stands, with what is on its way."""
        overlay, found = self._look(name)
        return overlay.states.get(found) or self._replica.incident(found)

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        """All open incidents, or all."""
        states = dict(self._overlay().states)
        for here in self._outbox.aliases():
            states.pop(here, None)  # it has just got its number, and is in the copy under that
        found: list[Incident] = []
        for confirmed in self._replica.incidents(include_closed=include_closed):
            state = states.pop(confirmed.id, confirmed)
            if include_closed or state.closed_at is None:
                found.append(state)
        found += [one for one in states.values() if include_closed or one.closed_at is None]
        return tuple(found)

    def records(self, name: str) -> Sequence[Recorded]:
        """The events of one incident, those on their way last."""
        overlay, found = self._look(name)
        confirmed = self._replica.records(found)
        here = {record.command_id for record in confirmed}
        ahead = overlay.records.get(found, ())
        return (*confirmed, *(record for record in ahead if record.command_id not in here))

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        """The incidents with at least one event of a stored kind, those on their way too."""
        overlay = self._overlay()
        found = {one.id: one for one in self._replica.incidents_with(kind)}
        for name, records in overlay.records.items():
            if any(kind_of(record.event) == kind for record in records):
                found[name] = overlay.states[name]
        return tuple(overlay.states.get(name, one) for name, one in found.items())

    def follow_ups(self) -> Sequence[tuple[str, FollowUpChanged]]:
        """Every follow-up as it was last changed, those on their way too."""
        states = self._overlay().states
        kept = [(name, one) for name, one in self._replica.follow_ups() if name not in states]
        moving = [(one.id, facts) for one in states.values() for facts in one.follow_ups]
        return (*kept, *moving)

    def search(self, words: str) -> Sequence[Incident]:
        """Incidents that hold all the words; words on their way are not found yet."""
        states = self._overlay().states
        return tuple(states.get(one.id, one) for one in self._replica.search(words))

    def contact(self) -> Contact:
        """How it stands with the server."""
        online = self._breaker.closed and not self._trouble
        return Contact(
            where=self._where,
            online=online,
            since=None if online else self._contact_at or self._last_contact(),
            pending=len(self._outbox.items()),
            trouble=self._trouble,
            why="" if online else self._why,
            refused=len(self._outbox.refusals()),
        )

    def refusals(self) -> Sequence[Refused]:
        """What the server refused after the person had gone on, the oldest first."""
        return self._outbox.refusals()

    def pending(self) -> Sequence[tuple[Item, bool]]:
        """What is on its way, and of each whether the rules would refuse it as things stand."""
        doubtful = self._overlay().doubtful
        return [(item, item.id in doubtful) for item in self._outbox.items()]

    def end(self) -> Head:
        """Where the copy ends."""
        return self._replica.end()

    def subscribe(self, changed: Listener) -> Callable[[], None]:
        """Call `changed` from the watching thread for every event, on its way or confirmed.

        It is called with no events when something on its way is not on its way any more.
        """
        return self._teller.subscribe(changed)

    def close(self) -> None:
        """Leave; what is on its way is sent by the next one to come."""
        self._teller.stop()
        if self._contact_at is not None:
            with contextlib.suppress(JournalError):  # a full disk is no reason to stay
                self._outbox.remember("contact", self._contact_at.isoformat())
        self._reader.stop()
        self._sender.stop()
        self._teller.join()
        self._wire.close()
        self._outbox.close()
        self._replica.close()

    def _keep(
        self, command: c.Command, incident: str | None, actor: str | None, name: str
    ) -> str | Done | Refusal:
        """Keep a command that the rules allow; returns its incident, or why there is no need."""
        with self._deciding:
            state = None if incident is None else self.incident(incident)
            if incident is not None and state is None:
                return Refusal(reason="there is no such incident")
            now = self._clock()
            decided = decide(state, command, actor or self._actor, now)
            if isinstance(decided, Refusal):
                return decided
            if state is not None and not decided:
                return Done(incident=state, records=())
            base = None
            if isinstance(command, c.EditPostmortem) and state is not None:
                earlier = self._unsent_edit(state.id)
                if earlier is not None and isinstance(earlier.command, c.EditPostmortem):
                    changed = c.EditPostmortem(text=command.text, base=earlier.command.base)
                    self._outbox.change(earlier, changed, tried=False)
                    return Done(incident=self.incident(state.id) or state, records=())
                untouched = state.postmortem_version == 0
                base = draft(state, self.records(state.id)) if untouched else state.postmortem
            self._sender.expect(name)
            try:
                return self._outbox.add(
                    command,
                    name=name,
                    incident=None if state is None else state.id,
                    base=base,
                    actor=actor,
                    now=now,
                )
            except JournalError:
                self._sender.forget(name)
                raise

    def _unsent_edit(self, incident: str) -> Item | None:
        """Return the edit that another one of the same text may replace, while nobody has it."""
        if self._breaker.closed:
            return None
        mine = [item for item in self._outbox.items() if self._look(item.incident)[1] == incident]
        last = mine[-1] if mine else None
        if last is None or last.tried or not isinstance(last.command, c.EditPostmortem):
            return None
        return last

    def _answer(self, name: str) -> Answer | Refusal | None:
        """Return what the server says, if it does so while somebody waits."""
        ticket = self._sender.expect(name)
        try:
            if not self._breaker.closed:
                return None
            ended, answer = ticket.wait(ANSWER_SECONDS)
            if not ended:
                self._breaker.failed()  # nobody has to wait for the next one as well
            return answer
        finally:
            self._sender.forget(name)

    def _done(self, incident: str, name: str) -> Done:
        state = self.incident(incident)
        if state is None:
            raise JournalError(
                f"what became of {incident} is not known yet",
                "It is kept and will be sent; `warroom remote status` shows what is on its way.",
            )
        records = [one for one in self.records(incident) if one.command_id == name]
        return Done(incident=state, records=tuple(records))

    def _overlay(self) -> Overlay:
        items = self._outbox.items()
        if not items:
            return Overlay()
        # In this order: what leaves the outbox is in the copy by then.
        key = (self._replica.head(), items)
        laid = self._laid
        if laid is None or laid[0] != key:
            names = dict(self._outbox.aliases())
            left = [item for item in items if not self._confirmed(item, names)]
            ground = Ground(
                incident=self._replica.incident,
                head=key[0],
                actor=self._actor,
                device=self._device,
                names=names,
            )
            self._laid = laid = (key, lay(ground, left))
        return laid[1]

    def _confirmed(self, item: Item, names: dict[str, str]) -> bool:
        """Whether an item is in the copy already: its answer was lost, or is being read."""
        if not item.opens:
            name = names.get(item.incident, item.incident)
            return any(record.command_id == item.id for record in self._replica.records(name))
        for state in reversed(self._replica.incidents(include_closed=True)[-_NEWEST:]):
            if self._replica.records(state.id)[0].command_id == item.id:
                names[item.incident] = state.id
                return True
        return False

    def _look(self, name: str) -> tuple[Overlay, str]:
        """Return the overlay, and how an incident is called in it and in the copy.

        In this order: what has left the outbox since then has its new name by now.
        """
        name = incident_name(name)
        overlay = self._overlay()
        if not name.startswith(LOCAL):
            return overlay, name
        return overlay, overlay.names.get(name) or self._outbox.aliases().get(name, name)

    def _alive(self) -> None:
        news = self._breaker.succeeded() or self._contact_at is None
        self._contact_at = self._clock()
        learnt = not self._known and self._learn_person()
        if news or learnt:
            self._teller.look()
            self._sender.wake()

    def _learn_person(self) -> bool:
        try:
            person = self._wire.person()
        except (Unreachable, Unwelcome):
            return False
        kept = self._outbox.fact("person")
        if kept and kept != person:
            # What one person decided must not be sent as another's.
            self._in_trouble(
                f"the token is {person}'s, but what is kept here is {kept}'s: "
                f"use --as {person}, or {kept}'s token"
            )
            return False
        self._outbox.remember("person", person)
        self._actor, self._known = person, True
        return True

    def _last_contact(self) -> datetime | None:
        text = self._outbox.fact("contact")
        return datetime.fromisoformat(text) if text else None

    def _is_lost(self, why: str) -> None:
        self._why = why

    def _in_trouble(self, words: str) -> None:
        if words != self._trouble:
            self._trouble = words
            self._teller.look()

    def _catch_up(self) -> None:
        try:
            self._reader.catch_up()
        except Astray as error:
            self._in_trouble(str(error))
            raise Unreachable(str(error)) from error

    def _try_to_catch_up(self) -> bool:
        try:
            self._catch_up()
        except (Unreachable, Unwelcome):
            return False
        return True
