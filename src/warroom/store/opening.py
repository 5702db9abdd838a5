"""Open a journal: look first, then connect, bring the schema up to date, compare with anchors."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_state_path
from sqlalchemy import Connection, Engine, select

from warroom.core.journal import JournalDamaged, JournalError, JournalFull
from warroom.core.text import clean_line
from warroom.store import schema
from warroom.store.anchors import Anchor, Anchors
from warroom.store.disk import Disk, cannot, copy_pages, look, prepare, release
from warroom.store.engine import file_uri, postgres_engine, sqlite_engine
from warroom.store.errors import sqlite_problem, translate
from warroom.store.journal import SqlJournal
from warroom.store.lock import WriterLock
from warroom.store.place import Place, place_of
from warroom.store.records import head_of
from warroom.store.tables import EVENT
from warroom.store.transactions import Transactions, Tuning

_HEADER = b"SQLite format 3\0"
_RECOVERY = {"SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT"}


def default_anchors() -> Path:
    """Return the anchor file of this user: in the state folder, away from the data folder."""
    return user_state_path("warroom", appauthor=False) / "anchors.log"


def open_journal(
    address: str | os.PathLike[str],
    *,
    read_only: bool = False,
    anchors: Path | None = None,
    tuning: Tuning | None = None,
    adopt: bool = False,
    journal_id: str | None = None,
) -> SqlJournal:
    """Return the journal at a path or `postgresql://…` URL; a missing one is made.

    Args:
        address: A file, `sqlite:///file` or `postgresql://user@host/database`.
        read_only: Write nothing at all; works in a folder that cannot be written to.
        anchors: The anchor file; by default the one in the user's state folder.
        tuning: Limits of time and space.
        adopt: Take the journal that is found there, though another one belongs there.
        journal_id: The name of a journal that is made now: that of the one it will be a copy of.

    Raises:
        JournalError: It cannot be opened; says why and what to do.
    """
    place = place_of(address)
    tuning = tuning or Tuning()
    kept = Anchors(anchors or default_anchors())
    try:
        if place.path is None:
            return _open_server(place, kept, tuning, read_only=read_only)
        if read_only:
            return _open_file_read_only(place.path, place, kept, tuning)
        return _open_file(place.path, place, kept, tuning, adopt=adopt, journal_id=journal_id)
    except Exception as error:
        problem = translate(error, place)
        if problem is None or problem is error:
            raise
        raise problem from error


def _open_file(
    path: Path,
    place: Place,
    anchors: Anchors,
    tuning: Tuning,
    *,
    adopt: bool,
    journal_id: str | None,
) -> SqlJournal:
    prepare(path, place)
    try:
        found = identify(path, place)
    except JournalFull:  # even reading needs a little room beside the file
        if not release(path):
            raise
        found = identify(path, place)
    belongs = None if found is None or adopt else _belongs(anchors, place)
    if belongs not in {None, found}:
        # Before any connection that writes: what lies under a foreign log may still be whole.
        raise JournalDamaged(
            f"{place.label} holds another journal than the one that belongs there",
            "Was a file or its -wal put there by mistake? Take it away, or restore a backup; "
            f"if it was on purpose, take the lines of that file out of {anchors.path}.",
        )
    try:
        lock = _lock(path, place)
    except JournalFull:  # its two files are empty, but a name needs room as well
        if not release(path):
            raise
        lock = _lock(path, place)
    try:
        disk = Disk(path, place, tuning.reserve_bytes)
        engine = sqlite_engine(path, place)
        transactions = Transactions(engine, place, lock, disk, tuning)
    except BaseException:
        lock.close()
        raise
    return _start(transactions, place, anchors, tuning, journal_id=journal_id)


def _lock(path: Path, place: Place) -> WriterLock:
    try:
        return WriterLock(path.with_name(path.name + ".lock"), place.label)
    except OSError as error:
        raise cannot(error, place) from error


def _open_file_read_only(path: Path, place: Place, anchors: Anchors, tuning: Tuning) -> SqlJournal:
    look(path, place)
    engine = sqlite_engine(path, place, read_only=True)
    remove: Callable[[], None] | None = None
    warning = ""
    try:
        identify(path, place)
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT name FROM sqlite_schema LIMIT 1").fetchone()
    except Exception as error:
        engine.dispose()
        problem = translate(error, place)
        if problem is None or isinstance(problem, JournalDamaged):
            raise
        # A write-ahead log needs a shared index beside it, even for reading. Where none can be
        # made, a copy is read; the file alone would lack what is still in its log.
        engine, remove = _on_copy(path, place)
        where = (
            "there is no room beside it"
            if isinstance(problem, JournalFull)
            else ("its folder cannot be written to")
        )
        warning = f"{place.label}: {where}; shown is a copy as of now"
    lock = WriterLock(None, place.label)
    transactions = Transactions(engine, place, lock, None, tuning)
    if warning:
        transactions.warn(warning)
    return _start(transactions, place, anchors, tuning, read_only=True, on_close=remove)


def _open_server(place: Place, anchors: Anchors, tuning: Tuning, *, read_only: bool) -> SqlJournal:
    engine = postgres_engine(place, tuning.busy_seconds, read_only=read_only)
    transactions = Transactions(engine, place, WriterLock(None, place.label), None, tuning)
    return _start(transactions, place, anchors, tuning, read_only=read_only)


def _start(
    transactions: Transactions,
    place: Place,
    anchors: Anchors,
    tuning: Tuning,
    *,
    read_only: bool = False,
    on_close: Callable[[], None] | None = None,
    journal_id: str | None = None,
) -> SqlJournal:
    journal = SqlJournal(
        transactions, place, anchors, tuning, read_only=read_only, on_close=on_close
    )
    try:
        found = transactions.read(schema.revision)
        if read_only:
            _readable(found, place, transactions)
        else:
            schema.refuse_newer(found, place)
            if found != schema.REVISION:
                if found is not None and place.path is not None:
                    _keep_before(place.path, place, found)
                transactions.write(lambda connection: schema.upgrade(connection, place, journal_id))
        _compare(transactions, anchors, place, read_only=read_only)
    except BaseException:
        journal.close()
        raise
    return journal


def _keep_before(path: Path, place: Place, found: str) -> None:
    """Keep a copy of a file before its schema changes: an older warroom can still open that."""
    copy = path.with_name(f"{path.name}.schema-{found}")
    part = copy.with_name(copy.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        copy_pages(path, place, part)
        part.replace(copy)
    except OSError as error:
        raise cannot(error, place) from error


def _readable(found: str | None, place: Place, transactions: Transactions) -> None:
    if found is None:
        raise JournalError(f"{place.label} holds no journal", "Name another one with --db.")
    if found < schema.REVISION:
        raise JournalError(
            f"{place.label} has an older schema ({found}, known: {schema.REVISION})",
            "Open it once for writing, for example with `warroom journal rebuild`.",
        )
    if found > schema.REVISION:
        transactions.warn(f"{place.label} was written by a newer warroom; something may be missing")


def identify(path: Path, place: Place) -> str | None:
    """Return the name of the journal in a file without changing a byte; None: there is none yet.

    Raises:
        JournalError: If it is no database or another program's.
    """
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise cannot(error, place) from error
    if not header:
        return None
    if header != _HEADER:
        raise JournalDamaged(
            f"{place.label} is not a database", "Name a journal with --db, or restore a backup."
        )
    uri = file_uri(path, "ro")
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
            if not names:
                return None
            if "warroom_version" not in names:
                raise JournalError(
                    f"{place.label} is the database of another program",
                    "Choose another file with --db.",
                )
            row = connection.execute("SELECT journal_id FROM head").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") in _RECOVERY:
            return None  # a crash left work for the first connection that may write
        raise sqlite_problem(error, place) from error


def _belongs(anchors: Anchors, place: Place) -> str | None:
    try:
        return anchors.of_place(place.mark)
    except OSError:
        return None  # without anchors nothing can be said; `verify` says that


def _compare(
    transactions: Transactions, anchors: Anchors, place: Place, *, read_only: bool
) -> None:
    """Compare the journal with the last anchor; leave one where this place has none."""
    try:
        head = transactions.read(head_of)
        belongs = anchors.of_place(place.mark)
        held = anchors.of_journal(head.journal_id)
        if held:
            problem = transactions.read(lambda c: _shortened(c, head.seq, held[-1]))
            if problem:
                transactions.warn(f"{place.label}: {problem}")
        if belongs == head.journal_id or read_only:
            return
        if belongs is not None:
            transactions.warn(f"{place.label}: another journal than this one was kept here before")
        anchors.write(
            Anchor(
                seq=head.seq,
                hash=bytes(head.hash).hex(),
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                journal=head.journal_id,
                what="adopted" if head.seq else "new",
                where=place.mark,
            )
        )
    except OSError as error:
        transactions.warn(f"{clean_line(str(anchors.path))}: {error.strerror}")
    except JournalDamaged as error:
        if not read_only:  # what is left can still be read and checked
            raise
        transactions.warn(error.what)


def _shortened(connection: Connection, seq: int, anchor: Anchor) -> str | None:
    if seq < anchor.seq:
        return (
            f"the journal ends with event {seq}, but on {anchor.at} it had {anchor.seq}: "
            "run `warroom journal verify`"
        )
    found = connection.execute(select(EVENT.c.hash).where(EVENT.c.seq == anchor.seq)).scalar()
    if found is None or bytes(found).hex() != anchor.hash:
        return (
            f"event {anchor.seq} is not the one that was there on {anchor.at}: "
            "run `warroom journal verify`"
        )
    return None


def _on_copy(path: Path, place: Place) -> tuple[Engine, Callable[[], None]]:
    folder = tempfile.mkdtemp(prefix="warroom-copy-")

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    try:
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.copyfile(source, Path(folder) / ("journal" + suffix))
        identify(Path(folder) / "journal", place)
        return sqlite_engine(Path(folder) / "journal", place, read_only=True), remove
    except BaseException as error:
        remove()
        if isinstance(error, OSError):
            raise cannot(error, place) from error
        raise
