"""Open a log by what the user named."""

import os
from datetime import UTC, tzinfo
from pathlib import Path

from warroom.logs.filelog import FileLog
from warroom.logs.formats.load import all_formats, named
from warroom.logs.protocol import Log
from warroom.logs.times import Clock


def open_log(
    path: str | Path,
    *,
    label: str | None = None,
    format_name: str | None = None,
    formats_folder: Path | None = None,
    zone: tzinfo = UTC,
    skew: float = 0.0,
    threaded: bool = True,
) -> Log:
    """Open a log and show its tail at once; a thread indexes the rest and follows the file.

    Args:
        path: A regular file.
        label: Its name on the screen; the file's name where not given.
        format_name: The format, where it should not be recognised from the lines.
        formats_folder: A folder of TOML files with more formats.
        zone: The zone of stamps that do not say theirs.
        skew: Seconds to add to every time of this source.
        threaded: Whether to start the thread; tests call `step` themselves.

    Raises:
        LogError: It cannot be opened; the message says why and what to do.
    """
    text = os.fspath(path)
    formats = all_formats(formats_folder)
    if format_name is not None:
        formats = (named(format_name, formats_folder), named("plain"))
    reference = Path(text).stat().st_mtime if Path(text).exists() else None
    log = FileLog(text, Clock(zone, reference, skew), label=label, formats=formats)
    if threaded:
        log.start()
    return log
