"""Database connections with exactly the settings under which nothing acknowledged is lost."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import QueuePool

from warroom.core.journal import JournalError
from warroom.store.place import Place

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""

_PRAGMAS: tuple[tuple[str, int | str, int | str], ...] = (
    # name, what is set, what must be read back
    ("busy_timeout", 5000, 5000),  # while the others are set; zero afterwards
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # NORMAL lost acknowledged events in 324 of 500 power cuts
    ("foreign_keys", "ON", 1),
    ("recursive_triggers", "ON", 1),  # REPLACE must meet the triggers that refuse a deletion
    ("trusted_schema", "OFF", 0),
    ("wal_autocheckpoint", 0, 0),  # checkpoints run under the writer lock only
    ("journal_size_limit", 16 << 20, 16 << 20),
    ("busy_timeout", 0, 0),  # writers wait by themselves, fairly
)
_PRAGMAS_READ_ONLY: tuple[tuple[str, int | str, int | str], ...] = (
    ("query_only", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("busy_timeout", 0, 0),
)


def sqlite_engine(
    path: Path, place: Place, *, read_only: bool = False, frozen: bool = False
) -> Engine:
    """Return an engine on an existing file; every transaction is a real one.

    A plain transaction takes the write lock at once (`BEGIN IMMEDIATE`): the driver's default was
    measured to lose three of four concurrent updates without an error. Under the execution option
    `ro` it is deferred and never waits for a writer.

    Args:
        path: The file; it is never created here.
        place: For messages.
        read_only: Nothing is ever written, not even a setting.
        frozen: Nobody else can write to the file: needed where its folder cannot be written.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise JournalError(
            f"SQLite {sqlite3.sqlite_version} is too old for the journal",
            "Use a Python built with SQLite 3.37 or newer.",
        )

    def connect() -> sqlite3.Connection:
        uri = file_uri(path, "ro" if read_only else "rw", frozen=frozen)
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5
        )
        try:
            _configure(connection, place, read_only=read_only)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=16
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        deferred = read_only or connection.get_execution_options().get("ro")
        connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")

    return engine


def file_uri(path: Path, mode: str, *, frozen: bool = False) -> str:
    """Return the URI by which SQLite opens a file and creates none."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}{'&immutable=1' if frozen else ''}"


def _configure(connection: sqlite3.Connection, place: Place, *, read_only: bool) -> None:
    pragmas = _PRAGMAS_READ_ONLY if read_only else _PRAGMAS
    for name, value, expected in pragmas:
        row = connection.execute(f"PRAGMA {name}={value}").fetchone()
        found = (row or connection.execute(f"PRAGMA {name}").fetchone() or (None,))[0]
        if found != expected and name == "journal_mode":
            raise JournalError(
                f"{place.label}: this file system does not support SQLite's write-ahead log",
                "Use a local disk rather than a network one, or PostgreSQL for a team.",
            )
        if found != expected:
            raise JournalError(
                f"{place.label}: SQLite does not accept {name}={value} (it says {found!r})",
                "warroom does not write without that setting: acknowledged work could be lost.",
            )
    # A mapped file turns a disk error into a crash and was part of the reports of the reset race.
    connection.execute("PRAGMA mmap_size=0")
    if sys.platform == "darwin" and not read_only:
        connection.execute("PRAGMA fullfsync=ON")
        connection.execute("PRAGMA checkpoint_fullfsync=ON")


def postgres_engine(place: Place, seconds: float, *, read_only: bool = False) -> Engine:
    """Return an engine on a server; commits wait for its disk, locks for at most `seconds`."""
    assert place.url is not None  # noqa: S101 - the caller has looked
    options = [
        "-c synchronous_commit=on",
        f"-c lock_timeout={int(seconds * 1000)}",
        "-c idle_in_transaction_session_timeout=60000",
        "-c default_transaction_isolation=read\\ committed",
        f"-c default_transaction_read_only={'on' if read_only else 'off'}",
    ]
    given = place.url.query
    arguments: dict[str, Any] = {
        "application_name": "warroom",
        "connect_timeout": max(2, int(seconds)),
        "keepalives_idle": 30,
    }
    arguments = {name: value for name, value in arguments.items() if name not in given}
    # Ours come last: what makes a commit durable is not for the address to change.
    arguments["options"] = " ".join([str(given.get("options", "")), *options]).strip()
    url = place.url.difference_update_query(["options"])
    try:
        engine = create_engine(url, connect_args=arguments, pool_size=4, max_overflow=16)
        engine.dialect.import_dbapi()
    except (ImportError, NoSuchModuleError) as error:
        raise JournalError(
            "PostgreSQL needs the driver psycopg, which is not installed",
            "Install it: pip install 'warroom[postgres]'.",
        ) from error
    return engine


def reader(engine: Engine) -> Engine:
    """Return the same engine for reading: one snapshot a transaction, no waiting for writers."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(ro=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
