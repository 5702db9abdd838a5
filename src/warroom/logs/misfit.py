"""Tell a file that is no log: empty, or not text. A silent count of nothing would mislead."""

import re
from pathlib import Path

_LOOK = 1 << 16
"""Bytes at the end that are looked at."""
_MOST = 0.3
"""Share of characters that are none, from which a file is no text. A log in another encoding than
UTF-8 has a few in a hundred; programs and archives have more than half."""
_HOLE = re.compile(rb"\x00{64,}")
"""What `copytruncate` leaves behind in a log: bytes that were never written."""
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd]")


def misfit(path: Path) -> str:
    """Return why a file is no log, with what to do; empty where nothing speaks against it.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _LOOK))
        end = file.read(_LOOK)
    if not end:
        return "the file is empty; name the one that is written to, or wait for its first line"
    text = _HOLE.sub(b"", end).decode("utf-8", "replace")
    share = len(_NO_TEXT.findall(text)) / max(len(text), 1)
    if share < _MOST:
        return ""
    return f"this is no text: {share:.0%} of its end are no characters; name a text file"
