"""Spike watch: has a share left what is ordinary here, told from counts in ten-second steps.

A two-level cumulative sum: a share up to a tolerated level lowers it, one towards an unacceptable
level raises it. The tolerated level is the point: against the ordinary share itself every wandering
service would ring several times a day.
"""

import math
from collections import deque
from dataclasses import dataclass

from warroom.logs.analysis import words

STEP = 10.0
"""Seconds a step."""
HALF_LIFE = 3600.0
LAG = 30
"""Steps before a bucket teaches what is ordinary: an incident shall not teach itself."""
FIRST_SHARE = 0.002
OVER = 60
"""Steps without any failure after which what was summed up is over (a slice of few requests)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to ring: levels as the larger of a floor and a multiple of the ordinary share."""

    tolerated: tuple[float, float] = (0.006, 2.5)
    unacceptable: tuple[float, float] = (0.03, 6.0)
    threshold: float = 12.0
    """Nats; under the tolerated level a step rings with a chance below exp(-12)."""
    least_failures: int = 8
    least_steps: int = 2
    """Steps with failures since the sum was zero: one bad moment is no incident."""
    prior: float = 2000.0
    """Requests at the first share that it starts with."""


TOTAL = Rule()
SLICE = Rule(tolerated=(0.03, 2.5), unacceptable=(0.15, 6.0), threshold=16.0, prior=30.0)
OTHER = Rule(tolerated=(0.01, 3.0), unacceptable=(0.05, 8.0), threshold=16.0, least_failures=12)
"""For what happens on good days too: clients that give up, slow answers, refused requests, errors
by level. Their shares wander further than that of 5xx, and a few points of them hurt nobody."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A reason to declare, with its evidence."""

    share: float
    """Share of failures since the sum left zero."""
    ordinary: float
    failures: int
    requests: int
    seconds: float

    def sentence(self, name: str = "", outcome: str = "5xx") -> str:
        """What to show; `name` is a slice already safe to print."""
        joint = "" if name.split(" ", 1)[0] in {"on", "in", "from", "with"} else "of "
        what = f"{outcome} {joint}{name}" if name else outcome
        plural = "failure" if self.failures == 1 else "failures"
        return (
            f"{what} {words.prose(self.share)} in the last {words.span(self.seconds)}, "
            f"ordinary here {words.prose(self.ordinary)} — {words.count(self.failures)} {plural}"
        )


class Watch:
    """One series under watch; feed it a step every ten seconds, empty ones too."""

    def __init__(self, rule: Rule = TOTAL, *, share: float = FIRST_SHARE) -> None:
        self.rule = rule
        self._share0 = share
        self._requests = self._failures = 0.0
        self._sum = 0.0
        self._since = (0, 0, 0, 0)  # steps, steps with failures, requests, failures
        self._late: deque[tuple[float, float]] = deque()
        self._fixed: tuple[float, float] | None = None
        self._ringing = 0
        self._calm = 0

    @classmethod
    def recurrence(cls, after_high: float, incident: float, rule: Rule = TOTAL) -> "Watch":
        """Guard the rows of a boundary after a fix.

        It tolerates what the fix left (the upper end of the share afterwards) and rings for half
        of the share that the incident had.
        """
        watch = cls(rule)
        unacceptable = min(max(incident / 2, 0.01), 0.9)
        watch._fixed = (min(max(after_high, 0.002), unacceptable / 1.5), unacceptable)
        return watch

    def learn(self, requests: float, failures: float) -> None:
        """Take the ordinary share from a stretch already known (the index of the file)."""
        self._requests += requests
        self._failures += failures

    @property
    def ordinary(self) -> float:
        """The share that is ordinary here."""
        prior = self.rule.prior
        return (self._failures + self._share0 * prior) / (self._requests + prior)

    @property
    def failures_since(self) -> int:
        """Failures since the sum left zero."""
        return self._since[3]

    def levels(self, ordinary: float | None = None) -> tuple[float, float]:
        """The tolerated and the unacceptable share."""
        if self._fixed is not None:
            return self._fixed
        usual = self.ordinary if ordinary is None else ordinary
        low_floor, low_times = self.rule.tolerated
        high_floor, high_times = self.rule.unacceptable
        low = min(max(low_floor, low_times * usual), 0.6)
        return low, min(max(high_floor, high_times * usual), 0.9)

    @property
    def blind_spot(self) -> str:
        """What it cannot see, to be printed beside it."""
        low, high = self.levels()
        usual = self.ordinary if self._fixed is None else low
        return f"this watch sees {words.signed_points(max(high - usual, 0))} and up here"

    def step(
        self, requests: float, failures: float, *, ordinary: float | None = None
    ) -> Offer | None:
        """Add ten seconds; returns an offer in every step in which failures go on and ring.

        Args:
            requests: Requests in the step.
            failures: Failures among them.
            ordinary: What to hold for ordinary instead of its own history (a value just born).
        """
        self._late.append((requests, failures))
        if len(self._late) > LAG:
            self._absorb(*self._late.popleft())
        self._ringing = self._ringing + 1 if self._sum > self.rule.threshold else 0
        usual = self.ordinary if ordinary is None else ordinary
        low, high = self.levels(usual)
        gain = failures * math.log(high / low)
        gain += (requests - failures) * math.log((1 - high) / (1 - low))
        threshold = self.rule.threshold
        self._sum += min(gain, threshold / 2 + 0.1)
        self._calm = 0 if failures else self._calm + 1
        if self._sum <= 0 or self._calm > OVER:
            self._sum, self._since = 0.0, (0, 0, 0, 0)
            return None
        steps, failing, n, f = self._since
        self._since = (
            steps + 1,
            failing + (failures > 0),
            n + int(requests),
            f + int(failures),
        )
        self._sum = min(self._sum, 1.5 * threshold)  # so that it comes down when it is over
        steps, failing, n, f = self._since
        rule = self.rule
        enough = f >= rule.least_failures and failing >= rule.least_steps
        if failures and enough and self._sum > threshold:
            return Offer(f / max(n, 1), usual, f, n, steps * STEP)
        return None

    def _absorb(self, requests: float, failures: float) -> None:
        if 0 < self._ringing < HALF_LIFE / STEP:
            return  # what rings is not ordinary, until it has lasted for an hour
        keep = 0.5 ** (STEP / HALF_LIFE)
        cap = 3 * self.ordinary * requests + 2  # an incident teaches little
        self._requests = self._requests * keep + requests
        self._failures = self._failures * keep + min(failures, cap)
