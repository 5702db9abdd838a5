"""Count a whole source exactly: lines, what was understood, times, statuses, levels."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from warroom.logs.follow import explain, open_regular
from warroom.logs.formats.load import all_formats
from warroom.logs.formats.recognise import recognise, sample_lines
from warroom.logs.linescan import PAD, Scanner
from warroom.logs.scanning import CHUNK, cores, line_start, scan_forward, scanner_of
from warroom.logs.segments import Codes
from warroom.logs.stores import FileStore, Store
from warroom.logs.times import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo
    from pathlib import Path

    from warroom.logs.formats.reader import Reader
    from warroom.logs.protocol import Log
    from warroom.logs.segments import Scanned

_SAMPLE = 64 << 10
_THREADS = 2
"""More than two gain nothing: what is left between the numpy calls holds the interpreter."""
_PARTS = 16
_WORTH_THREADS = 64 << 20


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


def scan(
    paths: Iterable[str | Path],
    *,
    zone: tzinfo = UTC,
    skew: float = 0.0,
    formats_folder: Path | None = None,
) -> list[SourceReport]:
    """Return a report on each file, in the order given.

    Args:
        paths: Regular files.
        zone: The zone of stamps that do not say theirs.
        skew: Seconds to add to every time.
        formats_folder: A folder with more formats.

    Raises:
        LogError: One cannot be opened; the message says why and what to do.
    """
    clock = Clock(zone, None, skew)
    return [_scan_one(str(path), clock, formats_folder) for path in paths]


def _scan_one(path: str, clock: Clock, formats_folder: Path | None) -> SourceReport:
    try:
        store = FileStore(open_regular(path))
    except OSError as error:
        raise explain(path, error) from error
    try:
        return scan_store(path, store, clock, formats_folder)
    finally:
        store.close()


@dataclass(slots=True)
class _Tally:
    """Counts of a part of a source."""

    statuses: Counter[int] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    entries: int = 0
    parsed: int = 0
    low: float = 0.0
    high: float = 0.0

    def add(self, scanned: Scanned) -> None:
        """Count a piece."""
        self.statuses.update(scanned.statuses)
        self.levels.update(scanned.levels)
        self.lines += scanned.lines
        self.entries += len(scanned.codes)
        self.parsed += scanned.parsed
        if scanned.timed:
            self.span(*scanned.timed)

    def span(self, low: float, high: float) -> None:
        """Widen the span of time."""
        self.low = min(self.low or low, low)
        self.high = max(self.high, high)

    def join(self, other: _Tally) -> None:
        """Count another part too."""
        self.statuses.update(other.statuses)
        self.levels.update(other.levels)
        self.lines += other.lines
        self.entries += other.entries
        self.parsed += other.parsed
        if other.high:
            self.span(other.low, other.high)


def _tally(scanner: Scanner, store: Store, begin: int, end: int) -> _Tally:
    """Count the entries between two positions at which entries start."""
    found, buffer, position = _Tally(), bytearray(CHUNK + PAD), begin
    while position < end:
        scanned, _ = scan_forward(scanner, store, position, end, buffer, flush=True)
        if scanned is None:
            break
        found.add(scanned)
        position += scanned.end
    return found


def _tally_in_parts(reader: Reader, clock: Clock, store: Store, size: int) -> _Tally:
    """Count with as many threads as help: numpy lets go of the interpreter while it works."""
    threads = min(_THREADS, cores()) if size > _WORTH_THREADS else 1
    if threads < 2 or not reader.format.vector:
        return _tally(scanner_of(reader, clock, Codes()), store, 0, size)
    cuts = [line_start(store, size * part // _PARTS) for part in range(1, _PARTS)]
    bounds = sorted({0, size, *cuts})
    whole = _Tally()

    def work(part: tuple[int, int]) -> _Tally:
        return _tally(scanner_of(reader, clock, Codes()), store, *part)

    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(work, pairwise(bounds)):
            whole.join(found)
    return whole


def scan_store(path: str, store: Store, clock: Clock, formats_folder: Path | None) -> SourceReport:
    """Return the report on the bytes of a store."""
    size = store.size
    begin = max(0, size - _SAMPLE)
    head = store.read(0, _SAMPLE) if begin else b""
    sample = sample_lines(head, store.read(begin, size - begin), whole=not begin)
    reader = recognise(sample, clock, all_formats(formats_folder))
    found = _tally_in_parts(reader, clock, store, size)
    return SourceReport(
        path=path,
        format=reader.format.name,
        bytes=size,
        lines=found.lines,
        entries=found.entries,
        parsed=found.parsed,
        first=datetime.fromtimestamp(found.low, UTC) if found.high else None,
        last=datetime.fromtimestamp(found.high, UTC) if found.high else None,
        status=dict(found.statuses),
        levels=dict(found.levels),
    )


def report_of(name: str, log: Log) -> SourceReport:
    """Return the report on a log that is open and has been read to its beginning."""
    statuses: Counter[int] = Counter()
    levels: Counter[str] = Counter()
    low, high, lines, parsed, entries = float("inf"), 0.0, 0, 0, 0
    for start in range(log.first, log.end, 1024):
        for entry in log.entries(start, min(start + 1024, log.end)):
            if entry.gap is not None:
                continue
            entries += 1
            lines += entry.raw.count(b"\n") + 1
            parsed += bool(entry.fields)
            statuses.update([entry.status] if entry.status is not None else [])
            levels.update([entry.level] if entry.level is not None else [])
            if entry.at is not None:
                low, high = min(low, entry.at), max(high, entry.at)
    return SourceReport(
        path=name,
        format=log.format,
        bytes=log.progress().total_bytes,
        lines=lines,
        entries=entries,
        parsed=parsed,
        first=datetime.fromtimestamp(low, UTC) if high else None,
        last=datetime.fromtimestamp(high, UTC) if high else None,
        status=dict(statuses),
        levels=dict(levels),
    )
