"""The core tasks of an incident, played through the console, each with its keys counted.

The count is of keys pressed; free text is not counted. From the spike to contained it takes six.
"""

import pytest
from tests.tui.console import Console, console
from tests.tui.fakes import OPTIONS, FakeContainment, FakeRoom, services

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Answered
from warroom.core.questions import asked
from warroom.core.words import Audience, FixLevel, Outcome, Phase, UpdateKind
from warroom.tui.actions import Actions

READY = 0.6
"""Seconds until a dialog reads its deliberate key."""


class Counting:
    """Presses keys and counts them."""

    def __init__(self, driver: Console, room: FakeRoom) -> None:
        self.driver = driver
        self.room = room
        self.count = 0

    @property
    def incident(self):
        return self.room.states["INC-1"]

    async def press(self, *keys: str, until: str = "") -> None:
        for key in keys:
            self.count += 1
            await self.driver.press(key)
        if until:
            await self.driver.until(until)
            await self.driver.wait(READY)

    def counted(self) -> int:
        found, self.count = self.count, 0
        return found


def declared(room: FakeRoom) -> None:
    room.do(c.Declare(facts=e.Declared(title="checkout answers 502", service="shop")))


def qualified(room: FakeRoom) -> None:
    """Everything that the method asks was answered or left open on purpose."""
    for one in asked(room.states["INC-1"]):
        if one.open:
            facts = Answered(question=one.question.key, text="", known=False)
            room.do(c.Answer(facts=facts), "INC-1")


def contained(room: FakeRoom) -> None:
    declared(room)
    room.do(c.Acknowledge(), "INC-1")
    room.do(c.Contain(how="rolled back"), "INC-1")
    qualified(room)


def fixed(room: FakeRoom) -> None:
    contained(room)
    room.do(c.Diagnose(text="the cart sends an empty currency"), "INC-1")
    room.do(c.RecordFix(level=FixLevel.ROOT_CAUSE, text="the cart sends it"), "INC-1")
    qualified(room)


def written(room: FakeRoom) -> None:
    fixed(room)
    room.do(c.Resolve(text="fixed"), "INC-1")
    room.do(c.EditPostmortem(text="# what happened\n", base=0), "INC-1")


async def test_declare_prefilled_takes_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "warroom.tui.actions.prefilled",
        lambda *_a, **_k: e.Declared(title="5xx on POST /api/checkout", service="shop"),
    )
    assert hasattr(Actions, "_declare")
    room = FakeRoom()
    async with console(room) as driver:
        keys = Counting(driver, room)
        await keys.press("d", until="^s declare")
        await keys.press("ctrl+s")
        await driver.holds(lambda: "INC-1" in room.states)
        assert keys.counted() == 2


async def test_acknowledge_open_a_containment_and_run_it_take_four() -> None:
    room = FakeRoom()
    declared(room)
    containment = FakeContainment(room, OPTIONS)
    given = services(room, containment=lambda _: containment)
    async with console(room, given=given) as driver:
        keys = Counting(driver, room)
        await keys.press("a")
        await driver.holds(lambda: keys.incident.phase is Phase.ACKNOWLEDGED)
        assert keys.counted() == 1
        await keys.press("c", until="esc leave")
        await keys.press("enter", until="worked if")
        assert keys.counted() == 2
        await keys.press("R")
        await driver.holds(lambda: bool(containment.executed))
        assert keys.counted() == 1
        await driver.holds(lambda: keys.incident.runs[0].outcome is Outcome.SUCCEEDED)


async def test_an_update_takes_two() -> None:
    room = FakeRoom()
    contained(room)
    async with console(room) as driver:
        keys = Counting(driver, room)
        await keys.press("u", until="^s send it")
        await keys.press("ctrl+s")
        await driver.holds(lambda: bool(keys.incident.updates))
        assert keys.counted() == 2


async def test_a_public_update_takes_one_deliberate_key_more() -> None:
    room = FakeRoom()
    contained(room)
    facts = c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.PUBLIC, text="We look into it.")
    room.do(facts, "INC-1")
    async with console(room) as driver:
        keys = Counting(driver, room)
        await keys.press("u", until="^s send it")
        await keys.press("ctrl+s")
        await driver.wait(READY)
        assert len(keys.incident.updates) == 1
        await keys.press("S")
        await driver.holds(lambda: len(keys.incident.updates) == 2)
        assert keys.counted() == 3


async def test_the_diagnosis_takes_two() -> None:
    room = FakeRoom()
    contained(room)
    async with console(room) as driver:
        keys = Counting(driver, room)
        await driver.until(". share diagnosis")
        await keys.press("full_stop", until="^s share it")
        await driver.press(*"cart")
        await driver.wait(READY)
        await keys.press("ctrl+s")
        await driver.holds(lambda: bool(keys.incident.diagnoses))
        assert keys.counted() == 2


async def test_resolve_takes_two() -> None:
    room = FakeRoom()
    fixed(room)
    async with console(room) as driver:
        keys = Counting(driver, room)
        await driver.until(". resolve")
        await keys.press("full_stop", until="Resolve INC-1")
        await keys.press("R")
        await driver.holds(lambda: keys.incident.phase is Phase.RESOLVED)
        assert keys.counted() == 2


async def test_the_postmortem_is_read_through_and_kept_with_seven() -> None:
    room = FakeRoom()
    fixed(room)
    room.do(c.Resolve(text="fixed"), "INC-1")
    async with console(room) as driver:
        keys = Counting(driver, room)
        await keys.press("p", until="Summary")
        await keys.press("f8", "f8", "f8", "f8", "f8")
        await keys.press("ctrl+s")
        await driver.holds(lambda: keys.incident.postmortem_version == 1)
        assert keys.counted() == 7


async def test_close_takes_two() -> None:
    room = FakeRoom()
    written(room)
    async with console(room) as driver:
        keys = Counting(driver, room)
        await driver.until(". close")
        await keys.press("full_stop", until="Close INC-1")
        await keys.press("C")
        await driver.holds(lambda: keys.incident.phase is Phase.CLOSED)
        assert keys.counted() == 2


async def test_help_begins_with_the_pane_that_has_the_focus() -> None:
    room = FakeRoom()
    declared(room)
    async with console(room) as driver:
        await driver.press("3", "question_mark")
        await driver.until("contain has the focus")
        first = next(x for x in driver.text.splitlines() if "Logs" in x and "Contain" in x)
        assert first.index("Contain") < first.index("Logs")


def test_the_palette_finds_by_letters_in_order() -> None:
    from warroom.tui.commands import Entry, matching

    found = [Entry("now", "Write an update", "update"), Entry("now", "Hand over", "handover")]
    assert [e.action for e, _ in matching(found, "wrupd")] == ["update"]
    assert [e.action for e, _ in matching(found, "hndovr")] == ["handover"]
    assert matching(found, "zzz") == []
