"""Turn frozen dataclasses into canonical JSON values and back, by their annotations alone."""

import dataclasses
import types
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
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
    for name, hint in _hints(cast("Hashable", kind)).items():
        if name in value:
            found[name] = _decode(hint, value[name], f"{kind.__name__}.{name}")
    try:
        return kind(**found)
    except TypeError as error:
        raise CannotDecode(f"{kind.__name__}: {error}") from None


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(cast("Any", kind))}


def _decode(hint: Any, value: Json, where: str) -> object:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        if value is None and len(options) < len(get_args(hint)):
            return None
        return _decode(options[0], value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise CannotDecode(f"{where}: expected a list")
        return tuple(_decode(get_args(hint)[0], item, where) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise CannotDecode(f"{where}: expected an object")
        keys, items = get_args(hint)
        return {
            _decode(keys, key, where): _decode(items, item, where) for key, item in value.items()
        }
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, value)
    if hint is datetime:
        if not isinstance(value, str):
            raise CannotDecode(f"{where}: expected a time")
        return decode_time(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise CannotDecode(f"{where}: {value!r} is not a {hint.__name__}") from None
    if isinstance(hint, type) and isinstance(value, hint):
        return value
    raise CannotDecode(f"{where}: {value!r} does not fit")
