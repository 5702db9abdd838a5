"""Index any format line by line, with nothing but the standard library."""

from collections import Counter
from typing import Protocol

from warroom.logs.formats.reader import Reader
from warroom.logs.formats.values import severity
from warroom.logs.levels import NUMBER
from warroom.logs.segments import STRIDE, Codes, Scanned

PAD = 64
"""Bytes a scanner may read (and overwrite) after the data."""


class Scanner(Protocol):
    """Finds the entries in a piece of a source."""

    stride: int
    """Every how many entries the index keeps a position."""

    def align(self, data: bytearray, size: int) -> int:
        """Return where the first entry that starts in the piece starts, -1 for none.

        The piece begins in the middle of a line.
        """
        ...

    def scan(self, data: bytearray, size: int, *, flush: bool = False) -> Scanned:
        """Return the entries of a piece that begins at an entry.

        Args:
            data: The piece, with `PAD` writable bytes after it.
            size: Its bytes without the padding.
            flush: Whether a last line without a newline is whole.
        """
        ...


_LATEST = 0xFFFFFFFF
"""The last second that an index can hold, in 2106."""


def _decoded(levels: Counter[bytes]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for word, count in levels.items():
        found[word.decode("utf-8", "replace")] += count
    return dict(found)


class LineScanner:
    """Reads every line with the format's reader."""

    def __init__(self, reader: Reader, codes: Codes) -> None:
        self._reader = reader
        self._codes = codes
        # Entries of several lines cannot be found again by counting newlines.
        self.stride = 1 if reader.format.multiline else STRIDE

    def align(self, data: bytearray, size: int) -> int:
        """Return where the first entry after a partial line starts, -1 for none."""
        position = data.find(b"\n", 0, size) + 1
        if not self._reader.format.multiline:
            return position or -1
        while 0 < position < size:
            end = data.find(b"\n", position, size)
            end = size if end < 0 else end
            if self._reader.starts(bytes(data[position:end])):
                return position
            position = end + 1
        return -1

    def scan(self, data: bytearray, size: int, *, flush: bool = False) -> Scanned:
        """Return the entries of a piece, one or more lines each."""
        end = size if flush else data.rfind(b"\n", 0, size) + 1
        lines = bytes(data[:end]).split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        reader, code, multiline = self._reader, self._codes.code, self._reader.format.multiline
        starts: list[int] = []
        codes = bytearray()
        run_rows: list[int] = []
        run_times: list[int] = []
        statuses: Counter[int] = Counter()
        levels: Counter[bytes] = Counter()
        low, high, parsed, position, current = 0.0, 0.0, 0, 0, 0
        for line in lines:
            seen = reader.glance(line.removesuffix(b"\r"))
            if seen is None and multiline and starts:
                position += len(line) + 1
                continue
            starts.append(position)
            position += len(line) + 1
            mark = 0
            if seen is None:
                level = severity(line)
                mark = NUMBER[level] if level else 0
            else:
                parsed += 1
                mark = seen.mark
                if seen.status:
                    statuses[seen.status] += 1
                if seen.level_text:
                    levels[seen.level_text] += 1
                at = seen.at
                if at is not None:
                    if at < low or not low:
                        low = at
                    high = max(high, at)
                    second = int(at)
                    if not 0 <= second <= _LATEST:
                        second = 0 if second < 0 else _LATEST
                    if second != current:
                        if not run_rows and codes:
                            run_rows.append(0)
                            run_times.append(0)
                        current = second
                        run_rows.append(len(codes))
                        run_times.append(second)
            codes.append(code(mark))
        if not run_rows and starts:
            run_rows.append(0)
            run_times.append(0)
        return Scanned(
            starts=starts,
            codes=bytes(codes),
            run_rows=run_rows,
            run_times=run_times,
            end=end,
            statuses=dict(statuses),
            levels=_decoded(levels),
            parsed=parsed,
            lines=len(lines),
            timed=(low, high) if high else None,
        )
