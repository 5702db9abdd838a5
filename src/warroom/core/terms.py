"""What was agreed with a client: how long each thing may take, in which hours it counts.

The terms of an incident are written into it when it is declared, so that a change of the
configuration later changes neither a running clock nor last month's attainment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warroom.core.calendars import Calendar
from warroom.core.hours import parse_hours
from warroom.core.words import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long each thing may take, counted from the declaration."""

    respond: timedelta
    diagnose: timedelta
    fix: timedelta
    report: timedelta
    update: timedelta
    """Between two updates, until it is resolved."""


_HOUR = timedelta(hours=1)

# P1 times are the maintenance contract's (response 1 h, diagnosis 2 h, hotfix 4 h, report 48 h),
# the half hour between updates is common practice for executives; P2 and P3 times are our defaults.
DEFAULT_POLICIES: Mapping[Priority, Policy] = {
    Priority.P1: Policy(
        respond=1 * _HOUR,
        diagnose=2 * _HOUR,
        fix=4 * _HOUR,
        report=48 * _HOUR,
        update=_HOUR / 2,
    ),
    Priority.P2: Policy(
        respond=4 * _HOUR,
        diagnose=8 * _HOUR,
        fix=24 * _HOUR,
        report=120 * _HOUR,
        update=4 * _HOUR,
    ),
    Priority.P3: Policy(
        respond=24 * _HOUR,
        diagnose=72 * _HOUR,
        fix=240 * _HOUR,
        report=336 * _HOUR,
        update=72 * _HOUR,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A `Policy` for one priority as it is stored: seconds of counted time."""

    priority: Priority
    respond: int
    diagnose: int
    fix: int
    report: int
    update: int

    def policy(self) -> Policy:
        """Return the lengths of time."""
        return Policy(
            respond=timedelta(seconds=self.respond),
            diagnose=timedelta(seconds=self.diagnose),
            fix=timedelta(seconds=self.fix),
            report=timedelta(seconds=self.report),
            update=timedelta(seconds=self.update),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The agreement under which one incident runs, as it is stored."""

    name: str
    limits: tuple[Limits, ...] = ()
    """One for each priority that differs from the default."""
    zone: str = "UTC"
    hours: tuple[str, ...] = ()
    """Of Monday to Sunday, as `09:00-12:00,13:00-17:00`; none: around the clock."""
    holidays: tuple[str, ...] = ()
    """Dates as `2026-12-25`, those around the incident."""
    around_the_clock: tuple[Priority, ...] = (Priority.P1,)
    """Priorities to which hours and holidays do not apply."""
    pauses: tuple[str, ...] = ()
    """Names of the clocks that stop while the client is waited for."""

    def policy(self, priority: Priority) -> Policy:
        """Return how long each thing may take."""
        found = next((x for x in self.limits if x.priority is priority), None)
        return DEFAULT_POLICIES[priority] if found is None else found.policy()

    def calendar(self, priority: Priority) -> Calendar | None:
        """Return when time counts; None: always.

        On a machine that does not know the zone the hours are taken as UTC: clocks that are off by
        some hours are better than an incident that cannot be shown.
        """
        if not self.hours or priority in self.around_the_clock:
            return None
        return _calendar(self.zone, self.hours, self.holidays)


def limits_of(priority: Priority, policy: Policy) -> Limits:
    """Return the stored form of a policy."""
    return Limits(
        priority=priority,
        respond=round(policy.respond.total_seconds()),
        diagnose=round(policy.diagnose.total_seconds()),
        fix=round(policy.fix.total_seconds()),
        report=round(policy.report.total_seconds()),
        update=round(policy.update.total_seconds()),
    )


@lru_cache(maxsize=256)
def _calendar(zone: str, hours: tuple[str, ...], holidays: tuple[str, ...]) -> Calendar:
    return Calendar(
        zone=_zone(zone),
        hours=tuple(parse_hours(day) for day in hours),
        holidays=frozenset(date.fromisoformat(day) for day in holidays),
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Terms with the clients and services that they hold for."""

    terms: Terms
    clients: tuple[str, ...] = ()
    """Empty: every client."""
    services: tuple[str, ...] = ()
    """Empty: every service."""

    def weight(self, client: str, service: str) -> int:
        """How closely it fits: 0 not at all, then everybody, a service, a client, both."""
        by_client = not self.clients or _named(client, self.clients)
        by_service = not self.services or _named(service, self.services)
        if not (by_client and by_service):
            return 0
        return 1 + 2 * bool(self.clients) + bool(self.services)


def terms_for(
    agreements: tuple[Agreement, ...], client: str, service: str, day: date
) -> Terms | None:
    """Return the terms of the closest agreement; None: the defaults hold.

    Holidays further than a month before and two years after `day` are left out.
    """
    # max() keeps the first of equals: the order of the configuration decides.
    best = max(agreements, key=lambda one: one.weight(client, service), default=None)
    if best is None or not best.weight(client, service):
        return None
    terms = best.terms
    low, high = day - timedelta(days=31), day + timedelta(days=731)
    near = tuple(d for d in terms.holidays if low <= date.fromisoformat(d) <= high)
    return Terms(
        name=terms.name,
        limits=terms.limits,
        zone=terms.zone,
        hours=terms.hours,
        holidays=near,
        around_the_clock=terms.around_the_clock,
        pauses=terms.pauses,
    )


def _named(name: str, names: tuple[str, ...]) -> bool:
    return name.casefold() in {one.casefold() for one in names}
