"""The screen at every size."""

import pytest
from tests.tui.console import console
from tests.tui.fakes import busy_room

from warroom.tui.layout import Shape, arrange, shape_for

ALL = ["queue", "logs", "contain", "work"]


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((59, 40), Shape.TINY),
        ((80, 14), Shape.TINY),
        ((60, 15), Shape.TABS),
        ((80, 24), Shape.TABS),
        ((99, 40), Shape.TABS),
        ((100, 27), Shape.TABS),
        ((100, 28), Shape.PANES),
        ((179, 60), Shape.PANES),
        ((180, 49), Shape.PANES),
        ((180, 50), Shape.LARGE),
        ((300, 100), Shape.LARGE),
    ],
)
def test_the_form_follows_the_size(size: tuple[int, int], shape: Shape) -> None:
    assert shape_for(*size) is shape


@pytest.mark.parametrize("width", [100, 119, 120, 140, 180, 200, 300])
@pytest.mark.parametrize("height", [28, 30, 40, 50, 60, 100])
def test_the_columns_fill_the_screen(width: int, height: int) -> None:
    layout = arrange(width, height)
    body = height - 4
    assert layout.queue + layout.contain + layout.extra == body
    assert layout.logs + layout.work == body
    assert min(layout.queue, layout.contain, layout.logs, layout.work) >= 8
    assert layout.logs / body == pytest.approx(0.62, abs=0.03)


@pytest.mark.parametrize(
    ("size", "panes"),
    [
        ((59, 14), ["queue"]),
        ((80, 24), ["queue"]),
        ((100, 28), ALL),
        ((140, 40), ALL),
        ((200, 60), ALL),
    ],
)
async def test_what_can_be_seen(size: tuple[int, int], panes: list[str]) -> None:
    async with console(busy_room(), size) as driver:
        assert driver.panes == panes
        rows = driver.text.splitlines()
        assert len(rows) == size[1]
        assert "INC-109" in driver.text
        if size[0] >= 60:
            assert ": all  ? help" in rows[-1]
        assert driver.main.people.display == (size == (200, 60))


async def test_a_pane_stays_in_front_when_the_window_changes() -> None:
    async with console(busy_room(), (140, 40)) as driver:
        await driver.press("3")
        await driver.pilot.resize_terminal(80, 24)
        await driver.settle()
        assert driver.panes == ["contain"]
        assert driver.main.contain.has_focus_within
        await driver.pilot.resize_terminal(140, 40)
        await driver.settle()
        assert driver.panes == ALL
        assert driver.main.front == "contain"


async def test_zoom_gives_the_whole_screen_and_takes_it_back() -> None:
    async with console(busy_room()) as driver:
        await driver.press("z")
        assert driver.panes == ["queue"]
        assert "why here" in driver.text
        assert driver.main.queue.has_focus_within
        await driver.press("z")
        assert driver.panes == ALL


async def test_tab_and_digits_reach_every_pane() -> None:
    async with console(busy_room()) as driver:
        seen = []
        for _ in range(4):
            seen.append(driver.main.front)
            await driver.press("tab")
        assert seen == ALL
        await driver.press("2")
        assert driver.main.logs.has_focus_within
        await driver.press("shift+tab")
        assert driver.main.queue.has_focus_within


async def test_nothing_is_wider_than_the_screen() -> None:
    async with console(busy_room(), (80, 24)) as driver:
        for key in "1234":
            await driver.press(key)
            assert all(len(row) == 80 for row in driver.text.splitlines())


async def test_the_footer_says_what_zooming_would_do_now() -> None:
    async with console(busy_room(), (200, 60)) as driver:
        assert "z zoom" in driver.footer
        await driver.press("z")
        assert "z unzoom" in driver.footer
    async with console(busy_room(), (80, 24)) as driver:
        assert "z" not in {hint.key for hint in driver.main.footer.hints}
