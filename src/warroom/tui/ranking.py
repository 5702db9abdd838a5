"""The queue, kept between looks: only what changed, or whose time has come, is ranked again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from warroom.core.clocks import Pace, update_clock
from warroom.core.queue import Order, QueueRow, order, row_of
from warroom.core.state import Incident
from warroom.tui.reminders import SOON

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    row: QueueRow
    order: Order
    late: bool
    turn: datetime
    """Until when the row is what it is, if nothing happens."""


class Ranking:
    """Ranks open incidents; belongs to one thread.

    A row depends on time only where a clock begins to warn or passes, a snooze ends or something in
    force expires. Between these instants the same rows come back, as the same object.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._rows: tuple[QueueRow, ...] = ()
        self._turn = _NEVER
        self._seen = datetime.min.replace(tzinfo=UTC)

    @property
    def late(self) -> int:
        """How many that are awake have a clock, or a promised update, that has passed."""
        return sum(kept.late for kept in self._kept.values())

    def rank(
        self, incidents: Mapping[str, Incident], changed: Iterable[str], now: datetime
    ) -> tuple[QueueRow, ...]:
        """Return the rows, most urgent first.

        Args:
            incidents: All open ones, by name.
            changed: Names of those that were added, changed or removed since the last look.
            now: The instant to rank for; an earlier one than before ranks everything anew.
        """
        names = set(changed)
        if now < self._seen:
            names |= set(self._kept)
        self._seen = now
        if now >= self._turn:
            names |= {name for name, kept in self._kept.items() if now >= kept.turn}
        if not names:
            return self._rows
        for name in names:
            if name in incidents:
                self._kept[name] = _kept(incidents[name], now)
            else:
                self._kept.pop(name, None)
        self._turn = min((kept.turn for kept in self._kept.values()), default=_NEVER)
        ordered = sorted(self._kept.values(), key=lambda kept: kept.order)
        self._rows = tuple(kept.row for kept in ordered)
        return self._rows


def _kept(incident: Incident, now: datetime) -> _Kept:
    row = row_of(incident, now)
    update = update_clock(incident)
    running = [clock for clock in (row.clock, update) if clock is not None]
    turns = [at for clock in running for at in clock.turns()]
    ends = [run.expires_at for run in incident.ledger if run.expires_at is not None]
    turns += [*ends, *(at - SOON for at in ends)]
    if incident.snoozed_until is not None:
        turns.append(incident.snoozed_until)
    late = not row.snoozed and any(clock.pace(now) is Pace.LATE for clock in running)
    turn = min((at for at in turns if at > now), default=_NEVER)
    return _Kept(row, order(row), late, turn)
