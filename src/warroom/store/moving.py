"""Carry a journal from a file into a team's PostgreSQL, and prove that both are the same."""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select

from warroom.core.journal import JournalDamaged, JournalError, Verified
from warroom.store.backup import into_server
from warroom.store.disk import look
from warroom.store.lock import WriterLock
from warroom.store.opening import open_journal
from warroom.store.place import place_of
from warroom.store.tables import TOKEN
from warroom.store.transactions import Tuning


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Both journals were read again from the first event to the last, and are one chain."""

    source: str
    target: str
    verified: Verified
    """Of the target; that of the source is the same."""
    tokens: int


def move(source: str | os.PathLike[str], target: str | os.PathLike[str], *, anchors: Path) -> Moved:
    """Copy a file's journal with its tokens into an empty place on a server.

    Nobody can write to the file meanwhile, and it is left as it is.

    Raises:
        JournalError: The target is no server or holds a journal already, or the source is no file.
        JournalDamaged: The source is not whole, or the two differ; nothing is left in the target.
    """
    origin, place = place_of(source), place_of(target)
    if origin.path is None:
        raise JournalError(f"{origin.label} is no file", "A journal is moved out of a file.")
    if place.path is not None:
        raise JournalError(f"{place.label} is no server", "Name postgresql://user@host/database.")
    look(origin.path, origin)
    deadline = time.monotonic() + Tuning().busy_seconds
    lock = WriterLock(origin.path.with_name(origin.path.name + ".lock"), origin.label)
    with closing(lock), lock.hold(deadline):
        with open_journal(source, read_only=True, anchors=anchors) as journal:
            before = journal.verify()
            if before.problems:
                raise JournalDamaged(
                    f"{origin.label} is not whole: {before.problems[0]}",
                    "Restore it from a backup first.",
                )
            rows = journal.transactions.read(
                lambda c: [dict(row) for row in c.execute(select(TOKEN)).mappings()]
            )
            journal.transactions.read(lambda c: into_server(c, place, anchors))
        with open_journal(target, anchors=anchors) as there:
            if rows:
                there.transactions.write(lambda c: c.execute(insert(TOKEN), rows))
            after = there.verify()
    if after != before:
        raise JournalDamaged(
            f"{place.label} is not the same as {origin.label}: "
            f"{'; '.join(after.problems) or f'it ends with {after.head_hash}'}",
            "Go on with the file, and tell whoever runs the server.",
        )
    return Moved(source=origin.label, target=place.label, verified=after, tokens=len(rows))
