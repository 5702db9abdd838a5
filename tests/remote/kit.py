"""Consoles over a server: each with a copy, an outbox and a link of its own."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.server.kit import QUICK, Link, Served, until

from warroom.remote.breaker import Breaker
from warroom.remote.opening import open_remote
from warroom.remote.room import RemoteRoom
from warroom.remotes import Remote
from warroom.store import SqlJournal, open_journal


@dataclass
class Console:
    room: RemoteRoom
    link: Link
    server: Served

    def level(self) -> bool:
        """Whether nothing is on its way in either direction."""
        contact = self.room.contact()
        return (
            contact.online and not contact.pending and self.room.end() == self.server.journal.end()
        )


def open_one(folder: Path, url: str, token: str, person: str, **more: object) -> RemoteRoom:
    copy = folder / person / "journal.db"

    def replica(journal: str | None) -> SqlJournal:
        anchors = folder / person / "anchors.log"
        return open_journal(copy, anchors=anchors, tuning=QUICK, journal_id=journal)

    # The shortest waits between attempts: a test has no crowd to keep out of step with.
    breaker = Breaker(jitter=lambda low, _: low)
    return open_remote(
        Remote(url=url), token, copy, replica, person, f"{person}-pc", breaker=breaker, **more
    )


@contextlib.contextmanager
def console(server: Served, folder: Path, person: str, *scopes: str) -> Iterator[Console]:
    token = server.token(person, *scopes)
    link = Link(server.port)
    try:
        room = open_one(folder, link.url, token, person)
        try:
            room.settle(20)
            until(lambda: room.contact().online)
            yield Console(room, link, server)
        finally:
            room.close()
    finally:
        link.close()
