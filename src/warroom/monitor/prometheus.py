"""Ask Prometheus how many requests failed between two instants."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from warroom.core.services import Metrics
from warroom.core.text import clean_line
from warroom.monitor.wire import MonitorError, ask

MOST_POINTS = 10_000
"""Points of one answer; Prometheus itself refuses more than 11,000."""


@dataclass(frozen=True, slots=True)
class Points:
    """Values at equal distances; None where the query had none."""

    failures: Sequence[float | None]
    """Failures a second."""
    total: Sequence[float | None]
    """Requests a second; empty where only a ratio is asked for."""
    ratio: Sequence[float | None]
    """Failures a request; empty where there are counts."""
    p95: float | None
    """Seconds in which 95 of 100 requests were answered, in the mean; None: not asked for."""


def points(metrics: Metrics, since: float, until: float, step: float) -> Points:
    """Ask for values from `until` back to `since`, `step` seconds apart.

    Raises:
        MonitorError: Prometheus gave no usable answer.
    """
    number = min(MOST_POINTS, max(1, math.ceil((until - since) / step)))

    def look(query: str) -> list[float | None]:
        return query_range(metrics, query, until - (number - 1) * step, until, step, number)

    slow = [x for x in look(metrics.p95) if x is not None] if metrics.p95 else []
    p95 = sum(slow) / len(slow) if slow else None
    if metrics.ratio:
        return Points((), (), look(metrics.ratio), p95)
    return Points(look(metrics.failures), look(metrics.total), (), p95)


def query_range(
    metrics: Metrics, query: str, start: float, end: float, step: float, number: int
) -> list[float | None]:
    """Return the values of one query at `number` instants; several series are added up.

    Raises:
        MonitorError: Prometheus gave no usable answer, or the query is not understood.
    """
    url = f"{metrics.url}/api/v1/query_range"
    params = {
        "query": query.replace("$range", f"{metrics.range:g}s"),
        "start": f"{start:.3f}",
        "end": f"{end:.3f}",
        "step": f"{step:g}",
    }
    answer = ask("POST", url, params=params, token=metrics.token)
    found: list[float | None] = [None] * number
    try:
        if answer["status"] != "success":
            raise MonitorError(f"{url}: {clean_line(str(answer.get('error')), 200)}")
        for series in answer["data"]["result"]:
            for at, text in series["values"]:
                place = round((float(at) - start) / step)
                value = float(text)
                if 0 <= place < number and math.isfinite(value):
                    found[place] = (found[place] or 0.0) + value
    except (KeyError, TypeError, ValueError, AttributeError):
        raise MonitorError(f"{url}: the answer is not that of Prometheus") from None
    return found
