"""Who is affected: the slices whose own share explains the failures, with a reason to stop."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis.frame import Frame, Sample
from warroom.logs.analysis.scan import excess

Items = tuple[tuple[str, int], ...]
"""A slice: field names with the code of the value."""

_SINGLES = 12
"""Best single values that pairs are built from."""
_MOST_CAUSES = 4
_GROUP = 6
"""Values of one field that may be affected together."""
_PAIR_PAYS = 3.0
_LEAST_GAIN = 4.0
_NEXT_GAIN = 6.0
_NEXT_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slice with its counts inside the window."""

    items: Items
    gain: float
    """Nats by which its own share explains the failures better, after penalties."""
    failures: float
    requests: float
    expected: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A slice that is named."""

    slice: Candidate
    coverage: float
    """Share of all failures of the window that lie in it."""
    rate: float
    """Share of its requests that fail."""
    elsewhere: float
    """Share of the other requests of the window that fail (other causes left out)."""
    lift: float
    same: tuple[Items, ...]
    """Other descriptions of exactly the same rows: a tie that the log cannot break."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """Which requests are affected."""

    kind: str
    """`slice`, `everything` or `nothing`."""
    causes: tuple[Cause, ...]
    singles: tuple[Candidate, ...]
    """The best value of each field, best first: what a table of shares shows."""
    failures: float
    requests: float
    expected: float


def find(sample: Sample, chance: np.ndarray, start: float, end: float, wild: float) -> Boundary:
    """Name the causes of the failures between `start` and `end`.

    Args:
        sample: The requests.
        chance: Each row's ordinary chance to fail.
        start: The window, epoch seconds.
        end: Its end, exclusive.
        wild: How much wilder than independent failures are (1 … 4): gains are divided by it.
    """
    return _Search(sample, chance, start, end, min(max(wild, 1.0), 4.0)).run()


def gain(
    failures: np.ndarray,
    requests: np.ndarray,
    expected: np.ndarray,
    total: tuple[float, float, float],
) -> np.ndarray:
    """Nats by which "inside its own share, outside its own" beats "the excess spread evenly"."""
    all_failures, all_requests, all_expected = total
    even = max(all_failures - all_expected, 0) / all_requests
    mean = np.minimum(expected + even * requests, requests * 0.9999)
    rest_requests = np.maximum(all_requests - requests, 0)
    rest_expected = np.maximum(all_expected - expected, 0)
    rest_mean = np.minimum(
        np.maximum(rest_expected + even * rest_requests, 1e-9),
        np.maximum(rest_requests, 1e-9) * 0.9999,
    )
    rest_failures = np.maximum(all_failures - failures, np.minimum(rest_expected, rest_requests))
    own = np.maximum(requests, 1e-9)
    rest = np.maximum(rest_requests, 1e-9)
    value = requests * _divergence(failures / own, mean / own)
    value = value + np.where(
        rest_requests > 0, rest_requests * _divergence(rest_failures / rest, rest_mean / rest), 0
    )
    return np.where(failures > mean, value, 0.0)


def _divergence(seen: np.ndarray, model: np.ndarray) -> np.ndarray:
    seen = np.clip(seen, 1e-12, 1 - 1e-12)
    model = np.clip(model, 1e-12, 1 - 1e-12)
    return np.asarray(seen * np.log(seen / model) + (1 - seen) * np.log((1 - seen) / (1 - model)))


def own_levels(sample: Sample, chance: np.ndarray, outside: np.ndarray) -> dict[str, np.ndarray]:
    """How much more than its routes predict each value fails on ordinary days, at least 1.

    This is what silences the health check that always fails.
    """
    failures = sample.failures[outside]
    expected = (chance * sample.frame.weight)[outside]
    levels = {}
    for name, column in sample.frame.fields.items():
        codes = column.codes[outside]
        known = codes >= 0
        size = len(column.values)
        seen = np.bincount(codes[known], failures[known], size)
        usual = np.bincount(codes[known], expected[known], size)
        prior = 3.0 * sample.scale
        levels[name] = np.maximum(1.0, (seen + prior) / (usual + prior))
    return levels


class _Search:
    """One window's search; holds the columns cut to the window."""

    def __init__(
        self, sample: Sample, chance: np.ndarray, start: float, end: float, wild: float
    ) -> None:
        frame: Frame = sample.frame
        window = (frame.at >= start) & (frame.at < end)
        self.index = np.flatnonzero(window)
        self.codes: Mapping[str, np.ndarray] = {
            name: column.codes[self.index] for name, column in frame.fields.items()
        }
        self.sizes = {name: len(column.values) for name, column in frame.fields.items()}
        self.failures = sample.failures[self.index]
        self.weight = frame.weight[self.index]
        self.expected = (chance * frame.weight)[self.index]
        self.levels = own_levels(sample, chance, ~window)
        self.wild = wild * sample.scale
        self.scale = sample.scale
        self.fields = math.log(max(2, len(self.codes)))

    def run(self) -> Boundary:
        alive = np.ones(len(self.index), bool)
        causes: list[Cause] = []
        first = self._total(alive)
        table: tuple[Candidate, ...] = ()
        kind = "nothing"
        while len(causes) < _MOST_CAUSES and alive.any():
            total = self._total(alive)
            left = total[0] - total[2]
            if total[0] < 4 * self.scale or left <= 0:
                break
            if causes and not self._worth_another(total, first):
                break
            singles = self._singles(alive, total)
            if not causes:
                table = _best_of_each_field(singles)
            if not singles:
                kind = kind if causes else "everything"
                break
            best = singles[0]
            pairs = self._pairs(alive, total, singles[:_SINGLES])
            if pairs and pairs[0].gain > best.gain + _PAIR_PAYS:
                best = self._third(alive, total, pairs)
            group = self._group(alive, total)
            whole = best
            if group is not None and group[0].gain > best.gain + _PAIR_PAYS:
                whole, best = group
                with_first = [one for one in pairs if best.items[0] in one.items]
                if with_first and with_first[0].gain > best.gain + _PAIR_PAYS:
                    best = with_first[0]
            if not causes and (whole.gain < _LEAST_GAIN or _spread_evenly(whole, total)):
                kind = "everything"
                break
            if causes and best.gain < _NEXT_GAIN:
                break
            kind = "slice"
            causes.append(_cause(best, total, first, singles))
            chosen = np.ones(len(self.index), bool)
            for name, code in best.items:
                chosen &= self.codes[name] == code
            alive &= ~chosen
        return Boundary(kind, tuple(causes), table, *first)

    def _third(
        self, alive: np.ndarray, total: tuple[float, float, float], pairs: list[Candidate]
    ) -> Candidate:
        """The best pair, made narrower by a third field where that pays again."""
        best = pairs[0]
        rows = alive.copy()
        for name, code in best.items:
            rows &= self.codes[name] == code
        index = np.flatnonzero(rows)
        level = max(float(self.levels[name][code]) for name, code in best.items)
        taken = {name for name, _ in best.items}
        found = best
        for other in self.codes:
            if other in taken:
                continue
            failures, requests, expected, value = self._count(other, index, total, level)
            penalty = math.log(int((failures > 0).sum()) + 1) + 3 * self.fields
            penalty += math.log(_SINGLES) + 2  # as for a pair: only one pair is tried
            code = int(value.argmax()) if len(value) else 0
            third = Candidate(
                (*best.items, (other, code)),
                float(value[code]) / self.wild - penalty,
                float(failures[code]),
                float(requests[code]),
                float(expected[code]),
            )
            if third.gain > max(best.gain + _PAIR_PAYS, found.gain):
                found = third
        return found

    def _group(
        self, alive: np.ndarray, total: tuple[float, float, float]
    ) -> tuple[Candidate, Candidate] | None:
        """Several values of one field that together explain more than any slice: (all, first).

        Three routes that need one dependency lie under one prefix with routes that do not: the
        prefix alone would be named for them.
        """
        rows = np.flatnonzero(alive)
        found: tuple[Candidate, Candidate] | None = None
        for name in self.codes:
            failures, requests, expected, value = self._count(name, rows, total, None)
            penalty = math.log(max(1, int((failures > 0).sum())) + 1)
            worth = value / self.wild - penalty - self.fields >= _LEAST_GAIN
            order = np.argsort(-value)
            order = order[worth[order]][:_GROUP]
            if len(order) < 2:
                continue
            seen, asked, usual = (part[order].cumsum() for part in (failures, requests, expected))
            size = np.arange(1, len(order) + 1)
            together = gain(seen, asked, usual, total) / self.wild - size * penalty - self.fields
            together[0] = -math.inf
            best = int(together.argmax())
            if found is None or together[best] > found[0].gain:
                first = int(order[0])
                union = Candidate(
                    (),
                    float(together[best]),
                    float(seen[best]),
                    float(asked[best]),
                    float(usual[best]),
                )
                found = (
                    union,
                    Candidate(
                        ((name, first),),
                        float(value[first]) / self.wild - penalty - self.fields,
                        float(failures[first]),
                        float(requests[first]),
                        float(expected[first]),
                    ),
                )
        return found

    def _total(self, alive: np.ndarray) -> tuple[float, float, float]:
        return (
            float(self.failures[alive].sum()),
            float(self.weight[alive].sum()),
            float(self.expected[alive].sum()),
        )

    def _worth_another(
        self, total: tuple[float, float, float], first: tuple[float, float, float]
    ) -> bool:
        evidence = float(excess(np.asarray(total[0]), np.asarray(max(total[2], 0.3)))) / self.wild
        return evidence >= _NEXT_GAIN and total[0] - total[2] >= _NEXT_SHARE * (first[0] - first[2])

    def _count(
        self, name: str, rows: np.ndarray, total: tuple[float, float, float], level: float | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        codes = self.codes[name][rows]
        known = codes >= 0
        rows, codes = rows[known], codes[known]
        size = self.sizes[name]
        failures = np.bincount(codes, self.failures[rows], size)
        requests = np.bincount(codes, self.weight[rows], size)
        expected = np.bincount(codes, self.expected[rows], size)
        expected = expected * (self.levels[name] if level is None else level)
        expected = np.minimum(expected, requests * 0.9)
        return failures, requests, expected, gain(failures, requests, expected, total)

    def _singles(self, alive: np.ndarray, total: tuple[float, float, float]) -> list[Candidate]:
        rows = np.flatnonzero(alive)
        found: list[Candidate] = []
        for name in self.codes:
            failures, requests, expected, value = self._count(name, rows, total, None)
            penalty = math.log(max(1, int((failures > 0).sum())) + 1) + self.fields
            found += [
                Candidate(
                    ((name, code),),
                    float(value[code]) / self.wild - penalty,
                    float(failures[code]),
                    float(requests[code]),
                    float(expected[code]),
                )
                for code in np.argsort(-value)[:6].tolist()
                if value[code] > 0 and failures[code] >= 3 * self.scale
            ]
        return sorted(found, key=lambda one: -one.gain)

    def _pairs(
        self, alive: np.ndarray, total: tuple[float, float, float], singles: list[Candidate]
    ) -> list[Candidate]:
        found: dict[frozenset[tuple[str, int]], Candidate] = {}
        for single in singles:
            name, code = single.items[0]
            rows = np.flatnonzero(alive & (self.codes[name] == code))
            level = float(self.levels[name][code])
            for other in self.codes:
                if other == name:
                    continue
                failures, requests, expected, value = self._count(other, rows, total, level)
                hit = int((failures > 0).sum())
                penalty = math.log(hit + 1) + 2 * self.fields + math.log(_SINGLES) + 2
                for second in np.argsort(-value)[:3].tolist():
                    key = frozenset(((name, code), (other, second)))
                    if (
                        value[second] > 0
                        and failures[second] >= 3 * self.scale
                        and key not in found
                    ):
                        found[key] = Candidate(
                            ((name, code), (other, second)),
                            float(value[second]) / self.wild - penalty,
                            float(failures[second]),
                            float(requests[second]),
                            float(expected[second]),
                        )
        return sorted(found.values(), key=lambda one: -one.gain)


def _best_of_each_field(singles: list[Candidate]) -> tuple[Candidate, ...]:
    best: dict[str, Candidate] = {}
    for one in singles:
        best.setdefault(one.items[0][0], one)
    return tuple(best.values())


def _spread_evenly(best: Candidate, total: tuple[float, float, float]) -> bool:
    """Whether the rest has gained more than half of what the best slice has gained."""
    inside = max(best.failures - best.expected, 0) / max(best.requests, 1)
    outside = max((total[0] - best.failures) - (total[2] - best.expected), 0)
    return outside / max(total[1] - best.requests, 1) > 0.5 * inside


def _cause(
    best: Candidate,
    total: tuple[float, float, float],
    first: tuple[float, float, float],
    singles: list[Candidate],
) -> Cause:
    rate = best.failures / max(best.requests, 1)
    others = max(total[1] - best.requests, 1)
    elsewhere = max(total[0] - best.failures, 0) / others
    same = tuple(
        one.items
        for one in singles
        if one.items != best.items
        and not (set(one.items) & set(best.items))
        and abs(one.failures - best.failures) < 1e-6
        and abs(one.requests - best.requests) < 1e-6
    )
    return Cause(
        slice=best,
        coverage=best.failures / first[0],
        rate=rate,
        elsewhere=elsewhere,
        lift=rate / max(elsewhere, 0.5 / others),
        same=same,
    )
