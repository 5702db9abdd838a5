"""The shop's runbooks are understood, run, verified and taken back as the console would do it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.drills.access import read
from tests.drills.support import DEADLINE, wait_until

from warroom.core.words import CONTAINS, ContainmentKind, StepAction
from warroom.drills.service.books import BOOKS, FIRST_FOUR, write_runbooks
from warroom.drills.service.faults import FAULTS
from warroom.drills.service.supervisor import SimulatedService
from warroom.runbooks.check import check as check_runbook
from warroom.runbooks.model import Runbook, Step
from warroom.runbooks.params import resolve, step_environment
from warroom.runbooks.parse import load, load_folder

FACTS = {"previous_release": "2026.11.19", "upstream": "app-3"}
STATE = re.compile(r"^warroom-state: ([a-z][a-z0-9_]*)=(.*)$", re.MULTILINE)


def changing(runbook: Runbook) -> Step:
    step = runbook.first_runnable
    assert step is not None
    return step


def execute(
    runbook: Runbook, role: StepAction, state: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a block with exactly the environment that the console gives it."""
    block = changing(runbook).block(role)
    assert block is not None
    values = resolve(runbook.params, {}, facts=FACTS)
    return subprocess.run(
        ["sh", "-eu", "-c", block.code],
        env=step_environment(values, state=state),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        cwd="/",
    )


def switches(shop: SimulatedService) -> dict[str, str]:
    state = shop.status().state
    assert state is not None
    return dict(state.entries)


def test_every_runbook_is_complete_runs_verifies_and_is_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "a folder's name"
    with SimulatedService.start(folder, deploy_after=0.0, fail_after=0.0, rate=120) as shop:
        wait_until(lambda: switches(shop)["release"] == "2026.11.20", "the deployment")
        shop_before = switches(shop)
        shelf = write_runbooks(folder, shop)
        books, errors = load_folder(shelf)
        assert not [finding for book in books for finding in check_runbook(book)]
        assert not errors
        assert len(books) == len(BOOKS)
        for book in books:
            step = changing(book)
            assert list(book.services) == ["shop"]
            assert book.blast_radius
            assert (
                book.symptoms or book.kind is ContainmentKind.ROUTE
            )  # any failure may be of one instance
            assert step.watch is not None
            for role in (StepAction.RUN, StepAction.VERIFY, StepAction.UNDO):
                block = step.block(role)
                assert block is not None
                assert block.timeout

            if book.title.startswith(("Keep payments", "Switch the bulk")):
                assert execute(book, StepAction.VERIFY).returncode == 1
            checked = execute(book, StepAction.PRECHECK)  # kept before anything is changed
            assert checked.returncode == 0, checked.stderr
            state = dict(STATE.findall(checked.stdout))
            assert state
            ran = execute(book, StepAction.RUN)
            assert ran.returncode == 0, ran.stderr
            assert dict(STATE.findall(ran.stdout)) == state
            verified = execute(book, StepAction.VERIFY)
            assert verified.returncode == 0, (book.title, verified.stderr)
            undone = execute(book, StepAction.UNDO, state)
            assert undone.returncode == 0, undone.stderr
            assert switches(shop) == shop_before, book.title
        wait_until(lambda: sum(h.failed for h in read(shop.access_log)) >= 20, "failures")
    lines = shop.access_log.read_text().splitlines()
    broken = sum('"POST /api/checkout HTTP/1.1" 50' in line for line in lines)
    matched = {
        book.title: sum(bool(re.search(book.symptoms[0], line)) for line in lines)
        for book in books
        if book.symptoms
    }
    assert matched["Switch the new cart off"] == matched["Kill POST /api/checkout"] == broken
    assert matched["Keep payments until the gateway is back"] <= 2
    assert matched["Return to configuration c-41"] <= 2
    assert matched["Revoke the key of partner 7"] == 0


def test_the_first_four_are_one_of_each_kind_that_contains(tmp_path: Path) -> None:
    assert [book.kind for book in FIRST_FOUR] == list(CONTAINS)
    with SimulatedService.start(tmp_path, plan=(), rate=5) as shop:
        shelf = write_runbooks(tmp_path, shop, FIRST_FOUR)
    assert {path.name for path in shelf.iterdir()} == {book.file for book in FIRST_FOUR}


def test_undo_without_the_state_before_refuses(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, plan=(), rate=5) as shop:
        book = load(write_runbooks(tmp_path, shop) / "rollback.md")
        undone = execute(book, StepAction.UNDO)
    assert undone.returncode != 0
    assert "the state before is not known" in undone.stderr


def test_the_rollback_offers_the_previous_release(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, plan=(), rate=5) as shop:
        book = load(write_runbooks(tmp_path, shop) / "rollback.md")
    assert resolve(book.params, {}, facts=FACTS).env == {"release": "2026.11.19"}
    assert 'release "$release"' in changing(book).run.code


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_a_runbook_that_falsifies_one_of_its_needs(
    fault: str, tmp_path: Path
) -> None:
    told = [
        book.words.replace('"$release"', "2026.11.19").replace('"$instance"', "app-3")
        for book in BOOKS
    ]
    contained = [
        words
        for words in told
        for key, value in FAULTS[fault].needs.items()
        if words.startswith(key.replace(".", " ", 1) + " ") and not words.endswith(f" {value}")
    ]
    assert contained, f"no runbook contains {fault}"


def test_the_wrapper_works_without_any_environment(tmp_path: Path) -> None:
    sh = shutil.which("sh")
    assert sh
    with SimulatedService.start(tmp_path, plan=(), rate=5) as shop:
        write_runbooks(tmp_path, shop)
        done = subprocess.run(
            [sh, str(tmp_path / "shopctl"), "status"],
            env={},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    assert "release=2026.11.19" in done.stdout.splitlines()
