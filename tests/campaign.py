"""The size of the long campaigns, and what they report: counts, seeds, losses."""

import os
from collections.abc import Callable


def sized(whole: int) -> int:
    """Return how many of so many a campaign does: all, or the share that was asked for."""
    return max(1, round(whole * float(os.environ.get("WARROOM_SOAK_SHARE", "1"))))


class Tally:
    """What one test of a campaign has to say, for the table of `scripts/soak.py`."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def __call__(self, count: int, unit: str, *, seed: object = "", lost: int = 0) -> None:
        """Say that `count` of `unit` (a plural) were done from `seed`, and how many were lost."""
        self._record(f"count {unit}", count)
        self._record("seed", seed)
        self._record("lost", lost)
