"""What was previewed is what runs: bound to the file, to the values, and to nobody else's hand."""

import os

import pytest

from warroom.core.words import StepAction
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Confirmation
from warroom.runbooks.params import HIDDEN, resolve
from warroom.runbooks.parse import load, parse
from warroom.runbooks.preview import NO_UNDO, preview
from warroom.runbooks.run import run_preview

TEXT = """\
---
title: Back
kind: rollback
services: [shop]
params: {release: {type: release}, token: {type: secret, env: TOKEN}}
blast_radius: every request
---
1. [ ] Switch
   ```sh run timeout=7s
   echo "to $release with $token"
   ```
   ```undo timeout=5s
   echo "back to $state_release"
   ```
2. [ ] Delete
   ```sh run undo=none
   echo gone
   ```
3. [ ] Look
   ```sh run reads timeout=1s
   echo look
   ```
4. [ ] Tick
"""
ENVIRON = {"TOKEN": "hunter2hunter2", "PATH": os.environ["PATH"], "HOME": "/"}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "back.md"
    file.write_text(TEXT)
    file.chmod(0o644)
    return file


def seen(path, number=1, *, release="1.2", **options):
    book = load(path)
    values = resolve(book.params, {"release": release}, environ=ENVIRON)
    return preview(book, book.steps[number - 1], values, environ=ENVIRON, **options)


def test_it_shows_everything_and_no_secret(path):
    shown = seen(path, service="shop")
    assert shown.command == 'echo "to $release with $token"\n'
    assert shown.environment == {"release": "1.2", "token": HIDDEN}
    assert (shown.timeout, shown.blast_radius) == (7.0, "every request")
    assert shown.undo == 'echo "back to $state_release"\n'
    assert "hunter2" not in repr([shown.command, shown.environment, shown.undo, shown.digest])


def test_it_runs_what_was_shown_and_hides_the_secret(path):
    outcome = run_preview(seen(path))
    assert outcome.head == "to 1.2 with [REDACTED]\n"


def test_the_undo_gets_the_state_before(path):
    shown = seen(path, role=StepAction.UNDO, state={"release": "1.1"})
    assert run_preview(shown).head == "back to 1.1\n"
    assert shown.environment["state_release"] == "1.1"


def test_a_file_that_changed_is_refused(path, tmp_path):
    shown = seen(path)
    path.write_text(TEXT.replace("to $release", "to hell"))
    with pytest.raises(RunbookError, match="changed since"):
        run_preview(shown)
    path.unlink()
    with pytest.raises(RunbookError, match="not read"):
        run_preview(shown)


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_a_file_that_others_can_write_is_refused(path, mode):
    path.chmod(mode)
    with pytest.raises(RunbookError, match="written by others"):
        run_preview(seen(path))


def test_a_file_of_a_shared_group_is_refused_and_of_ones_own_is_not(path):
    path.chmod(0o664)
    assert run_preview(seen(path)).succeeded or os.getuid()
    if os.getuid() == 0:
        os.chown(path, 0, 65534)
        with pytest.raises(RunbookError, match="written by others"):
            run_preview(seen(path))
        os.chown(path, 65534, 0)
        path.chmod(0o644)
        with pytest.raises(RunbookError, match="belongs to user"):
            run_preview(seen(path))


def test_the_digest_follows_everything_that_matters(path):
    first = seen(path).digest
    assert first == seen(path).digest
    assert first != seen(path, release="1.3").digest
    assert first != seen(path, role=StepAction.UNDO, state={"release": "1"}).digest
    assert first != seen(path, 2).digest
    path.write_text(TEXT + "\nA remark.\n")
    assert first != seen(path).digest


@pytest.mark.parametrize(
    ("number", "role", "service", "expected"),
    [
        (1, StepAction.RUN, "shop", Confirmation.KEY),
        (1, StepAction.RUN, "search", Confirmation.TYPED),
        (1, StepAction.UNDO, "shop", Confirmation.KEY),
        (2, StepAction.RUN, "shop", Confirmation.TYPED),
        (3, StepAction.RUN, "search", Confirmation.NONE),
    ],
)
def test_confirmation_is_graded(path, number, role, service, expected):
    assert seen(path, number, role=role, service=service).confirmation is expected


def test_a_step_without_an_undo_says_so(path):
    assert seen(path, 2).undo == NO_UNDO


def test_a_step_to_tick_has_nothing_to_run(path):
    with pytest.raises(RunbookError, match="Nothing to run"):
        seen(path, 4)


def test_a_text_that_came_from_no_file_is_its_own_pin():
    book = parse(TEXT)
    values = resolve(book.params, {"release": "1"}, environ=ENVIRON)
    assert run_preview(preview(book, book.steps[2], values, environ=ENVIRON)).succeeded


def test_an_undo_is_refused_that_would_restore_a_mark(tmp_path):
    book = parse(
        '1. [ ] x\n   ```sh run\n   a\n   ```\n   ```undo\n   set_key "$state_key"\n   ```\n'
    )
    values = resolve(book.params, {})

    def undo(**state):
        return preview(book, book.steps[0], values, role=StepAction.UNDO, state=state)

    assert undo(key="a1", other="[REDACTED]").env["state_key"] == "a1"
    with pytest.raises(RunbookError, match="key was a secret"):
        undo(key="[REDACTED]")
