"""Empty the outbox, in order, one answer at a time; what is refused is told and kept."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from warroom.core import commands as c
from warroom.core.canonical import Json
from warroom.core.commanding import name_of, to_json
from warroom.core.conduct import EntryAmended
from warroom.core.decide import OUTRUN, Refusal
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.remote.breaker import Breaker
from warroom.remote.outbox import LOCAL, Item, Outbox
from warroom.remote.overlay import named, rebased
from warroom.remote.wire import Answer, Unreachable, Unwelcome, Wire

_log = logging.getLogger(__name__)

LATE = timedelta(seconds=10)
"""From this delay on, an entry of the timeline is told at the time at which it was made."""

_OUTRUN_SECONDS = 0.5
"""Until it is tried again after that."""
_REBASES = 5
"""Times that a text is merged anew because somebody else was faster, at one go."""

_ELSEWHERE_SECONDS = 0.05
"""Between looks whether another process has sent what is waited for."""


class Ticket:
    """What somebody waits for: the answer to one command."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._left = False
        self._answer: Answer | Refusal | None = None

    def give(self, answer: Answer | Refusal | None) -> bool:
        """End the waiting, None: there is no answer now; returns whether somebody still waited."""
        with self._lock:
            waited = not (self._left or self._over.is_set())
            if waited:
                self._answer = answer
            self._over.set()
            return waited

    def wait(self, seconds: float) -> tuple[bool, Answer | Refusal | None]:
        """Return whether the waiting was ended in this time, and the answer if there was one.

        Afterwards nobody waits: an answer that comes later is told in another way.
        """
        ended = self._over.wait(seconds)
        with self._lock:
            self._left = True
            return ended, self._answer


class Sender:
    """Sends in a thread of its own; one process at a time for one outbox."""

    def __init__(
        self,
        wire: Wire,
        outbox: Outbox,
        breaker: Breaker,
        *,
        confirmed: Callable[[str], Incident | None],
        catch_up: Callable[[], None],
        clock: Callable[[], datetime],
        device: str,
        trouble: Callable[[str], None],
        allowed: Callable[[], bool],
    ) -> None:
        self._wire = wire
        self._outbox = outbox
        self._breaker = breaker
        self._confirmed = confirmed
        self._catch_up = catch_up
        self._clock = clock
        self._device = device
        self._trouble = trouble
        self._allowed = allowed
        self._tickets: dict[str, Ticket] = {}
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="remote-send", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def expect(self, command_id: str) -> Ticket:
        """Return the ticket for a command that is about to be kept."""
        return self._tickets.setdefault(command_id, Ticket())

    def forget(self, command_id: str) -> None:
        """Nobody waits for that any more."""
        self._tickets.pop(command_id, None)

    def awaited(self, command_id: str) -> bool:
        """Whether somebody waits for the answer to that command."""
        return command_id in self._tickets

    def wake(self) -> None:
        """Look now whether there is something to send."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread; what is on its way stays in the outbox."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                again = self._flush()
            except JournalError as error:  # a busy disk: the next attempt may succeed
                _log.warning("sending: %s", error)
                again = 1.0
            except Exception:
                if self._closing.is_set():
                    return
                raise
            self._wake.wait(again)
            self._wake.clear()

    def _flush(self) -> float | None:
        """Send what there is; returns after how many seconds to look again, None: when woken."""
        while not self._closing.is_set():
            items = self._outbox.items()
            if not items or not self._allowed():
                return None
            wait = self._breaker.left()
            if wait:
                return wait
            with self._outbox.turn() as ours:
                if not ours:
                    return _ELSEWHERE_SECONDS
                # Only now: before, another process may have sent it.
                items = self._outbox.items()
                if items and not self._deliver(items[0]):
                    self._release()
                    return max(self._breaker.left(), _ELSEWHERE_SECONDS)
        return None

    def _release(self) -> None:
        for ticket in list(self._tickets.values()):
            ticket.give(None)

    def _deliver(self, item: Item) -> bool:
        """Send one command until there is an answer; False: there is none now."""
        try:
            answer = self._send(item)
        except Unreachable as error:
            if error.seconds:
                self._breaker.pause(error.seconds)
            else:
                self._breaker.failed()
            _log.info("%s: %s", name_of(item.command), error.why)
            return False
        except Unwelcome as error:
            self._breaker.failed()
            self._trouble(f"the server does not accept the token: {error}")
            return False
        self._breaker.succeeded()
        if isinstance(answer, Refusal):
            self._refused(item, answer)
            return True
        return self._kept(item, answer)

    def _send(self, item: Item) -> Answer | Refusal:
        for _ in range(_REBASES):
            names = self._outbox.aliases()
            incident = names.get(item.incident, item.incident)
            if incident.startswith(LOCAL) and not item.opens:
                return Refusal(
                    reason=f"{incident} was not kept by the server",
                    hint="Declare it again: `warroom remote refused` shows what was said.",
                )
            command = named(item.command, names)
            if isinstance(command, c.EditPostmortem) and not item.tried:
                state = self._confirmed(incident)
                if state is not None:
                    command = rebased(command, item.base, state)
                # What is sent is on the disk before: sent again, it is the same.
                self._outbox.change(item, command, tried=True)
            answer = self._wire.send(name_of(command), self._body(item, incident, command))
            if not (isinstance(answer, Refusal) and isinstance(command, c.EditPostmortem)):
                return answer
            before = self._confirmed(incident)
            self._catch_up()
            after = self._confirmed(incident)
            if before is None or after is None or item.base is None:
                return answer
            outrun = answer.reason.startswith(OUTRUN)
            if after.postmortem_version == command.base and not outrun:
                return answer  # it is not about somebody else's text
            item = replace(item, tried=False)
        # Others save faster than this link carries. Given up here, what was typed would be lost.
        self._outbox.change(item, item.command, tried=False)
        raise Unreachable("others save the text faster than it gets there", _OUTRUN_SECONDS)

    def _body(self, item: Item, incident: str, command: c.Command) -> Mapping[str, Json]:
        body: dict[str, Json] = {
            "command_id": item.id,
            "device": self._device,
            "command": to_json(command),
        }
        if item.actor:
            body["actor"] = item.actor
        if not item.opens:
            body["incident"] = incident
        return body

    def _kept(self, item: Item, answer: Answer) -> bool:
        """Take the server's word into the copy; False: the command must stay until that is done."""
        ticket = self._tickets.get(item.id)
        try:
            if answer.seq:
                self._catch_up()
        except (Unreachable, Unwelcome) as error:
            # Out of the queue and not in the copy, it would vanish from the screen. Sent again it
            # happens once all the same.
            _log.info("after %s: %s", name_of(item.command), error)
            self._breaker.failed()
            if ticket is not None:
                ticket.give(answer)
            return False
        now = self._clock()
        if answer.seq and not item.opens and now - item.made_at >= LATE:
            self._date(item, answer, now)  # before it goes: killed in between, it is done again
        self._outbox.kept(item, answer.incident)
        if ticket is not None:
            ticket.give(answer)
        return True

    def _date(self, item: Item, answer: Answer, now: datetime) -> None:
        """Tell the entry at the time at which it was made: the server could only note its own."""
        if isinstance(item.command, c.Amend | c.EditPostmortem) or item.id.endswith("-r"):
            return
        amended = c.Amend(
            facts=EntryAmended(
                entry=answer.version, at=item.made_at, reason="made without contact to the server"
            )
        )
        self._outbox.add(
            amended,
            name=f"{item.id[:60]}-at",
            incident=answer.incident,
            base=None,
            actor=None,
            now=now,
        )

    def _refused(self, item: Item, refusal: Refusal) -> None:
        now = self._clock()
        ticket = self._tickets.get(item.id)
        # Out of the queue first: whoever waits looks at the incident as soon as there is an answer.
        self._outbox.refuse(item, refusal, now)
        if ticket is not None and ticket.give(refusal):
            self._outbox.told(item)
            return
        names = self._outbox.aliases()
        incident = names.get(item.incident, item.incident)
        if incident.startswith(LOCAL) or item.id.endswith(("-r", "-at")):
            return
        note = c.AddNote(
            text=f"Not kept: “{_words(item.command)}”, made at {item.made_at:%H:%M:%S} UTC without "
            f"contact to the server. {refusal.reason}",
        )
        self._outbox.add(
            note, name=f"{item.id[:60]}-r", incident=incident, base=None, actor=None, now=now
        )


def _words(command: c.Command) -> str:
    """Return a command in a few words, with the text that somebody wrote."""
    said = getattr(command, "text", "") or getattr(command, "reason", "")
    name = name_of(command).replace("-", " ")
    return f"{name}: {said[:2000]}" if said else name
