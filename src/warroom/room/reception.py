"""Where messages of other systems become incidents: each signal finds the one it belongs to.

A signal that was told before stays where it is. A new one joins the open incident of its group;
else one that another system opened for the same service a moment ago; else, in a storm, the newest
that was opened so; else it opens one. Signals end one by one, and nothing here ever ends an
incident: that is for people to say.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from warroom.core.channels import Reported
from warroom.core.commands import AddNote, Declare, Link, RecordChange, Report
from warroom.core.conduct import Linked
from warroom.core.decide import Refusal
from warroom.core.events import ChangeRecorded, Declared, Excerpt
from warroom.core.post import Inbox, Known, Letter, Standing
from warroom.core.refusal import TITLE_LIMIT
from warroom.core.text import clean_text
from warroom.intake.report import Message, Odd, Signal, Status
from warroom.intake.report import Report as Told
from warroom.intake.vendors import Intake, delivery_of, read
from warroom.room.service import Room

MOMENT = timedelta(minutes=10)
"""Reports of one service within this time are one trouble until somebody splits them: a failure
sets off its alerts within the longest usual waiting time of an alerting rule."""
STORM = 5
"""Incidents opened by other systems within `MOMENT` from which the next joins the newest: a broken
network must not open a hundred."""
MOST = 2000
"""Messages placed in one go."""
NEWEST = 3
"""Titles that one entry of the timeline names."""
EVIDENCE = 16_384
"""Characters of a message that go into the journal; the whole stays in the inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What looking through the inbox led to."""

    letters: int = 0
    opened: tuple[str, ...] = ()
    """New incidents."""
    told: tuple[str, ...] = ()
    """Incidents that were told something."""
    aside: int = 0


@dataclass(slots=True)
class _Batch:
    """Letters that were read, while their signals are placed."""

    read: list[tuple[Letter, Told]] = field(default_factory=list)
    settled: list[Letter] = field(default_factory=list)
    signals: dict[tuple[str, str], Known] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


class Reception:
    """Takes messages in and places what they say; one of it works at a time."""

    def __init__(
        self,
        room: Room,
        inbox: Inbox,
        intakes: Mapping[str, Intake],
        *,
        changed: Callable[[ChangeRecorded, str], None] = lambda _change, _service: None,
    ) -> None:
        """`changed` is told every change with its service, for the incidents still to come."""
        self._room = room
        self._inbox = inbox
        self._intakes = intakes
        self._changed = changed

    def letter(self, intake: str, message: Message, *, pulled: bool = False) -> Letter:
        """Return a message as it is kept."""
        return Letter(
            intake=intake,
            delivery=delivery_of(self._intakes[intake], message),
            received_at=message.received_at,
            headers=_kept(message.headers),
            body=message.body,
            pulled=pulled,
        )

    def take(self, letters: Sequence[Letter]) -> int:
        """Keep messages before anything else happens to them; returns how many were new.

        Raises:
            JournalError: None of them is kept.
        """
        return self._inbox.put(letters)

    def work(self) -> Outcome:
        """Place what waits; a crash in between leaves it waiting, and nothing happens twice.

        Raises:
            JournalError: The store could not keep something; the rest still waits.
        """
        batch = _Batch()
        aside = 0
        for letter in self._inbox.waiting(MOST):
            told = self._read(letter)
            if isinstance(told, str):
                aside += 1
                batch.settled.append(replace(letter, standing=Standing.ASIDE, reason=told))
            elif told.empty:
                batch.settled.append(replace(letter, standing=Standing.IDLE))
            else:
                batch.read.append((letter, told))
        for letter, told in batch.read:
            self._changes(letter, told)
        for letters, group in _groups(batch.read):
            self._place(batch, letters, group)
        self._inbox.settle(batch.settled, tuple(batch.signals.values()))
        return Outcome(
            letters=len(batch.settled),
            opened=tuple(batch.opened),
            told=tuple(batch.told),
            aside=aside,
        )

    def _read(self, letter: Letter) -> Told | str:
        intake = self._intakes.get(letter.intake)
        if intake is None:
            return f"there is no intake {letter.intake!r} any more"
        message = Message(body=letter.body, received_at=letter.received_at, headers=letter.headers)
        try:
            told = read(intake, message, pulled=letter.pulled)
        except Odd as odd:
            return str(odd)
        signals = tuple(replace(s, service=s.service or intake.service) for s in told.signals)
        return replace(told, signals=signals, service=told.service or intake.service)

    # -- signals ---------------------------------------------------------------------------------

    def _place(self, batch: _Batch, letters: Sequence[Letter], group: Sequence[Told]) -> None:
        """Place all that was told of one group: one command for each incident concerned."""
        source, name = group[0].source, group[0].group
        latest = {signal.key: signal for told in group for signal in told.signals}
        before = dict(self._inbox.known(source, tuple(latest)))
        places: dict[str, list[Signal]] = {}
        still = {name: self._open(name) for name in {one.incident for one in before.values()}}
        home = self._open(self._inbox.belongs(source, name))
        for signal in latest.values():
            known = before.get(signal.key)
            found = (still[known.incident] if known else None) or home
            if found is None and signal.status is Status.FIRING:
                found = home = self._near(signal)
            if found is None:
                if signal.status is Status.RESOLVED:
                    continue  # the end of something nobody reported
                found = home = self._declare(batch, letters[0], group[-1], signal)
                self._link(found, letters[0], before.get(signal.key))
            if found:
                places.setdefault(found, []).append(signal)
        for incident, signals in places.items():
            for signal in signals:
                batch.signals[source, signal.key] = Known(
                    source=source,
                    key=signal.key,
                    group=name,
                    incident=incident,
                    firing=signal.status is Status.FIRING,
                    last_at=letters[-1].received_at,
                )
            self._report(batch, incident, letters, group, before)
        first = next(iter(places), "")
        batch.settled += [
            replace(letter, standing=Standing.DONE, incident=first) for letter in letters
        ]

    def _near(self, signal: Signal) -> str | None:
        """Return the open incident that a first signal of a group joins; None: none."""
        since = self._room.now() - MOMENT
        lately = [
            one
            for one in self._room.incidents()
            if one.source in _SOURCES and one.declared_at >= since and one.resolved_at is None
        ]
        for incident in reversed(lately):
            if signal.service and incident.service == signal.service:
                return incident.id
        return lately[-1].id if len(lately) >= STORM else None

    def _open(self, name: str) -> str | None:
        """Return the incident of a name, or the one it was merged into, if it is still open."""
        for _ in range(10):
            incident = self._room.incident(name) if name else None
            if incident is None or not incident.merged_into:
                break
            name = incident.merged_into
        return None if incident is None or incident.closed_at is not None else incident.id

    def _declare(self, batch: _Batch, letter: Letter, told: Told, signal: Signal) -> str:
        """Open an incident; returns its id, or nothing if a rule refused it."""
        intake = self._intakes[letter.intake]
        facts = Declared(
            title=signal.title[:TITLE_LIMIT],
            service=signal.service,
            priority=signal.priority,
            summary=told.text,
            source=told.source,
            reporter=told.reporter,
            contact=told.reply_to,
            detected_at=min(signal.since or letter.received_at, letter.received_at),
            evidence=(_evidence(letter),),
            client=intake.client,
        )
        done = self._room.do(
            Declare(facts=facts),
            actor=letter.intake,
            command_id=_command("declare", letter, signal.key),
        )
        if isinstance(done, Refusal):
            batch.settled.append(replace(letter, standing=Standing.ASIDE, reason=done.reason))
            return ""
        batch.opened.append(done.incident.id)
        return done.incident.id

    def _link(self, incident: str, letter: Letter, before: Known | None) -> None:
        """Name the closed incident in which the same signal fired before."""
        if incident and before is not None and before.incident not in {"", incident}:
            self._room.do(
                Link(facts=Linked(other=before.incident, how="the same alert fired in it")),
                incident,
                actor=letter.intake,
                command_id=_command("link", letter, incident),
            )

    def _report(
        self,
        batch: _Batch,
        incident: str,
        letters: Sequence[Letter],
        group: Sequence[Told],
        before: Mapping[str, Known],
    ) -> None:
        """Tell an incident how its signals of a group stand now, and stood `before`."""
        source, name = group[0].source, group[0].group
        mine = {
            key: one.firing
            for (origin, key), one in batch.signals.items()
            if (origin, one.group, one.incident) == (source, name, incident)
        }
        firing, ended = self._inbox.counted(incident, source, name)
        for key, fires in mine.items():  # what the store still counts as it was
            old = before.get(key)
            if old is not None and (old.group, old.incident) == (name, incident):
                firing, ended = firing - old.firing, ended - (not old.firing)
            firing, ended = firing + fires, ended + (not fires)
        titles = [
            signal.title
            for told in reversed(group)
            for signal in told.signals
            if signal.key in mine and signal.status is Status.FIRING
        ]
        facts = Reported(
            source=source,
            group=name,
            firing=firing,
            resolved=ended,
            deliveries=len(letters),
            newest=tuple(dict.fromkeys(titles))[:NEWEST],
            truncated=group[-1].truncated,
            url=group[-1].url,
            reply_to=group[-1].reply_to,
        )
        self._room.do(
            Report(facts=facts),
            incident,
            actor=letters[-1].intake,
            command_id=_command("report", letters[-1], incident),
        )
        if incident not in batch.opened:
            batch.told.append(incident)
            for letter, told in zip(letters, group, strict=True):
                if told.text:  # the words of a person, not of an alert
                    words = f"{told.reporter or told.source}: {told.text}"
                    self._room.do(
                        AddNote(text=words),
                        incident,
                        actor=letter.intake,
                        command_id=_command("note", letter, incident),
                    )

    # -- changes ---------------------------------------------------------------------------------

    def _changes(self, letter: Letter, told: Told) -> None:
        """Tell a change to the open incidents of its service, and keep it for those to come."""
        for number, change in enumerate(told.changes):
            self._changed(change, told.service)
            for incident in self._room.incidents():
                if not told.service or incident.service in {"", told.service}:
                    self._room.do(
                        RecordChange(facts=change),
                        incident.id,
                        actor=letter.intake,
                        command_id=_command(f"change{number}", letter, incident.id),
                    )


_SOURCES = frozenset(
    ("alertmanager", "grafana", "prometheus", "datadog", "sentry", "pagerduty", "opsgenie",
     "github", "gitlab", "jira", "slack", "mail", "generic")
)  # fmt: skip


def _groups(
    read_: Sequence[tuple[Letter, Told]],
) -> Sequence[tuple[list[Letter], list[Told]]]:
    """Return letters with signals by source and group, each in the order of arrival."""
    found: dict[tuple[str, str], tuple[list[Letter], list[Told]]] = {}
    changes: list[tuple[list[Letter], list[Told]]] = []
    for letter, told in read_:
        if not told.signals:
            changes.append(([letter], [told]))
            continue
        letters, group = found.setdefault((told.source, told.group), ([], []))
        letters.append(letter)
        group.append(told)
    return [*found.values(), *changes]


def _command(what: str, letter: Letter, about: str) -> str:
    """Return an id that is the same whenever the same message leads to the same command."""
    text = f"{what}\0{letter.intake}\0{letter.delivery}\0{about}"
    return f"{what}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _evidence(letter: Letter) -> Excerpt:
    return Excerpt(
        source=f"{letter.intake} message {letter.id}",
        offset=-1,
        sha256=hashlib.sha256(letter.body).hexdigest(),
        text=clean_text(letter.body, EVIDENCE),
        at=letter.received_at,
        lines=letter.body.count(b"\n") + 1,
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that say something about the message; none that proves its sender."""
    return {name: value[:500] for name, value in headers.items() if name in _HEADERS}


_HEADERS = frozenset(
    ("content-type", "user-agent", "x-github-event", "x-github-delivery", "x-gitlab-event",
     "x-gitlab-event-uuid", "sentry-hook-resource", "request-id", "x-webhook-id",
     "x-atlassian-webhook-identifier")
)  # fmt: skip
