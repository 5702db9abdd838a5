"""What must not stop the console: a locked store, a size that never rests, lines beyond reason."""

import random
import socket
import sqlite3
from pathlib import Path

import pytest
from tests.hostile import foreign_controls
from tests.terminal.driver import Forge, Terminal

from warroom.store import open_journal

pytestmark = pytest.mark.terminal
NO_INCIDENT = "No incident is open,"
"""What the queue of a store that answered says while the log fails."""


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.is_restored(), terminal.still_on()
    assert b"Traceback" not in terminal.raw


def test_a_locked_store_hides_no_log_and_is_used_when_it_is_free(
    forge: Forge, home: Path, log: Path
) -> None:
    path = home / "w.db"
    open_journal(path, anchors=home / "anchors").close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with Terminal.forged(forge, ["--db", "w.db", "--log", str(log)], home) as terminal:
            terminal.sees("/api/item/599")
            assert NO_INCIDENT not in terminal.text
            terminal.sees("The store is locked by another program; trying again until it answers.")
            terminal.press("2")
            terminal.settle()
            terminal.press("home")
            terminal.sees("/api/item/0")
            holder.execute("ROLLBACK")
            holder.close()
            terminal.sees(NO_INCIDENT)
            leave(terminal)
    finally:
        holder.close()


def test_a_server_that_never_answers_hides_no_log(forge: Forge, home: Path, log: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"postgresql://ana@127.0.0.1:{silent.getsockname()[1]}/x"
        with Terminal.forged(forge, ["--db", address, "--log", str(log)], home) as terminal:
            terminal.sees("/api/item/599")
            terminal.press("2")
            terminal.settle()
            terminal.press("home")
            terminal.sees("/api/item/0")
            terminal.press("q")
            assert terminal.ends() in {0, 130}
            assert terminal.is_restored(), terminal.still_on()


@pytest.mark.parametrize("command", [["--db", "w.db", "--log"], ["--db", "w.db", "tail"]])
def test_ctrl_c_says_how_to_leave_and_does_not(
    forge: Forge, home: Path, log: Path, command: list[str]
) -> None:
    with Terminal.forged(forge, [*command, str(log)], home) as terminal:
        terminal.sees("FOLLOW")
        terminal.settle()  # what the log says of itself comes first, and takes the same row
        terminal.press("ctrl+c", "ctrl+c")
        terminal.sees("Nothing is selected to copy. q leaves.")
        terminal.settle()
        leave(terminal)


def test_a_hundred_sizes_while_lines_arrive(forge: Forge, home: Path, log: Path) -> None:
    dice = random.Random(11)
    sizes = [(20, 5), (300, 100), (59, 14), (80, 24)]
    sizes += [(dice.randint(20, 300), dice.randint(5, 100)) for _ in range(96)]
    with Terminal.forged(forge, ["--db", "w.db", "--log", str(log)], home) as terminal:
        terminal.sees(NO_INCIDENT)
        terminal.drawn = False  # what is drawn for one size does not fit into the next
        with log.open("a") as file:
            for number, size in enumerate(sizes):
                file.write(f"line {number} of the storm\n")
                file.flush()
                terminal.resize(*size)
                terminal.read(0.02)
                assert terminal.program is not None
                assert terminal.program.poll() is None, terminal.raw[-2000:]
        terminal.settle(0.3, 20)
        terminal.drawn = True
        terminal.resize(139, 40)
        terminal.settle(0.3, 5)
        terminal.screen.reset()
        terminal.resize(140, 40)
        terminal.sees("line 99 of the storm")
        terminal.sees(NO_INCIDENT)
        terminal.sees("? help")
        terminal.settle(0.3, 5)
        rows = terminal.text.splitlines()
        assert rows[2].lstrip().startswith("1 Queue")
        assert "2 Logs" in rows[2]
        assert "? help" in rows[-1]
        leave(terminal)


HUGE = {
    "ten megabytes": b"x" * 10_000_000 + b" END",
    "a hundred thousand marks": b"e" + "\u0301".encode() * 100_000 + b" END",
    "right to left": "\u202e\u2067abc".encode() * 20_000 + b" END",
    "brackets": b"[" * 1_000_000 + b" END",
    "half characters": b"\xf0\x9f\x91" * 50_000 + b" END",
}


def test_lines_beyond_reason(forge: Forge, home: Path) -> None:
    log = home / "x.log"
    log.write_bytes(
        b"".join(b"%s\n%s\n" % (n.encode(), line) for n, line in HUGE.items()) + b"last\n"
    )
    with Terminal.forged(forge, ["--db", "w.db", "--log", "x.log"], home) as terminal:
        terminal.sees("last")
        terminal.press("2", "z")
        terminal.sees("ten megabytes")
        for keys in (("up", "enter"), ("escape",), ("v",), ("w",), ("home",), ("end",)):
            terminal.press(*keys)
            terminal.settle(0.1, 5)
        for _ in range(9):
            terminal.press("up")
            terminal.settle(0.05, 5)
        terminal.press("end")
        terminal.sees("last")
        leave(terminal)
        assert foreign_controls(terminal.raw) == []
