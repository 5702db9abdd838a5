"""Onset and end to the second: the likelihood of every row of the boundary as the first bad one."""

import math
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis.frame import Sample
from warroom.logs.analysis.scan import excess

_MARGIN = 300.0
_BUCKETS = 1500
_THETAS = (2, 4, 10, 30, 100, 300)
_NEAR = 8
"""Failures at an edge whose share tells whether it is a mild one."""
_RAMP_GAIN = 8.0
"""Log units by which a linear rise must fit better than a step."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A moment with its uncertainty, epoch seconds."""

    at: float
    low: float
    high: float

    def widened(self, before: float, after: float) -> "Edge":
        """The same moment, less sure."""
        return Edge(self.at, self.low - before, self.high + after)


@dataclass(frozen=True, slots=True)
class Edges:
    """When a slice began and stopped to fail."""

    onset: Edge
    end: Edge
    open: bool
    """Still failing when the log ends."""
    gone: bool
    """The slice itself stopped asking: no more failures, but no recovery seen either."""
    ramp: float | None
    """Seconds over which it grew, None for a step."""
    share: float
    """Share of failures in between."""


def own_interval(
    sample: Sample, chance: np.ndarray, rows: np.ndarray, start: float, end: float
) -> tuple[float, float]:
    """The stretch of one slice on its own rows, starting from the common one."""
    frame = sample.frame
    first = float(frame.at[0])
    width = max(1.0, (float(frame.at[-1]) - first) / _BUCKETS)
    bucket = ((frame.at[rows] - first) / width).astype(np.int64)
    length = int((float(frame.at[-1]) - first) / width) + 1
    failures = np.concatenate([[0.0], np.bincount(bucket, sample.failures[rows], length).cumsum()])
    expected = np.concatenate(
        [[0.0], np.bincount(bucket, (chance * frame.weight)[rows], length).cumsum()]
    )
    best = (0.0, start, end)
    for theta in _THETAS:
        gain = math.log(theta) * failures - (theta - 1) * expected
        low = np.minimum.accumulate(gain)
        stop = int((gain - low).argmax())
        begin = int(np.flatnonzero(gain[: stop + 1] == low[stop])[-1])
        seen = failures[stop] - failures[begin]
        usual = max(expected[stop] - expected[begin], 1e-9)
        ratio = float(excess(np.asarray(seen), np.asarray(usual)))
        if ratio > best[0]:
            best = (ratio, first + begin * width, first + stop * width)
    return best[1], best[2]


def locate(sample: Sample, chance: np.ndarray, rows: np.ndarray, start: float, end: float) -> Edges:
    """Sharpen both edges on the rows of the boundary.

    Args:
        sample: The requests.
        chance: Each row's ordinary chance to fail.
        rows: bool, the rows of the slice.
        start: Where the scan saw it begin.
        end: Where the scan saw it end.
    """
    frame = sample.frame
    at = frame.at
    length = end - start
    inside = rows & (at >= start) & (at < end)
    weight = frame.weight
    requests = float(weight[inside].sum())
    share = _share(sample, inside, 0.0)
    middle = (start + end) / 2
    base = np.clip(chance, 1e-6, 0.5)
    margin = max(0.5 * length, _MARGIN)
    gap = length / max(requests, 1.0)
    side = _Side(sample, base, rows, share, 3.7 * gap)
    onset = side.find(at >= start - margin, at < middle, inside, mirrored=False)
    stop = side.find(at < end + margin, at >= middle, inside, mirrored=True)
    onset = onset or Edge(start, start, end)
    stop = stop or Edge(end, start, end)

    last = float(at[-1])
    own = np.flatnonzero(rows)
    good_after = float(weight[rows & (at > stop.at)].sum())
    gone = good_after == 0 and last - stop.at > 20 * gap
    still = (1 - share) ** min(good_after, 10_000.0) > 0.02
    open_ = still and not gone and not last - stop.at > 8 * gap / max(share, 0.01)
    if len(own) and float(at[own[-1]]) <= stop.high and last - float(at[own[-1]]) > 10 * gap:
        gone, open_ = True, False
    grown = ramp(sample, base, rows, (start, end), onset.at)
    if grown is not None:
        foot, seconds = grown
        onset = Edge(foot, foot - 0.1 * seconds, min(onset.high, foot + 0.25 * seconds))
    # a stamp of whole seconds names a moment up to a second too early
    late = frame.resolution if frame.resolution >= 1 else 0.0
    onset = onset.widened(frame.jitter, frame.jitter + late)
    stop = stop.widened(frame.jitter, frame.jitter + late)
    return Edges(onset, stop, open_, gone, None if grown is None else grown[1], share)


def _share(sample: Sample, rows: np.ndarray, prior: float) -> float:
    """Share of failures of some rows; with one request at `prior` where that is above 0."""
    weight = sample.frame.weight[rows]
    failures = float(weight[sample.bad[rows]].sum())
    extra = 1.0 if prior else 0.0
    return float(np.clip((failures + prior) / max(float(weight.sum()) + extra, 1.0), 1e-4, 0.995))


@dataclass(frozen=True, slots=True)
class _Side:
    """What finding one edge needs, the same for onset and end."""

    sample: Sample
    base: np.ndarray
    rows: np.ndarray
    share: float
    lead: float
    """Seconds before the first request of a slice in which it may have begun unseen."""

    def find(
        self, outer: np.ndarray, inner: np.ndarray, inside: np.ndarray, *, mirrored: bool
    ) -> Edge | None:
        """The edge among the rows within both limits, None with fewer than three of them."""
        index = np.flatnonzero(self.rows & outer & inner)
        if len(index) < 3:
            return None
        half = inside & inner
        local = _share(self.sample, half, self.share) if half.sum() >= 5 else self.share
        first = self._edge(index, local, mirrored=mirrored)
        # a failure that begins (or ends) mildly is looked at again with its share at the edge
        at, bad = self.sample.frame.at, self.sample.bad
        near = index[(at[index] <= first.at) if mirrored else (at[index] >= first.at)]
        failing = near[bad[near]]
        if len(failing) < _NEAR:
            return first
        limit = at[failing[-_NEAR]] if mirrored else at[failing[_NEAR - 1]]
        close = near[(at[near] >= limit) if mirrored else (at[near] <= limit)]
        mild = _share(self.sample, close, 0.0)
        if mild > 0.7 * local:
            return first
        second = self._edge(index, mild, mirrored=mirrored)
        return Edge(second.at, min(first.low, second.low), max(first.high, second.high))

    def _edge(self, index: np.ndarray, local: float, *, mirrored: bool) -> Edge:
        frame = self.sample.frame
        base = self.base[index]
        beyond = self.rows & (
            (frame.at > frame.at[index[-1]]) if mirrored else (frame.at < frame.at[index[0]])
        )
        next_rows = frame.at[beyond]
        lead = self.lead
        if len(next_rows):
            far = (
                next_rows[0] - frame.at[index[-1]]
                if mirrored
                else frame.at[index[0]] - next_rows[-1]
            )
            lead = min(lead, float(far))
        return edge(
            frame.at[index],
            self.sample.bad[index],
            frame.weight[index] / self.sample.scale,
            base,
            np.clip(np.maximum(base * 1.5, local), 1e-4, 0.995),
            lead=lead,
            mirrored=mirrored,
        )


def edge(
    at: np.ndarray,
    bad: np.ndarray,
    weight: np.ndarray,
    base: np.ndarray,
    raised: np.ndarray,
    *,
    lead: float = 1e-3,
    mirrored: bool = False,
) -> Edge:
    """The moment from which rows fail at `raised` instead of `base` (mirrored: until which).

    The interval is the central 95 % of the likelihood of each row times the gap before it; before
    the first row there are `lead` seconds.
    """
    if mirrored:
        at, bad, weight, base, raised = -at[::-1], bad[::-1], weight[::-1], base[::-1], raised[::-1]
    step = weight * np.where(bad, np.log(raised / base), np.log((1 - raised) / (1 - base)))
    likelihood = step.sum() - np.concatenate([[0.0], step.cumsum()])
    gaps = np.maximum(np.diff(np.concatenate([[at[0] - lead], at, [at[-1] + 1e-3]])), 1e-3)
    mass = (np.exp(likelihood - likelihood.max()) * gaps).cumsum()
    low, high = np.searchsorted(mass / mass[-1], [0.025, 0.975])
    best = int(likelihood.argmax())
    final = len(at) - 1
    found = float(at[min(best, final)])
    earliest = float(at[min(int(low), len(at)) - 1]) if low else float(at[0]) - lead
    latest = float(at[min(int(high), final)])
    earliest, latest = min(earliest, found), max(latest, found)
    return Edge(-found, -latest, -earliest) if mirrored else Edge(found, earliest, latest)


def ramp(
    sample: Sample,
    base: np.ndarray,
    rows: np.ndarray,
    window: tuple[float, float],
    onset: float,
) -> tuple[float, float] | None:
    """The foot and the length of a linear rise, where that fits clearly better than a step."""
    at = sample.frame.at
    start, end = window
    index = np.flatnonzero(rows & (at >= start - 0.6 * (end - start)) & (at < end))
    bad = sample.bad[index]
    weight = sample.frame.weight[index] / sample.scale
    if bad.sum() < 12:
        return None
    when, usual = at[index], base[index]

    def fit(chance: np.ndarray) -> float:
        chance = np.clip(chance, 1e-6, 0.999)
        return float((weight * np.where(bad, np.log(chance), np.log1p(-chance))).sum())

    after = when >= onset
    level = (
        float((weight * bad)[after].sum() / max(weight[after].sum(), 1e-9)) if after.any() else 0.1
    )
    step = fit(np.where(after, np.maximum(level, usual), usual))
    best = (-math.inf, 0.0)
    for foot in np.linspace(when[0], when[0] + 0.75 * (when[-1] - when[0]), 40).tolist():
        rise = np.clip((when - foot) / max(end - foot, 1.0), 0, 1)
        for top in (level, 1.5 * level, 2 * level, 2.5 * level):
            value = fit(usual + min(top, 0.98) * rise)
            if value > best[0]:
                best = (value, foot)
    return (best[1], end - best[1]) if best[0] > step + _RAMP_GAIN else None
