"""How a failure ends a program: one message of what, where and what to do; never a traceback.

Nothing is imported before something fails: `--help` imports this and is to be there at once.
"""
# ruff: noqa: PLC0415

import sys
from collections.abc import Callable

FAILED = 1
"""Exit status of whatever could not be done."""


def complain(what: str, hint: str = "") -> None:
    """Print one message to the error stream: what, then what to do."""
    from warroom.core.text import clean_line

    sys.stderr.write(f"warroom: {clean_line(what)}\n")
    if hint:
        sys.stderr.write(f"         {clean_line(hint)}\n")


def guarded(program: Callable[[], int]) -> int:
    """Run a program and return its exit status; what it raises becomes its message."""
    try:
        return program()
    except Exception as error:  # noqa: BLE001 - the last resort of a program people lean on
        return report(error)


def report(error: Exception) -> int:
    """Say what went wrong and return the exit status."""
    from warroom.core.journal import JournalError
    from warroom.files import NO_ROOM
    from warroom.logs.errors import LogError
    from warroom.settings import SettingsError

    if isinstance(error, SettingsError | JournalError):
        complain(error.what, error.hint)
    elif isinstance(error, LogError):
        complain(str(error))
    elif isinstance(error, UnicodeEncodeError):
        complain(f"{error.object[:200]!r} is not text: it holds bytes that are no UTF-8")
    elif isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        hint = "Free some space on that file system." if error.errno in NO_ROOM else ""
        complain(f"{error.strerror or error}{where}", hint)
    else:
        _crashed(error)
    return FAILED


def _crashed(error: Exception) -> None:
    """Report an error of our own in two lines; the traceback goes to a file that can be sent."""
    import tempfile
    import traceback

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="warroom-crash-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write("".join(traceback.format_exception(error)))
        where = f"The traceback is in {file.name}."
    except OSError as trouble:
        where = f"The traceback could not be kept: {trouble.strerror}."
    complain(
        f"stopped because of an error in itself: {type(error).__name__}: {error}",
        f"What was acknowledged is kept. {where}",
    )
