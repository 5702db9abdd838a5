"""The process that stands behind the console, when the console does not listen any more."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

STUCK = """
import signal, sys, time
from warroom.tui import supervisor
supervisor.PATIENCE = 1
def console():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print("stuck", flush=True)
    time.sleep(60)
    return 0
sys.exit(supervisor.supervise(console))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_console_that_does_not_end_is_ended(number: signal.Signals) -> None:
    master, slave = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        seen = b""
        while b"stuck" not in seen:
            seen += os.read(master, 1024)
        started.send_signal(number)
        assert started.wait(20) == 128 + number
        deadline = time.monotonic() + 10
        while _members(started.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _members(started.pid) == []
    finally:
        started.kill()
        os.close(master)


def _members(session: int) -> list[str]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "-s", str(session)], capture_output=True, text=True
    )
    return listed.stdout.split()
