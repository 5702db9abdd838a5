"""What the console looks like, as pictures that a person has looked at."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.snapshots.stage import (
    NOW,
    StillConsole,
    StillTail,
    complete,
    failing_room,
    lines,
    rests,
    shows,
)
from tests.tui.fakes import FakeRoom
from textual.pilot import Pilot

from warroom.logs.protocol import Log
from warroom.room.service import Contact
from warroom.tui.screens.dialog import DRAWN

Compare = Callable[..., bool]


def keys(*pressed: str, then: tuple[str, ...] = ()) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Press keys when everything is there, and wait for what they bring."""

    async def look(pilot: Pilot[Any]) -> None:
        await complete(pilot)
        for key in pressed:
            await pilot.press(key)
            await rests(pilot)
        await shows(pilot, *then)

    return look


@pytest.mark.parametrize("size", [(80, 24), (140, 40), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_war_room_while_it_fails(
    size: tuple[int, int], log: Log, snap_compare: Compare
) -> None:
    assert snap_compare(StillConsole(log), terminal_size=size, run_before=keys())


def test_the_log_zoomed_and_held_at_a_failure(log: Log, snap_compare: Compare) -> None:
    look = keys("2", "z", "E", "E", then=("HELD",))
    assert snap_compare(StillConsole(log), terminal_size=(140, 40), run_before=look)


def test_the_options_of_containment(log: Log, snap_compare: Compare) -> None:
    look = keys("c", then=("deployed 13 s before onset",))
    assert snap_compare(StillConsole(log), terminal_size=(140, 40), run_before=look)


def test_the_confirmation_shows_what_would_run(log: Log, snap_compare: Compare) -> None:
    look = keys("c", "r", then=("deployctl switch checkout",))
    assert snap_compare(StillConsole(log), terminal_size=(140, 40), run_before=look)


def test_declaring_starts_with_what_the_log_knows(log: Log, snap_compare: Compare) -> None:
    look = keys("d", then=("Declare an incident",))
    assert snap_compare(StillConsole(log), terminal_size=(140, 40), run_before=look)


def test_the_postmortem_is_drafted(log: Log, snap_compare: Compare) -> None:
    look = keys("z", "p", then=("## Summary",))
    assert snap_compare(StillConsole(log), terminal_size=(140, 40), run_before=look)


def test_the_boundary(log: Log, snap_compare: Compare) -> None:
    look = keys("b", "z", then=("/api/checkout",))
    assert snap_compare(StillConsole(log), terminal_size=(140, 40), run_before=look)


def test_the_effect_of_a_step_is_seen_on_a_narrow_screen(log: Log, snap_compare: Compare) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await keys("c", "r", then=("run it now",))(pilot)
        # A deliberate key wants a dialog that was read, however busy the machine is.
        for _ in range(20):
            await pilot.pause(2 * DRAWN)
            await pilot.press("R")
            await pilot.pause(2 * DRAWN)
            if "Output" in lines(pilot.app):
                break
        await shows(pilot, "Effect, measured", "gone", "not contained", "? help")
        await rests(pilot)

    assert snap_compare(StillConsole(log), terminal_size=(80, 24), run_before=look)


def test_an_update_without_contact_is_queued(log: Log, snap_compare: Compare) -> None:
    room = failing_room()
    room.standing = Contact(
        where="server", online=False, since=NOW - timedelta(seconds=42), pending=2
    )
    look = keys("u", then=("queue it", "offline"))
    assert snap_compare(StillConsole(log, room), terminal_size=(140, 40), run_before=look)


def test_the_help_on_a_narrow_screen(log: Log, snap_compare: Compare) -> None:
    look = keys("question_mark", then=("Queue and lists",))
    assert snap_compare(StillConsole(log), terminal_size=(80, 24), run_before=look)


def test_nothing_is_open(snap_compare: Compare) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        pilot.app.read.set()
        await shows(pilot, "No incident. Good.", "No log is open.")
        await rests(pilot)

    app = StillConsole(room=FakeRoom(NOW))
    assert snap_compare(app, terminal_size=(140, 40), run_before=look)


def test_the_tail_says_where_pins_go(log: Log, snap_compare: Compare) -> None:
    look = keys(then=("pins go to P1 INC-107 as leo",))
    assert snap_compare(StillTail(log), terminal_size=(120, 36), run_before=look)


def test_the_light_theme(log: Log, snap_compare: Compare) -> None:
    app = StillConsole(log, theme="light")
    assert snap_compare(app, terminal_size=(140, 40), run_before=keys())


def test_without_colour_and_glyphs(
    log: Log, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = StillConsole(log, ascii_glyphs=True)
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys("2"))
