"""What starting costs: a module imports nothing that it may not need."""

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "sqlmodel", "sqlalchemy", "httpx", "numpy", "alembic", "pydantic")


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "warroom.core.decide",
        "warroom.core.timeline",
        "warroom.core.queue",
        "warroom.cli.main",
        "warroom.cli.incident",
        "warroom.tui.supervisor",
    ],
)
def test_a_light_module_stays_light(module: str) -> None:
    assert loaded_by(module).isdisjoint(HEAVY)


def test_the_console_draws_its_first_frame_without_a_database_or_numpy() -> None:
    heavy = loaded_by("warroom.tui.app") & {"sqlmodel", "sqlalchemy", "httpx", "numpy", "alembic"}
    assert heavy == set()


def test_the_help_knows_nothing_of_incidents() -> None:
    """What it needs beside click is a few lines: the rules and the log engine cost more than it."""
    code = "import sys, warroom.cli.main; print(*(n for n in sys.modules if n[:7] == 'warroom'))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) == {
        "warroom",
        "warroom.cli",
        "warroom.cli.main",
        "warroom.cli.common",
        "warroom.mishap",
    }
