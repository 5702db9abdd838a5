"""Open the logs that a person names: files, globs, sources of the configuration, URL-like names."""

import glob
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from warroom.logs.errors import LogError
from warroom.logs.opening import Reading, open_files
from warroom.logs.sources import (
    Source,
    checked_zone,
    open_source,
    reading_for,
    signed_span,
    source_at,
)

if TYPE_CHECKING:
    from warroom.logs.merged import Mergeable
    from warroom.settings import Settings


def source_named(settings: "Settings", name: str) -> Source | None:
    """Return the source of the configuration or the URL-like name; None: it names files.

    Raises:
        LogError: It is a URL-like name that cannot be used.
    """
    return settings.tables.sources.get(name) or source_at(name)


def files_of(name: str) -> list[str]:
    """Return the files of a pattern; a name that is no pattern, or matches nothing, is itself."""
    name = str(Path(name).expanduser())
    return sorted(glob.glob(name)) or [name]  # noqa: PTH207 - takes absolute patterns


def files_named(settings: "Settings", name: str, how: Reading) -> dict[Path, Reading]:
    """Return the files of a path, a glob or a source of files, and how to read each.

    There are none of a command or a log system.

    Raises:
        LogError: A correction of the settings cannot be used.
    """
    source = source_named(settings, name)
    patterns: tuple[str, ...] = (name,)
    if source is not None:
        patterns, how = source.files, replace(reading_for(source, how), label=None)
        how = corrected(settings, how, name)
    return {
        Path(each): corrected(settings, how, each)
        for pattern in patterns
        for each in files_of(pattern)
    }


def open_named(settings: "Settings", names: Sequence[str], how: Reading) -> "list[Mergeable]":
    """Open everything that is named, each log by itself.

    Raises:
        LogError: One cannot be opened; those opened before are closed again.
    """
    files: dict[Path, Reading] = {}
    others: list[Source] = []
    for name in names:
        source = source_named(settings, name)
        if source is None or source.kind == "files":
            files |= files_named(settings, name, how)
        else:
            others.append(source)
    opened: list[Mergeable] = []
    opened += open_files(list(files), lambda path: files.get(path, how))
    try:
        for source in others:
            its = corrected(settings, reading_for(source, how), source.name)
            opened.append(open_source(source, its))
    except LogError:
        for log in opened:
            log.close()
        raise
    return opened


def corrected(settings: "Settings", how: Reading, name: str) -> Reading:
    """Return how to read a log whose zone or clock the settings correct, as `[NAME=]VALUE`.

    Raises:
        LogError: There is no such zone, or it is no length of time.
    """
    for text in settings.zones:
        if _meant(text, name):
            how = replace(how, zone=ZoneInfo(checked_zone(text.rpartition("=")[2])))
    for text in settings.skews:
        if _meant(text, name):
            how = replace(how, skew=signed_span(text.rpartition("=")[2]))
    return how


def _meant(text: str, name: str) -> bool:
    only, sign, _ = text.rpartition("=")
    return not sign or only in {name, Path(name).name}
