"""However the console ends, the terminal is as it was found, the status is true, nothing is left."""

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.terminal.driver import PATIENCE, Forge, Terminal, alive, gone, state

pytestmark = pytest.mark.terminal

CRASHING = """
def main(arguments):
    from warroom.cli.main import run
    from warroom.tui.screens.main import MainScreen
    def crash(self):
        password = "hunter2"
        raise ValueError("a bug")
    MainScreen.action_zoom = crash
    return run(arguments)
"""

SLOW = """
def main(arguments):
    import termios, time
    from warroom.cli.main import run
    restore = termios.tcsetattr
    def slowly(*given):
        restore(*given)
        time.sleep(0.2)
    termios.tcsetattr = slowly
    return run(arguments)
"""


@pytest.fixture
def console(
    forge: Forge, home: Path, log: Path, request: pytest.FixtureRequest
) -> Iterator[Terminal]:
    program = getattr(request, "param", "")
    with Terminal.forged(forge, ["--log", str(log)], home, program=program) as terminal:
        terminal.sees("no incident is open")
        yield terminal


def write_and_leave_open(terminal: Terminal) -> None:
    """Declare something, so that the store, its lock and its threads are in use."""
    terminal.press("d")
    terminal.sees("Declare an incident")
    terminal.write(b"checkout down")
    terminal.send("Declare an incident")
    terminal.sees("INC-1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_to_the_console(console: Terminal, number: signal.Signals) -> None:
    drawing = console.drawing
    write_and_leave_open(console)
    os.kill(drawing, number)
    assert console.ends() == 128 + number
    assert console.is_restored(), console.still_on()
    assert gone(drawing)
    assert (b"ended by SIGKILL" in console.raw) == (number is signal.SIGKILL)
    assert b"Traceback" not in console.raw


@pytest.mark.parametrize("console", [SLOW], indirect=True, ids=["slowly"])
def test_ctrl_s_struck_for_a_killed_console_does_not_hold_up_its_end(console: Terminal) -> None:
    """It sends a form; in a terminal that is not the console's any more it stops all output."""
    assert console.program is not None
    os.kill(console.drawing, signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while (status := console.program.poll()) is None and time.monotonic() < end:
        console.press("ctrl+s")
        console.read(0.01)
    console.press("ctrl+q")  # for the shell that would be there now
    assert status == 128 + signal.SIGKILL
    console.settle()
    assert b"ended by SIGKILL" in console.raw
    assert console.is_restored(), console.still_on()


def test_keys_struck_for_a_killed_console_do_not_reach_the_shell(console: Terminal) -> None:
    drawing = console.drawing
    os.kill(drawing, signal.SIGSTOP)
    console.until(lambda: state(console.pid) == "T", "a stopped supervisor")
    console.write(b"reboot\n")
    os.kill(drawing, signal.SIGKILL)
    os.kill(console.pid, signal.SIGCONT)
    assert console.ends() == 128 + signal.SIGKILL
    assert not select.select([console.slave], [], [], 0)[0]


def test_a_signal_to_the_process_that_was_started(console: Terminal) -> None:
    drawing = console.drawing
    os.kill(console.pid, signal.SIGTERM)
    assert console.ends() == 143
    assert console.is_restored(), console.still_on()
    assert gone(drawing)


def test_kill_9_of_the_supervisor_ends_the_console_too(console: Terminal) -> None:
    drawing = console.drawing
    os.kill(console.pid, signal.SIGKILL)
    assert console.ends() == -signal.SIGKILL
    console.until(lambda: not alive(drawing), "an end of the console")
    console.settle()
    assert console.is_restored(), console.still_on()


@pytest.mark.parametrize("console", [CRASHING], indirect=True, ids=["crashing"])
def test_an_exception(console: Terminal) -> None:
    drawing = console.drawing
    console.press("z")
    assert console.ends() == 1
    assert console.is_restored(), console.still_on()
    assert gone(drawing)
    shown = console.raw[console.raw.rindex(b"\x1b[?1049l") :]
    assert b"warroom stopped because of an error in itself: ValueError('a bug')" in shown
    assert b"Traceback" not in shown
    assert b"hunter2" not in console.raw


def test_the_terminal_is_closed(console: Terminal) -> None:
    """A window that is closed, a line that breaks: the end comes soon, without a busy loop."""
    drawing = console.drawing
    write_and_leave_open(console)
    console.press("n")
    console.sees("what happened")
    console.write(b"half a note")
    began = processor_seconds(drawing)
    console.hang_up()
    assert console.ends(20) in {129, 0}
    assert gone(drawing)
    assert processor_seconds(console.pid) + began < 60  # it did not spin until somebody noticed


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far; 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_suspending_gives_the_terminal_to_the_shell_and_takes_it_back(console: Terminal) -> None:
    drawing = console.drawing
    before = len(console.raw)
    os.kill(drawing, signal.SIGTSTP)
    console.until(lambda: b"\x1b[?1049l" in console.raw[before:], "an ordinary page")
    console.until(lambda: state(console.pid) == "T", "a stopped supervisor")
    assert state(drawing) == "T"
    assert console.is_restored(), console.still_on()
    before = len(console.raw)
    os.kill(console.pid, signal.SIGCONT)
    console.until(lambda: b"\x1b[?1049h" in console.raw[before:], "the console's page")
    console.sees("no incident is open")
    console.press("q")
    assert console.ends() == 0
    assert console.is_restored(), console.still_on()


def test_started_afresh_and_left_with_q(home: Path, log: Path) -> None:
    """The one console here that the shell would start in the same way: nothing is shared."""
    with Terminal.spawned(["--log", str(log)], home, size=(80, 24)) as terminal:
        terminal.sees("FOLLOW")
        terminal.sees("no incident is open")
        drawing = terminal.drawing
        terminal.press("q")
        assert terminal.ends() == 0
        assert terminal.is_restored(), terminal.still_on()
        assert gone(drawing)
