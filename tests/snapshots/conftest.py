"""What keeps pictures equal: no blinking, no machine's time, no environment."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.snapshots.stage import NOW, opened
from textual.widgets import Input, TextArea

from warroom.logs.protocol import Log
from warroom.tui.conduct import Conduct
from warroom.tui.screens import confirm
from warroom.tui.widgets import log_gauge


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop everything that moves by itself."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", lambda _: None)
    monkeypatch.setattr(Conduct, "clock", lambda _: NOW)
    # An analysis says how long it took, and is made again when there is news.
    clock = SimpleNamespace(perf_counter=lambda: 0.0, monotonic=log_gauge.time.monotonic)
    monkeypatch.setattr(log_gauge, "time", clock)
    monkeypatch.setattr(confirm, "platform", SimpleNamespace(node=lambda: "desk"))
    monkeypatch.setattr(confirm, "getpass", SimpleNamespace(getuser=lambda: "ana"))
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """The afternoon's log, read to its end."""
    found = opened(tmp_path)
    yield found
    found.close()
