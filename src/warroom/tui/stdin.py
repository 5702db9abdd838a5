"""A pipe as the log and the terminal as the keyboard, at once: `kubectl logs -f x | warroom tail`.

Must run before the console's framework is imported: it reads keys from `sys.__stdin__`.
"""

import os
import sys


class NoTerminalError(Exception):
    """There is no terminal to read keys from; the message says what to do instead."""


def take_stdin() -> int | None:
    """Return a descriptor of what is piped in, and make the terminal standard input.

    None where standard input is a terminal already.

    Raises:
        NoTerminalError: Something is piped in, but the process has no terminal (cron, CI).
    """
    if os.isatty(0):
        return None
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        raise NoTerminalError(
            "there is no terminal for the keys; --plain prints the lines instead"
        ) from None
    data = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    keyboard = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    sys.stdin = keyboard
    sys.__stdin__ = keyboard  # type: ignore[misc]  # the framework's driver reads this one
    return data
