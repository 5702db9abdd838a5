"""Edit a text in the editor that the environment names, and come back with what was written."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from textual.app import App, SuspendNotSupported

_FALLBACK = ("editor", "nano", "vi")
"""What is tried where neither VISUAL nor EDITOR is set; the first is Debian's own choice."""


class ExternalError(Exception):
    """The text was not edited; one or two sentences for the notice row."""


def command(environment: Mapping[str, str]) -> list[str]:
    """Return the editor and its options.

    Raises:
        ExternalError: None is set and none is installed, or what is set cannot be read.
    """
    named = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise ExternalError(f"EDITOR is {named!r}: {error}. Set it without that quote.") from None
    if not words:
        words = next(([name] for name in _FALLBACK if shutil.which(name)), [])
    if not words:
        raise ExternalError("Neither VISUAL nor EDITOR is set. Set one of them, then press F3.")
    if shutil.which(words[0]) is None:
        raise ExternalError(f"The editor {words[0]} is not there. Set EDITOR to one that is.")
    return words


def edit(app: App[int], text: str, name: str) -> str:
    """Return the text after the editor has ended; the console is away meanwhile.

    The event loop stands still until then: nothing may draw over the editor. Runs that were started
    go on in their threads, and what they say is shown afterwards.

    Args:
        app: What gives the terminal away and takes it back.
        text: What to edit.
        name: What to call the file, for its highlighting.

    Raises:
        ExternalError: There is no editor or no terminal, or the editor failed.
    """
    words = command(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="warroom-"))
    path = folder / name
    path.write_text(text, encoding="utf-8")
    try:
        with app.suspend(), _quiet():
            status = _run([*words, str(path)])
    except SuspendNotSupported:
        _clear(path)
        raise ExternalError("This console has no terminal to give to an editor.") from None
    except OSError as error:
        _clear(path)
        raise ExternalError(f"{words[0]} did not start: {error.strerror}.") from None
    if status:
        _clear(path)
        name = Path(words[0]).name
        raise ExternalError(f"Nothing was taken over: {name} ended with {status}.")
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExternalError(f"{path} cannot be read: {error}. The text is as before.") from None
    _clear(path)
    # Editors end a file with a newline; the text had its own way before.
    return written if text.endswith("\n") else written.removesuffix("\n")


def _clear(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let this process give the terminal away and take it back without being stopped for it."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, before)


def _run(argv: Sequence[str]) -> int:
    """Run a program in the foreground of the terminal; one that stops itself is woken again.

    It has a process group of its own: an interrupt typed in it must not end the console.
    """
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    modes = termios.tcgetattr(terminal)
    ours = os.tcgetpgrp(terminal)
    process = subprocess.Popen(argv, process_group=0)
    try:
        with contextlib.suppress(OSError):  # it may have ended already
            os.tcsetpgrp(terminal, process.pid)
        while True:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode
            os.killpg(process.pid, signal.SIGCONT)
    finally:
        os.tcsetpgrp(terminal, ours)
        termios.tcsetattr(terminal, termios.TCSADRAIN, modes)
