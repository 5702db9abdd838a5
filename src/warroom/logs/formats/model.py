"""What a log format is: data that names the parts of an entry, with samples that prove it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from warroom.logs.errors import LogError
from warroom.logs.times import DIALECTS

Kind = Literal["regex", "json", "logfmt", "w3c", "plain"]
KINDS = ("regex", "json", "logfmt", "w3c", "plain")
LEVEL_KINDS = ("word", "syslog", "otel")


@dataclass(frozen=True, slots=True)
class Sample:
    """A line of the format and what must be read from it."""

    line: str
    expect: Mapping[str, Any]
    """Field name to value; `at` is an RFC 3339 time."""
    header: str | None = None
    """A line that must be read before it (the `#Fields` line of W3C logs)."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format, as read from its TOML file."""

    name: str
    title: str
    kind: Kind
    order: int
    """Formats are tried from the lowest to the highest: the most specific come first."""
    expression: str | None = None
    """For `regex`: see `pattern`."""
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For `json` and `logfmt`: standard name to the keys it may stand under, first found wins."""
    require: Sequence[str] = ()
    """For `json` and `logfmt`: an entry is of this format only if it has all of these keys; a
    key with bars (`msg|message`) asks for one of them."""
    time: str = "auto"
    """The dialect of the time stamp, one of `times.DIALECTS`."""
    level: str = "word"
    """How the level is written: a word, a syslog number or an OpenTelemetry number."""
    multiline: bool = False
    """Whether lines that do not start an entry belong to the one before (stack traces)."""
    inner: str | None = None
    """The field that holds a whole line of another format (a container runtime's wrapper)."""
    extra: Sequence[str] = ()
    """Names of the unnamed values after the pattern (group `rest`), in order."""
    vector: bool = False
    """Whether every entry is one line with `[day/Mon/year:time zone] ... "request" status `."""
    samples: Sequence[Sample] = ()

    @property
    def pattern(self) -> re.Pattern[bytes] | None:
        """What is matched at the start of an entry; group names are the standard field names.

        It is compiled when it is asked for: most formats are never tried on a log.

        Raises:
            LogError: It is no regular expression.
        """
        return None if self.expression is None else _compiled(self.expression)


@cache
def _compiled(expression: str) -> re.Pattern[bytes]:
    try:
        return re.compile(expression.encode())
    except re.error as error:
        raise LogError(f"`pattern` is no regular expression: {error}") from error


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise LogError(f"{where}: `{key}` must be a text that is not empty")
    return value


def _choice(data: Mapping[str, Any], key: str, choices: Sequence[str], where: str) -> str:
    value = data.get(key, choices[0])
    if value not in choices:
        raise LogError(f"{where}: `{key}` is {value!r}; it must be one of {', '.join(choices)}")
    return str(value)


def _words(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise LogError(f"{where}: `{key}` must be a list of texts")
    return tuple(value)


def _keys(data: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    given = data.get("fields", {})
    if not isinstance(given, dict):
        raise LogError(f"{where}: `fields` must be a table of name = key or list of keys")
    found: dict[str, tuple[str, ...]] = {}
    for name, keys in given.items():
        listed = [keys] if isinstance(keys, str) else keys
        if not isinstance(listed, list) or not all(isinstance(key, str) for key in listed):
            raise LogError(f"{where}: `fields.{name}` must be a key or a list of keys")
        found[name] = tuple(listed)
    return found


def _samples(data: Mapping[str, Any], where: str) -> tuple[Sample, ...]:
    found = []
    for number, given in enumerate(data.get("samples", []), 1):
        if not isinstance(given, dict) or not isinstance(given.get("line"), str):
            raise LogError(f"{where}: sample {number} needs a `line`")
        expect = {key: value for key, value in given.items() if key not in ("line", "header")}
        found.append(Sample(given["line"], expect, given.get("header")))
    return tuple(found)


def from_data(data: Mapping[str, Any], where: str) -> Format:
    """Return the format a TOML file describes.

    Args:
        data: The parsed file.
        where: Its path, for messages.

    Raises:
        LogError: Something in it is missing or wrong, named with what would be right.
    """
    known = {"name", "title", "kind", "order", "pattern", "fields", "require", "time", "level"}
    known |= {"multiline", "inner", "extra", "vector", "samples"}
    if unknown := sorted(set(data) - known):
        raise LogError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    name, title = _text(data, "name", where), _text(data, "title", where)
    kind = _choice(data, "kind", KINDS, where)
    expression = _text(data, "pattern", where) if kind == "regex" else None
    time = data.get("time", "auto")
    if time not in DIALECTS:
        raise LogError(
            f"{where}: `time` is {time!r}; it must be one of {', '.join(sorted(DIALECTS))}"
        )
    order = data.get("order", 500)
    if not isinstance(order, int):
        raise LogError(f"{where}: `order` must be a whole number")
    return Format(
        name=name,
        title=title,
        kind=kind,  # type: ignore[arg-type]  # checked against KINDS above
        order=order,
        expression=expression,
        fields=_keys(data, where),
        require=_words(data, "require", where),
        time=time,
        level=_choice(data, "level", LEVEL_KINDS, where),
        multiline=bool(data.get("multiline", False)),
        inner=data.get("inner"),
        extra=_words(data, "extra", where),
        vector=bool(data.get("vector", False)),
        samples=_samples(data, where),
    )
