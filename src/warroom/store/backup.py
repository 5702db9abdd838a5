"""Copies of a journal: taken while others write, checked before they count, put back at once."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from warroom.core.journal import JournalDamaged, JournalError, Verified
from warroom.store import schema
from warroom.store.anchors import Anchor, Anchors
from warroom.store.disk import cannot, copy_pages, look, settle, sync_folder
from warroom.store.engine import postgres_engine, reader, sqlite_engine
from warroom.store.lock import WriterLock
from warroom.store.opening import default_anchors, identify, open_journal
from warroom.store.place import Place, place_of
from warroom.store.records import head_of
from warroom.store.transactions import Transactions, Tuning
from warroom.store.transfer import carry, last_until
from warroom.store.verify import check

_PLAIN = Tuning(reserve_bytes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy that was checked."""

    path: Path | None
    """The file; None for a server."""
    sha256: str
    """Of the file; empty for a server."""
    verified: Verified
    replaced: Path | None = None
    """Where the journal is that was there before."""


def backup(
    address: str | os.PathLike[str], target: str | os.PathLike[str], *, anchors: Path | None = None
) -> Copy:
    """Copy a journal into one new file while it is in use; the copy is whole and verified.

    The file needs nothing beside it: it can be opened read-only on any medium, and restored into
    SQLite or PostgreSQL.

    Raises:
        JournalError: There is no such copy: the target exists, or the journal is not whole.
    """
    source, place = place_of(address), place_of(target)
    if place.path is None:
        raise JournalError("a backup is a file", "Name a file that does not exist yet.")
    if place.path.exists():
        raise JournalError(f"{place.label} exists already", "Name a file that does not exist yet.")
    if source.path is not None:
        look(source.path, source)
    with _part_of(place.path, place) as part:
        if source.path is not None:
            copy_pages(source.path, source, part)
        else:
            with open_journal(address, read_only=True, anchors=anchors) as journal:
                journal.transactions.read(lambda connection: _fill_file(part, connection, None))
        verified = _verified(part, place)
        with suppress(FileExistsError):
            os.link(part, place.path)  # unlike a rename it never replaces what appeared there
            sync_folder(place.path.parent)
            return Copy(path=place.path, sha256=_digest(place.path), verified=verified)
    raise JournalError(f"{place.label} exists already", "Name a file that does not exist yet.")


def restore(
    source: str | os.PathLike[str],
    address: str | os.PathLike[str],
    *,
    anchors: Path | None = None,
    at: datetime | None = None,
    replace: bool = False,
) -> Copy:
    """Put a copy in the place of a journal, as it is or as it was at a moment.

    A file that was there is kept beside it. Anchors after the restored end stop counting, by a
    line of their own that says so.

    Args:
        source: The copy, a SQLite file.
        address: Where the journal belongs: a file, or a PostgreSQL database without a journal.
        anchors: The anchor file; by default the user's.
        at: Restore only what had happened until then.
        replace: A file that is there may be put aside.

    Raises:
        JournalError: Nothing was changed.
    """
    origin, place = place_of(source), place_of(address)
    kept = Anchors(anchors or default_anchors())
    if origin.path is None:
        raise JournalError(f"{origin.label} is no file", "Name a file that `backup` has made.")
    if place.path is not None and place.path.exists() and not replace:
        raise JournalError(
            f"{place.label} exists already", "Allow it to be replaced, or move it away."
        )
    look(origin.path, origin)
    identify(origin.path, origin)
    engine = sqlite_engine(origin.path, origin, read_only=True)
    lock = WriterLock(None, origin.label)
    copy = Transactions(engine, origin, lock, None, _PLAIN)
    try:
        found = copy.read(lambda connection: check(connection, None, origin))
        if found.problems:
            raise JournalDamaged(
                f"{origin.label} is not whole: {found.problems[0]}", "Take another copy."
            )
        last = None if at is None else copy.read(lambda c: last_until(c, at))
        if place.path is None:
            return copy.read(lambda connection: _put_into(connection, place, kept, last))
        with _part_of(place.path, place) as part:
            copy.read(lambda connection: _fill_file(part, connection, last))
            return _swap(part, place.path, place, kept)
    finally:
        copy.close()


@contextmanager
def _part_of(path: Path, place: Place) -> Iterator[Path]:
    """Offer an empty file beside `path` to work in; what is left of it goes in the end."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        yield part
    except OSError as error:
        raise cannot(error, place) from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _fill_file(part: Path, source: Connection, last: int | None) -> None:
    place = place_of(part)
    _fill(sqlite_engine(part, place), place, source, last)
    settle(part)


def _fill(engine: Engine, place: Place, source: Connection, last: int | None) -> Verified:
    transactions = Transactions(engine, place, WriterLock(None, place.label), None, _PLAIN)

    def work(target: Connection) -> Verified:
        schema.upgrade(target, place, head_of(source).journal_id)
        carry(source, target, last)
        return _whole(check(target, None, place), place)

    try:
        return transactions.write(work)
    finally:
        transactions.close()


def _verified(path: Path, place: Place) -> Verified:
    engine = sqlite_engine(path, place, read_only=True)
    try:
        with reader(engine).connect() as connection, connection.begin():
            verified = check(connection, None, place)
    finally:
        engine.dispose()
    return _whole(verified, place)


def _whole(verified: Verified, place: Place) -> Verified:
    if verified.problems:
        raise JournalDamaged(
            f"the copy for {place.label} is not whole: {verified.problems[0]}",
            "Run `warroom journal verify` on the journal itself.",
        )
    return verified


def _swap(part: Path, path: Path, place: Place, anchors: Anchors) -> Copy:
    verified, digest = _verified(part, place), _digest(part)
    deadline = time.monotonic() + _PLAIN.busy_seconds
    lock_path = path.with_name(path.name + ".lock")
    journal = identify(part, place) or ""
    with closing(WriterLock(lock_path, place.label)) as lock, lock.hold(deadline):
        # First of all: without this line the restored journal would count as one cut short.
        held = anchors.of_journal(journal)
        anchors.write(_restored(verified, journal, place))
        aside = None
        try:
            aside = _put_aside(path)
            part.replace(path)
        except OSError:
            _put_back(aside, path)
            with suppress(OSError):
                if held:
                    anchors.write(held[-1])
            raise
        sync_folder(path.parent)
    return Copy(path=path, sha256=digest, verified=verified, replaced=aside)


def _put_aside(path: Path) -> Path | None:
    """Keep a database with its log under another name; the log must not meet the new file."""
    if not path.exists():
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.{stamp}-{secrets.token_hex(2)}.replaced")
    try:
        for suffix in ("-wal", ""):
            with suppress(FileNotFoundError):
                os.link(path.with_name(path.name + suffix), aside.with_name(aside.name + suffix))
    except OSError:
        aside.with_name(aside.name + "-wal").unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


def _put_back(aside: Path | None, path: Path) -> None:
    """Give a database its log again: without that it lacks what was written last."""
    if aside is None:
        return
    with suppress(OSError):
        os.link(aside.with_name(aside.name + "-wal"), path.with_name(path.name + "-wal"))


def into_server(source: Connection, place: Place, anchors: Path) -> Copy:
    """Copy a whole journal into a server that holds none, in one transaction.

    Raises:
        JournalError: It holds one.
    """
    return _put_into(source, place, Anchors(anchors), None)


def _put_into(source: Connection, place: Place, anchors: Anchors, last: int | None) -> Copy:
    engine = postgres_engine(place, _PLAIN.busy_seconds)
    verified = _fill(engine, place, source, last)
    with suppress(OSError):  # the copy is in its place; `verify` will name the older anchors
        anchors.write(_restored(verified, head_of(source).journal_id, place))
    return Copy(path=None, sha256="", verified=verified)


def _restored(verified: Verified, journal_id: str, place: Place) -> Anchor:
    return Anchor(
        seq=verified.head_seq,
        hash=verified.head_hash,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        journal=journal_id,
        what="restored",
        where=place.mark,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
