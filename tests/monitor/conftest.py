"""The command line beside a monitoring system."""

from pathlib import Path

import pytest
from tests.cli.desk import Desk


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    home = tmp_path / "desk"
    home.mkdir()
    return Desk(home, monkeypatch, capsys)
