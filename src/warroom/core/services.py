"""The service map: what depends on what, who is hit when one fails, in which order to repair."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Where Prometheus is, and what to ask it about a service; queries give values a second."""

    url: str
    """Its address, without a path's end: `http://prometheus:9090`."""
    failures: str = ""
    """Failures a second; `$range` in a query stands for the range below."""
    total: str = ""
    """Requests a second."""
    ratio: str = ""
    """Failures a request, where there are no counts."""
    p95: str = ""
    """Seconds in which 95 of 100 requests are answered."""
    range: float = 60.0
    """Seconds that a value is averaged over: four scrapes are usual."""
    token: str = ""
    """Name of the environment variable with its bearer token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as the configuration declares it."""

    name: str
    depends_on: tuple[str, ...] = ()
    owner: str = ""
    staging: str = ""
    """Base address of its staging instance, without a path's end: `https://staging.example`."""
    integration_points: tuple[str, ...] = ()
    """What to test between it and others after a fix."""
    repositories: tuple[str, ...] = ()
    """Git checkouts whose log says what changed."""
    logs: tuple[str, ...] = ()
    """Its own access logs, to see how it fares."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What it has, as in `router: haproxy`: which runbooks apply to it."""
    metrics: Metrics | None = None
    """What Prometheus knows of it."""
    alertmanager: str = ""
    """Address of the Alertmanager that wakes people about it."""
    silence: Mapping[str, str] = field(default_factory=dict)
    """Labels of its alerts, as in `service: shop`; empty: `service` with its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A service that a failure reaches."""

    name: str
    distance: int
    """Hops to the failing one; 1 depends on it directly."""
    through: str
    """The service it depends on and through which it is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One line of the drawn tree."""

    depth: int
    name: str
    last: bool
    """Whether it is the last of its siblings."""
    again: bool = False
    """Whether it was drawn before, or depends on itself: its own branches are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMap:
    """Every declared service, and those that others only name."""

    services: Mapping[str, Service] = field(default_factory=dict)

    def get(self, name: str) -> Service:
        """Return a service; one that is not declared has no facts."""
        return self.services.get(name, Service(name=name))

    def names(self) -> tuple[str, ...]:
        """Return every name, declared or depended on, sorted."""
        known = set(self.services)
        for service in self.services.values():
            known.update(service.depends_on)
        return tuple(sorted(known))

    def dependents(self, name: str) -> tuple[str, ...]:
        """Return the services that depend directly on one, sorted."""
        return tuple(sorted(s.name for s in self.services.values() if name in s.depends_on))

    def blast_radius(self, name: str) -> tuple[Hit, ...]:
        """Return every service that a failure of one reaches, nearest first, then by name."""
        found: dict[str, Hit] = {}
        edge = [name]
        distance = 0
        while edge:
            distance += 1
            reached: list[str] = []
            for through in edge:
                for dependent in self.dependents(through):
                    if dependent != name and dependent not in found:
                        found[dependent] = Hit(name=dependent, distance=distance, through=through)
                        reached.append(dependent)
            edge = sorted(reached)
        return tuple(found.values())

    def reaches(self, name: str) -> tuple[str, ...]:
        """Return everything that a service depends on, directly or through others, sorted."""
        seen: set[str] = set()
        edge = list(self.get(name).depends_on)
        while edge:
            one = edge.pop()
            if one not in seen:
                seen.add(one)
                edge.extend(self.get(one).depends_on)
        return tuple(sorted(seen))

    def fix_order(self, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """Return the order of coordinated fixes: what others stand on comes first.

        Services of one group can be repaired at the same time; those that depend on each other in
        a circle form one group, for there is no order among them.
        """
        left = sorted(set(names))
        needs = {one: set(self.reaches(one)) & set(left) - {one} for one in left}
        groups: list[tuple[str, ...]] = []
        while left:
            ready = [one for one in left if not needs[one] & set(left)]
            if not ready:
                ready = self._circle(left, needs)
            groups.append(tuple(ready))
            left = [one for one in left if one not in ready]
        return tuple(groups)

    @staticmethod
    def _circle(left: list[str], needs: Mapping[str, set[str]]) -> list[str]:
        """Return the services of a circle that waits for nobody outside it."""
        smallest = min(left, key=lambda one: (len(needs[one] & set(left)), one))
        circle = needs[smallest] & set(left)
        return sorted(circle | {smallest})

    def integration_points(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return what to test after a fix, as service and point: of each and of its dependents."""
        wanted: list[str] = []
        for name in names:
            wanted += [name, *self.dependents(name)]
        return tuple(
            (name, point)
            for name in dict.fromkeys(wanted)
            for point in self.get(name).integration_points
        )

    def circles(self) -> tuple[str, ...]:
        """Return the services that depend on themselves through others, sorted."""
        return tuple(name for name in self.names() if name in self.reaches(name))

    def tree(self, name: str) -> tuple[Branch, ...]:
        """Return the dependents of a service as a tree: who is hit, and through whom."""
        drawn = {name}
        return (Branch(depth=0, name=name, last=True), *self._branches(name, 1, drawn))

    def _branches(self, name: str, depth: int, drawn: set[str]) -> Iterator[Branch]:
        children = self.dependents(name)
        for number, child in enumerate(children):
            again = child in drawn
            drawn.add(child)
            yield Branch(depth=depth, name=child, last=number == len(children) - 1, again=again)
            if not again:
                yield from self._branches(child, depth + 1, drawn)
