"""Load formats: those that are shipped, and the user's own from a folder of TOML files."""

import hashlib
import os
import tomllib
from functools import cache
from pathlib import Path

from warroom.logs.errors import LogError
from warroom.logs.formats.model import Format, from_data


def _parse(text: str, where: str) -> Format:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LogError(f"{where}: not valid TOML: {error}") from error
    return from_data(data, where)


_SHIPPED = Path(__file__).parent


@cache
def shipped() -> tuple[Format, ...]:
    """Return the formats that come with warroom, the most specific first."""
    found = [_parse(entry.read_text("utf-8"), entry.name) for entry in _SHIPPED.glob("*.toml")]
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))


@cache
def shipped_as(name: str) -> Format:
    """Return one of the shipped formats without reading the others, which takes 20 ms.

    Raises:
        LogError: There is none of the name.
    """
    path = _SHIPPED / f"{name}.toml"
    try:
        return _parse(path.read_text("utf-8"), path.name)
    except OSError as error:
        raise LogError(f"there is no shipped log format {name!r}") from error


@cache
def edition() -> str:
    """Return what tells these shipped formats from those of another version of warroom."""
    with os.scandir(_SHIPPED) as entries:
        files = [(each.name, each.stat()) for each in entries if each.name.endswith(".toml")]
    seen = sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _checked(path: Path) -> Format:
    found = _parse(path.read_text("utf-8"), str(path))
    try:
        found.pattern  # noqa: B018 - compiled here, so that what is wrong has the file's name
    except LogError as error:
        raise LogError(f"{path}: {error}") from error
    return found


def from_folder(folder: Path) -> tuple[Format, ...]:
    """Return the formats in a folder, by file name; an absent folder has none.

    Raises:
        LogError: A file cannot be read or is no format; the message names it.
    """
    try:
        paths = sorted(folder.glob("*.toml")) if folder.is_dir() else []
        return tuple(_checked(path) for path in paths)
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"{folder}: cannot read the formats in it: {error}") from error


def all_formats(folder: Path | None = None) -> tuple[Format, ...]:
    """Return the user's formats and the shipped ones; a user's format replaces its namesake."""
    own = from_folder(folder) if folder else ()
    names = {each.name for each in own}
    rest = [each for each in shipped() if each.name not in names]
    return tuple(sorted([*own, *rest], key=lambda each: (each.order, each.name)))


def named(name: str, folder: Path | None = None) -> Format:
    """Return the format of a name.

    Raises:
        LogError: There is none; the message lists those there are.
    """
    known = all_formats(folder)
    for each in known:
        if each.name == name:
            return each
    listed = ", ".join(each.name for each in known)
    raise LogError(f"there is no log format {name!r}; known are {listed}")
