"""A template from the console: added to what is written, which stays."""

from pathlib import Path

from tests.tui.console import console
from tests.tui.fakes import FakeRoom, busy_room

from warroom.core import commands as c
from warroom.core import events as e
from warroom.room.templates import read_templates

TEXT = "# One\n\n## Summary\n\nfirst words\n"
ACME = "## Summary\n\n> ? Who of ACME was told?\n\n## Regulator\n\n> ? Which case number?\n"


def written() -> FakeRoom:
    room = FakeRoom()
    room.told("14:00:00", c.Declare(facts=e.Declared(title="x", client="acme")), "INC-1")
    room.told("14:01:00", c.EditPostmortem(text=TEXT, base=0), "INC-1")
    return room


async def test_the_template_of_the_client_comes_first_and_keeps_what_is_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "client-acme.md").write_text(ACME)
    (tmp_path / "a-b.md").write_text("## Other\n")
    room = written()
    async with console(room, templates=lambda: read_templates(tmp_path)) as driver:
        await driver.press("p")
        await driver.until("first words")
        await driver.press("ctrl+end", "n", "e", "w", "ctrl+t")
        await driver.until("adds sections Regulator and 2 questions")
        assert driver.text.index("client-acme") < driver.text.index("a-b")
        await driver.holds(driver.app.screen.guard.ready)
        await driver.press("enter")
        await driver.holds(lambda: "Regulator" in room.states["INC-1"].postmortem)
        kept = room.states["INC-1"].postmortem
        assert "first words" in kept
        assert "new" in kept
        assert "Who of ACME was told?" in kept
        await driver.press("ctrl+t")
        await driver.until("adds nothing that is not there")
        await driver.press("escape", "ctrl+z")
        await driver.holds(lambda: "Regulator" not in driver.main.work_pane.postmortem.editor.text)
        assert "new" in driver.main.work_pane.postmortem.editor.text


async def test_without_a_template_the_console_says_where_one_goes() -> None:
    async with console(written()) as driver:
        await driver.press("p")
        await driver.until("first words")
        await driver.press("ctrl+t")
        await driver.holds(lambda: "templates/default.md" in driver.notice)


async def test_an_untouched_draft_already_asks_what_the_template_asks(tmp_path: Path) -> None:
    (tmp_path / "client-acme.md").write_text(ACME)
    room = FakeRoom()
    room.told("14:00:00", c.Declare(facts=e.Declared(title="x", client="acme")), "INC-1")
    async with console(room, templates=lambda: read_templates(tmp_path)) as driver:
        await driver.press("p")
        await driver.holds(
            lambda: "Which case number?" in driver.main.work_pane.postmortem.editor.text
        )
        assert "Who of ACME was told?" in driver.main.work_pane.postmortem.editor.text


async def test_templates_that_cannot_be_read_take_no_draft_away() -> None:
    def broken() -> dict[str, str]:
        raise PermissionError(13, "Permission denied", "default.md")

    async with console(busy_room(), templates=broken) as driver:
        await driver.press("p")
        await driver.holds(lambda: "## Summary" in driver.main.work_pane.postmortem.editor.text)
        await driver.press("ctrl+t")
        await driver.holds(lambda: "cannot be read: Permission denied" in driver.notice)
