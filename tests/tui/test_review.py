"""The review in the console: each question with its answer, the last result beside it."""

from datetime import timedelta

from tests.tui.console import console
from tests.tui.fakes import NOW, FakeRoom

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Answered


def shops() -> FakeRoom:
    room = FakeRoom(now=NOW - timedelta(days=10))
    room.do(c.Declare(facts=e.Declared(title="first", service="shop")))
    restored = Answered(question="review.backup", text="restored in 14 min", known=True)
    room.do(c.Answer(facts=restored), "INC-1")
    room.do(c.Declare(facts=e.Declared(title="mail stands", service="mail")))
    room.at = NOW
    room.do(c.Declare(facts=e.Declared(title="second", service="shop")), name="INC-3")
    return room


async def test_a_question_is_answered_and_the_last_answer_stands_beside_it() -> None:
    room = shops()
    async with console(room) as driver:
        driver.main.select("INC-3")
        await driver.holds(lambda: driver.shown == "INC-3")
        driver.main.act("review")
        await driver.until("How long did detection take")
        assert "restored in 14 min (holds until 2026-12-10)" in driver.text
        assert "mail" in driver.text.split("Due for other services")[1]
        await driver.press("down", "down", "enter")
        await driver.until("Which one do we add?")
        await driver.press(*"a load test", "ctrl+s")
        await driver.holds(lambda: "learn.test" in room.states["INC-3"].answers)
        await driver.until("a load test")
        await driver.press("escape")
        await driver.settle()
        assert room.states["INC-3"].answers["learn.test"].text == "a load test"


async def test_a_long_last_answer_is_shown_whole_on_a_narrow_screen() -> None:
    room = shops()
    text = "restored in 14 min from the copy of Sunday, by mia, with the orders of Monday by hand"
    kept = Answered(question="review.backup", text=text, known=True)
    room.do(c.Answer(facts=kept), "INC-1")
    async with console(room, (80, 24)) as driver:
        driver.main.select("INC-3")
        await driver.holds(lambda: driver.shown == "INC-3")
        driver.main.act("review")
        await driver.until("How long did detection take")
        await driver.press("end")
        rows = [row.strip(" │▁▂▃▄▅▆▇█▌▎") for row in driver.text.splitlines()]
        said = " ".join(rows)
        assert f"last, 2026-11-20 in INC-1: {text}" in said
