"""Several threads, processes and connections on one journal: nothing lost, nobody starved."""

import dataclasses
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.journal import Appended, JournalBusy
from warroom.store import SqlJournal, Tuning, open_journal

from .conftest import QUICK
from .processes import ended_well, forked
from .story import always, declare, note, origin

Open = Callable[..., SqlJournal]


def count_up(journal: SqlJournal, times: int) -> None:
    """Read, add one, write: each loses the other's work unless it is one transaction."""
    for _ in range(times):
        journal.append(
            "INC-1",
            lambda state: (e.NoteAdded(text="."), e.Diagnosed(text=f"{len(state.diagnoses) + 1}")),
            origin(),
        )


@pytest.mark.parametrize("shared", [True, False])
def test_four_threads_counting_lose_nothing(address: str, opened: Open, shared: bool) -> None:
    first = opened(address)
    declare(first)
    journals = [first if shared else opened(address) for _ in range(4)]
    threads = [threading.Thread(target=count_up, args=(journal, 50)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    counted = [diagnosis.text for _, diagnosis in first.incident("INC-1").diagnoses]
    assert counted == [str(number) for number in range(1, 201)]
    assert first.head() == 401
    assert first.verify().problems == ()


def write_many(address: str, anchors: Path, name: str, count: int) -> None:
    with open_journal(address, anchors=anchors, tuning=QUICK) as journal:
        for number in range(count):
            note(journal, "INC-1", f"{name} {number}", f"{name}-{number}")


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_writing_at_once_lose_nothing(
    address: str, anchors: Path, opened: Open, processes: int
) -> None:
    journal = opened(address)
    declare(journal)
    each = 40
    writers = [
        forked(partial(write_many, address, anchors, f"w{n}", each)) for n in range(processes)
    ]
    assert [ended_well(writer) for writer in writers] == [True] * processes
    said = [record.event.text for record in journal.records("INC-1")[1:]]
    assert sorted(said) == sorted(f"w{n} {i}" for n in range(processes) for i in range(each))
    for n in range(processes):
        mine = [text for text in said if text.startswith(f"w{n} ")]
        assert mine == [f"w{n} {i}" for i in range(each)], "each one's own order is kept"
    verified = journal.verify()
    assert (verified.events, verified.problems) == (1 + processes * each, ())


def test_two_writers_flat_out_share_the_file(file: Path, opened: Open) -> None:
    first, second = opened(file), opened(file)
    declare(first)
    counted: Counter[str] = Counter()

    def write(name: str, journal: SqlJournal) -> None:
        while counted.total() < 300:
            note(journal, "INC-1", name)
            counted[name] += 1

    threads = [
        threading.Thread(target=write, args=("a", first)),
        threading.Thread(target=write, args=("b", second)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert min(counted.values()) * 3 >= sum(counted.values()), counted
    assert first.verify().problems == ()


def test_two_opening_a_new_journal_at_once_make_one(address: str, opened: Open) -> None:
    found: list[SqlJournal] = []
    errors: list[BaseException] = []

    def make() -> None:
        try:
            found.append(opened(address))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    for journal in found:
        declare(journal)
    assert [i.id for i in found[0].incidents()] == ["INC-1", "INC-2", "INC-3", "INC-4"]
    assert found[0].verify().problems == ()


def test_only_one_of_two_consoles_wins(address: str, opened: Open) -> None:
    ours, theirs = opened(address), opened(address)
    declare(ours)

    def take(state: object) -> object:
        if state.acknowledged_at is not None:
            return Refusal(reason=f"{state.acknowledged_by} was faster")
        return (e.Acknowledged(),)

    first = ours.append("INC-1", take, origin(actor="ana"))
    second = theirs.append("INC-1", take, origin(actor="bob"))
    assert isinstance(first, Appended)
    assert second == Refusal(reason="ana was faster")


def test_a_stuck_writer_is_an_error_in_time_and_readers_do_not_wait(
    file: Path, opened: Open
) -> None:
    quick = Tuning(busy_seconds=0.3, reserve_bytes=0)
    journal = opened(file, tuning=quick)
    declare(journal)
    with closing(sqlite3.connect(file, isolation_level=None)) as stuck:
        stuck.execute("BEGIN IMMEDIATE")
        assert journal.head() == 1, "a reader that waited would be told that it is busy"
        assert journal.incidents()[0].id == "INC-1"
        assert journal.search("checkout") != ()
        assert journal.verify().problems == ()
        assert opened(file, tuning=quick).head() == 1, "opening does not wait either"
        with pytest.raises(JournalBusy, match="keeps the database locked") as raised:
            note(journal, "INC-1", "x")
        assert "fuser" in raised.value.hint
        stuck.execute("ROLLBACK")
    note(journal, "INC-1", "now")
    assert journal.head() == 2


def test_the_decision_is_made_under_the_write_lock(file: Path, opened: Open) -> None:
    """Even from a program that knows nothing of our lock file nobody writes in between."""
    journal = opened(file)
    declare(journal)
    refused = []

    def look(state: object) -> tuple[e.Event, ...]:
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                refused.append(error.sqlite_errorname)
        return ()

    journal.append("INC-1", look, origin())
    assert refused == ["SQLITE_BUSY"]


def test_a_console_that_keeps_the_lock_is_an_error_in_time(file: Path, opened: Open) -> None:
    journal = opened(file)
    other = opened(file, tuning=Tuning(busy_seconds=0.2, reserve_bytes=0))
    with journal.transactions._lock.hold(time.monotonic() + 1):
        with pytest.raises(JournalBusy, match="another console has been writing"):
            declare(other)
        assert other.head() == 0
    with other.transactions._lock.hold(time.monotonic() + 1):
        pass
    declare(other)


@pytest.mark.postgres
def test_a_stuck_writer_on_a_server_is_an_error_in_time(postgres: object, opened: Open) -> None:
    address = postgres.new_schema()
    journal = opened(address, tuning=Tuning(busy_seconds=0.3))
    declare(journal)
    other = opened(address)
    entered, leave = threading.Event(), threading.Event()

    def slow(state: object) -> tuple[e.Event, ...]:
        entered.set()
        leave.wait(30)
        return (e.NoteAdded(text="slow"),)

    thread = threading.Thread(target=lambda: other.append("INC-1", slow, origin()))
    thread.start()
    try:
        assert entered.wait(30)
        assert journal.head() == 1
        assert journal.incidents()[0].version == 1
        with pytest.raises(JournalBusy, match="another console keeps the journal locked"):
            note(journal, "INC-1", "x")
    finally:
        leave.set()
        thread.join(30)
    assert note(journal, "INC-1", "now").records[0].seq == 3


def test_a_long_reader_stops_no_writer_and_sees_one_moment(file: Path, opened: Open) -> None:
    journal = opened(file)
    declare(journal)
    reader = journal.transactions._reader
    with reader.connect() as connection, connection.begin():
        before = connection.exec_driver_sql("SELECT seq FROM head").scalar_one()
        for number in range(20):
            note(journal, "INC-1", f"{number}")
        assert connection.exec_driver_sql("SELECT seq FROM head").scalar_one() == before == 1
    assert journal.head() == 21


def test_a_state_of_another_history_is_not_used(
    file: Path, tmp_path: Path, anchors: Path, opened: Open
) -> None:
    """The memory of states is checked against the events, not only against their number."""
    journal = opened(file)
    declare(journal)
    note(journal, "INC-1", "a")
    stale = journal._states.load
    with journal.transactions._reader.connect() as connection, connection.begin():
        known = stale(connection, "INC-1")
    forged = dataclasses.replace(known.state, title="forged")
    journal._states.keep(type(known)(forged, b"another hash"))
    assert journal.incident("INC-1").title == "Checkout fails"
    assert journal.incidents()[0].title == "Checkout fails"
    journal.append("INC-1", always(e.Acknowledged()), origin())
    assert journal.incident("INC-1").title == "Checkout fails"
