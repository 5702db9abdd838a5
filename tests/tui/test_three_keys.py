"""No three random keys start anything: opening is easy, starting is on purpose."""

import itertools
import random
import string
from collections.abc import Iterable

import pytest
from tests.tui.console import console
from tests.tui.fakes import busy_room

from warroom.core import events as e
from warroom.tui.screens.confirm import ConfirmScreen
from warroom.tui.screens.main import MainScreen

KEYS = (
    *string.ascii_letters,
    *string.digits,
    *("enter", "space", "tab", "shift+tab", "up", "down", "left", "right", "full_stop", "colon"),
    *("slash", "question_mark", "plus", "minus", "backspace", "home", "end", "ctrl+s"),
)
"""What a hand, an elbow or a cat finds; leaving the console by its own keys is another matter."""
SAMPLE = 40
CAMPAIGN = 2000


async def struck(sequences: Iterable[tuple[str, str, str]]) -> int:
    """Strike keys as fast as the console takes them; return how many previews were opened."""
    room = busy_room()
    before = len([r for r in room.records("INC-107") if isinstance(r.event, e.StepIntended)])
    opened = 0
    async with console(room) as driver:
        await driver.press("down")
        for keys in sequences:
            for key in keys:
                await driver.pilot.press(key)
            opened += isinstance(driver.app.screen, ConfirmScreen)
            for name in room.states:
                kept = [r for r in room.records(name) if isinstance(r.event, e.StepIntended)]
                assert len(kept) == (before if name == "INC-107" else 0), f"{keys} started a step"
            for _ in range(6):
                if isinstance(driver.app.screen, MainScreen) or not driver.app.is_running:
                    break
                await driver.pilot.press("escape")
            if not driver.app.is_running:
                break
            await driver.pilot.press("escape")
    return opened


def sequences(number: int, seed: int) -> list[tuple[str, str, str]]:
    """Every way in which the obvious keys follow each other, then random ones."""
    near = [*itertools.product("c3", "ftrk", "RUVK")]
    every = [(a, b, c) for a in KEYS for b in KEYS for c in KEYS]
    return near + random.Random(seed).sample(every, number)


async def test_three_keys_struck_at_random_start_nothing() -> None:
    assert await struck(sequences(SAMPLE, 1)) > 0  # previews were opened: the test can fail


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
async def test_thousands_of_three_keys_start_nothing(seed: int) -> None:
    assert await struck(sequences(CAMPAIGN, seed)) > 0
