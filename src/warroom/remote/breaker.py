"""When to try a server again: not at once, not in step with the others, not while it is useless."""

import random
import threading
import time
from collections.abc import Callable

FAILURES = 2
"""In a row, after which nobody waits for the server any more."""

_FIRST, _LONGEST = 0.2, 5.0
"""Seconds between attempts: from the first to the longest; a person is watching the header."""


class Breaker:
    """Closed while the server answers, open while it does not; one attempt at a time in between."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._failures = FAILURES - 1  # before the first answer, one failure says enough
        self._next = 0.0

    @property
    def closed(self) -> bool:
        """Whether the server is thought to answer."""
        return self._failures < FAILURES

    def left(self) -> float:
        """Return in how many seconds the next attempt may be made; 0: now."""
        with self._lock:
            return max(0.0, self._next - self._clock())

    def succeeded(self) -> bool:
        """The server answered; returns whether that is news."""
        with self._lock:
            news = self._failures >= FAILURES
            self._failures, self._next = 0, 0.0
            return news

    def pause(self, seconds: float) -> None:
        """The server answered that it wants to be left alone for so long."""
        with self._lock:
            self._next = self._clock() + seconds

    def failed(self, seconds: float = 0.0) -> bool:
        """An attempt failed, and is of no use for some seconds; returns whether that breaks it.

        The wait is drawn evenly from nothing to twice the last limit: consoles that lost one server
        at one instant must not come back at one instant.
        """
        with self._lock:
            self._failures += 1
            limit = min(_LONGEST, _FIRST * 2 ** min(self._failures, 10))
            wait = max(self._jitter(_FIRST / 4, limit), seconds)
            self._next = self._clock() + wait
            return self._failures == FAILURES
