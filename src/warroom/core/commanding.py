"""Commands as data: the name of each, and its JSON form for a wire or an outbox."""

import re
from collections.abc import Mapping
from typing import get_args

from warroom.core import commands as c
from warroom.core.canonical import Json
from warroom.core.codec import CannotDecode, decode, encode

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _spelt(kind: type[c.Command]) -> str:
    return _HUMP.sub("-", kind.__name__).lower()


COMMANDS: Mapping[str, type[c.Command]] = {_spelt(kind): kind for kind in get_args(c.Command)}
"""Every command by its name, as `send-update`; a name, once released, keeps its meaning."""

RUNS = frozenset({c.IntendStep, c.StartStep, c.ReportStep, c.FinishStep, c.SettleStep})
"""The commands of whoever runs steps: their truth is a process on a machine."""

_NAMES = {kind: name for name, kind in COMMANDS.items()}


def name_of(command: c.Command) -> str:
    """Return the name of a command."""
    return _NAMES[type(command)]


def to_json(command: c.Command) -> dict[str, Json]:
    """Return what a command says besides its name."""
    value = encode(command)
    assert isinstance(value, dict)  # noqa: S101 - a dataclass always encodes to an object
    return value


def from_json(name: str, value: Json) -> c.Command:
    """Return the command of a name and its JSON form.

    Raises:
        CannotDecode: There is no such command, or the value does not fit it.
    """
    kind = COMMANDS.get(name)
    if kind is None:
        raise CannotDecode(f"there is no command {name!r}")
    return decode(kind, value)
