"""Turn entries into coded columns, many thousands at a time.

Values stay bytes until the end: a column of a hundred thousand rows has few distinct ones, and
only those are decoded.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    from collections.abc import Iterable

    from warroom.logs.formats.reader import Reader

MAX_VALUES = 20_000
"""Distinct values a column may have before the rest share one: ids are not for grouping."""
OTHER = b"(other)"
_NOT_COLUMNS = frozenset({"at", "status", "size", "message", "request_id", "ident"})
_FAILING = frozenset({"error", "critical", "alert", "emergency"})
_ABSENT = frozenset({b"", b"-"})


@dataclass(slots=True)
class Column:
    """One field: each row's code, and the code of each value."""

    codes: array[int]
    known: dict[bytes, int] = field(default_factory=dict)

    def put(self, row: int, value: bytes) -> None:
        """Give a row its value."""
        code = self.known.get(value)
        if code is None:
            value = value if len(self.known) < MAX_VALUES else OTHER
            code = self.known.setdefault(value, len(self.known))
        self.codes[row] = code

    def values(self) -> list[str]:
        """Return the distinct values, by code."""
        return [value.decode("utf-8", "replace") for value in self.known]


class Columns:
    """The columns of a table being read."""

    def __init__(self, reader: Reader, size: int) -> None:
        self.at: list[float | None] = [None] * size
        self.status = array("H", bytes(2 * size))
        self.duration = array("f", [float("nan")]) * size
        self.fields: dict[str, Column] = {}
        self.messages: list[str] = []
        self._size = size
        self._reader = reader
        self._seconds: dict[tuple[bytes, float], float | None] = {}

    def fill(self, entries: Iterable[bytes]) -> None:
        """Read all entries, in row order."""
        form = self._reader.format
        if form.vector and form.pattern is not None:
            self._fill_access(entries)
            return
        for row, raw in enumerate(entries):
            self._parse(row, raw)

    def _column(self, name: str) -> Column:
        column = self.fields.get(name)
        if column is None:
            column = self.fields[name] = Column(array("i", [-1]) * self._size)
        return column

    def _parse(self, row: int, raw: bytes) -> None:
        """Read one entry the general way."""
        parsed = self._reader.parse(raw)
        self.at[row] = parsed.at
        self.status[row] = parsed.status or 0
        if parsed.duration is not None:
            self.duration[row] = parsed.duration
        for name, value in parsed.fields.items():
            if name not in _NOT_COLUMNS and name != "duration":
                self._column(name).put(row, value.encode("utf-8", "replace"))
        if parsed.message and not parsed.status and parsed.level in _FAILING:
            self.messages.append(parsed.message)

    def _fill_access(self, entries: Iterable[bytes]) -> None:
        """Read access lines group by group, without an object for each."""
        pattern = self._reader.format.pattern
        if pattern is None:
            return
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
        method, path, protocol = (self._column(name) for name in ("method", "path", "protocol"))
        for row, raw in enumerate(entries):
            match = pattern.match(raw)
            if match is None:
                self._parse(row, raw)
                continue
            groups = match.groups()
            self.status[row] = int(groups[status])
            for place, column in plain:
                value = groups[place]
                if value is not None and value not in _ABSENT:
                    column.put(row, value)
            asked = split_request(groups[request])
            if asked is None:
                if groups[request] not in _ABSENT:
                    self._column("request").put(row, groups[request])
            else:
                method.put(row, asked[0])
                path.put(row, asked[1])
                if asked[2]:
                    protocol.put(row, asked[2])
                if asked[3]:
                    self._column("host").put(row, asked[3])
            for place, unit in timed:
                self._took(row, groups[place], unit)
            if rest >= 0 and groups[rest]:
                self._trailing(row, groups[rest])
        for name in [name for name, column in self.fields.items() if not column.known]:
            del self.fields[name]

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


def _bare(value: bytes) -> bytes:
    """Return a value without its quotes."""
    if value[:1] != b'"':
        return value
    return unquoted(value).encode("utf-8", "replace") if b"\\" in value else value[1:-1]
