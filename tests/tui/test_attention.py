"""What a terminal is sent when somebody must look: exact bytes, and nothing foreign in them."""

import pytest
from tests.tui.console import console
from tests.tui.fakes import busy_room

from warroom.core import commands as c
from warroom.core import events as e
from warroom.tui.app import WarroomApp
from warroom.tui.attention import call_bytes, end_bytes

HOSTILE = "\x1b]52;c;aGk=\a \x1b[2J;x\x9b31m"


def test_each_way_has_its_bytes() -> None:
    assert call_bytes("none", "x", {}) == ""
    assert call_bytes("bell", "x", {}) == "\a"
    assert call_bytes("flash", "x", {}) + end_bytes("flash") == "\x1b[?5h\x1b[?5l"
    assert call_bytes("desktop", "INC-1 fails", {"TERM": "xterm"}) == "\x1b]9;INC-1 fails\x1b\\"
    assert call_bytes("desktop", "x", {"TERM": "foot"}) == "\x1b]777;notify;warroom;x\x1b\\"


def test_tmux_gets_it_wrapped() -> None:
    assert (
        call_bytes("desktop", "x", {"TERM": "tmux-256color", "TMUX": "1"})
        == "\x1bPtmux;\x1b\x1b]9;x\x1b\x1b\\\x1b\\"
    )


@pytest.mark.parametrize("term", ["xterm", "foot"])
def test_foreign_text_cannot_leave_the_notice(term: str) -> None:
    told = call_bytes("desktop", HOSTILE, {"TERM": term})
    assert told.count("\x1b") == 2
    assert told.endswith("\x1b\\")
    assert "\a" not in told
    assert "\x9b" not in told


async def test_a_page_from_elsewhere_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(WarroomApp, "call_attention", lambda _app, words: told.append(words))
    room = busy_room()
    async with console(room) as screen:
        told.clear()
        room.do(c.Declare(facts=e.Declared(title="mine")))
        room.do(c.Declare(facts=e.Declared(title="from afar")), actor="pager")
        await screen.holds(lambda: any("from afar" in words for words in told))
        assert not any("mine" in words for words in told)
