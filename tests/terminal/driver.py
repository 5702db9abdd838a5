"""A real terminal with the console or a command in it: keys in, text and bytes out."""

import contextlib
import fcntl
import itertools
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

import pyte

ROOT = Path(__file__).parents[2]
PATIENCE = 40.0
"""Seconds to wait for anything: a busy machine is slow, and a test that waits in vain is rare."""
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "space": " ",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f8": "\x1b[19~",
}
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?1000l", b"\x1b[?2004l")
"""Page, cursor, mouse twice, paste: what must be switched back."""
ALTERNATE = b"\x1b[?1049h"


def environment(home: Path, **more: str | None) -> dict[str, str]:
    """The environment of somebody who has just been given an account."""
    found: dict[str, str | None] = {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "LOGNAME": "ana",
        "USER": "ana",
        "PYTHONPATH": str(ROOT / "src"),
        "OPENBLAS_NUM_THREADS": "1",
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


class Program(Protocol):
    """A process in a terminal."""

    pid: int

    def poll(self) -> int | None:
        """The exit status, minus n for a signal; None while it runs."""


class Spawned:
    """A program that was started the ordinary way."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status


class Forged:
    """A program that the forge has forked."""

    def __init__(self, pid: int, ended: dict[int, int]) -> None:
        self.pid = pid
        self._ended = ended

    def poll(self) -> int | None:
        return self._ended.get(self.pid)


class Forge:
    """Starts programs in their own terminals without paying for their imports each time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forge.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(Path("/nonexistent")),
        )
        self._ended: dict[int, int] = {}
        self._born: dict[int, int] = {}
        self._news = threading.Condition()
        self._numbers = itertools.count()
        self._ready = False
        threading.Thread(target=self._listen, daemon=True).start()
        self._until(lambda: self._ready)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            facts = json.loads(line)
            with self._news:
                if "born" in facts:
                    self._born[facts["request"]] = facts["born"]
                elif "ended" in facts:
                    self._ended[facts["ended"]] = facts["status"]
                else:
                    self._ready = True
                self._news.notify_all()

    def _until(self, true: Callable[[], bool]) -> None:
        with self._news:
            if not self._news.wait_for(true, 3 * PATIENCE):
                raise AssertionError("the forge does not answer")

    def start(self, **request: object) -> Forged:
        """Fork a program; `arguments`, `environment`, `folder` say which and where.

        It has a `terminal`, or else the files `stdin`, `stdout`, `stderr`.
        """
        number = next(self._numbers)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, **request}).encode() + b"\n")
        self._process.stdin.flush()
        self._until(lambda: number in self._born)
        return Forged(self._born[number], self._ended)

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line to its end without a terminal, as `subprocess.run` would."""
        with tempfile.TemporaryDirectory() as folder:
            files = {name: f"{folder}/{name}" for name in ("stdin", "stdout", "stderr")}
            Path(files["stdin"]).write_text(stdin, "utf-8")
            words = list(arguments)
            done = self.start(arguments=words, environment=dict(env), folder=os.getcwd(), **files)
            self._until(lambda: done.poll() is not None)
            out, err = (Path(files[name]).read_text("utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(words, done.poll() or 0, out, err)

    def close(self) -> None:
        """End it, and everything that it has started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


class Terminal:
    """A pseudo terminal, the program in it, what it wrote, and what a person would see."""

    def __init__(self, columns: int = 100, rows: int = 30) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.drawn = True
        """Whether a screen is kept; megabytes of plain output would take long to draw."""
        self._text: str | None = None
        self.master, self.slave = pty.openpty()
        self._size(columns, rows)
        self.modes = termios.tcgetattr(self.slave)
        self.program: Program | None = None
        self._killed: set[int] = set()

    # -- starting

    @classmethod
    def spawned(cls, arguments: Sequence[str], home: Path, **more: object) -> Self:
        """Start `python -m warroom` afresh, as a shell would."""
        terminal, given = cls._made(more)
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(terminal.slave, termios.TIOCSCTTY, 0)
                for target in (0, 1, 2):
                    os.dup2(terminal.slave, target)
                os.closerange(3, 256)
                os.chdir(home)
                argv = [sys.executable, "-m", "warroom", *arguments]
                os.execve(sys.executable, argv, environment(home, **given))
            finally:
                os._exit(127)
        terminal.program = Spawned(pid)
        return terminal

    @classmethod
    def forged(
        cls,
        forge: Forge,
        arguments: Sequence[str],
        home: Path,
        *,
        program: str = "",
        stdin: str = "",
        user: int = 0,
        **more: object,
    ) -> Self:
        """Start the command line in a fork of the forge; `program` replaces it by other code."""
        terminal, given = cls._made(more)
        terminal.program = forge.start(
            arguments=list(arguments),
            environment=environment(home, **given),
            folder=str(home),
            terminal=os.ttyname(terminal.slave),
            program=program,
            stdin=stdin,
            user=user,
        )
        return terminal

    @classmethod
    def _made(cls, more: Mapping[str, object]) -> tuple[Self, dict[str, str | None]]:
        columns, rows = more.get("size", (100, 30))  # type: ignore[misc]
        given = {name: value for name, value in more.items() if name != "size"}
        return cls(columns, rows), given  # type: ignore[has-type, return-value]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading

    @property
    def text(self) -> str:
        """What is on the screen."""
        if self._text is None:
            self._text = "\n".join(line.rstrip() for line in self.screen.display)
        return self._text

    def read(self, seconds: float = 0.0) -> bool:
        """Take in what was written; wait at most so long for something."""
        if self.master < 0:
            time.sleep(seconds)
            return False
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.raw += data
        if self.drawn:
            self._stream.feed(data)
            self._text = None
        return bool(data)

    def settle(self, quiet: float = 0.15, seconds: float = 3.0) -> None:
        """Read until nothing was written for a moment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.read(quiet):
            pass

    def until(self, true: Callable[[], bool], words: str, seconds: float = PATIENCE) -> None:
        """Read until something is so."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"never {words}; the screen shows\n{self.text}")
            self.read(0.05)

    def sees(self, words: str, seconds: float = PATIENCE) -> None:
        """Read until the words are on the screen; what has ended will not show them any more."""
        self.until(lambda: words in self.text or self._ended(), repr(words), seconds)
        if words not in self.text:
            raise AssertionError(f"it ended without {words!r}; the screen shows\n{self.text}")

    def _ended(self) -> bool:
        """Whether the program has ended and everything that it wrote was read."""
        if self.program is None or self.program.poll() is None:
            return False
        while self.read():
            pass
        return True

    def loses(self, words: str, seconds: float = PATIENCE) -> None:
        """Read until the words are not on the screen any more."""
        self.until(lambda: words not in self.text, f"without {words!r}", seconds)

    # -- writing

    def press(self, *keys: str) -> None:
        """Press keys by their names; the screen is not waited for."""
        for key in keys:
            if key.startswith("ctrl+") and key not in KEYS:
                self.write(bytes([ord(key[5:].upper()) & 0x1F]))
            else:
                self.write(KEYS.get(key, key).encode())

    def send(self, title: str, seconds: float = PATIENCE) -> None:
        """Send the form with this title; again, if it says that it was sent too quickly."""
        end = time.monotonic() + seconds
        self.press("ctrl+s")
        while title in self.text:
            if time.monotonic() > end:
                raise AssertionError(f"{title!r} was never sent; the screen shows\n{self.text}")
            if "too quick" in self.text:
                time.sleep(0.3)
                self.press("ctrl+s")
                self.settle(0.1, 1)
            self.read(0.05)

    def write(self, data: bytes) -> None:
        """Type bytes."""
        os.write(self.master, data)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size and tell the program."""
        self.screen.resize(rows, columns)
        self._text = None
        self._size(columns, rows)

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal under the program, as when a window is closed or a line breaks."""
        self.settle(0.05)
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    # -- the end

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self.program is not None
        return self.program.pid

    @property
    def drawing(self) -> int:
        """The process that draws: the child of the one that supervises."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        self.until(lambda: bool(children.read_text().split()), "a process that draws")
        return int(children.read_text().split()[0])

    def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; return the exit status."""
        assert self.program is not None
        end = time.monotonic() + seconds
        while (status := self.program.poll()) is None:
            if time.monotonic() > end:
                raise AssertionError(
                    f"it does not end ({self._waits()}); the screen shows\n{self.text}"
                )
            self.read(0.02)
        while self.read():
            pass
        return status

    def _waits(self) -> str:
        """Say what its processes are doing: state, and where in the kernel they wait."""
        found = []
        for pid in (
            self.pid,
            *Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split(),
        ):
            with contextlib.suppress(OSError):
                found.append(f"{pid} {state(int(pid))} {Path(f'/proc/{pid}/wchan').read_text()}")
        return ", ".join(found)

    def is_restored(self) -> bool:
        """Whether modes, page, cursor and mouse are as they were found."""
        return self.modes == termios.tcgetattr(self.slave) and not self.still_on()

    def still_on(self) -> list[bytes]:
        """What was switched on and not off again."""
        if ALTERNATE not in self.raw:
            return []
        tail = self.raw[self.raw.rindex(ALTERNATE) :]
        return [code for code in RESTORED if code not in tail]

    def close(self) -> None:
        """End the program if it still runs, and give the terminal back."""
        if self.program is not None and self.program.poll() is None:
            with contextlib.suppress(OSError, IndexError):
                children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
                for pid in (*map(int, children.split()), self.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            end = time.monotonic() + 10
            while self.program.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self.slave = -1


def alive(pid: int) -> bool:
    """Whether a process exists and is more than a record of its end."""
    try:
        return state(pid) != "Z"
    except OSError:
        return False


def state(pid: int) -> str:
    """What a process is doing: R, S, D, T (stopped) or Z (ended)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Wait for the end of a process that is not ours."""
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)
