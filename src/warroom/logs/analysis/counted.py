"""A stretch of a log counted into steps: each outcome in total, the first one by slice as well."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis import outcomes
from warroom.logs.analysis.prepare import failing_levels, learn_routes
from warroom.logs.analysis.templates import Routes
from warroom.logs.table import Coded, Table

SLICE_FIELDS = ("route", "upstream", "release", "zone", "host")

Key = tuple[str, str]
"""Field and value (foreign, raw) of a slice."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by step; the arrays have one number a step."""

    requests: np.ndarray
    failures: Mapping[str, np.ndarray]
    """By outcome; the first one is that of the slices."""
    slices: tuple[Mapping[Key, tuple[float, float]], ...]
    """For each step: requests and failures of every slice seen in it."""


class Counter:
    """Counts rows as a history taught it: which routes there are, and what is slow on each."""

    def __init__(self, history: Table | None = None) -> None:
        self._routes: Routes | None = None
        self._slow: dict[str, float] = {}
        if history is None or not len(history.at):
            return
        path = history.fields.get("path")
        if path is not None:
            self._routes = learn_routes(path, history.status)
        if history.duration is not None:
            self._learn_slow(history, history.duration)

    def _learn_slow(self, history: Table, duration: np.ndarray) -> None:
        column = self._route_column(history)
        if column is None:
            return
        known = (column.codes >= 0) & ~np.isnan(duration) & (history.status < 500)
        order = np.argsort(column.codes[known], kind="stable")
        codes, seconds = column.codes[known][order], duration[known][order]
        cuts = np.searchsorted(codes, np.arange(len(column.values) + 1))
        for value, start, stop in zip(column.values, cuts[:-1], cuts[1:], strict=True):
            limit = outcomes.slow_from(seconds[start:stop])
            if limit is not None:
                self._slow[value] = limit

    def count(self, table: Table, start: float, steps: int, width: float) -> Counted:
        """Count the rows from `start` on into `steps` steps of `width` seconds."""
        inside = (table.at >= start) & (table.at < start + steps * width)
        asked = bool((table.status > 0).any())
        if asked:
            inside &= table.status > 0
        place = np.floor((table.at[inside] - start) / width).astype(np.int64)
        weight = table.weight[inside].astype(np.float64)
        if not inside.any():
            return Counted(np.zeros(steps), {}, ({},) * steps)
        masks = self._masks(table) if asked else {"errors": failing_levels(table)}
        failures = {
            kind: np.bincount(place, np.where(mask[inside], weight, 0.0), steps)
            for kind, mask in masks.items()
        }
        slices: tuple[dict[Key, tuple[float, float]], ...] = tuple({} for _ in range(steps))
        bad = np.where(next(iter(masks.values()))[inside], weight, 0.0)
        for name, column in self._columns(table).items():
            codes = column.codes[inside]
            known = codes >= 0
            size = max(len(column.values), 1)
            pairs, where = np.unique(place[known] * size + codes[known], return_inverse=True)
            asked_for = np.bincount(where, weight[known], len(pairs))
            failed = np.bincount(where, bad[known], len(pairs))
            for pair, n, f in zip(pairs.tolist(), asked_for.tolist(), failed.tolist(), strict=True):
                slices[pair // size][name, column.values[pair % size]] = (n, f)
        return Counted(np.bincount(place, weight, steps), failures, slices)

    def _masks(self, table: Table) -> dict[str, np.ndarray]:
        masks = {kind: outcomes.by_status(table.status, kind) for kind in ("5xx", "499", "4xx")}
        column = self._route_column(table) if self._slow else None
        if table.duration is not None and column is not None:
            limits = [self._slow.get(value, np.inf) for value in column.values]
            limit = np.array([*limits, np.inf])[column.codes]
            masks["slow"] = np.nan_to_num(table.duration) > limit
        return masks

    def _columns(self, table: Table) -> dict[str, Coded]:
        found = {name: table.fields[name] for name in SLICE_FIELDS if name in table.fields}
        route = self._route_column(table)
        return found if route is None else {**found, "route": route}

    def _route_column(self, table: Table) -> Coded | None:
        given = table.fields.get("route")
        path = table.fields.get("path")
        if given is not None or path is None:
            return given
        known: dict[str, int] = {}
        named = [known.setdefault(self._route(value), len(known)) for value in path.values]
        return Coded(np.array([*named, -1], np.int32)[path.codes], list(known))

    def _route(self, path: str) -> str:
        bare = path.partition("?")[0]
        return self._routes(bare)[0] if self._routes is not None else bare
