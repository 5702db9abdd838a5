"""Backup while others write, restore as it was, and a journal that moves between databases."""

import hashlib
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from warroom.core import events as e
from warroom.core.journal import JournalDamaged, JournalError
from warroom.store import SqlJournal, Tuning, backup, open_journal, restore

from .conftest import QUICK
from .story import always, declare, note, origin

Open = Callable[..., SqlJournal]


@pytest.fixture
def filled(journal: SqlJournal) -> SqlJournal:
    declare(journal, "one")
    declare(journal, "two")
    for number in range(10):
        note(journal, "INC-1", f"note {number}")
    return journal


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "copy.db"


def test_a_copy_is_one_whole_file(
    address: str, filled: SqlJournal, copy: Path, anchors: Path, opened: Open
) -> None:
    made = backup(address, copy, anchors=anchors)
    assert made.path == copy
    assert made.sha256 == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert made.verified == filled.verify()
    assert [p.name for p in copy.parent.iterdir()] == ["copy.db"], "nothing beside it"
    assert copy.stat().st_mode & 0o777 == 0o600
    reader = opened(copy, read_only=True)
    assert reader.incidents() == filled.incidents()
    assert reader.records("INC-1") == filled.records("INC-1")
    assert [i.id for i in reader.search("note one")] == ["INC-1"]
    assert reader.verify().problems == (), "its anchors hold"


def test_a_copy_never_replaces_anything(
    address: str, filled: SqlJournal, copy: Path, anchors: Path
) -> None:
    copy.parent.mkdir()
    copy.write_text("precious")
    with pytest.raises(JournalError, match="exists already"):
        backup(address, copy, anchors=anchors)
    assert copy.read_text() == "precious"
    with pytest.raises(JournalError, match="a backup is a file"):
        backup(address, "postgresql://localhost/db", anchors=anchors)


def test_no_copy_of_what_is_not_there(tmp_path: Path, copy: Path, anchors: Path) -> None:
    with pytest.raises(JournalError, match="does not exist"):
        backup(tmp_path / "missing.db", copy, anchors=anchors)
    assert not copy.exists()
    assert not copy.parent.exists() or list(copy.parent.iterdir()) == []


def test_no_copy_of_a_damaged_journal(file: Path, anchors: Path, copy: Path) -> None:
    with open_journal(file, anchors=anchors, tuning=QUICK) as journal:
        declare(journal)
        note(journal, "INC-1", "true")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER event_no_update")
        connection.execute("UPDATE event SET actor = 'bob' WHERE seq = 2")
        connection.commit()
    with pytest.raises(JournalDamaged, match="event 2 was changed"):
        backup(file, copy, anchors=anchors)
    assert list(copy.parent.iterdir()) == []


def test_copies_while_others_write_hold_all_that_was_acknowledged(
    address: str, filled: SqlJournal, copy: Path, anchors: Path, opened: Open
) -> None:
    stop = threading.Event()
    acknowledged = [filled.head()]

    def write(journal: SqlJournal) -> None:
        while not stop.is_set():
            acknowledged.append(note(journal, "INC-2", "x").records[-1].seq)

    threads = [threading.Thread(target=write, args=(opened(address),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            before = max(acknowledged)
            made = backup(address, copy.with_name(f"{number}.db"), anchors=anchors)
            assert made.verified.problems == ()
            assert made.verified.events >= before
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def test_restored_in_another_place_it_goes_on(
    address: str, filled: SqlJournal, copy: Path, anchors: Path, opened: Open, tmp_path: Path
) -> None:
    backup(address, copy, anchors=anchors)
    place = tmp_path / "restored" / "journal.db"
    made = restore(copy, place, anchors=anchors)
    assert (made.path, made.replaced) == (place, None)
    assert made.verified == filled.verify()
    journal = opened(place)
    assert journal.warnings == ()
    assert journal.records("INC-1") == filled.records("INC-1")
    assert declare(journal).id == "INC-3"
    assert journal.verify().problems == ()


def test_restoring_puts_the_old_one_aside_and_moves_the_anchors(
    file: Path, copy: Path, anchors: Path, opened: Open
) -> None:
    journal = opened(file, tuning=Tuning(reserve_bytes=0, anchor_events=1))
    declare(journal)
    backup(file, copy, anchors=anchors)
    for number in range(5):
        note(journal, "INC-1", f"after the copy {number}")
    with pytest.raises(JournalError, match="exists already"):
        restore(copy, file, anchors=anchors)
    made = restore(copy, file, anchors=anchors, replace=True)
    with pytest.raises(JournalError, match="was deleted or replaced"):
        note(journal, "INC-1", "by a console that did not notice")
    journal.close()
    restored = opened(file)
    assert restored.head() == 1
    assert restored.warnings == ()
    assert restored.verify().problems == (), "going back was said, so it is no damage"
    note(restored, "INC-1", "another course")
    restored.close()
    assert opened(file).verify().problems == ()
    assert opened(made.replaced, read_only=True).head() == 6, "with what was in its log"


def test_restored_as_it_was_at_a_moment(
    address: str, journal: SqlJournal, copy: Path, anchors: Path, tmp_path: Path, opened: Open
) -> None:
    declare(journal, "early")
    moment = note(journal, "INC-1", "still early").records[0].at
    declare(journal, "late")
    note(journal, "INC-1", "late")
    backup(address, copy, anchors=anchors)
    made = restore(copy, tmp_path / "then.db", anchors=anchors, at=moment)
    assert made.verified.events == 2
    then = opened(tmp_path / "then.db")
    assert [i.title for i in then.incidents()] == ["early"]
    assert then.search("late") == ()
    assert then.verify().problems == ()
    assert declare(then).id == "INC-2"
    nothing = restore(copy, tmp_path / "never.db", anchors=anchors, at=moment - timedelta(days=900))
    assert nothing.verified.events == 0


@pytest.mark.postgres
def test_from_a_file_to_a_server_and_back(
    file: Path, postgres: object, copy: Path, anchors: Path, opened: Open
) -> None:
    journal = opened(file)
    declare(journal, "moves é\x00\u202e")
    journal.append("INC-1", always(e.Acknowledged(), e.NoteAdded(text="hm")), origin("c"))
    server = postgres.new_schema()
    made = restore(backup(file, copy, anchors=anchors).path, server, anchors=anchors)
    assert made.path is None
    there = opened(server)
    assert there.verify() == journal.verify()
    assert there.records("INC-1") == journal.records("INC-1")
    assert there.warnings == ()
    note(there, "INC-1", "written on the server")
    again = there.append("INC-1", always(e.NoteAdded(text="again")), origin("c"))
    assert again.repeated, "it knows which commands it has kept"
    with pytest.raises(JournalError, match="already holds a journal"):
        restore(copy, server, anchors=anchors)
    assert backup(server, copy.with_name("back.db"), anchors=anchors).verified == there.verify()


def test_what_is_no_copy_is_refused(tmp_path: Path, anchors: Path, file: Path) -> None:
    (tmp_path / "text").write_text("no database" * 100)
    for source, says in {
        "text": "is not a database",
        "missing": "does not exist",
        ".": "is a folder",
    }.items():
        with pytest.raises(JournalError, match=says):
            restore(tmp_path / source, file, anchors=anchors)
    with pytest.raises(JournalError, match="is no file"):
        restore("postgresql://localhost/x", file, anchors=anchors)
    assert not file.exists()


def test_a_damaged_copy_changes_nothing(
    file: Path, copy: Path, anchors: Path, opened: Open
) -> None:
    journal = opened(file)
    declare(journal)
    note(journal, "INC-1", "x")
    backup(file, copy, anchors=anchors)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TRIGGER event_no_update")
        connection.execute("UPDATE event SET actor = 'bob' WHERE seq = 2")
        connection.commit()
    with pytest.raises(JournalDamaged, match="event 2 was changed"):
        restore(copy, file, anchors=anchors, replace=True)
    assert not list(file.parent.glob("*.part*")), "nothing half-done is left"
    assert note(journal, "INC-1", "goes on").records[0].seq == 3
