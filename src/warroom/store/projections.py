"""Projections: tables that can be thrown away and made again from the events."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    text,
    update,
)

from warroom.core.codec import encode_time
from warroom.core.fold import evolve
from warroom.core.journal import JournalDamaged
from warroom.core.state import Incident
from warroom.store.records import AFTER, to_record
from warroom.store.tables import DOCUMENT, INCIDENT
from warroom.store.words import fold, words_of

_PAGE = 500
"""Events read at a time."""

_HALF = 32
"""Bits of a position in a document's row number: four thousand million events."""

_WORDS = 20
"""Words of a query that are looked for."""

_SUPERSEDING = "postmortem_edited"
"""The kind of event whose text replaces the one before: only the last is found by a search."""


_OPEN = insert(INCIDENT)
_CHANGE = update(INCIDENT).where(INCIDENT.c.number == bindparam("which"))
_SAY = insert(DOCUMENT)


def number_of(incident: str) -> int:
    """Return n of `INC-n`."""
    return int(incident.removeprefix("INC-"))


def incident_row(state: Incident, last_hash: bytes) -> dict[str, Any]:
    """Return the projection of an incident."""
    return {
        "number": number_of(state.id),
        "id": state.id,
        "version": state.version,
        "last_hash": last_hash,
        "title": _plain(state.title),
        "service": _plain(state.service),
        "priority": state.priority.value,
        "category": state.category.value,
        "phase": state.phase.value,
        "client": _plain(state.client),
        "commander": _plain(state.commander),
        "declared_at": encode_time(state.declared_at),
        "changed_at": encode_time(state.changed_at),
        "started_at": _time(state.started_at),
        "acknowledged_at": _time(state.acknowledged_at),
        "contained_at": _time(state.contained_at),
        "resolved_at": _time(state.resolved_at),
        "closed_at": _time(state.closed_at),
        "snoozed_until": _time(state.snoozed_until),
    }


def document_rows(rows: Iterable[tuple[int, str, str, bytes]]) -> list[dict[str, Any]]:
    """Return the words of events given as (seq, incident, kind, body); none without words.

    The row's number holds the incident's in its upper half, so that a search reads no rows. The
    lower half is the event's position, or zero for a text that replaces the one before.
    """
    found: dict[int, dict[str, Any]] = {}
    for seq, incident, kind, body in rows:
        words = words_of(json.loads(str(body, "utf-8")))
        replaces = kind == _SUPERSEDING
        rowid = (number_of(incident) << _HALF) | (0 if replaces else seq)
        if words or replaces:
            found[rowid] = {"rowid": rowid, "words": words}
    return list(found.values())


def store(
    connection: Connection, state: Incident, last_hash: bytes, rows: Sequence[dict[str, Any]]
) -> None:
    """Bring the projections of one incident up to its new events, in the same transaction."""
    row = incident_row(state, last_hash)
    if state.version == len(rows):
        connection.execute(_OPEN, row)
    else:
        connection.execute(_CHANGE, {**row, "which": row["number"]})
    _store_documents(
        connection, [(row["seq"], row["incident"], row["kind"], row["body"]) for row in rows]
    )


def rebuild(connection: Connection) -> int:
    """Make all projections again from the events; returns how many incidents there are."""
    connection.execute(delete(INCIDENT))
    connection.execute(delete(DOCUMENT))
    states: dict[str, Incident] = {}
    hashes: dict[str, bytes] = {}
    seq = 0
    while page := connection.execute(AFTER, {"seq": seq, "limit": _PAGE}).all():
        for row in page:
            fold_into(states, row)
            hashes[row.incident] = row.hash
        _store_documents(connection, [(r.seq, r.incident, r.kind, r.body) for r in page])
        seq = page[-1].seq
    if states:
        rows = [incident_row(state, hashes[name]) for name, state in states.items()]
        connection.execute(_OPEN, rows)
    return len(states)


def fold_into(states: dict[str, Incident], row: Any) -> None:
    """Apply one event row to the states.

    Raises:
        JournalDamaged: If the event cannot follow.
    """
    record = to_record(row)
    try:
        states[record.incident] = evolve(states.get(record.incident), record)
    except ValueError as error:
        raise JournalDamaged(
            f"event {record.seq} cannot be applied: {error}", "Run `warroom journal verify`."
        ) from error


def find(connection: Connection, query: str, limit: int) -> list[str]:
    """Return the incidents whose events together hold all the words of a query, newest first.

    A word is found by its beginning as well; an empty query finds nothing.
    """
    words = fold(query)
    if not words:
        return []
    if connection.dialect.name == "sqlite":
        holds, pattern = "document MATCH :{}", '"{}"*'
    else:
        holds, pattern = "vector @@ CAST(:{} AS tsquery)", "'{}':*"
    names = select(INCIDENT.c.id)
    for index, word in enumerate(words[:_WORDS]):
        matching = text(holds.format(f"w{index}")).bindparams(**{f"w{index}": pattern.format(word)})
        number: ColumnElement[int] = literal_column(f"rowid >> {_HALF}")
        numbers = select(number).select_from(DOCUMENT).where(matching)
        names = names.where(INCIDENT.c.number.in_(numbers))
    rows = connection.execute(names.order_by(INCIDENT.c.number.desc()).limit(limit))
    return [row[0] for row in rows]


def _store_documents(connection: Connection, rows: Sequence[tuple[int, str, str, bytes]]) -> None:
    documents = document_rows(rows)
    replaced = [row["rowid"] for row in documents if not row["rowid"] & (2**_HALF - 1)]
    if replaced:
        connection.execute(delete(DOCUMENT).where(DOCUMENT.c.rowid.in_(replaced)))
    if documents:
        connection.execute(_SAY, documents)


def _time(at: datetime | None) -> str | None:
    return None if at is None else encode_time(at)


def _plain(value: str) -> str:
    # PostgreSQL's text cannot hold NUL; the event keeps it, its projection need not.
    return value.replace("\0", "")
