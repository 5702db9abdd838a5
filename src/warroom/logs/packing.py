"""Write the segments of an index as bytes, and read them again."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warroom.logs.segments import FIRST_SPARE_CODE, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from warroom.logs.segments import Codes
    from warroom.logs.stores import Store

_SPARE = bytes(range(FIRST_SPARE_CODE, 256))


@dataclass(frozen=True, slots=True)
class Packed:
    """Segments in row order and how many entries have each status; none of them is a gap."""

    segments: Sequence[Segment]
    statuses: Mapping[int, int]

    @property
    def end(self) -> int:
        """Bytes of the source up to the end of the last one."""
        return self.segments[-1].end


def pack(packed: Packed, codes: Codes) -> tuple[dict[str, Any], bytes]:
    """Return what describes segments, for JSON, and their arrays.

    Args:
        packed: The segments; where they are stored is not written.
        codes: What their codes stand for.
    """
    head = {
        "marks": codes.marks,
        "statuses": [[code, count] for code, count in packed.statuses.items() if count],
        "segments": [_shape(segment) for segment in packed.segments],
    }
    body = b"".join(
        part.tobytes() if isinstance(part, array) else part
        for segment in packed.segments
        for part in (segment.codes, segment.offsets, segment.run_rows, segment.run_times)
    )
    return head, body


def unpack(
    head: Mapping[str, Any], take: Callable[[int], bytes], codes: Codes, store: Store
) -> Packed:
    """Return the segments of a store as they were packed; their rows count from 0.

    Row numbers are left for an index to give; the statuses met are made known to `codes`.

    Args:
        head: What describes them.
        take: Returns the next so many bytes of their arrays; each is read once, into its place.
        codes: What codes stand for in the index.
        store: Where the bytes of the entries are.

    Raises:
        KeyError, TypeError, ValueError, IndexError: This was not made by `pack`.
    """
    known = bytes(codes.code(mark) if mark else 0 for mark in head["marks"])
    table = known.ljust(FIRST_SPARE_CODE, b"\0") + _SPARE
    same = known == bytes(range(len(known)))
    found = []
    for begin, end, rows, stride, offset_kind, offsets, row_kind, runs, *rest in head["segments"]:
        own_codes = take(rows) if same else take(rows).translate(table)
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
    return Packed(found, dict(head["statuses"]))


def frame(head: Mapping[str, Any], body: bytes) -> bytes:
    """Return what describes segments and their arrays as one piece."""
    return json.dumps(head).encode() + b"\n" + body


def unframe(piece: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the two again.

    Raises:
        ValueError: This was not made by `frame`.
    """
    line, _, body = piece.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    return head, body


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
