"""From a file into PostgreSQL: the same chain, or nothing."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warroom.core.access import Token, digest
from warroom.core.journal import JournalDamaged, JournalError
from warroom.store import SqlJournal, TokenStore, move

from .conftest import Postgres
from .story import declare, note

pytestmark = pytest.mark.postgres


def test_everything_moves_and_both_ends_are_equal(
    postgres: Postgres, file: Path, anchors: Path, opened: Callable[..., SqlJournal]
) -> None:
    here = opened(file)
    declare(here, "checkout fails \x00 ünï")
    for number in range(20):
        note(here, "INC-1", f"note {number}")
    declare(here, "mail is late")
    now = datetime.now(UTC)
    token = Token(
        id="aaaaaaaaaa", person="ana", scopes=("read",), clients=("acme",),
        digest=digest("x"), created_at=now,
    )  # fmt: skip
    TokenStore(here).add(token)
    address = postgres.new_schema()
    moved = move(file, address, anchors=anchors)
    there = opened(address)
    assert moved.verified == here.verify() == there.verify()
    assert there.links(0) == here.links(0)
    assert there.incidents() == here.incidents()
    assert [i.id for i in there.search("checkout")] == ["INC-1"]
    assert TokenStore(there).all() == TokenStore(here).all() == (token,)
    with pytest.raises(JournalError, match="already"):
        move(file, address, anchors=anchors)
    assert declare(there, "a third").id == "INC-3"
    # From now on the file is the one that is behind, and that is seen.
    with pytest.raises(JournalDamaged, match="cut off"):
        move(file, postgres.new_schema(), anchors=anchors)


def test_a_damaged_file_does_not_move(
    postgres: Postgres, file: Path, anchors: Path, opened: Callable[..., SqlJournal]
) -> None:
    here = opened(file)
    declare(here)
    note(here, "INC-1", "the truth")
    here.close()
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("DROP TRIGGER event_no_update")
        raw.execute("UPDATE event SET body = CAST(? AS BLOB) WHERE seq = 2", (b"{}",))
    address = postgres.new_schema()
    with pytest.raises(JournalDamaged, match="not whole"):
        move(file, address, anchors=anchors)
    assert opened(address).head() == 0


def test_only_a_file_moves_and_only_into_a_server(
    postgres: Postgres, file: Path, anchors: Path
) -> None:
    with pytest.raises(JournalError, match="is no server"):
        move(file, file.with_name("other.db"), anchors=anchors)
    with pytest.raises(JournalError, match="is no file"):
        move(postgres.new_schema(), postgres.new_schema(), anchors=anchors)
