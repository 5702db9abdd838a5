"""Wire `warroom tail`: logs in a pane of their own, pinning into an incident of the room."""

import shlex
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from warroom.bootstrap import FILTERS, open_room, reading_of, terminal_refusal

if TYPE_CHECKING:
    from warroom.core.events import Excerpt
    from warroom.logs.protocol import Log
    from warroom.settings import Settings
    from warroom.tui.tail import PinPlace

STDIN = "-"
ANSWER = 20.0
"""Seconds that `--plain` waits for a log system's first answer."""
LAST = 10
"""Lines that `--plain` prints before it follows, as tail(1) does."""


def open_tail(
    settings: "Settings",
    names: Sequence[str],
    *,
    commands: Sequence[str] = (),
    incident: str | None = None,
    plain: bool = False,
) -> int:
    """Show logs until the reader leaves, and return the exit status.

    Args:
        settings: Where the room is, and how the console looks.
        names: Files, globs, sources, or `-` for standard input.
        commands: Programs with arguments whose output is a log; started again when they end.
        incident: The incident that takes pins; None: the most urgent one.
        plain: Print lines instead of opening the pane.

    Raises:
        LogError: A log cannot be opened.
    """
    if plain:
        with _opened(settings, names, 0, commands) as logs:
            return _print(logs[0])
    return _console(settings, names, commands, incident)


def _console(
    settings: "Settings", names: Sequence[str], commands: Sequence[str], incident: str | None
) -> int:
    from warroom.tui.stdin import NoTerminalError, take_stdin  # before the framework reads stdin

    descriptor = None
    if STDIN in names:
        try:
            descriptor = take_stdin()
        except NoTerminalError as error:
            sys.stderr.write(f"warroom: {error}\n")
            return 1
    refusal = terminal_refusal()
    if refusal:
        sys.stderr.write(f"warroom: {refusal}; --plain prints the lines\n")
        return 1
    from warroom.mishap import guarded
    from warroom.tui.supervisor import supervise

    return supervise(
        lambda: guarded(lambda: _show(settings, names, descriptor, commands, incident))
    )


def _show(
    settings: "Settings",
    names: Sequence[str],
    descriptor: int | None,
    commands: Sequence[str],
    incident: str | None,
) -> int:
    with _opened(settings, names, descriptor, commands) as logs:
        # after the logs are open: other processes index the large ones while this one imports
        from warroom.tui.log_memory import LogMemory
        from warroom.tui.tail import TailServices, run_tail
        from warroom.tui.theme import load_palettes

        palettes, _ = load_palettes(settings.config_folder / "themes")
        return run_tail(
            TailServices(
                logs=logs,
                palette=palettes.get(settings.theme, palettes["dark"]),
                open_place=lambda: _place(settings, incident),
                ascii_glyphs=settings.glyphs == "ascii",
                log_memory=LogMemory(settings.state_folder / FILTERS),
            )
        )


@contextmanager
def _opened(
    settings: "Settings", names: Sequence[str], descriptor: int | None, commands: Sequence[str]
) -> Iterator[tuple["Log", ...]]:
    """Open what was named: all of it merged by time, then each log by itself."""
    from warroom.logs.opening import merged, open_command, open_stream
    from warroom.sourcing import corrected, open_named

    reading = reading_of(settings)
    parts = open_named(settings, [name for name in names if name != STDIN], reading)
    for text in commands:
        how = corrected(settings, reading, text)
        parts.append(open_command(shlex.split(text), reading=how))
    if STDIN in names and descriptor is not None:
        how = corrected(settings, reading, "stdin")
        parts.append(open_stream(descriptor, reading=how))
    whole = merged(parts)
    try:
        yield (whole, *parts) if len(parts) > 1 else (whole,)
    finally:
        whole.close()


def _place(settings: "Settings", name: str | None) -> "PinPlace | None":
    """Open the room and return the incident that takes pins; None: no incident is open."""
    from warroom.core.commands import Pin
    from warroom.core.decide import Refusal
    from warroom.core.queue import rank
    from warroom.tui.tail import PinPlace

    room = open_room(settings)
    if name is not None:
        incident = room.incident(name)
    else:
        rows = rank(room.incidents(), room.now())
        incident = rows[0].incident if rows else None
    if incident is None:
        room.close()
        return None
    chosen = incident.id

    def keep(excerpt: "Excerpt") -> str:
        result = room.do(Pin(excerpt=excerpt), chosen)
        return f"{result.reason} {result.hint}".strip() if isinstance(result, Refusal) else ""

    return PinPlace(
        incident=chosen,
        priority=incident.priority.value,
        actor=room.actor,
        keep=keep,
        evidence=tuple(pinned.excerpt for _, pinned in incident.evidence),
        close=room.close,
    )


def _wait_for_rows(log: "Log", changed: threading.Event) -> None:
    """Wait for what a log system answers first; a file has its rows at once."""
    deadline = time.monotonic() + ANSWER
    while log.first == log.end and not log.progress().complete and time.monotonic() < deadline:
        changed.wait(0.05)
        changed.clear()


def _print(log: "Log") -> int:
    """Print the last lines and whatever follows; ends with the input, or with ctrl+c."""
    from warroom.core.text import clean_line

    changed = threading.Event()
    stop = log.subscribe(changed.set)
    _wait_for_rows(log, changed)
    row = max(log.first, log.end - LAST)
    try:
        while True:
            end = log.end
            for entry in log.entries(row, end):
                mark = "!" if entry.failed else " "
                text = entry.gap or entry.raw.decode("utf-8", "replace")
                sys.stdout.write(f"{mark} {clean_line(text)}\n")
            sys.stdout.flush()
            row = end
            if log.progress().complete and log.label == "stdin" and log.end == row:
                return 0
            changed.wait(1.0)
            changed.clear()
    except KeyboardInterrupt:
        return 130
    finally:
        stop()
