"""Carry a journal from one database into another, hash by hash: nothing is made anew."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from warroom.core.codec import encode_time
from warroom.core.journal import JournalDamaged, JournalError
from warroom.store import projections
from warroom.store.chain import genesis
from warroom.store.records import AFTER, head_of
from warroom.store.tables import EVENT, HEAD

_PAGE = 500


def last_until(connection: Connection, at: datetime) -> int:
    """Return the position of the last event that is not later than `at`; 0: none."""
    query = select(func.coalesce(func.max(EVENT.c.seq), 0)).where(EVENT.c.at <= encode_time(at))
    return int(connection.execute(query).scalar_one())


def carry(source: Connection, target: Connection, last: int | None = None) -> None:
    """Copy the events up to `last` (all by default) into a journal of the same name without any.

    Raises:
        JournalError: The target has events, or belongs to another journal.
        JournalDamaged: The source is not whole.
    """
    head, there = head_of(source), head_of(target)
    if there.seq or there.journal_id != head.journal_id:
        raise JournalError("the target already holds a journal", "Name an empty place.")
    until = head.seq if last is None else min(last, head.seq)
    seq, digest = 0, genesis(head.journal_id)
    incidents: set[str] = set()
    while seq < until:
        page = source.execute(AFTER, {"seq": seq, "limit": min(_PAGE, until - seq)}).all()
        if not page:
            raise JournalDamaged(
                f"event {seq + 1} is missing", "Run `warroom journal verify` on the source."
            )
        rows: list[dict[str, Any]] = [dict(row._mapping) for row in page]  # noqa: SLF001 - public
        target.execute(insert(EVENT), rows)
        seq, digest = rows[-1]["seq"], rows[-1]["hash"]
        incidents.update(row["incident"] for row in rows)
    target.execute(update(HEAD), {"seq": seq, "hash": digest, "incidents": len(incidents)})
    projections.rebuild(target)
