"""A console that only reads: it says so, names no key that writes, and refuses before one types."""

import pytest
from tests.tui.console import Console, console
from tests.tui.fakes import OPTIONS, FakeContainment, FakeRoom, busy_room

from warroom.room.reading import ReadingRoom
from warroom.tui.screens.main import MainScreen


def reading(room: FakeRoom) -> dict[str, object]:
    return {"open_room": lambda: ReadingRoom(room)}


async def shown(driver: Console) -> None:
    driver.main.select("INC-107")
    await driver.holds(lambda: driver.shown == "INC-107", "INC-107")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_header_says_it_and_no_pane_names_a_key_that_writes(
    size: tuple[int, int],
) -> None:
    room = busy_room()
    async with console(room, size, **reading(room)) as driver:
        await shown(driver)
        await driver.until(" reading ")
        for pane in "1234":
            await driver.press(pane)
            await driver.settle()
            said = {hint.verb for hint in driver.main.footer.hints}
            assert not said & {"contain", "update", "note", "snooze", "open checklist", "undo"}
            assert "." not in {hint.key for hint in driver.main.footer.hints}
        assert "tab" in {hint.key for hint in driver.main.footer.hints}


async def test_every_deed_is_refused_before_a_dialog_opens() -> None:
    room = busy_room()
    async with console(room, **reading(room)) as driver:
        await shown(driver)
        kept = len(room.commands)
        for name in ("declare", *driver.main.deeds):
            driver.main.notices.latest = None
            driver.main.act(name)
            assert "This console only reads." in driver.notice, name
        for key in ("full_stop", "n", "u", "d"):
            await driver.press(key)
            assert isinstance(driver.app.screen, MainScreen), key
        assert len(room.commands) == kept


async def test_what_only_leads_somewhere_still_does() -> None:
    room = busy_room()
    async with console(room, **reading(room)) as driver:
        await shown(driver)
        await driver.press("b")
        assert driver.main.work_pane.active == "Boundary"
        await driver.press("question_mark")
        assert not isinstance(driver.app.screen, MainScreen)


async def test_the_postmortem_is_read_and_takes_no_letter() -> None:
    room = busy_room()
    async with console(room, **reading(room)) as driver:
        await shown(driver)
        await driver.press("4")
        driver.main.work_pane.show_tab("postmortem", focus=True)
        post = driver.main.work_pane.postmortem
        await driver.holds(lambda: "INC-107" in post.editor.text, "the draft")
        text = post.editor.text
        await driver.until("this console only reads")
        assert "letters are text" not in driver.text
        post.editor.focus()
        await driver.press("x", "ctrl+g", "f4", "ctrl+s", "ctrl+v", "enter", "backspace")
        await driver.settle()
        assert post.editor.text == text
        keys = {hint.key for hint in driver.main.footer.hints}
        assert not keys & {"F4", "^s", "^g", "^t", "F3", "^z"}


async def test_containment_names_no_letter_and_no_undo() -> None:
    for only in (True, False):
        room = busy_room()
        more = reading(room) if only else {}
        async with console(
            room, containment=lambda _, r=room: FakeContainment(r, OPTIONS), **more
        ) as d:
            await shown(d)
            await d.until("flag new-cart off")
            rows = [row for row in d.text.splitlines() if "flag new-cart off" in row]
            assert rows[0].lstrip(" ▌▎").startswith("flag" if only else "f flag")
