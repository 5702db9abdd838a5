"""Turn entries into coded columns, many thousands at a time.

Values stay bytes until the end: a column of a hundred thousand rows has few distinct ones, and
only those are decoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import TYPE_CHECKING

import numpy as np

from warroom.logs.formats.reader import UNITS
from warroom.logs.formats.values import (
    ALIASES,
    PAIR,
    loose_names,
    seconds,
    split_request,
    unquoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warroom.logs.formats.reader import Reader

MAX_VALUES = 20_000
"""Distinct values a column may have before the rest share one: ids are not for grouping."""
OTHER = b"(other)"
_NOT_COLUMNS = frozenset({"at", "status", "size", "message", "request_id", "ident"})
_FAILED = 500
_FAILING = frozenset({"error", "critical", "alert", "emergency"})
_ABSENT = frozenset({b"", b"-"})


_BATCH = 512
"""Rows read at a time: the interpreter is held for a millisecond at most."""
_VALUE = rb'("(?:[^"\\]|\\.)*"|[^\s"]*)'


def _absent_codes() -> dict[bytes | None, int]:
    return {None: -1, b"": -1, b"-": -1}


@dataclass(slots=True)
class Column:
    """One field: each row's code, and the code of each value."""

    codes: np.ndarray
    known: dict[bytes, int] = field(default_factory=dict)
    _lookup: dict[bytes | None, int] = field(default_factory=_absent_codes)

    def put(self, row: int, value: bytes) -> None:
        """Give a row its value."""
        code = self.known.get(value)
        self.codes[row] = self._learn(value) if code is None else code

    def put_all(self, rows: np.ndarray, values: Sequence[bytes | None]) -> None:
        """Give many rows their values; one that is absent leaves a row as it is."""
        lookup, rest = self._lookup, -1
        for value in dict.fromkeys(values):
            if value is not None and value not in lookup:
                code = self._learn(value)
                rest = code if value not in lookup else rest
        codes = np.fromiter(map(lookup.get, values, repeat(rest)), np.int32, len(values))
        present = codes >= 0
        if present.all():
            self.codes[rows] = codes
        else:
            self.codes[rows[present]] = codes[present]

    def _learn(self, value: bytes) -> int:
        """Return the code of a value not met yet: one of its own while there are not too many."""
        value = value if len(self.known) < MAX_VALUES else OTHER
        code = self.known.setdefault(value, len(self.known))
        self._lookup[value] = code
        return code

    def values(self) -> list[str]:
        """Return the distinct values, by code."""
        return [value.decode("utf-8", "replace") for value in self.known]


class Columns:
    """The columns of a table being read."""

    def __init__(self, reader: Reader, size: int) -> None:
        self.at = np.full(size, np.nan)
        """Epoch seconds; NaN where only the index knows."""
        self.status = np.zeros(size, np.uint16)
        self.duration = np.full(size, np.nan, np.float32)
        self.fields: dict[str, Column] = {}
        self.messages: list[str] = []
        """What failing entries say."""
        self.message_rows: list[int] = []
        self._size = size
        self._reader = reader
        self._seconds: dict[tuple[bytes, float], float | None] = {}
        self._split: dict[bytes, tuple[bytes | None, ...]] = {}
        self._template: tuple[re.Pattern[bytes], list[str]] | None = None
        """How the values after the standard fields looked last, and their names."""

    def fill(self, entries: Iterable[bytes]) -> None:
        """Read all entries, in row order."""
        form = self._reader.format
        if form.vector and form.pattern is not None:
            self._fill_access(form.pattern, entries)
            return
        for row, raw in enumerate(entries):
            self._parse(row, raw)

    def _column(self, name: str) -> Column:
        column = self.fields.get(name)
        if column is None:
            column = self.fields[name] = Column(np.full(self._size, -1, np.int32))
        return column

    def _parse(self, row: int, raw: bytes) -> None:
        """Read one entry the general way."""
        parsed = self._reader.parse(raw)
        if parsed.at is not None:
            self.at[row] = parsed.at
        self.status[row] = parsed.status or 0
        if parsed.duration is not None:
            self.duration[row] = parsed.duration
        for name, value in parsed.fields.items():
            if name not in _NOT_COLUMNS and name != "duration":
                self._column(name).put(row, value.encode("utf-8", "replace"))
        if parsed.level:  # by its common name, and also where only the text of the line tells it
            self._column("level").put(row, parsed.level.encode())
        failed = parsed.status >= _FAILED if parsed.status else parsed.level in _FAILING
        if failed and parsed.message:
            self.messages.append(parsed.message)
            self.message_rows.append(row)

    def _fill_access(self, pattern: re.Pattern[bytes], entries: Iterable[bytes]) -> None:
        """Read access lines group by group, without an object for each."""
        places = pattern.groupindex
        plain = [
            (place - 1, self._column(name))
            for name, place in places.items()
            if name not in _NOT_COLUMNS
            and name not in {"request", "rest"}
            and not name.startswith("duration")
        ]
        timed = [
            (places[f"duration{suffix}"] - 1, unit)
            for suffix, unit in UNITS.items()
            if f"duration{suffix}" in places
        ]
        status, request = places["status"] - 1, places["request"] - 1
        rest = places.get("rest", 0) - 1
        for name in ("method", "path", "protocol"):
            self._column(name)
        remaining, start = iter(entries), 0
        while batch := list(islice(remaining, _BATCH)):
            matches = list(map(pattern.match, batch))
            hits = np.array([start + n for n, match in enumerate(matches) if match], np.intp)
            if hits.size < len(batch):
                for number, match in enumerate(matches):
                    if match is None:
                        self._parse(start + number, batch[number])
            start += len(batch)
            if not hits.size:
                continue
            groups = list(zip(*(match.groups() for match in matches if match), strict=True))
            self.status[hits] = list(map(int, groups[status]))
            for place, column in plain:
                column.put_all(hits, groups[place])
            self._requests(hits, groups[request])
            for place, unit in timed:
                self._took_all(hits, groups[place], unit)
            if rest >= 0:
                self._trailing_all(hits, groups[rest])
        for name in [name for name, column in self.fields.items() if not column.known]:
            del self.fields[name]

    def _requests(self, rows: np.ndarray, requests: Sequence[bytes]) -> None:
        """Read request lines, each different one once."""
        split = self._split
        if len(split) > MAX_VALUES:
            split.clear()
        for request in dict.fromkeys(requests):
            if request not in split:
                asked = split_request(request)
                split[request] = (*asked, None) if asked else (None, None, None, None, request)
        parts = zip(*map(split.__getitem__, requests), strict=True)
        for name, values in zip(
            ("method", "path", "protocol", "host", "request"), parts, strict=True
        ):
            if any(values):
                self._column(name).put_all(rows, values)

    def _took_all(self, rows: np.ndarray, texts: Sequence[bytes], unit: float) -> None:
        for row, text in zip(rows.tolist(), texts, strict=True):
            self._took(row, text, unit)

    def _trailing_all(self, rows: np.ndarray, rests: Sequence[bytes]) -> None:
        """Read the values after the standard fields: mostly the same names in the same order."""
        if self._template is None:
            self._template = _template(next(filter(None, rests), b""))
        if self._template is None:
            odd = list(range(len(rests)))
        else:
            pattern, names = self._template
            matches = list(map(pattern.fullmatch, rests))
            hits = [number for number, match in enumerate(matches) if match]
            columns = zip(*(match.groups() for match in matches if match), strict=True)
            for name, values in zip(names, columns, strict=False):
                self._put_all_named(rows[hits], name, values)
            odd = [number for number, match in enumerate(matches) if not match]
            if 2 * len(odd) > len(rests):
                self._template = None  # the next lines may look like these
        for number in odd:
            if rests[number]:
                self._trailing(int(rows[number]), rests[number])

    def _put_all_named(self, rows: np.ndarray, name: str, values: Sequence[bytes]) -> None:
        if name.startswith("duration") or name not in _NOT_COLUMNS:
            bare = [_bare(value) if value[:1] == b'"' else value for value in values]
            if name.startswith("duration"):
                unit = UNITS.get(name.removeprefix("duration"), 1.0)
                self._took_all(rows, bare, unit)
            else:
                self._column(name).put_all(rows, bare)

    def _took(self, row: int, text: bytes, unit: float) -> None:
        key = (text, unit)
        if key not in self._seconds:
            if len(self._seconds) > MAX_VALUES:
                self._seconds.clear()
            self._seconds[key] = seconds(text.decode("utf-8", "replace"), unit)
        found = self._seconds[key]
        if found is not None:
            self.duration[row] = found

    def _trailing(self, row: int, rest: bytes) -> None:
        loose: list[str] = []
        for name, given_value, quoted, bare in PAIR.findall(rest):
            if not name:
                loose.append((quoted or bare).decode("utf-8", "replace"))
                continue
            value = _bare(given_value)
            if value in _ABSENT:
                continue
            given = name.decode()
            self._put_named(row, ALIASES.get(given, given), value)
        if loose:
            named = loose_names(loose, self._reader.format.extra)
            for given, text in named.items():
                self._put_named(row, given, text.encode())

    def _put_named(self, row: int, name: str, value: bytes) -> None:
        if name.startswith("duration"):
            self._took(row, value, UNITS.get(name.removeprefix("duration"), 1.0))
        elif name not in _NOT_COLUMNS:
            self._column(name).put(row, value)


def _template(rest: bytes) -> tuple[re.Pattern[bytes], list[str]] | None:
    """Return a pattern for values named as in this line, and their names; None where some are not.

    It matches only where `PAIR` would find the same names in the same order.
    """
    found = PAIR.findall(rest)
    if not found or not all(name for name, *_ in found):
        return None
    parts = (re.escape(name) + b"=" + _VALUE for name, *_ in found)
    given = [name.decode() for name, *_ in found]
    pattern = re.compile(rb"\s*" + rb"\s+".join(parts) + rb"\s*")
    return pattern, [ALIASES.get(name, name) for name in given]


def _bare(value: bytes) -> bytes:
    """Return a value without its quotes."""
    if value[:1] != b'"':
        return value
    if b"\\" not in value:
        return value[1:-1]
    return unquoted(value.decode("utf-8", "replace")).encode("utf-8", "replace")
