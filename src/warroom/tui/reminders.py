"""What the console says by itself, once: a clock that warns or has passed, an end that came."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from warroom.core import spell
from warroom.core.clocks import Clock, Pace, update_clock
from warroom.core.state import Incident, Run
from warroom.tui.snapshot import Reminder, Snapshot

SOON = timedelta(minutes=10)
"""How long before its end a silence is spoken of: time to look whether it is needed still."""


def reminders(snapshot: Snapshot) -> tuple[Reminder, ...]:
    """Return everything that is to be said about this state, the heaviest last."""
    found = [
        reminder
        for row in snapshot.rows
        if not row.snoozed
        for reminder in _of(row.incident, row.clock, snapshot)
    ]
    return tuple(sorted(found, key=lambda reminder: reminder.weight))


def _of(incident: Incident, clock: Clock | None, snapshot: Snapshot) -> Iterator[Reminder]:
    here = snapshot.current is not None and snapshot.current.id == incident.id
    if clock is not None:
        yield from _deadline(incident, clock, snapshot, here=here)
    update = update_clock(incident)
    if update is not None and incident.commander == snapshot.actor:
        yield from _deadline(incident, update, snapshot, here=here)
    for run in incident.ledger:
        until = run.expires_at
        if until is not None and run.silences:
            yield from _silence(incident, run, until, snapshot.now, here=here)
        elif until is not None and until <= snapshot.now:
            yield Reminder(
                f"{incident.id} {run.intent.run} {until}",
                f"{incident.id}: {run.intent.title} was to end at {until:%H:%M}. "
                "In Contain, U undoes it and l lets it stay",
                "warn",
                3 + here,
            )


def _silence(
    incident: Incident, run: Run, until: datetime, now: datetime, *, here: bool
) -> Iterator[Reminder]:
    """Say when alerts are about to wake people again, and when they do."""
    over = until <= now
    if until - now > SOON:
        return
    words = "ended" if over else "ends"
    yield Reminder(
        f"{incident.id} {run.intent.run} {until} {words}",
        f"{incident.id}: {run.intent.title} {words} at {until:%H:%M}. "
        + ("In Contain, U takes it off the list" if over else "Silence them again, or be woken"),
        "warn",
        3 + here,
    )


def _deadline(
    incident: Incident, clock: Clock, snapshot: Snapshot, *, here: bool
) -> Iterator[Reminder]:
    pace = clock.pace(snapshot.now)
    if pace not in (Pace.WARN, Pace.LATE):
        return
    span = spell.in_prose(clock.left(snapshot.now))
    late = pace is Pace.LATE
    words = f"is late by {span}" if late else f"is due in {span}"
    yield Reminder(
        f"{incident.id} {clock.name} {clock.due} {pace}",
        f"{incident.id}: {clock.name} {words}",
        "s5" if late else "warn",
        4 * late + 2 * here + 1,
    )
