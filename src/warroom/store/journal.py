"""The journal over a database: append, read, search, check."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Condition
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, insert, select, text, update

from warroom.core.decide import Decision, Refusal
from warroom.core.events import FollowUpChanged, Recorded
from warroom.core.fold import evolve
from warroom.core.journal import Appended, Head, JournalError, Link, Origin, Verified
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.store import follow, listen, projections
from warroom.store.anchors import Anchor, Anchors
from warroom.store.place import Place
from warroom.store.records import (
    AFTER,
    BY_COMMAND,
    BY_INCIDENT,
    BY_KIND,
    NEWEST,
    WITH_KIND,
    batch,
    head_of,
    to_record,
)
from warroom.store.states import Known, States
from warroom.store.tables import EVENT, HEAD, INCIDENT
from warroom.store.transactions import Transactions, Tuning
from warroom.store.verify import check

_Head = tuple[int, bytes, str]
"""Position, hash, name of the journal."""


class SqlJournal:
    """A `warroom.core.journal.Journal` in SQLite or PostgreSQL; `open_journal` makes one."""

    def __init__(
        self,
        transactions: Transactions,
        place: Place,
        anchors: Anchors,
        tuning: Tuning,
        *,
        read_only: bool = False,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self.place = place
        self.transactions = transactions
        self._anchors = anchors
        self._tuning = tuning
        self._read_only = read_only
        self._on_close = on_close
        self._states = States()
        self._news = Condition()
        self._last: _Head | None = None
        self._anchored = (0, -math.inf)  # the first event after opening gets an anchor
        self._closed = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should know though everything goes on, oldest first."""
        return tuple(self.transactions.warnings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(
        self,
        incident: str | None,
        decide: Callable[[Incident | None], Decision],
        origin: Origin,
    ) -> Appended | Refusal:
        """Decide inside the write transaction on the newest state, and keep what was decided.

        `decide` may be called more than once: after a broken connection or a full disk the whole
        transaction is done again.

        Raises:
            JournalError: Nothing was stored.
        """
        self._may_write()
        _check_origin(origin)
        result, known, head = self.transactions.write(
            lambda connection: self._append(connection, incident, decide, origin)
        )
        if known is not None:
            self._states.keep(known)
        if head is not None:
            self._announce(head)
        return result

    def incident(self, name: str) -> Incident | None:
        """The state of one incident."""
        known = self.transactions.read(lambda connection: self._states.load(connection, name))
        return None if known is None else self._remember([known])[0]

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        """All open incidents (or all), in the order of their opening."""
        return self._remember(
            self.transactions.read(
                lambda connection: self._states.load_all(connection, include_closed=include_closed)
            )
        )

    def records(self, name: str) -> Sequence[Recorded]:
        """The events of one incident, in order."""
        part = {"incident": name, "first": 1, "last": NEWEST}
        return self.transactions.read(
            lambda c: tuple(to_record(row) for row in c.execute(BY_INCIDENT, part))
        )

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        """The incidents with at least one event of a stored kind, closed ones included."""

        def work(connection: Connection) -> list[Known]:
            names = connection.execute(WITH_KIND, {"kind": kind}).scalars().all()
            rows = connection.execute(
                select(INCIDENT.c.id, INCIDENT.c.last_hash)
                .where(INCIDENT.c.id.in_(names))
                .order_by(INCIDENT.c.number)
            )
            return self._states.load_some(connection, [(row[0], row[1]) for row in rows])

        return self._remember(self.transactions.read(work))

    def follow_ups(self) -> Sequence[tuple[str, FollowUpChanged]]:
        """Every follow-up as it was last changed, with its incident, closed ones included."""
        records = self.transactions.read(
            lambda c: [to_record(row) for row in c.execute(BY_KIND, {"kind": "follow_up_changed"})]
        )
        last = {
            (record.incident, record.event.follow_up): record.event
            for record in records
            if isinstance(record.event, FollowUpChanged)
        }
        return tuple((name, event) for (name, _), event in last.items())

    def since(self, seq: int, limit: int = 1000) -> Sequence[Recorded]:
        """Events after a position of the whole journal, in order."""
        page = {"seq": seq, "limit": limit}
        return self.transactions.read(
            lambda c: tuple(to_record(row) for row in c.execute(AFTER, page))
        )

    def head(self) -> int:
        """The position of the last event; 0 for none."""
        return self.transactions.read(lambda c: int(c.execute(_HEAD_SEQ).scalar_one()))

    def end(self) -> Head:
        """Which journal this is and where it ends."""
        row = self.transactions.read(head_of)
        return Head(journal=str(row.journal_id), seq=int(row.seq), hash=bytes(row.hash).hex())

    def links(self, seq: int, limit: int = 1000) -> Sequence[Link]:
        """The events after a position as they were hashed, in order."""
        return self.transactions.read(lambda c: follow.links_after(c, seq, limit))

    def take(self, links: Sequence[Link]) -> tuple[Recorded, ...]:
        """Take over what follows in the journal that this one is a copy of; returns what was new.

        Raises:
            JournalDamaged: These events are not its continuation; nothing was stored.
        """
        self._may_write()
        taken = self.transactions.write(lambda c: follow.take(c, links, self._states))
        for known in taken.states:
            self._states.keep(known)
        if taken.records:
            self._announce(taken.head)
        return taken.records

    def listen(self, wake: Callable[[], None]) -> Callable[[], None] | None:
        """Call `wake` soon after another process has stored something; None: nobody tells here."""
        return self.transactions.listen(self.end().journal, wake)

    def wait(self, seq: int, timeout: float, step: float = 0.1) -> int:
        """Return the head as soon as it is past `seq`, at the latest after `timeout` seconds.

        This process's own events wake it at once, another's are seen within `step` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            head = self.head()
            left = deadline - time.monotonic()
            if head > seq or left <= 0:
                return head
            with self._news:
                self._news.wait(min(step, left))

    def search(self, words: str, limit: int = 50) -> Sequence[Incident]:
        """Incidents whose title, notes or texts hold all the words, newest first."""

        def work(connection: Connection) -> list[Known]:
            found = projections.find(connection, words, limit)
            rows = connection.execute(
                select(INCIDENT.c.id, INCIDENT.c.last_hash)
                .where(INCIDENT.c.id.in_(found))
                .order_by(INCIDENT.c.number.desc())
            )
            return self._states.load_some(connection, [(row[0], row[1]) for row in rows])

        return self._remember(self.transactions.read(work))

    def verify(self) -> Verified:
        """Recompute the whole chain and compare it with the head, the anchors, the projections."""
        return self.transactions.read(lambda c: check(c, self._anchors, self.place))

    def rebuild(self) -> int:
        """Throw the projections away and make them again; returns of how many incidents."""
        self._may_write()
        self._states.forget()
        return self.transactions.write(projections.rebuild)

    def close(self) -> None:
        """Write a last anchor, let the last one out merge the log into the file, release all."""
        if self._closed:
            return
        self._closed = True
        try:
            news = self._last is not None and self._last[0] > self._anchored[0]
            if self._last is not None and news and self.transactions.present():
                self._anchor(self._last)
        finally:
            self.transactions.close()
            if self._on_close is not None:
                self._on_close()

    def _append(
        self,
        connection: Connection,
        incident: str | None,
        decide: Callable[[Incident | None], Decision],
        origin: Origin,
    ) -> tuple[Appended | Refusal, Known | None, _Head | None]:
        head = connection.execute(_LOCK_HEAD).one()
        earlier = _earlier(connection, incident, origin.command_id)
        if earlier is not None:
            return earlier, None, None
        known = None if incident is None else self._states.load(connection, incident)
        state = None if known is None else known.state
        decided = decide(state)
        if isinstance(decided, Refusal):
            return decided, known, None
        if state is not None and not decided:
            return Appended(incident=state, records=()), known, None
        if state is None and (incident is not None or not decided):
            raise JournalError(f"there is no incident {incident}", "Look at `warroom list --all`.")
        number = head.incidents + (state is None)
        name = f"INC-{number}" if state is None else state.id
        version = 0 if state is None else state.version
        new = batch(decided, origin, name, version, (head.seq, bytes(head.hash)))
        state = _evolved(state, new.records)
        seq = new.records[-1].seq
        connection.execute(_ADD, new.rows)
        connection.execute(_MOVE_HEAD, {"seq": seq, "hash": new.last_hash, "incidents": number})
        projections.store(connection, state, new.last_hash, new.rows)
        listen.tell(connection, str(head.journal_id), seq)
        now = (seq, new.last_hash, str(head.journal_id))
        return Appended(incident=state, records=new.records), Known(state, new.last_hash), now

    def _remember(self, found: Sequence[Known]) -> tuple[Incident, ...]:
        for known in found:
            self._states.keep(known)
        return tuple(known.state for known in found)

    def _may_write(self) -> None:
        if self._read_only:
            raise JournalError(f"{self.place.label} is open read-only", "Nothing was stored.")

    def _announce(self, head: _Head) -> None:
        with self._news:
            self._news.notify_all()
        self._last = head
        seq, at = self._anchored
        if (
            head[0] - seq >= self._tuning.anchor_events
            or time.monotonic() - at >= self._tuning.anchor_seconds
        ):
            self._anchor(head)

    def _anchor(self, head: _Head) -> None:
        seq, last_hash, journal_id = head
        self._anchored = (seq, time.monotonic())
        try:
            self._anchors.write(
                Anchor(
                    seq=seq,
                    hash=last_hash.hex(),
                    at=datetime.now(UTC).isoformat(timespec="seconds"),
                    journal=journal_id,
                    what="head",
                    where=self.place.mark,
                )
            )
        except OSError as error:  # the events are stored: this must not look like a failure
            path = clean_line(str(self._anchors.path))
            self.transactions.warn(f"{path}: no anchor could be written: {error.strerror}")


_HEAD_SEQ = text("SELECT seq FROM head WHERE id = 1")
_LOCK_HEAD = select(HEAD).with_for_update()
_MOVE_HEAD = update(HEAD)
_ADD = insert(EVENT)


def _earlier(connection: Connection, incident: str | None, command_id: str) -> Appended | None:
    """Return what a command led to, if it is in the journal already."""
    rows = connection.execute(BY_COMMAND, {"command_id": command_id})
    records = tuple(to_record(row) for row in rows)
    if not records:
        return None
    name, version = records[-1].incident, records[-1].version
    if incident not in {name, None}:
        raise JournalError(
            f"the command {command_id!r} was kept for {name}, not for {incident}",
            "A command's id is used once: give this one its own.",
        )
    states: dict[str, Incident] = {}
    until = {"incident": name, "first": 1, "last": version}
    for row in connection.execute(BY_INCIDENT, until):
        projections.fold_into(states, row)
    return Appended(incident=states[name], records=records, repeated=True)


def _evolved(state: Incident | None, records: Sequence[Recorded]) -> Incident:
    try:
        for record in records:
            state = evolve(state, record)
    except ValueError as error:
        raise JournalError(f"this cannot be stored: {error}", "Nothing was stored.") from error
    assert state is not None  # noqa: S101 - a batch has at least one record
    return state


def _check_origin(origin: Origin) -> None:
    for name in ("actor", "device", "command_id"):
        value = getattr(origin, name)
        if "\0" in value or (name == "command_id" and not value):
            raise JournalError(f"{name} {value!r} cannot be stored", "Nothing was stored.")
