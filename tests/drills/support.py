"""What the tests of the shop share: bounded waiting, a look at processes, the operators' command."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from warroom.drills.service.supervisor import environment

DEADLINE = 15.0
"""Seconds any wait in these tests may take before the test fails."""


def wait_until(condition: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Wait for something that really happens; fail, saying what, when it does not."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {deadline:.0f} s: {what}")
        time.sleep(0.1)  # reading the log costs: these tests share the machine with the shop


def alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def shopctl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Call the operators' command as a runbook would."""
    return subprocess.run(
        [sys.executable, "-m", "warroom.drills.service.switch", str(folder), *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=environment(),
        check=False,
    )
