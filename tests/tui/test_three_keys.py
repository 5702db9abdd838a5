"""No three random keys start anything: opening is easy, starting is on purpose."""

import itertools
import random
import string
from collections.abc import Iterable

import pytest
from tests.campaign import Tally, sized
from tests.tui.console import console
from tests.tui.fakes import busy_room

from warroom.core import events as e
from warroom.tui.app import WarroomApp
from warroom.tui.keymap import gather
from warroom.tui.scopes import SCOPES
from warroom.tui.screens.confirm import ConfirmScreen
from warroom.tui.screens.main import MainScreen

KNOWN = gather({**SCOPES, "app": WarroomApp})
LEAVING = {"q", "Q", "ctrl+c", "ctrl+q", "ctrl+z"}
"""Keys that end the console or send it to the background: nothing starts after them."""
ELSEWHERE = (
    *string.ascii_letters,
    *string.digits,
    *("enter", "space", "tab", "shift+tab", "up", "down", "left", "right", "full_stop", "colon"),
    *("slash", "question_mark", "plus", "minus", "backspace", "home", "end", "ctrl+s", "escape"),
)
"""What a hand, an elbow or a cat finds."""
KEYS = tuple(
    dict.fromkeys(
        key
        for key in (*ELSEWHERE, *(k for known in KNOWN for k in known.keys))
        if key not in LEAVING
    )
)
"""Those, and every key that anything in the console is bound to."""
SAMPLE = 8
CAMPAIGN = 2000
_THREE = 3
FIRST = random.Random(1).sample(KEYS, sized(len(KEYS)))
"""First keys after which every sequence of three is struck: all of them, some minutes each, or the
share that was asked for."""
NEAR = tuple(itertools.product("c3", "ftrk"))
"""The obvious ways to a preview."""


async def struck(sequences: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Strike keys as fast as the console takes them; return those that opened a preview."""
    room = busy_room()
    before = len([r for r in room.records("INC-107") if isinstance(r.event, e.StepIntended)])
    opened = []
    async with console(room) as driver:
        await driver.press("down")
        for keys in sequences:
            for key in keys:
                await driver.pilot.press(key)
            if len(keys) < _THREE:  # the third would have waited for what these two open
                await driver.settle()
            if isinstance(driver.app.screen, ConfirmScreen):
                opened.append(keys)
            for name in room.states:
                kept = [r for r in room.records(name) if isinstance(r.event, e.StepIntended)]
                assert len(kept) == (before if name == "INC-107" else 0), f"{keys} started a step"
            for _ in range(6):
                if isinstance(driver.app.screen, MainScreen):
                    break
                await driver.pilot.press("escape")
            assert driver.app.is_running, f"{keys} ended the console: {driver.app._exception!r}"
            await driver.pilot.press("escape")
    return opened


def sequences(number: int, seed: int) -> list[tuple[str, str, str]]:
    """Every way in which the obvious keys follow each other, then random ones."""
    dice = random.Random(seed)
    near = [(*pair, key) for pair in NEAR for key in "RUVK"]
    return near + [(dice.choice(KEYS), dice.choice(KEYS), dice.choice(KEYS)) for _ in range(number)]


async def test_three_keys_struck_at_random_start_nothing() -> None:
    assert await struck(sequences(SAMPLE, 1))  # previews were opened: the test can fail


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
async def test_thousands_of_three_keys_start_nothing(seed: int, tally: Tally) -> None:
    asked = sequences(sized(CAMPAIGN), seed)
    assert await struck(asked)
    tally(len(asked), "sequences", seed=seed)


@pytest.mark.soak
async def test_no_key_at_all_starts_what_two_have_opened(tally: Tally) -> None:
    opened = await struck(NEAR)
    assert opened
    await struck([(*opened[0], key) for key in KEYS])
    tally(len(NEAR) + len(KEYS), "sequences")


@pytest.mark.soak
@pytest.mark.parametrize("first", FIRST)
async def test_all_of_three_keys_start_nothing(first: str, tally: Tally) -> None:
    """A step starts from its preview alone: every pair of keys, and every key after each that has
    opened one, are all the sequences of three that could."""
    opened = await struck((first, key) for key in KEYS)
    assert bool(opened) or first not in {pair[0] for pair in NEAR}
    await struck((*pair, key) for pair in opened for key in KEYS)
    tally(len(KEYS) + len(opened) * len(KEYS), "sequences")
    tally(1, "first keys with all that follow them")
