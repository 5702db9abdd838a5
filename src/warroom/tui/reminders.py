"""What the console says by itself, once: a clock that warns or has passed, an end that came."""

from collections.abc import Iterator
from dataclasses import dataclass

from warroom.core import spell
from warroom.core.clocks import Clock, Pace, update_clock
from warroom.core.state import Incident
from warroom.tui.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to say; `key` makes sure that it is said once."""

    key: str
    words: str
    """Foreign text is allowed."""
    tone: str
    weight: int
    """The heaviest is said last and so stays in the row."""


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
        if until is not None and until <= snapshot.now:
            yield Reminder(
                f"{incident.id} {run.intent.run} {until}",
                f"{incident.id}: {run.intent.title} was to end at {until:%H:%M}. "
                "In Contain, U undoes it and l lets it stay",
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
