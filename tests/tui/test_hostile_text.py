"""Nothing that comes from outside can control the terminal or the console, in any pane."""

from tests.hostile import FORBIDDEN, PAYLOADS
from tests.tui.console import Console, console
from tests.tui.fakes import NOW, FakeContainment, FakeRoom

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import (
    Audience,
    ChangeKind,
    ContainmentKind,
    FollowUpKind,
    HypothesisState,
    Role,
    UpdateKind,
)
from warroom.room.containment import Option


def hostile_room() -> FakeRoom:
    room = FakeRoom()
    for payload in PAYLOADS:
        title = payload[:190]
        room.do(c.Declare(facts=e.Declared(title=title, service=title, summary=payload[:4000])))
    for number, payload in enumerate(PAYLOADS):
        name, text = f"INC-{number + 1}", payload[:9000]
        for target in {name, "INC-1"}:
            room.do(c.AddNote(text=text), target, actor=text[:50])
            room.do(c.Hypothesise(state=HypothesisState.PROPOSED, text=text, evidence=text), target)
            change = e.ChangeRecorded(
                kind=ChangeKind.DEPLOY, text=text, happened_at=NOW, release=text, reference=text
            )
            room.do(c.RecordChange(facts=change), target)
            room.do(c.FollowUp(kind=FollowUpKind.TEST, text=text, owner=text[:80]), target)
            update = c.SendUpdate(kind=UpdateKind.PROGRESS, audience=Audience.INTERNAL, text=text)
            room.do(update, target)
            room.do(c.TakeRole(role=Role.SCRIBE, person=text[:80]), target)
    room.do(c.EditPostmortem(text="\n".join(PAYLOADS), base=0), "INC-1")
    return room


def options() -> tuple[Option, ...]:
    return tuple(
        Option(
            key="",
            kind=ContainmentKind.FLAG,
            runbook=f"book-{number}",
            title=payload,
            step=1,
            reason=payload,
            blocked=payload if number % 2 else "",
        )
        for number, payload in enumerate(PAYLOADS)
    )


def look(driver: Console) -> None:
    assert driver.app.return_code is None
    found = FORBIDDEN.search(driver.text)
    assert found is None, repr(driver.text[max(0, found.start() - 40) : found.end() + 40])


async def test_every_payload_in_every_pane_is_text_and_nothing_else() -> None:
    room = hostile_room()
    containment = FakeContainment(room, options())
    size = (170, 140)
    async with console(room, size, containment=lambda _: containment) as driver:
        await driver.press("home")
        await driver.until("no undo")
        look(driver)
        assert "[@click=app.quit]x[/]" in driver.text
        assert "[ERROR] text" in driver.text
        for key in ("z", "z", "3", "z", "z"):
            await driver.press(key)
            look(driver)
        driver.main.select("INC-1")
        for tab in driver.main.work_pane.tabs:
            driver.main.go("work", tab=tab.NAME)
            await driver.settle()
            look(driver)
            await driver.press("z")
            look(driver)
            await driver.press("ctrl+o")
            driver.main.zoomed = False
            driver.main.lay_out()
        driver.main.go("queue")
        for key in (
            "colon",
            "escape",
            "at",
            "escape",
            "question_mark",
            "escape",
            "ctrl+n",
            "escape",
        ):
            await driver.press(key)
            look(driver)
        for payload in PAYLOADS:
            driver.main.say(payload, "s5", payload)
            await driver.settle()
            look(driver)
        await driver.press("ctrl+n")
        look(driver)


async def test_a_click_on_foreign_text_runs_nothing() -> None:
    room = FakeRoom()
    room.do(c.Declare(facts=e.Declared(title="[@click=app.quit]click me[/]")))
    async with console(room) as driver:
        rows = driver.text.splitlines()
        y = next(y for y, row in enumerate(rows) if y > 1 and "click me" in row)
        x = rows[y].index("click")
        await driver.pilot.click(offset=(x, y))
        await driver.pilot.click(offset=(x + 2, 0))
        await driver.settle()
        assert driver.app.return_code is None
