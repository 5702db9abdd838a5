"""The containment pane: what has to be read before something is run is never cut."""

from dataclasses import replace

import pytest
from tests.tui.console import Console, console
from tests.tui.fakes import OPTIONS, FakeContainment, FakeRoom, busy_room, intent, plan_for

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import Outcome, StepAction
from warroom.room.containment import Ask
from warroom.tui.screens.steps import AsksScreen

LONG = "Deploy an earlier release of checkout-service-eu again through GitHub: 2026.11.19-hotfix.3"
ROLLBACK = OPTIONS[1]


def offering(room: FakeRoom, **change: object) -> dict[str, object]:
    """Services that offer the rollback with something changed, and the others as they are."""
    options = tuple(replace(o, **change) if o is ROLLBACK else o for o in OPTIONS)
    return {"containment": lambda _: FakeContainment(room, options)}


async def looking(driver: Console) -> str:
    """The pane's part of the screen."""
    driver.main.select("INC-107")
    await driver.holds(lambda: driver.shown == "INC-107")
    await driver.press("3")
    width = driver.main.contain.size.width
    return "\n".join(row[:width].rstrip() for row in driver.text.splitlines())


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 40), (200, 60)])
async def test_the_version_of_a_rollback_is_whole_at_every_size(size: tuple[int, int]) -> None:
    async with console(busy_room(), size) as driver:
        text = await looking(driver)
        assert "checkout to 2026.11.19" in text
        assert "rollback" in text


@pytest.mark.parametrize("size", [(100, 30), (140, 40), (200, 60)])
async def test_a_long_title_is_wrapped_and_keeps_its_end(size: tuple[int, int]) -> None:
    room = busy_room()
    async with console(room, size, **offering(room, title=LONG)) as driver:
        text = await looking(driver)
        assert "2026.11.19-hotfix.3" in text
        assert "r rollback" in text
        assert "~20 s" in next(row for row in text.splitlines() if "r rollback" in row)


async def test_a_title_beyond_all_measure_loses_its_middle() -> None:
    room = busy_room()
    title = f"Deploy {'again and ' * 15}2026.11.19"
    async with console(room, **offering(room, title=title)) as driver:
        text = await looking(driver)
        assert "Deploy again and" in text
        assert "…" in text
        assert "2026.11.19" in text
        assert text.count("again and") < 15


async def test_what_is_in_force_unknown_or_failed_keeps_the_end_of_its_title() -> None:
    for outcome in (Outcome.SUCCEEDED, Outcome.UNKNOWN, Outcome.FAILED):
        room = busy_room()
        plan = plan_for(room.states["INC-107"], replace(ROLLBACK, title=LONG), StepAction.RUN)
        room.told("14:15:00", c.IntendStep(facts=intent(plan, "run-9", "R")), "INC-107")
        done = e.StepFinished(run="run-9", outcome=outcome, exit_status=1, milliseconds=90)
        room.told("14:15:04", c.FinishStep(facts=done), "INC-107")
        async with console(room) as driver:
            text = await looking(driver)
            assert "2026.11.19-hotfix.3" in text, outcome


async def test_both_ends_of_a_row_are_near_each_other_on_a_wide_screen() -> None:
    async with console(busy_room(), (200, 60)) as driver:
        await looking(driver)
        await driver.press("z")
        row = next(row for row in driver.text.splitlines() if "checkout to 2026.11.19" in row)
        assert row.index("~20 s") < 100


async def test_a_parameter_stands_with_its_question_and_the_refused_one_is_ready() -> None:
    asks = (
        Ask(name="namespace", ask="Namespace", value="default"),
        Ask(name="revision", ask="Revision to return to", value="x", hint="a whole number"),
        Ask(name="reason", ask="Why", value="", optional=True),
    )
    async with console(busy_room()) as driver:
        wrong = "Answer refused: revision: it must be a whole number"
        driver.app.push_screen(AsksScreen("Roll back a release", "INC-107", asks, wrong))
        await driver.until("Roll back a release")
        await driver.holds(lambda: driver.app.focused is not None)
        assert driver.app.focused.id == "field-revision"
        rows = driver.text.splitlines()
        field = next(n for n, row in enumerate(rows) if "revision      ▌" in row)
        assert "Revision to return to: a whole number" in rows[field + 1]
        assert "Why: may stay empty" in driver.text
        assert wrong in driver.text
