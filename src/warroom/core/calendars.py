"""Count time in business hours: local opening hours, holidays, time zones, exact to the second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache

from warroom.core.hours import DAY, Hours

Span = tuple[datetime, datetime]
"""From an instant, included, to an instant, excluded."""

LONGEST_SEARCH = 3660
"""Days after which a calendar that never opens is given up: ten years."""


@dataclass(frozen=True)
class Calendar:
    """When work is done: hours of each weekday in a zone, except on holidays."""

    zone: tzinfo
    hours: tuple[Hours, ...]
    """Of Monday to Sunday: pairs of minutes after midnight, in order, not touching."""
    holidays: frozenset[date] = frozenset()

    @cached_property
    def _hash(self) -> int:
        return hash((str(self.zone), self.hours, self.holidays))

    def __hash__(self) -> int:
        return self._hash

    def opened(self, day: date) -> tuple[Span, ...]:
        """Return the open spans of a local day, as UTC instants in order.

        What is asked of a clock on the wall holds: an hour that is skipped when the clocks go
        forward is not worked, an hour that comes twice is worked twice.
        """
        if day in self.holidays:
            return ()
        return _opened(self.zone, day, self.hours[day.weekday()])

    def spans(self, start: datetime) -> Iterator[Span]:
        """Yield the open spans from an instant on, cut at it; ten years of days at most.

        What lies before it is cut to nothing.
        """
        day = start.astimezone(self.zone).date()
        for _ in range(LONGEST_SEARCH):
            for begin, end in self.opened(day):
                yield max(begin, start), max(end, start)
            day += timedelta(days=1)


def worked(
    calendar: Calendar | None, start: datetime, end: datetime, pauses: Sequence[Span] = ()
) -> timedelta:
    """Return how much time counts between two instants.

    Args:
        calendar: None counts around the clock.
        start: Aware.
        end: Aware; before the start nothing counts.
        pauses: What does not count, in order, not overlapping.
    """
    total = timedelta()
    for begin, stop in _counted(calendar, start, pauses):
        if begin >= end:
            break
        total += min(stop, end) - begin
    return total


def after(
    calendar: Calendar | None, start: datetime, span: timedelta, pauses: Sequence[Span] = ()
) -> datetime:
    """Return the earliest instant by which `span` has counted since `start`.

    A calendar that does not open for that long gives ten years: a deadline nobody waits for.
    """
    if calendar is None and not pauses:
        return start + span
    return _after(calendar, start, span, tuple(pauses))


@lru_cache(maxsize=65_536)
def _after(
    calendar: Calendar | None, start: datetime, span: timedelta, pauses: tuple[Span, ...]
) -> datetime:
    left = span
    for begin, stop in _counted(calendar, start, pauses):
        if stop - begin >= left:
            return begin + left
        left -= stop - begin
    return start + timedelta(days=LONGEST_SEARCH)


def _counted(calendar: Calendar | None, start: datetime, pauses: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans that count from an instant on, without end if the calendar has none.

    Some are of no length.
    """
    spans = _endless(start) if calendar is None else calendar.spans(start)
    for begin, stop in spans:
        going = begin
        for paused, resumed in pauses:
            yield going, min(max(paused, going), stop)
            going = min(max(resumed, going), stop)
        yield going, stop


def _endless(start: datetime) -> Iterator[Span]:
    # A year at a time: an end of all days would overflow when a pause is taken from it.
    while True:
        yield start, start + timedelta(days=366)
        start += timedelta(days=366)


@lru_cache(maxsize=16_384)
def _opened(zone: tzinfo, day: date, hours: Hours) -> tuple[Span, ...]:
    midnight = datetime.combine(day, time(), UTC)
    found: list[Span] = []
    for offset, valid_from, valid_to in _offsets(zone, day):
        for first, last in hours:
            begin = midnight + timedelta(minutes=first) - offset
            end = midnight + timedelta(minutes=last) - offset
            begin, end = max(begin, valid_from), min(end, valid_to)
            if begin < end:
                found.append((begin, end))
    return tuple(sorted(found))


def _offsets(zone: tzinfo, day: date) -> tuple[tuple[timedelta, datetime, datetime], ...]:
    """Return the offsets of a zone around a local day, each with the instants it holds between."""
    # Offsets lie between -12 h and +14 h: the days before and after hold the whole local day.
    low = datetime.combine(day, time(), UTC) - DAY
    high = low + DAY + DAY + DAY
    first, last = _offset(zone, low), _offset(zone, high)
    if first == last:
        return ((first, low, high),)
    left, right = low, high
    while right - left > timedelta(seconds=1):
        middle = left + timedelta(seconds=(right - left) // timedelta(seconds=2))
        left, right = (middle, right) if _offset(zone, middle) == first else (left, middle)
    return ((first, low, right), (last, right, high))


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
