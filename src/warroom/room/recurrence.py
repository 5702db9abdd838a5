"""Watch for the failure after it was declared gone: reopen, or open a linked incident."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Linked
from warroom.core.decide import Refusal
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Check, Phase
from warroom.logs.analysis.effect import wilson
from warroom.logs.analysis.watch import STEP, TOTAL, Watch
from warroom.logs.protocol import Log
from warroom.room.effects import failing_slice
from warroom.room.measure import counts
from warroom.room.service import Done, Room

GUARDED = timedelta(hours=24)
"""How long after a failure is gone its rows are watched by themselves."""
_LEAST = 3
"""Failures before it rings: this failure is known, a handful of it is enough."""


class RecurrenceWatch:
    """Follows the logs of an incident that is over, on the rows that failed."""

    def __init__(
        self,
        room: Room,
        incident: Incident,
        logs: Sequence[Log],
        sleep: Callable[[float], None],
    ) -> None:
        self._room = room
        self._incident = incident
        self._logs = logs
        self._sleep = sleep
        self._where = failing_slice(incident)
        self._at = watch_from(incident).timestamp()
        self._watch = Watch.recurrence(*_levels(incident), replace(TOTAL, least_failures=_LEAST))

    def follow(
        self, since: datetime, until: datetime, cancel: Event | None = None
    ) -> Done | Refusal | None:
        """Look at the log in steps from one instant to another, waiting for what is to come.

        Returns what was done when the failure came back; None: it did not.

        Raises:
            JournalError: It came back, and the store could not keep it.
        """
        self._at = since.timestamp()
        while self._at + STEP <= until.timestamp():
            if cancel is not None and cancel.is_set():
                return None
            ahead = self._at + STEP - self._room.now().timestamp()
            if ahead > 0:
                self._sleep(min(ahead, 1.0))
                continue
            said = self.look(self._at + STEP)
            if said:
                return came_back(self._room, self._incident.id, said)
        return None

    def begin(self, earliest: float) -> None:
        """Leave out what lies before an epoch second, if it was not looked at yet."""
        self._at = max(self._at, earliest)

    def look(self, until: float) -> str:
        """Count every step that has ended by an epoch second; a sentence if the failure is back."""
        while self._at + STEP <= until:
            seen = counts(self._logs, self._at, self._at + STEP, self._where)
            self._at += STEP
            offer = self._watch.step(seen.requests, seen.failures)
            if offer is not None:
                when = datetime.fromtimestamp(self._at, UTC)
                name = clean_line(" ".join(self._where.values()))
                return f"{offer.sentence(name)}, {when:%H:%M:%S} UTC"
        return ""


def came_back(room: Room, name: str, sentence: str) -> Done | Refusal:
    """Reopen an incident whose failure is back; once it is closed, open one linked to it.

    Raises:
        JournalError: The store could not keep it.
    """
    incident = room.incident(name)
    if incident is None:
        return Refusal(reason=f"there is no incident {name}")
    if incident.phase is not Phase.CLOSED:
        return room.do(c.Reopen(reason=f"the failure is back: {sentence}"), incident.id)
    facts = e.Declared(
        title=f"Again: {incident.title}"[:200],
        service=incident.service,
        client=incident.client,
        priority=incident.priority,
        category=incident.category,
        criteria=incident.criteria,
        summary=f"The failure of {incident.id} is back: {sentence}",
        source="recurrence watch",
        boundary=incident.boundary,
        detected_at=room.now(),
    )
    new = room.do(c.Declare(facts=facts))
    if isinstance(new, Refusal):
        return new
    room.do(c.Link(facts=Linked(other=new.incident.id, how="came back as")), incident.id)
    linked = room.do(c.Link(facts=Linked(other=incident.id, how="the failure of")), new.incident.id)
    return new if isinstance(linked, Refusal) else linked


def guarded(incident: Incident, now: datetime) -> bool:
    """Whether its failure is watched for: for a day after it was gone."""
    over = incident.phase in (Phase.RESOLVED, Phase.CLOSED)
    return over and now - watch_from(incident) <= GUARDED


def watch_from(incident: Incident) -> datetime:
    """Return from when on a failure counts as a new one."""
    return incident.resolved_at or incident.closed_at or incident.declared_at + timedelta()


def _levels(incident: Incident) -> tuple[float, float]:
    """Return what the fix left at most, and the share that the failure had."""
    made = incident.checks.get(Check.GONE)
    left = 0.0
    if made is not None and made[1].requests:
        left = wilson(made[1].failures, made[1].requests)[1]
    effects = [run.effect for run in incident.runs if run.effect is not None]
    shares = [x.before_failures / x.before_requests for x in effects if x.before_requests]
    # Without a measured share a twentieth of the requests is taken: rather ring than miss it.
    return left, max(shares, default=0.05)
