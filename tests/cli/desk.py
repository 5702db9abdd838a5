"""The command line inside this process, with the clock under the test's hand."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warroom.cli.main import run


@dataclass
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """Somebody at the shell."""

    def __init__(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.home = home
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self._capsys = capsys
        for name in (
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "WARROOM_CONFIG",
            "WARROOM_DB",
        ):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("WARROOM_ACTOR", "ana")

    def __call__(self, *words: str, by: str = "ana", ok: bool = True) -> Said:
        self._capsys.readouterr()
        status = run(["--as", by, *words], clock=lambda: self.now)
        out, err = self._capsys.readouterr()
        said = Said(status, out, err)
        assert "Traceback" not in err
        if ok:
            assert status == 0, said
        return said

    def later(self, **span: float) -> "Desk":
        self.now += timedelta(**span)
        return self

    def configure(self, text: str) -> "Desk":
        path = self.home / ".config/warroom/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return self
