"""What changed: JSON lines that deployment tools append to a file, and the order of suspicion."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from warroom.core.codec import CannotDecode, decode_time
from warroom.core.events import ChangeRecorded
from warroom.core.state import Incident
from warroom.core.words import ChangeKind

if TYPE_CHECKING:
    from warroom.logs.analysis.changes import Change

SIZE_LIMIT = 1 << 20
"""Bytes read from the end of a file: some thousand changes, more than any look-back needs."""

DOUBT = timedelta(minutes=5)
"""How far a beginning that a person told may be off."""
_TELLING = re.compile(r"[\w./:{}-]*[\d/._-][\w./:{}-]*\w")
"""Words of a boundary that name something: they hold a digit, a slash, a dot or a dash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A change with its place in the order of suspicion."""

    change: ChangeRecorded
    possible: bool
    """False for what came after the onset: it cannot have led to it."""
    why: str
    """Closeness in time and overlap in name: a correlation, never a cause."""


def suspects(incident: Incident) -> tuple[Suspect, ...]:
    """Return the changes of an incident, most suspicious first, impossible ones last.

    Without a known beginning they stand in order of time, the newest first.
    """
    began = incident.onset.at if incident.onset else incident.started_at
    if began is None:
        newest = sorted(incident.changes, key=lambda x: x.happened_at, reverse=True)
        why = "since when it fails is not known"
        return tuple(Suspect(change=change, possible=True, why=why) for change in newest)
    from warroom.logs.analysis.changes import rank  # noqa: PLC0415 - numpy, when asked
    from warroom.logs.analysis.edges import Edge  # noqa: PLC0415

    low = incident.onset.low if incident.onset else began - DOUBT
    high = incident.onset.high if incident.onset else began + DOUBT
    named = tuple(("", word) for word in _TELLING.findall(incident.boundary))
    known = dict(zip(declared(incident.changes), incident.changes, strict=True))
    ranked = rank(known, Edge(began.timestamp(), low.timestamp(), high.timestamp()), named)
    return tuple(
        Suspect(change=known[one.change], possible=one.possible, why=one.why) for one in ranked
    )


def declared(changes: Sequence[ChangeRecorded]) -> "tuple[Change, ...]":
    """Return changes that were told of as the analysis of a log ranks them with its own."""
    from warroom.logs.analysis.changes import Change  # noqa: PLC0415 - numpy, when asked

    return tuple(
        Change(
            at=change.happened_at.timestamp(),
            text=change.text,
            source=change.kind.value,
            values=(change.release,) if change.release else (),
        )
        for change in changes
    )


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
            text=_text(data["text"], 500),
            happened_at=decode_time(str(data["at"])),
            release=_text(data.get("release", ""), 200),
            reference=_text(data.get("reference", ""), 500),
        )
    except (ValueError, KeyError, AttributeError, TypeError, CannotDecode):
        return None


def _text(value: object, limit: int) -> str:
    """Return text that can be stored: JSON may hold half a character."""
    return str(value)[:limit].encode("utf-8", "replace").decode()
