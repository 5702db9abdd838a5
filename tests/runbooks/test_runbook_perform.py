"""A step checks first, runs, looks afterwards, and what was before reaches its undo."""

import os

import pytest

from warroom.core.words import StepAction
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.params import resolve
from warroom.runbooks.parse import load, parse
from warroom.runbooks.perform import perform

TEXT = """\
---
kind: rollback
---
1. [ ] Switch
   ```sh precheck reads timeout=5s
   cat switch; echo "warroom-state: before=$(cat switch)"; grep -q on switch
   ```
   ```sh run timeout=5s
   echo "was $state_before"; echo off > switch; echo "warroom-state: token=7"
   ```
   ```sh verify timeout=5s
   test "$state_token" = 7; grep -q off switch
   ```
   ```sh undo timeout=5s
   echo "$state_before" > switch
   ```
"""
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/"}


def do(book, folder, role=StepAction.RUN, **options):
    values = resolve(book.params, {})
    return perform(
        book, book.steps[0], values, role=role, cwd=str(folder), environ=ENVIRON, **options
    )


def test_check_run_verify_and_undo(tmp_path):
    switch = tmp_path / "switch"
    switch.write_text("on\n")
    started, said, told = [], [], []
    done = do(
        parse(TEXT),
        tmp_path,
        on_start=started.append,
        on_output=said.append,
        on_state=told.append,
    )
    assert done.succeeded
    assert done.state == {"before": "on", "token": "7"}
    assert told == [{"token": "7"}], "what the check said went ahead of the start"
    assert done.outcome.head.startswith("was on\n")
    assert [identity.pid for identity in started] == [done.outcome.pid]
    assert "".join(said).startswith("on\n")
    assert switch.read_text() == "off\n"
    assert do(parse(TEXT), tmp_path, StepAction.UNDO, state=done.state).succeeded
    assert switch.read_text() == "on\n"


def test_a_failed_precheck_changes_nothing_and_starts_nothing(tmp_path):
    (tmp_path / "switch").write_text("broken\n")
    started = []
    done = do(parse(TEXT), tmp_path, on_start=started.append)
    assert not done.succeeded
    assert done.outcome is None
    assert started == []
    assert (tmp_path / "switch").read_text() == "broken\n"


def test_a_failed_verification_is_no_success(tmp_path):
    (tmp_path / "switch").write_text("on\n")
    done = do(parse(TEXT.replace("grep -q off", "grep -q nothing")), tmp_path)
    assert done.outcome.succeeded
    assert not done.verification.succeeded
    assert not done.succeeded


def test_a_run_that_changes_its_own_runbook_is_not_followed_by_other_text(tmp_path):
    (tmp_path / "switch").write_text("on\n")
    file = tmp_path / "a.md"
    file.write_text(TEXT.replace("echo off > switch", "echo off > switch; echo >> a.md"))
    file.chmod(0o644)
    with pytest.raises(RunbookError, match="changed since"):
        do(load(file), tmp_path)


def test_a_block_that_is_not_there_is_an_error(tmp_path):
    book = parse(TEXT.split("   ```sh undo", maxsplit=1)[0])
    with pytest.raises(RunbookError, match="Nothing to run"):
        do(book, tmp_path, StepAction.UNDO)
