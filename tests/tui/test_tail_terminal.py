"""The tail console in a real terminal: a pipe as the log, the keys still the reader's."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import pyte
import pytest

CONSOLE = """
import fcntl, sys, termios
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
from warroom.tui.stdin import take_stdin
data = take_stdin()
from warroom.logs import open_stream
from warroom.tui.tail import TailServices, run_tail
from warroom.tui.theme import load_palettes
log = open_stream(data)
status = run_tail(TailServices(logs=[log], palette=load_palettes()[0]["dark"]))
log.close()
sys.exit(status)
"""


class Terminal:
    """A console in a pseudo terminal with a pipe into it; what it draws is kept as a screen."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        read, self.pipe = os.pipe()
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        env.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONSOLE, str(slave)],
            stdin=read,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            pass_fds=[slave],
            env=env,
        )
        os.close(slave)
        os.close(read)
        self.screen = pyte.Screen(100, 30)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""

    def wait_for(self, words: str, seconds: float = 40) -> None:
        """Read until the words are on the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(words in line for line in self.screen.display):
                return
            ready, _, _ = select.select([self.master], [], [], 0.2)
            if ready:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    break
                self.raw += data
                self.stream.feed(data)
        shown = "\n".join(self.screen.display)
        raise AssertionError(f"{words!r} is not on the screen:\n{shown}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self.master)


@pytest.mark.terminal
def test_a_pipe_is_followed_searched_and_left_with_the_keys():
    terminal = Terminal()
    try:
        os.write(terminal.pipe, b"first line \x1b]52;c;ZXZpbA==\x07 here\n")
        terminal.wait_for("first line")
        terminal.wait_for("pins go nowhere")
        os.write(terminal.pipe, b"second line\n")
        terminal.wait_for("second line")
        os.close(terminal.pipe)
        os.write(terminal.master, b"k")
        terminal.wait_for("HELD")
        os.write(terminal.master, b"q")
        end = time.monotonic() + 20
        while terminal.process.poll() is None and time.monotonic() < end:
            if select.select([terminal.master], [], [], 0.1)[0]:
                try:
                    terminal.raw += os.read(terminal.master, 65536)
                except OSError:
                    break
        assert terminal.process.wait(10) == 0
        assert b"ZXZpbA==" not in terminal.raw
        assert b"\x1b[?1049l" in terminal.raw
    finally:
        terminal.close()
