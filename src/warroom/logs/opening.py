"""Open a log by what the user named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from warroom.logs.compressed import compression_of, rotated_set, rotation_groups
from warroom.logs.errors import LogError
from warroom.logs.filelog import FileLog
from warroom.logs.follow import explain
from warroom.logs.formats.load import all_formats, from_folder, named
from warroom.logs.times import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from warroom.logs.formats.model import Format
    from warroom.logs.merged import Mergeable
    from warroom.logs.protocol import Log
    from warroom.logs.streamlog import Feed, StreamLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read a source, whatever it is."""

    label: str | None = None
    """Its name on the screen; the file's or command's name where not given."""
    format_name: str | None = None
    """The format, where it should not be recognised from the lines."""
    formats_folder: Path | None = None
    """A folder of TOML files with more formats."""
    zone: tzinfo = UTC
    """The zone of stamps that do not say theirs."""
    skew: float = 0.0
    """Seconds to add to every time of this source, to correct its clock."""
    delay: float = 0.0
    """Seconds before a file's thread begins: a console draws its first frame meanwhile, which the
    import of numpy would hold up."""
    cache: Path | None = None
    """A folder in which the indexes of large files are kept; None to keep none."""

    def formats(self) -> tuple[Format, ...] | None:
        """Return the formats to recognise, None for those that are shipped.

        Raises:
            LogError: There is no format of the name, or one in the folder is wrong.
        """
        if self.format_name is not None:
            return (named(self.format_name, self.formats_folder), named("plain"))
        if self.formats_folder is None or not from_folder(self.formats_folder):
            return None
        return all_formats(self.formats_folder)


def open_log(
    path: str | Path,
    *,
    history: bool = False,
    threaded: bool = True,
    reading: Reading | None = None,
) -> Log:
    """Open a file and show its tail at once; a thread indexes the rest and follows it.

    Args:
        path: A regular file; a compressed one is unpacked, and not followed.
        history: Whether its rotated files (`access.log.1`, `.2.gz` ...) are read as its beginning.
        threaded: Whether to start the thread; who says no calls `step` (tests do).
        reading: How to read it.

    Raises:
        LogError: It cannot be opened; the message says why and what to do.
    """
    older = rotated_set(Path(path)) if history else []
    return _open_file(Path(path), older, reading or Reading(), threaded=threaded)


def _open_file(
    path: Path, older: Sequence[Path], how: Reading, *, threaded: bool
) -> FileLog | StreamLog:
    try:
        kind = compression_of(path)
        reference = path.stat().st_mtime if path.exists() else None
    except OSError as error:
        raise explain(str(path), error) from error
    clock = Clock(how.zone, reference, how.skew)
    formats = how.formats()
    if kind is not None:
        from warroom.logs.feeds import unpacked  # noqa: PLC0415 - few logs are compressed

        stream = _stream(how.label or path.name, unpacked(path, kind), how, clock)
        if threaded:
            stream.start()
        return stream
    log = FileLog(
        os.fspath(path), clock, label=how.label, formats=formats, older=older, cache=how.cache
    )
    if threaded:
        log.start(how.delay)
    return log


def open_logs(paths: Sequence[str | Path], *, reading: Reading | None = None) -> Log:
    """Open several files as one log, merged by time; rotated files join their log.

    Raises:
        LogError: None was named, or one cannot be opened.
    """
    opened = open_files(paths, lambda _: reading or Reading())
    if not opened:
        raise LogError("no log was named; name at least one file")
    return merged(opened)


def open_files(
    paths: Sequence[str | Path], how: Callable[[Path], Reading]
) -> list[FileLog | StreamLog]:
    """Open files, each by itself and read as `how` says; rotated files join their log.

    Raises:
        LogError: One cannot be opened.
    """
    opened: list[FileLog | StreamLog] = []
    try:
        for path, older in rotation_groups([Path(path) for path in paths]):
            opened.append(_open_file(path, older, how(path), threaded=True))
    except LogError:
        for log in opened:
            log.close()
        raise
    return opened


def merged(logs: Sequence[Mergeable]) -> Log:
    """Return several logs as one, merged by time; one is itself."""
    if len(logs) == 1:
        return logs[0]
    from warroom.logs.merged import MergedLog  # noqa: PLC0415 - only several logs need it

    return MergedLog(logs)


def _stream(label: str, feed: Feed, how: Reading, clock: Clock) -> StreamLog:
    from warroom.logs.streamlog import StreamLog  # noqa: PLC0415 - most logs are plain files

    return StreamLog(label, clock, feed, formats=how.formats())


def open_stream(fd: int, *, reading: Reading | None = None) -> StreamLog:
    """Open what comes in on a descriptor (standard input, a pipe) as a log."""
    from warroom.logs.feeds import descriptor  # noqa: PLC0415 - most logs are plain files

    how = reading or Reading()
    log = _stream(how.label or "stdin", descriptor(fd), how, Clock(how.zone, None, how.skew))
    log.start()
    return log


def open_command(
    argv: Sequence[str], *, restart: bool = True, reading: Reading | None = None
) -> StreamLog:
    """Open the output of a command as a log; the command ends with the log.

    Args:
        argv: The program and its arguments; no shell is involved.
        restart: Whether to start it again, with a growing wait, when it ends.
        reading: How to read it.
    """
    from warroom.logs.feeds import command  # noqa: PLC0415 - imports subprocess

    how = reading or Reading()
    feed = command(list(argv), restart=restart)
    log = _stream(how.label or " ".join(argv[:3]), feed, how, Clock(how.zone, None, how.skew))
    log.start()
    return log
