"""Whoever changes the record is found out: by the triggers, the chain, the head or the anchors."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.campaign import Tally, sized

from warroom.core import events as e
from warroom.core.journal import JournalDamaged, JournalError, Verified
from warroom.store import SqlJournal, Tuning, chain, open_journal

from .conftest import QUICK
from .story import always, declare, note, origin

Open = Callable[..., SqlJournal]
EVENTS = 20


def filled(journal: SqlJournal) -> SqlJournal:
    declare(journal, "one")
    declare(journal, "two")
    for number in range(EVENTS - 4):
        note(journal, f"INC-{1 + number % 2}", f"note {number}")
    journal.append("INC-1", always(e.Acknowledged(), e.Contained(how="flag")), origin())
    assert journal.head() == EVENTS
    return journal


@pytest.fixture
def path(file: Path, anchors: Path) -> Path:
    with open_journal(file, anchors=anchors, tuning=QUICK) as journal:
        filled(journal)
    return file


def tamper(path: Path, *statements: str) -> None:
    """Change the file as its owner can: the triggers are in the way of accidents only."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type='trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name[0]}")
        for statement in statements:
            connection.execute(statement)


def verify(path: Path, anchors: Path) -> Verified:
    with open_journal(path, read_only=True, anchors=anchors, tuning=QUICK) as journal:
        return journal.verify()


STATEMENTS = {
    "update": "UPDATE event SET actor = 'somebody else' WHERE seq = 3",
    "delete": "DELETE FROM event WHERE seq = 20",
    "gap": "INSERT INTO event SELECT 22, incident, 99, at, kind, actor, device, 'new', 0, body,"
    " prev, {other} FROM event WHERE seq = 20",
    "again": "INSERT INTO event SELECT 21, incident, 99, at, kind, actor, device, 'new', 0, body,"
    " prev, hash FROM event WHERE seq = 20",
    "same command": "INSERT INTO event SELECT 21, incident, 99, at, kind, actor, device,"
    " command_id, part, body, prev, {other} FROM event WHERE seq = 20",
    "head back": "UPDATE head SET seq = 19",
    "head away": "DELETE FROM head",
    "journal renamed": "UPDATE head SET journal_id = 'other'",
}


@pytest.mark.parametrize("how", STATEMENTS)
def test_the_database_itself_only_adds(journal: SqlJournal, how: str) -> None:
    filled(journal)
    sqlite = journal.place.path is not None
    statement = STATEMENTS[how].format(other="x'00'" if sqlite else "'\\x00'::bytea")
    with pytest.raises(IntegrityError), journal.transactions._engine.begin() as connection:
        connection.execute(text(statement))
    assert journal.verify().problems == ()


@pytest.mark.parametrize("seq", [3, 21])
def test_sqlite_does_not_replace(path: Path, seq: int) -> None:
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            f"INSERT OR REPLACE INTO event SELECT {seq}, incident, 77, at, kind, actor, device,"
            " 'c', 0, body, prev, hash FROM event WHERE seq = 4"
        )


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["event", "head"])
def test_postgres_does_not_truncate(postgres: object, opened: Open, table: str) -> None:
    journal = opened(postgres.new_schema())
    with pytest.raises(IntegrityError), journal.transactions._engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {table}"))


SWAP = (
    "UPDATE event SET seq = 999 WHERE seq = 5",
    "UPDATE event SET seq = 5 WHERE seq = 6",
    "UPDATE event SET seq = 6 WHERE seq = 999",
)


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (["UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE seq = 7"], "event 7 was changed"),
        (
            [
                (
                    "UPDATE event SET body ="
                    " CAST(replace(CAST(body AS TEXT), 'note', 'nope') AS BLOB) WHERE seq = 7"
                )
            ],
            "event 7 was changed",
        ),
        (["UPDATE event SET actor = 'bob' WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET device = 'x' WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET kind = 'resolved' WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET at = '2020' WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET command_id = 'x' WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET incident = 'INC-9' WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET version = 99 WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET part = 5 WHERE seq = 7"], "event 7 is out of order"),
        (["UPDATE event SET hash = zeroblob(32) WHERE seq = 7"], "event 7 was changed"),
        (["UPDATE event SET prev = zeroblob(32) WHERE seq = 7"], "event 7 does not follow"),
        (["DELETE FROM event WHERE seq = 7"], "event 7 is missing"),
        (["DELETE FROM event WHERE seq = 1"], "event 1 is missing"),
        (["DELETE FROM event WHERE seq = 20"], "ends with event 19, its head says 20"),
        (["DELETE FROM event"], "ends with event 0, its head says 20"),
        (SWAP, "event 5 does not follow"),
        (
            [
                (
                    "INSERT INTO event SELECT 21, incident, 99, at, kind, actor, device, 'new', 0,"
                    " body, prev, randomblob(32) FROM event WHERE seq = 20"
                )
            ],
            "event 21 does not follow",
        ),
        (["UPDATE head SET hash = zeroblob(32)"], "its head says 20"),
        (["UPDATE head SET seq = 21"], "ends with event 20, its head says 21"),
        (["DELETE FROM head"], "the head of the journal is missing"),
        (["UPDATE head SET journal_id = '00000000000000000000000000000000'"], "event 1 does not"),
        (["UPDATE head SET incidents = 1"], "2 incidents were opened, the head says 1"),
        (["UPDATE incident SET title = 'x' WHERE id = 'INC-2'"], "projection of INC-2"),
        (["DELETE FROM incident WHERE id = 'INC-1'"], "projection of INC-1"),
        ([("INSERT INTO incident SELECT 3, 'INC-3', version, last_hash, title, service, priority,"
          " category, phase, client, commander, declared_at, changed_at, started_at,"
          " acknowledged_at, contained_at, resolved_at, closed_at, snoozed_until FROM incident"
          " WHERE number = 1")], "projection of INC-3"),
        (["DELETE FROM document WHERE rowid = (1 << 32) + 3"], "words to search in"),
        (["UPDATE document SET words = 'x' WHERE rowid = (1 << 32) + 3"], "words to search in"),
    ],
)  # fmt: skip
def test_every_change_is_named(path: Path, anchors: Path, statements: list[str], says: str) -> None:
    assert verify(path, anchors).problems == ()
    tamper(path, *statements)
    problems = verify(path, anchors).problems
    assert any(says in problem for problem in problems), problems


def test_projections_are_made_again(path: Path, anchors: Path, opened: Open) -> None:
    tamper(
        path,
        "UPDATE incident SET title = 'x'",
        "DELETE FROM document",
        "INSERT INTO document (rowid, words) VALUES ((1 << 32) + 900, 'forged')",
    )
    journal = opened(path)
    assert len(journal.verify().problems) == 2
    assert journal.rebuild() == 2
    assert journal.verify().problems == ()
    assert journal.search("forged") == ()
    assert journal.incident("INC-1").title == "one"


def cut(path: Path, to: int) -> None:
    """Cut the tail and make the head and the projections agree, as an intruder would."""
    tamper(
        path,
        f"DELETE FROM event WHERE seq > {to}",
        f"UPDATE head SET seq = {to}, hash = (SELECT hash FROM event WHERE seq = {to})",
    )
    with open_journal(path, anchors=path.with_name("no anchors"), tuning=QUICK) as journal:
        journal.rebuild()


def test_a_cut_tail_with_a_rewritten_head_is_told_by_the_anchor(
    path: Path, anchors: Path, opened: Open
) -> None:
    cut(path, 15)
    assert verify(path, path.with_name("no anchors")).problems == (), "nothing inside tells"
    (problem,) = verify(path, anchors).problems
    assert "ends with event 15" in problem
    assert "it had 20: its end was cut off" in problem
    journal = opened(path)
    assert any("it had 20" in warning for warning in journal.warnings), "said at opening"


def test_a_tail_written_anew_is_told_by_the_anchor(path: Path, anchors: Path, opened: Open) -> None:
    cut(path, 15)
    elsewhere = path.with_name("no anchors")
    with open_journal(path, anchors=elsewhere, tuning=QUICK) as journal:
        for number in range(10):
            note(journal, "INC-1", f"invented {number}")
    assert verify(path, elsewhere).problems == ()
    assert "event 20 is not the one that was there" in verify(path, anchors).problems[0]
    assert "event 20" in opened(path).warnings[0]


def test_a_chain_made_anew_with_the_same_name_is_told_by_the_anchor(
    path: Path, anchors: Path
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        name = connection.execute("SELECT journal_id FROM head").fetchone()[0]
        rows = connection.execute(
            "SELECT seq, at, incident, version, kind, actor, device, command_id, body"
            " FROM event ORDER BY seq"
        ).fetchall()
    changes, prev = [], chain.genesis(name)
    for *place, body in rows:
        place[5] = "bob"
        digest = chain.link(prev, tuple(place), body)
        changes.append(
            f"UPDATE event SET actor = 'bob', prev = x'{prev.hex()}', hash = x'{digest.hex()}'"
            f" WHERE seq = {place[0]}"
        )
        prev = digest
    tamper(path, *changes, f"UPDATE head SET hash = x'{prev.hex()}'")
    elsewhere = path.with_name("no anchors")
    with open_journal(path, anchors=elsewhere, tuning=QUICK) as journal:
        journal.rebuild()
        assert journal.verify().problems == ()
    assert "is not the one that was there" in verify(path, anchors).problems[0]


def test_anchors_are_written_as_events_come(file: Path, anchors: Path, opened: Open) -> None:
    journal = opened(file, tuning=Tuning(reserve_bytes=0, anchor_events=5, anchor_seconds=1e9))
    filled(journal)
    lines = [line.split() for line in anchors.read_text().splitlines()]
    assert [(line[0], line[4]) for line in lines] == [
        ("0", "new"), ("1", "head"), ("6", "head"), ("11", "head"), ("16", "head"),
    ]  # fmt: skip
    assert {line[5] for line in lines} == {str(file)}
    head = journal.verify().head_hash
    journal.close()
    assert anchors.read_text().splitlines()[5].split()[:2] == ["20", head], "at closing the last"
    opened(file).close()
    assert len(anchors.read_text().splitlines()) == 6, "nothing new, no new line"


def test_an_anchor_is_written_when_time_has_passed(file: Path, anchors: Path, opened: Open) -> None:
    journal = opened(file, tuning=Tuning(reserve_bytes=0, anchor_events=10**9, anchor_seconds=0))
    declare(journal)
    assert anchors.read_text().splitlines()[-1].startswith("1 ")


def test_an_unwritable_anchor_stops_nobody(tmp_path: Path, file: Path, opened: Open) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    journal = opened(file)
    declare(journal)
    journal.close()
    assert any("anchors.log" in warning for warning in journal.warnings)
    assert opened(file).head() == 1


def test_a_torn_line_in_the_anchors_hides_no_other(path: Path, anchors: Path, opened: Open) -> None:
    with anchors.open("a") as lines:
        lines.write("99999 abcdef")  # a power cut in the middle of a line
    journal = opened(path)
    assert journal.warnings == ()
    note(journal, "INC-1", "x")
    journal.close()
    assert verify(path, anchors).problems == ()
    cut(path, 20)
    assert "it had 21" in verify(path, anchors).problems[0]


@pytest.fixture
def crashed(file: Path, tmp_path: Path, opened: Open) -> Path:
    """A folder as a crash leaves it: most of the events are in the write-ahead log only."""
    journal = opened(file, tuning=Tuning(reserve_bytes=0, anchor_events=1))
    declare(journal, "first")
    journal.transactions._disk._checkpoint(journal.transactions._engine, "TRUNCATE")
    for number in range(30):
        note(journal, "INC-1", f"{number}")
    folder = tmp_path / "crashed"
    shutil.copytree(file.parent, folder)
    journal.close()
    shutil.rmtree(file.parent)
    folder.rename(file.parent)
    assert file.with_name(file.name + "-wal").stat().st_size > 100_000
    return file


def test_after_a_crash_everything_is_there(crashed: Path, opened: Open) -> None:
    journal = opened(crashed)
    assert journal.head() == 31
    assert journal.warnings == ()
    assert journal.verify().problems == ()


def test_a_deleted_index_is_made_again(crashed: Path, opened: Open) -> None:
    crashed.with_name(crashed.name + "-shm").unlink()
    assert opened(crashed).verify().events == 31


def test_a_deleted_log_is_told_by_the_anchor(crashed: Path, opened: Open) -> None:
    for suffix in ("-wal", "-shm"):
        crashed.with_name(crashed.name + suffix).unlink()
    journal = opened(crashed)
    assert journal.head() == 1
    assert "ends with event 1, but on" in journal.warnings[0]
    assert "it had 31" in journal.verify().problems[0]


def test_the_log_of_another_journal_is_refused_before_it_does_harm(
    crashed: Path, anchors: Path, opened: Open, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "other.db"
    journal = opened(other)
    for number in range(50):
        declare(journal, f"other {number}")
    for suffix in ("-wal", "-shm"):
        shutil.copy(other.with_name(other.name + suffix), crashed.with_name(crashed.name + suffix))
    before = crashed.read_bytes()
    with pytest.raises(JournalDamaged, match="holds another journal than the one that belongs"):
        opened(crashed)
    assert crashed.read_bytes() == before, "what lies under the foreign log is still whole"
    reader = opened(crashed, read_only=True)
    assert "another journal is kept" in reader.verify().problems[0]
    reader.close()
    adopted = opened(crashed, adopt=True)
    assert adopted.head() == 50
    assert "another journal than this one was kept here" in adopted.warnings[0]
    adopted.close()
    assert opened(crashed).warnings == (), "adopted once, it belongs there"


def test_a_new_journal_in_the_place_of_a_lost_one_says_so(path: Path, opened: Open) -> None:
    shutil.rmtree(path.parent)
    journal = opened(path)
    assert journal.head() == 0
    assert "another journal than this one was kept here" in journal.warnings[0]


def test_a_moved_journal_is_still_held_to_its_anchors(
    path: Path, anchors: Path, tmp_path: Path, opened: Open
) -> None:
    moved = tmp_path / "elsewhere.db"
    path.rename(moved)
    assert opened(moved).warnings == ()
    cut(moved, 10)
    assert "it had 20" in verify(moved, anchors).problems[0]


def test_a_damaged_description_of_a_table_is_found(path: Path, anchors: Path) -> None:
    """What only reads is not told of it by SQLite, and could not be opened for writing."""
    whole = path.read_bytes()
    assert whole.count(b"CHECK (seq > 0)") == 1
    for wrong in (b"CHECK (sep > 0)", b"CHECK (se\xf1 > 0)"):
        path.write_bytes(whole.replace(b"CHECK (seq > 0)", wrong))
        assert verify(path, anchors).problems


def flips(size: int, count: int, seed: int) -> Iterator[tuple[int, int]]:
    source = random.Random(seed)
    for _ in range(count):
        yield source.randrange(size), 1 << source.randrange(8)


def flip_and_look(path: Path, anchors: Path, count: int, seed: int) -> dict[str, int]:
    """Flip one bit at a time; count what became of it."""
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        content = connection.execute("SELECT * FROM event ORDER BY seq").fetchall()
    target = path.with_name("flipped.db")
    seen = {"found": 0, "harmless": 0, "missed": 0}
    for offset, bit in flips(len(whole), count, seed):
        damaged = bytearray(whole)
        damaged[offset] ^= bit
        target.write_bytes(damaged)
        try:
            found = bool(verify(target, anchors).problems)
        except JournalError:
            found = True
        if found:
            seen["found"] += 1
            continue
        try:
            # For reading only: SQLite then also reads where it would refuse to write.
            with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as connection:
                now = connection.execute("SELECT * FROM event ORDER BY seq").fetchall()
        except sqlite3.Error:
            now = None
        seen["harmless" if now == content else "missed"] += 1
        print(offset, bit) if now != content else None
    return seen


def test_no_flipped_bit_changes_the_record_unnoticed(path: Path, anchors: Path) -> None:
    seen = flip_and_look(path, anchors, count=40, seed=1)
    assert seen["missed"] == 0
    assert seen["found"] > 0


@pytest.mark.soak
def test_no_flipped_bit_of_thousands_changes_the_record_unnoticed(
    path: Path, anchors: Path, tally: Tally
) -> None:
    seen = flip_and_look(path, anchors, count=sized(5000), seed=2)
    tally(sum(seen.values()), "flips", seed=2, lost=seen["missed"])
    assert seen["missed"] == 0


@pytest.mark.parametrize("where", ["first", "middle", "log"])
def test_a_page_of_garbage_is_damage_and_no_crash(crashed: Path, anchors: Path, where: str) -> None:
    if where == "middle":  # with an empty log, so that no good copy of the page is in it
        open_journal(crashed, anchors=anchors, tuning=QUICK).close()
    garbage = random.Random(3).randbytes(4096)
    victim = crashed.with_name(crashed.name + "-wal") if where == "log" else crashed
    content = bytearray(victim.read_bytes())
    at = {"first": 0, "middle": 4096 * 4, "log": len(content) // 2}[where]
    content[at : at + 4096] = garbage
    victim.write_bytes(content)
    crashed.with_name(crashed.name + "-shm").unlink(missing_ok=True)
    try:
        with open_journal(crashed, anchors=anchors, tuning=QUICK) as journal:
            problems = journal.verify().problems
            warnings = journal.warnings
    except JournalDamaged as error:
        assert error.hint  # noqa: PT017 - either is right, an error or a finding
    else:
        assert problems
        assert where != "log" or "it had 31" in warnings[0], "a log is cut at its first bad frame"
