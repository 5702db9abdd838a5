"""Keys that a person sets are checked before the console opens."""

import pytest
from tests.tui.console import console
from tests.tui.fakes import busy_room, services

from warroom.tui.app import WarroomApp, run_console
from warroom.tui.keymap import KeymapError, check, gather, shown
from warroom.tui.scopes import SCOPES
from warroom.tui.screens.help import GROUPS, UNSAID

KNOWN = gather(SCOPES)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"incident.ack": "g"}, "there is no action 'incident.ack'"),
        ({"incident.acknowledge": "notakey!!"}, "there is no such key"),
        ({"incident.acknowledge": ""}, "has no key"),
        ({"incident.acknowledge": "hyper+x"}, "there is no such key"),
        ({"incident.acknowledge": "c"}, "c would be both"),
        ({"incident.acknowledge": "j"}, "j would be both"),
        ({"incident.acknowledge": "f9", "incident.contain": "f9"}, "F9 would be both"),
        ({"contain.rollback": "f"}, "f would be both"),
        ({"incident.acknowledge": "ctrl+m"}, "terminals send it for enter"),
        ({"incident.acknowledge": "enter"}, "always opens"),
        ({"incident.acknowledge": "escape"}, "always goes one step back"),
    ],
)
def test_a_key_that_cannot_work_is_refused(overrides: dict[str, str], words: str) -> None:
    with pytest.raises(KeymapError) as refused:
        check(overrides, KNOWN)
    assert words in refused.value.msg
    assert refused.value.hint


@pytest.mark.parametrize(
    ("key", "stored"),
    [
        ("f12", "f12"),
        ("ctrl+r", "ctrl+r"),
        (";", "semicolon"),
        ("f12, ctrl+r", "f12,ctrl+r"),
        ("Z", "Z"),
    ],
)
def test_a_good_key_is_taken(key: str, stored: str) -> None:
    assert check({"incident.acknowledge": key}, KNOWN) == {"incident.acknowledge": stored}


def test_two_actions_may_change_places() -> None:
    swapped = {"incident.acknowledge": "c", "incident.contain": "a"}
    assert check(swapped, KNOWN) == swapped


def test_no_deliberate_key_can_be_moved() -> None:
    names = {binding.id for binding in KNOWN}
    assert not {
        name for name in names if name.startswith(("confirm", "form", "palette", "declare"))
    }


def test_every_pane_key_is_known() -> None:
    assert {"incident.next", "contain.rollback", "log.search", "list.open"} <= {k.id for k in KNOWN}


def test_keys_are_drawn_short() -> None:
    assert [shown(k) for k in ("ctrl+s", "f8", "full_stop", "at", "R")] == [
        "^s",
        "F8",
        ".",
        "@",
        "R",
    ]


def test_a_bad_keymap_is_one_message_and_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_console(services(keymap={"incident.ack": "g"})) == 2
    said = capsys.readouterr().err
    assert said.startswith("warroom: there is no action 'incident.ack'")
    assert "Traceback" not in said


async def test_a_changed_key_works_and_is_drawn_in_the_footer() -> None:
    room = busy_room()
    async with console(
        room, keymap={"incident.acknowledge": "f12", "incident.contain": ";"}
    ) as driver:
        assert "; contain" in driver.footer
        await driver.press("a")
        await driver.settle()
        assert room.states["INC-109"].commander == ""
        await driver.press("f12")
        await driver.holds(lambda: room.states["INC-109"].commander == "ana")


async def test_swapped_keys_really_swap() -> None:
    room = busy_room()
    swapped = {"incident.acknowledge": "c", "incident.contain": "a"}
    async with console(room, keymap=swapped) as driver:
        await driver.press("c")
        await driver.holds(lambda: room.states["INC-109"].commander == "ana")


def test_an_unknown_theme_falls_back_to_one_that_exists() -> None:
    assert WarroomApp(services(theme="nowhere")).palette.name in WarroomApp(services()).palettes


def test_the_help_has_a_place_for_every_key_that_can_be_changed() -> None:
    placed = {prefix for _, prefixes in GROUPS for prefix in prefixes}
    unplaced = [one.id for one in KNOWN if one.id.partition(".")[0] not in placed]
    assert not set(unplaced) - UNSAID


def test_a_key_with_shift_is_drawn_short() -> None:
    assert [shown(key) for key in ("shift+up", "shift+f8", "shift+tab")] == ["S-↑", "S-F8", "S-tab"]
