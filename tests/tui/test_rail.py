"""The rail: what it marks is what the next key opens, and what has passed is never time left."""

from datetime import timedelta

from tests.tui.console import Console, console
from tests.tui.fakes import NOW, FakeRoom, busy_room

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.clocks import StageState, rail
from warroom.core.nextstep import along, next_step
from warroom.core.words import Audience, Factor, Priority, Role, UpdateKind
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import load_palettes
from warroom.tui.widgets.header import Header


def told(room: FakeRoom, at: str, due: timedelta = timedelta(hours=1)) -> None:
    """Send an update, so that the next one is not due at once."""
    update = c.SendUpdate(
        kind=UpdateKind.INITIAL, audience=Audience.INTERNAL, text="x", next_due=NOW + due
    )
    room.told(at, update, "INC-107")


def marks(driver: Console) -> str:
    """The rail's row."""
    return driver.text.splitlines()[1]


async def test_the_rail_marks_what_the_next_key_opens() -> None:
    room = busy_room()
    told(room, "14:10:00")
    async with console(room) as driver:
        driver.main.select("INC-107")
        await driver.until("▸ how bad")
        assert "say how bad it is" in driver.footer
        assert "▸ diagnose" not in marks(driver)
        assert "· diagnose" in marks(driver)
        weights = {factor.value: 1 for factor in Factor}
        facts = e.Qualified(priority=Priority.P1, factors=weights)
        room.do(c.Qualify(facts=facts), "INC-107")
        await driver.until("▸ diagnose")
        assert "how bad" not in marks(driver)


async def test_an_update_that_is_due_takes_the_mark() -> None:
    for size in ((140, 40), (80, 24)):
        room = busy_room()
        told(room, "14:10:00", timedelta(seconds=40))
        async with console(room, size) as driver:
            driver.main.select("INC-107")
            await driver.until("▸ update")
            assert marks(driver).count("▸") == 1
            assert "write the update" in driver.footer


def test_a_role_that_was_given_up_is_marked_after_the_acknowledgement() -> None:
    room = busy_room()
    before = room.states["INC-107"]
    room.told("14:12:00", c.TakeRole(role=Role.COMMANDER, person=""), "INC-107")
    incident = room.states["INC-107"]
    step = next_step(incident, NOW)
    assert [s.name for s in along(rail(incident), step)][:4] == [
        "detected", "ack", "contained", "command",
    ]  # fmt: skip
    assert along(rail(before), None) == rail(before)


def test_what_the_rail_has_no_stage_for_is_marked_alone() -> None:
    incident = busy_room().states["INC-107"]
    stages = along(rail(incident), next_step(incident, NOW))
    assert [s.name for s in stages if s.state is StageState.NOW] == ["how bad"]


async def test_a_deadline_ahead_that_has_passed_is_late() -> None:
    room = busy_room()
    room.at = NOW + timedelta(hours=5)
    told(room, "14:10:00", timedelta(hours=9))
    async with console(room, (200, 60)) as driver:
        driver.main.select("INC-107")
        await driver.until("▸ how bad")
        ahead = marks(driver).partition("how bad")[2]
        assert ahead.count("LATE") == 2, ahead  # to diagnose it, and to have it fixed


async def test_the_deadline_stays_on_a_narrow_screen_when_the_stage_has_none() -> None:
    room = busy_room()
    told(room, "14:10:00")
    async with console(room, (80, 24)) as driver:
        driver.main.select("INC-107")
        await driver.until("▸ how bad")
        assert "· diagnose 1h 45m" in marks(driver)


async def test_damage_that_goes_on_is_said_while_an_update_is_due() -> None:
    room = FakeRoom()
    facts = e.Declared(title="checkout fails", priority=Priority.P1)
    room.told("14:03:02", c.Declare(facts=facts), "INC-107")
    room.told("14:03:36", c.Acknowledge(), "INC-107")
    told(room, "14:10:00", timedelta(seconds=40))
    for size in ((140, 40), (80, 24)):
        async with console(room, size) as driver:
            await driver.until("▸ update")
            assert "· contain since 14m" in marks(driver)


def test_a_drill_is_called_one_once_in_the_header() -> None:
    room = FakeRoom()
    facts = e.Declared(title="staging is down", drill="drill-1", priority=Priority.P2)
    room.told("14:10:00", c.Declare(facts=facts), "INC-1")
    incident = room.states["INC-1"]
    assert incident.title.startswith("DRILL ")
    shown = Snapshot(now=NOW, actor="ana", loaded=True, current=incident)
    line = Header(load_palettes()[0]["dark"]).line(shown, 80)
    row = "".join(segment.text for segment in line.segments)
    assert row.startswith(" DRILL  P2  INC-1 staging is down")
    assert row.count("DRILL") == 1
