"""Declared changes: JSON lines that deployment tools append to a file, one object a change."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from warroom.core.codec import CannotDecode, decode_time
from warroom.core.events import ChangeRecorded
from warroom.core.words import ChangeKind

SIZE_LIMIT = 1 << 20
"""Bytes read from the end of a file: some thousand changes, more than any look-back needs."""


def read_changes(paths: Sequence[Path], since: datetime) -> tuple[ChangeRecorded, ...]:
    """Return the changes of files at or after an instant, in order of time.

    A line is `{"at": "2026-11-20T14:01:58Z", "kind": "deploy", "text": "…", "release": "…"}`; only
    `at` and `text` are needed. A file that is absent or a line that does not fit is passed over:
    somebody else writes them, and an incident does not wait for a well-formed one.
    """
    found = []
    for path in paths:
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - SIZE_LIMIT))
                lines = file.read(SIZE_LIMIT).decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in lines:
            change = _change(line)
            if change is not None and change.happened_at >= since:
                found.append(change)
    return tuple(sorted(found, key=lambda change: change.happened_at))


def _change(line: str) -> ChangeRecorded | None:
    try:
        data = json.loads(line)
        kind = data.get("kind", "deploy")
        return ChangeRecorded(
            kind=ChangeKind(kind) if kind in set(ChangeKind) else ChangeKind.CONFIG,
            text=str(data["text"])[:500],
            happened_at=decode_time(str(data["at"])),
            release=str(data.get("release", ""))[:200],
            reference=str(data.get("reference", ""))[:500],
        )
    except (ValueError, KeyError, AttributeError, TypeError, CannotDecode):
        return None
