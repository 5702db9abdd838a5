"""The containment pane: what has to be read before something is run is never cut."""

import re
from dataclasses import replace

import pytest
from tests.tui.console import Console, console
from tests.tui.fakes import NOW, OPTIONS, FakeContainment, FakeRoom, busy_room, intent, plan_for

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.journal import JournalError
from warroom.core.nextstep import next_step
from warroom.core.words import Outcome, StepAction, Verdict
from warroom.room.containment import Ask, Option
from warroom.tui.draw import Line
from warroom.tui.panes.contain_rows import contain_rows
from warroom.tui.panes.log_signs import marks
from warroom.tui.screens.steps import AsksScreen
from warroom.tui.snapshot import LogFacts, Snapshot
from warroom.tui.theme import load_palettes
from warroom.tui.widgets.picklist import PickList

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
    pane = driver.main.contain
    await driver.holds(lambda: pane.snapshot is not None and pane.snapshot.options)
    await driver.settle()
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


def measured(room: FakeRoom, run: str, verdict: Verdict, after: int) -> None:
    """Run an option, and measure what it did."""
    plan = plan_for(room.states["INC-107"], OPTIONS[2], StepAction.RUN)
    room.told("14:10:00", c.IntendStep(facts=intent(plan, run, "R")), "INC-107")
    done = e.StepFinished(run=run, outcome=Outcome.SUCCEEDED, exit_status=0, milliseconds=4200)
    room.told("14:10:04", c.FinishStep(facts=done), "INC-107")
    effect = e.EffectMeasured(
        run=run,
        verdict=verdict,
        before_failures=20,
        before_requests=100,
        after_failures=after,
        after_requests=100,
        seconds=30,
        sentence=f"5xx 20.0 % → {after}.0 % in 30 s",
    )
    room.told("14:11:00", c.MeasureEffect(facts=effect), "INC-107")


@pytest.mark.parametrize(
    ("verdict", "after", "token"),
    [(Verdict.WORSE, 30, "s5"), (Verdict.NO_EFFECT, 20, "warn"), (Verdict.HELPED, 4, "ok")],
)
def test_what_did_not_help_is_not_drawn_as_a_success(
    verdict: Verdict, after: int, token: str
) -> None:
    room = busy_room()
    measured(room, "run-9", verdict, after)
    snapshot = Snapshot(now=NOW, actor="ana", current=room.states["INC-107"], loaded=True)
    palette = load_palettes()[0]["dark"]
    line = Line(palette)
    row = next(row for row in contain_rows(snapshot, 60) if row.key == "force run-9")
    row.draw(line, 0, 60)
    assert {part.style.color.name for part in line.segments[:2]} == {palette.colours[token]}
    axis = marks(room.states["INC-107"], LogFacts(), None)
    assert [mark.token for mark in axis if mark.text.startswith("drain app-3")] == [token]


def listed(snapshot: Snapshot, width: int) -> list[str]:
    """What the pane lists, line by line."""
    palette = load_palettes()[0]["dark"]
    rows = contain_rows(snapshot, width)
    found = []
    for row in rows:
        for number in range(row.lines):
            line = Line(palette).put(" ")
            row.draw(line, number, width)
            found.append("".join(part.text for part in line.segments).rstrip())
    return found


def test_who_may_only_look_is_offered_no_key_and_words_fill_the_width_there_is() -> None:
    room = busy_room()
    shown = Snapshot(now=NOW, actor="ana", loaded=True, current=room.states["INC-107"])
    acting = "\n".join(listed(shown, 78))
    assert "U undo" in acting
    assert "until taken back" in acting
    reading = "\n".join(listed(replace(shown, contact=replace(shown.contact, reading=True)), 78))
    assert "U undo" not in reading
    empty = Snapshot(now=NOW, actor="ana", loaded=True)
    assert listed(empty, 78) == [" What stops the damage is offered here."]
    assert len(listed(empty, 37)) == 2


async def test_the_footer_names_what_enter_does_to_the_row_under_the_cursor() -> None:
    async with console(busy_room()) as driver:
        await looking(driver)
        force, option, *_ = driver.main.contain.list.keys
        driver.main.contain.list.put_cursor(force)
        await driver.holds(lambda: "open checklist" not in driver.footer, "no checklist here")
        assert "U undo" in driver.footer
        driver.main.contain.list.put_cursor(option)
        await driver.holds(lambda: "enter open checklist" in driver.footer, "a checklist")


async def test_a_step_to_verify_is_named_in_the_title_and_in_the_tab() -> None:
    room = busy_room()
    plan = plan_for(room.states["INC-107"], OPTIONS[2], StepAction.RUN)
    room.told("14:10:00", c.IntendStep(facts=intent(plan, "lost", "R")), "INC-107")
    lost = e.StepFinished(run="lost", outcome=Outcome.UNKNOWN, exit_status=None, milliseconds=0)
    room.told("14:10:04", c.FinishStep(facts=lost), "INC-107")
    async with console(room, (80, 24)) as driver:
        text = await looking(driver)
        assert "3 Contain ?1" in text
        assert "1 to verify" in text
        assert re.search(r" V  verify$", text, re.MULTILINE)
        assert re.search(r" V  verify $", driver.text, re.MULTILINE)  # off the edge like the others


async def test_of_the_panes_only_the_one_in_front_lights_its_row() -> None:
    async with console(busy_room()) as driver:
        await looking(driver)
        contain, timeline = driver.main.contain.list, driver.main.work_pane.timeline.rows
        lit = driver.app.palette.colours["bg2"]

        def has_light(lines: PickList) -> bool:
            strips = [lines.render_line(y) for y in range(lines.size.height)]
            grounds = {part.style.bgcolor for strip in strips for part in strip if part.style}
            return any(ground is not None and ground.name == lit for ground in grounds)

        await driver.holds(lambda: has_light(contain), "a row lit")
        assert not has_light(timeline)
        assert has_light(driver.main.queue.list)  # the incident that every key means
        await driver.press("4")
        await driver.holds(lambda: has_light(timeline), "the other row lit")
        assert not has_light(contain)


async def test_without_a_runbook_the_way_to_say_that_it_was_stopped_is_named() -> None:
    room = FakeRoom()
    room.told("14:10:00", c.Declare(facts=e.Declared(title="x")), "INC-1")
    async with console(room, containment=lambda _: FakeContainment(room, ())) as driver:
        await driver.until("Whoever stops it by hand")
        await driver.press("colon", *"by hand")
        await driver.until("Say that it is contained, by hand")


async def test_long_titles_give_way_so_that_the_last_option_is_seen() -> None:
    room = busy_room()
    quiet = replace(ROLLBACK, key="", title="silence the alerts of checkout", reason="24 alerts")
    many = (*(replace(option, title=LONG) for option in OPTIONS), quiet)
    containment = FakeContainment(room, many)
    async with console(room, containment=lambda _: containment) as driver:
        text = await looking(driver)
        assert "silence the alerts of checkout" in text
        assert text.count("2026.11.19-hotfix.3") == len(OPTIONS)


async def test_a_drill_is_named_once_in_the_header() -> None:
    room = FakeRoom(NOW)
    facts = e.Declared(title="staging is down", drill="d1")
    room.told("14:15:00", c.Declare(facts=facts), "INC-1")
    async with console(room) as driver:
        await driver.until("staging is down")
        assert driver.text.splitlines()[0].count("DRILL") == 1


async def test_while_a_step_runs_the_next_thing_is_to_see_whether_it_helps() -> None:
    room = busy_room()
    incident = room.states["INC-106"]
    plan = plan_for(incident, ROLLBACK, StepAction.RUN)
    room.told("14:15:00", c.IntendStep(facts=intent(plan, "run-9", "R")), "INC-106")
    step = next_step(room.states["INC-106"], NOW)
    assert step is not None
    assert step.action == "contain"
    assert step.why == "checkout to 2026.11.19 is running: see whether it helps."


async def test_what_options_cannot_be_told_for_is_said_whole() -> None:
    words = "runbooks/rollback.md cannot be read: line 3: 'kind' is missing. Put it right."

    class Broken(FakeContainment):
        def options(self, incident: str) -> tuple[Option, ...]:
            raise JournalError(words, "")

    room = busy_room()
    broken = Broken(room)
    async with console(room, containment=lambda _: broken) as driver:
        driver.main.select("INC-106")
        await driver.until("Cannot say what applies.")
        width = driver.main.contain.size.width
        said = " ".join(row[:width].strip() for row in driver.text.splitlines())
        assert words.rstrip(".") in said
