"""Commands that are kept here and not yet there: durable, in order, each sent until it is answered.

Beside them: under which name the server knows an incident that was declared here, and what the
server refused after the person had gone on.
"""

import contextlib
import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warroom.core.codec import decode_time, encode_time
from warroom.core.commanding import from_json, name_of, to_json
from warroom.core.commands import Command
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError, JournalFull
from warroom.core.text import clean_line
from warroom.store.disk import cannot
from warroom.store.errors import sqlite_problem
from warroom.store.place import place_of

LOCAL = "NEW-"
"""How an incident is called before the server has given it a number."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item(
  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, incident TEXT NOT NULL,
  opens INTEGER NOT NULL, name TEXT NOT NULL, command TEXT NOT NULL, base TEXT,
  actor TEXT, made_at TEXT NOT NULL, tried INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS alias(here TEXT PRIMARY KEY, there TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS refused(
  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, incident TEXT NOT NULL,
  name TEXT NOT NULL, command TEXT NOT NULL, made_at TEXT NOT NULL, refused_at TEXT NOT NULL,
  reason TEXT NOT NULL, hint TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fact(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One command on its way."""

    n: int
    """Its place in the order."""
    id: str
    """Under which the server keeps it at most once."""
    incident: str
    opens: bool
    """It declares that incident, whose name is one of ours."""
    command: Command
    base: str | None
    """For a text: what it was edited from, which is needed to merge it with somebody else's."""
    actor: str | None
    made_at: datetime
    tried: bool
    """It was sent once, and must be sent again exactly so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One command that the server did not keep."""

    id: str
    incident: str
    name: str
    made_at: datetime
    refused_at: datetime
    reason: str
    hint: str


class Outbox:
    """A SQLite file that several processes of one person may share."""

    def __init__(self, path: Path) -> None:
        self._place = place_of(path)
        self._lock = threading.RLock()
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        with self._trouble(), contextlib.ExitStack() as opened:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, flags, 0o600))
            self._turn = os.open(path.with_name(path.name + ".lock"), flags, 0o600)
            opened.callback(os.close, self._turn)
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=5
            )
            opened.callback(self._db.close)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF"):
                self._db.execute(f"PRAGMA {pragma}")
            with self._write():
                for statement in _SCHEMA.strip().split(";\n"):
                    self._db.execute(statement)
            opened.pop_all()

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()
            os.close(self._turn)

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Hold the right to send; False: another process is sending."""
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def items(self) -> tuple[Item, ...]:
        """Return what is on its way, in order."""
        with self._trouble(), self._lock:
            rows = self._db.execute(
                "SELECT n, id, incident, opens, name, command, base, actor, made_at, tried"
                " FROM item ORDER BY n"
            ).fetchall()
        return tuple(
            Item(
                n=n,
                id=id_,
                incident=incident,
                opens=bool(opens),
                command=from_json(name, json.loads(command)),
                base=base,
                actor=actor,
                made_at=decode_time(made_at),
                tried=bool(tried),
            )
            for n, id_, incident, opens, name, command, base, actor, made_at, tried in rows
        )

    def add(
        self,
        command: Command,
        *,
        name: str,
        incident: str | None,
        base: str | None,
        actor: str | None,
        now: datetime,
    ) -> str:
        """Keep a command under the id `name`; returns its incident, a new name for a new one.

        Once it returns, the command is on the disk.

        Raises:
            JournalError: It could not be kept.
        """
        with self._write():
            if incident is None:
                row = self._db.execute("SELECT value FROM fact WHERE key = 'opened'").fetchone()
                number = int(row[0]) + 1 if row else 1
                self._db.execute("REPLACE INTO fact VALUES('opened', ?)", (str(number),))
            place = f"{LOCAL}{number}" if incident is None else incident
            self._db.execute(
                "INSERT OR IGNORE INTO item(id, incident, opens, name, command, base, actor,"
                " made_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    place,
                    incident is None,
                    name_of(command),
                    json.dumps(to_json(command)),
                    base,
                    actor,
                    encode_time(now),
                ),
            )
            return place

    def change(self, item: Item, command: Command, *, tried: bool) -> None:
        """Put another command in the place of one that the server does not know yet."""
        with self._write():
            self._db.execute(
                "UPDATE item SET command = ?, tried = ? WHERE n = ?",
                (json.dumps(to_json(command)), tried, item.n),
            )

    def kept(self, item: Item, there: str) -> None:
        """The server keeps it, under that incident."""
        with self._write():
            self._db.execute("DELETE FROM item WHERE n = ?", (item.n,))
            if item.opens:
                self._db.execute("REPLACE INTO alias VALUES(?, ?)", (item.incident, there))

    def refuse(self, item: Item, refusal: Refusal, now: datetime) -> None:
        """The server does not keep it: it leaves the queue for the list of refusals."""
        with self._write():
            self._db.execute("DELETE FROM item WHERE n = ?", (item.n,))
            self._db.execute(
                "INSERT INTO refused(id, incident, name, command, made_at, refused_at, reason,"
                " hint) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    item.id,
                    item.incident,
                    name_of(item.command),
                    json.dumps(to_json(item.command)),
                    encode_time(item.made_at),
                    encode_time(now),
                    refusal.reason,
                    refusal.hint,
                ),
            )

    def told(self, item: Item) -> None:
        """Take a refusal off the list: its person was waiting, and has read it."""
        with self._write():
            self._db.execute("DELETE FROM refused WHERE id = ?", (item.id,))

    def refusals(self) -> tuple[Refused, ...]:
        """Return what was refused, the oldest first."""
        with self._trouble(), self._lock:
            rows = self._db.execute(
                "SELECT id, incident, name, made_at, refused_at, reason, hint FROM refused"
                " ORDER BY n"
            ).fetchall()
        return tuple(
            Refused(
                id=id_,
                incident=incident,
                name=name,
                made_at=decode_time(made),
                refused_at=decode_time(at),
                reason=reason,
                hint=hint,
            )
            for id_, incident, name, made, at, reason, hint in rows
        )

    def clear_refusals(self) -> int:
        """Forget the refusals: somebody has read them; returns how many there were."""
        with self._write():
            return self._db.execute("DELETE FROM refused").rowcount

    def aliases(self) -> dict[str, str]:
        """Return the server's names of incidents that were declared here."""
        with self._trouble(), self._lock:
            return dict(self._db.execute("SELECT here, there FROM alias").fetchall())

    def fact(self, key: str) -> str:
        """Return something remembered; empty: nothing."""
        with self._trouble(), self._lock:
            row = self._db.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def remember(self, key: str, value: str) -> None:
        """Remember something."""
        if self.fact(key) != value:
            with self._write():
                self._db.execute("REPLACE INTO fact VALUES(?, ?)", (key, value))

    @contextlib.contextmanager
    def _write(self) -> Iterator[None]:
        with self._trouble(), self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it already
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            problem = sqlite_problem(error, self._place)
            if isinstance(problem, JournalFull):
                raise problem from error
            raise JournalError(
                f"{self._place.label}: {clean_line(str(error))}",
                "The command was not kept; try again.",
            ) from error
        except OSError as error:
            raise cannot(error, self._place) from error
