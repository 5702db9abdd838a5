"""How metrics move: a span beside the one before it, week by week, and when incidents begin."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from warroom.core.metrics import TIMES, Metrics, metrics, times_of
from warroom.core.state import Incident

FEW = 5
"""Below so many incidents a median says little, and is shown with that word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """A span of time with what it is compared with."""

    since: datetime
    until: datetime
    now: Metrics
    before: Metrics
    """The span of the same length before it."""
    steps: Mapping[str, tuple[float | None, ...]]
    """By name of the time: the median in seconds of each step, the oldest first; None: nothing."""
    hours: Mapping[tuple[int, int], int]
    """How many began by weekday (0 is Monday) and hour, UTC."""
    found_by: tuple[tuple[str, int], ...]
    """Who or what noticed first."""

    def change(self, name: str) -> float | None:
        """Return by which part a median moved (-0.3: 30 % faster); None: nothing to compare."""
        old, new = self.before.times.get(name), self.now.times.get(name)
        if old is None or new is None or not old.median:
            return None
        # The difference first: exactly a tenth less is a tenth, as exactly a tenth more is.
        return (new.median - old.median) / old.median


def trends(
    incidents: Iterable[Incident], until: datetime, span: timedelta, steps: int = 13
) -> Trends:
    """Count the incidents declared in the last `span`, in `steps` equal parts of it.

    Those that were merged into another one are left out.
    """
    kept = [incident for incident in incidents if not incident.merged_into]
    since = until - span
    inside = [one for one in kept if since < one.declared_at <= until]
    earlier = [one for one in kept if since - span < one.declared_at <= since]
    parts: list[list[Incident]] = [[] for _ in range(steps)]
    for one in inside:
        parts[min(int((one.declared_at - since) / span * steps), steps - 1)].append(one)
    return Trends(
        since=since,
        until=until,
        now=metrics(inside, until),
        before=metrics(earlier, until),
        steps={name: tuple(_median(part, name) for part in parts) for name in TIMES},
        hours=Counter((one.declared_at.weekday(), one.declared_at.hour) for one in inside),
        found_by=_found_by(inside),
    )


def sentences(found: Trends) -> tuple[str, ...]:
    """Return what the numbers say in words, the weightiest first; nothing is guessed."""
    told = []
    moved = [
        (change, name)
        for name in TIMES
        if (change := found.change(name)) is not None
        and abs(change) >= 0.1
        and min(found.now.times[name].count, found.before.times[name].count) >= FEW
    ]
    for change, name in sorted(moved, key=lambda one: -abs(one[0]))[:2]:
        pace = "longer" if change > 0 else "less"
        told.append(f"To {name} takes {abs(change) * 100:.0f} % {pace} than in the span before.")
    kinds = {
        name: tried for name, tried in found.now.containments.items() if tried.seconds is not None
    }
    if len(kinds) > 1:
        ordered = sorted(kinds, key=lambda name: kinds[name].seconds or 0.0)
        first, last = kinds[ordered[0]].seconds or 0.0, kinds[ordered[-1]].seconds or 0.0
        if first and last / first >= 1.5:
            told.append(f"{ordered[0]} stops damage {last / first:.0f}× faster than {ordered[-1]}.")
    if found.now.recurred:
        told.append(f"{len(found.now.recurred)} of {found.now.incidents} came back.")
    if not told:
        told.append("Too few incidents to say more than the figures.")
    return tuple(told)


def _median(incidents: Sequence[Incident], name: str) -> float | None:
    values = [times[name] for one in incidents if name in (times := times_of(one))]
    return median(values) if values else None


def _found_by(incidents: Iterable[Incident]) -> tuple[tuple[str, int], ...]:
    names = ("a client" if one.reporter else one.source or "the console" for one in incidents)
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
