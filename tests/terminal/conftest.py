"""What the tests in real terminals share: a home, a log."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def log(home: Path) -> Path:
    """A small access log with failures at its end."""
    lines = [
        f'10.0.0.{n % 7} - - [20/Nov/2026:14:{n // 60:02}:{n % 60:02} +0000] "GET /api/item/{n} '
        f'HTTP/1.1" {502 if n > 560 and n % 2 else 200} {n} "-" "curl/8"\n'
        for n in range(600)
    ]
    path = home / "access.log"
    path.write_text("".join(lines), "utf-8")
    return path
