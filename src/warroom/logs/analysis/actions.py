"""The effect of an action as a log shows it: on the failing slice and on everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from warroom.logs.analysis import outcomes, words
from warroom.logs.analysis.effect import WASH_OUT, Effect, measure, windows
from warroom.logs.analysis.frame import Frame
from warroom.logs.analysis.prepare import prepare
from warroom.logs.table import Table


@dataclass(frozen=True, slots=True)
class Latency:
    """Median and 95th percentile in seconds, before and after."""

    before: tuple[float, float]
    after: tuple[float, float]

    @property
    def sentence(self) -> str:
        """Both, as milliseconds."""
        (m1, h1), (m2, h2) = self.before, self.after
        return (
            f"median {words.count(1000 * m1)} → {words.count(1000 * m2)} ms, "
            f"95th {words.count(1000 * h1)} → {words.count(1000 * h2)} ms"
        )


@dataclass(frozen=True, slots=True)
class ActionEffect:
    """What an action did, as far as this log can tell."""

    slice: Effect
    total: Effect
    latency: Latency | None
    """Of the slice; None without durations or with too few requests."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The slice first, then everything, then latency."""
        said = [self.slice.sentence]
        if self.total.sentence != self.slice.sentence:
            said.append(self.total.sentence)
        if self.latency is not None:
            said.append(self.latency.sentence)
        return tuple(said)


def effect_of(
    table: Table,
    *,
    onset: float,
    action: float,
    until: float | None = None,
    boundary: Sequence[Mapping[str, str]] = (),
    kind: str = "5xx",
) -> ActionEffect:
    """Measure an action.

    Args:
        table: Requests from before the onset until now.
        onset: Epoch second.
        action: When it was done.
        until: What is known up to; None for the last line (give the clock for a live log, so that
            silence is seen).
        boundary: The failing slices as field names with values; empty for everything.
        kind: The outcome that counts as a failure.
    """
    frame = prepare(table)
    end = float(frame.at[-1]) if until is None and len(frame.at) else until or action
    bad = outcomes.mask(frame, kind)
    rows = _rows(frame, boundary)
    everything = np.ones(len(frame.at), bool)
    name = " and ".join(words.describe(tuple(part.items())) for part in boundary)
    outcome = outcomes.NAMES.get(kind, kind)
    effects = []
    for chosen, title in ((rows, name), (everything, "")):
        failures = np.where(bad & chosen, frame.weight, 0.0)
        weight = np.where(chosen, frame.weight, 0.0)
        before, after = windows(frame.at, failures, weight, onset=onset, action=action, until=end)
        earlier = chosen & (frame.at < onset)
        asked = float(frame.weight[earlier].sum())
        usual = float(frame.weight[earlier & bad].sum()) / asked if asked >= 100 else None
        effects.append(measure(before, after, baseline=usual, name=title, outcome=outcome))
    return ActionEffect(effects[0], effects[1], _latency(frame, rows, onset, action, end))


def _rows(frame: Frame, boundary: Sequence[Mapping[str, str]]) -> np.ndarray:
    if not boundary:
        return np.ones(len(frame.at), bool)
    chosen = np.zeros(len(frame.at), bool)
    for part in boundary:
        rows = np.ones(len(frame.at), bool)
        for name, value in part.items():
            column = frame.fields.get(name)
            known = column is not None and value in column.values
            rows &= column.codes == list(column.values).index(value) if column and known else False
        chosen |= rows
    return chosen


def _latency(
    frame: Frame, rows: np.ndarray, onset: float, action: float, until: float
) -> Latency | None:
    if frame.duration is None:
        return None
    sides = []
    for start, end in ((onset, action), (action + WASH_OUT, until)):
        chosen = rows & (frame.at >= start) & (frame.at < end) & ~np.isnan(frame.duration)
        if chosen.sum() < 30:
            return None
        middle, high = np.quantile(frame.duration[chosen], [0.5, 0.95])
        sides.append((float(middle), float(high)))
    return Latency(sides[0], sides[1])
