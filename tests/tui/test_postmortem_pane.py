"""The postmortem saves itself, follows the room, and never loses what somebody typed."""

import asyncio

from tests.tui.work_kit import Story, Ticks, WorkApp, full_story, screen_text

from warroom.core import commands as c
from warroom.tui.panes.postmortem import PostmortemTab
from warroom.tui.panes.work import WorkPane

A_SECOND = 1.0


async def show(pilot, app: WorkApp, story: Story) -> PostmortemTab:
    app.work.snapshot = story.snapshot()
    await pilot.pause()
    app.work.show_tab("Postmortem", focus=True)
    await pilot.pause()
    await pilot.pause()
    return app.work.postmortem


def saves(app: WorkApp) -> list[WorkPane.PostmortemEdited]:
    return [x for x in app.asked if isinstance(x, WorkPane.PostmortemEdited)]


async def room_saves(pilot, app: WorkApp, story: Story, save: WorkPane.PostmortemEdited) -> None:
    story.do("15:00:00", c.EditPostmortem(text=save.text, base=save.base))
    app.work.snapshot = story.snapshot()
    await pilot.pause()


async def test_the_untouched_draft_is_shown_and_not_saved() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        await show(pilot, app, full_story())
        await pilot.pause(A_SECOND)
        text = screen_text(app)
        assert "## Summary" in text
        assert "draft, not saved" in text
        assert saves(app) == []


async def test_what_is_typed_is_saved_within_a_second() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(140, 40)) as pilot:
        await show(pilot, app, story)
        await pilot.press(*"abc")
        await pilot.pause(A_SECOND)
        (save,) = saves(app)
        assert save.text.startswith("abc# INC-107")
        assert (save.base, save.incident) == (0, "INC-107")
        await room_saves(pilot, app, story, save)
        assert "saved 0 s ago" in screen_text(app)


async def test_typing_without_a_pause_is_saved_each_second() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        done = 0
        for number in range(24):
            pane.editor.insert(f"{number} ")
            await asyncio.sleep(0.1)
            for save in saves(app)[done:]:
                await room_saves(pilot, app, story, save)
                done += 1
        assert done >= 2, "2.4 s of typing"


async def test_the_second_save_is_based_on_the_first() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane.editor.insert("one ")
        pane.flush()
        await pilot.pause()
        pane.editor.insert("two ")
        pane.flush()
        await pilot.pause()
        assert len(saves(app)) == 1, "the first is still on its way"
        await room_saves(pilot, app, story, saves(app)[0])
        pane.flush()
        await pilot.pause()
        assert [save.base for save in saves(app)] == [0, 1]
        assert saves(app)[1].text.startswith("one two ")


async def test_an_unchanged_text_follows_the_room_and_keeps_the_caret() -> None:
    app = WorkApp()
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="# A\n\nalpha\n\nomega\n", base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane.editor.move_cursor((4, 5))
        story.do(
            "15:01:00",
            c.EditPostmortem(text="# A\n\nalpha, more\nlines\n\nomega\n", base=1),
            by="mia",
        )
        app.work.snapshot = story.snapshot()
        await pilot.pause()
        assert pane.editor.text == "# A\n\nalpha, more\nlines\n\nomega\n"
        assert pane.editor.cursor_location == (5, 5), "still at the end of omega"


async def test_changes_at_different_places_are_joined() -> None:
    app = WorkApp()
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="alpha\n\nbeta\n\nomega\n", base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane.editor.move_cursor((0, 5))
        pane.editor.insert("!")
        story.do(
            "15:01:00", c.EditPostmortem(text="alpha\n\nbeta\n\nomega, by mia\n", base=1), by="mia"
        )
        app.work.snapshot = story.snapshot()
        await pilot.pause()
        assert pane.editor.text == "alpha!\n\nbeta\n\nomega, by mia\n"
        pane.flush()
        await pilot.pause()
        assert saves(app)[-1].base == 2


async def conflict(pilot, app: WorkApp) -> tuple[Story, PostmortemTab]:
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="one cause\n", base=0))
    pane = await show(pilot, app, story)
    pane.editor.move_cursor((0, 9))
    pane.editor.insert(" of mine")
    story.do("15:01:00", c.EditPostmortem(text="one cause of theirs\n", base=1), by="mia")
    app.work.snapshot = story.snapshot()
    await pilot.pause()
    await pilot.pause()
    return story, pane


async def test_a_conflict_keeps_mine_and_shows_both() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        _, pane = await conflict(pilot, app)
        assert pane.editor.text == "one cause of mine\n"
        text = screen_text(app)
        assert "one cause of theirs" in text
        assert "two versions" in text
        await pilot.pause(A_SECOND)
        assert saves(app) == [], "nobody's text is overwritten without a choice"


async def test_mine_can_be_kept() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        await conflict(pilot, app)
        await pilot.press("ctrl+s")
        await pilot.pause()
        (save,) = saves(app)
        assert (save.text, save.base) == ("one cause of mine\n", 2)


async def test_theirs_can_be_taken_and_undo_gives_mine_back() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        _, pane = await conflict(pilot, app)
        await pilot.press("f9")
        await pilot.pause()
        assert pane.editor.text == "one cause of theirs\n"
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert "of mine" in pane.editor.text


async def test_a_refusal_keeps_the_text_and_says_so() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, full_story())
        pane.editor.insert("x")
        pane.flush()
        pane.refused("disk full")
        await pilot.pause()
        assert "not saved: disk full" in screen_text(app)
        await pilot.pause(A_SECOND)
        assert len(saves(app)) == 2, "and it is tried again"


async def test_another_incident_does_not_mix_the_texts() -> None:
    app = WorkApp()
    first = full_story()
    second = Story("INC-200").do("14:00:00", c.Declare(facts=first.records[0].event))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, first)
        pane.editor.insert("mine ")
        app.work.snapshot = second.snapshot()
        await pilot.pause()
        assert [save.incident for save in saves(app)] == ["INC-107"], "saved before it left"
        assert not pane.editor.text.startswith("mine")
        app.work.snapshot = first.snapshot()
        await pilot.pause()
        assert pane.editor.text.startswith("mine "), "not saved yet, not lost"


async def test_undo_survives_a_save() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        before = pane.editor.text
        pane.editor.insert("typed ")
        pane.flush()
        await pilot.pause()
        await room_saves(pilot, app, story, saves(app)[0])
        await pilot.press("ctrl+z")
        assert pane.editor.text == before


async def test_f8_goes_from_question_to_question() -> None:
    app = WorkApp()
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="a\n> ? one\nb\n> ? two\n", base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        rows = []
        for key in ("f8", "f8", "shift+f8", "f20"):
            await pilot.press(key)
            rows.append(pane.editor.cursor_location[0])
        assert rows[:3] == [1, 3, 1]
        assert rows[3] not in (1, 3), "round to what the lint says of the whole text"


async def test_f2_previews_the_section_under_the_caret_only() -> None:
    app = WorkApp()
    story = full_story()
    text = "# T\n\n## One\n\nfirst `code`\n\n## Two\n\n| a | b |\n|---|---|\n| x | y |\n"
    story.do("15:00:00", c.EditPostmortem(text=text, base=0))
    async with app.run_test(size=(110, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane.editor.move_cursor((8, 0))
        await pilot.press("f2")
        await pilot.pause()
        right = "\n".join(row[64:] for row in screen_text(app).splitlines())
        assert "Two" in right
        assert "One" not in right
        assert "|" not in right


async def test_a_paste_is_cleaned_before_it_enters_the_text() -> None:
    from textual import events

    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, full_story())
        app.post_message(events.Paste("x\x1b[2Jy\u202ez"))
        await pilot.pause()
        first = pane.editor.text.split("\n")[0]
        assert first.startswith("xy")
        assert "\x1b" not in pane.editor.text


async def test_the_header_counts_the_seconds_since_the_save() -> None:
    app = WorkApp()
    ticks = Ticks()
    story = full_story()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane._clock = ticks
        pane.editor.insert("x")
        pane.flush()
        await pilot.pause()
        await room_saves(pilot, app, story, saves(app)[0])
        ticks.at += 3
        assert pane.fact(story.snapshot()) == ("saved 3 s ago", "ok")


async def test_a_finding_of_the_lint_stands_in_the_margin_and_in_the_list() -> None:
    app = WorkApp()
    story = full_story()
    text = "## Root cause\n\nLeo forgot to migrate old carts, see [T99].\n"
    story.do("15:00:00", c.EditPostmortem(text=text, base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        await appears(pilot, app, "names a person")
        row = next(row for row in screen_text(app).splitlines() if "to migrate old" in row)
        assert row.startswith("▪"), "the mark is at the very left of its line"
        assert "[T99] is no entry" in [one.text for one in pane.editor._marks[2]]


async def appears(pilot, app: WorkApp, words: str) -> None:
    for _ in range(200):
        if words in screen_text(app):
            return
        await pilot.pause(0.05)
    raise AssertionError(screen_text(app))


async def test_one_letter_inserts_a_fact_as_a_living_reference() -> None:
    app = WorkApp()
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="## Impact\n\nIt was over, see\n", base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane.editor.move_cursor((2, 16))
        await pilot.press("f4")
        await appears(pilot, app, "a letter inserts")
        facts = pane._facts
        wanted = next(n for n, one in enumerate(facts.facts) if one.label == "T10")
        await pilot.press(facts.letter(wanted))
        await pilot.pause()
        assert pane.editor.text.split("\n")[2] == "It was over, see [T10]"
        assert pane.editor.has_focus
        await appears(pilot, app, "T10 · 14:06:25 contained")
        await pilot.press("ctrl+z")
        assert "[T10]" not in pane.editor.text


async def test_a_pinned_line_is_inserted_as_a_block_of_its_own() -> None:
    app = WorkApp()
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="## Impact\n\nbefore after\n", base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        pane.editor.move_cursor((2, 6))
        await pilot.press("f4", "home")
        facts = pane._facts
        for one in facts.facts:
            if one.label.startswith("pinned"):
                break
            await pilot.press("down")
        await pilot.press("enter")
        await pilot.pause()
        text = pane.editor.text
        assert "```\n502 upstream reset by app-3\n```" in text
        assert "[T6]:" in text
        assert text.startswith("## Impact\n\nbefore\n\n")
        assert text.rstrip().endswith("\n\n after")


async def test_search_goes_from_place_to_place_and_back_to_the_text() -> None:
    app = WorkApp()
    story = full_story()
    story.do("15:00:00", c.EditPostmortem(text="İ one\ntwo Cart\nthree cart\ncart\n", base=0))
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, story)
        await pilot.press("ctrl+f", *"cart")
        await appears(pilot, app, "1 of 3")
        assert pane.editor.selected_text == "Cart"
        await pilot.press("enter")
        await appears(pilot, app, "2 of 3")
        await pilot.press("up", "up")
        await appears(pilot, app, "3 of 3")
        await pilot.press("escape")
        assert pane.editor.has_focus
        assert pane.editor.selection.start == (3, 0)


async def test_both_sides_of_a_conflict_can_be_kept() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        await conflict(pilot, app)
        await pilot.press("f6")
        await pilot.pause(A_SECOND)
        (save,) = saves(app)
        assert save.base == 2
        assert "one cause of mine" in save.text
        assert "one cause of theirs" in save.text


async def test_f6_selects_the_line_where_there_is_no_conflict() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 40)) as pilot:
        pane = await show(pilot, app, full_story())
        await pilot.press("f6")
        assert pane.editor.selected_text == pane.editor.document.get_line(0)
