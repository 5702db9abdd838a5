"""The states of incidents, kept between reads and checked against the database at each."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from warroom.core.state import Incident
from warroom.store.projections import fold_into
from warroom.store.records import BY_INCIDENT, BY_INCIDENTS, NEWEST
from warroom.store.tables import INCIDENT

_TOGETHER = 200
"""Incidents whose events are read by one statement."""


@dataclass(frozen=True, slots=True)
class Known:
    """A state and the hash of the last event in it: together they name one history."""

    state: Incident
    last_hash: bytes


class States:
    """A bounded memory of states; only what is committed may enter it."""

    def __init__(self, limit: int = 1024) -> None:
        self._kept: OrderedDict[str, Known] = OrderedDict()
        self._limit = limit
        self._lock = threading.Lock()

    def keep(self, known: Known) -> None:
        """Remember a committed state unless a newer one is known."""
        name = known.state.id
        with self._lock:
            old = self._kept.get(name)
            if old is None or old.state.version <= known.state.version:
                self._kept[name] = known
            self._kept.move_to_end(name)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        """Remember nothing: the history may be another one now."""
        with self._lock:
            self._kept.clear()

    def load(self, connection: Connection, name: str) -> Known | None:
        """Return an incident as of the connection's transaction; None if there is none.

        What another process has appended is folded in; a memory that is not a prefix of what the
        database holds is not used.
        """
        with self._lock:
            known = self._kept.get(name)
        part = {"incident": name, "first": 1, "last": NEWEST}
        if known is not None:
            newer = {**part, "first": known.state.version}
            rows = connection.execute(BY_INCIDENT, newer).all()
            if not rows or rows[0].hash != known.last_hash:
                known = None
            elif len(rows) == 1:
                return known
            else:
                rows = rows[1:]
        if known is None:
            rows = connection.execute(BY_INCIDENT, part).all()
            if not rows:
                return None
        states = {} if known is None else {name: known.state}
        for row in rows:
            fold_into(states, row)
        return Known(states[name], rows[-1].hash)

    def load_all(self, connection: Connection, *, include_closed: bool) -> list[Known]:
        """Return the incidents in the order of their opening."""
        query = select(INCIDENT.c.id, INCIDENT.c.last_hash).order_by(INCIDENT.c.number)
        if not include_closed:
            query = query.where(INCIDENT.c.closed_at.is_(None))
        return self.load_some(connection, ((row[0], row[1]) for row in connection.execute(query)))

    def load_some(self, connection: Connection, wanted: Iterable[tuple[str, bytes]]) -> list[Known]:
        """Return incidents named with the hash of their last event, reading only what is new."""
        names = list(wanted)
        with self._lock:
            kept = {name: self._kept.get(name) for name, _ in names}
        unknown = [name for name, _ in names if kept[name] is None]
        for start in range(0, len(unknown), _TOGETHER):
            kept.update(_together(connection, unknown[start : start + _TOGETHER]))
        found: list[Known] = []
        for name, last_hash in names:
            known = kept[name]
            if known is None or known.last_hash != last_hash:
                known = self.load(connection, name)
            if known is not None:
                found.append(known)
        return found


def _together(connection: Connection, names: Sequence[str]) -> dict[str, Known]:
    """Return the states of incidents of which nothing is known, read in one go."""
    states: dict[str, Incident] = {}
    hashes: dict[str, bytes] = {}
    for row in connection.execute(BY_INCIDENTS, {"incidents": names}):
        fold_into(states, row)
        hashes[row.incident] = row.hash
    return {name: Known(state, hashes[name]) for name, state in states.items()}
