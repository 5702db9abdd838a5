"""PostgreSQL tells every console at once that there is news; what it is, each reads for itself."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)

_STEP = 0.5
"""Seconds after which a listener looks whether it shall stop."""

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 5.0
"""Seconds before another attempt to connect."""

_TELL = text("SELECT pg_notify(:channel, :seq)")


def channel(journal: str) -> str:
    """Return the channel of a journal: several may share a database."""
    return f"warroom_{journal}"


def tell(connection: Connection, journal: str, seq: int) -> None:
    """Tell the others, once and only if this transaction is committed.

    The payload is the position alone: a message holds at most 8 000 bytes, and whoever was away
    has to read from the journal anyhow.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_TELL, {"channel": channel(journal), "seq": str(seq)})


class Listener:
    """One connection that waits for the others to tell."""

    def __init__(self, engine: Engine, journal: str, wake: Callable[[], None]) -> None:
        self._engine = engine
        self._channel = channel(journal)
        self._wake = wake
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-listen", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the connection."""
        self._closing.set()
        self._thread.join(timeout=4 * _STEP)

    def _run(self) -> None:
        import psycopg  # noqa: PLC0415 - only a journal in PostgreSQL has listeners

        wait = _FIRST_WAIT
        while not self._closing.is_set():
            try:
                connection = self._connect()
            except (SQLAlchemyError, psycopg.Error) as error:
                _log.info("listening: %s", error)
                self._closing.wait(wait)
                wait = min(_LONGEST_WAIT, wait * 2)
                continue
            wait = _FIRST_WAIT
            try:
                self._listen(connection)
            except psycopg.Error as error:
                _log.info("listening: %s", error)
            finally:
                connection.close()

    def _connect(self) -> Any:
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()  # it is ours now, and not given back to the others
        connection.autocommit = True
        connection.execute(f'LISTEN "{self._channel}"')
        return connection

    def _listen(self, connection: Any) -> None:
        # First of all: what was stored before LISTEN took effect was told to nobody here.
        self._wake()
        while not self._closing.is_set():
            for _ in connection.notifies(timeout=_STEP, stop_after=1):
                self._wake()
