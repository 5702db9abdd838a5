"""Find single values of a JSON document, or of a line of pairs, without naming all the others."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from warroom.logs.formats.model import Format
from warroom.logs.formats.values import PAIR, is_pair, pair_text, scalar, unquoted

Document = dict[str, Any]

_PAIR = re.compile(PAIR.pattern.decode(), re.ASCII)
_START = re.compile(rb"\s*\{")


class UnclearError(Exception):
    """The short way cannot tell what `flatten` would say: a list, or a name that stands twice."""


def read(raw: bytes) -> Document | None:
    """Return the JSON object that a line is, None where it is none."""
    if not _START.match(raw):
        return None
    try:
        value = json.loads(raw.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def quick_read() -> Callable[[bytes], Document | None]:
    """Return what does the same in a third of the time; its import takes 40 ms."""
    from pydantic_core import from_json  # noqa: PLC0415 - only a log of JSON lines is worth it

    def quick(raw: bytes) -> Document | None:
        try:
            value = from_json(raw, cache_strings="keys")
        except ValueError:
            return read(raw)  # it also reads deeper objects and half a surrogate pair
        return value if type(value) is dict else None

    return quick


def pairs(raw: bytes) -> Document | None:
    """Return the pairs of a line of logfmt, None for fewer than two.

    Raises:
        UnclearError: There are words between them.
    """
    found: Document = {}
    for name, value, _, _ in _PAIR.findall(raw.decode("utf-8", "replace")):
        if not name:
            raise UnclearError
        found[name] = unquoted(value) if value[:1] == '"' else value
    return found if len(found) >= 2 else None


@dataclass(frozen=True, slots=True)
class _Step:
    """A key that a dotted name may begin with: keys have dots of their own."""

    key: str
    rest: str
    """The rest of the name; empty: the value is here."""
    then: "tuple[_Step, ...]"


def _steps(name: str) -> tuple[_Step, ...]:
    parts = name.split(".")
    found = []
    for count in range(1, len(parts) + 1):
        rest = ".".join(parts[count:])
        found.append(_Step(".".join(parts[:count]), rest, _steps(rest) if rest else ()))
    return tuple(found)


def _gather(steps: Sequence[_Step], within: Document, found: list[str]) -> None:
    """Add every text that stands under a name.

    Raises:
        UnclearError: A list stands there.
    """
    for step in steps:
        value = within.get(step.key)
        if value is None:
            continue
        kind = type(value)
        if kind is dict:
            _gather(step.then, value, found)
        elif kind is list:
            if not step.rest:
                raise UnclearError
            if value and all(is_pair(each) for each in value):  # OpenTelemetry's attributes
                found += [pair_text(each["value"]) for each in value if each["key"] == step.rest]
        elif not step.rest:
            found.append(scalar(value) or "")


@dataclass(frozen=True, slots=True)
class _Name:
    """One dotted name; without a dot it has no steps."""

    key: str
    steps: tuple[_Step, ...]

    def begins_with(self, keys: frozenset[str]) -> bool:
        """Say whether a document with these keys may have it."""
        return any(step.key in keys for step in self.steps) if self.steps else self.key in keys


def _name(key: str) -> _Name:
    return _Name(key, _steps(key) if "." in key else ())


def _first(names: Sequence[_Name], within: Document) -> str | None:
    """Return what stands under the first of some names that has anything, None for nothing.

    Raises:
        UnclearError: A list does, or several values.
    """
    for name in names:
        if name.steps:
            found: list[str] = []
            _gather(name.steps, within, found)
            if len(found) > 1:
                raise UnclearError
            if found:
                return found[0]
            continue
        value = within.get(name.key)
        if type(value) is str:
            return value
        if type(value) is list:
            raise UnclearError
        text = scalar(value)
        if text is not None:
            return text
    return None


@dataclass(frozen=True, slots=True)
class _Places:
    """Under which names something is looked for, each list in order."""

    require: Sequence[Sequence[_Name]]
    wanted: Sequence[Sequence[_Name]]
    """Time, status, level and inner line."""

    def of(self, keys: frozenset[str]) -> "_Places | None":
        """Return the names that a document with these keys may have, None where it cannot fit."""

        def kept(each: Sequence[Sequence[_Name]]) -> list[list[_Name]]:
            return [[name for name in names if name.begins_with(keys)] for names in each]

        require = kept(self.require)
        return _Places(require, kept(self.wanted)) if all(require) else None


_TEXTS = frozenset((str, int, float, bool))
"""What `scalar` has a text for."""
_SHAPES = 256
"""Sets of keys that are remembered: a log has few, a hostile one as many as it has lines."""


class Finder:
    """Finds what the index keeps in the documents of a format."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._known: dict[tuple[str, ...], _Places | None] = {}

    def find(self, within: Document) -> tuple[str, str, str, str] | None:
        """Return time, status, level and the inner line as texts, empty where there is none.

        Returns:
            None for a document that the format does not fit.

        Raises:
            UnclearError: All of its fields must be looked at.
        """
        keys = tuple(within)
        try:
            places = self._known[keys]
        except KeyError:
            if len(self._known) >= _SHAPES:
                self._known.clear()
            places = self._known[keys] = self._places.of(frozenset(keys))
        if places is None:
            return None
        for names in places.require:
            if type(within.get(names[0].key)) not in _TEXTS and _first(names, within) is None:
                return None
        at, status, level, inner = places.wanted
        return (
            _first(at, within) or "",
            _first(status, within) or "",
            _first(level, within) or "",
            _first(inner, within) or "",
        )


def finder(form: Format) -> Finder | None:
    """Return what looks there; None where another field may take one of the values away."""
    if form.kind not in {"json", "logfmt"}:
        return None
    kept = ("at", "status", "level", form.inner)
    keys = [dict.fromkeys((*form.fields.get(name, ()), name)) if name else () for name in kept]
    others = {key for name, each in form.fields.items() if name not in kept for key in each}
    mine = [key for each in keys for key in each]
    if others.intersection(mine) or len(set(mine)) != len(mine):
        return None
    require = [[_name(key) for key in key.split("|")] for key in form.require]
    return Finder(_Places(require, [[_name(key) for key in each] for each in keys]))
