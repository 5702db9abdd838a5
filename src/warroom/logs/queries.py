"""Questions over the whole index, answered with numpy: counts over time, columns for analysis."""

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
        rows, times = _runs(segment)
        lengths = np.diff(np.append(rows, len(segment.codes)))
        place = (times - start) // width
        inside = (times > 0) & (times >= start) & (times < stop) & (place < buckets)
        total += np.bincount(place[inside], weights=lengths[inside], minlength=buckets).astype(
            np.int64
        )
        if segment.failed:
            flags = np.frombuffer(segment.codes.translate(table), np.uint8)
            run = np.searchsorted(rows, np.flatnonzero(flags), side="right") - 1
            run = run[inside[run]]
            failed += np.bincount(place[run], minlength=buckets)
    return Histogram(start=float(start), width=float(width), total=total, failed=failed)


def _picked(
    index: Index, since: float | None, until: float | None, sample: int
) -> tuple[_Ints, _Ints, npt.NDArray[np.float32], int]:
    """Return rows, seconds and weights to be read, and how many rows the span holds."""
    table = bytes(index.codes.failed)
    rows: list[_Ints] = []
    times: list[_Ints] = []
    flags: list[npt.NDArray[np.bool_]] = []
    for segment in index.segments():
        if segment.gap is not None or _outside(segment, since, until):
            continue
        first, second = _runs(segment)
        lengths = np.diff(np.append(first, len(segment.codes)))
        at = np.repeat(second, lengths)
        inside = np.ones(at.size, np.bool_)
        if since is not None:
            inside &= at >= int(since)
        if until is not None:
            inside &= at < until
        if not inside.any():
            continue
        chosen = np.flatnonzero(inside)
        rows.append(chosen + segment.row)
        times.append(at[chosen])
        failed = np.frombuffer(segment.codes.translate(table), np.uint8)
        flags.append(failed[chosen].astype(np.bool_))
    if not rows:
        empty = np.empty(0, np.int64)
        return empty, empty, np.empty(0, np.float32), 0
    row, at, bad = np.concatenate(rows), np.concatenate(times), np.concatenate(flags)
    good = np.flatnonzero(~bad)
    step = max(1, -(-good.size // max(1, sample)))
    kept = good[::step]
    picked = np.sort(np.concatenate([np.flatnonzero(bad), kept]))
    weight = np.where(bad[picked], 1, step).astype(np.float32)
    if kept.size:  # the last kept row stands for fewer: sums stay exact
        last = int(np.searchsorted(picked, kept[-1]))
        weight[last] = good.size - step * (kept.size - 1)
    return row[picked], at[picked], weight, int(row.size)


def _outside(segment: Segment, since: float | None, until: float | None) -> bool:
    """Whether no row of a segment can lie in a span; one without any time is never ruled out."""
    if not segment.latest:
        return False
    early = since is not None and segment.latest < int(since)
    return early or (until is not None and segment.earliest >= until)


def table(
    index: Index, reader: Reader, since: float | None, until: float | None, sample: int
) -> Table:
    """Return the rows of a span as columns: every failing row, the others thinned to `sample`."""
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
