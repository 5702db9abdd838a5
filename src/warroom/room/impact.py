"""Count what an incident cost in the logs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from warroom.core.impact import Impact, Series, series_window
from warroom.core.state import Incident
from warroom.logs.protocol import Log
from warroom.logs.table import Coded, Table
from warroom.room.measure import read_through

_EVERY = 1 << 31
"""Good rows are not thinned: a report is counted once and has to be right."""
_AT_ONCE = 200_000
"""Rows held at a time: an incident of a busy service has many millions."""
_STEPS = 4096
_ROUTES = 5
_OTHER = "(other)"
"""What a column says where it holds too many different values."""


def window(incident: Incident, now: datetime) -> tuple[datetime, datetime] | None:
    """Return from the onset to the end of the damage; None while nobody knows the onset."""
    began = incident.onset.at if incident.onset else incident.started_at
    if began is None:
        return None
    measured = incident.onset.end if incident.onset else None
    ends = [at for at in (measured, incident.contained_at, incident.resolved_at) if at is not None]
    ended = min(ends, default=now)
    return (began, ended) if ended > began else (began, now) if now > began else None


def measure_impact(logs: Sequence[Log], since: datetime, until: datetime) -> Impact | None:
    """Count the requests of a time; None where no log has a status code in it.

    Waits until the logs are indexed to their beginning, because a count of a part would be told as
    one of the whole; a log that does not get there is not counted at all. Bounds are widened to
    whole seconds, which is what most logs write. Entries without a status (error and application
    logs) do not count. Several logs are added up: name one of each request, not every proxy it
    passed.

    Args:
        logs: Where to count.
        since: Start, included.
        until: End, excluded.
    """
    if not read_through(logs):
        return None
    low, high = math.floor(since.timestamp()), math.ceil(until.timestamp())
    tally = _Tally()
    counted: list[Log] = []
    for log in logs:
        before = tally.requests
        for piece in _pieces(log, low, high):
            tally.add(log.table(*piece, sample=_EVERY), low, high)
        if tally.requests > before:
            counted.append(log)
    if not counted:
        return None
    failed_at = np.sort(np.concatenate(tally.times))
    begin, end, width = series_window(_instant(low), _instant(high))
    # The sort is stable: routes that fail alike often keep the order of the log.
    worst = sorted(tally.routes.items(), key=lambda item: -item[1][0])[:_ROUTES]
    return Impact(
        since=_instant(low),
        until=_instant(high),
        failures=failed_at.size,
        requests=tally.requests,
        clients=len(tally.clients) if tally.named and _OTHER not in tally.clients else None,
        failing_minutes=len(np.unique(failed_at // 60)),
        first_failure=_instant(failed_at[0]) if failed_at.size else None,
        last_failure=_instant(failed_at[-1]) if failed_at.size else None,
        routes=tuple((name, bad, whole) for name, (bad, whole) in worst if bad),
        series=measure_series(counted, begin, end, width),
        sources=tuple(log.label for log in counted),
    )


@dataclass(slots=True)
class _Tally:
    """What has been counted so far."""

    requests: int = 0
    clients: set[str] = field(default_factory=set)
    """That had a failure."""
    named: bool = False
    """Whether the logs name clients."""
    times: list[np.ndarray] = field(default_factory=list)
    """When failures were."""
    routes: dict[str, list[int]] = field(default_factory=dict)
    """Failures and requests of each."""

    def add(self, table: Table, low: int, high: int) -> None:
        """Count the rows of a time."""
        inside = (table.at >= low) & (table.at < high) & (table.status > 0)
        if not inside.any():
            return
        failing = inside & (table.status >= 500)
        self.requests += int(inside.sum())
        self.times.append(table.at[failing])
        column = table.fields.get("client")
        if column is not None:
            self.named = True
            self.clients |= _values(column, failing)
        _count_routes(table, inside, failing, self.routes)


def _pieces(log: Log, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield the seconds of a time in pieces of about `_AT_ONCE` rows, without gap or overlap."""
    found = log.histogram(min(_STEPS, high - low), low, high)
    begin, rows = low, 0
    if found is not None:
        for step, count in enumerate(found.total):
            edge = min(round(found.start + step * found.width), high)
            if rows and rows + count > _AT_ONCE:
                yield begin, edge
                begin, rows = edge, 0
            rows += int(count)
    if begin < high:
        yield begin, high


def measure_series(logs: Sequence[Log], since: datetime, until: datetime, width: int) -> Series:
    """Count requests and 5xx in steps of `width` seconds."""
    low, high = since.timestamp(), until.timestamp()
    steps = max(1, math.ceil((high - low) / width))
    total = np.zeros(steps, np.float64)
    failed = np.zeros(steps, np.float64)
    for log in logs:
        table = log.table(low, high)
        inside = (table.at >= low) & (table.at < high) & (table.status > 0)
        place = ((table.at[inside] - low) // width).astype(np.int64)
        weight = table.weight[inside].astype(np.float64)
        bad = np.where(table.status[inside] >= 500, weight, 0.0)
        total += np.bincount(place, weight, steps)
        failed += np.bincount(place, bad, steps)
    return Series(
        start=since,
        width=width,
        total=tuple(round(float(n)) for n in total),
        failed=tuple(round(float(n)) for n in failed),
    )


def _values(column: Coded, rows: np.ndarray) -> set[str]:
    codes = np.unique(column.codes[rows])
    return {column.values[code] for code in codes.tolist() if code >= 0}


def _count_routes(
    table: Table, inside: np.ndarray, failing: np.ndarray, routes: dict[str, list[int]]
) -> None:
    path, method = table.fields.get("path"), table.fields.get("method")
    if path is None:
        return
    verbs = np.full(len(path.codes), -1) if method is None else method.codes
    known = inside & (path.codes >= 0)
    width = len(path.values)
    pairs, place = np.unique(
        (verbs[known] + 1).astype(np.int64) * width + path.codes[known], return_inverse=True
    )
    whole = np.bincount(place, minlength=pairs.size)
    bad = np.bincount(place[failing[known]], minlength=pairs.size)
    for pair, some, all_ in zip(pairs.tolist(), bad.tolist(), whole.tolist(), strict=True):
        bare = path.values[pair % width].partition("?")[0]
        verb = "" if method is None or pair < width else f"{method.values[pair // width - 1]} "
        sums = routes.setdefault(f"{verb}{bare}", [0, 0])
        sums[0] += some
        sums[1] += all_


def _instant(second: float) -> datetime:
    return datetime.fromtimestamp(float(second), UTC)
