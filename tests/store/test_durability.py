"""What was acknowledged is there: after kill -9, on a full disk, after a server that fell over."""

import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.campaign import Tally, sized

from warroom.core import events as e
from warroom.core.journal import Appended, JournalError, JournalFull
from warroom.store import SqlJournal, Tuning, disk, open_journal

from .conftest import QUICK
from .processes import forked
from .story import always, declare, note, origin

Open = Callable[..., SqlJournal]


def write_for_ever(address: str, anchors: Path, number: int, answers: int) -> None:
    """Say the number of each command once it is acknowledged, until somebody kills us."""
    journal = open_journal(address, anchors=anchors, tuning=QUICK)
    if journal.head() == 0:
        journal.append(None, always(e.Declared(title="x")), origin("first"))
    os.write(answers, b"ready\n")
    while True:
        number += 1
        text = f"{number} " + "x" * (number % 3000)
        pair = e.NoteAdded(text=text), e.Diagnosed(text=text)
        journal.append("INC-1", always(*pair), origin(f"c{number}"))
        os.write(answers, f"{number}\n".encode())


def kill_and_look(address: str, anchors: Path, times: int, seed: int) -> dict[str, int]:
    """Kill a writer at random moments; everything it had acknowledged must be there."""
    source = random.Random(seed)
    last, unsaid = 0, 0
    for _ in range(times):
        reading, answers = os.pipe()
        child = forked(partial(write_for_ever, address, anchors, last, answers))
        os.close(answers)
        with os.fdopen(reading) as pipe:
            assert pipe.readline() == "ready\n"
            said = [int(pipe.readline()) for _ in range(source.randrange(4))]
            time.sleep(source.uniform(0, 0.06))
            os.kill(child, signal.SIGKILL)
            said += [int(line) for line in pipe]
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        acknowledged = said[-1] if said else last
        with open_journal(address, anchors=anchors, tuning=QUICK) as journal:
            assert journal.warnings == ()
            verified = journal.verify()
            assert verified.problems == ()
            commands = [r.command_id for r in journal.records("INC-1")[1:]]
        kept = len(commands) // 2
        assert commands == [f"c{n}" for n in range(1, kept + 1) for _ in "ab"], "half a command"
        assert kept - acknowledged in {0, 1}, f"{acknowledged} acknowledged, {kept} kept"
        unsaid += kept - acknowledged
        last = kept
    return {"kills": times, "commands": last, "kept but not acknowledged": unsaid}


def test_a_writer_that_is_killed_loses_nothing(address: str, anchors: Path) -> None:
    assert kill_and_look(address, anchors, times=10, seed=1)["commands"] > 0


def test_a_writer_that_is_killed_while_it_merges_its_log_loses_nothing(
    file: Path, anchors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_CHECKPOINT_BYTES", 0)
    assert kill_and_look(str(file), anchors, times=10, seed=2)["commands"] > 0


@pytest.mark.soak
@pytest.mark.parametrize("checkpoint", [4 << 20, 0])
def test_a_thousand_killed_writers_lose_nothing(
    address: str, anchors: Path, checkpoint: int, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr(disk, "_CHECKPOINT_BYTES", checkpoint)
    seen = kill_and_look(address, anchors, times=sized(500), seed=3)
    tally(seen["kills"], "kills", seed=3)
    tally(seen["commands"], "commands acknowledged or kept")


def test_a_console_that_dies_before_the_answer_may_ask_again(
    file: Path, anchors: Path, opened: Open
) -> None:
    declare(opened(file))
    child = os.fork()
    if child == 0:
        try:
            journal = open_journal(file, anchors=anchors, tuning=QUICK)
            journal._announce = lambda head: os.kill(os.getpid(), signal.SIGKILL)  # after COMMIT
            note(journal, "INC-1", "once", "the command")
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    again = note(opened(file), "INC-1", "once", "the command")
    assert again.repeated
    assert opened(file).head() == 2


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A disk of 4 MiB; only root can make one."""
    folder = Path(tempfile.mkdtemp(prefix="wrdisk"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)],
        check=False, capture_output=True, timeout=20,
    ).returncode == 0  # fmt: skip
    if mounted:
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=20)
    folder.rmdir() if mounted else shutil.rmtree(folder)
    if not mounted:
        pytest.skip("no tmpfs can be mounted here: it needs root")


def fill_up(journal: SqlJournal, limit: int = 5000) -> list[int]:
    """Write until there is no room; returns what was acknowledged."""
    acknowledged = []
    try:
        for number in range(limit):
            text = f"{number} " + "y" * 5000
            acknowledged.append(note(journal, "INC-1", text).records[0].seq)
    except JournalFull as error:
        said = error
    else:
        raise AssertionError("the disk never became full")
    assert "no room" in said.what
    assert "Free some space" in said.hint
    return acknowledged


def test_a_full_disk_is_said_and_costs_nothing(
    tiny_disk: Path, anchors: Path, opened: Open
) -> None:
    filler = tiny_disk / "something else"
    filler.write_bytes(b"x" * (2 << 20))
    journal = opened(tiny_disk / "journal.db", tuning=Tuning(reserve_bytes=0))
    declare(journal)
    acknowledged = fill_up(journal)
    assert journal.head() == acknowledged[-1]
    assert len(journal.records("INC-1")) == len(acknowledged) + 1
    assert journal.verify().problems == ()
    with pytest.raises(JournalFull):
        note(journal, "INC-1", "y" * 5000)
    filler.unlink()
    assert note(journal, "INC-1", "room again").records[0].seq == acknowledged[-1] + 1
    assert journal.verify().problems == (), "it goes on without a restart"


def test_the_reserve_carries_on_for_a_while(tiny_disk: Path, opened: Open) -> None:
    filler = tiny_disk / "something else"
    journal = opened(tiny_disk / "journal.db", tuning=Tuning(reserve_bytes=512 << 10))
    reserve = tiny_disk / "journal.db.reserve"
    assert reserve.stat().st_blocks * 512 >= 512 << 10, "really allocated"
    declare(journal)
    free = os.statvfs(tiny_disk)
    filler.write_bytes(b"x" * (free.f_bavail * free.f_frsize - (64 << 10)))
    for number in range(100):
        note(journal, "INC-1", f"{number}")
    assert not reserve.exists()
    assert "the disk is full; the reserve" in journal.warnings[-1]
    filler.unlink()
    journal.close()
    again = opened(tiny_disk / "journal.db", tuning=Tuning(reserve_bytes=512 << 10))
    assert reserve.exists(), "held back again as soon as there is room"
    assert again.verify().problems == ()


def test_a_journal_on_a_full_disk_opens(tiny_disk: Path, anchors: Path, opened: Open) -> None:
    journal = opened(tiny_disk / "journal.db", tuning=Tuning(reserve_bytes=256 << 10))
    declare(journal)
    journal.close()
    with (tiny_disk / "something else").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            pass
    journal = opened(tiny_disk / "journal.db", tuning=Tuning(reserve_bytes=256 << 10))
    assert journal.head() == 1
    note(journal, "INC-1", "thanks to the reserve")
    assert journal.verify().problems == ()


def test_a_limit_on_file_size_is_the_same_trouble(file: Path, anchors: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            journal = open_journal(file, anchors=anchors, tuning=QUICK)
            declare(journal)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
            acknowledged = fill_up(journal)
            assert journal.head() == acknowledged[-1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
            os._exit(len(acknowledged))
        finally:
            os._exit(255)
    acknowledged = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert 0 < acknowledged < 255
    with open_journal(file, anchors=anchors, tuning=QUICK) as journal:
        assert journal.head() == acknowledged + 1
        assert journal.verify().problems == ()


def test_the_log_is_merged_from_time_to_time(file: Path, opened: Open) -> None:
    journal = opened(file)
    declare(journal)
    log = file.with_name(file.name + "-wal")
    for number in range(150):
        note(journal, "INC-1", f"{number} " + os.urandom(30_000).hex())
    assert log.stat().st_size < 40 << 20
    assert file.stat().st_size > 4 << 20, "what was in the log is in the file"
    journal.close()
    assert not log.exists(), "the last one out tidies up"


@pytest.fixture
def own_postgres(postgres: object) -> Iterator[object]:
    """The server, which the test may stop: it runs again afterwards."""
    yield postgres
    if not (postgres.data / "postmaster.pid").exists():
        postgres.start()


@pytest.mark.postgres
def test_a_server_that_falls_over_loses_nothing_and_nobody_notices(
    own_postgres: object, opened: Open
) -> None:
    address = own_postgres.new_schema()
    journal = opened(address, tuning=Tuning(busy_seconds=20.0))
    declare(journal)
    acknowledged = 0
    for crash in range(2):
        for number in range(10):
            note(journal, "INC-1", f"{crash} {number}")
            acknowledged += 1
        own_postgres.stop("immediate")
        own_postgres.start()
    note(journal, "INC-1", "after the crash")
    texts = [record.event.text for record in journal.records("INC-1")[1:]]
    assert len(texts) == acknowledged + 1
    assert journal.verify().problems == ()


@pytest.mark.postgres
def test_a_server_that_stays_away_is_an_error_in_time(own_postgres: object, opened: Open) -> None:
    address = own_postgres.new_schema()
    journal = opened(address, tuning=Tuning(busy_seconds=0.3))
    declare(journal)
    own_postgres.stop("immediate")
    for work in (journal.head, lambda: note(journal, "INC-1", "x")):
        with pytest.raises(JournalError, match="cannot be reached"):
            work()
    own_postgres.start()
    assert note(journal, "INC-1", "back").records[0].seq == 2


@pytest.mark.postgres
def test_a_commit_whose_answer_is_lost_is_not_done_twice(
    postgres: object, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after COMMIT reached the server: the retry finds its own command."""
    import psycopg

    journal = opened(postgres.new_schema())
    declare(journal)
    dialect = journal.transactions._engine.dialect
    real, broken = dialect.do_commit, []

    def commit(connection: object) -> None:
        real(connection)
        if not broken:
            broken.append(True)
            connection.dbapi_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", commit)
    done = note(journal, "INC-1", "once")
    assert broken
    assert isinstance(done, Appended)
    assert done.repeated
    assert journal.head() == 2
