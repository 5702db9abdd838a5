"""The terminal is left as it was found, however the console ends: in a real one."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.terminal

ROOT = Path(__file__).parents[2]
PROGRAM = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.path.insert(0, {root!r})
from tests.tui.fakes import busy_room, services
from warroom.tui.supervisor import supervise

def child():
    from warroom.tui.app import run_console
    from warroom.tui.screens.main import MainScreen
    from pathlib import Path
    secret = "hunter2"
    def crash(self, *_):
        password = secret
        raise ValueError("a bug")
    if "crash" in sys.argv:
        MainScreen.action_zoom = crash
    return run_console(services(busy_room(), crash_folder=Path({folder!r})))

print("before")
status = supervise(child)
print("after", status)
sys.exit(status)
"""
ALTERNATE = b"\x1b[?1049h"
BACK = b"\x1b[?1049l"


@dataclass
class Terminal:
    """A pseudo terminal with a console in it."""

    process: subprocess.Popen[bytes]
    master: int
    modes: list[object]
    seen: bytes = b""
    gone: list[int] = field(default_factory=list)

    def read(self, wanted: bytes, seconds: float = 15.0) -> None:
        """Read until something was written."""
        end = time.monotonic() + seconds
        while wanted not in self.seen:
            if time.monotonic() > end:
                raise AssertionError(
                    f"{wanted!r} was never written; the end is {self.seen[-800:]!r}"
                )
            self._some()

    def _some(self) -> bool:
        if not select.select([self.master], [], [], 0.05)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def ends(self, seconds: float = 15.0) -> int:
        """Wait for the end; return the exit status."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "it did not end"
            self._some()
        while self._some():
            pass
        return self.process.returncode

    @property
    def child(self) -> int:
        """The process that draws."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(path.read_text().split()[0])

    def is_restored(self) -> bool:
        """Whether screen, cursor, mouse and modes are back."""
        tail = self.seen[self.seen.rindex(ALTERNATE) :]
        modes_off = all(code in tail for code in (BACK, b"\x1b[?25h", b"\x1b[?1003l"))
        return modes_off and termios.tcgetattr(self.master)[3] == self.modes[3]


@pytest.fixture
def console(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    modes = termios.tcgetattr(slave)

    program = PROGRAM.format(root=str(ROOT), folder=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", program, *getattr(request, "param", ())],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT / "src")},
    )
    terminal = Terminal(process, master, modes)
    try:
        terminal.read(b"INC-109")
        yield terminal
    finally:
        with contextlib.suppress(ProcessLookupError, IndexError, OSError):
            os.kill(terminal.child, signal.SIGKILL)
        if process.poll() is None:
            process.kill()
        process.wait(5)
        os.close(master)
        os.close(slave)


def test_q_leaves_with_status_zero(console: Terminal) -> None:
    os.write(console.master, b"q")
    assert console.ends() == 0
    assert console.is_restored()
    assert console.seen.count(b"after 0") == 1
    assert console.seen.count(b"before") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(console: Terminal, number: signal.Signals) -> None:
    os.kill(console.process.pid, number)
    assert console.ends() == 128 + number
    assert console.is_restored()


def test_a_signal_to_the_drawing_process_ends_it_cleanly(console: Terminal) -> None:
    os.kill(console.child, signal.SIGTERM)
    assert console.ends() == 128 + signal.SIGTERM
    assert console.is_restored()


def test_kill_9_leaves_a_usable_terminal(console: Terminal) -> None:
    os.kill(console.child, signal.SIGKILL)
    assert console.ends() == 128 + signal.SIGKILL
    assert console.is_restored()
    assert b"ended by SIGKILL" in console.seen


def test_the_drawing_process_does_not_outlive_its_parent(console: Terminal) -> None:
    child = console.child
    console.process.kill()
    end = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < end:
        console._some()
    assert not Path(f"/proc/{child}").exists()
    assert console.is_restored()


@pytest.mark.parametrize("console", [("crash",)], indirect=True)
def test_a_crash_is_a_message_without_what_was_in_memory(console: Terminal, tmp_path: Path) -> None:
    os.write(console.master, b"z")
    assert console.ends() == 1
    assert console.is_restored()
    tail = console.seen[console.seen.rindex(BACK) :]
    assert b"warroom stopped because of an error in itself: ValueError('a bug')" in tail
    assert b"hunter2" not in console.seen
    assert b"Traceback" not in tail
    kept = next(tmp_path.glob("crash-*.txt")).read_text()
    assert "action_zoom" in kept or "in crash" in kept
    assert "hunter2" not in kept
