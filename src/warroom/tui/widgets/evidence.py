"""Lines of a log as evidence, and as text for somebody else's window."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

from warroom.core.events import Excerpt
from warroom.core.text import clean_text
from warroom.logs.protocol import Entry
from warroom.runbooks.redact import redact_shapes

MOST_LINES = 500
"""Lines pinned or copied at once."""
_TMUX_SECONDS = 2.0


def excerpts(entries: Sequence[Entry]) -> list[Excerpt]:
    """Return the entries as evidence: one excerpt for each run of neighbours in one source.

    The hash is of the raw bytes as they stand in the source, lines joined by their newlines; what
    has the shape of a secret is hidden in the text that is kept, never in what is hashed.
    """
    runs: list[list[Entry]] = []
    for entry in entries:
        if entry.gap is not None:
            continue
        last = runs[-1][-1] if runs else None
        if last is not None and last.source == entry.source and last.row + 1 == entry.row:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [_excerpt(run) for run in runs]


def _excerpt(run: Sequence[Entry]) -> Excerpt:
    raw = b"\n".join(entry.raw for entry in run)
    at = next((entry.at for entry in run if entry.at is not None), None)
    return Excerpt(
        source=run[0].source,
        offset=run[0].offset,
        sha256=hashlib.sha256(raw).hexdigest(),
        text=redact_shapes(raw.decode("utf-8", "replace")),
        at=None if at is None else datetime.fromtimestamp(at, UTC),
        lines=raw.count(b"\n") + 1,
    )


class Pins:
    """Which entries are evidence already."""

    def __init__(self, pinned: Sequence[Excerpt] = ()) -> None:
        self.key = tuple((one.source, one.offset, one.sha256) for one in pinned)
        self._single = {(one.source, one.offset) for one in pinned if one.offset >= 0}
        self._hashes = {one.sha256 for one in pinned if one.offset < 0}
        self._ranges = [
            (one.source, one.offset, one.offset + len(one.text.encode("utf-8", "replace")))
            for one in pinned
            if one.lines > 1 and one.offset >= 0
        ]

    def __call__(self, entry: Entry) -> bool:
        """Whether an entry is pinned, alone or within a range."""
        if entry.offset < 0:
            return bool(self._hashes) and hashlib.sha256(entry.raw).hexdigest() in self._hashes
        return (entry.source, entry.offset) in self._single or any(
            source == entry.source and start <= entry.offset < stop
            for source, start, stop in self._ranges
        )


def copy_text(entries: Sequence[Entry]) -> str:
    """Return clean lines without gutter and colours, and on a last line where they are from."""
    said = [entry for entry in entries if entry.gap is None]
    if not said:
        return ""
    lines = [redact_shapes(clean_text(entry.raw)) for entry in said]
    place = f" byte {said[0].offset}" if said[0].offset >= 0 else ""
    return "\n".join([*lines, f"-- {clean_text(said[0].source)}{place}", ""])


def copy_with_tmux(text: str) -> bool:
    """Hand the text to tmux, which swallows what a program asks the terminal to copy.

    Returns whether it took it; blocks for at most two seconds.
    """
    if not os.environ.get("TMUX") or shutil.which("tmux") is None:
        return False
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
            capture_output=True,
            timeout=_TMUX_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
