"""One stretch of the logs as an effect is judged by: failures, requests, latency, clumping."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis.effect import BUCKET, Window, crash_loop, difference, wilson
from warroom.logs.protocol import Log
from warroom.room.measure import selected

_EVEN = 0.5
"""Above this share failures are the rule: their clumping then says nothing about the interval."""

QUIET = 0.1
"""Below this part of the mean number of failures a bucket counts as quiet."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the logs hold from one instant to another."""

    since: float
    """Epoch second, included."""
    until: float
    """Epoch second, excluded."""
    failures: int
    requests: int
    window: Window
    """The same in buckets, counted back from the end: the first one may be shorter."""
    p50: float | None = None
    """The median in seconds."""
    p95: float | None = None
    """Seconds in which 95 of 100 requests were answered; None where the log has no durations."""
    p99: float | None = None
    """Seconds in which 99 of 100 were."""
    looks: int = 0
    """Where only a share could be asked for: how often it was; each counts as 100 requests."""

    @property
    def share(self) -> float | None:
        """Failures a request; None without requests."""
        return self.failures / self.requests if self.requests else None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / max(self.until - self.since, 1.0)


def stretch(
    logs: Sequence[Log], since: float, until: float, where: Mapping[str, str] | None = None
) -> Stretch:
    """Count a slice of the logs from one instant (included) to another (excluded)."""
    length = max(1, math.ceil((until - since) / BUCKET))
    failures, requests = np.zeros(length), np.zeros(length)
    durations: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    for log in logs:
        table = log.table(since, until)
        inside = selected(table, since, until, where or {})
        weight = table.weight[inside].astype(np.float64)
        bucket = length - 1 - np.floor((until - table.at[inside]) / BUCKET).astype(np.int64)
        bucket = np.clip(bucket, 0, length - 1)
        bad = np.where(table.status[inside] >= 500, weight, 0.0)
        requests += np.bincount(bucket, weight, length)
        failures += np.bincount(bucket, bad, length)
        if table.duration is not None:
            taken = table.duration[inside].astype(np.float64)
            durations.append(taken[~np.isnan(taken)])
            weights.append(weight[~np.isnan(taken)])
    return Stretch(
        since=since,
        until=until,
        failures=round(float(failures.sum())),
        requests=round(float(requests.sum())),
        window=Window(requests, failures),
        p50=_quantile(durations, weights, 0.50),
        p95=_quantile(durations, weights, 0.95),
        p99=_quantile(durations, weights, 0.99),
    )


def _quantile(
    values: Sequence[np.ndarray], weights: Sequence[np.ndarray], part: float
) -> float | None:
    found = np.concatenate(values) if values else np.zeros(0)
    if not len(found):
        return None
    order = np.argsort(found)
    heavy = np.cumsum(np.concatenate(weights)[order])
    return float(found[order][int(np.searchsorted(heavy, part * heavy[-1]))])


def improvement(before: Stretch, after: Stretch) -> tuple[float, float]:
    """Return the interval (95 %) of the share before minus the share after.

    Failures come in clumps, and the interval is as wide as the clumping asks. Where most requests
    fail there is no such model, and both shares are taken as they are.
    """
    if max(before.share or 0.0, after.share or 0.0) <= _EVEN:
        low, high, _ = difference(before.window, after.window)
        return low, high
    p1, p2 = before.failures / before.requests, after.failures / after.requests
    low1, high1 = wilson(before.failures, before.requests)
    low2, high2 = wilson(after.failures, after.requests)
    gap = p1 - p2
    return gap - math.hypot(p1 - low1, high2 - p2), gap + math.hypot(high1 - p1, p2 - low2)


def only_a_pause(before: Stretch, after: Stretch) -> bool:
    """Whether failures came in bursts before and the quiet is no longer than their pauses.

    The quiet before the first failures is no pause: without an onset it is counted as well.
    """
    failing = np.flatnonzero(before.window.failures > QUIET * before.window.failures.mean())
    first = int(failing[0]) if len(failing) else 0
    since = Window(before.window.requests[first:], before.window.failures[first:])
    return crash_loop(since, after.window)
