"""Check a whole journal: chain, head, anchors, projections, and the file itself."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, select, text

from warroom.core.canonical import NotCanonical
from warroom.core.journal import Verified
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.store.anchors import Anchor, Anchors
from warroom.store.chain import genesis, link
from warroom.store.errors import translate
from warroom.store.place import Place
from warroom.store.projections import document_rows, fold_into, incident_row, number_of
from warroom.store.records import AFTER, head_of
from warroom.store.tables import DOCUMENT, INCIDENT

_PAGE = 1000
"""Events read at a time."""


def check(connection: Connection, anchors: Anchors | None, place: Place) -> Verified:
    """Return what a check of everything found; damage is a finding, not an exception."""
    run = _Check(connection)
    run.try_to(run.file, place)
    run.try_to(run.read_head, place)
    if anchors is not None:
        run.try_to(lambda: run.expect(anchors, place), place)
    run.try_to(run.chain, place)
    run.try_to(run.end, place)
    if not run.problems:
        run.try_to(run.projections, place)
    return Verified(
        events=run.events,
        head_seq=run.head_seq,
        head_hash=run.head_hash.hex(),
        problems=tuple(run.problems),
    )


class _Check:
    """One walk through a journal; `problems` grows on the way."""

    def __init__(self, connection: Connection) -> None:
        self.problems: list[str] = []
        self.events = 0
        self.head_seq = 0
        self.head_hash = b""
        self._connection = connection
        self._journal_id = ""
        self._incidents = 0
        self._anchors: dict[int, Anchor] = {}
        self._states: dict[str, Incident] = {}
        self._hashes: dict[str, bytes] = {}
        self._documents: dict[int, str] = {}
        self._last = b""
        self._whole = False

    def try_to(self, step: Callable[[], None], place: Place) -> None:
        """Run a step; what stops it is a problem to report."""
        try:
            step()
        except OSError as error:
            self.problems.append(f"the anchors cannot be read: {error.strerror}")
        except Exception as error:  # noqa: BLE001 - damaged pages can hold anything
            found = translate(error, place)
            problem = f"cannot be read: {clean_line(repr(error))}" if found is None else found.what
            if problem not in self.problems:
                self.problems.append(problem)

    def file(self) -> None:
        """Let SQLite check its pages and the description of its tables; not what is in them."""
        if self._connection.dialect.name != "sqlite":
            return
        found = self._connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
        if found != "ok":
            self.problems.append(f"the database file is damaged: {clean_line(str(found))}")
        # One that only reads is not told that it could not write: so they are made once more.
        described = self._connection.execute(
            text("SELECT sql FROM sqlite_schema WHERE sql NOT LIKE 'CREATE VIRTUAL %'")
        ).scalars()  # a virtual one makes tables that are described as well
        with closing(sqlite3.connect(":memory:")) as empty:
            for statement in described:
                empty.execute(statement)

    def read_head(self) -> None:
        """Read where the journal says that it ends."""
        head = head_of(self._connection)
        self.head_seq, self.head_hash = head.seq, bytes(head.hash)
        self._journal_id, self._incidents = head.journal_id, head.incidents

    def expect(self, anchors: Anchors, place: Place) -> None:
        """Read what the anchors say about this journal and this place."""
        belongs = anchors.of_place(place.mark)
        if belongs not in {None, self._journal_id}:
            self.problems.append(
                f"another journal is kept at {place.label} than the one that belongs there"
            )
        self._anchors = {anchor.seq: anchor for anchor in anchors.of_journal(self._journal_id)}

    def chain(self) -> None:
        """Recompute every hash up to the first that does not fit."""
        self._last = genesis(self._journal_id)
        command, part = "", -1
        while rows := self._page():
            for row in rows:
                part = part + 1 if row.command_id == command else 0
                command = row.command_id
                problem = self._event(row, part)
                if problem:
                    self.problems.append(problem)
                    return
        self._whole = True

    def end(self) -> None:
        """Compare the last event with the head and with the anchors."""
        if not self._whole:
            return
        if (self.events, self._last) != (self.head_seq, self.head_hash):
            self.problems.append(
                f"the journal ends with event {self.events}, its head says {self.head_seq}"
            )
        late = [anchor for seq, anchor in self._anchors.items() if seq > self.events]
        if late:
            anchor = max(late, key=lambda each: each.seq)
            self.problems.append(
                f"the journal ends with event {self.events}, but on {anchor.at} "
                f"it had {anchor.seq}: its end was cut off"
            )
        opened = len(self._states)
        if opened != self._incidents:
            self.problems.append(f"{opened} incidents were opened, the head says {self._incidents}")

    def projections(self) -> None:
        """Compare every projection row with what the events say it must be."""
        rows = self._connection.execute(select(INCIDENT)).mappings()
        found = {row["id"]: {**row, "last_hash": bytes(row["last_hash"])} for row in rows}
        expected = {
            name: incident_row(state, self._hashes[name]) for name, state in self._states.items()
        }
        for name in sorted(expected.keys() | found.keys(), key=number_of):
            if expected.get(name) != found.get(name):
                self.problems.append(
                    f"the projection of {name} is not what its events say: "
                    "`warroom journal rebuild` makes it again"
                )
                break
        documents = {row.rowid: row.words for row in self._connection.execute(select(DOCUMENT))}
        if documents != self._documents:
            self.problems.append(
                "the words to search in are not what the events say: "
                "`warroom journal rebuild` makes them again"
            )

    def _page(self) -> list[Any]:
        return list(self._connection.execute(AFTER, {"seq": self.events, "limit": _PAGE}))

    def _event(self, row: Any, part: int) -> str | None:
        seq = self.events + 1
        if row.seq != seq:
            return f"event {seq} is missing"
        if bytes(row.prev) != self._last:
            return f"event {seq} does not follow the event before it"
        place = (
            row.seq,
            row.at,
            row.incident,
            row.version,
            row.kind,
            row.actor,
            row.device,
            row.command_id,
        )
        try:
            digest = link(self._last, place, row.body)
        except NotCanonical as error:
            return f"event {seq} was changed: {error}"
        if digest != bytes(row.hash):
            return f"event {seq} was changed: its hash does not fit"
        anchor = self._anchors.get(seq)
        if anchor is not None and anchor.hash != digest.hex():
            return f"event {seq} is not the one that was there on {anchor.at}"
        before = self._states.get(row.incident)
        if row.version != (before.version + 1 if before else 1) or row.part != part:
            return f"event {seq} is out of order in {clean_line(row.incident, 40)} or its command"
        fold_into(self._states, row)
        self._hashes[row.incident] = digest
        for document in document_rows([(seq, row.incident, row.kind, row.body)]):
            self._documents[document["rowid"]] = document["words"]
        self.events, self._last = seq, digest
        return None
