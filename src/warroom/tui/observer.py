"""Take snapshots of the room: the one place where the console reads, always off the event loop."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from warroom.core import events as e
from warroom.core.impact import Impact
from warroom.core.journal import JournalError
from warroom.core.nextstep import next_step
from warroom.core.postmortem import draft
from warroom.core.queue import rank
from warroom.core.state import Incident
from warroom.core.timeline import TimelineEntry, timeline
from warroom.core.words import FollowUpState
from warroom.logs.protocol import Log
from warroom.room.containment import Containment, Option
from warroom.room.service import Contact, Room
from warroom.tui.snapshot import Promise, Snapshot

_OPTIONS_SECONDS = 5.0
"""Options are asked for again after this time even if the incident did not change: they depend on
what the log shows as well."""

_FAR = datetime.max.replace(tzinfo=UTC)


class Observer:
    """Reads the room and remembers what has not changed.

    `take` and `wait` belong to one thread, `look_for_options` and `wait_for_options` to another:
    asking the log what applies may take seconds, and the clocks must not stand still meanwhile.
    Everything else may be called from any thread.
    """

    def __init__(self, room: Room, containment: Containment, logs: Sequence[Log] = ()) -> None:
        self.room = room
        self._logs = logs
        self._impact: tuple[tuple[str, datetime, datetime], Impact | None] | None = None
        """What was counted last: for which incident and time, and what."""
        self.containment = containment
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._stale = True
        self._promises_stale = True
        self._selected = ""
        self._incidents: Sequence[Incident] = ()
        self._promises: tuple[Promise, ...] = ()
        self._contact = Contact(where="local")
        self._story: tuple[tuple[object, ...], tuple[TimelineEntry, ...], str] = ((), (), "")
        self._shown: Incident | None = None
        self._options: tuple[str, tuple[Option, ...]] = ("", ())
        self._options_wanted = threading.Event()
        self._options_trouble = ""

    def touch(self, records: Sequence[e.Recorded]) -> None:
        """Events arrived: what was read is old."""
        kinds = (e.FollowUpChanged, e.ContainmentKept, e.FixRecorded)
        with self._lock:
            self._stale = True
            self._promises_stale |= any(isinstance(r.event, kinds) for r in records)
        self._wake.set()

    def select(self, incident: str) -> None:
        """Make another incident the current one."""
        with self._lock:
            self._selected = incident
        self._wake.set()

    def told(self, records: Sequence[e.Recorded]) -> tuple[str, str, str] | None:
        """Return the newest of these events as words, colour token and mark; None for no words."""
        last = records[-1]
        try:
            lines = timeline(self.room.records(last.incident))
        except JournalError:
            return None
        line = next((x for x in reversed(lines) if x.number == last.version), None)
        if line is None:
            return None
        with self._lock:
            elsewhere = f"{last.incident} " if last.incident != self._selected else ""
        words = f"{elsewhere}{line.actor} {line.word}: {line.text}".removesuffix(": ")
        return words, line.tone, line.mark

    def wait(self) -> None:
        """Return when something changed, or with the next second of the clock."""
        self._wake.wait(1.0 - time.time() % 1.0)
        self._wake.clear()

    def wake(self) -> None:
        """End the waiting, for a new look or to leave."""
        self._wake.set()
        self._options_wanted.set()

    def wait_for_options(self) -> None:
        """Return when the incident changed, or after a while: the log may say something else."""
        self._options_wanted.wait(_OPTIONS_SECONDS)
        self._options_wanted.clear()

    def look_for_options(self) -> None:
        """Ask what could be run for the incident that is shown."""
        with self._lock:
            incident = self._shown
        if incident is None:
            return
        self._count(incident)
        if incident.resolved_at is not None:
            return
        found: tuple[Option, ...] = ()
        trouble = ""
        try:
            found = tuple(self.containment.options(incident))
        except Exception as error:  # noqa: BLE001 - a bad runbook or log must not hide the queue
            trouble = f"{type(error).__name__}: {error}"
        with self._lock:
            same = self._options == (incident.id, found) and trouble == self._options_trouble
            self._options, self._options_trouble = (incident.id, found), trouble
        if not same:
            self._wake.set()

    def _count(self, incident: Incident) -> None:
        """Count in the open logs what an incident cost, once, when its damage is over."""
        if not self._logs or (incident.contained_at is None and incident.resolved_at is None):
            return
        from warroom.room.impact import measure_impact, window  # noqa: PLC0415 - numpy, when needed

        span = window(incident, self.room.now())
        if not all(log.progress().complete for log in self._logs):
            return  # asked again soon: what can be run must not wait for it
        if span is None or (self._impact is not None and self._impact[0] == (incident.id, *span)):
            return
        try:
            found = measure_impact(self._logs, *span)
        except Exception:  # noqa: BLE001 - a log that cannot be read leaves a question in the draft
            found = None
        with self._lock:
            self._impact = ((incident.id, *span), found)
        self._wake.set()

    def _counted(self, incident: Incident | None) -> Impact | None:
        with self._lock:
            known = self._impact
        return known[1] if known and incident and known[0][0] == incident.id else None

    def take(self) -> Snapshot:
        """Return what is so now; trouble with the store is a state to show, not an end."""
        now = self.room.now()
        trouble = ""
        try:
            self._read()
        except JournalError as error:
            trouble = f"{error.what} {error.hint}".strip()
            with self._lock:
                self._stale = True
        rows = rank(self._incidents, now)
        current = None
        lines: tuple[TimelineEntry, ...] = ()
        text = ""
        try:
            current = self._current([row.incident for row in rows])
            if current is not None:
                lines, text = self._story_of(current)
        except JournalError as error:
            trouble = f"{error.what} {error.hint}".strip()
        contact = self._contact
        try:
            contact = self._contact = self.room.contact()
        except JournalError as error:
            trouble = f"{error.what} {error.hint}".strip()
        options, options_trouble = self._options_of(current)
        running = next((r for r in current.runs if r.outcome is None), None) if current else None
        return Snapshot(
            now=now,
            actor=self.room.actor,
            rows=rows,
            current=current,
            timeline=lines,
            postmortem_draft=text,
            impact=self._counted(current),
            options=options,
            next_step=next_step(current, now, self.room.actor),
            promises=self._promises,
            contact=contact,
            running=running.intent.run if running else "",
            running_since=running.intended_at if running else None,
            trouble=trouble,
            options_trouble=options_trouble,
            loaded=True,
        )

    def _read(self) -> None:
        with self._lock:
            stale, promises_stale = self._stale, self._promises_stale
            self._stale = self._promises_stale = False
        if stale:
            self._incidents = self.room.incidents()
        if promises_stale:
            self._promises = _promises(self.room.incidents(include_closed=True))

    def _current(self, queue: Sequence[Incident]) -> Incident | None:
        """Return the selected incident, or the first of the queue when there is none."""
        with self._lock:
            selected = self._selected
        found = next((incident for incident in queue if incident.id == selected), None)
        if found is None and selected:
            found = self.room.incident(selected)  # closed: still shown until somebody moves on
            if found is not None and found.id != selected:  # the server has given it its number
                with self._lock:
                    if self._selected == selected:
                        self._selected = found.id
        if found is None and queue:
            found = queue[0]
            with self._lock:
                if self._selected == selected:
                    self._selected = found.id
        return found

    def _story_of(self, incident: Incident) -> tuple[tuple[TimelineEntry, ...], str]:
        """Return the timeline and the postmortem draft, made once a version."""
        impact = self._counted(incident)
        key = (incident.id, incident.version, incident.changed_at, impact)
        if self._story[0] != key:
            records = self.room.records(incident.id)
            self._story = (key, timeline(records), draft(incident, records, impact))
        return self._story[1], self._story[2]

    def _options_of(self, incident: Incident | None) -> tuple[tuple[Option, ...], str]:
        """Return what was found last for this incident, and ask again if it has changed."""
        with self._lock:
            before, self._shown = self._shown, incident
            name, found = self._options
            trouble = self._options_trouble
        if incident is None or incident.resolved_at is not None:
            return (), ""
        if before is None or (before.id, before.version) != (incident.id, incident.version):
            self._options_wanted.set()
        return (found, trouble) if name == incident.id else ((), "")


def _promises(incidents: Sequence[Incident]) -> tuple[Promise, ...]:
    found = [
        Promise(incident=incident.id, facts=facts)
        for incident in incidents
        for facts in incident.follow_ups
        if facts.state is FollowUpState.OPEN
    ]
    return tuple(sorted(found, key=lambda promise: promise.facts.due or _FAR))
