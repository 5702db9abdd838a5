"""Where the effect of an action is counted: the logs, or a monitoring system beside them."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from warroom.core.services import Metrics
from warroom.logs.analysis.effect import BUCKET, Window
from warroom.logs.protocol import Log
from warroom.monitor.prometheus import Points, points
from warroom.monitor.wire import MonitorError
from warroom.room.stretch import Stretch, stretch

TRIES = 3
"""How often Prometheus is asked for the same before that is given up."""
PAUSE = 1.0
"""Seconds between."""


class Source(Protocol):
    """Counts failures and requests between two instants; may block."""

    @property
    def name(self) -> str:
        """What to call it in a sentence; empty for the logs."""
        ...

    @property
    def smear(self) -> float:
        """Over how many seconds before its instant a value is averaged."""
        ...

    def stretch(self, since: float, until: float, where: Mapping[str, str]) -> Stretch:
        """Count a slice from one epoch second (included) to another (excluded)."""
        ...

    def caught_up(self) -> bool:
        """Whether everything that was there at this moment has been read."""
        ...


class Logs:
    """The logs that are open."""

    name = ""
    smear = 0.0

    def __init__(self, logs: Sequence[Log]) -> None:
        self._logs = logs

    def stretch(self, since: float, until: float, where: Mapping[str, str]) -> Stretch:
        """Count a slice of the logs."""
        return stretch(self._logs, since, until, where)

    def caught_up(self) -> bool:
        """Whether the indexes reach the ends of the files."""
        return all(log.progress().complete for log in self._logs)


class Prometheus:
    """What Prometheus scrapes of a service; it knows no slices smaller than its queries."""

    name = "Prometheus"

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.smear = metrics.range

    def stretch(self, since: float, until: float, where: Mapping[str, str]) -> Stretch:
        """Count by the averages of ten seconds each, back from the end.

        Raises:
            MonitorError: Prometheus gave no usable answer.
        """
        _ = where
        found = self._asked(since, until)
        share = [x for x in found.ratio if x is not None]
        if found.ratio:
            requests = np.array([0.0 if x is None else _LOOK for x in found.ratio])
            failures = np.array([_LOOK * min(max(x or 0.0, 0.0), 1.0) for x in found.ratio])
        else:
            length = len(found.total)
            seconds = np.full(length, BUCKET)
            seconds[0] = min(BUCKET, max(until - since - (length - 1) * BUCKET, 0.0))
            requests = seconds * np.array([max(x or 0.0, 0.0) for x in found.total])
            failures = seconds * np.array([max(x or 0.0, 0.0) for x in found.failures])
            failures = np.minimum(failures, requests)
        return Stretch(
            since=since,
            until=until,
            failures=_whole(failures),
            requests=_whole(requests),
            window=Window(requests, failures),
            p95=found.p95,
            looks=len(share),
        )

    def _asked(self, since: float, until: float) -> Points:
        """Ask, and once more where it was out of reach for a moment."""
        for _ in range(TRIES - 1):
            try:
                return points(self._metrics, since, until, BUCKET)
            except MonitorError:
                time.sleep(PAUSE)
        return points(self._metrics, since, until, BUCKET)

    def caught_up(self) -> bool:
        """Whatever was scraped is there."""
        return True


_LOOK = 100.0
"""Requests that a look at a ratio counts as: the interval stays wide, as little is known."""


def _whole(values: np.ndarray) -> int:
    return math.floor(float(values.sum()) + 0.5)
