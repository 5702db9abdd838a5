"""kill -9 after a step has said what its undo needs, and before its end: the undo has it."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.test_contain import deliberately, look, to_the_end
from tests.e2e.test_killed_step import command, said
from tests.runbooks.servers import postgres
from tests.terminal.driver import Forge, Terminal

from warroom.core import events as e
from warroom.core.state import Run
from warroom.core.words import Outcome
from warroom.store import open_journal

pytestmark = pytest.mark.terminal

BOOK = """\
---
title: Make a silence
kind: flag
services: [shop]
blast_radius: "nobody"
---
1. [ ] Make it
   ```sh run timeout=60s
   echo 7f3a > '{folder}/made'
   echo "warroom-state: id=$(cat '{folder}/made')"
   echo "and goes on: $((6 * 7))"
   sleep 50
   ```
   ```sh verify timeout=5s
   test "$(cat '{folder}/made')" = "$state_id"
   ```
   ```sh undo timeout=5s
   test "$(cat '{folder}/made')" = "$state_id"
   rm '{folder}/made'
   ```
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the journal is, in each engine."""
    with contextlib.ExitStack() as stack:
        sqlite = request.param == "sqlite"
        yield f"{tmp_path}/w.db" if sqlite else stack.enter_context(postgres()).url


def prepared(forge: Forge, folder: Path, db: str) -> None:
    """Declare an incident that the runbook is for."""
    (folder / "books").mkdir()
    (folder / "books" / "silence.md").write_text(BOOK.format(folder=folder))
    (folder / "config.toml").write_text(
        f'db = "{db}"\nrunbooks = ["{folder}/books"]\nservice = "shop"\n'
    )
    said(forge, folder, "declare", "it fails", "--service", "shop")


def confirmed(forge: Forge, folder: Path, *arguments: str) -> tuple[str, str]:
    """Return the preview of a step, and the code that confirms it."""
    shown = said(forge, folder, "contain", "1", *arguments)
    return shown, shown.split("--confirm ")[1].split()[0]


def the_run(db: str, number: int = 0) -> Run:
    with open_journal(db, read_only=True) as journal:
        incident = journal.incident("INC-1")
        assert incident is not None
        assert [e.kind_of(r.event) for r in journal.records("INC-1")].count("step_reported") == 1
        return incident.runs[number]


def test_a_killed_command_leaves_an_undo_that_knows(forge: Forge, tmp_path: Path, db: str) -> None:
    prepared(forge, tmp_path, db)
    code = said(forge, tmp_path, "runbook", "trust", "silence").split("--accept ")[1].split()[0]
    said(forge, tmp_path, "runbook", "trust", "silence", "--accept", code)
    _, code = confirmed(forge, tmp_path, "silence")
    with command(forge, tmp_path, "contain", "1", "silence", "--confirm", code) as running:
        running.sees("warroom-state: id=7f3a")
        os.kill(running.pid, signal.SIGKILL)
        running.ends()
    left = the_run(db)
    assert (left.finished, left.state) == (None, {"id": "7f3a"})
    looked, code = confirmed(forge, tmp_path, "silence", "--verify")
    assert "state_id = 7f3a" in looked
    assert "succeeded" in said(
        forge, tmp_path, "contain", "1", "silence", "--verify", "--confirm", code
    )
    assert the_run(db).outcome is Outcome.UNKNOWN
    said(forge, tmp_path, "contain", "1", "--settle", left.intent.run, "--done")
    shown, code = confirmed(forge, tmp_path, "--undo", "last")
    assert "state_id = 7f3a" in shown
    assert "succeeded" in said(forge, tmp_path, "contain", "1", "--undo", "last", "--confirm", code)
    assert not (tmp_path / "made").exists()


def console(forge: Forge, folder: Path) -> Terminal:
    arguments = ["--config", str(folder / "config.toml")]
    return Terminal.forged(forge, arguments, folder, size=(140, 40))


def insist(terminal: Terminal, key: str, words: str) -> None:
    """Press a key until the words are there: one that comes before its dialog does not count."""
    for _ in range(12):
        deliberately(terminal, key)
        with contextlib.suppress(AssertionError):
            terminal.sees(words, 5)
            return
    raise AssertionError(f"never {words!r}; the screen shows\n{terminal.text}")


def test_a_killed_console_leaves_an_undo_that_knows(forge: Forge, tmp_path: Path) -> None:
    db = f"{tmp_path}/w.db"
    prepared(forge, tmp_path, db)
    with console(forge, tmp_path) as terminal:
        terminal.sees("it fails")
        look(terminal, 1.0)
        terminal.press("c")
        terminal.sees("Make a silence")
        insist(terminal, "f", "new on this machine")
        to_the_end(terminal, "trust it")
        insist(terminal, "T", "on purpose")
        to_the_end(terminal, "on purpose")
        insist(terminal, "R", "and goes on: 42")
        os.kill(terminal.drawing, signal.SIGKILL)
        assert terminal.ends() == 128 + signal.SIGKILL
    left = the_run(db)
    assert (left.finished, left.state) == (None, {"id": "7f3a"})
    with console(forge, tmp_path) as terminal:
        terminal.sees("step 1 unknown")
        look(terminal, 1.0)
        terminal.press("3")
        insist(terminal, "V", "What became of step 1?")
        insist(terminal, "V", "succeeded after")
        insist(terminal, "escape", "What became of step 1?")
        deliberately(terminal, "D")
        terminal.loses("step 1 unknown")
        insist(terminal, "U", "state_id=7f3a")
        to_the_end(terminal, "on purpose")
        insist(terminal, "U", "succeeded after")
    assert not (tmp_path / "made").exists()
