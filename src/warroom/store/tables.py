"""The tables of the journal as SQLModel describes them; rows never leave this package.

The hot paths (append, replay) use the SQLAlchemy Core tables below, which are the same tables.
"""

from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# SQLite gives a row its own number only to a column that is exactly INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


class Row(SQLModel, registry=registry()):
    """What the tables share: a metadata of their own, apart from any other user of SQLModel."""

    metadata: ClassVar[MetaData] = MetaData()


class EventRow(Row, table=True):
    """One event, as it was hashed."""

    __tablename__ = "event"
    __table_args__ = (
        Unique("incident", "version", name="event_place"),
        Unique("command_id", "part", name="event_command"),
        Unique("hash", name="event_hash"),
        CheckConstraint("seq > 0", name="event_seq_positive"),
        Index("ix_event_kind", "kind", "incident"),
        {"sqlite_strict": True},
    )

    seq: int = Field(sa_type=_NUMBER, primary_key=True, sa_column_kwargs={"autoincrement": False})
    incident: str = Field(sa_type=Text)
    version: int = Field(sa_type=_NUMBER)
    at: str = Field(sa_type=Text)
    """The text that was hashed: one spelling, whatever the database thinks of time."""
    kind: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    device: str = Field(sa_type=Text)
    command_id: str = Field(sa_type=Text)
    part: int = Field(sa_type=_NUMBER)
    """Place among the events of its command, from 0."""
    body: bytes
    """The canonical payload, byte for byte."""
    prev: bytes
    hash: bytes


class HeadRow(Row, table=True):
    """The one row that says where the journal ends; whoever holds it, writes."""

    __tablename__ = "head"
    __table_args__ = (
        CheckConstraint("id = 1", name="head_single"),
        {"sqlite_strict": True},
    )

    id: int = Field(sa_type=_NUMBER, primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(sa_type=_NUMBER)
    hash: bytes
    journal_id: str = Field(sa_type=Text)
    incidents: int = Field(sa_type=_NUMBER)
    """How many incidents were opened: the number of the last `INC-n`."""


class IncidentRow(Row, table=True):
    """Projection: where each incident stands, for lists and for queries from outside."""

    __tablename__ = "incident"
    __table_args__ = (Unique("id", name="incident_name"), {"sqlite_strict": True})

    number: int = Field(
        sa_type=_NUMBER, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    id: str = Field(sa_type=Text)
    version: int = Field(sa_type=_NUMBER)
    last_hash: bytes
    """Hash of its last event: tells a cached state from another history."""
    title: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    priority: str = Field(sa_type=Text)
    category: str = Field(sa_type=Text)
    phase: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    commander: str = Field(sa_type=Text)
    declared_at: str = Field(sa_type=Text)
    changed_at: str = Field(sa_type=Text)
    started_at: str | None = Field(sa_type=Text)
    acknowledged_at: str | None = Field(sa_type=Text)
    contained_at: str | None = Field(sa_type=Text)
    resolved_at: str | None = Field(sa_type=Text)
    closed_at: str | None = Field(sa_type=Text, index=True)
    snoozed_until: str | None = Field(sa_type=Text)


class TokenRow(Row, table=True):
    """Somebody's right to use the server: what proves a token, never the token."""

    __tablename__ = "token"
    __table_args__ = ({"sqlite_strict": True},)

    id: str = Field(sa_type=Text, primary_key=True)
    person: str = Field(sa_type=Text)
    scopes: str = Field(sa_type=Text)
    """A JSON list, like `clients`."""
    clients: str = Field(sa_type=Text)
    digest: bytes
    created_at: str = Field(sa_type=Text)
    expires_at: str | None = Field(sa_type=Text)
    revoked_at: str | None = Field(sa_type=Text)


class InboxRow(Row, table=True):
    """A message that came in, as it came."""

    __tablename__ = "inbox"
    __table_args__ = (
        Unique("intake", "delivery", name="inbox_delivery"),
        {"sqlite_strict": True},
    )

    id: int | None = Field(
        default=None, sa_type=_NUMBER, primary_key=True, sa_column_args=(Identity(),)
    )
    intake: str = Field(sa_type=Text)
    delivery: str = Field(sa_type=Text)
    received_at: str = Field(sa_type=Text)
    headers: str = Field(sa_type=Text)
    """A JSON object."""
    body: bytes
    pulled: int = Field(sa_type=_NUMBER)
    standing: str = Field(sa_type=Text, index=True)
    incident: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class SignalRow(Row, table=True):
    """An alert or ticket of another system, and the incident it belongs to."""

    __tablename__ = "signal"
    __table_args__ = (Index("ix_signal_group", "source", "group"), {"sqlite_strict": True})

    source: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    group: str = Field(sa_type=Text)
    incident: str = Field(sa_type=Text)
    firing: int = Field(sa_type=_NUMBER)
    last_at: str = Field(sa_type=Text)
    times: int = Field(sa_type=_NUMBER)


class OutboxRow(Row, table=True):
    """Something to be sent, and how that stands."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_ended", "ended", "next_at"), {"sqlite_strict": True})

    key: str = Field(sa_type=Text, primary_key=True)
    incident: str = Field(sa_type=Text)
    what: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    to: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)
    next_at: str = Field(sa_type=Text)
    attempts: int = Field(sa_type=_NUMBER)
    reference: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    ended: str = Field(sa_type=Text)


EVENT = Row.metadata.tables["event"]
HEAD = Row.metadata.tables["head"]
INCIDENT = Row.metadata.tables["incident"]
TOKEN = Row.metadata.tables["token"]
INBOX = Row.metadata.tables["inbox"]
SIGNAL = Row.metadata.tables["signal"]
OUTBOX = Row.metadata.tables["outbox"]

DOCUMENT = Table(
    "document",
    MetaData(),
    Column("rowid", BigInteger, primary_key=True),
    Column("words", Text),
)
"""Projection: the words of each event. A full-text virtual table in SQLite, a table with a
`tsvector` in PostgreSQL; SQLModel can describe neither, these columns they share."""
