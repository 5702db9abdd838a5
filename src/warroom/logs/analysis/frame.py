"""The table made ready: sorted, clocks corrected, with the fields that are derived from others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from warroom.logs.table import Coded


@dataclass(frozen=True, slots=True)
class Frame:
    """Requests in order of their corrected time, with every field that may be a boundary."""

    at: np.ndarray
    """float64 epoch seconds, ascending."""
    status: np.ndarray
    weight: np.ndarray
    """float64, how many requests a row stands for."""
    duration: np.ndarray | None
    fields: Mapping[str, Coded]
    cell: np.ndarray
    """int32: the row's route and method as one number; expectations are kept for each cell."""
    cells: int
    row: np.ndarray
    """int64 row numbers in the log."""
    resolution: float
    """Seconds between two different stamps: 1 where only whole seconds are written."""
    jitter: float = 0.0
    """Seconds by which lines arrive out of order: every interval is widened by it."""
    offsets: Mapping[str, float] | None = None
    """Clocks found wrong: upstream to seconds ahead, already corrected in `at`."""
    failing: np.ndarray | None = None
    """bool, rows whose level says error; None where the format has no level."""
    requests: int = 0
    sampled: bool = False

    def take(self, index: np.ndarray, weight: np.ndarray) -> "Frame":
        """The rows of `index` with new weights."""
        return Frame(
            at=self.at[index],
            status=self.status[index],
            weight=weight,
            duration=None if self.duration is None else self.duration[index],
            fields={
                name: Coded(column.codes[index], column.values)
                for name, column in self.fields.items()
            },
            cell=self.cell[index],
            cells=self.cells,
            row=self.row[index],
            resolution=self.resolution,
            jitter=self.jitter,
            offsets=self.offsets,
            failing=None if self.failing is None else self.failing[index],
            requests=self.requests,
            sampled=self.sampled,
        )

    def mask(self, items: tuple[tuple[str, int], ...]) -> np.ndarray:
        """Which rows lie in a slice, given as field names with codes; all of them for none."""
        chosen = np.ones(len(self.at), bool)
        for name, code in items:
            chosen &= self.fields[name].codes == code
        return chosen


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame thinned for one outcome: every bad row, every k-th of the others."""

    frame: Frame
    bad: np.ndarray
    """bool: the rows with the outcome."""
    scale: float
    """Rows of evidence are worth 1/scale each: above 1 where bad rows were thinned too."""

    @property
    def failures(self) -> np.ndarray:
        """Weight of each bad row, 0 for the others."""
        return np.where(self.bad, self.frame.weight, 0.0)


def _without_symptoms(frame: Frame, bad: np.ndarray) -> Frame:
    """Leave out fields that only bad rows have (an exception's class): they say nothing of who."""
    usual = float(frame.weight[bad].sum()) / max(float(frame.weight.sum()), 1e-9)
    kept = {}
    for name, column in frame.fields.items():
        known = column.codes >= 0
        rows = float(frame.weight[known].sum())
        symptom = rows and float(frame.weight[known & bad].sum()) > max(0.9, usual) * rows
        if not symptom or known.all():
            kept[name] = column
    return frame if len(kept) == len(frame.fields) else replace(frame, fields=kept)


def thin(frame: Frame, bad: np.ndarray, keep: int = 100_000) -> Sample:
    """Keep every bad row and at most `keep` of the others, weighted up.

    Denominators of 100,000 rows are known to 0.3 %; the numerators stay exact.
    """
    frame = _without_symptoms(frame, bad)
    good = np.flatnonzero(~bad)
    step = max(1, -(-len(good) // keep))
    weights = frame.weight[bad]
    scale = max(1.0, float(np.square(weights).sum() / weights.sum())) if len(weights) else 1.0
    if step == 1:
        return Sample(frame, bad, scale)
    index = np.sort(np.concatenate([np.flatnonzero(bad), good[::step]]))
    kept = bad[index]
    weight = np.where(kept, frame.weight[index], frame.weight[index] * step)
    return Sample(frame.take(index, weight), kept, scale)
