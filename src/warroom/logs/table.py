"""Requests as columns: the form in which a log is analysed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few distinct values: row i has `values[codes[i]]`; code -1 means absent."""

    codes: np.ndarray
    """int32, one a row."""
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of requests in time order, thinned or not.

    Of good rows every k-th stands for k (`weight == k`), so sums of `weight` estimate counts.
    Failing rows are all present with weight 1, up to some hundred thousand: of more, every j-th
    stands for j. What all rows of the span weigh, good and failing, is exact.
    """

    at: np.ndarray
    """float64, epoch seconds UTC."""
    status: np.ndarray
    """uint16; 0 where the row has none."""
    weight: np.ndarray
    """float32, how many requests the row stands for."""
    duration: np.ndarray | None = None
    """float32 seconds, NaN where absent; None where the format has no such field."""
    fields: Mapping[str, Coded] = field(default_factory=dict)
    """Coded columns by standard name: path, method, host, upstream, release, zone, client,
    user_agent, and whatever else the format names."""
    row: np.ndarray | None = None
    """int64 row numbers in the log they came from, to show the lines again."""
    requests: int = 0
    """How many requests the whole span holds (exact, not thinned)."""
    sampled: bool = False
    """Whether good rows were thinned: whoever shows a share must say so."""
    messages: Sequence[str] = ()
    """Error messages of failing entries that have one (application logs), for grouping."""
    message_rows: np.ndarray | None = None
    """int64, for each message the place of its entry in the columns; None where that is unknown."""
