"""Where a row of a log stands on disk, for programs that open files at a line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from warroom.logs.compressed import rotated_set
from warroom.logs.filelog import FileLog
from warroom.logs.merged import MergedLog

if TYPE_CHECKING:
    from warroom.logs.protocol import Log

AROUND = 20_000
"""Rows on each side that are written out for a log that is no file."""
_PIECE = 4 << 20


def path_of(log: Log, row: int) -> Path | None:
    """Return the file that holds a row now, None where none does (a stream, a lost file)."""
    if isinstance(log, MergedLog):
        part, own = log.part_of(row)
        return path_of(part, own)
    if not isinstance(log, FileLog):
        return None
    opened = log.opened_file(row)
    if opened is None:
        return None
    fd, named = opened
    try:
        held = os.fstat(fd)
    except OSError:
        return None
    for path in (named, *rotated_set(named)):
        try:
            if os.path.samestat(path.stat(), held):
                return path.absolute()
        except OSError:
            continue
    return None


def line_at(path: Path, offset: int) -> int:
    """Return the number, from 1, of the line that holds a byte.

    Raises:
        OSError: The file cannot be read.
    """
    lines, left = 1, offset
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            lines += piece.count(b"\n")
            left -= len(piece)
    return lines


def write_around(log: Log, row: int, path: Path) -> int:
    """Write the rows around one into a file; return its line there, from 1.

    Raises:
        OSError: The file cannot be written.
    """
    line = number = 1
    low, high = max(log.first, row - AROUND), min(log.end, row + AROUND)
    with path.open("wb") as file:
        for start in range(low, high, 1024):
            for entry in log.entries(start, min(start + 1024, high)):
                raw = f"-- {entry.gap}".encode() if entry.gap is not None else entry.raw
                if entry.row == row:
                    line = number
                file.write(raw + b"\n")
                number += raw.count(b"\n") + 1
    return line
