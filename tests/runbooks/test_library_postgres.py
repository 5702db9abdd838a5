"""Shipped runbooks for PostgreSQL, against a real server: blockers, pools, read-only, recovery."""

import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest
from tests.runbooks import servers
from tests.runbooks.play import BEFORE, RUN, UNDO, VERIFY, Play, book, program

from warroom.runbooks.errors import RunbookError

pytestmark = pytest.mark.postgres


def play(postgres, name, **answers):
    return Play(book(name), answers, environ={**os.environ, "DATABASE_URL": postgres.url})


@pytest.fixture
def session(postgres):
    """Opens sessions of an application."""
    opened = []

    def connect(application="shop", **options):
        opened.append(psycopg.connect(postgres.url, application_name=application, **options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def test_the_blocking_session_is_found_and_ended(postgres, session):
    postgres.query("create table if not exists stock (id int primary key, n int)")
    postgres.query("insert into stock values (1, 1) on conflict do nothing")
    blocker = session()
    blocker.execute("update stock set n = 2 where id = 1")
    waiter = session(autocommit=True)
    done = threading.Event()

    def wait():
        waiter.execute("update stock set n = 3 where id = 1")
        done.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    look = play(postgres, "kill-postgres-blocking", pid=str(blocker.info.backend_pid))
    servers.wait_for(lambda: f"{blocker.info.backend_pid} | " in look.good(1, RUN))
    assert not done.is_set()
    look.good(2, BEFORE, RUN, VERIFY)
    assert done.wait(5)
    assert "did not answer yes" in look.refused(2, BEFORE)
    with pytest.raises(psycopg.OperationalError):
        blocker.execute("select 1")
    assert postgres.query("select n from stock") == [(3,)]


@pytest.mark.parametrize(
    ("name", "step"), [("kill-postgres-pool", 2), ("rails-connection-pool", 3)]
)
def test_idle_transactions_of_one_application_are_ended_and_no_others(
    postgres, session, name, step
):
    idle, busy, other = session(), session(), session("reports")
    for connection in (idle, other):
        connection.execute("select 1")
    busy.commit()
    room = play(postgres, name, application="shop", seconds="1")
    assert "did not answer yes" in room.refused(step, BEFORE)
    time.sleep(1.1)
    assert "shop" in room.good(1, RUN) or "idle in transaction" in room.good(1, RUN)
    room.good(step, BEFORE, RUN)
    with pytest.raises(psycopg.OperationalError):
        idle.execute("select 1")
    busy.execute("select 1")
    other.execute("select 1")


def test_read_only_stops_writes_and_gives_back_what_was(postgres, session):
    postgres.query("create table if not exists orders (id int)")
    running = session(autocommit=True)
    room = play(postgres, "kill-postgres-read-only", application="shop")
    room.good(1, BEFORE)
    assert room.state == {"read_only": "unset"}
    room.good(1, RUN, VERIFY)
    with pytest.raises(psycopg.OperationalError):
        running.execute("insert into orders values (1)")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        postgres.query("insert into orders values (1)")
    assert postgres.query("select count(*) from orders") == [(0,)]
    room.good(1, UNDO)
    postgres.query("insert into orders values (1)")
    assert postgres.query("select count(*) from pg_db_role_setting") == [(0,)]


def test_a_statement_limit_of_a_role_is_set_and_given_back(postgres):
    postgres.query('create role "odd; name" login')
    room = play(postgres, "rails-n-plus-one", role="odd; name", limit="2500")
    room.good(1, RUN)
    for before in ("unset", "30s"):
        if before != "unset":
            postgres.query(f"alter role \"odd; name\" set statement_timeout = '{before}'")
        room.good(3, BEFORE)
        assert room.state["timeout"] == before
        room.good(3, RUN, VERIFY)
        room.good(3, UNDO)
        found = postgres.query(
            "select unnest(setconfig) from pg_db_role_setting where setrole <> 0"
        )
        assert found == ([] if before == "unset" else [(f"statement_timeout={before}",)])
    assert "did not answer yes" in play(
        postgres, "rails-n-plus-one", role="nobody there", limit="2500"
    ).refused(3, BEFORE)


TOOLS = ("pg_verifybackup", "pg_ctl", "psql", "pg_amcheck", "pg_basebackup")


DROP = """#!/bin/sh
if test "$(id -u)" = 0; then exec runuser -u nobody -- {0} "$@"; fi
exec {0} "$@"
"""


@pytest.fixture
def place():
    """A folder of the server's user: pytest's own folders are closed to it."""
    with tempfile.TemporaryDirectory(prefix="wr-rec-", ignore_cleanup_errors=True) as name:
        if os.getuid() == 0:
            shutil.chown(name, "nobody")
        yield Path(name)


@pytest.fixture
def damaged(place):
    """A server with a base backup, an archive, and rows that somebody deleted; its tools."""
    archive = place / "archive"
    archive.mkdir()
    if os.getuid() == 0:
        shutil.chown(archive, "nobody")
    with servers.postgres(
        archive_mode="on",
        archive_command=f"cp %p {archive}/%f",
        wal_level="replica",
        max_wal_senders="4",
    ) as server:
        # PostgreSQL refuses to run as root: where the tests do, the whole step runs as its user.
        tools = place / "bin"
        tools.mkdir()
        for tool in (*TOOLS, "mkdir", "cp", "chmod", "touch", "rm", "rmdir"):
            real = server.programs / tool
            path = real if real.exists() else shutil.which(tool)
            program(tools / tool, DROP.format(path))
        environ = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HOME": "/",
            "DATABASE_URL": server.url,
            "LC_ALL": "C",
        }
        yield server, environ, archive


def test_lost_rows_come_back_from_a_backup_and_the_log(damaged, place):
    server, environ, archive = damaged
    server.query("create table orders (id int primary key, total int)")
    server.query("insert into orders select n, n * 10 from generate_series(1, 500) n")
    base = place / "base"
    subprocess_run(
        [
            *servers.as_server_user(str(server.programs / "pg_basebackup")),
            "-D",
            str(base),
            "-h",
            str(server.folder),
            "-U",
            "warroom",
            "-X",
            "none",
            "-c",
            "fast",
        ],
    )
    server.query("insert into orders select n, n * 10 from generate_series(501, 600) n")
    ((until,),) = server.query("select clock_timestamp()::text")
    time.sleep(0.05)
    server.query("delete from orders where id between 100 and 550")
    server.query("update orders set total = -1 where id = 1")
    server.query("insert into orders values (1000, 7)")
    server.query("select pg_switch_wal()")
    servers.wait_for(lambda: len(list(archive.iterdir())) >= 2)

    answers = {
        "base": str(base),
        "archive": str(archive),
        "scratch": str(place / "scratch"),
        "until": until,
        "database": "postgres",
        "table": "orders",
        "user": "warroom",
    }
    recovery = Play(book("recover-postgres-data"), answers, environ=environ)
    recovery.good(3, RUN)
    try:
        recovery.good(4, BEFORE, RUN, VERIFY)
        assert "rows in the copy: 600" in recovery.good(5, RUN)
        recovery.good(6, BEFORE, RUN)
        assert "600 of 600" in recovery.good(6, VERIFY)
        assert "exists already" in recovery.refused(6, BEFORE)
        assert "452" in recovery.good(7, RUN)
        recovery.good(8, BEFORE, RUN, VERIFY)
        assert server.query("select count(*), min(total) from orders") == [(601, -1)]
        recovery.good(8, UNDO)
        assert server.query("select count(*) from orders") == [(150,)]
        recovery.good(8, RUN)
        assert server.query("select count(*) from orders") == [(601,)]
        recovery.good(6, UNDO)
    finally:
        recovery.do(4, UNDO)
    assert not (place / "scratch").exists()


def test_a_damaged_backup_is_noticed(damaged, place):
    server, environ, archive = damaged
    base = place / "base"
    subprocess_run(
        [
            *servers.as_server_user(str(server.programs / "pg_basebackup")),
            "-D",
            str(base),
            "-h",
            str(server.folder),
            "-U",
            "warroom",
            "-X",
            "none",
            "-c",
            "fast",
        ],
    )
    victim = base / "PG_VERSION"
    victim.write_text("99\n")
    answers = {
        "base": str(base),
        "archive": str(archive),
        "scratch": str(place / "scratch"),
        "until": "2026-11-20 14:02:11+00",
        "database": "postgres",
        "table": "orders",
    }
    room = Play(book("recover-postgres-data"), answers, environ=environ)
    assert "PG_VERSION" in room.refused(3, RUN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("until", "now'; drop"),
        ("scratch", "/tmp/a'b"),
        ("table", 'a"; drop table b'),
        ("base", "$(id)"),
    ],
)
def test_answers_that_would_end_up_in_a_configuration_are_strict(name, value):
    answers = {
        "base": "/b",
        "archive": "/a",
        "scratch": "/s",
        "until": "2026-11-20 14:02:11+00",
        "database": "d",
        "table": "t",
        name: value,
    }
    room = Play(book("recover-postgres-data"), answers, environ={"DATABASE_URL": "postgresql://x"})
    with pytest.raises(RunbookError, match="Answer refused"):
        room.do(4, BEFORE)


def subprocess_run(command):
    import subprocess

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
