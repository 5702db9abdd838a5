"""When and where at once: the stretch of time in which one slice fails beyond expectation."""

import math
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis.frame import Sample

BUCKETS = 720
THRESHOLD = 25.0
"""Nats after all penalties. Logs without an incident score up to 19, with one from 79 on."""
LEAST_FAILURES = 6
_THETAS = (2, 4, 10, 30, 100)
_MOST_SERIES = 400
_STRETCHES = 16
"""Stretches outside at least, over which slow wandering is measured."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with more failures than expected."""

    field: str | None
    """The field whose value showed it best; None for the total."""
    value: str | None
    start: float
    end: float
    failures: float
    expected: float
    score: float
    dispersion: float
    """How much wilder than independent failures the series is outside, 1 for independent."""
    buckets: int
    """Buckets with failures inside."""

    @property
    def real(self) -> bool:
        """Whether it is a finding and no chance."""
        return (
            self.score >= THRESHOLD
            and self.failures >= LEAST_FAILURES
            and self.failures >= 2 * self.expected
            and self.failures - self.expected >= LEAST_FAILURES
            and (self.buckets >= 2 or self.failures >= 20)
        )


@dataclass(frozen=True, slots=True)
class _Series:
    field: str | None
    values: list[str | None]
    failures: np.ndarray
    expected: np.ndarray


def scan(sample: Sample, chance: np.ndarray) -> Span | None:
    """The best stretch over the total and over every value of every field.

    Args:
        sample: The requests.
        chance: Each row's ordinary chance to fail.

    Returns:
        The stretch with the highest score, real or not; None without time or failures.
    """
    frame = sample.frame
    if len(frame.at) < 2 or not sample.bad.any():
        return None
    first = float(frame.at[0])
    width = max(1.0, (float(frame.at[-1]) - first) / BUCKETS)
    bucket = ((frame.at - first) / width).astype(np.int64)
    length = int(bucket[-1]) + 1
    series = _all_series(sample, chance * frame.weight, bucket, length)
    total = sum(len(one.values) for one in series)
    found: list[tuple[float, int, int, int, int]] = []
    for place, one in enumerate(series):
        best, start, stop = _best_stretch(one.failures, one.expected)
        found += [(float(best[k]), place, k, int(start[k]), int(stop[k])) for k in range(len(best))]
    found.sort(reverse=True)
    top: Span | None = None
    for raw, place, k, begin, end in found:
        if top is not None and raw / sample.scale - math.log(total) <= top.score:
            break  # dispersion can only lower a score: nothing behind can win
        one = series[place]
        failures, expected = one.failures[k], one.expected[k]
        wild, slow = _outside(failures, expected, begin, end)
        score = raw / sample.scale / max(wild, slow) - math.log(total)
        if top is None or score > top.score:
            top = Span(
                field=one.field,
                value=one.values[k],
                start=first + begin * width,
                end=first + end * width,
                failures=float(failures[begin:end].sum()),
                expected=float(expected[begin:end].sum()),
                score=score,
                dispersion=wild,
                buckets=int((failures[begin:end] > 0).sum()),
            )
    return top


def _all_series(
    sample: Sample, expected: np.ndarray, bucket: np.ndarray, length: int
) -> list[_Series]:
    failures = sample.failures
    bad = np.flatnonzero(sample.bad)
    series = [
        _Series(
            None,
            [None],
            np.bincount(bucket, failures, length)[None],
            np.bincount(bucket, expected, length)[None],
        )
    ]
    for name, column in sample.frame.fields.items():
        codes = column.codes
        own = codes[bad]
        counts = np.bincount(own[own >= 0], minlength=len(column.values))
        keep = np.flatnonzero(counts >= LEAST_FAILURES)
        if len(keep) > _MOST_SERIES:
            keep = keep[np.argsort(-counts[keep])[:_MOST_SERIES]]
        if not len(keep):
            continue
        place = np.full(len(column.values) + 1, -1, np.int64)
        place[keep] = np.arange(len(keep))
        rows = place[codes]
        inside = rows >= 0
        key = rows[inside] * length + bucket[inside]
        shape = (len(keep), length)
        size = len(keep) * length
        hit = rows[bad] >= 0
        hits = bad[hit]
        observed = np.bincount(rows[hits] * length + bucket[hits], failures[hits], size).reshape(
            shape
        )
        usual = np.bincount(key, expected[inside], size).reshape(shape)
        series.append(
            _Series(
                name,
                [column.values[k] for k in keep.tolist()],
                observed,
                usual * _own_level(observed, usual)[:, None],
            )
        )
    return series


def _own_level(failures: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How much more than expected each series fails on an ordinary twelfth of the log, >= 1."""
    part = failures.shape[1] // 12
    if part == 0:
        return np.ones(len(failures))
    cut = part * 12
    ordinary_failures = np.median(failures[:, :cut].reshape(-1, 12, part).sum(2), axis=1)
    ordinary_expected = np.median(expected[:, :cut].reshape(-1, 12, part).sum(2), axis=1)
    return np.asarray(np.maximum(1.0, (ordinary_failures + 0.5) / (ordinary_expected + 0.5)))


def _best_stretch(
    failures: np.ndarray, expected: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each series the stretch with the highest likelihood ratio (maximum sub-array)."""
    count = len(failures)
    each = np.arange(count)
    best = np.zeros(count)
    start = np.zeros(count, np.int64)
    stop = np.zeros(count, np.int64)
    sum_failures = np.pad(failures.cumsum(1), ((0, 0), (1, 0)))
    sum_expected = np.pad(expected.cumsum(1), ((0, 0), (1, 0)))
    for theta in _THETAS:
        gain = math.log(theta) * sum_failures - (theta - 1) * sum_expected
        low = np.minimum.accumulate(gain, 1)
        end = (gain - low).argmax(1)
        # the last place up to `end` where the running minimum was reached
        at_low = (gain == low[each, end][:, None]) & (np.arange(gain.shape[1]) <= end[:, None])
        begin = gain.shape[1] - 1 - at_low[:, ::-1].argmax(1)
        seen = sum_failures[each, end] - sum_failures[each, begin]
        usual = np.maximum(sum_expected[each, end] - sum_expected[each, begin], 1e-9)
        ratio = excess(seen, usual)
        better = ratio > best
        best = np.where(better, ratio, best)
        start = np.where(better, begin, start)
        stop = np.where(better, end, stop)
    return best, start, stop


def excess(failures: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Log likelihood ratio of a Poisson count above its expectation, 0 at or below it."""
    raised = failures * np.log(np.maximum(failures, 1e-9) / expected) - (failures - expected)
    return np.where(failures > expected, raised, 0.0)


def _outside(
    failures: np.ndarray, expected: np.ndarray, start: int, stop: int
) -> tuple[float, float]:
    """Dispersion outside a stretch: from bucket to bucket, and over stretches of its length.

    A share that wanders from minute to minute looks calm in ten seconds and is not in three
    minutes.
    """
    outside = np.ones(len(failures), bool)
    outside[start:stop] = False
    if outside.sum() <= 20:
        return 1.3, 1.0
    own = failures[outside]
    usual = expected[outside]
    usual = usual * max(1e-9, own.sum() / max(usual.sum(), 1e-9)) + 1e-9
    stretch = min(stop - start, len(own) // _STRETCHES)
    return dispersion(own, usual), dispersion(own, usual, least=stretch, trim=0.12)


def dispersion(
    failures: np.ndarray, expected: np.ndarray, *, least: int = 1, trim: float = 0.03
) -> float:
    """Pearson's chi-squared over its degrees of freedom, at least 1.

    Buckets are merged, `least` of them and until two failures are expected in each; the highest
    part (`trim`) is left out, so that another burst does not excuse this one.
    """
    merge = max(least, 1, math.ceil(2 / max(float(expected.mean()), 1e-9)))
    length = len(failures) // merge * merge
    if length // merge < 8:
        return 1.3
    seen = failures[:length].reshape(-1, merge).sum(1)
    usual = expected[:length].reshape(-1, merge).sum(1)
    squares = np.sort((seen - usual) ** 2 / np.maximum(usual, 0.2))
    return float(max(1.0, squares[: math.ceil((1 - trim) * len(squares))].mean()))
