"""Journals to test, in SQLite and in a PostgreSQL server that the session starts for itself."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warroom.store import SqlJournal, Tuning, open_journal

PROGRAMS = (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/bin"))
QUICK = Tuning(busy_seconds=5.0, reserve_bytes=0)


def _without_server(reason: str) -> None:
    if os.environ.get("WARROOM_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Postgres:
    """A server of our own on a socket in a short folder; root runs it as `nobody`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.data = folder / "data"

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        as_nobody = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
        return subprocess.run(
            [*as_nobody, str(self.programs / argv[0]), *argv[1:]],
            check=check, timeout=60, text=True, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def start(self) -> None:
        self.run(
            "pg_ctl", "-D", str(self.data), "-w", "-t", "30", "-l", str(self.folder / "log"),
            "-o", f"-k {self.folder} -c listen_addresses=''", "start",
        )  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "30", "-m", mode, "stop", check=False)

    def sql(self, statement: str, database: str = "postgres") -> str:
        return self.run(
            "psql", "-h", str(self.folder), "-U", "warroom", "-d", database, "-XAtqc", statement
        ).stdout.strip()

    def new_schema(self) -> str:
        """Return the address of an empty place: a schema is made faster than a database."""
        name = f"w{next(self._names)}"
        self.sql(f"CREATE SCHEMA {name}")
        return f"postgresql://warroom@/postgres?host={self.folder}&options=-csearch_path%3D{name}"

    _names = iter(range(1, 100_000))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = next((p for p in PROGRAMS if (p / "initdb").exists()), None)
    if programs is None:
        _without_server("no PostgreSQL server: initdb was not found (`make servers` installs it)")
    folder = Path(tempfile.mkdtemp(prefix="wrpg", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    server = Postgres(programs, folder)
    try:
        server.run("initdb", "-D", str(server.data), "-A", "trust", "-U", "warroom", "-E", "UTF8",
                   "--locale=C", "-N")  # fmt: skip
        server.start()
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty journal may live, in each engine."""
    if request.param == "sqlite":
        return str(tmp_path / "data" / "journal.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_schema()


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "state" / "anchors.log"


@pytest.fixture
def opened(anchors: Path) -> Iterator[Callable[..., SqlJournal]]:
    """Open journals that are closed at the end of the test."""
    journals: list[SqlJournal] = []

    def open_one(address: str | Path, **more: object) -> SqlJournal:
        arguments = {"anchors": anchors, "tuning": QUICK, **more}
        journals.append(open_journal(address, **arguments))
        return journals[-1]

    yield open_one
    for journal in journals:
        journal.close()


@pytest.fixture
def journal(address: str, opened: Callable[..., SqlJournal]) -> SqlJournal:
    """An empty journal in each engine."""
    return opened(address)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where an empty SQLite journal may live."""
    return tmp_path / "data" / "journal.db"
