"""The one JSON form of a value, byte for byte: what the journal hashes and stores.

On the subset allowed here (no floats, keys of `[a-z0-9_]`) the bytes equal RFC 8785's.
"""

import json
import re
from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

_KEY = re.compile(r"[a-z0-9_]{1,64}")
_SAFE_INTEGER = 2**53


class NotCanonical(ValueError):  # noqa: N818 - reads as what it is: the value is not canonical
    """The value cannot be written in one form only; the message names the place and the reason."""


def canonical(value: Json) -> bytes:
    """Return the canonical bytes of `value`.

    Raises:
        NotCanonical: For floats, integers beyond ±2^53, keys outside `[a-z0-9_]`, unpaired
            surrogates or any other type: each of them has more than one spelling somewhere.
    """
    _check(value, "$")
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


def _check(value: object, where: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise NotCanonical(f"{where}: text with an unpaired surrogate") from None
    elif isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise NotCanonical(f"{where}: {value} is beyond ±2^53")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise NotCanonical(f"{where}: key {key!r} is not of [a-z0-9_]")
            _check(item, f"{where}.{key}")
    else:
        raise NotCanonical(f"{where}: {type(value).__name__} has no canonical form")
