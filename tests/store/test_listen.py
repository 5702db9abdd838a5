"""Consoles on one PostgreSQL are told of each other's events, and catch up on what they missed."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.journal import JournalError
from warroom.room.local import LocalRoom
from warroom.room.service import Done
from warroom.store import SqlJournal

from .conftest import Postgres
from .story import declare, note

pytestmark = pytest.mark.postgres


def until(what: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture
def pair(
    postgres: Postgres, opened: Callable[..., SqlJournal]
) -> Iterator[tuple[LocalRoom, LocalRoom]]:
    address = postgres.new_schema()
    # Without being told they would look once in an hour: what arrives was told.
    rooms = tuple(
        LocalRoom(opened(address), actor=who, device=who, poll_seconds=3600.0)
        for who in ("ana", "leo")
    )
    yield rooms
    for room in rooms:
        room.close()


def test_one_console_is_told_of_the_others_event(pair: tuple[LocalRoom, LocalRoom]) -> None:
    ana, leo = pair
    told: list[e.Recorded] = []
    leo.subscribe(told.extend)
    done = ana.do(c.Declare(facts=e.Declared(title="checkout fails")))
    assert isinstance(done, Done)
    until(lambda: [r.actor for r in told] == ["ana"])
    assert leo.incident(done.incident.id) == done.incident


def test_after_a_broken_connection_nothing_is_missing(
    postgres: Postgres, pair: tuple[LocalRoom, LocalRoom]
) -> None:
    ana, leo = pair
    told: list[int] = []
    leo.subscribe(lambda records: told.extend(r.seq for r in records))
    done = ana.do(c.Declare(facts=e.Declared(title="checkout fails")))
    assert isinstance(done, Done)
    until(lambda: told == [1])
    postgres.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
    )
    for number in range(3):
        ana.do(c.AddNote(text=f"{number}"), done.incident.id)
    until(lambda: told == [1, 2, 3, 4])
    ana.do(c.AddNote(text="and on"), done.incident.id)
    until(lambda: told == [1, 2, 3, 4, 5])


def test_what_is_rolled_back_is_told_to_nobody(
    postgres: Postgres, opened: Callable[..., SqlJournal]
) -> None:
    address = postgres.new_schema()
    ours, theirs = opened(address), opened(address)
    declare(ours)
    heard = threading.Event()
    stop = theirs.listen(heard.set)
    assert stop is not None
    assert heard.wait(30)  # once at the beginning: something may have happened before
    heard.clear()
    with pytest.raises(JournalError):
        ours.append("INC-9", lambda state: (e.NoteAdded(text="x"),), _origin())
    note(ours, "INC-1", "kept")
    assert heard.wait(30)
    stop()


def test_a_file_tells_nobody(tmp_path, opened: Callable[..., SqlJournal]) -> None:
    assert opened(tmp_path / "journal.db").listen(lambda: None) is None


def _origin():
    from .story import origin

    return origin()
