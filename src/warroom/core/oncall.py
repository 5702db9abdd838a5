"""A simple rota: who is on call at an instant, and whom to call when nobody answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from warroom.core.state import Incident

MOST_CALLS = 12
"""Calls listed for one incident: after so many, another name changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """People who take turns."""

    name: str
    people: tuple[str, ...]
    """In the order of their turns; at least one."""
    start: datetime
    """When the first turn of the first person begins: a local time of the zone, naive."""
    turn: timedelta = timedelta(days=7)
    """Counted on the wall's clock: a turn that ends at nine ends at nine in summer and winter."""
    zone: tzinfo
    escalate: timedelta = timedelta(minutes=15)
    """Without an answer for so long the next one is called."""
    phones: Mapping[str, str] = field(default_factory=dict)
    clients: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    def begins(self, number: int) -> datetime:
        """Return the instant at which a turn begins."""
        return (self.start + number * self.turn).replace(tzinfo=self.zone)

    def turn_at(self, at: datetime) -> int:
        """Return the number of the turn an instant lies in; negative before the first."""
        number = (at.astimezone(self.zone).replace(tzinfo=None) - self.start) // self.turn
        # The wall's clock jumps: an instant near a change may lie in the turn beside.
        while self.begins(number + 1).timestamp() <= at.timestamp():
            number += 1
        while self.begins(number).timestamp() > at.timestamp():
            number -= 1
        return number

    def on_call(self, at: datetime) -> tuple[str, ...]:
        """Return everybody in the order in which to call at an instant."""
        first = self.turn_at(at) % len(self.people)
        return self.people[first:] + self.people[:first]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNow:
    """Somebody to call."""

    person: str
    phone: str
    since: datetime
    """From when on this one is to be called."""
    why: str
    called: bool
    """Whether it is recorded that this one was called."""


def rota_for(rotas: tuple[Rota, ...], incident: Incident) -> Rota | None:
    """Return the rota closest to an incident's client and service."""

    def weight(rota: Rota) -> int:
        client = not rota.clients or incident.client in rota.clients
        service = not rota.services or incident.service in rota.services
        if not (client and service):
            return 0
        return 1 + 2 * bool(rota.clients) + bool(rota.services)

    best = max(rotas, key=weight, default=None)
    return best if best is not None and weight(best) else None


def to_call(incident: Incident, rota: Rota, now: datetime) -> tuple[CallNow, ...]:
    """Return whom to call by now, first one first; nobody once somebody has taken charge."""
    if incident.acknowledged_at is not None or incident.closed_at is not None:
        return ()
    order = rota.on_call(incident.declared_at)
    called = {call.person for _, call in incident.calls}
    found: list[CallNow] = []
    for level, person in enumerate(order[:MOST_CALLS]):
        since = incident.declared_at + level * rota.escalate
        if since > now:
            break
        waited = level * rota.escalate // timedelta(minutes=1)
        why = "on call" if level == 0 else f"nobody has taken charge for {waited} min"
        found.append(
            CallNow(
                person=person,
                phone=rota.phones.get(person, ""),
                since=since,
                why=why,
                called=person in called,
            )
        )
    return tuple(found)
