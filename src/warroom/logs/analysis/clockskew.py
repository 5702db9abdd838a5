"""Clocks that disagree: the distance of each upstream's lines from the lines around them."""

import math
from dataclasses import dataclass

import numpy as np

from warroom.logs.table import Coded

AROUND = 101
"""Lines whose median is the common clock."""
LEAST_SECONDS = 3.0
LEAST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Clocks:
    """What is wrong with the stamps."""

    offsets: dict[str, float]
    """Upstream to seconds ahead of the others (negative: behind)."""
    jitter: float
    """Seconds by which nine of ten backward steps stay below, plus the doubt in the offsets."""


def measure(at: np.ndarray, source: Coded | None) -> Clocks:
    """Find the clocks that are off, from stamps in the order of writing.

    A clock counts as off from 3 s and three standard errors of its median on. A clock error that
    all sources share cannot be seen.
    """
    if len(at) < 20 * AROUND:
        return Clocks({}, 0.0)
    offsets: dict[str, float] = {}
    corrected = at
    disordered = bool((np.diff(at) < 0).any())
    if source is not None and 2 <= len(source.values) <= 500 and disordered:
        offsets = _offsets(at, source)
        corrected = correct(at, source, Clocks(offsets, 0.0))
    back = np.maximum.accumulate(corrected) - corrected
    jitter = float(np.percentile(back, 90))
    if offsets:
        jitter += LEAST_SECONDS  # how far a clock may be off without being seen
    return Clocks(offsets, jitter)


def _offsets(at: np.ndarray, source: Coded) -> dict[str, float]:
    """Sources whose median distance from the lines around differs from that of most lines."""
    distance = at - _median_around(at)
    known = source.codes >= 0
    rows = np.bincount(source.codes[known], minlength=len(source.values))
    medians = {
        code: (own, float(np.median(own)))
        for code in np.flatnonzero(rows >= LEAST_ROWS).tolist()
        for own in [distance[source.codes == code]]
    }
    if not medians:
        return {}
    most = float(np.median(np.repeat([m for _, m in medians.values()], [rows[c] for c in medians])))
    found = {}
    for code, (own, median) in medians.items():
        spread = 1.4826 * float(np.median(np.abs(own - median)))
        if abs(median - most) > max(LEAST_SECONDS, 3 * spread / math.sqrt(len(own)) + 2):
            found[source.values[code]] = median - most
    return found


def correct(at: np.ndarray, source: Coded | None, clocks: Clocks) -> np.ndarray:
    """The stamps with the offsets taken out."""
    if source is None or not clocks.offsets:
        return at
    shift = np.array([clocks.offsets.get(name, 0.0) for name in source.values] + [0.0])
    moved: np.ndarray = at - shift[source.codes]
    return moved


def _median_around(at: np.ndarray) -> np.ndarray:
    whole = len(at) // AROUND * AROUND
    medians = np.median(at[:whole].reshape(-1, AROUND), axis=1)
    spread = np.repeat(medians, AROUND)
    return np.concatenate([spread, np.full(len(at) - whole, spread[-1])])
