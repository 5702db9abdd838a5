"""The spike watch on one log: fed from it in a thread, its state for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warroom.tui.snapshot import WatchFacts

if TYPE_CHECKING:
    from warroom.logs.analysis.live import LiveWatch
    from warroom.logs.protocol import Log

STEP = 10
"""Seconds between two looks; that of the watch itself, known here without numpy."""
WALKED = 1800
"""Seconds before the end that are walked when a log is opened: what goes on is told at once."""
LEARNT = 86_400.0
"""Seconds before those from which it learns what is ordinary."""
SNOOZED = 1800.0
_HISTORY = 40_000
_STRETCH = 20_000
"""Good lines that are read for the denominators; failing lines are all read."""


class LogWatch:
    """Feeds a live watch; `feed` runs in one thread at a time and imports numpy."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.facts = WatchFacts()
        self._live: LiveWatch | None = None
        self._fed = 0
        """Epoch second up to which it has been fed."""
        self._offered = 0.0
        self._snoozed_until = 0.0

    def due(self, latest: float) -> bool:
        """Whether a step is complete that was not fed yet."""
        return int(latest) // STEP * STEP > self._fed

    def feed(self, latest: float) -> None:
        """Walk over every step that is complete; blocks for milliseconds, at first for longer."""
        from warroom.logs.analysis.live import LiveWatch  # noqa: PLC0415 - imports numpy

        until = int(latest) // STEP * STEP
        if self._live is None or until - self._fed > 10 * WALKED:  # the log jumped: learn again
            begin = until - WALKED
            history = self.log.table(begin - LEARNT, begin, sample=_HISTORY)
            self._live = LiveWatch(history, float(begin))
            self._fed = begin
        offers = self._live.take(self.log.table(self._fed, until, sample=_STRETCH), float(until))
        self._fed = until
        if offers:
            self._offered = offers[-1].at
        self._tell(self._live)

    def snooze(self) -> None:
        """Make no offer for half an hour; while it is snoozed, offer again at once."""
        snoozed = self._snoozed_until > self._fed
        self._snoozed_until = 0.0 if snoozed else self._fed + SNOOZED
        if self._live is not None:
            self._live.snooze(self._snoozed_until)
            self._tell(self._live)

    def _tell(self, live: LiveWatch) -> None:
        from warroom.logs.analysis.outcomes import NAMES  # noqa: PLC0415 - imports numpy
        from warroom.logs.analysis.words import describe, prose  # noqa: PLC0415 - with it

        rings = live.ringing
        snoozed = self._snoozed_until > self._fed
        name = "" if rings is None else NAMES[rings.kind]
        if rings is not None and rings.slice is not None:
            where = describe((rings.slice,))
            name += f" {where}" if where[:3] in {"on ", "in "} else f" on {where}"
        self.facts = WatchFacts(
            sees=live.blind_spot,
            always=tuple(
                f"{describe((key,))} {prose(share)}" for key, share in live.always_failing()
            ),
            sentence="" if rings is None or snoozed else rings.sentence,
            title="" if rings is None else f"{name} {prose(rings.offer.share)}",
            offered=0.0 if rings is None or snoozed else self._offered,
            snoozed_until=self._snoozed_until if snoozed else None,
        )
