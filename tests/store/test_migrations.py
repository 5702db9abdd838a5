"""The schema: what the migrations make is what the tables say, whatever interrupts them."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from warroom.store import SqlJournal, open_journal, schema
from warroom.store.engine import postgres_engine, sqlite_engine
from warroom.store.place import place_of
from warroom.store.tables import Row

from .conftest import QUICK
from .story import declare, note

Open = Callable[..., SqlJournal]


def test_the_tables_are_what_the_migrations_make(journal: SqlJournal) -> None:
    with journal.transactions._engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": "warroom_version"}
        )
        different = compare_metadata(context, Row.metadata)
    # The full-text tables are made by hand: SQLModel has no words for them.
    different = [
        change
        for change in different
        if not (change[0] in {"remove_table", "remove_index"} and "document" in str(change[1]))
    ]
    assert different == []


def run_until(statement: int, address: str, anchors: Path) -> bool:
    """Open a journal in a forked process that dies before its n-th statement that changes.

    Returns whether it died there, rather than getting through.
    """
    child = os.fork()
    if child == 0:
        count = 0

        def before(conn, cursor, text, parameters, context, many) -> None:
            nonlocal count
            if text.lstrip().split(None, 1)[0].upper() not in {"SELECT", "PRAGMA", "BEGIN"}:
                count += 1
                if count == statement:
                    os.kill(os.getpid(), 9)

        event.listen(sa.Engine, "before_cursor_execute", before)
        try:
            open_journal(address, anchors=anchors, tuning=QUICK).close()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def revision(journal: SqlJournal) -> str | None:
    return journal.transactions.read(schema.revision)


def tables(address: str) -> list[str]:
    place = place_of(address)
    engine = sqlite_engine(place.path, place) if place.path else postgres_engine(place, 5)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_a_kill_at_any_statement_leaves_all_or_nothing(
    address: str, anchors: Path, opened: Open
) -> None:
    statement = 1
    while run_until(statement, address, anchors):
        statement += 1
        assert tables(address) == [], f"killed before statement {statement - 1}: half a schema"
    assert statement > 10
    journal = opened(address)
    assert revision(journal) == schema.REVISION
    declare(journal)
    assert journal.verify().problems == ()


def old(journal: SqlJournal) -> None:
    """Turn a journal into one of the first schema, that had no projections."""
    with journal.transactions._engine.begin() as connection:
        for statement in (
            "DROP TABLE incident",
            "DROP TABLE document",
            "DROP TABLE token",
            "DROP TABLE inbox",
            "DROP TABLE signal",
            "DROP TABLE outbox",
            "DROP INDEX ix_event_kind",
            "UPDATE warroom_version SET version_num = '0001'",
        ):
            connection.execute(sa.text(statement))


def test_an_old_journal_is_brought_up_to_date_with_its_events(
    address: str, anchors: Path, opened: Open
) -> None:
    journal = opened(address)
    declare(journal, "from before")
    note(journal, "INC-1", "pgbouncer")
    before = journal.records("INC-1"), journal.verify()
    old(journal)
    journal.close()
    statement = 1
    while run_until(statement, address, anchors):
        statement += 1
    assert statement > 5
    journal = opened(address)
    assert (journal.records("INC-1"), journal.verify()) == before
    assert [i.id for i in journal.search("before pgbouncer")] == ["INC-1"]
    assert journal.warnings == ()


def test_an_old_journal_is_not_changed_by_reading(address: str, opened: Open) -> None:
    journal = opened(address)
    declare(journal)
    old(journal)
    with pytest.raises(Exception, match="has an older schema") as raised:
        opened(address, read_only=True)
    assert "for writing" in raised.value.hint
    assert revision(journal) == "0001"


def test_before_a_file_is_brought_up_to_date_a_copy_is_kept(file: Path, opened: Open) -> None:
    journal = opened(file)
    declare(journal)
    old(journal)
    journal.close()
    opened(file)
    (copy,) = file.parent.glob("journal.db.schema-0001")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT seq FROM head").fetchone() == (1,)
        assert connection.execute("SELECT version_num FROM warroom_version").fetchone() == ("0001",)
