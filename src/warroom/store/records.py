"""From a command's decision to event rows and from event rows back to records."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from warroom.core.canonical import NotCanonical, canonical
from warroom.core.codec import CannotDecode, decode_time, encode_time
from warroom.core.events import Event, Recorded, from_payload, kind_of, to_payload
from warroom.core.journal import JournalDamaged, JournalError, Origin
from warroom.store.chain import link
from warroom.store.tables import EVENT, HEAD

# Built once: building a statement costs more than running it.
_IN_ORDER = select(EVENT).order_by(EVENT.c.seq)
AFTER = _IN_ORDER.where(EVENT.c.seq > bindparam("seq")).limit(bindparam("limit"))
BY_COMMAND = _IN_ORDER.where(EVENT.c.command_id == bindparam("command_id"))
BY_INCIDENT = _IN_ORDER.where(
    EVENT.c.incident == bindparam("incident"),
    EVENT.c.version.between(bindparam("first"), bindparam("last")),
)
BY_KIND = _IN_ORDER.where(EVENT.c.kind == bindparam("kind"))
WITH_KIND = select(EVENT.c.incident).where(EVENT.c.kind == bindparam("kind")).distinct()
BY_INCIDENTS = (
    select(EVENT)
    .where(EVENT.c.incident.in_(bindparam("incidents", expanding=True)))
    .order_by(EVENT.c.incident, EVENT.c.version)
)
NEWEST = 2**53
"""As `last` version: all there are."""


def head_of(connection: Connection) -> Any:
    """Return the head row.

    Raises:
        JournalDamaged: If there is not exactly one.
    """
    rows = connection.execute(select(HEAD)).all()
    if len(rows) != 1:
        raise JournalDamaged(
            "the head of the journal is missing",
            "Keep the file as it is and restore the journal from a backup.",
        )
    return rows[0]


def to_record(row: Any) -> Recorded:
    """Return the record of an event row.

    Raises:
        JournalDamaged: If the stored bytes are not an event.
    """
    try:
        return Recorded(
            seq=row.seq,
            incident=row.incident,
            version=row.version,
            at=decode_time(row.at),
            actor=row.actor,
            device=row.device,
            command_id=row.command_id,
            event=from_payload(row.kind, json.loads(str(row.body, "utf-8"))),
        )
    except (CannotDecode, ValueError, TypeError) as error:
        raise JournalDamaged(
            f"event {row.seq} cannot be read: {error}",
            "Run `warroom journal verify`; restore the journal from a backup if it is damaged.",
        ) from error


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one command, ready to be inserted."""

    records: tuple[Recorded, ...]
    rows: tuple[dict[str, Any], ...]

    @property
    def last_hash(self) -> bytes:
        """The new head."""
        last: bytes = self.rows[-1]["hash"]
        return last


def batch(
    decided: Iterable[Event], origin: Origin, incident: str, version: int, head: tuple[int, bytes]
) -> Batch:
    """Return the rows and records of the events that follow `head`.

    Args:
        decided: At least one event.
        origin: Who, where, which command, when.
        incident: The incident they belong to.
        version: Its version before them.
        head: Position and hash of the last event of the journal.

    Raises:
        JournalError: If an event cannot be written in one form only.
    """
    seq, prev = head
    try:
        at = encode_time(origin.now)
        rows: list[dict[str, Any]] = []
        for part, event in enumerate(decided):
            body = canonical(to_payload(event))
            place = (
                seq + part + 1,
                at,
                incident,
                version + part + 1,
                kind_of(event),
                origin.actor,
                origin.device,
                origin.command_id,
            )
            digest = link(prev, place, body)
            names = ("seq", "at", "incident", "version", "kind", "actor", "device", "command_id")
            row: dict[str, Any] = dict(zip(names, place, strict=True))
            rows.append({**row, "part": part, "body": body, "prev": prev, "hash": digest})
            prev = digest
    except (NotCanonical, TypeError) as error:
        raise JournalError(
            f"this cannot be stored: {error}", "Nothing was stored; change that value."
        ) from error
    # Records are read back from the bytes: what is shown now is what a restart will show.
    records = tuple(to_record(SimpleNamespace(**row)) for row in rows)
    return Batch(records=records, rows=tuple(rows))
