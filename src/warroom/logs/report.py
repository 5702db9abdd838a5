"""Count a whole source exactly: lines, what was understood, times, statuses, levels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from warroom.logs.follow import explain, open_regular
from warroom.logs.formats.load import all_formats
from warroom.logs.formats.recognise import recognise, sample_lines
from warroom.logs.linescan import PAD, LineScanner, Scanner
from warroom.logs.scanning import CHUNK, scan_forward
from warroom.logs.segments import Codes
from warroom.logs.stores import FileStore, Store
from warroom.logs.times import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo
    from pathlib import Path

    from warroom.logs.formats.reader import Reader

_SAMPLE = 64 << 10


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a scan of one source found."""

    path: str
    format: str
    bytes: int
    lines: int
    """Physical lines; a last one without a newline counts."""
    entries: int
    """Fewer than the lines where entries span several."""
    parsed: int
    """Entries that fit the format."""
    first: datetime | None = None
    """The earliest time."""
    last: datetime | None = None
    """The latest time."""
    status: dict[int, int] = field(default_factory=dict)
    """Entries a status code."""
    levels: dict[str, int] = field(default_factory=dict)
    """Entries a level, as the log writes it."""

    @property
    def errors_5xx(self) -> int:
        """How many entries have a status from 500."""
        return sum(count for code, count in self.status.items() if code >= 500)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values for a JSON document; times in RFC 3339, UTC."""
        return {
            "path": self.path,
            "format": self.format,
            "bytes": self.bytes,
            "lines": self.lines,
            "entries": self.entries,
            "parsed": self.parsed,
            "unparsed": self.entries - self.parsed,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "status": {str(code): count for code, count in sorted(self.status.items())},
            "errors_5xx": self.errors_5xx,
            "levels": dict(sorted(self.levels.items())),
        }


def fast_scanner(reader: Reader, clock: Clock, codes: Codes) -> Scanner:
    """Return the fastest scanner for a format; imports numpy where that is one."""
    if reader.format.vector:
        from warroom.logs.kernel import AccessScanner  # noqa: PLC0415 - imports numpy

        return AccessScanner(clock, codes)
    return LineScanner(reader, codes)


def scan(
    paths: Iterable[str | Path],
    *,
    zone: tzinfo = UTC,
    formats_folder: Path | None = None,
) -> list[SourceReport]:
    """Return a report on each file, in the order given.

    Raises:
        LogError: One cannot be opened; the message says why and what to do.
    """
    return [_scan_one(str(path), zone, formats_folder) for path in paths]


def _scan_one(path: str, zone: tzinfo, formats_folder: Path | None) -> SourceReport:
    try:
        store = FileStore(open_regular(path))
    except OSError as error:
        raise explain(path, error) from error
    try:
        return scan_store(path, store, zone, formats_folder)
    finally:
        store.close()


def scan_store(path: str, store: Store, zone: tzinfo, formats_folder: Path | None) -> SourceReport:
    """Return the report on the bytes of a store."""
    size = store.size
    clock = Clock(zone)
    begin = max(0, size - _SAMPLE)
    head = store.read(0, _SAMPLE) if begin else b""
    sample = sample_lines(head, store.read(begin, size - begin), whole=not begin)
    reader = recognise(sample, clock, all_formats(formats_folder))
    scanner = fast_scanner(reader, clock, Codes())
    buffer = bytearray(CHUNK + PAD)
    statuses: Counter[int] = Counter()
    levels: Counter[str] = Counter()
    lines = entries = parsed = position = 0
    low = high = 0.0
    while position < size:
        scanned = scan_forward(scanner, store, position, size, buffer, flush=True)
        if scanned is None:
            break
        position += scanned.end
        statuses.update(scanned.statuses)
        levels.update(scanned.levels)
        lines += scanned.lines
        entries += len(scanned.codes)
        parsed += scanned.parsed
        if scanned.timed:
            low = min(low or scanned.timed[0], scanned.timed[0])
            high = max(high, scanned.timed[1])
    return SourceReport(
        path=path,
        format=reader.format.name,
        bytes=size,
        lines=lines,
        entries=entries,
        parsed=parsed,
        first=datetime.fromtimestamp(low, UTC) if high else None,
        last=datetime.fromtimestamp(high, UTC) if high else None,
        status=dict(statuses),
        levels=dict(levels),
    )
