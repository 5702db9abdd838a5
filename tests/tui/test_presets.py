"""Every preset fits the keys that there are, and a person's own keys go before it."""

import pytest

from warroom.tui.app import WarroomApp
from warroom.tui.keymap import KeymapError, check, gather
from warroom.tui.presets import PRESETS, with_preset
from warroom.tui.scopes import SCOPES

KNOWN = gather({**SCOPES, "app": WarroomApp})


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_has_no_conflict(name: str) -> None:
    check(with_preset(name, {}), KNOWN)


def test_own_keys_go_before_those_of_the_preset() -> None:
    assert check(with_preset("emacs", {"go.notices": "f12"}), KNOWN)["go.notices"] == "f12"


def test_a_conflict_with_the_preset_is_reported() -> None:
    with pytest.raises(KeymapError, match="would be both"):
        check(with_preset("emacs", {"incident.note": "f7"}), KNOWN)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(KeymapError, match="there is no keymap"):
        with_preset("nano", {})
