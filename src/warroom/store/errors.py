"""Turn what database drivers raise into the journal's errors: what, where, and what to do."""

import os
import re
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from warroom.core.journal import (
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalGone,
)
from warroom.core.text import clean_line
from warroom.files import NO_ROOM
from warroom.store.place import Place

_FULL = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"}
# A file that cannot be made or synced: for want of room, or for any other reason.
_PERHAPS_FULL = ("SQLITE_CANTOPEN", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC",
                 "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_SHM", "SQLITE_READONLY_CANTINIT",
                 "SQLITE_READONLY_DIRECTORY")  # fmt: skip

_RESTORE = "Keep the file as it is and restore the journal from a backup."


def translate(error: BaseException, place: Place) -> JournalError | None:
    """Return the journal's error for a driver's; the journal's own stays, a stranger is None."""
    if isinstance(error, JournalError):
        return error
    if isinstance(error, PoolTimeout):
        return JournalBusy(f"{place.label}: too many readers at once", "Try again.")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return sqlite_problem(cause, place)
    if isinstance(cause, UnicodeDecodeError):  # the driver cannot even read SQLite's complaint
        return JournalDamaged(f"{place.label} is damaged", _RESTORE)
    if isinstance(error, DBAPIError):
        return _server(cause, error.connection_invalidated, place)
    return None


def sqlite_problem(error: sqlite3.Error, place: Place) -> JournalError:
    """Return the journal's error for one of SQLite's, by its extended code."""
    name = getattr(error, "sqlite_errorname", "") or ""
    where = place.label
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return JournalBusy(
            f"{where}: another program keeps the database locked",
            "Try again; if it stays, look which process has the file open (`fuser` tells).",
        )
    # A limit on file size shows as a failed write, a full disk as "full" or as no room for the
    # shared index: one trouble for whoever sits in front of it.
    if name in _FULL or (name.startswith(_PERHAPS_FULL) and place.path and no_room(place.path)):
        return JournalFull(
            f"{where}: no room on the disk: nothing was stored, nothing was lost",
            "Free some space on that file system; warroom goes on by itself.",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        what = "is not a database" if name == "SQLITE_NOTADB" else "is damaged"
        return JournalDamaged(f"{where} {what}", _RESTORE)
    if name.startswith("SQLITE_READONLY"):
        return JournalError(
            f"{where}: this user may not write to the file or its folder",
            "Choose another place with --db, or ask its owner for access.",
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM")):
        return JournalError(
            f"{where} cannot be opened", "Look whether it exists and who may read it."
        )
    if isinstance(error, sqlite3.IntegrityError):
        return JournalDamaged(f"{where} refused an event: {clean_line(str(error))}", _RESTORE)
    return JournalError(
        f"{where}: SQLite says: {clean_line(str(error))} ({name or 'no code'})",
        "Nothing was stored. Run `warroom journal verify`.",
    )


def no_room(path: Path) -> bool:
    """Whether nothing can be written beside a file for want of room; SQLite does not say so."""
    probe = path.with_name(f"{path.name}.{secrets.token_hex(4)}.room")
    try:
        handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(handle, bytes(4096))
            os.fsync(handle)
        finally:
            os.close(handle)
            probe.unlink()
    except OSError as error:
        return error.errno in NO_ROOM
    return written < 4096


_BY_STATE = {
    "55P03": (JournalBusy, "another console keeps the journal locked", "Try again."),
    "57014": (JournalBusy, "the server took too long", "Try again."),
    "40P01": (JournalBusy, "two writers waited for each other", "Try again."),
    "40001": (JournalBusy, "another console wrote at the same moment", "Try again."),
    "53100": (JournalFull, "the server's disk is full", "Free space on the server."),
    "25006": (JournalError, "the server is read-only", "Is it a standby? Name the primary."),
    "3D000": (JournalError, "there is no such database", "Create it: `createdb NAME`."),
    "28P01": (JournalError, "wrong password", "Set PGPASSWORD or use ~/.pgpass."),
    "28000": (JournalError, "the server refuses this user", "Ask who runs the server."),
    "3F000": (JournalError, "there is no such schema, or it is hidden", "Look at search_path."),
    "42501": (JournalError, "this user may not do that", "Grant rights on the journal's tables."),
    "XX001": (JournalDamaged, "the server found damaged data", _RESTORE),
    "XX002": (JournalDamaged, "the server found a damaged index", "REINDEX it, then verify."),
}


# A connection that is refused carries no code, only the server's sentence.
_BY_WORDS = (
    (re.compile(r"database .* does not exist"), "3D000"),
    (re.compile(r"password authentication failed|no password supplied"), "28P01"),
    (re.compile(r"role .* does not exist|pg_hba\.conf|authentication failed"), "28000"),
)


def _server(error: Any, broken: bool, place: Place) -> JournalError:
    where = place.label
    state = getattr(error, "sqlstate", None) or next(
        (code for words, code in _BY_WORDS if words.search(str(error))), ""
    )
    detail = clean_line(str(error).strip().split("\n")[0], 200)
    if state in _BY_STATE:
        kind, what, hint = _BY_STATE[state]
        return kind(f"{where}: {what}", hint)
    if broken or state.startswith(("08", "57P")) or not state:
        return JournalGone(
            f"{where}: the server cannot be reached: {detail}",
            "Look whether it runs and whether the network reaches it; then try again.",
        )
    if state.startswith(("23", "P0001")):
        return JournalDamaged(f"{where} refused an event: {detail}", _RESTORE)
    return JournalError(f"{where}: PostgreSQL says: {detail} ({state})", "Nothing was stored.")
