"""Run work in a transaction: writers one at a time, with patience; readers beside them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine

from warroom.core.journal import JournalBusy, JournalError, JournalGone
from warroom.store.disk import Disk
from warroom.store.engine import reader
from warroom.store.errors import translate
from warroom.store.listen import Listener
from warroom.store.lock import WriterLock, pause
from warroom.store.place import Place

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What a test or an unusual disk may want otherwise."""

    busy_seconds: float = 5.0
    """How long a writer waits for others altogether."""
    reserve_bytes: int = 8 << 20
    """Disk space held back for the moment in which there is none; 0: none."""
    anchor_events: int = 64
    anchor_seconds: float = 10.0
    """A line in the anchor file for every so many events or seconds, whichever comes first."""


class Transactions:
    """The way to one database; both methods may be called from any thread."""

    def __init__(
        self, engine: Engine, place: Place, lock: WriterLock, disk: Disk | None, tuning: Tuning
    ) -> None:
        self.warnings: list[str] = []
        self._engine = engine
        self._reader = reader(engine)
        self._place = place
        self._lock = lock
        self._disk = disk
        self._seconds = tuning.busy_seconds
        self._listeners: list[Listener] = []

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` finds in one snapshot; never waits for a writer.

        Raises:
            JournalError: In place of whatever the driver raised.
        """
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                with self._reader.connect() as connection, connection.begin():
                    return work(connection)
            except Exception as error:  # noqa: BLE001 - sorted out in the next line
                self._again_or_raise(error, deadline)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` did, once it is on the disk; it may be called more than once.

        Raises:
            JournalError: In place of whatever the driver raised: nothing was stored.
        """
        deadline = time.monotonic() + self._seconds
        with self._lock.hold(deadline):
            if not self.present():
                raise JournalError(
                    f"{self._place.label} was deleted or replaced while it was open",
                    "Nothing was stored. Put the file back, or start warroom again.",
                )
            while True:
                try:
                    with self._engine.begin() as connection:
                        result = work(connection)
                except Exception as error:  # noqa: BLE001 - sorted out in the next line
                    self._again_or_raise(error, deadline)
                else:
                    break
            if self._disk is not None:
                self._disk.tidy(self._engine)
            return result

    def listen(self, journal: str, wake: Callable[[], None]) -> Callable[[], None] | None:
        """Call `wake` when the database tells of news; None: it is one that tells nobody."""
        if self._engine.dialect.name != "postgresql":
            return None
        listener = Listener(self._engine, journal, wake)
        self._listeners.append(listener)
        return listener.stop

    def warn(self, text: str) -> None:
        """Say something once that somebody should know though everything goes on."""
        if text not in self.warnings:
            self.warnings.append(text)

    def present(self) -> bool:
        """Whether the database is the one that was opened; a file can be replaced meanwhile."""
        return self._disk is None or self._disk.present()

    def close(self) -> None:
        """Let go of the database; the last one out merges the write-ahead log into the file."""
        for listener in self._listeners:
            listener.stop()
        try:
            with self._lock.hold(time.monotonic() + self._seconds):
                self._engine.dispose()
        except JournalBusy:
            self._engine.dispose()  # everything is on the disk; the next one to open it tidies up
        self._lock.close()

    def _again_or_raise(self, error: Exception, deadline: float) -> None:
        """Return if another attempt makes sense; otherwise raise what the caller shall see."""
        problem = translate(error, self._place)
        if isinstance(problem, JournalBusy | JournalGone) and time.monotonic() < deadline:
            pause()
            return
        if problem is None:
            raise error
        if self._disk is not None and self._disk.make_room(problem, self._engine):
            self.warn(f"{self._place.label}: the disk is full; the reserve that was kept is in use")
            return
        if problem is error:
            raise error
        raise problem from error
