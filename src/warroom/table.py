"""Read one table of the configuration strictly: each key of its kind, none left over."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfoNotFoundError

T = TypeVar("T")


class TableError(ValueError):
    """A table cannot be used; the message names table, key and value."""


class Table:
    """One table: every key is asked for once, and what nobody asks for is a mistake."""

    def __init__(self, where: str, data: Mapping[str, Any]) -> None:
        """`where` is what stands in the brackets."""
        self.where = where
        self._left = dict(data)
        self._known: list[str] = []

    def take(self, key: str, kind: type[T], default: T) -> T:
        """Return the value of a key, which has to be of the kind."""
        self._known.append(key)
        value = self._left.pop(key, default)
        if not isinstance(value, kind):
            raise TableError(f"[{self.where}] {key} = {value!r} is not {_spelt(kind)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty: not there."""
        found = self.take(key, list, [])
        if not all(isinstance(one, str) for one in found):
            raise TableError(f"[{self.where}] {key} = {found!r} is not a list of texts")
        return tuple(found)

    def parsed(self, key: str, text: str, parse: Callable[[str], T]) -> T:
        """Return what a text means; a mistake names the table and the key."""
        try:
            return parse(text)
        except (ValueError, ZoneInfoNotFoundError) as error:
            raise TableError(f"[{self.where}] {key} = {text!r}: {error}") from None

    def done(self) -> None:
        """Refuse what nobody asked for."""
        if self._left:
            known = ", ".join(self._known)
            raise TableError(
                f"[{self.where}] unknown key {next(iter(self._left))!r}; it has {known}"
            )


def _spelt(kind: type) -> str:
    name = kind.__name__
    return {"str": "text", "list": "a list", "dict": "a table"}.get(name, name)


def group(data: Mapping[str, object], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the tables of a group such as `[services.…]` by their name."""
    found = data.get(name, {})
    if not isinstance(found, dict):
        raise TableError(f"{name} is not a group of tables such as [{name}.main]")
    for key, table in found.items():
        if not isinstance(table, dict):
            raise TableError(f"[{name}] {key} = {table!r} is not a table such as [{name}.{key}]")
    return list(found.items())
