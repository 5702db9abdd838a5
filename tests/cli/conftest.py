"""The command line as a person calls it: real processes, an empty home."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.desk import Desk


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs `warroom` in a home of its own."""

    home: Path
    extra: dict[str, str]

    def __call__(self, *words: str, stdin: str = "", ok: bool = True) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "warroom", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment(),
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in ran.err, ran.err
        if ok:
            assert ran.status == 0, ran
        return ran

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))}
        return {**kept, "HOME": str(self.home), "WARROOM_ACTOR": "ana", **self.extra}


@pytest.fixture
def warroom(tmp_path: Path) -> Shell:
    home = tmp_path / "home"
    home.mkdir()
    return Shell(home, {})


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    home = tmp_path / "desk"
    home.mkdir()
    return Desk(home, monkeypatch, capsys)
