"""What counts as bad: 5xx, client aborts, slow answers, refused requests, silence."""

import math
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis.frame import Frame

KINDS = ("5xx", "499", "slow", "4xx")
ORDER = ("5xx", "errors", "silence", "499", "slow", "4xx")
"""In which they answer for the incident."""
NAMES = {
    "5xx": "5xx",
    "errors": "errors",
    "499": "client aborts (499)",
    "slow": "slow answers",
    "4xx": "4xx other than 404",
    "silence": "silence",
}

SLOW_FLOOR = 0.2
"""Seconds below which nothing is slow."""
SLOW_TIMES = 3.0
"""Times its route's median from which an answer may be slow."""
_LEAST_DURATIONS = 30


def kinds(frame: Frame) -> tuple[str, ...]:
    """The outcomes this log can tell: by status where it has one, else by level."""
    if bool((frame.status > 0).any()):
        return KINDS if frame.duration is not None else ("5xx", "499", "4xx")
    return ("errors",) if frame.failing is not None else ()


def mask(frame: Frame, kind: str) -> np.ndarray:
    """Which rows have the outcome `kind`."""
    if kind == "errors":
        return np.zeros(len(frame.at), bool) if frame.failing is None else frame.failing
    return _slow(frame) if kind == "slow" else by_status(frame.status, kind)


def by_status(status: np.ndarray, kind: str) -> np.ndarray:
    """Which rows have an outcome that their status tells."""
    if kind == "5xx":
        return np.asarray(status >= 500)
    if kind == "499":
        return np.asarray(status == 499)
    return np.asarray((status >= 400) & (status < 499) & (status != 404))


def slow_from(seconds: np.ndarray) -> float | None:
    """From how many seconds on an answer of one route is slow; None where too few are known."""
    if len(seconds) < _LEAST_DURATIONS:
        return None
    logs = np.log(np.maximum(seconds, 1e-3))
    median = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - median))) + 0.05
    limit = median + max(4 * spread, math.log(SLOW_TIMES))
    return max(math.exp(limit), SLOW_FLOOR)


def _slow(frame: Frame) -> np.ndarray:
    """Answers far above the usual of their own route: three times its median and four spreads."""
    slow = np.zeros(len(frame.at), bool)
    if frame.duration is None:
        return slow
    known = np.flatnonzero(~np.isnan(frame.duration))
    order = known[np.argsort(frame.cell[known], kind="stable")]
    seconds = frame.duration[order]
    cuts = np.searchsorted(frame.cell[order], np.arange(frame.cells + 1))
    for start, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        limit = slow_from(seconds[start:stop])
        if limit is not None:
            slow[order[start:stop]] = seconds[start:stop] > limit
    return slow


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without any request where there should have been some."""

    start: float
    end: float
    missing: float
    """Requests that the half hour before it would have led to."""
    rows: float
    """Rows that they would have been (thinned ones count once)."""


def silence(frame: Frame) -> Gap | None:
    """The longest pause, if it is no ordinary one.

    It must be longer than 20 s and four times the third longest of the others, and swallow more
    than 30 rows at the rate of the half hour before it. Rows are counted as they are (thinned rows
    make the test stricter, never looser).
    """
    if len(frame.at) < 200:
        return None
    gaps = np.diff(frame.at)
    longest = int(gaps.argmax())
    start, end = float(frame.at[longest]), float(frame.at[longest + 1])
    others = np.sort(np.delete(gaps, longest))
    first = float(frame.at[0])
    before = int(np.searchsorted(frame.at, start) - np.searchsorted(frame.at, start - 1800))
    rate = before / max(1.0, min(1800.0, start - first))
    missing = rate * (end - start)
    if end - start <= 20 or missing <= 30 or end - start < 4 * others[-3]:
        return None
    return Gap(start, end, missing * float(frame.weight.mean()), missing)
