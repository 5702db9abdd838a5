"""The disk is full at any single call that needs room: said, nothing lost, and it goes on.

`nospace.c` fails the n-th write, sync or making of a file in a process, `fullness.py` is what that
process does: each life of the store, the outbox and the other kept files, for every n.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.campaign import Tally, sized

from .processes import preloadable

JOURNAL = (
    "Opening", "Again", "Older", "Reading", "Appending", "Merging", "Reserved", "Rebuilding",
    "Closing", "Backup", "Restore",
)  # fmt: skip
BESIDE = (
    "Taking", "OutboxOpening", "Sending", "Index", "Filters", "Trusting", "Auditing", "Exporting",
    "Printing", "Status",
)  # fmt: skip


@pytest.fixture(scope="module")
def injector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preloadable("nospace.c", tmp_path_factory.mktemp("nospace"))


def played(
    injector: Path, folder: Path, lives: tuple[str, ...], sample: int, seed: int
) -> list[dict[str, int]]:
    """Play lives with the disk full at each call, or at one in `sample`; returns the counts."""
    (folder / "full").mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))}
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, here / "fullness.py", folder / "full", ",".join(lives), f"{sample}",
         f"{seed}"],
        capture_output=True, text=True, timeout=3000,
        env={**kept, "HOME": str(folder), "PYTHONPATH": str(here), "LD_PRELOAD": str(injector),
             "NOSPACE_FOLDER": str(folder / "full")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [row["life"] for row in rows] == list(lives)
    assert not any("failed" in row for row in rows), done.stdout
    return rows


@pytest.mark.parametrize(
    ("lives", "sample"), [(JOURNAL, 40), (BESIDE, 10)], ids=["journal", "beside"]
)
def test_a_disk_that_is_full_at_any_call_costs_nothing(
    injector: Path, tmp_path: Path, lives: tuple[str, ...], sample: int
) -> None:
    rows = played(injector, tmp_path, lives, sample, seed=1)
    assert all(row["calls failed"] > 1 for row in rows), rows


@pytest.mark.soak
@pytest.mark.parametrize("life", [*JOURNAL, *BESIDE])
def test_a_disk_that_is_full_at_every_call_costs_nothing(
    injector: Path, tmp_path: Path, life: str, tally: Tally
) -> None:
    share = sized(100)
    (row,) = played(injector, tmp_path, (life,), 0 if share >= 100 else round(100 / share), 1)
    tally(row["calls failed"], "calls failed for want of room", seed=1)
    tally(row.get("refused", 0), "refused and done again")
