"""Take snapshots of the room: the one place where the console reads, always off the event loop."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from warroom.core import events as e
from warroom.core.impact import Impact
from warroom.core.journal import JournalError
from warroom.core.nextstep import next_step
from warroom.core.postmortem import draft
from warroom.core.queue import QueueRow
from warroom.core.state import Incident
from warroom.core.templates import with_template
from warroom.core.timeline import TimelineEntry, as_of, timeline
from warroom.core.words import FollowUpState
from warroom.logs.protocol import Log
from warroom.room.containment import Containment, Option
from warroom.room.service import Contact, Room
from warroom.tui.ranking import Ranking
from warroom.tui.reminders import reminders
from warroom.tui.snapshot import Promise, Reminder, Snapshot

_OPTIONS_SECONDS = 5.0
"""Options are asked for again after this time even if the incident did not change: they depend on
what the log shows as well."""

_FAR = datetime.max.replace(tzinfo=UTC)

_PROGRAM = "changes"
"""Who tells what a deployment tool wrote: it would say the same word twice."""


class Observer:
    """Reads the room and remembers what has not changed.

    `take` and `wait` belong to one thread, `look_for_options` and `wait_for_options` to another:
    asking the log what applies may take seconds, and the clocks must not stand still meanwhile.
    Everything else may be called from any thread.
    """

    def __init__(
        self,
        room: Room,
        containment: Containment,
        logs: Sequence[Log] = (),
        templates: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.room = room
        self._logs = logs
        self._templates = templates
        self._impact: tuple[tuple[str, datetime, datetime], Impact | None] | None = None
        """What was counted last: for which incident and time, and what."""
        self.containment = containment
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._stale = True
        """Whether everything is to be read again, not only what changed."""
        self._changed: set[str] = set()
        self._promises_stale = True
        self._selected = ""
        self._past: datetime | None = None
        self._incidents: dict[str, Incident] = {}
        self._ranking = Ranking()
        self._due: tuple[tuple[QueueRow, ...], tuple[Reminder, ...]] = ((), ())
        self._promises: tuple[Promise, ...] = ()
        self._contact = Contact(where="local")
        self._story: tuple[tuple[object, ...], tuple[TimelineEntry, ...], str] = ((), (), "")
        self._shown: Incident | None = None
        self._options: tuple[str, tuple[Option, ...]] = ("", ())
        self._options_wanted = threading.Event()
        self._options_trouble = ""

    def touch(self, records: Sequence[e.Recorded]) -> None:
        """Events arrived: what was read is old."""
        with self._lock:
            self._changed |= {record.incident for record in records}
            self._promises_stale |= any(isinstance(r.event, e.FollowUpChanged) for r in records)
        self._wake.set()

    def doubt(self) -> None:
        """The store did not keep something: find out whether it can be read."""
        with self._lock:
            self._stale = True
        self._wake.set()

    def look_at(self, moment: datetime | None) -> None:
        """Show the incident as it was at a moment; None: as it is."""
        with self._lock:
            self._past = moment
        self._wake.set()

    def select(self, incident: str) -> None:
        """Make another incident the current one."""
        with self._lock:
            self._selected = incident
            self._past = None
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
        actor = "" if line.actor == _PROGRAM else f"{line.actor} "
        words = f"{elsewhere}{actor}{line.word}: {line.text}".removesuffix(": ")
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
        changed: set[str] = set()
        try:
            changed = self._read()
        except JournalError as error:
            trouble = f"{error.what}. {error.hint}".strip()
            with self._lock:
                self._stale = True
        rows = self._ranking.rank(self._incidents, changed, now)
        current = None
        lines: tuple[TimelineEntry, ...] = ()
        text = ""
        past: datetime | None = None
        try:
            current = self._current(rows)
            if current is not None:
                lines, text = self._story_of(current)
                past, current = self._then(current)
        except JournalError as error:
            trouble = f"{error.what}. {error.hint}".strip()
        contact = self._contact
        try:
            contact = self._contact = self.room.contact()
        except JournalError as error:
            trouble = f"{error.what}. {error.hint}".strip()
        options, options_trouble = self._options_of(current)
        running = next((r for r in current.runs if r.outcome is None), None) if current else None
        return Snapshot(
            now=past or now,
            actor=self.room.actor,
            rows=rows,
            current=current,
            timeline=lines,
            postmortem_draft=text,
            impact=self._counted(current),
            options=options,
            next_step=None if past else next_step(current, now, self.room.actor),
            late=self._ranking.late,
            past=past,
            promises=self._promises,
            contact=contact,
            running=running.intent.run if running else "",
            running_since=running.intended_at if running else None,
            trouble=trouble,
            options_trouble=options_trouble,
            due=self._reminders(rows, now),
            loaded=True,
        )

    def _reminders(self, rows: tuple[QueueRow, ...], now: datetime) -> tuple[Reminder, ...]:
        """Return what is to be said of the queue, made once for each queue."""
        if self._due[0] is not rows:
            self._due = (rows, reminders(rows, self.room.actor, now))
        return self._due[1]

    def _then(self, incident: Incident) -> tuple[datetime | None, Incident]:
        """Return the moment that is looked at, if any, and the incident as it was then."""
        with self._lock:
            past = self._past
        if past is None:
            return None, incident
        before = as_of(self.room.records(incident.id), max(past, incident.declared_at))
        return (max(past, incident.declared_at), before) if before else (None, incident)

    def _read(self) -> set[str]:
        """Read what changed; return the names of the incidents that did."""
        with self._lock:
            # What is on its way to a server may come back under another name: read it all.
            stale = self._stale or (bool(self._changed) and self._contact.pending > 0)
            changed = self._changed
            promises_stale = self._promises_stale and not stale  # the queue first
            self._stale, self._changed = False, set()
            self._promises_stale &= not promises_stale
        if stale:
            found = {incident.id: incident for incident in self.room.incidents()}
            changed = set(self._incidents) | set(found)
            self._incidents = found
            self._wake.set()
        else:
            for name in changed:
                incident = self.room.incident(name)
                if incident is None or incident.closed_at is not None:
                    self._incidents.pop(name, None)
                else:
                    self._incidents[name] = incident
        if promises_stale:
            self._promises = _promises(self.room.follow_ups())
        return changed

    def _current(self, queue: Sequence[QueueRow]) -> Incident | None:
        """Return the selected incident, or the first of the queue when there is none."""
        with self._lock:
            selected = self._selected
        found = self._incidents.get(selected)
        if found is None and selected:
            found = self.room.incident(selected)  # closed: still shown until somebody moves on
            if found is not None and found.id != selected:  # the server has given it its number
                with self._lock:
                    if self._selected == selected:
                        self._selected = found.id
        if found is None and queue:
            found = queue[0].incident
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
            text = draft(incident, records, impact)
            with suppress(OSError):  # the key that applies one by hand says why
                known = self._templates()
                text = with_template(text, known, incident.client, incident.category.value)
            self._story = (key, timeline(records), text)
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


def _promises(found: Sequence[tuple[str, e.FollowUpChanged]]) -> tuple[Promise, ...]:
    still = [
        Promise(incident=name, facts=facts)
        for name, facts in found
        if facts.state is FollowUpState.OPEN
    ]
    return tuple(sorted(still, key=lambda promise: promise.facts.due or _FAR))
