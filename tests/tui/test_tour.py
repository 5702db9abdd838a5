"""The tour points at what is on the screen, with the keys as they are set, and leaves no trace."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tui.console import Console, console
from tests.tui.fakes import FakeRoom, services
from textual.geometry import Offset, Region, Size

from warroom.core import commands as c
from warroom.core import events as e
from warroom.tui.screens.tour import TourScreen, beside

NAMES = ("Queue", "Logs", "Contain", "Work", "Clocks", "Next")


async def begin(desk: Console) -> TourScreen:
    await desk.press("colon", *"tour", "enter")
    await desk.until("1 of 6")
    found = desk.app.screen
    assert isinstance(found, TourScreen)
    return found


def box(desk: Console) -> Region:
    return desk.app.screen.query_one("#stop").region


@pytest.mark.parametrize("size", [(80, 24), (120, 30), (200, 60)])
async def test_every_stop_stands_beside_what_it_speaks_of(size: tuple[int, int]) -> None:
    async with console(FakeRoom(), size=size) as desk:
        screen = await begin(desk)
        for number, name in enumerate(NAMES, start=1):
            await desk.until(f"{number} of 6")
            assert f" {name} " in desk.text
            stop = screen._stops[number - 1]
            part = desk.main.panes.get(stop.target) or desk.main.query_one(f"#{stop.target}")
            target = part.region
            assert target.area, name
            assert desk.app.screen.region.contains_region(box(desk))
            if size[0] < 100 and stop.target in desk.main.panes:
                assert target.contains_region(box(desk)), name
            if size[0] >= 120:
                assert not target.overlaps(box(desk)), name
            await desk.press("enter")
        await desk.until("That was all of it")
        assert desk.main.front == "queue"


async def test_escape_leaves_at_any_stop_and_gives_the_pane_back() -> None:
    async with console(FakeRoom()) as desk:
        await desk.press("4")
        await begin(desk)
        await desk.press("enter", "enter", "left")
        await desk.until("2 of 6")
        await desk.press("escape")
        await desk.holds(lambda: desk.main.is_current)
        assert desk.main.front == "work"
        assert desk.main.panes["work"].has_focus_within
        assert not desk.main.room.commands


async def test_the_words_are_about_what_is_shown_now() -> None:
    room = FakeRoom()
    async with console(room) as desk:
        await begin(desk)
        assert "the most urgent first" in desk.text
        await desk.press("escape")
        room.do(c.Declare(facts=e.Declared(title="checkout fails [/x]")))
        await desk.until("INC-1")
        await begin(desk)
        assert "is first: INC-1" in desk.text


async def test_a_key_that_was_moved_is_shown_where_it_is() -> None:
    given = replace(services(FakeRoom()), keymap={"incident.declare": "f7"})
    async with console(given=given) as desk:
        await begin(desk)
        assert "F7  declares" in desk.text


async def test_it_is_offered_to_somebody_who_is_here_first() -> None:
    given = replace(services(FakeRoom()), first_time=lambda: True)
    async with console(given=given) as desk:
        await desk.holds(lambda: "First time here? : tour" in desk.notice)


async def test_the_demo_says_what_will_happen() -> None:
    given = replace(services(FakeRoom()), first_time=lambda: True, greeting="A release breaks it.")
    async with console(given=given) as desk:
        await desk.holds(lambda: "A release breaks it. : tour" in desk.notice)


def test_who_was_here_is_remembered_and_a_drill_offers_nothing(tmp_path: Path) -> None:
    from warroom.bootstrap import console_services
    from warroom.settings import Settings

    own = Settings(db=str(tmp_path / "w.db"), config_folder=tmp_path, state_folder=tmp_path / "s")
    assert not console_services(replace(own, drill="bad-release"), ()).first_time()
    found = console_services(own, ())
    assert (found.first_time(), found.first_time()) == (True, False)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (Region(0, 2, 37, 12), (Offset(37, 2), "◀")),
        (Region(70, 2, 70, 12), (Offset(20, 2), "▶")),
        (Region(0, 0, 140, 1), (Offset(45, 1), "▲")),
        (Region(0, 39, 140, 1), (Offset(45, 29), "▼")),
        (Region(0, 0, 140, 40), (Offset(90, 30), "▲")),
    ],
)
def test_the_box_goes_where_there_is_room(target: Region, found: tuple[Offset, str]) -> None:
    assert beside(target, Size(50, 10), Size(140, 40)) == found
