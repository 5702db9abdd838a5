"""F3 gives the terminal to the editor of the environment, and takes text and terminal back."""

import os
from pathlib import Path

import pytest
from tests.terminal.driver import Forge, Terminal
from tests.terminal.test_killed_writing import DRAFT, declared

from warroom.store import open_journal

pytestmark = pytest.mark.terminal

EDITOR = """#!/bin/sh
printf 'EDITING %s, enter ends\\n' "$(basename "$1")"
kill -STOP $$
read -r line
printf '%s\\n' "$line" >> "$1"
exit "${STATUS:-0}"
"""


def editor(home: Path) -> str:
    path = home / "editor.sh"
    path.write_text(EDITOR, "utf-8")
    path.chmod(0o755)
    return str(path)


def saved(home: Path) -> str:
    journal = open_journal(home / "w.db", anchors=home / "anchors.log")
    try:
        incident = journal.incident("INC-1")
        assert incident is not None
        return incident.postmortem
    finally:
        journal.close()


def test_the_text_comes_back_from_the_editor_and_so_does_the_terminal(
    forge: Forge, home: Path
) -> None:
    declared(home)
    with Terminal.forged(forge, ["--db", "w.db"], home, EDITOR=editor(home)) as terminal:
        terminal.sees("INC-1")
        terminal.press("p")
        terminal.sees("## Summary")
        terminal.press("f3")
        terminal.sees("EDITING INC-1.md")
        terminal.write(b"from outside\r")
        terminal.sees("from outside")
        terminal.sees("saved")
        terminal.press(*"typed ")
        terminal.sees("typed #")
        terminal.press("escape")
        terminal.settle()
        terminal.press("q")
        assert terminal.ends() == 0
        assert terminal.is_restored(), terminal.still_on()
    assert saved(home) == f"typed {DRAFT}from outside\n"
    assert not [name for name in os.listdir(home) if name.startswith("warroom-")]


def test_an_editor_that_gives_up_changes_nothing(forge: Forge, home: Path) -> None:
    declared(home)
    with Terminal.forged(
        forge, ["--db", "w.db"], home, EDITOR=editor(home), STATUS="1"
    ) as terminal:
        terminal.sees("INC-1")
        terminal.press("p")
        terminal.sees("## Summary")
        terminal.press("f3")
        terminal.sees("EDITING INC-1.md")
        terminal.write(b"never\r")
        terminal.sees("Nothing was taken over")
        terminal.press("escape")
        terminal.settle()
        terminal.press("q")
        assert terminal.ends() == 0
    assert saved(home) == DRAFT


def test_what_is_copied_reaches_the_clipboard_of_the_terminal(forge: Forge, home: Path) -> None:
    import base64

    declared(home)
    with Terminal.forged(forge, ["--db", "w.db"], home) as terminal:
        terminal.sees("INC-1")
        terminal.press("p")
        terminal.sees("## Summary")
        terminal.write(b"\x1b[17~\x03")  # F6 selects the line, ctrl+c copies it
        wanted = b"\x1b]52;c;" + base64.b64encode(b"# INC-1 broken")
        terminal.until(lambda: wanted in terminal.raw, "an OSC 52 with the line")
