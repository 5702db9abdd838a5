"""Keep the index of a large file, so that opening it again costs a hundredth of the first time.

A kept index is used only for the same file (first KiB, device, inode, the bytes before where it
ends), read in the same way; damaged or foreign ones are ignored and made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warroom.logs.segments import FIRST_SPARE_CODE, STRIDE, Segment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warroom.logs.index import Index
    from warroom.logs.stores import Store

VERSION = 1
SMALLEST = 16 << 20
"""Bytes of a file below which indexing it again is quicker than a cache is worth."""
MARGIN = 128 << 10
"""Bytes at the end that are not kept: the tail is read at opening anyhow."""
KEPT_FILES = 64
"""Indexes kept; the ones used longest ago go first."""
_FINGERPRINT = 1024
_TAIL = 64


@dataclass(frozen=True, slots=True)
class Known:
    """A kept index that still holds."""

    segments: Sequence[Segment]
    statuses: Mapping[int, int]

    @property
    def store(self) -> Store:
        """The file it is of."""
        return self.segments[0].store

    @property
    def end(self) -> int:
        """Bytes of the file it covers."""
        return self.segments[-1].end


def place(folder: Path, path: str) -> Path:
    """Return where the index of a file is kept."""
    name = hashlib.sha256(os.fsencode(Path(path).resolve())).hexdigest()[:32]
    return folder / f"{name}.index"


def _identity(store: Store, end: int, how: str) -> dict[str, Any]:
    """Return what a file must still be for its index to hold."""
    head = store.read(0, min(_FINGERPRINT, end))
    tail = store.read(max(0, end - _TAIL), min(_TAIL, end))
    return {
        "version": VERSION,
        "how": how,
        "end": end,
        "bytes": hashlib.sha256(head + tail).hexdigest(),
    }


def _cut(segment: Segment, upto: int, failed_by_code: bytes) -> Segment | None:
    """Return the part of a segment that ends at or before `upto`, None for nothing."""
    if segment.end <= upto:
        return segment
    if segment.stride != STRIDE:
        return None
    blocks = sum(1 for offset in segment.offsets if segment.begin + offset <= upto) - 1
    if blocks <= 0:
        return None
    rows = blocks * segment.stride
    runs = sum(1 for row in segment.run_rows if row < rows)
    times = segment.run_times[:runs]
    known = [each for each in times if each]
    return Segment(
        store=segment.store,
        begin=segment.begin,
        end=segment.begin + segment.offsets[blocks],
        row=segment.row,
        codes=segment.codes[:rows],
        offsets=segment.offsets[:blocks],
        stride=segment.stride,
        run_rows=segment.run_rows[:runs],
        run_times=times,
        failed=segment.failed - segment.codes[rows:].translate(failed_by_code).count(1),
        earliest=min(known, default=0),
        latest=max(known, default=0),
    )


def save(folder: Path, path: str, index: Index, store: Store, how: str) -> None:
    """Keep the index of a file; one that cannot be kept is not missed.

    Args:
        folder: Where indexes are kept.
        path: The file.
        index: Complete to the file's start.
        store: The file; only its rows are kept.
        how: How it was read: format, zone and skew.
    """
    upto = store.size - MARGIN
    segments: list[Segment] = []
    with index.lock:
        every, statuses = index.segments(), Counter(index.statuses)
    for segment in every:
        if segment.store is not store or segment.gap is not None:
            return
        part = None
        if not segments or segments[-1].end == segment.begin:
            part = _cut(segment, upto, bytes(index.codes.failed))
        left = segment.codes[len(part.codes) if part else 0 :]
        if part is not None:
            segments.append(part)
        for code in set(left):
            if index.codes.mark(code) >= 100:
                statuses[index.codes.mark(code)] -= left.count(code)
    if not segments or segments[0].begin != 0:
        return
    if any(max(segment.codes) >= FIRST_SPARE_CODE for segment in segments):
        return  # such a code stands for several statuses: their counts are not in the index
    head = _identity(store, segments[-1].end, how) | {
        "marks": index.codes.marks,
        "statuses": [[code, count] for code, count in statuses.items() if count],
        "segments": [_shape(segment) for segment in segments],
    }
    body = b"".join(
        part.tobytes() if isinstance(part, array) else part
        for segment in segments
        for part in (segment.codes, segment.offsets, segment.run_rows, segment.run_times)
    )
    line = json.dumps(head | {"sum": hashlib.sha256(body).hexdigest()}).encode()
    import tempfile  # noqa: PLC0415 - only large files have an index to keep

    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd, temporary = tempfile.mkstemp(dir=folder, prefix="new-")
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(line + b"\n" + body)
            Path(temporary).replace(place(folder, path))
        finally:
            Path(temporary).unlink(missing_ok=True)  # the disk may have been full
        _forget(folder)


def _shape(segment: Segment) -> list[int | str]:
    return [
        segment.begin,
        segment.end,
        len(segment.codes),
        segment.stride,
        segment.offsets.typecode,
        len(segment.offsets),
        segment.run_rows.typecode,
        len(segment.run_rows),
        segment.failed,
        segment.earliest,
        segment.latest,
    ]


def _forget(folder: Path) -> None:
    kept = sorted(folder.glob("*.index"), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in kept[KEPT_FILES:]:
        each.unlink(missing_ok=True)


def load(folder: Path, path: str, index: Index, store: Store, how: str) -> Known | None:
    """Return the kept index of a file, None where there is none or it no longer holds.

    Row numbers are left for the index to give; the statuses met are made known to it.
    """
    try:
        with place(folder, path).open("rb") as file:
            head = json.loads(file.readline(1 << 20))
            body = file.read()
        same = _identity(store, int(head["end"]), how)
        if any(head[key] != value for key, value in same.items()) or store.size < head["end"]:
            return None
        if hashlib.sha256(body).hexdigest() != head["sum"]:
            return None
        segments = _segments(head["segments"], head["marks"], body, index, store)
        return Known(segments, dict(head["statuses"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _segments(
    shapes: Sequence[Sequence[Any]],
    marks: Sequence[int],
    body: bytes,
    index: Index,
    store: Store,
) -> list[Segment]:
    codes = bytes(index.codes.code(mark) if mark else 0 for mark in marks).ljust(256, b"\0")
    found, place_in = [], 0

    def take(size: int) -> bytes:
        nonlocal place_in
        place_in += size
        return body[place_in - size : place_in]

    for begin, end, rows, stride, offset_kind, offsets, row_kind, runs, *rest in shapes:
        own_codes = take(rows).translate(codes)
        own_offsets, own_rows, own_times = array(offset_kind), array(row_kind), array("I")
        for part, count in ((own_offsets, offsets), (own_rows, runs), (own_times, runs)):
            part.frombytes(take(count * part.itemsize))
        found.append(
            Segment(
                store=store,
                begin=begin,
                end=end,
                row=0,
                codes=own_codes,
                offsets=own_offsets,
                stride=stride,
                run_rows=own_rows,
                run_times=own_times,
                failed=rest[0],
                earliest=rest[1],
                latest=rest[2],
            )
        )
    return found
