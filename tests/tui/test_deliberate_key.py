"""Nothing but the deliberate key, pressed on purpose, confirms a dialog."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.campaign import Tally, sized
from tests.tui.work_kit import NOW, PLAN, Kit, Ticks, full_story, keys_at_once, screen_text
from textual import events
from textual.screen import Screen

from warroom.core.closing import missing
from warroom.core.commands import Close, Resolve, SendUpdate
from warroom.core.words import Audience, StepAction
from warroom.tui.screens.choose import Answer, ChooseScreen
from warroom.tui.screens.closing import CloseScreen, ResolveScreen
from warroom.tui.screens.confirm import ConfirmScreen
from warroom.tui.screens.dialog import DRAWN, PAUSE, Guard
from warroom.tui.screens.run import RunScreen
from warroom.tui.screens.update import UpdateScreen

SETTLE = PAUSE + 0.06
"""Real seconds until a deliberate key has had its pause."""

NO_UNDO = replace(PLAN, undo="", typed="checkout", key="K")
UNDO = replace(PLAN, action=StepAction.UNDO, undoes="r1", key="U")


def opened(clock: Ticks, plan=PLAN) -> ConfirmScreen:
    return ConfirmScreen(plan, clock=clock)


async def ready(pilot, app: Kit, screen: Screen, clock: Ticks) -> None:
    app.open(screen)
    await pilot.pause()
    await pilot.pause()
    clock.at += DRAWN + 0.01


async def test_the_deliberate_key_confirms() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        await pilot.press("R")
        await pilot.pause(SETTLE)
    assert app.results == ["R"]


@pytest.mark.parametrize("key", ["enter", "space", "r", "y", "u", "U", "K", "S", "ctrl+r", "tab"])
async def test_other_keys_do_not_confirm(key: str) -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        await pilot.press(key)
        await pilot.pause(SETTLE)
        assert isinstance(app.screen, ConfirmScreen)
    assert app.results == []


async def test_a_key_before_the_dialog_was_seen_does_not_confirm() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        clock.at -= 0.02
        await pilot.press("R")
        await pilot.pause(SETTLE)
        assert app.results == []
        clock.at += PAUSE + 0.2
        await pilot.press("R")
        await pilot.pause(SETTLE)
    assert app.results == ["R"]


async def test_a_held_key_does_not_confirm() -> None:
    """The first repeat of a key that was held when the dialog opened comes after half a second."""
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock, UNDO), clock)
        clock.at += 0.2
        for _ in range(12):
            app.post_message(events.Key("U", "U"))
            clock.at += 0.033
            await pilot.pause(0.01)
        await pilot.pause(0.02)
        assert isinstance(app.screen, ConfirmScreen)
        assert app.results == []


async def test_a_key_right_after_another_does_not_confirm() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        await keys_at_once(app, ["x", "R"])
        await pilot.pause(SETTLE)
        assert app.results == []


async def test_a_key_with_another_right_behind_does_not_confirm() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        await keys_at_once(app, ["R", "x"])
        await pilot.pause(SETTLE)
        assert app.results == []


async def test_a_paste_does_not_confirm() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        for plan in (PLAN, NO_UNDO):
            await ready(pilot, app, opened(clock, plan), clock)
            app.post_message(events.Paste("R"))
            app.post_message(events.Paste("checkout"))
            await pilot.pause(SETTLE)
            assert "does not count" in screen_text(app)
            await pilot.press("escape")
            await pilot.pause()
    assert app.results == [None, None]


async def test_the_mouse_does_not_confirm() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        keys = app.screen.query_one("#keys").region
        for x in range(keys.x, keys.right, 2):
            for y in range(keys.y, keys.bottom):
                await pilot.click(offset=(x, y))
        await pilot.pause(SETTLE)
        assert isinstance(app.screen, ConfirmScreen)
    assert app.results == []


async def test_without_a_way_back_the_name_is_typed_first() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock, NO_UNDO), clock)
        assert "there is no way back" in screen_text(app)
        await pilot.press("K")
        await pilot.pause(SETTLE)
        assert app.results == []
        await pilot.press("backspace", *"checkout")
        clock.at += PAUSE + 0.01
        await pilot.press("enter")
        clock.at += PAUSE + 0.01
        await pilot.press("K")
        await pilot.pause(SETTLE)
    assert app.results == ["checkout"]


async def test_what_changed_meanwhile_cannot_be_confirmed() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        dialog = opened(clock)
        await ready(pilot, app, dialog, clock)
        dialog.void("The runbook was changed.")
        await pilot.press("R")
        await pilot.pause(SETTLE)
        assert "The runbook was changed" in screen_text(app)
        assert app.results == []


async def test_a_long_command_is_read_to_its_end_first() -> None:
    long = replace(PLAN, command="\n".join(f"echo {n}" for n in range(80)))
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app, opened(clock, long), clock)
        assert "There is more below" in screen_text(app)
        await pilot.press("R")
        await pilot.pause(SETTLE)
        assert app.results == []
        await pilot.press("end")
        await pilot.pause()
        clock.at += PAUSE + 0.01
        await pilot.press("R")
        await pilot.pause(SETTLE)
    assert app.results == ["R"]


def test_the_order_of_the_sections_never_changes() -> None:
    """Where, command, touches, undo, worked if, because: read from the drawn lines."""

    for plan in (PLAN, NO_UNDO, UNDO):
        screen = ConfirmScreen(plan)
        names = ("runs on", "kubectl", "touches", "undo", "worked if", "because")
        text = _drawn(screen)
        places = [text.index(name if name != "undo" else "\nundo") for name in names]
        assert places == sorted(places)


def _drawn(screen: ConfirmScreen) -> str:
    lines = screen.sections(80, roomy=True)
    return "\n".join("".join(piece.text for piece in pieces) for pieces in lines)


def dialogs() -> dict[str, tuple[Callable[[Ticks], Screen], set[str]]]:
    """Every dialog with a deliberate key, and the keys that are deliberate in it."""
    incident = full_story().incident
    return {
        "run": (lambda c: ConfirmScreen(PLAN, clock=c), {"R"}),
        "undo": (lambda c: ConfirmScreen(UNDO, clock=c), {"U"}),
        "kill": (lambda c: ConfirmScreen(NO_UNDO, clock=c), {"K"}),
        "resolve": (lambda c: ResolveScreen(incident, NOW, clock=c), {"R"}),
        "close": (lambda c: CloseScreen(incident, (), clock=c), {"C"}),
        "override": (lambda c: CloseScreen(incident, missing(incident), clock=c), {"O"}),
        "stop": (lambda c: RunScreen(PLAN, stop=lambda: None, clock=c), {"S"}),
    }


KEYS = [
    *"abcdefghijklmnopqrstuvwxyz",
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    *"0123456789",
    *("enter", "space", "tab", "escape", "backspace", "up", "down", "full_stop", "question_mark"),
]


ROUNDS = [5, pytest.param(sized(400), marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("name", list(dialogs()))
async def test_three_random_keys_confirm_nothing(name: str, rounds: int, tally: Tally) -> None:
    """Keys at any pace, the deliberate one left out: no dialog does anything."""
    make, deliberate = dialogs()[name]
    others = [key for key in KEYS if key not in deliberate]
    chance = random.Random(7)
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        for _ in range(rounds):
            await ready(pilot, app, make(clock), clock)
            for _ in range(3):
                clock.at += chance.choice((0.01, 0.2))
                await keys_at_once(app, [chance.choice(others)])
            await pilot.pause()
            while len(app.screen_stack) > 1:
                app.pop_screen()
            await pilot.pause()
        await pilot.pause(SETTLE)
    assert all(result is None for result in app.results)
    tally(rounds, "times three keys at a dialog")


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("name", list(dialogs()))
async def test_three_keys_at_once_confirm_nothing(name: str, rounds: int, tally: Tally) -> None:
    """A cat, a paste, a held key: the deliberate key among others, without a pause."""
    make, deliberate = dialogs()[name]
    chance = random.Random(11)
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        for _ in range(rounds):
            await ready(pilot, app, make(clock), clock)
            keys = [*deliberate, *chance.choices(KEYS[:62], k=2)]
            chance.shuffle(keys)
            await keys_at_once(app, keys)
            await pilot.pause(0.01)
            assert len(app.screen_stack) > 1
            app.pop_screen()
            await pilot.pause()
        await pilot.pause(SETTLE)
    assert all(result is None for result in app.results)
    tally(rounds, "times three keys at a dialog")


async def test_resolve_is_one_deliberate_key_and_keeps_the_text() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, ResolveScreen(full_story().incident, NOW, clock=clock), clock)
        await pilot.press("R")
        await pilot.pause(SETTLE)
    assert app.results == [Resolve(text=full_story().incident.contained_how)]


async def test_resolve_reads_letters_as_text_while_one_writes() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, ResolveScreen(full_story().incident, NOW, clock=clock), clock)
        await pilot.press("e", "R", "R", "escape")
        assert app.results == []
        clock.at += PAUSE + 0.01
        await pilot.press("R")
        await pilot.pause(SETTLE)
    (result,) = app.results
    assert isinstance(result, Resolve)
    assert result.text.endswith("RR")


async def test_close_lists_what_is_missing_and_an_override_needs_a_reason() -> None:
    app, clock = Kit(), Ticks()
    incident = full_story().incident
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, CloseScreen(incident, missing(incident), clock=clock), clock)
        assert "nobody has looked at the postmortem draft" in screen_text(app)
        await pilot.press("C")
        await pilot.pause(SETTLE)
        assert app.results == []
        clock.at += 1
        await pilot.press("O")
        await pilot.pause(SETTLE)
        await pilot.press("escape")
        clock.at += 1
        await pilot.press("O")
        await pilot.pause(SETTLE)
        assert app.results == [], "without a reason it stays open"
        await pilot.press(*"moved", "escape")
        clock.at += 1
        await pilot.press("O")
        await pilot.pause(SETTLE)
    assert app.results == [Close(override="moved")]


async def test_an_update_to_the_public_needs_a_second_key() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        dialog = UpdateScreen(full_story().incident, NOW, clock=clock)
        await ready(pilot, app, dialog, clock)
        dialog.audience = Audience.PUBLIC
        await pilot.press("ctrl+s")
        await pilot.pause(SETTLE)
        assert app.results == []
        clock.at += DRAWN + 0.01
        await pilot.press("enter")
        assert app.results == []
        clock.at += PAUSE + 0.01
        await pilot.press("S")
        await pilot.pause(SETTLE)
    (sent,) = app.results
    assert isinstance(sent, SendUpdate)
    assert sent.audience is Audience.PUBLIC


def test_the_guard_wants_a_quiet_moment_before_the_key() -> None:
    clock = Ticks()
    guard = Guard(clock)
    assert not guard.pressed("R", {"R"}), "nobody has seen the dialog"
    guard.drawn()
    clock.at += 1
    assert guard.pressed("R", {"R"})
    clock.at += PAUSE - 0.01
    assert not guard.pressed("R", {"R"})
    clock.at += PAUSE
    assert guard.pressed("R", {"R"})


async def test_a_deliberate_key_that_did_not_count_is_told() -> None:
    """A key without any effect looks like a console that hangs."""
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app, opened(clock), clock)
        await pilot.press("x")
        await pilot.press("R")
        await pilot.pause(SETTLE)
        assert "R did not count: it came too soon" in screen_text(app)
        assert "Nothing ran" in screen_text(app)
        assert app.results == []
        clock.at += PAUSE + 0.2
        await pilot.press("R")
        await pilot.pause(SETTLE)
    assert app.results == ["R"]


async def test_a_question_says_that_its_key_came_too_soon() -> None:
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(
            ChooseScreen("A step is running", ("It goes on.",), (Answer("S", "stop it", "s"),))
        )
        await pilot.pause()
        await keys_at_once(app, "xS")
        await pilot.pause(SETTLE)
        assert "S did not count: it came too soon" in screen_text(app)
        assert "esc leave it as it is" in screen_text(app)
    assert app.results == []
