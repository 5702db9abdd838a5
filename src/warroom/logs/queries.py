"""Questions over the whole index, answered with numpy: counts over time, columns for analysis."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warroom.logs.columns import Columns
from warroom.logs.formats.reader import Reader
from warroom.logs.index import Index
from warroom.logs.picking import pick
from warroom.logs.protocol import Histogram
from warroom.logs.segments import Segment
from warroom.logs.table import Coded, Table

_Ints = npt.NDArray[np.int64]

MOST_FAILURES = 400_000
"""Failing rows that are all read, some seconds' work; of more, every k-th stands for k."""


def _runs(segment: Segment) -> tuple[_Ints, _Ints]:
    """Return the first row and the time of each run of a segment."""
    rows = np.asarray(segment.run_rows, np.int64)
    return rows, np.asarray(segment.run_times, np.int64)


def _timed_segments(index: Index) -> list[Segment]:
    return [each for each in index.segments() if each.gap is None and each.latest]


def histogram(
    index: Index, buckets: int, since: float | None, until: float | None
) -> Histogram | None:
    """Return volume and failures in equal buckets; None while no row has a time."""
    segments = _timed_segments(index)
    if not segments or buckets < 1:
        return None
    start = int(min(each.earliest for each in segments) if since is None else since)
    stop = int(max(each.latest for each in segments) + 1 if until is None else until)
    width = max(1, -(-max(1, stop - start) // buckets))
    total = np.zeros(buckets, np.int64)
    failed = np.zeros(buckets, np.int64)
    table = bytes(index.codes.failed)
    for segment in segments:
        if segment.latest < start or segment.earliest >= start + width * buckets:
            continue
        first, last = (segment.earliest - start) // width, (segment.latest - start) // width
        if 0 <= first == last and segment.latest < stop and segment.run_times[0]:
            # All of it lies in one bucket, as most of a long log does: nothing is looked at.
            total[first] += len(segment.codes)
            failed[first] += segment.failed
            continue
        rows, times = _runs(segment)
        lengths = np.diff(np.append(rows, len(segment.codes)))
        place = (times - start) // width
        inside = (times > 0) & (times >= start) & (times < stop) & (place < buckets)
        total += np.bincount(place[inside], weights=lengths[inside], minlength=buckets).astype(
            np.int64
        )
        if segment.failed:
            found = np.flatnonzero(_failures(segment, table))
            run = np.searchsorted(rows, found, side="right") - 1
            run = run[inside[run]]
            failed += np.bincount(place[run], minlength=buckets)
    return Histogram(start=float(start), width=float(width), total=total, failed=failed)


def _picked(
    index: Index, since: float | None, until: float | None, sample: int
) -> tuple[_Ints, _Ints, npt.NDArray[np.float32], int]:
    """Return rows, seconds and weights to be read, and how many rows the span holds.

    The rows are gone through twice, to count and to choose: at no time is more of them held than
    one segment and what is chosen, however long the log.
    """
    parts = [
        (each, chosen)
        for each in index.segments()
        if each.gap is None and not _outside(each, since, until)
        if (chosen := _inside(each, since, until)) is None or chosen.size
    ]
    table = bytes(index.codes.failed)
    requests = sum(len(each.codes) if chosen is None else chosen.size for each, chosen in parts)
    if not requests:
        empty = np.empty(0, np.int64)
        return empty, empty, np.empty(0, np.float32), 0
    good = requests - sum(
        each.failed if chosen is None else int(_failures(each, table)[chosen].sum())
        for each, chosen in parts
    )
    fine = _Thinning(good, sample)
    failed = _Thinning(requests - good, max(sample, MOST_FAILURES))
    rows: list[_Ints] = []
    times: list[_Ints] = []
    weights: list[npt.NDArray[np.float32]] = []
    for segment, chosen in parts:
        inside = np.arange(len(segment.codes)) if chosen is None else chosen
        bad = _failures(segment, table)[inside]
        (ill, ill_weight), (well, well_weight) = (
            failed.take(np.flatnonzero(bad)),
            fine.take(np.flatnonzero(~bad)),
        )
        picked = np.concatenate([ill, well])
        weight = np.concatenate([ill_weight, well_weight])
        order = np.argsort(picked)
        place = inside[picked[order]]
        rows.append(place + segment.row)
        times.append(_seconds(segment)[place])
        weights.append(weight[order])
    return np.concatenate(rows), np.concatenate(times), np.concatenate(weights), requests


@dataclass(slots=True)
class _Thinning:
    """Takes every k-th of some rows that come piece by piece, so that few enough are taken."""

    total: int
    """How many will come."""
    most: int
    """How many may be taken."""
    seen: int = 0

    def take(self, places: _Ints) -> tuple[_Ints, npt.NDArray[np.float32]]:
        """Return which of the next places are taken, and how many rows each stands for."""
        step = max(1, -(-self.total // max(1, self.most)))
        taken = places[-self.seen % step :: step]
        weight = np.full(taken.size, step, np.float32)
        last = (self.total - 1) // step * step
        if self.seen <= last < self.seen + places.size:
            weight[-1] = self.total - last  # it stands for fewer: sums stay exact
        self.seen += places.size
        return taken, weight


def _seconds(segment: Segment) -> _Ints:
    """Return the time of each row of a segment."""
    first, second = _runs(segment)
    return np.repeat(second, np.diff(np.append(first, len(segment.codes))))


def _failures(segment: Segment, table: bytes) -> npt.NDArray[np.bool_]:
    """Return of each row of a segment whether it failed."""
    return np.frombuffer(segment.codes.translate(table), np.bool_)


def _inside(segment: Segment, since: float | None, until: float | None) -> _Ints | None:
    """Return the places of a segment's rows that lie in a span; None: all of them do."""
    _, second = _runs(segment)
    low = -np.inf if since is None else int(since)
    high = np.inf if until is None else until
    if second.size and second.min() >= low and second.max() < high:
        return None
    at = _seconds(segment)
    return np.flatnonzero((at >= low) & (at < high))


def _outside(segment: Segment, since: float | None, until: float | None) -> bool:
    """Whether no row of a segment can lie in a span; one without any time is never ruled out."""
    if not segment.latest:
        return False
    early = since is not None and segment.latest < int(since)
    return early or (until is not None and segment.earliest >= until)


def table(
    index: Index, reader: Reader, since: float | None, until: float | None, sample: int
) -> Table:
    """Return the rows of a span as columns, thinned as `Table` says."""
    rows, seconds, weight, requests = _picked(index, since, until, sample)
    size = rows.size
    columns = Columns(reader, size)
    columns.fill(pick(index, rows.tolist()))
    at = np.where(np.isnan(columns.at), seconds, columns.at)
    status, duration = columns.status, columns.duration
    order = np.argsort(at, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(size)
    return Table(
        at=at[order],
        status=status[order],
        weight=weight[order],
        duration=None if np.isnan(duration).all() else duration[order],
        fields={
            name: Coded(codes=column.codes[order], values=column.values())
            for name, column in columns.fields.items()
        },
        row=rows[order],
        requests=requests,
        sampled=bool((weight > 1).any()),
        messages=columns.messages,
        message_rows=place[np.array(columns.message_rows, np.int64)],
    )
