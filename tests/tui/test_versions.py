"""Any two versions of a postmortem beside each other, and the way back to one of them."""

from tests.tui.console import console
from tests.tui.fakes import FakeRoom

from warroom.core import commands as c
from warroom.core import events as e


def written() -> FakeRoom:
    room = FakeRoom()
    room.told("14:00:00", c.Declare(facts=e.Declared(title="checkout fails")), "INC-1")
    texts = ("# One\n\nfirst words\n", "# One\n\nsecond words\n", "# One\n\nsecond words\n\nmore\n")
    for number, text in enumerate(texts):
        room.told(f"14:0{number + 1}:00", c.EditPostmortem(text=text, base=number), "INC-1")
    return room


async def test_any_two_versions_are_compared_and_one_is_taken_back() -> None:
    room = written()
    async with console(room) as driver:
        await driver.press("p")
        await driver.until("second words")
        await driver.press("ctrl+l")
        await driver.until("version 2 → version 3")
        assert "+ more" in driver.text
        assert "first words" not in driver.text
        await driver.press("down", "down", "space", "home")
        await driver.until("version 1 → version 3")
        assert "- first words" in driver.text
        assert "+ second words" in driver.text
        await driver.press("end")
        await driver.until("version 1 → draft")
        await driver.press("up", "T")
        await driver.holds(lambda: room.states["INC-1"].postmortem_version == 4)
        assert room.states["INC-1"].postmortem == "# One\n\nfirst words\n"
        await driver.press("ctrl+z")
        await driver.until("second words")


async def test_leaving_the_versions_changes_nothing() -> None:
    room = written()
    async with console(room) as driver:
        await driver.press("p")
        await driver.until("second words")
        await driver.press("ctrl+l")
        await driver.until("version 2 → version 3")
        await driver.press("escape")
        await driver.settle()
        assert room.states["INC-1"].postmortem_version == 3
        assert driver.main.work_pane.postmortem.editor.has_focus


async def test_the_postmortem_takes_the_screen_and_gives_it_back() -> None:
    async with console(written()) as driver:
        await driver.press("p")
        await driver.until("Marks")
        assert driver.panes == ["work"]
        await driver.press("escape")
        await driver.settle()
        assert driver.panes == ["queue", "logs", "contain", "work"]
