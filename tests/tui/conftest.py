"""Stillness for the console's tests: no blinking, nothing of this machine's environment."""

import pytest
from textual.widgets import Input


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep pictures equal and environments out."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None, raising=False)
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
