"""Turn frozen dataclasses into canonical JSON values and back, by their annotations alone."""

import dataclasses
import types
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from warroom.core.canonical import Json

T = TypeVar("T")


class CannotDecode(ValueError):  # noqa: N818 - reads as what it is
    """A stored value does not fit its type; the message names the field."""


def encode(value: object) -> Json:
    """Return the JSON form of a dataclass, or of anything that one may hold.

    Datetimes become `2026-11-21T14:02:11.000000Z` (always UTC, always microseconds), enums their
    value, tuples lists. Floats are refused by the canonical form, not here.

    Raises:
        TypeError: For a naive datetime or a type without a JSON form.
    """
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return encode_time(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        items = sorted(value) if isinstance(value, frozenset) else value
        return [encode(item) for item in items]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def encode_time(at: datetime) -> str:
    """Return an instant as text that sorts like the instant.

    Raises:
        TypeError: For a naive datetime: nobody can say which instant it is.
    """
    if at.tzinfo is None:
        raise TypeError("a naive datetime is no instant")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def decode_time(text: str) -> datetime:
    """Return the aware UTC instant of `encode_time`'s text or any RFC 3339 form with a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise CannotDecode(f"{text!r} has no time zone")
    return at.astimezone(UTC)


def decode(kind: type[T], value: Json) -> T:
    """Return the dataclass `kind` from its JSON form; fields added since take their default.

    Raises:
        CannotDecode: Where a value does not fit, with the name of the field.
    """
    if not isinstance(value, dict):
        raise CannotDecode(f"{kind.__name__}: expected an object, got {type(value).__name__}")
    found: dict[str, Any] = {}
    for name, read in _readers(cast("Hashable", kind)).items():
        if name in value:
            try:
                found[name] = read(value[name])
            except CannotDecode as error:
                raise CannotDecode(f"{kind.__name__}.{name}: {error}") from None
    try:
        return kind(**found)
    except TypeError as error:
        raise CannotDecode(f"{kind.__name__}: {error}") from None


Reader = Callable[[Json], object]
"""Turns a JSON value into what an annotation says, or raises CannotDecode."""


@cache
def _readers(kind: Hashable) -> dict[str, Reader]:
    """Return how to read each field: annotations are looked at once and not for every event."""
    hints = get_type_hints(kind)
    return {f.name: _reader(hints[f.name]) for f in dataclasses.fields(cast("Any", kind))}


def _reader(hint: Any) -> Reader:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (option,) = (one for one in inner if one is not type(None))  # there is no other union
        return partial(_read_optional, _reader(option))
    if origin is tuple:
        return partial(_read_tuple, _reader(inner[0]))
    if origin is not None and issubclass(origin, Mapping):
        return partial(_read_mapping, _reader(inner[0]), _reader(inner[1]))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return partial(decode, hint)
    if hint is datetime:
        return _read_time
    if issubclass(hint, Enum):
        return partial(_read_enum, hint)
    return partial(_read_plain, hint)


def _read_optional(read: Reader, value: Json) -> object:
    return None if value is None else read(value)


def _read_tuple(read: Reader, value: Json) -> object:
    if not isinstance(value, list):
        raise CannotDecode("expected a list")
    return tuple(map(read, value))


def _read_mapping(key: Reader, item: Reader, value: Json) -> object:
    if not isinstance(value, dict):
        raise CannotDecode("expected an object")
    return {key(k): item(v) for k, v in value.items()}


def _read_time(value: Json) -> object:
    if not isinstance(value, str):
        raise CannotDecode("expected a time")
    return decode_time(value)


def _read_enum(kind: type[Enum], value: Json) -> object:
    try:
        return kind(value)
    except ValueError:
        raise CannotDecode(f"{value!r} is not a {kind.__name__}") from None


def _read_plain(kind: type, value: Json) -> object:
    if not isinstance(value, kind):
        raise CannotDecode(f"{value!r} does not fit")
    return value
