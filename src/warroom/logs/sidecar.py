"""Keep the index of a large file, so that opening it again costs a hundredth of the first time.

A kept index is used only for the same file (first KiB, device, inode, the bytes before where it
ends), read in the same way; damaged or foreign ones are ignored and made anew. It also says in
which of the shipped formats the file was, which need not be recognised again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warroom.logs.errors import LogError
from warroom.logs.formats.load import edition, shipped_as
from warroom.logs.formats.reader import reader_again
from warroom.logs.packing import Packed, pack, unpack
from warroom.logs.segments import FIRST_SPARE_CODE, STRIDE, Segment

if TYPE_CHECKING:
    from typing import BinaryIO

    from warroom.logs.formats.reader import Reader
    from warroom.logs.index import Index
    from warroom.logs.stores import Store
    from warroom.logs.times import Clock

VERSION = 2
SMALLEST = 16 << 20
"""Bytes of a file below which indexing it again is quicker than a cache is worth."""
MARGIN = 64 << 10
"""Bytes at the end that are not kept: the tail is read at opening anyhow."""
KEPT_FILES = 64
"""Indexes kept; the ones used longest ago go first."""
_FINGERPRINT = 1024
_TAIL = 64


def place(folder: Path, path: str) -> Path:
    """Return where the index of a file is kept."""
    name = hashlib.sha256(os.fsencode(Path(path).resolve())).hexdigest()[:32]
    return folder / f"{name}.index"


def _how(reader: Reader, clock: Clock) -> str:
    """Return what the times and outcomes of an index depend on besides the bytes."""
    inner = reader.inner.format if reader.inner else None
    said = f"{reader.format} {inner} {reader.heading!r} {clock.zone} {clock.skew}"
    return hashlib.sha256(said.encode()).hexdigest()


def _identity(store: Store, end: int) -> dict[str, Any]:
    """Return what a file must still be for what was kept of it to hold."""
    head = store.read(0, min(_FINGERPRINT, end))
    tail = store.read(max(0, end - _TAIL), min(_TAIL, end))
    return {
        "version": VERSION,
        "edition": edition(),
        "end": end,
        "bytes": hashlib.sha256(head + tail).hexdigest(),
    }


def _sum(head: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(head).encode())


def _head(file: BinaryIO, store: Store) -> dict[str, Any]:
    """Read what describes a kept index.

    Raises:
        ValueError, KeyError, TypeError: It is damaged, or of another file.
    """
    head: dict[str, Any] = json.loads(file.readline(1 << 20))
    same = _identity(store, int(head["end"]))
    if any(head[key] != value for key, value in same.items()) or store.size < head["end"]:
        raise ValueError("the index of another file")
    return head


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


def save(folder: Path, path: str, index: Index, store: Store, reader: Reader, clock: Clock) -> None:
    """Keep the index of a file; one that cannot be kept is not missed.

    Args:
        folder: Where indexes are kept.
        path: The file.
        index: Complete to the file's start.
        store: The file; only its rows are kept.
        reader: How it was read.
        clock: How its times were.
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
    shapes, body = pack(Packed(segments, statuses), index.codes)
    described = {
        "how": _how(reader, clock),
        "format": [reader.format.name, reader.inner.format.name if reader.inner else None],
        "heading": reader.heading.decode(),
    }
    head = _identity(store, segments[-1].end) | shapes | described
    line = json.dumps(head | {"sum": zlib.crc32(body, _sum(head))}).encode()
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


def _forget(folder: Path) -> None:
    kept = sorted(folder.glob("*.index"), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in kept[KEPT_FILES:]:
        each.unlink(missing_ok=True)


def recall(folder: Path, path: str, store: Store, clock: Clock) -> Reader | None:
    """Return a reader of the shipped format that a file was in, None where that is not known."""
    try:
        with place(folder, path).open("rb") as file:
            head = _head(file, store)
        form, inner = (shipped_as(name) if name else None for name in head["format"])
        return reader_again(form, inner, head["heading"].encode(), clock) if form else None
    except (OSError, LogError, ValueError, KeyError, TypeError, AttributeError):
        return None


def load(
    folder: Path, path: str, index: Index, store: Store, reader: Reader, clock: Clock
) -> Packed | None:
    """Return the kept index of a file, None where there is none or it no longer holds.

    Row numbers are left for the index to give; the statuses met are made known to it.
    """
    try:
        with place(folder, path).open("rb") as file:
            head = _head(file, store)
            if head["how"] != _how(reader, clock):
                return None
            kept = head.pop("sum")
            summed = _sum(head)

            def take(size: int) -> bytes:
                nonlocal summed
                data = file.read(size)
                summed = zlib.crc32(data, summed)
                return data

            found = unpack(head, take, index.codes, store)
            return found if summed == kept else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
