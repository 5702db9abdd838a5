"""Which promised times were kept, per client and month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warroom.core.clocks import Pace, clocks
from warroom.core.state import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """One clock of one client in one month."""

    client: str
    """Empty: incidents of no client."""
    month: str
    """As `2026-11`: that of the declaration, in the time zone of the terms."""
    clock: str
    kept: int
    missed: tuple[str, ...]
    """The incidents in which it was too late, or is late now."""
    running: int
    """Not yet decided."""

    @property
    def decided(self) -> int:
        """How many are kept or missed."""
        return self.kept + len(self.missed)


def attainment(incidents: Iterable[Incident], now: datetime) -> tuple[Attainment, ...]:
    """Return client by client and month by month what was kept; merged incidents count once."""
    found: dict[tuple[str, str, str], list[tuple[str, Pace]]] = {}
    for incident in incidents:
        if incident.merged_into:
            continue
        month = f"{incident.declared_at.astimezone(_zone(incident)):%Y-%m}"
        for clock in clocks(incident):
            place = (incident.client, month, clock.name)
            found.setdefault(place, []).append((incident.id, clock.pace(now)))
    order = {
        name: number for number, name in enumerate(("respond", "diagnose", "hotfix", "report"))
    }
    return tuple(
        Attainment(
            client=client,
            month=month,
            clock=clock,
            kept=sum(pace is Pace.MET for _, pace in paces),
            missed=tuple(name for name, pace in paces if pace in (Pace.MET_LATE, Pace.LATE)),
            running=sum(pace in (Pace.CALM, Pace.HALF, Pace.WARN) for _, pace in paces),
        )
        for (client, month, clock), paces in sorted(
            found.items(), key=lambda item: (item[0][0], item[0][1], order[item[0][2]])
        )
    )


def _zone(incident: Incident) -> tzinfo:
    try:
        return ZoneInfo(incident.terms.zone) if incident.terms else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
