"""Stands between warroom and one step, so that no process of the step outlives it unseen.

Run as a program of its own (standard library only, never imported by the console): it makes itself
the reaper of everything the step starts, which the console must not do in its own process because
it would inherit other children. It forks the step, waits for the word to go, and ends everything
when told to stop or when the console is gone: its control pipe closes with the console, however
that died.

Arguments: the status descriptor, the seconds between TERM and KILL, the working directory, then
the command. Control bytes on standard input: `g` starts the step, `s` stops it. Status lines (JSON)
go to the descriptor; standard output is the step's.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from typing import NoReturn

try:
    import ctypes

    _LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
except (ImportError, OSError):  # some builds of Python have no ctypes
    _LIBC = None

_SET_PDEATHSIG = 1  # prctl(2)
_SET_CHILD_SUBREAPER = 36
_SURVIVORS = 50
_KILL_ROUNDS = 100
_ROUND = 0.02
_SETTLE = 0.2
"""Seconds in which a process that was just started may still leave the group: a daemon forks first
and makes its own session afterwards."""


class Supervisor:
    """The step's process and what came of it."""

    def __init__(self, status: int, grace: float) -> None:
        self.status = status
        self.grace = grace
        self.child = 0
        self.exit_status: int | None = None

    def report(self, **what: object) -> None:
        """Write one status line."""
        with contextlib.suppress(OSError):  # the console may be gone: nobody left to tell
            os.write(self.status, json.dumps(what).encode() + b"\n")

    def reap(self) -> None:
        """Take note of everything that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.child:
                self.exit_status = os.waitstatus_to_exitcode(status)

    def signal_group(self, number: int) -> None:
        """Signal the step's process group, if there still is one."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child, number)

    def stop(self) -> None:
        """TERM once to everything, KILL after the grace to what is left."""
        self.signal_group(signal.SIGTERM)
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(pid) != self.child:
                    _kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while time.monotonic() < deadline:
            self.reap()
            if self.exit_status is not None and not descendants(os.getpid()):
                return
            time.sleep(_ROUND)
        self.sweep()

    def sweep(self) -> None:
        """KILL until nothing is left; a process may fork while it is being looked for."""
        for _ in range(_KILL_ROUNDS):
            self.signal_group(signal.SIGKILL)
            for pid in descendants(os.getpid()):
                _kill(pid, signal.SIGKILL)
            self.reap()
            if self.exit_status is not None and not descendants(os.getpid()):
                return
            time.sleep(_ROUND)

    def end_group(self) -> None:
        """After the step has ended by itself: end what it left in its own group; daemons stay."""
        phases = ((None, _SETTLE), (signal.SIGTERM, self.grace), (signal.SIGKILL, 1.0))
        for number, patience in phases:
            if not self.group_lives():
                return
            if number is not None:
                self.signal_group(number)
            deadline = time.monotonic() + patience
            while self.group_lives() and time.monotonic() < deadline:
                time.sleep(_ROUND)

    def group_lives(self) -> bool:
        """Whether anything of the step's process group is left."""
        self.reap()
        try:
            os.killpg(self.child, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _read(path: str) -> bytes:
    """A small file of /proc; empty where it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _fields(pid: int) -> list[bytes]:
    """What /proc says about a process, from its state on; empty where it is gone."""
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def _table() -> dict[int, tuple[int, bytes]]:
    """Parent and state of every process; empty where there is no /proc."""
    table = {}
    try:
        with os.scandir("/proc") as entries:
            pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    except OSError:
        return {}
    for pid in pids:
        fields = _fields(pid)
        if len(fields) > 1:
            table[pid] = (int(fields[1]), fields[0])
    return table


def descendants(root: int) -> list[int]:
    """Everything below a process that has not ended."""
    table = _table()
    found: list[int] = []
    level = {root}
    while level:
        level = {pid for pid, (parent, _) in table.items() if parent in level}
        found += sorted(pid for pid in level if table[pid][1] not in {b"Z", b"X"})
    return found


def _survivor(pid: int) -> dict[str, object]:
    name = _read(f"/proc/{pid}/comm").decode("utf-8", "replace").strip()
    return {"pid": pid, "name": name or "?"}


def _start_time(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[19]) if len(fields) > 19 else 0


def _prctl(option: int, value: int) -> None:
    """Set an attribute of this process (Linux; elsewhere the process group must do)."""
    if _LIBC is not None:
        _LIBC.prctl(option, value, 0, 0, 0)


def _become_step(go: int, status: int, directory: str, command: list[str]) -> NoReturn:
    """In the child: wait for the word, then turn into the step."""
    try:
        os.setsid()
        _prctl(_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        if os.read(go, 1) != b"g":
            os._exit(0)
        os.chdir(directory)
        os.environ.pop("LC_CTYPE", None)  # Python may have set it for itself
        os.execvp(command[0], command)  # noqa: S606 - the command is the argument vector itself
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else command[0]
        message = json.dumps({"failed": f"{name}: {error.strerror}"})
        os.write(status, message.encode() + b"\n")
    finally:
        os._exit(127)


def main(arguments: list[str]) -> None:
    """Supervise one step to its end."""
    status, grace, directory, *command = arguments
    os.set_inheritable(int(status), False)
    supervisor = Supervisor(int(status), float(grace))
    _prctl(_SET_CHILD_SUBREAPER, 1)
    woken, wake = os.pipe()
    go_read, go_write = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.close(go_write)
        _become_step(go_read, supervisor.status, directory, command)
    supervisor.child = child
    os.close(go_read)
    for descriptor in (1, 2):  # the output belongs to the step alone: its end is the end of it
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, descriptor)
    supervisor.report(pid=child, start=_start_time(child))
    stopped = False
    while supervisor.exit_status is None:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        byte = os.read(0, 1) if 0 in ready else b""
        if byte == b"g":
            os.write(go_write, b"g")
            os.close(go_write)
        elif 0 in ready or asked:  # told to stop, or the console is gone
            stopped = True
            supervisor.stop()
            break
        supervisor.reap()
    if not stopped:
        supervisor.end_group()
        supervisor.reap()
    left = [_survivor(pid) for pid in descendants(os.getpid())[:_SURVIVORS]]
    supervisor.report(ended=supervisor.exit_status, left=left)


if __name__ == "__main__":
    main(sys.argv[1:])
