"""The console and the tail over text that wants to control the terminal: it shows it, and no more."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.hostile import PAYLOADS, foreign_controls
from tests.terminal.driver import Forge, Terminal
from tests.terminal.world import build

from warroom.tui.theme import load_palettes

pytestmark = pytest.mark.terminal

CLIPBOARD = "".join(payload for payload in PAYLOADS[:36] if "\x1b[201~" not in payload)
"""A terminal that lets the end mark of a paste through types the rest: it cannot be told apart."""
PASTE = b"\x1b[200~" + CLIPBOARD.encode("utf-8", "surrogateescape") + b"\x1b[201~"
WALK: Sequence[tuple[str, ...]] = (
    ("home",),
    *(("down",) * 4 for _ in range(len(PAYLOADS) // 4)),
    ("i",),
    ("z",),
    ("z",),
    ("ctrl+n",),
    ("escape",),
    (":",),
    ("i", "n", "c"),
    ("escape",),
    ("@",),
    ("down",),
    ("escape",),
    ("?",),
    ("escape",),
    ("home",),
    # the containments, their steps and their confirmation
    ("c",),
    ("f",),
    ("s",),
    ("escape",),
    ("escape",),
    ("escape",),
    ("3",),
    ("down",),
    ("i",),
    # every tab, zoomed
    ("4",),
    ("z",),
    *(("right",), ("enter",), ("escape",)) * 6,
    ("z",),
    ("p",),
    ("f2",),
    ("ctrl+end",),
    ("escape",),
    # the lines: as fields, raw, wrapped, each in full
    ("2",),
    ("z",),
    ("E",),
    ("E",),
    ("enter",),
    ("escape",),
    ("v",),
    *(("pageup",),) * 3,
    ("w",),
    *(("pageup",),) * 3,
    ("enter",),
    ("down", "down"),
    ("escape",),
    ("v",),
    ("w",),
    ("=",),
    ("escape",),
    ("/",),
    ("r", "e", "d", "enter"),
    ("n",),
    ("escape",),
    ("F",),
    ("5", "x", "x", "enter"),
    ("m",),
    ("escape",),
    ("G",),
    ("z",),
    ("b",),
    ("down",),
    # the forms, filled with what stands in the incident
    ("d",),
    ("escape",),
    ("u",),
    ("escape",),
    ("h",),
    ("escape",),
    ("H",),
    ("escape",),
    ("P",),
    ("1",),
    ("a",),
    ("ctrl+n",),
    ("escape",),
)
LITERALS = ("[@click=app.quit]x[/]", "[/nope] [foo", "[ERROR] text")


def walk(terminal: Terminal, steps: Sequence[tuple[str, ...]]) -> set[str]:
    """Press keys, each group when the last has been drawn; return what was seen literally."""
    seen: set[str] = set()
    for keys in steps:
        terminal.press(*keys)
        terminal.settle(0.05, 1.0)
        assert terminal.program is not None
        assert terminal.program.poll() is None, (keys, terminal.raw[-3000:])
        seen |= {words for words in LITERALS if words in terminal.text}
    return seen


def paste_into(terminal: Terminal, key: str) -> None:
    """Open something that takes text, and paste into it what a hostile page put on the clipboard."""
    terminal.press(key)
    terminal.settle(0.1, 2)
    terminal.write(PASTE)
    terminal.settle(0.2, 3)
    terminal.press("escape")
    terminal.settle(0.1, 2)


def leave(terminal: Terminal) -> None:
    terminal.press("escape")
    terminal.settle(0.2, 2)
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.is_restored(), terminal.still_on()
    found = foreign_controls(terminal.raw)
    assert found == []


def look_at_everything(forge: Forge, home: Path, log: Path, *options: str) -> None:
    arguments = [*options, "--db", "w.db", "--log", str(log)]
    with Terminal.forged(forge, arguments, home, size=(140, 40)) as terminal:
        terminal.sees("INC-1")
        terminal.sees("FOLLOW")
        seen = walk(terminal, WALK)
        for key in ("n", "/"):
            paste_into(terminal, key)
        leave(terminal)
        assert seen == set(LITERALS)


def test_the_console_shows_every_payload_and_obeys_none(forge: Forge, home: Path) -> None:
    look_at_everything(forge, home, build(home))


@pytest.mark.soak
@pytest.mark.parametrize("theme", sorted(load_palettes()[0]))
def test_in_every_theme(forge: Forge, home: Path, theme: str) -> None:
    look_at_everything(forge, home, build(home), "--theme", theme)


def test_the_tail_shows_every_payload_and_obeys_none(forge: Forge, home: Path) -> None:
    log = build(home)
    arguments = ["--db", "w.db", "tail", "--incident", "INC-1", str(log)]
    with Terminal.forged(forge, arguments, home, size=(120, 36)) as terminal:
        terminal.sees("pins go to")
        steps = (("v",), ("pageup",), ("pageup",), ("w",), ("pageup",), ("E",), ("P",), ("enter",))
        seen = walk(
            terminal, (*steps, ("down",), ("escape",), ("b",), ("escape",), ("?",), ("escape",))
        )
        paste_into(terminal, "/")
        leave(terminal)
        assert "[ERROR] text" in seen
