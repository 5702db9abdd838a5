"""Read one entry of a known format into its parts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from warroom.logs.formats import documents
from warroom.logs.formats.model import Format
from warroom.logs.formats.values import (
    PAIR,
    flatten,
    seconds,
    severity,
    split_request,
    trailing,
    unquoted,
)
from warroom.logs.levels import NUMBER, level_of, otel_level, syslog_level
from warroom.logs.times import Clock

MAX_FIELDS = 64
"""Fields kept of one entry: a hostile JSON line must not fill the detail view."""

UNITS = {"": 1.0, "_ms": 1e-3, "_us": 1e-6, "_ns": 1e-9}
"""The multiplier that turns a duration field's unit into seconds, by the end of its name."""
_STAMP = re.compile(
    rb"\d{4}[-/]\d\d[-/]\d\d[T \t]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?[+-]\d\d:?\d\d|Z)?"
    rb"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"
    rb"|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})?"
)
# An access line that the format's own pattern does not fit still has its request and status: the
# first unescaped quote that a status follows ends the request. The index follows the same rule.
_ODD_ACCESS = re.compile(
    rb"(?:(?P<client>\S+) .*?\[(?P<at>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] )?"
    rb'[^"]*"(?P<request>[^"\\]*(?:(?:\\.|\\$|"(?! [1-5]\d\d(?:[ \r\n]|$)))[^"\\]*)*)"'
    rb" (?P<status>[1-5]\d\d)"
    rb"(?P<rest>[ \r].*|$)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of one entry; what the entry does not have is None."""

    at: float | None = None
    status: int | None = None
    level: str | None = None
    level_text: str | None = None
    """The level as the log writes it."""
    method: str | None = None
    path: str | None = None
    duration: float | None = None
    upstream: str | None = None
    release: str | None = None
    message: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


class Glance(NamedTuple):
    """What the index keeps of one entry; a tuple, as one is made of each line."""

    at: float | None
    mark: int
    """A status from 100, a level from 1 to 9, or 0."""
    status: int
    level_text: bytes


def _bytes(text: str) -> bytes:
    """Return text as bytes; JSON may name half a surrogate pair, which is no character."""
    return text.encode("utf-8", "replace")


def _number(text: str) -> int:
    number = int(text) if len(text) == 3 and text.isascii() and text.isdigit() else 0
    return number if 100 <= number <= 999 else 0


def reader_again(form: Format, inner: Format | None, heading: bytes, clock: Clock) -> "Reader":
    """Return a reader like one whose format, inner format and `heading` are known."""
    reader = Reader(form, clock, Reader(inner, clock) if inner else None)
    if heading:
        reader.glance(heading)
    return reader


class Reader:
    """A format bound to a clock: reads entries of one source.

    Raises nothing on any bytes: what does not fit the format is a message without parts.
    """

    def __init__(self, form: Format, clock: Clock, inner: "Reader | None" = None) -> None:
        self.format = form
        self.inner = inner
        self.decode = clock.decoder(form.time)
        self._pattern = form.pattern
        self._columns: tuple[str, ...] = ()
        self._numbers: dict[bytes, int] = {}
        self._plain_groups: tuple[int, int, int] | None = None
        if self._pattern is not None and inner is None and not form.vector:
            places = self._pattern.groupindex
            names = ("at", "status", "level")
            at, status, level = (places.get(name, 0) for name in names)
            self._plain_groups = (at, status, level)
        self._finder = documents.finder(form)
        self._document: Callable[[bytes], documents.Document | None] = (
            documents.pairs if form.kind == "logfmt" else documents.read
        )
        self._read: Callable[[bytes], dict[str, str] | None] = {
            "regex": self._regex,
            "json": self._json,
            "logfmt": self._logfmt,
            "w3c": self._w3c,
            "plain": self._plain,
        }[form.kind]

    @property
    def heading(self) -> bytes:
        """The line that named the columns (W3C logs); reading it tells them to another reader."""
        return b"#Fields: " + " ".join(self._columns).encode() if self._columns else b""

    def starts(self, line: bytes) -> bool:
        """Say whether a line begins an entry rather than continuing the one before."""
        if not self.format.multiline:
            return True
        return self._pattern is not None and self._pattern.match(line) is not None

    def fits(self, line: bytes) -> bool:
        """Say whether a line is of this format."""
        if self.format.vector and self._pattern is not None:
            return self._pattern.match(line) is not None
        return self._read(line) is not None

    def hasten(self) -> None:
        """Read faster from now on; the import for that is only worth its time for many lines."""
        if self.format.kind == "json":
            self._document = documents.quick_read()
        if self.inner is not None:
            self.inner.hasten()

    def glance(self, raw: bytes) -> Glance | None:
        """Return what the index keeps of an entry, None where it does not fit the format."""
        if self._plain_groups is not None:
            return self._glance_groups(raw, *self._plain_groups)
        if self._finder is not None:
            try:
                document = self._document(raw)
                texts = None if document is None else self._finder.find(document)
            except documents.UnclearError:
                texts = self._texts(raw)
        else:
            texts = self._texts(raw)
        if texts is None:
            return None
        stamp, code, word, line = texts
        at = self.decode(_bytes(stamp)) if stamp else None
        number = _number(code) if code else 0
        level = _bytes(word)
        mark = number or (self._level_number(level) if level else 0)
        within = self.inner.glance(_bytes(line)) if self.inner is not None and line else None
        if within is None:
            return Glance(at, mark, number, level)
        number = number or within.status
        mark = number or within.mark or mark
        return Glance(at or within.at, mark, number, within.level_text or level)

    def _texts(self, raw: bytes) -> tuple[str, str, str, str] | None:
        """Return time, status, level and the inner line as `Finder.find` does, of any format."""
        found = self._read(raw)
        if found is None:
            return None
        inner = found.get(self.format.inner, "") if self.format.inner else ""
        return found.get("at", ""), found.get("status", ""), found.get("level", ""), inner

    def _glance_groups(self, raw: bytes, at: int, status: int, level: int) -> Glance | None:
        match = self._pattern.match(raw) if self._pattern else None
        if match is None:
            return None
        stamp, code, word = match.group(at or 0, status or 0, level or 0)
        number = _number(code.decode("ascii", "replace")) if status and code else 0
        text = word if level and word else b""
        mark = number or (self._level_number(text) if text else 0)
        return Glance(self.decode(stamp) if at and stamp else None, mark, number, text)

    def _level_number(self, text: bytes) -> int:
        found = self._numbers.get(text)
        if found is None:
            level = self._level(text.decode("utf-8", "replace"))
            found = NUMBER[level] if level else 0
            if len(self._numbers) < 256:
                self._numbers[text] = found
        return found

    def parse(self, raw: bytes) -> Parsed:
        """Return the parts of an entry; all None but the message where it does not fit."""
        found = self._read(raw)
        if found is None:
            level = severity(raw)
            return Parsed(level=level, message=raw.decode("utf-8", "replace"))
        at = self._at(found)
        level_text = found.pop("level", None)
        level = self._level(level_text) if level_text else None
        if request := found.pop("request", None):
            asked = split_request(_bytes(request))
            if asked is None:
                found["request"] = request
            else:
                names = ("method", "path", "protocol", "host")
                for name, value in zip(names, asked, strict=True):
                    if value:
                        found.setdefault(name, value.decode("utf-8", "replace"))
        duration = self._duration(found)
        fields = {name: value for name, value in found.items() if value not in ("", "-")}
        if level_text:
            fields["level"] = level_text
        parsed = Parsed(
            at=at,
            status=_number(found.get("status", "")) or None,
            level=level,
            level_text=level_text,
            method=fields.get("method"),
            path=fields.get("path"),
            duration=duration,
            upstream=fields.get("upstream"),
            release=fields.get("release"),
            message=fields.get("message"),
            fields=dict(list(fields.items())[:MAX_FIELDS]),
        )
        if self.inner is not None and self.format.inner and self.format.inner in found:
            return _within(parsed, self.inner.parse(_bytes(found[self.format.inner])))
        return parsed

    def _at(self, found: dict[str, str]) -> float | None:
        stamp = found.pop("at", None)
        return self.decode(_bytes(stamp)) if stamp else None

    def _level(self, text: str) -> str | None:
        if self.format.level == "syslog":
            return syslog_level(text) or level_of(text)
        if self.format.level == "otel":
            return otel_level(text) or level_of(text)
        return level_of(text)

    @staticmethod
    def _duration(found: dict[str, str]) -> float | None:
        for suffix, unit in UNITS.items():
            text = found.pop(f"duration{suffix}", None)
            if text is not None:
                took = seconds(text, unit)
                if took is not None:
                    found["duration"] = f"{took:g}"
                    return took
        return None

    def _regex(self, raw: bytes) -> dict[str, str] | None:
        if self._pattern is None:
            return None
        match = self._pattern.match(raw)
        if match is None and self.format.vector:
            match = _ODD_ACCESS.match(raw)
        if match is None:
            return None
        found = {
            name: value.decode("utf-8", "replace")
            for name, value in match.groupdict().items()
            if value is not None
        }
        rest = found.pop("rest", None)
        if rest and not rest.isspace():
            found.update(trailing(rest.encode(), self.format.extra))
        return found

    def _json(self, raw: bytes) -> dict[str, str] | None:
        value = self._document(raw)
        if value is None:
            return None
        try:
            return self._named(flatten(value))
        except RecursionError:
            return None

    def _logfmt(self, raw: bytes) -> dict[str, str] | None:
        found: dict[str, str] = {}
        loose = 0
        for match in PAIR.finditer(raw):
            if match[1] is None:
                loose += 1
                if loose > 2 + len(found):
                    return None
                continue
            found[match[1].decode()] = unquoted(match[2].decode("utf-8", "replace"))
        return self._named(found) if len(found) >= 2 else None

    def _named(self, given: dict[str, str]) -> dict[str, str] | None:
        for key in self.format.require:
            if not any(each in given for each in key.split("|")):
                return None
        named: dict[str, str] = {}
        for name, keys in self.format.fields.items():
            for key in keys:
                if key in given:
                    named[name] = given.pop(key)
                    break
        for key, value in given.items():
            named.setdefault(key, value)
        return named

    def _w3c(self, raw: bytes) -> dict[str, str] | None:
        if raw.startswith(b"#"):
            if raw.startswith(b"#Fields:"):
                self._columns = tuple(raw[8:].decode("utf-8", "replace").split())
            return {"message": raw.decode("utf-8", "replace")}
        separator = b"\t" if b"\t" in raw else None
        values = raw.split(separator)
        if not self._columns or len(values) != len(self._columns):
            return None
        texts = (value.decode("utf-8", "replace") for value in values)
        given = dict(zip(self._columns, texts, strict=True))
        if "date" in given and "time" in given:
            given["at"] = f"{given.pop('date')}T{given.pop('time')}Z"
        named = self._named(given)
        if named is not None and "user_agent" in named:
            named["user_agent"] = named["user_agent"].replace("+", " ")
        return named

    def _plain(self, raw: bytes) -> dict[str, str]:
        found = {"message": raw.decode("utf-8", "replace")}
        stamp = _STAMP.search(raw, 0, 64)
        if stamp:
            found["at"] = stamp[0].decode("ascii", "replace")
        level = severity(raw)
        if level:
            found["level"] = level
        return found


def _within(outer: Parsed, inner: Parsed) -> Parsed:
    """Return the inner line's parts, with the wrapper's where the inner line has none."""
    return Parsed(
        at=outer.at if outer.at is not None else inner.at,
        status=inner.status or outer.status,
        level=inner.level or outer.level,
        level_text=inner.level_text or outer.level_text,
        method=inner.method or outer.method,
        path=inner.path or outer.path,
        duration=inner.duration if inner.duration is not None else outer.duration,
        upstream=inner.upstream or outer.upstream,
        release=inner.release or outer.release,
        message=inner.message or outer.message,
        fields={**outer.fields, **inner.fields},
    )
