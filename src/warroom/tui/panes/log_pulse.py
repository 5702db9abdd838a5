"""Whether a log that was growing has fallen silent: silence is not recovery."""

SILENT = 30.0
"""Seconds without a line after which a log that was growing is called silent."""
SILENT_TIMES = 8
"""Or so many times its longest ordinary pause."""


class Pulse:
    """When a log last grew, and how long its pauses usually are."""

    def __init__(self) -> None:
        self._grew_at: float | None = None
        self._longest_pause = 0.0
        self.silent = False

    def grew(self, now: float) -> bool:
        """Take note that lines came; returns whether the log had been silent."""
        if self._grew_at is not None:
            self._longest_pause = max(self._longest_pause * 0.99, now - self._grew_at)
        self._grew_at = now
        was, self.silent = self.silent, False
        return was

    def fell_silent(self, now: float) -> bool:
        """Return whether the silence has just become remarkable."""
        if self.silent or self._grew_at is None:
            return False
        self.silent = self.quiet(now) >= max(SILENT, SILENT_TIMES * self._longest_pause)
        return self.silent

    def quiet(self, now: float) -> float:
        """Return the seconds without a line."""
        return 0.0 if self._grew_at is None else now - self._grew_at
