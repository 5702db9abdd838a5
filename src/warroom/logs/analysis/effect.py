"""How much did it help: shares before and after an action, with an interval that is honest.

Failures come in clumps, so two minutes of a service are no two hundred independent requests. The
clumping is learnt from the ten-second buckets since the onset and the interval widened by it.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from warroom.logs.analysis import words

BUCKET = 10.0
"""Seconds a bucket."""
WASH_OUT = 60.0
"""Seconds after an action that are not counted: requests in flight, hosts changing one by one."""
LEAST_SECONDS = 90.0
LEAST_REQUESTS = 30
SETTLED_SECONDS = 300.0
"""How long the quiet must last before anything is called solved."""

_VARIATION, _MEMORY = 0.15**2, 0.7
_DOUBT = 1.3
"""By how much the variation found is taken higher: it is an estimate from few buckets."""


class Verdict(StrEnum):
    """What can be said."""

    TOO_EARLY = "too early"
    HELPED = "helped"
    SOLVED = "solved"
    NO_EFFECT = "no effect"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Window:
    """Requests and failures in consecutive ten-second buckets."""

    requests: np.ndarray
    failures: np.ndarray

    @property
    def seconds(self) -> float:
        """How long it is."""
        return BUCKET * len(self.requests)

    @property
    def share(self) -> float | None:
        """Failures a request; None without requests."""
        total = float(self.requests.sum())
        return float(self.failures.sum()) / total if total else None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return float(self.requests.sum()) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Before and after, and what follows from it."""

    verdict: Verdict
    sentence: str
    before: float | None
    """Share of failures from the onset to the action."""
    after: float | None
    low: float | None = None
    """Lower end of the improvement (before minus after), 95 % at ordinary noise."""
    high: float | None = None
    after_high: float | None = None
    """Upper end of the share afterwards: what a watch for recurrence may tolerate."""
    requests_before: float = 0.0
    requests_after: float = 0.0
    volume: float | None = None
    """Requests a second afterwards against before; None where there was nothing before."""
    seconds: float = 0.0
    """How long the after-window is."""


def measure(
    before: Window,
    after: Window,
    *,
    baseline: float | None = None,
    name: str = "",
    outcome: str = "5xx",
) -> Effect:
    """Compare the stretch from the onset to the action with the one since.

    Args:
        before: From the onset to the action; never a chosen worst minute.
        after: From the end of the wash-out on.
        baseline: Share of failures before the onset; None where the log does not tell.
        name: What was measured, already safe to print; empty for everything.
        outcome: What counts as a failure, for the sentence.
    """
    what = f"{outcome} of {name}" if name else outcome
    n1, n2 = float(before.requests.sum()), float(after.requests.sum())
    p1, p2 = before.share, after.share
    volume = after.rate / before.rate if before.rate else None

    def early(reason: str) -> Effect:
        return Effect(
            verdict=Verdict.TOO_EARLY,
            sentence=f"{what}: too early to say, {reason}",
            before=p1,
            after=p2,
            requests_before=n1,
            requests_after=n2,
            volume=volume,
            seconds=after.seconds,
        )

    if p1 is None or n1 < LEAST_REQUESTS:
        return early(f"only {words.count(n1)} requests between the onset and the action")
    if after.seconds < LEAST_SECONDS:
        return early(
            f"{words.span(after.seconds)} measured so far, {words.span(LEAST_SECONDS)} needed"
        )
    if p2 is None or n2 < LEAST_REQUESTS:
        silent = after.rate < 0.05 * before.rate
        reason = f"only {words.count(n2)} requests since"
        return early(f"{reason}: silence is no recovery" if silent else reason)
    low, high, after_high = difference(before, after)
    limit = max(2 * baseline, 0.01) if baseline is not None else None
    verdict = _verdict(before, after, low, high)
    if verdict is Verdict.TOO_EARLY:
        return early(
            f"the change lies between {words.signed_points(-high)} and {words.signed_points(-low)}"
        )
    if verdict is Verdict.HELPED and crash_loop(before, after):
        return early("such pauses happened before without any action")
    fallen = volume is not None and volume < 0.6
    if (
        verdict is Verdict.HELPED
        and limit is not None
        and after_high < limit
        and after.seconds >= SETTLED_SECONDS
        and not fallen
    ):
        verdict = Verdict.SOLVED
    sentence = (
        f"{what} {words.prose(p1)} → {words.prose(p2)} ({words.signed_points(p2 - p1)}, 95 %: "
        f"{words.points(-high, -low)}) in {words.span(after.seconds)}, {words.count(n2)} requests"
    )
    sentence += _tail(verdict, baseline, volume)
    return Effect(
        verdict=verdict,
        sentence=sentence,
        before=p1,
        after=p2,
        low=low,
        high=high,
        after_high=after_high,
        requests_before=n1,
        requests_after=n2,
        volume=volume,
        seconds=after.seconds,
    )


def _verdict(before: Window, after: Window, low: float, high: float) -> Verdict:
    share = before.share or 0.0
    if low > 0:
        return Verdict.HELPED
    if high < 0:
        return Verdict.WORSE
    # "no effect" is a claim of its own: an improvement by a third must be out of the question
    if high < share / 3 or after.seconds >= SETTLED_SECONDS:
        return Verdict.NO_EFFECT
    return Verdict.TOO_EARLY


def _tail(verdict: Verdict, baseline: float | None, volume: float | None) -> str:
    tail = {
        Verdict.SOLVED: "; solved: as before the onset",
        Verdict.NO_EFFECT: "; no effect to be seen",
        Verdict.WORSE: "; worse than before",
    }.get(verdict, "")
    if verdict is Verdict.HELPED:
        tail = "; helped"
        if baseline is not None:
            tail += f", not solved: before the onset it was {words.prose(baseline)}"
    if volume is not None and volume < 0.6:
        tail += f"; only {words.prose(volume)} of the traffic is left, a fall is no success"
    elif volume is not None and volume > 1.7:
        tail += f"; traffic is {words.times(volume)}"
    return tail


def difference(before: Window, after: Window) -> tuple[float, float, float]:
    """The improvement's interval and the upper end of the share afterwards.

    Newcombe's interval from two Wilson intervals with effective sizes. In simulations it holds
    the truth in 95 to 100 % at ordinary noise and in 91 to 95 % on services whose minutes differ
    strongly (variation 0.25, memory 0.8).
    """
    variation, memory = noise(before, after)
    stretch = (1 + memory) / (1 - memory)
    sides = []
    for window in (before, after):
        n, f = float(window.requests.sum()), float(window.failures.sum())
        p = (f + 0.5) / (n + 1)
        mean = n / max(len(window.requests), 1)
        shrink = 1 / (1 + variation * stretch * mean * p / (1 - p))
        sides.append((f / n, *wilson(f * shrink, n * shrink)))
    (p1, low1, high1), (p2, low2, high2) = sides
    gap = p1 - p2
    return gap - math.hypot(p1 - low1, high2 - p2), gap + math.hypot(high1 - p1, p2 - low2), high2


def noise(*windows: Window) -> tuple[float, float]:
    """Squared variation of the share beyond chance, and its memory from bucket to bucket.

    Learnt from each window around its own mean, corrected for the shortness of the series, and
    pulled towards a service with some clumping (0.15², 0.7) with the weight of twenty buckets:
    with less, intervals were too short in the simulations.
    """
    buckets = 0
    beyond = lagged = 0.0
    for window in windows:
        busy = window.requests > 0
        requests, failures = window.requests[busy], window.failures[busy]
        if len(requests) < 4 or failures.sum() < 10:
            continue
        share = failures.sum() / requests.sum()
        relative = failures / requests / share - 1
        beyond += float((relative**2 - (1 - share) / (requests * share)).sum())
        lagged += float((relative[1:] * relative[:-1]).sum())
        buckets += len(requests)
    if not buckets:
        return _VARIATION, _MEMORY
    variation = max(0.0, beyond / buckets)
    memory = lagged / buckets / max(variation, 1e-3) if variation else _MEMORY
    memory += (1 + 3 * min(max(memory, 0.0), 0.9)) / buckets
    variation *= _DOUBT * (1 + (1 + memory) / (1 - min(memory, 0.9)) / buckets)
    own = buckets / (buckets + 20)
    memory = own * min(memory, 0.95) + (1 - own) * _MEMORY
    return own * variation + (1 - own) * _VARIATION, min(max(memory, 0.0), 0.9)


def wilson(failures: float, requests: float, z: float = 2.1) -> tuple[float, float]:
    """Wilson's interval of a share; 2.1 and not 1.96, because the noise is itself an estimate."""
    p = failures / requests
    base = 1 + z * z / requests
    middle = (p + z * z / 2 / requests) / base
    half = z * math.sqrt(p * (1 - p) / requests + z * z / 4 / requests**2) / base
    return max(0.0, middle - half), min(1.0, middle + half)


def crash_loop(before: Window, after: Window) -> bool:
    """Whether the failures came in bursts and the quiet since is no longer than their pauses."""
    share = before.share or 0.0
    pause = longest = 0
    for requests, failures in zip(before.requests, before.failures, strict=True):
        pause = pause + 1 if failures <= 0.1 * share * requests else 0
        longest = max(longest, pause)
    return longest >= 2 and len(after.requests) < 1.5 * longest


def windows(
    at: np.ndarray,
    failures: np.ndarray,
    weight: np.ndarray,
    *,
    onset: float,
    action: float,
    until: float,
    wash_out: float = WASH_OUT,
) -> tuple[Window, Window]:
    """Cut the buckets before and after an action from rows.

    Args:
        at: Epoch seconds of the rows.
        failures: Weight of each failing row, 0 for the others.
        weight: How many requests each row stands for.
        onset: When the failures began.
        action: When the action was done.
        until: The end of what is known (now, for a live log: silence counts).
        wash_out: Seconds after the action that are left out.
    """
    before = max(1, int((action - onset) // BUCKET))
    after = max(0, int((until - action - wash_out) // BUCKET))
    return (
        _buckets(at, failures, weight, action - before * BUCKET, before),
        _buckets(at, failures, weight, action + wash_out, after),
    )


def _buckets(
    at: np.ndarray, failures: np.ndarray, weight: np.ndarray, start: float, length: int
) -> Window:
    place = np.floor((at - start) / BUCKET)
    inside = (place >= 0) & (place < length)
    bucket = place[inside].astype(np.int64)
    return Window(
        np.bincount(bucket, weight[inside], length), np.bincount(bucket, failures[inside], length)
    )
