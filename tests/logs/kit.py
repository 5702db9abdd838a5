"""Follow a log without its thread: look until nothing changes, and add to its file."""

from pathlib import Path

import pytest

from warroom.logs.filelog import FileLog


def settle(log: FileLog) -> None:
    """Look at the log until it has shown all there is."""
    for _ in range(1000):
        if not log.step():
            return
    pytest.fail("the log never came to rest")


def append(path: Path, data: bytes) -> None:
    """Add bytes to a file."""
    with path.open("ab") as file:
        file.write(data)
