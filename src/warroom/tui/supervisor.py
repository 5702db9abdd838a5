"""Leave the terminal as it was found, even if the console is killed where nobody can clean up.

The console runs in a child process. The parent holds no threads and does nothing but wait: it
hands signals on, stops and continues with the child, and after a violent death of the child puts
the terminal's modes back and says what happened.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import termios
import traceback
from collections.abc import Callable
from typing import Any

RESTORE = (
    "\x1b[0m"  # colours
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"  # mouse
    "\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2048l"  # focus, paste, synchronised output, resize
    "\x1b[<u"  # keyboard protocol
    "\x1b[?7h\x1b[?1049l\x1b[?25h"  # wrapping, the ordinary screen, the cursor
)
"""Every mode that the console switches on, off again."""

_ENDED = (
    "warroom: the console was ended by {}. Everything that was acknowledged is in the journal; a "
    "step that was running is marked unknown at the next start.\n"
)
_PR_SET_PDEATHSIG = 1
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 5
"""Seconds that a console has to end after it was asked to; then it is killed."""


def supervise(child: Callable[[], int]) -> int:
    """Run `child` in a process of its own and return its exit status, 128 + n for a signal.

    Must be called before the process has threads. `child` never returns into the caller's stack in
    the child process: clean-up that the caller has planned happens once, in the parent.
    """
    descriptor = sys.stdin.fileno()
    modes = termios.tcgetattr(descriptor)
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    # One between the fork and its handler would end this process: the terminal stays as it was.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _die_with(parent)
        _leave(child)
    asked: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        asked.append(number)
        _send(pid, number)
        signal.alarm(PATIENCE)

    previous: dict[int, Any] = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    # A console whose terminal is gone may wait for ever to draw into it.
    previous[signal.SIGALRM] = signal.signal(
        signal.SIGALRM, lambda _number, _frame: _send(pid, signal.SIGKILL)
    )
    previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        status = _wait(pid, woken)
    finally:
        signal.alarm(0)
        signal.set_wakeup_fd(-1)
        os.close(woken)
        os.close(waking)
        for number, handler in previous.items():
            signal.signal(number, handler)
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    ended = os.WTERMSIG(status)
    _restore(descriptor, modes, "" if asked else _ENDED.format(signal.Signals(ended).name))
    return 128 + (asked[-1] if asked else ended)


def _wait(pid: int, woken: int) -> int:
    """Wait for the end of the child; stop with it when it is suspended.

    Every signal writes a byte to `woken`: one that comes just before the waiting is not slept over.
    """
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if not found:
            select.select([woken], [], [])
            os.read(woken, 4096)
            continue
        if not os.WIFSTOPPED(status):
            return status
        os.kill(os.getpid(), signal.SIGSTOP)
        _send(pid, signal.SIGCONT)  # the shell has brought us back


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _leave(child: Callable[[], int]) -> None:
    """Run the child and end its process: nothing of the caller's runs twice."""
    status = 1
    try:
        status = child()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt:
        status = 130
    except BaseException:  # noqa: BLE001 - the last frame of this process: report, then end
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _die_with(parent: int) -> None:
    """Ask the kernel for a hang-up when the parent dies, so that no console is left behind."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGHUP)


def _restore(descriptor: int, modes: list[Any], said: str) -> None:
    """Put the terminal back and say what happened.

    Keys that were struck for the console are not left for the shell. Ctrl+S is one of them: it
    sends a form, and would stop the output, and with it this process, until somebody strikes
    Ctrl+Q. So it gets that meaning back only when everything is said.
    """
    flags, *others = modes
    with contextlib.suppress(OSError, termios.error):
        os.write(sys.stdout.fileno(), RESTORE.encode())
        termios.tcsetattr(descriptor, termios.TCSANOW, [flags & ~termios.IXON, *others])
    with contextlib.suppress(OSError):
        sys.stderr.write(said)
        sys.stderr.flush()
    with contextlib.suppress(termios.error):
        termios.tcflush(descriptor, termios.TCIFLUSH)
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)
