"""Opening a journal: where it may live, who may read it, and what is said when it cannot be."""

import os
import shutil
import socket
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warroom.core.journal import JournalDamaged, JournalError
from warroom.store import SqlJournal, Tuning, engine, open_journal

from .conftest import QUICK
from .processes import as_somebody_else
from .story import declare, note

Open = Callable[..., SqlJournal]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may enter, as pytest's are not."""
    folder = Path(tempfile.mkdtemp(prefix="wr"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def made(path: Path, anchors: Path, events: int = 3) -> Path:
    with open_journal(path, anchors=anchors, tuning=QUICK) as journal:
        declare(journal)
        for number in range(events - 1):
            note(journal, "INC-1", f"note {number}")
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_journal_is_its_users_alone(tmp_path: Path, opened: Open) -> None:
    old = os.umask(0)
    try:
        path = tmp_path / "new" / "folder" / "journal.db"
        declare(opened(path, tuning=Tuning(reserve_bytes=4096)))
    finally:
        os.umask(old)
    assert mode(path.parent) == 0o700
    files = {p.name: mode(p) for p in path.parent.iterdir()}
    assert set(files.values()) == {0o600}
    assert {"journal.db", "journal.db-wal", "journal.db.lock", "journal.db.reserve"} <= set(files)
    assert mode(tmp_path / "state" / "anchors.log") == 0o600
    assert mode(tmp_path / "state") == 0o700


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_path_and_a_url_name_the_same(file: Path, opened: Open, form: str) -> None:
    declare(opened(file))
    assert opened(form.format(file)).head() == 1


def test_odd_names_are_just_names(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "a b?mode=ro&x=%41#é\x1b[2J.db"
    declare(opened(path))
    assert path.exists()
    journal = opened(path)
    assert journal.head() == 1
    assert "\x1b" not in journal.place.label
    assert journal.verify().problems == ()


def test_the_home_folder_has_its_short_name(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    declare(opened("~/j.db"))
    assert (tmp_path / "j.db").exists()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mysql://host/db", "mysql is not a database"),
        ("http://user:secret@host/", "http is not a database|not a database address"),
        ("://", "not a database address"),
        ("", "path of the database is empty"),
        ("  ", "path of the database is empty"),
    ],
)
def test_other_addresses_are_refused(opened: Open, address: str, says: str) -> None:
    with pytest.raises(JournalError, match=says) as raised:
        opened(address)
    assert "secret" not in str(raised.value)
    assert raised.value.hint


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def text(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("Dear diary,\n" * 1000)


def two_bytes(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQ")


def a_pipe(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def below_a_file(path: Path) -> None:
    path.parent.write_text("a file")


def another_program(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cookies (name TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("lay", "says"),
    [
        (a_folder, "is a folder, not a database"),
        (text, "is not a database"),
        (two_bytes, "is not a database"),
        (a_pipe, "is not a regular file"),
        (below_a_file, "is a file, not a folder|Not a directory"),
        (another_program, "is the database of another program"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_no_journal_is_named_and_left_alone(
    file: Path, opened: Open, lay: Callable[[Path], None], says: str, read_only: bool
) -> None:
    lay(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(JournalError, match=says) as raised:
        opened(file, read_only=read_only)
    assert str(file.parent) in raised.value.what
    assert raised.value.hint
    assert before is None or file.read_bytes() == before
    assert not file.with_name(file.name + "-wal").exists()


def test_reading_a_missing_journal_does_not_make_one(file: Path, opened: Open) -> None:
    with pytest.raises(JournalError, match="does not exist"):
        opened(file, read_only=True)
    assert not file.parent.exists()


def test_reading_an_empty_file_is_reading_no_journal(file: Path, opened: Open) -> None:
    file.parent.mkdir()
    file.touch()
    with pytest.raises(JournalError, match="holds no journal"):
        opened(file, read_only=True)


def test_an_empty_file_becomes_a_journal(file: Path, opened: Open) -> None:
    file.parent.mkdir()
    file.touch()
    declare(opened(file))


def test_a_newer_schema_is_not_written_to_but_can_be_read(
    file: Path, anchors: Path, opened: Open
) -> None:
    made(file, anchors)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE warroom_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(JournalError, match=r"written by a newer warroom \(schema 9999"):
        opened(file)
    assert file.read_bytes() == before
    journal = opened(file, read_only=True)
    assert len(journal.records("INC-1")) == 3
    assert "newer" in journal.warnings[0]
    with pytest.raises(JournalError, match="open read-only"):
        declare(journal)


def test_read_only_changes_nothing_and_sees_what_others_write(
    file: Path, anchors: Path, opened: Open
) -> None:
    writer = opened(file)
    declare(writer)
    reader = opened(file, read_only=True)
    assert reader.head() == 1
    note(writer, "INC-1", "new")
    assert reader.head() == 2
    assert reader.incident("INC-1").version == 2
    assert reader.search("new") != ()
    assert reader.verify().problems == ()
    for change in (lambda: note(reader, "INC-1", "x"), reader.rebuild):
        with pytest.raises(JournalError, match="open read-only"):
            change()
    assert reader.warnings == ()


def test_reading_with_a_read_only_folder_works_with_a_copy(shared: Path) -> None:
    anchors = shared / "state" / "anchors.log"
    path = shared / "data" / "journal.db"
    with open_journal(path, anchors=anchors, tuning=QUICK) as journal:
        declare(journal)
        note(journal, "INC-1", "this is still in the write-ahead log only")
        crashed = shared / "crashed"
        shutil.copytree(path.parent, crashed)
    (crashed / "journal.db-shm").unlink(missing_ok=True)
    for item in [crashed, *crashed.iterdir(), shared / "state", anchors]:
        item.chmod(0o555 if item.is_dir() else 0o444)
    before = {p.name: p.read_bytes() for p in crashed.iterdir()}

    def read() -> tuple[int, int, str]:
        with open_journal(
            crashed / "journal.db", read_only=True, anchors=anchors, tuning=QUICK
        ) as copy:
            return copy.head(), len(copy.records("INC-1")), copy.warnings[0]

    head, records, warning = as_somebody_else(read)
    assert (head, records) == (2, 2)
    assert "copy as of now" in warning
    assert {p.name: p.read_bytes() for p in crashed.iterdir()} == before
    assert not list(Path(tempfile.gettempdir()).glob("warroom-copy-*")), "the copy is removed"
    crashed.chmod(0o755)


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_that_cannot_be_written_to_is_said(shared: Path, exists: bool) -> None:
    anchors = shared / "anchors.log"
    path = shared / "data" / "journal.db"
    path.parent.mkdir()
    if exists:
        made(path, anchors).chmod(0o444)
    path.parent.chmod(0o555)
    with pytest.raises(JournalError, match=r"may not write|Permission denied") as raised:
        as_somebody_else(lambda: open_journal(path, anchors=anchors, tuning=QUICK))
    assert str(path) in raised.value.what
    assert "--db" in raised.value.hint
    path.parent.chmod(0o755)


def test_a_file_that_cannot_be_read_is_said(shared: Path) -> None:
    path = made(shared / "data" / "journal.db", shared / "anchors.log")
    path.parent.chmod(0o755)
    path.chmod(0)
    for read_only in (False, True):
        with pytest.raises(JournalError, match=r"cannot be (read|opened)|Permission denied"):
            as_somebody_else(
                lambda: open_journal(
                    path, read_only=read_only, anchors=shared / "a", tuning=QUICK
                ).head()
            )


def test_a_file_system_without_shared_memory_is_refused(
    file: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = engine.file_uri
    monkeypatch.setattr(engine, "file_uri", lambda *a, **more: real(*a, **more) + "&vfs=unix-none")
    with pytest.raises(JournalError, match="does not support SQLite's write-ahead log") as raised:
        opened(file)
    assert "PostgreSQL" in raised.value.hint


def test_a_setting_that_does_not_hold_is_refused(
    file: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    pragmas = (*engine._PRAGMAS, ("synchronous", "NORMAL", 2))
    monkeypatch.setattr(engine, "_PRAGMAS", pragmas)
    with pytest.raises(JournalError, match="does not accept synchronous=NORMAL"):
        opened(file)


def test_the_settings_are_those_that_lose_nothing(journal: SqlJournal) -> None:
    connection = journal.transactions._engine.raw_connection()
    try:
        cursor = connection.cursor()
        if journal.place.path is None:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
            return
        for name, value in {
            "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0,
            "wal_autocheckpoint": 0, "journal_size_limit": 16 << 20, "busy_timeout": 0,
            "mmap_size": 0, "recursive_triggers": 1,
        }.items():  # fmt: skip
            assert cursor.execute(f"PRAGMA {name}").fetchone() == (value,), name
    finally:
        connection.close()


def test_an_old_sqlite_is_refused(
    file: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(JournalError, match="too old"):
        opened(file)


@pytest.mark.parametrize("change", ["delete", "replace"])
def test_a_file_that_vanishes_is_noticed_before_anything_is_acknowledged(
    file: Path, tmp_path: Path, anchors: Path, opened: Open, change: str
) -> None:
    journal = opened(file)
    declare(journal)
    if change == "delete":
        shutil.rmtree(file.parent)
    else:
        made(tmp_path / "other" / "other.db", anchors).replace(file)
    with pytest.raises(JournalError, match="was deleted or replaced"):
        note(journal, "INC-1", "into nowhere")


def test_a_missing_driver_is_named(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(JournalError, match="psycopg") as raised:
        opened("postgres://ana:secret@127.0.0.1:1/db")
    assert "pip install" in raised.value.hint


def test_a_server_that_is_not_there_is_said(opened: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused at once
        port = taken.getsockname()[1]
        with pytest.raises(JournalError, match="cannot be reached") as raised:
            opened(f"postgres://ana:secret@127.0.0.1:{port}/db", tuning=Tuning(busy_seconds=0.1))
    assert "secret" not in str(raised.value)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("database", "user", "says"),
    [("nothing", "warroom", "no such database"), ("postgres", "stranger", "refuses this user")],
)
def test_what_a_server_refuses_is_said(
    postgres: object, opened: Open, database: str, user: str, says: str
) -> None:
    with pytest.raises(JournalError, match=says):
        opened(
            f"postgresql://{user}@/{database}?host={postgres.folder}",
            tuning=Tuning(busy_seconds=0.2),
        )


@pytest.mark.postgres
def test_a_user_without_rights_is_told(postgres: object, opened: Open) -> None:
    postgres.sql("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    address = postgres.new_schema()
    declare(opened(address))
    with pytest.raises(JournalError, match="no such schema, or it is hidden"):
        opened(address.replace("warroom@", "guest@"), tuning=Tuning(busy_seconds=0.2))
    name = address.rpartition("%3D")[2]
    postgres.sql(f"GRANT USAGE ON SCHEMA {name} TO guest")
    postgres.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO guest")
    reader = opened(address.replace("warroom@", "guest@"), read_only=True)
    assert reader.head() == 1


def test_opening_and_importing_stay_lazy(file: Path, anchors: Path) -> None:
    from .processes import finish, script

    made(file, anchors)
    out, err = finish(
        script(
            """
            import sys
            import warroom.core.journal, warroom.core.decide
            assert not {"sqlmodel", "sqlalchemy"} & set(sys.modules)
            from pathlib import Path
            from warroom.store import open_journal
            with open_journal(sys.argv[1], anchors=Path(sys.argv[2])) as journal:
                assert journal.head() == 3
            assert not {"alembic", "psycopg", "numpy", "textual", "httpx"} & set(sys.modules)
            print("lazy")
            """,
            file,
            anchors,
        )
    )
    assert out == "lazy\n", err


def test_damaged_at_opening_is_said(file: Path, anchors: Path, opened: Open) -> None:
    made(file, anchors, events=60)
    content = bytearray(file.read_bytes())
    content[100:4096] = os.urandom(3996)
    file.write_bytes(content)
    with pytest.raises(JournalDamaged, match="damaged") as raised:
        opened(file)
    assert "backup" in raised.value.hint
