"""Read compressed logs: gzip, bzip2, xz and zstd, told by their first bytes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from warroom.logs.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 20
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
# The standard library's zstd comes with Python 3.14; before that there is the same as a package.
_MODULES = {
    "gzip": ("gzip",),
    "bzip2": ("bz2",),
    "xz": ("lzma",),
    "zstd": ("compression.zstd", "backports.zstd"),
}
_ROTATED = re.compile(
    r"(?:[.\-_](?P<number>\d{1,5})|[.\-_](?P<date>\d{4}-?\d\d-?\d\d(?:[T_\-]?\d{2,6})?))?"
    r"(?:\.log)?(?:\.(?:gz|bz2|xz|zst))?"
)


def compression(head: bytes) -> str | None:
    """Return the name of the compression a file's first bytes are of, None for none."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def compression_of(path: Path) -> str | None:
    """Return the compression of a regular file, None for none.

    Raises:
        OSError: It cannot be read.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return compression(file.read(6))


def _open(path: Path, kind: str) -> IO[bytes]:
    for module in _MODULES[kind]:
        try:
            return cast("IO[bytes]", importlib.import_module(module).open(path, "rb"))
        except ModuleNotFoundError:
            continue
    raise LogError(
        f"{path}: this Python cannot read {kind}; install warroom[zstd], or unpack it first"
    )


def pieces(path: Path, kind: str) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file.

    Raises:
        LogError: It is damaged or cut short, after what could be read of it.
    """
    try:
        with _open(path, kind) as file:
            while piece := file.read(_PIECE):
                yield piece
    except LogError:
        raise
    except Exception as error:  # each library has errors of its own
        raise LogError(f"{path}: the {kind} data is damaged or cut short: {error}") from error


def rotated_set(path: Path) -> list[Path]:
    """Return the older files of a log, the newest first: `access.log.1`, `access.log.2.gz` ...

    Numbered ones come in the order of their numbers, dated ones by date, descending.
    """
    stem = path.name
    found: list[tuple[tuple[int, str], Path]] = []
    for beside in path.parent.iterdir():
        if not beside.name.startswith(stem) or beside.name == stem:
            continue
        match = _ROTATED.fullmatch(beside.name[len(stem) :])
        if match and (match["number"] or match["date"]) and beside.is_file():
            number = int(match["number"] or 0)
            # the newest date first: complement each digit
            date = "".join(str(9 - int(c)) for c in (match["date"] or "") if c.isdigit())
            found.append(((number, date), beside))
    return [beside for _, beside in sorted(found)]


def rotation_groups(paths: list[Path]) -> list[tuple[Path, list[Path]]]:
    """Sort files into logs: each with its older files among those named, the newest first.

    `access.log access.log.1 access.log.2.gz error.log` are two logs.
    """
    named = set(paths)
    older: dict[Path, list[Path]] = {}
    taken: set[Path] = set()
    for path in paths:
        beside = [each for each in rotated_set(path) if each in named]
        if beside:
            older[path] = beside
            taken.update(beside)
    return [(path, older.get(path, [])) for path in dict.fromkeys(paths) if path not in taken]
