"""What the console says by itself, once: a clock that warns or has passed, an end that came."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from warroom.core import spell
from warroom.core.clocks import Clock, Pace, update_clock
from warroom.core.queue import QueueRow
from warroom.core.state import Incident, Run
from warroom.tui.snapshot import Reminder

SOON = timedelta(minutes=10)
"""How long before its end a silence is spoken of: time to look whether it is needed still."""

_WARNS, _ENDED, _LATE, _HERE = 1, 3, 5, 2
"""How much it weighs that a clock warns, that something in force ended, that a clock has passed,
and, on top, that it is the incident that is looked at."""


def reminders(rows: Iterable[QueueRow], actor: str, now: datetime) -> tuple[Reminder, ...]:
    """Return everything that is to be said to a person about a queue at an instant."""
    return tuple(
        reminder
        for row in rows
        if not row.snoozed
        for reminder in _of(row.incident, row.clock, actor, now)
    )


def heaviest_last(due: Iterable[Reminder], current: str) -> list[Reminder]:
    """Return reminders in the order in which they are said: the current incident's count more."""
    return sorted(due, key=lambda one: one.weight + _HERE * (one.incident == current))


def _of(incident: Incident, clock: Clock | None, actor: str, now: datetime) -> Iterator[Reminder]:
    if clock is not None:
        yield from _deadline(incident, clock, now)
    update = update_clock(incident)
    if update is not None and incident.commander == actor:
        yield from _deadline(incident, update, now)
    for run in incident.ledger:
        until = run.expires_at
        if until is not None and run.silences:
            yield from _silence(incident, run, until, now)
        elif until is not None and until <= now:
            yield Reminder(
                incident.id,
                f"{incident.id} {run.intent.run} {until}",
                f"{incident.id}: {run.intent.title} was to end at {until:%H:%M}. "
                "In Contain, U undoes it and l lets it stay",
                "warn",
                _ENDED,
            )


def _silence(incident: Incident, run: Run, until: datetime, now: datetime) -> Iterator[Reminder]:
    """Say when alerts are about to wake people again, and when they do."""
    over = until <= now
    if until - now > SOON:
        return
    words = "ended" if over else "ends"
    yield Reminder(
        incident.id,
        f"{incident.id} {run.intent.run} {until} {words}",
        f"{incident.id}: {run.intent.title} {words} at {until:%H:%M}. "
        + ("In Contain, U takes it off the list" if over else "Silence them again, or be woken"),
        "warn",
        _ENDED,
    )


def _deadline(incident: Incident, clock: Clock, now: datetime) -> Iterator[Reminder]:
    pace = clock.pace(now)
    if pace not in (Pace.WARN, Pace.LATE):
        return
    span = spell.in_prose(clock.left(now))
    late = pace is Pace.LATE
    words = f"is late by {span}" if late else f"is due in {span}"
    yield Reminder(
        incident.id,
        f"{incident.id} {clock.name} {clock.due} {pace}",
        f"{incident.id}: {clock.said} {words}",
        "s5" if late else "warn",
        _LATE if late else _WARNS,
    )
