"""Which schema a database has, and how it gets the newest one."""

import secrets
import threading
from pathlib import Path

from sqlalchemy import Connection, text

from warroom.core.journal import JournalError
from warroom.store import projections
from warroom.store.place import Place

REVISION = "0005"
"""The newest schema this version knows."""

_LOCK_KEY = 0x5741524D
_ALEMBIC = threading.Lock()
"""Alembic keeps what it works on in globals: one database at a time in a process."""


def revision(connection: Connection) -> str | None:
    """Return the schema version of a database; None: it holds no journal yet."""
    if connection.dialect.name == "sqlite":
        query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'warroom_version'"
    else:
        query = "SELECT 1 WHERE to_regclass('warroom_version') IS NOT NULL"
    if connection.execute(text(query)).first() is None:
        return None
    row = connection.execute(text("SELECT version_num FROM warroom_version")).first()
    return None if row is None else str(row[0])


def refuse_newer(found: str | None, place: Place) -> None:
    """Raise `JournalError` for a database of a newer warroom: writing could damage it."""
    if found is not None and found > REVISION:
        raise JournalError(
            f"{place.label} was written by a newer warroom (schema {found}, known: {REVISION})",
            "Update warroom; until then it can only be read.",
        )


def upgrade(connection: Connection, place: Place, journal_id: str | None = None) -> None:
    """Bring the database to `REVISION` inside the caller's transaction: all of it or nothing.

    Args:
        connection: In a write transaction.
        place: For messages.
        journal_id: The name that a new journal gets; by default a random one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    found = revision(connection)  # again: another process may have been faster
    refuse_newer(found, place)
    if found == REVISION:
        return
    # Alembic takes 0.1 s to import; a database that is up to date never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%")
    )
    config.set_main_option(
        "version_locations",
        str(Path(__file__).with_name("migrations") / "versions").replace("%", "%%"),
    )
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["journal_id"] = journal_id or secrets.token_hex(16)
    with _ALEMBIC:
        command.upgrade(config, REVISION)
    projections.rebuild(connection)
