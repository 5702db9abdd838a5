"""The work pane: each tab says what the incident knows, and asks for what it cannot do itself."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.tui.work_kit import NOW, Story, WorkApp, declared, full_story, screen_text

from warroom.core import commands as c
from warroom.core.words import Audience, FollowUpKind, HypothesisState, UpdateKind
from warroom.tui.messages import ActionRequested
from warroom.tui.panes.changes import closeness, ranked
from warroom.tui.snapshot import Snapshot

WIDTHS = [(76, 20), (100, 16), (150, 50)]


async def show(pilot, app: WorkApp, story: Story, tab: str = "Timeline", **more: object) -> None:
    app.work.snapshot = story.snapshot(**more)
    await pilot.pause()
    app.work.show_tab(tab, focus=True)
    await pilot.pause()
    await pilot.pause()


def asked(app: WorkApp) -> list[tuple[str, str | None, str]]:
    found = [x for x in app.asked if isinstance(x, ActionRequested)]
    return [(x.action, x.incident, x.argument) for x in found]


async def test_every_tab_draws_at_every_size_without_an_incident_and_with_one() -> None:
    for size in WIDTHS:
        app = WorkApp()
        async with app.run_test(size=size) as pilot:
            for story in (None, declared(), full_story()):
                empty = Snapshot(now=NOW, actor="ana", loaded=True)
                app.work.snapshot = empty if story is None else story.snapshot()
                for tab in app.work.tabs:
                    app.work.show_tab(tab.NAME, focus=True)
                    await pilot.pause()
                    assert app.work.active == tab.NAME


async def test_the_timeline_shows_what_happened_and_stays_at_its_end() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(100, 12)) as pilot:
        await show(pilot, app, story)
        assert "alert on resets" in screen_text(app), "the newest is in sight"
        story.do("14:18:00", c.AddNote(text="support is informed"))
        app.work.snapshot = story.snapshot()
        await pilot.pause()
        await pilot.pause()
        assert "support is informed" in screen_text(app)


async def test_reading_back_in_the_timeline_is_not_disturbed_by_what_comes() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(100, 12)) as pilot:
        await show(pilot, app, story)
        await pilot.press("home", "down")
        await pilot.pause()
        before = [row[:-1] for row in screen_text(app).splitlines()]
        story.do("14:18:00", c.AddNote(text="support is informed"))
        app.work.snapshot = story.snapshot()
        await pilot.pause()
        await pilot.pause()
        assert [row[:-1] for row in screen_text(app).splitlines()] == before


async def test_a_row_under_the_cursor_keeps_its_place_when_one_is_put_above() -> None:
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(100, 12)) as pilot:
        await show(pilot, app, story)
        await pilot.press("up", "up", "up")
        await pilot.pause()
        rows = screen_text(app).splitlines()
        mark = next(n for n, row in enumerate(rows) if row.startswith("▌"))
        early = NOW - timedelta(hours=2)
        story.do("14:18:00", c.AddNote(text="the night job was slow", about=early))
        app.work.snapshot = story.snapshot()
        await pilot.pause()
        await pilot.pause()
        after = screen_text(app).splitlines()
        assert after[mark] == rows[mark]


async def test_enter_shows_an_entry_in_full() -> None:
    app = WorkApp()
    story = declared().do("14:05:00", c.AddNote(text="first line\nsecond line " + "long " * 40))
    async with app.run_test(size=(80, 20)) as pilot:
        await show(pilot, app, story)
        assert "…" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        text = screen_text(app)
        assert "second line" in text
        assert "by ana" in text


async def test_a_backdated_note_says_so() -> None:
    app = WorkApp()
    story = declared().do("14:05:00", c.AddNote(text="slow before", about=NOW - timedelta(hours=1)))
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, story)
        assert "noted later" in screen_text(app)


async def test_hostile_text_is_drawn_literally_and_harmlessly() -> None:
    app = WorkApp()
    hostile = "[/nope] [@click=app.quit]x[/] \x1b[2J\x1b]52;c;QUJD\x07 \u202eevil"
    story = declared(title=hostile)
    story.do("14:04:00", c.Acknowledge())
    story.do("14:05:00", c.AddNote(text=hostile))
    story.do("14:06:00", c.FollowUp(kind=FollowUpKind.TEST, text=hostile, owner=hostile))
    story.do("14:07:00", c.EditPostmortem(text=hostile, base=0))
    async with app.run_test(size=(160, 30)) as pilot:
        for tab in app.work.tabs:
            await show(pilot, app, story, tab.NAME)
            text = screen_text(app)
            assert "\x1b" not in text
            assert "\x07" not in text
            assert "\u202e" not in text
        assert "[@click=app.quit]x[/]" in text


async def test_the_board_sorts_hypotheses_by_where_they_stand() -> None:
    app = WorkApp()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, full_story(), "Hypotheses")
        rows = screen_text(app).splitlines()
        assert "H3" in rows[3][:30]
        assert "H2" in rows[3][30:60]
        assert "H1" in rows[3][60:90]
        assert "Nothing confirmed yet" in "\n".join(rows)


async def test_the_board_asks_for_evidence_for_the_hypothesis_under_the_cursor() -> None:
    app = WorkApp()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, full_story(), "Hypotheses")
        await pilot.press("right", "plus", "minus", "enter", "h")
        await pilot.pause()
    assert [argument for _, _, argument in asked(app)] == ["2+", "2-", "2", ""]
    assert {(action, name) for action, name, _ in asked(app)} == {("hypothesis", "INC-107")}


async def test_over_the_edge_of_the_board_lies_the_next_tab() -> None:
    app = WorkApp()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, full_story(), "Hypotheses")
        await pilot.press("right", "right", "right")
        await pilot.pause()
        assert app.work.active == "Changes"


def test_changes_are_ordered_by_closeness_and_none_after_the_onset_leads() -> None:
    order = [change.text for _, change, _ in ranked(full_story().incident)]
    assert order == [
        "checkout 2026.11.20 deployed",
        "gateway-timeouts 2 s → 1 s",
        "campaign mail sent",
    ]


def test_closeness_falls_with_time_and_is_nothing_after_the_onset() -> None:
    values = [closeness(timedelta(seconds=s)) for s in (0, 13, 600, 86_400, 10**7)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 1
    assert values[-1] == 0
    assert closeness(timedelta(seconds=-1)) == 0


async def test_a_change_can_become_a_hypothesis() -> None:
    app = WorkApp()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, full_story(), "Changes")
        await pilot.press("h", "plus")
        await pilot.pause()
    assert asked(app) == [
        ("hypothesis", "INC-107", "=checkout 2026.11.20 deployed"),
        ("change", "INC-107", ""),
    ]


async def test_follow_ups_show_the_late_first_and_who_has_none() -> None:
    app = WorkApp()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, full_story(), "Follow-ups")
        rows = screen_text(app).splitlines()
        assert "alert on resets" in rows[1]
        assert "LATE" in rows[1]
        assert "nobody" in rows[1]
        assert "1 late" in rows[0]
        await pilot.press("x", "enter", "plus")
        await pilot.pause()
    assert [argument for _, _, argument in asked(app)] == ["2 done", "2", ""]


async def test_a_follow_up_and_its_date_stay_near_each_other_on_a_wide_screen() -> None:
    app = WorkApp()
    story = declared().do("14:06:00", c.FollowUp(kind=FollowUpKind.TEST, text="contract test"))
    async with app.run_test(size=(200, 30)) as pilot:
        await show(pilot, app, story, "Follow-ups")
        row = next(row for row in screen_text(app).splitlines() if "contract test" in row)
        assert len(row.rstrip()) <= 121
        assert row.rstrip().endswith("no date")


async def test_the_room_of_a_wide_screen_goes_to_a_follow_up_that_needs_it() -> None:
    app = WorkApp()
    text = "alert on upstream resets of the payment gateway, " * 2 + "before the first client calls"
    story = declared().do("14:06:00", c.FollowUp(kind=FollowUpKind.TEST, text=text))
    async with app.run_test(size=(220, 30)) as pilot:
        await show(pilot, app, story, "Follow-ups")
        assert text in screen_text(app)


async def test_a_hypothesis_stands_where_it_is_since_it_was_moved_there() -> None:
    app = WorkApp()
    testing = HypothesisState.TESTING
    story = full_story().do("14:16:30", c.Hypothesise(state=testing, number=2, evidence="- no"))
    moved = next(h for h in story.incident.hypotheses if h.number == 2)
    since = next(at for at, event in moved.history if event.state is testing)
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, story, "Hypotheses")
        text = screen_text(app)
        assert f"since {since:%H:%M:%S}" in text
        assert "since 14:16:30" not in text


async def test_the_next_update_is_announced() -> None:
    app = WorkApp()
    async with app.run_test(size=(140, 20)) as pilot:
        await show(pilot, app, full_story(), "Updates")
        assert "next update in 18m" in screen_text(app)
        await show(pilot, app, full_story(), "Updates", now=NOW + timedelta(hours=1))
        assert "LATE" in screen_text(app)


@pytest.mark.parametrize("name", ["follow-ups", "Follow-ups", "followups", "POSTMORTEM"])
async def test_a_tab_is_found_by_its_name(name: str) -> None:
    app = WorkApp()
    async with app.run_test() as pilot:
        app.work.show_tab(name)
        await pilot.pause()
        assert app.work.active.lower().replace("-", "") == name.lower().replace("-", "")


async def test_an_unknown_tab_is_an_error_of_the_caller() -> None:
    app = WorkApp()
    async with app.run_test():
        with pytest.raises(KeyError):
            app.work.show_tab("nope")


async def test_a_tab_is_chosen_with_the_mouse() -> None:
    app = WorkApp()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, full_story())
        at = screen_text(app).splitlines()[0].index("Changes")
        await pilot.click(app.work.tab_line, offset=(at, 0))
        await pilot.pause()
        assert app.work.active == "Changes"


async def test_nothing_is_built_again_when_nothing_has_changed() -> None:
    """A snapshot a second must not cost a list a second."""
    app = WorkApp()
    story = full_story()
    async with app.run_test(size=(120, 20)) as pilot:
        await show(pilot, app, story)
        built: list[int] = []
        original = app.work.timeline._build
        app.work.timeline._build = lambda width: built.append(width) or original(width)  # type: ignore[method-assign]
        for second in range(5):
            app.work.snapshot = replace(story.snapshot(), now=NOW + timedelta(seconds=second))
            await pilot.pause()
        assert built == []


async def test_updates_stand_in_full_where_there_is_room() -> None:
    told = "Checkout fails for one order in five. " * 4 + "Next news by 15:00 UTC."
    story = declared().do("14:05:00", c.SendUpdate(
        kind=UpdateKind.INITIAL, audience=Audience.CLIENT, text=told
    ))  # fmt: skip
    for size, whole in (((120, 12), False), ((120, 24), True), ((70, 24), True)):
        app = WorkApp()
        async with app.run_test(size=size) as pilot:
            await show(pilot, app, story, "Updates")
            text = screen_text(app)
            assert ("15:00" in text) is whole, size
            assert "initial" in text


async def test_the_newest_update_is_in_sight_when_all_stand_in_full() -> None:
    story = declared()
    for number in range(9):
        text = f"Number {number}. " + "Some orders fail; the cause is looked for. " * 3
        update = c.SendUpdate(kind=UpdateKind.PROGRESS, audience=Audience.CLIENT, text=text)
        story.do(f"14:0{number}:00", update)
    app = WorkApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await show(pilot, app, story, "Updates")
        await pilot.pause()
        assert "Number 8" in screen_text(app)
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        await pilot.pause()
        assert "Number 8" in screen_text(app)
