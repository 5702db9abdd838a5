"""Messages beside the journal: what came in, what is to go out. Kept as safely as the events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from warroom.core.codec import decode_time, encode_time
from warroom.core.post import Known, Letter, Parcel, Standing
from warroom.store.journal import SqlJournal
from warroom.store.tables import INBOX, OUTBOX, SIGNAL

_MANY = 500
"""Keys asked for in one statement: well under the bounds on variables of both engines."""

_SETTLE = (
    update(INBOX)
    .where(INBOX.c.id == bindparam("number"))
    .values(
        standing=bindparam("standing"),
        incident=bindparam("incident"),
        reason=bindparam("reason"),
    )
)


class SqlInbox:
    """A `warroom.core.post.Inbox` in the database of a journal."""

    def __init__(self, journal: SqlJournal) -> None:
        self._transactions = journal.transactions

    def put(self, letters: Sequence[Letter]) -> int:
        """Keep messages; returns how many were new."""
        rows = [
            {
                "intake": one.intake,
                "delivery": one.delivery,
                "received_at": encode_time(one.received_at),
                "headers": json.dumps(dict(one.headers)),
                "body": one.body,
                "pulled": int(one.pulled),
                "standing": one.standing.value,
                "incident": one.incident,
                "reason": one.reason,
            }
            for one in letters
        ]

        return self._transactions.write(lambda c: _insert_new(c, INBOX, rows)) if rows else 0

    def waiting(self, limit: int = 500) -> Sequence[Letter]:
        """Messages nobody has looked at, the oldest first."""
        query = (
            select(INBOX)
            .where(INBOX.c.standing == Standing.WAITING.value)
            .order_by(INBOX.c.id)
            .limit(limit)
        )
        return self._transactions.read(lambda c: tuple(_letter(row) for row in c.execute(query)))

    def letters(self, limit: int = 100) -> Sequence[Letter]:
        """The newest messages, whatever became of them."""
        query = select(INBOX).order_by(INBOX.c.id.desc()).limit(limit)
        return self._transactions.read(lambda c: tuple(_letter(row) for row in c.execute(query)))

    def settle(self, letters: Sequence[Letter], signals: Sequence[Known]) -> None:
        """Keep what became of messages and of the signals in them."""
        became = [
            {
                "number": one.id,
                "standing": one.standing.value,
                "incident": one.incident,
                "reason": one.reason,
            }
            for one in letters
        ]

        def work(connection: Connection) -> None:
            if became:
                connection.execute(_SETTLE, became)
            if signals:
                _learn(connection, signals)

        if letters or signals:
            self._transactions.write(work)

    def known(self, source: str, keys: Sequence[str]) -> Mapping[str, Known]:
        """The signals of a source that were told before, by their key."""

        def work(connection: Connection) -> dict[str, Known]:
            found = {}
            for first in range(0, len(keys), _MANY):
                part = keys[first : first + _MANY]
                query = select(SIGNAL).where(SIGNAL.c.source == source, SIGNAL.c.key.in_(part))
                found.update({row.key: _known(row) for row in connection.execute(query)})
            return found

        return self._transactions.read(work)

    def belongs(self, source: str, group: str) -> str:
        """The incident of the newest signal of a group; empty: none."""
        query = (
            select(SIGNAL.c.incident)
            .where(SIGNAL.c.source == source, SIGNAL.c.group == group)
            .order_by(SIGNAL.c.last_at.desc())
            .limit(1)
        )
        return self._transactions.read(lambda c: str(c.execute(query).scalar() or ""))

    def counted(self, incident: str, source: str, group: str) -> tuple[int, int]:
        """How many signals of a group fire in an incident, and how many have ended."""
        query = (
            select(SIGNAL.c.firing, func.count())
            .where(
                SIGNAL.c.incident == incident,
                SIGNAL.c.source == source,
                SIGNAL.c.group == group,
            )
            .group_by(SIGNAL.c.firing)
        )
        found = self._transactions.read(lambda c: {int(f): int(n) for f, n in c.execute(query)})
        return found.get(1, 0), found.get(0, 0)


class SqlOutbox:
    """A `warroom.core.post.Outbox` in the database of a journal."""

    def __init__(self, journal: SqlJournal) -> None:
        self._transactions = journal.transactions

    def post(self, parcels: Sequence[Parcel]) -> int:
        """Keep things to be sent; returns how many were new."""
        rows = [_row(one) for one in parcels]

        return self._transactions.write(lambda c: _insert_new(c, OUTBOX, rows)) if rows else 0

    def take(self, now: datetime, until: datetime, limit: int = 20) -> Sequence[Parcel]:
        """Things that are due; nobody else is given them until `until`."""
        query = (
            select(OUTBOX)
            .where(OUTBOX.c.ended == "", OUTBOX.c.next_at <= encode_time(now))
            .order_by(OUTBOX.c.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> tuple[Parcel, ...]:
            found = tuple(_parcel(row) for row in connection.execute(query))
            for one in found:
                connection.execute(
                    update(OUTBOX)
                    .where(OUTBOX.c.key == one.key)
                    .values(next_at=encode_time(until), attempts=one.attempts + 1)
                )
            return tuple(replace(one, attempts=one.attempts + 1) for one in found)

        due = select(func.count()).where(OUTBOX.c.ended == "", OUTBOX.c.next_at <= encode_time(now))
        if not self._transactions.read(lambda c: int(c.execute(due).scalar_one())):
            return ()  # the usual case takes no write lock
        return self._transactions.write(work)

    def keep(self, parcel: Parcel) -> None:
        """Keep how an attempt went."""
        change = update(OUTBOX).where(OUTBOX.c.key == parcel.key).values(**_row(parcel))
        self._transactions.write(lambda c: c.execute(change))

    def parcels(self, limit: int = 100) -> Sequence[Parcel]:
        """The newest things, however they stand."""
        query = select(OUTBOX).order_by(OUTBOX.c.created_at.desc(), OUTBOX.c.key).limit(limit)
        return self._transactions.read(lambda c: tuple(_parcel(row) for row in c.execute(query)))

    def parcel(self, key: str) -> Parcel | None:
        """The thing of a key."""
        query = select(OUTBOX).where(OUTBOX.c.key == key)
        row = self._transactions.read(lambda c: c.execute(query).first())
        return None if row is None else _parcel(row)


def _insert_new(connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that are not there; returns how many that were."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    statement = insert(table).on_conflict_do_nothing().returning(*table.primary_key)
    return len(connection.execute(statement, rows).all())


def _learn(connection: Connection, signals: Sequence[Known]) -> None:
    rows = [
        {
            "source": one.source,
            "key": one.key,
            "group": one.group,
            "incident": one.incident,
            "firing": int(one.firing),
            "last_at": encode_time(one.last_at),
            "times": 1,
        }
        for one in signals
    ]
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    statement = insert(SIGNAL)
    newest = {name: statement.excluded[name] for name in ("group", "incident", "firing", "last_at")}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[SIGNAL.c.source, SIGNAL.c.key],
            set_={**newest, "times": SIGNAL.c.times + 1},
        ),
        rows,
    )


def _letter(row: Any) -> Letter:
    return Letter(
        id=row.id,
        intake=row.intake,
        delivery=row.delivery,
        received_at=decode_time(row.received_at),
        headers=json.loads(row.headers),
        body=bytes(row.body),
        pulled=bool(row.pulled),
        standing=Standing(row.standing),
        incident=row.incident,
        reason=row.reason,
    )


def _known(row: Any) -> Known:
    return Known(
        source=row.source,
        key=row.key,
        group=row.group,
        incident=row.incident,
        firing=bool(row.firing),
        last_at=decode_time(row.last_at),
        times=row.times,
    )


def _row(one: Parcel) -> dict[str, Any]:
    return {
        "key": one.key,
        "incident": one.incident,
        "what": one.what,
        "kind": one.kind,
        "channel": one.channel,
        "to": one.to,
        "subject": one.subject,
        "text": one.text,
        "created_at": encode_time(one.created_at),
        "next_at": encode_time(one.next_at),
        "attempts": one.attempts,
        "reference": one.reference,
        "reason": one.reason,
        "ended": one.ended,
    }


def _parcel(row: Any) -> Parcel:
    return Parcel(
        key=row.key,
        incident=row.incident,
        what=row.what,
        kind=row.kind,
        channel=row.channel,
        to=row.to,
        subject=row.subject,
        text=row.text,
        created_at=decode_time(row.created_at),
        next_at=decode_time(row.next_at),
        attempts=row.attempts,
        reference=row.reference,
        reason=row.reason,
        ended=row.ended,
    )
