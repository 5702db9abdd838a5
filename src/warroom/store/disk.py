"""The file of a SQLite journal: its making, its reserve of space, its checkpoints."""

import contextlib
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from warroom.core.journal import JournalError, JournalFull
from warroom.files import NO_ROOM
from warroom.store.engine import file_uri
from warroom.store.errors import sqlite_problem
from warroom.store.place import Place

_CHECKPOINT_BYTES = 4 << 20
"""Of write-ahead log since the last checkpoint: SQLite's own default of 1 000 pages."""

_APPEND_BYTES = 40_000
"""Of log for one command, roughly: about ten pages."""


def prepare(path: Path, place: Place) -> bool:
    """Make sure that there is a file to open; returns whether it was made now.

    A new file belongs to its user alone (0600), and so does a folder that is made for it (0700).

    Raises:
        JournalError: If that cannot be, with the reason.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        look(path, place)
        return False
    except NotADirectoryError as error:
        raise JournalError(
            f"{place.label}: a part of that path is a file, not a folder",
            "Choose another place with --db.",
        ) from error
    except OSError as error:
        raise cannot(error, place) from error
    sync_folder(path.parent)
    return True


def look(path: Path, place: Place) -> None:
    """Raise `JournalError` unless there is a regular file that could be a database."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise JournalError(
            f"{place.label} does not exist", "Name an existing journal with --db."
        ) from error
    except OSError as error:
        raise cannot(error, place) from error
    if stat.S_ISDIR(mode):
        raise JournalError(
            f"{place.label} is a folder, not a database", "Name a file in it with --db."
        )
    if not stat.S_ISREG(mode):
        raise JournalError(f"{place.label} is not a regular file", "Name a file with --db.")


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    with contextlib.suppress(OSError):  # some file systems cannot; the files themselves can
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def copy_pages(path: Path, place: Place, target: Path) -> None:
    """Copy a database in use into an empty file, in one step: more begin anew with each commit.

    Raises:
        JournalError: If it cannot be read, or there is no room.
    """
    try:
        with (
            closing(sqlite3.connect(file_uri(path, "ro"), uri=True, timeout=5)) as source,
            closing(sqlite3.connect(file_uri(target, "rw"), uri=True, timeout=5)) as copy,
        ):
            source.backup(copy, pages=-1)
        settle(target)
    except sqlite3.Error as error:
        raise sqlite_problem(error, place) from error


def settle(path: Path) -> None:
    """Make one plain file of a database and its log, and wait until it is on the disk."""
    with closing(sqlite3.connect(file_uri(path, "rw"), uri=True, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=DELETE")
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot(error: OSError, place: Place) -> JournalError:
    """Return the journal's error for what the operating system refuses."""
    if error.errno in NO_ROOM:
        return JournalFull(f"{place.label}: no room on the disk", "Free some space there.")
    return JournalError(
        f"{place.label}: {error.strerror or error}",
        "Choose a place that this user may use with --db, or ask its owner for access.",
    )


def reserve_of(path: Path) -> Path:
    """Return the file that holds back space for a database."""
    return path.with_name(path.name + ".reserve")


def release(path: Path) -> bool:
    """Give the reserve of a database back to the disk; returns whether there was one."""
    try:
        reserve_of(path).unlink()
    except OSError:
        return False
    return True


class Disk:
    """An open SQLite file: is it still there, is there room, is its log short."""

    def __init__(self, path: Path, place: Place, reserve: int) -> None:
        self._path = path
        self._place = place
        self._reserve = reserve
        self._identity = self._now()
        self._log = path.with_name(path.name + "-wal")
        self._appended = 0
        self.keep_reserve()

    def present(self) -> bool:
        """Whether the path still names the file that was opened: writing elsewhere is losing."""
        return self._now() == self._identity

    def keep_reserve(self) -> None:
        """Hold back some space, unless the disk is nearly full already."""
        if not self._reserve or reserve_of(self._path).exists():
            return
        with contextlib.suppress(OSError):
            free = os.statvfs(self._path.parent)
            if free.f_bavail * free.f_frsize < 4 * self._reserve:
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            handle = os.open(reserve_of(self._path), flags, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._reserve)
            except OSError:
                reserve_of(self._path).unlink()
            finally:
                os.close(handle)

    def make_room(self, problem: JournalError, engine: Engine) -> bool:
        """Use the reserve if the disk is full; returns whether another attempt makes sense.

        A full disk cannot even merge the log into the file, which would free it: deleting the
        reserve makes room for exactly that. Later on the log itself is what can be freed.
        """
        if not isinstance(problem, JournalFull):
            return False
        released = release(self._path)
        before = self._log_size()
        self._checkpoint(engine, "TRUNCATE")
        return released or self._log_size() < before

    def tidy(self, engine: Engine) -> None:
        """After a commit, under the writer lock: merge a long log into the file."""
        self._appended += 1
        # Without its reserve the disk was full a moment ago: a long log could not be merged then.
        spared = not self._reserve or reserve_of(self._path).exists()
        limit = _CHECKPOINT_BYTES if spared else min(_CHECKPOINT_BYTES, self._reserve // 4)
        # The file of the log keeps its size when it starts again, so size alone says little.
        if self._appended * _APPEND_BYTES > limit and self._log_size() > limit:
            self._appended = 0
            self._checkpoint(engine, "PASSIVE" if spared else "TRUNCATE")
            self.keep_reserve()

    def _checkpoint(self, engine: Engine, how: str) -> None:
        # Not being able to is no failure: the log stays as it is and the next commit tries again.
        with contextlib.suppress(Exception):
            connection = engine.raw_connection()
            try:
                connection.cursor().execute(f"PRAGMA wal_checkpoint({how})").fetchall()
            finally:
                connection.close()

    def _log_size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
