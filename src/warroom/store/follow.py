"""A copy of another machine's journal: its events are taken over hash by hash, never made here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from warroom.core.canonical import NotCanonical
from warroom.core.codec import CannotDecode
from warroom.core.events import Recorded
from warroom.core.journal import JournalDamaged, Link
from warroom.store import projections
from warroom.store.chain import link as chained
from warroom.store.records import AFTER, to_record
from warroom.store.states import Known, States
from warroom.store.tables import EVENT, HEAD

_HEAD = select(HEAD).with_for_update()


def links_after(connection: Connection, seq: int, limit: int) -> tuple[Link, ...]:
    """Return the events after a position as they were hashed."""
    return tuple(
        Link(
            seq=row.seq,
            at=row.at,
            incident=row.incident,
            version=row.version,
            kind=row.kind,
            actor=row.actor,
            device=row.device,
            command_id=row.command_id,
            part=row.part,
            body=str(row.body, "utf-8"),
            hash=row.hash.hex(),
        )
        for row in connection.execute(AFTER, {"seq": seq, "limit": limit})
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over."""

    records: tuple[Recorded, ...]
    head: tuple[int, bytes, str]
    """The new one: position, hash, name of the journal."""
    states: tuple[Known, ...]
    """The incidents concerned as they stand now; good once it is committed."""


def take(connection: Connection, links: Sequence[Link], states: States) -> Taken:
    """Append what follows the head of a copy; what it already holds is passed over.

    Raises:
        JournalDamaged: An event is missing before these, or its hash does not fit: this is not the
            continuation of what the copy holds. Nothing was stored.
    """
    head = connection.execute(_HEAD).one()
    seq, digest, opened = head.seq, bytes(head.hash), head.incidents
    rows: list[dict[str, Any]] = []
    for given in links:
        if given.seq <= seq:
            continue
        if given.seq != seq + 1:
            raise JournalDamaged(
                f"event {seq + 1} is missing before event {given.seq} from the server",
                "Nothing was stored.",
            )
        row = _row(given, digest)
        rows.append(row)
        seq, digest = given.seq, row["hash"]
        opened += given.version == 1
    known: tuple[Known, ...] = ()
    if rows:
        before = {name: states.load(connection, name) for name in {row["incident"] for row in rows}}
        connection.execute(insert(EVENT), rows)
        connection.execute(update(HEAD), {"seq": seq, "hash": digest, "incidents": opened})
        known = tuple(_project(connection, rows, before))
    records = tuple(to_record(_Row(row)) for row in rows)
    return Taken(records, (seq, digest, str(head.journal_id)), known)


class _Row:
    """A row that is not in the database yet, read like one that is."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.__dict__.update(row)


def _row(given: Link, prev: bytes) -> dict[str, Any]:
    place = (
        given.seq,
        given.at,
        given.incident,
        given.version,
        given.kind,
        given.actor,
        given.device,
        given.command_id,
    )
    try:
        body = given.body.encode("utf-8")
        digest = chained(prev, place, body)
    except (NotCanonical, UnicodeEncodeError) as error:
        raise JournalDamaged(f"event {given.seq} from the server: {error}") from error
    if digest.hex() != given.hash:
        raise JournalDamaged(
            f"event {given.seq} from the server does not continue what this copy holds",
            "The server's history is another one, or was changed: ask who runs it.",
        )
    names = ("seq", "at", "incident", "version", "kind", "actor", "device", "command_id")
    row: dict[str, Any] = dict(zip(names, place, strict=True))
    return {**row, "part": given.part, "body": body, "prev": prev, "hash": digest}


def _project(
    connection: Connection, rows: Sequence[dict[str, Any]], before: Mapping[str, Known | None]
) -> Iterator[Known]:
    """Bring the projections up to date from the states before; yield those after."""
    for name, known in before.items():
        mine = [row for row in rows if row["incident"] == name]
        states = {} if known is None else {name: known.state}
        try:
            for row in mine:
                projections.fold_into(states, _Row(row))
        except CannotDecode as error:
            raise JournalDamaged(f"an event of {name} cannot be read: {error}") from error
        projections.store(connection, states[name], mine[-1]["hash"], mine)
        yield Known(states[name], mine[-1]["hash"])
