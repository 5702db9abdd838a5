"""The command line as a person calls it: processes of its own, an empty home."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.desk import Desk
from tests.terminal.driver import Forge


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
    """Runs `warroom` in a home of its own; its imports have been paid for."""

    forge: Forge
    home: Path
    extra: dict[str, str]

    def __call__(self, *words: str, stdin: str = "", ok: bool = True) -> Ran:
        done = self.forge.run(words, self.environment(), stdin)
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in ran.err, ran.err
        if ok:
            assert ran.status == 0, ran
        return ran

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))}
        return {**kept, "HOME": str(self.home), "WARROOM_ACTOR": "ana", **self.extra}


@pytest.fixture
def warroom(forge: Forge, tmp_path: Path) -> Shell:
    home = tmp_path / "home"
    home.mkdir()
    return Shell(forge, home, {})


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    home = tmp_path / "desk"
    home.mkdir()
    return Desk(home, monkeypatch, capsys)
