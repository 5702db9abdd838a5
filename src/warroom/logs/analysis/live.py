"""The spike watch on a live log: total and slices, fed entry by entry, one offer at a time."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis import words
from warroom.logs.analysis.prepare import learn_routes
from warroom.logs.analysis.templates import Routes
from warroom.logs.analysis.watch import SLICE, STEP, TOTAL, Offer, Watch
from warroom.logs.table import Table

SLICE_FIELDS = ("route", "upstream", "release", "zone", "host")
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

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An offer to declare an incident."""

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
    """Counts entries into ten-second steps and tells when to offer a declaration.

    It has no clock: whoever feeds it calls `tick` with the time, at least every ten seconds, also
    when nothing arrives.
    """

    def __init__(self, history: Table | None = None) -> None:
        """Learn routes and ordinary shares from `history`, which is not rung for."""
        self.total = Watch(TOTAL)
        self._slices: dict[Key, _Slice] = {}
        self._counts: dict[Key | None, list[int]] = defaultdict(lambda: [0, 0])
        self._step: float | None = None
        self._silent_until = 0.0
        self._began: float | None = None
        self._routes: Routes | None = None
        if history is not None and len(history.at):
            self._learn(history)

    def _learn(self, history: Table) -> None:
        path = history.fields.get("path")
        if path is not None:
            self._routes = learn_routes(path, history.status)
        self._began = float(history.at[0])
        weight = history.weight.astype(np.float64)
        bad = np.where(history.status >= 500, weight, 0.0)
        self.total.learn(float(weight.sum()), float(bad.sum()))
        columns = {name: history.fields[name] for name in SLICE_FIELDS if name in history.fields}
        named = [(name, column.values) for name, column in columns.items()]
        coded = [column.codes for column in columns.values()]
        if path is not None:
            named.append(("route", [self._route(value) for value in path.values]))
            coded.append(path.codes)
        for (name, values), codes in zip(named, coded, strict=True):
            known = codes >= 0
            size = len(values)
            asked = np.bincount(codes[known], weight[known], size)
            failed = np.bincount(codes[known], bad[known], size)
            for code in np.flatnonzero(asked).tolist():
                one = self._slice((name, values[code]), float(history.at[0]))
                if one is not None:
                    one.watch.learn(float(asked[code]), float(failed[code]))
                    one.seen += float(asked[code])

    def add(self, failed: bool, fields: Mapping[str, str]) -> None:
        """Count one entry.

        Args:
            failed: Whether it is a 5xx.
            fields: What the format names, by standard names; `path` becomes the route.
        """
        keys: list[Key | None] = [None]
        keys += [(name, fields[name]) for name in SLICE_FIELDS if fields.get(name)]
        if fields.get("path") and "route" not in fields:
            keys.append(("route", self._route(fields["path"])))
        for key in keys:
            count = self._counts[key]
            count[0] += 1
            count[1] += failed

    def tick(self, now: float) -> Alarm | None:
        """Close every step that is over; returns an offer unless one was made or snoozed lately."""
        if self._step is None:
            self._step = now
            self._began = now if self._began is None else self._began
        alarm: Alarm | None = None
        while now - self._step >= STEP:
            self._step += STEP
            alarm = self._close(self._step) or alarm
        if alarm is None or now < self._silent_until:
            return None
        self._silent_until = now + SNOOZE
        return alarm

    def snooze(self, until: float) -> None:
        """Make no offer before `until`; the sums go on."""
        self._silent_until = until

    def always_failing(self) -> list[tuple[Key, float]]:
        """Slices that are not watched because failing is ordinary for them."""
        return [
            (key, one.watch.ordinary)
            for key, one in self._slices.items()
            if one.seen >= LEAST_SEEN and one.watch.ordinary > ALWAYS
        ]

    def _route(self, path: str) -> str:
        bare = path.partition("?")[0]
        return self._routes(bare)[0] if self._routes is not None else bare

    def _slice(self, key: Key, now: float) -> _Slice | None:
        one = self._slices.get(key)
        if one is None:
            if sum(name == key[0] for name, _ in self._slices) >= MOST_VALUES:
                return None
            one = _Slice(Watch(SLICE, share=self.total.ordinary), now)
            self._slices[key] = one
        return one

    def _close(self, now: float) -> Alarm | None:
        requests, failures = self._counts.pop(None, [0, 0])
        offer = self.total.step(requests, failures)
        ordinary = self.total.ordinary
        ringing: tuple[float, Key, Offer] | None = None
        counts, self._counts = self._counts, defaultdict(lambda: [0, 0])
        for key in counts:
            if key is not None:
                self._slice(key, now)
        began = now if self._began is None else self._began
        for key, one in self._slices.items():
            asked, failed = counts.get(key, [0, 0])
            one.seen += asked
            newborn = one.born > began + NEWBORN / 6 and now - one.born < NEWBORN
            rung = one.watch.step(asked, failed, ordinary=ordinary if newborn else None)
            usual = ordinary if newborn else one.watch.ordinary
            least = LEAST_NEW if newborn else LEAST_SEEN
            if rung is None or one.seen < least or usual > ALWAYS:
                continue
            if ringing is None or rung.failures > ringing[0]:
                ringing = (rung.failures, key, rung)
        if offer is not None:
            return Alarm(None, offer, offer.sentence() + self._mostly(offer), now)
        if ringing is not None:
            _, key, rung = ringing
            return Alarm(key, rung, rung.sentence(words.describe((key,))), now)
        return None

    def _mostly(self, offer: Offer) -> str:
        """Which slice holds most of the failures of an offer, if one does."""
        best = max(
            ((one.watch.failures_since, key) for key, one in self._slices.items()),
            default=None,
        )
        if best is None or best[0] < 0.5 * offer.failures:
            return ""
        return f", {words.count(min(best[0], offer.failures))} of them {words.describe((best[1],))}"
