"""The reference says what the code says, and shells can complete the command line."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from warroom.cli.main import _COMMANDS

ROOT = Path(__file__).parents[2]


def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says() -> None:
    old = [
        str(path.relative_to(ROOT))
        for path, text in reference().pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    assert old == [], "run `make reference`"


def run(*words: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "warroom", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **more},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_warroom(shell: str) -> None:
    assert f"_WARROOM_COMPLETE={shell}_complete" in run("completion", shell)


def test_commands_and_options_are_completed() -> None:
    asked = {"_WARROOM_COMPLETE": "bash_complete", "COMP_WORDS": "warroom ", "COMP_CWORD": "1"}
    found = {line.partition(",")[2] for line in run(**asked).splitlines()}
    assert set(_COMMANDS) <= found
    asked |= {"COMP_WORDS": "warroom drill run --pl", "COMP_CWORD": "3"}
    assert "plain,--play" in run(**asked)
