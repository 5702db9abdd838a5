"""Count what an incident cost in the logs."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from warroom.core.impact import Impact, Series, series_window
from warroom.core.state import Incident
from warroom.logs.protocol import Log
from warroom.logs.table import Coded, Table
from warroom.room.measure import read_through

_EVERY = 1 << 31
"""Good rows are not thinned: a report is counted once and has to be right."""
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
    failures = requests = 0
    clients: set[str] = set()
    named = False
    times: list[np.ndarray] = []
    routes: dict[str, list[int]] = {}
    counted: list[Log] = []
    for log in logs:
        table = log.table(low, high, sample=_EVERY)
        inside = (table.at >= low) & (table.at < high) & (table.status > 0)
        if not inside.any():
            continue
        counted.append(log)
        failing = inside & (table.status >= 500)
        requests += round(float(table.weight[inside].sum()))
        failures += int(failing.sum())
        times.append(table.at[failing])
        column = table.fields.get("client")
        if column is not None:
            named = True
            clients |= _values(column, failing)
        _count_routes(table, inside, failing, routes)
    if not counted:
        return None
    failed_at = np.sort(np.concatenate(times))
    begin, end, width = series_window(_instant(low), _instant(high))
    # The sort is stable: routes that fail alike often keep the order of the log.
    worst = sorted(routes.items(), key=lambda item: -item[1][0])[:_ROUTES]
    return Impact(
        since=_instant(low),
        until=_instant(high),
        failures=failures,
        requests=requests,
        clients=len(clients) if named and _OTHER not in clients else None,
        failing_minutes=len(np.unique(failed_at // 60)),
        first_failure=_instant(failed_at[0]) if failed_at.size else None,
        last_failure=_instant(failed_at[-1]) if failed_at.size else None,
        routes=tuple((name, bad, whole) for name, (bad, whole) in worst if bad),
        series=measure_series(counted, begin, end, width),
        sources=tuple(log.label for log in counted),
    )


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
    failures = Counter(_names(path, method, failing))
    for name, number in Counter(_names(path, method, inside)).items():
        sums = routes.setdefault(name, [0, 0])
        sums[0] += failures.get(name, 0)
        sums[1] += number


def _names(path: Coded, method: Coded | None, rows: np.ndarray) -> list[str]:
    bare = [value.partition("?")[0] for value in path.values]
    verbs = np.full(len(path.codes), -1) if method is None else method.codes
    said = [] if method is None else list(method.values)
    return [
        f"{said[verb]} {bare[code]}" if verb >= 0 else bare[code]
        for code, verb in zip(path.codes[rows].tolist(), verbs[rows].tolist(), strict=True)
        if code >= 0
    ]


def _instant(second: float) -> datetime:
    return datetime.fromtimestamp(float(second), UTC)
