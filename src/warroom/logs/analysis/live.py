"""The spike watch on a live log: total and slices, fed stretch by stretch, one offer at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

from warroom.logs.analysis import outcomes, words
from warroom.logs.analysis.counted import Counter, Key
from warroom.logs.analysis.watch import OTHER, SLICE, STEP, TOTAL, Offer, Watch
from warroom.logs.table import Table

LEAST_SEEN = 200
"""Requests of a slice before its own level can be held against it."""
LEAST_NEW = 20
"""The same for a new value, which is held against the total's level."""
NEWBORN = 3600.0
"""Seconds in which a new value is held against the total's share and not against its own."""
ALWAYS = 0.2
"""Ordinary share from which a slice is not watched but listed as always failing."""
SNOOZE = 1800.0
MOST_VALUES = 300
_LASTS = 60.0
"""Seconds without ringing after which what was offered is over: rare failures come with pauses."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An offer to declare an incident."""

    kind: str
    """The outcome: 5xx, errors, 499, slow, 4xx."""
    slice: Key | None
    """Field and value (raw); None for the total."""
    offer: Offer
    sentence: str
    """Safe to print."""
    at: float


@dataclass(slots=True)
class _Slice:
    watch: Watch
    born: float
    seen: float = 0.0


class LiveWatch:
    """Counts a log into ten-second steps and tells when to offer a declaration.

    It has no clock: whoever feeds it says up to when, also when nothing arrives.
    """

    def __init__(self, history: Table | None = None, began: float | None = None) -> None:
        """Learn routes and ordinary shares from `history`, which is not rung for.

        Args:
            history: Rows from before the watch begins.
            began: When it begins; None for the first row that it is given.
        """
        self._counter = Counter(history)
        self.totals: dict[str, Watch] = {}
        self._slices: dict[Key, _Slice] = {}
        self._step = began
        self._silent_until = 0.0
        self._began = began
        self.ringing: Alarm | None = None
        """What rang last, until it has been quiet for a minute."""
        if history is not None and len(history.at):
            self._learn(history)

    def _learn(self, history: Table) -> None:
        first = float(history.at[0])
        self._began = first
        span = float(history.at[-1]) - first + 1.0
        counted = self._counter.count(history, first, 1, span)
        requests = float(counted.requests.sum())
        for kind, failures in counted.failures.items():
            self._total(kind).learn(requests, float(failures.sum()))
        for key, (asked, failed) in counted.slices[0].items():
            one = self._slice(key, first)
            if one is not None:
                one.watch.learn(asked, failed)
                one.seen += asked

    def take(self, table: Table, until: float) -> tuple[Alarm, ...]:
        """Close every step up to `until` with the rows of a table that holds them.

        Returns:
            The offers that are to be made: none while one was made or snoozed lately.
        """
        if self._step is None:
            if not len(table.at):
                return ()
            self._step = float(table.at[0]) // STEP * STEP
        if self._began is None:
            self._began = self._step
        steps = int((until - self._step) // STEP)
        if steps <= 0:
            return ()
        counted = self._counter.count(table, self._step, steps, STEP)
        offers: list[Alarm] = []
        for number in range(steps):
            self._step += STEP
            seen = {kind: float(failed[number]) for kind, failed in counted.failures.items()}
            alarm = self._close(
                self._step, float(counted.requests[number]), seen, counted.slices[number]
            )
            if alarm is not None:
                self.ringing = alarm
                if self._step >= self._silent_until:
                    self._silent_until = self._step + SNOOZE
                    offers.append(alarm)
            elif self.ringing is not None and self._step - self.ringing.at >= _LASTS:
                self.ringing = None
        return tuple(offers)

    @property
    def step(self) -> float | None:
        """Up to when it has counted; None while it has not begun."""
        return self._step

    def snooze(self, until: float) -> None:
        """Make no offer before `until`; the sums go on. A time that is past ends the snooze."""
        self._silent_until = until

    @property
    def blind_spot(self) -> str:
        """What the watch of the total cannot see, to be printed beside it."""
        return self.totals.get(self._main, Watch(TOTAL)).blind_spot

    def always_failing(self) -> tuple[tuple[Key, float], ...]:
        """Slices that are not watched because failing is ordinary for them."""
        return tuple(
            (key, one.watch.ordinary)
            for key, one in self._slices.items()
            if one.seen >= LEAST_SEEN and one.watch.ordinary > ALWAYS
        )

    @property
    def _main(self) -> str:
        """The outcome that is watched for each slice as well."""
        return next(iter(self.totals), "5xx")

    def _total(self, kind: str) -> Watch:
        rule = TOTAL if kind == "5xx" else OTHER
        return self.totals.setdefault(kind, Watch(rule))

    def _slice(self, key: Key, now: float) -> _Slice | None:
        one = self._slices.get(key)
        if one is None:
            if sum(name == key[0] for name, _ in self._slices) >= MOST_VALUES:
                return None
            ordinary = self._total(self._main).ordinary
            one = self._slices[key] = _Slice(Watch(SLICE, share=ordinary), now)
        return one

    def _close(
        self,
        now: float,
        requests: float,
        failures: dict[str, float],
        slices: Mapping[Key, tuple[float, float]],
    ) -> Alarm | None:
        for kind in failures:
            self._total(kind)
        rung = [
            (kind, offer)
            for kind, watch in self.totals.items()  # a step in which nothing came is one, too
            if (offer := watch.step(requests, failures.get(kind, 0.0))) is not None
        ]
        main = self._main
        slice_ = self._close_slices(now, slices)
        if rung and (rung[0][0] == main or slice_ is None):
            kind, offer = rung[0]
            mostly = self._mostly(offer) if kind == main else ""
            said = offer.sentence(outcome=outcomes.NAMES[kind]) + mostly
            return Alarm(kind, None, offer, said, now)
        if slice_ is None:
            return None
        key, offer = slice_
        said = offer.sentence(words.describe((key,)), outcomes.NAMES[main])
        return Alarm(main, key, offer, said, now)

    def _close_slices(
        self, now: float, counts: Mapping[Key, tuple[float, float]]
    ) -> tuple[Key, Offer] | None:
        """Step every slice; the one with the most failures that rings."""
        ordinary = self._total(self._main).ordinary
        ringing: tuple[Key, Offer] | None = None
        for key in counts:
            self._slice(key, now)
        began = now if self._began is None else self._began
        for key, one in self._slices.items():
            asked, failed = counts.get(key, (0.0, 0.0))
            one.seen += asked
            newborn = one.born > began + NEWBORN / 6 and now - one.born < NEWBORN
            rung = one.watch.step(asked, failed, ordinary=ordinary if newborn else None)
            usual = ordinary if newborn else one.watch.ordinary
            least = LEAST_NEW if newborn else LEAST_SEEN
            if rung is None or one.seen < least or usual > ALWAYS:
                continue
            if ringing is None or rung.failures > ringing[1].failures:
                ringing = (key, rung)
        return ringing

    def _mostly(self, offer: Offer) -> str:
        """Which slice holds most of the failures of an offer, if one does."""
        best = max(
            ((one.watch.failures_since, key) for key, one in self._slices.items()),
            default=None,
        )
        if best is None or best[0] < 0.5 * offer.failures:
            return ""
        return f", {words.count(min(best[0], offer.failures))} of them {words.describe((best[1],))}"
