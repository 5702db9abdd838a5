"""The console as a person meets it: start, look, act, leave."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.tui.console import Console, console
from tests.tui.fakes import OPTIONS, FakeContainment, FakeRoom, busy_room, services

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.journal import JournalError
from warroom.core.words import Outcome, Priority
from warroom.tui.messages import ActionRequested
from warroom.tui.screens.choose import ChooseScreen
from warroom.tui.screens.confirm import ConfirmScreen
from warroom.tui.screens.help import HelpScreen
from warroom.tui.screens.palette import PaletteScreen
from warroom.tui.screens.told import ToldScreen

READY = 0.45
"""Seconds until a dialog reads its deliberate key, and a little more."""
PAUSED = 0.3


def with_hold(room: FakeRoom) -> tuple[FakeContainment, threading.Event]:
    release = threading.Event()
    return FakeContainment(room, OPTIONS, hold=release), release


# -- start ------------------------------------------------------------------------------------


async def test_the_first_frame_does_not_wait_for_the_store() -> None:
    opened = threading.Event()
    room = busy_room()

    def slow() -> FakeRoom:
        assert opened.wait(10)
        return room

    async with console(given=services(room, open_room=slow), ready=False) as driver:
        await driver.until("opening the store")
        assert "2 Logs" in driver.text
        assert "INC-107" not in driver.text
        opened.set()
        await driver.until("INC-107")


async def test_a_store_that_cannot_be_opened_says_why_and_the_console_stays() -> None:
    def broken() -> FakeRoom:
        raise JournalError("warroom.db is not a journal", "Name another file with --db.")

    async with console(given=services(open_room=broken)) as driver:
        await driver.until("warroom.db is not a journal")
        assert "The store does not answer." in driver.text
        await driver.press("a")
        assert "No incident is open" in driver.notice


async def test_a_store_that_raises_anything_does_not_end_the_console() -> None:
    def broken() -> FakeRoom:
        raise RuntimeError("boom")

    async with console(given=services(open_room=broken)) as driver:
        await driver.until("boom")


async def test_an_empty_queue_says_how_to_begin() -> None:
    async with console(FakeRoom()) as driver:
        assert "No incident. Good." in driver.text
        assert driver.footer.startswith(". declare")


async def test_a_store_that_stops_answering_is_shown_and_comes_back() -> None:
    room = busy_room()
    async with console(room) as driver:
        room.fail = JournalError("the disk is full", "Make room.")
        driver.main._changed(room.kept["INC-107"][-1:])
        await driver.until("✗ no store")
        assert "What is shown is older" in driver.notice
        room.fail = None
        await driver.until("The store answers again")
        assert "no store" not in driver.text


async def test_what_was_not_kept_is_said_and_the_store_is_looked_at() -> None:
    room = busy_room()
    async with console(room) as driver:
        room.fail = JournalError("the disk is full", "Make room.")
        await driver.press("a")
        await driver.until("✗ no store")
        assert "Not kept: the disk is full" in driver.notice


async def test_the_keys_of_a_notice_are_whole_and_stay_true() -> None:
    async with console(FakeRoom(), size=(80, 24)) as driver:
        main = driver.main
        main.say(
            "5xx 8.0 % in the last 6 min, ordinary here 0.2 % and so on " * 2, "s5", "▲", "d x"
        )
        await driver.until("…  d x")


async def test_no_text_is_taken_for_a_postmortem_of_no_incident() -> None:
    async with console(FakeRoom()) as driver:
        driver.main.go("work", tab="postmortem")
        await driver.until("No incident is shown. Its postmortem")
        await driver.press("x")
        assert driver.main.work_pane.postmortem.editor.text == ""


# -- what is shown ----------------------------------------------------------------------------


async def test_the_row_under_the_cursor_is_the_incident_that_is_shown() -> None:
    async with console(busy_room()) as driver:
        assert driver.shown == "INC-109"
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        assert "contained" in driver.text
        assert "new-cart off" in driver.text


async def test_a_new_incident_does_not_move_the_cursor() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        facts = e.Declared(title="everything is down", priority=Priority.P1)
        room.do(c.Declare(facts=facts), actor="mia", name="INC-120")
        await driver.until("INC-120")
        assert driver.shown == "INC-107"
        assert driver.main.queue.list.cursor == "INC-107"


async def test_what_another_console_does_is_told() -> None:
    room = busy_room()
    async with console(room) as driver:
        room.do(c.AddNote(text="the mail queue is paused"), "INC-109", actor="leo")
        await driver.until("leo note: the mail queue is paused")


async def test_a_hostile_title_is_shown_and_can_do_nothing() -> None:
    room = FakeRoom()
    for title in ("[/nope] [ERROR]", "[@click=app.quit]x[/]", "\x1b[2J\x9b31m\u202eevil\x00"):
        room.do(c.Declare(facts=e.Declared(title=title, summary=title)))
    async with console(room) as driver:
        assert "[/nope] [ERROR]" in driver.text
        assert "[@click=app.quit]x[/]" in driver.text
        await driver.press("z", "z", "colon")
        await driver.until("[/nope]")
        assert not set(driver.text) & {"\x1b", "\x9b", "\u202e", "\x00"}
        await driver.press("escape", "at")
        assert not set(driver.text) & {"\x1b", "\x9b", "\u202e", "\x00"}


# -- acting -----------------------------------------------------------------------------------


async def test_acknowledge_takes_the_incident_that_is_shown() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("a")
        await driver.holds(lambda: room.states["INC-109"].commander == "ana")
        assert room.commands[-1] == (c.Acknowledge(), "INC-109")


async def test_the_full_stop_does_what_the_method_asks_next() -> None:
    room = FakeRoom()
    room.do(c.Declare(facts=e.Declared(title="checkout fails")))
    async with console(room) as driver:
        assert driver.footer.startswith(". acknowledge")
        await driver.press("full_stop")
        await driver.holds(lambda: room.states["INC-1"].commander == "ana")
        await driver.holds(lambda: driver.footer.startswith(". contain"))


async def test_a_key_bound_to_another_incident_is_refused() -> None:
    room = busy_room()
    async with console(room) as driver:
        before = len(room.commands)
        driver.main.queue.post_message(ActionRequested("acknowledge", incident="INC-106"))
        await driver.until("INC-106 is not what is shown any more")
        assert len(room.commands) == before


async def test_a_refusal_is_shown_with_its_reason() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        await driver.press("a")
        await driver.until("was acknowledged by ana")


async def test_a_note_is_typed_and_kept() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("n")
        await driver.wait(READY)
        await driver.press(*"paused", "ctrl+s")
        await driver.holds(lambda: isinstance(room.commands[-1][0], c.AddNote))
        assert room.commands[-1] == (c.AddNote(text="paused"), "INC-109")


async def test_rolling_back_takes_two_keys_to_the_plan_and_one_on_purpose() -> None:
    room = busy_room()
    containment = FakeContainment(room, OPTIONS)
    async with console(room, containment=lambda _: containment) as driver:
        await driver.until("checkout to")
        await driver.press("c")
        await driver.wait(READY)
        await driver.press("r")
        await driver.holds(lambda: isinstance(driver.app.screen, ConfirmScreen))
        await driver.wait(READY)
        await driver.press("r", "enter", "space")
        await driver.wait(READY)
        assert containment.executed == []
        await driver.press("R")
        await driver.holds(lambda: bool(containment.executed))
        plan, confirmed = containment.executed[0]
        assert (plan.runbook, confirmed) == ("roll-back", "R")
        await driver.holds(lambda: room.states["INC-109"].runs[-1].outcome is Outcome.SUCCEEDED)


async def test_leaving_the_confirmation_runs_nothing() -> None:
    room = busy_room()
    containment = FakeContainment(room, OPTIONS)
    async with console(room, containment=lambda _: containment) as driver:
        await driver.until("checkout to")
        await driver.press("3", "f")
        await driver.holds(lambda: isinstance(driver.app.screen, ConfirmScreen))
        await driver.press("escape")
        await driver.until("nothing ran")
        assert containment.executed == []


async def test_a_confirmation_is_void_when_the_incident_changes_under_it() -> None:
    room = busy_room()
    containment = FakeContainment(room, OPTIONS)
    async with console(room, containment=lambda _: containment) as driver:
        await driver.until("checkout to")
        await driver.press("3", "f")
        await driver.holds(lambda: isinstance(driver.app.screen, ConfirmScreen))
        room.do(c.Acknowledge(), "INC-109", actor="leo")
        await driver.until("Nothing ran. Open it again")
        await driver.wait(READY)
        await driver.press("R")
        await driver.wait(PAUSED)
        assert containment.executed == []


async def test_an_undo_is_offered_for_what_is_in_force() -> None:
    room = busy_room()
    containment = FakeContainment(room, OPTIONS)
    async with console(room, containment=lambda _: containment) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        await driver.press("3", "U")
        await driver.holds(lambda: isinstance(driver.app.screen, ConfirmScreen))
        await driver.wait(READY)
        await driver.press("U")
        await driver.holds(lambda: bool(containment.executed))
        assert containment.executed[0][0].undoes == "run-0"
        await driver.holds(lambda: room.states["INC-107"].ledger == ())


async def test_without_a_runbook_one_says_what_stopped_the_damage() -> None:
    room = busy_room()
    async with console(room, containment=lambda _: FakeContainment(room)) as driver:
        await driver.press("c")
        await driver.until("Contained by hand")
        await driver.wait(READY)
        await driver.press(*"by_hand", "ctrl+s")
        await driver.holds(lambda: room.states["INC-109"].contained_how == "by_hand")


async def test_an_unknown_step_is_settled_on_purpose() -> None:
    room = busy_room()
    lost = e.StepFinished(run="lost", outcome=Outcome.UNKNOWN)
    known = room.states["INC-107"].runs[0].intent
    facts = replace(known, run="lost", runbook="drain")
    room.do(c.IntendStep(facts=facts), "INC-107")
    room.do(c.FinishStep(facts=lost), "INC-107")
    async with console(room) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        assert driver.footer.startswith(". verify the unknown step")
        await driver.press("full_stop")
        await driver.holds(lambda: isinstance(driver.app.screen, ChooseScreen))
        await driver.wait(READY)
        await driver.press("v", "enter")
        await driver.wait(PAUSED)
        assert room.states["INC-107"].run("lost").outcome is Outcome.UNKNOWN
        await driver.press("D")
        await driver.holds(lambda: room.states["INC-107"].run("lost").outcome is Outcome.SUCCEEDED)


# -- finding ----------------------------------------------------------------------------------


async def test_the_palette_finds_by_words_and_shows_the_shell_line() -> None:
    room = busy_room()
    containment = FakeContainment(room, OPTIONS)
    async with console(room, containment=lambda _: containment) as driver:
        await driver.until("checkout to")
        await driver.press("colon", *"rollback")
        assert "warroom contain INC-109 roll-back" in driver.text
        await driver.press("enter")
        await driver.holds(lambda: isinstance(driver.app.screen, ConfirmScreen))
        assert containment.executed == []


async def test_the_palette_opens_from_a_text_with_ctrl_p() -> None:
    async with console(busy_room()) as driver:
        await driver.press("ctrl+p")
        await driver.holds(lambda: isinstance(driver.app.screen, PaletteScreen))
        await driver.press(*"zzzz")
        assert "Nothing has these words" in driver.text
        assert "open, runs nothing" not in driver.text
        assert "esc leave" in driver.text
        await driver.press("enter", "escape")
        await driver.holds(lambda: driver.app.screen is driver.main)


async def test_at_goes_to_an_incident_even_a_closed_one() -> None:
    room = busy_room()
    room.do(c.Acknowledge(), "INC-105")
    room.do(c.Close(override="a test"), "INC-105")
    async with console(room) as driver:
        assert "INC-105" not in driver.text
        await driver.press("at", *"csv")
        await driver.until("CSV export")
        await driver.press("enter")
        await driver.holds(lambda: driver.shown == "INC-105")


async def test_on_a_narrow_screen_priority_and_state_of_an_incident_come_before_its_day() -> None:
    async with console(busy_room(), (80, 24)) as driver:
        await driver.press("at", *"csv")
        await driver.until("P3 declared")


async def test_the_choice_of_themes_says_which_is_in_use() -> None:
    async with console(busy_room()) as driver:
        for name in ("dark", "light"):
            driver.app.use_theme(name)
            await driver.press("colon", *"theme")
            await driver.until("in use")
            row = next(row for row in driver.text.splitlines() if "in use" in row)
            assert f"Theme {name} " in row
            assert driver.text.count("in use") == 1
            await driver.press("escape")


async def test_help_lists_the_keys_as_they_are_and_finds_one() -> None:
    async with console(busy_room(), keymap={"incident.contain": "C"}) as driver:
        await driver.press("question_mark")
        await driver.holds(lambda: isinstance(driver.app.screen, HelpScreen))
        assert "type to find a key" in driver.text
        await driver.press(*"contain")
        assert " C  contain " in driver.text
        assert "acknowledge" not in driver.text.split("Contain")[-1].split("esc")[0]
        await driver.press("escape")
        assert driver.app.screen is driver.main


async def test_the_last_notices_can_be_looked_up() -> None:
    async with console(busy_room()) as driver:
        driver.main.say("one [/x]")
        driver.main.say("two")
        await driver.press("ctrl+n")
        await driver.holds(lambda: isinstance(driver.app.screen, ToldScreen))
        assert "one [/x]" in driver.text
        await driver.press("escape")


async def test_ctrl_o_returns_to_pane_incident_and_zoom() -> None:
    async with console(busy_room()) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        await driver.press("2")
        assert driver.main.front == "logs"
        await driver.press("ctrl+o")
        assert driver.main.front == "queue"
        assert driver.shown == "INC-107"


async def test_a_theme_is_changed_at_once_everywhere() -> None:
    async with console(busy_room()) as driver:
        await driver.press("colon", *"theme light", "enter")
        await driver.holds(lambda: driver.app.palette.name == "light")
        drawn = {w.palette.name for w in driver.main.query("*") if hasattr(w, "palette")}
        assert drawn == {"light"}


# -- leaving ----------------------------------------------------------------------------------


async def test_a_containment_is_kept_until_a_date() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        await driver.press("3", "l")
        await driver.until("Let it stay")
        await driver.wait(READY)
        await driver.press(*"2h", "ctrl+s")
        await driver.holds(lambda: room.states["INC-107"].runs[0].keep_until is not None)
        assert len(room.states["INC-107"].open_follow_ups) == 1


async def test_the_priority_is_changed_with_a_reason() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("colon", *"make it p2", "enter")
        await driver.until("because")
        await driver.wait(READY)
        await driver.press(*"few", "ctrl+s")
        await driver.holds(lambda: room.states["INC-109"].priority is Priority.P2)


async def test_a_deadline_that_passes_is_said_once() -> None:
    room = busy_room()
    async with console(room) as driver:
        assert "late" in driver.notice or "due" in driver.notice
        said = len(driver.main.notices.kept)
        await driver.wait(1.2)
        assert len(driver.main.notices.kept) == said
        room.at += timedelta(minutes=10)
        await driver.until("INC-109: respond is late by")
        kept = [one.text for one in driver.main.notices.kept]
        assert sum("INC-109: respond is late" in text for text in kept) == 1


async def test_q_leaves_at_once_when_nothing_runs() -> None:
    async with console(busy_room()) as driver:
        await driver.press("q")
        assert driver.app.return_code == 0


async def test_leaving_with_a_running_step_asks_first() -> None:
    room = busy_room()
    containment, release = with_hold(room)
    async with console(room, containment=lambda _: containment) as driver:
        await started(driver, containment)
        await driver.press("ctrl+q")
        await driver.until("A step is running")
        await driver.wait(READY)
        await driver.press("escape")
        assert driver.app.return_code is None
        release.set()
        await driver.holds(lambda: room.states["INC-109"].runs[-1].outcome is Outcome.SUCCEEDED)


async def test_leaving_on_purpose_stops_the_step_and_keeps_its_end() -> None:
    room = busy_room()
    containment, _ = with_hold(room)
    async with console(room, containment=lambda _: containment) as driver:
        await started(driver, containment)
        await driver.press("ctrl+q")
        await driver.until("A step is running")
        await driver.wait(READY)
        await driver.press("S")
        await driver.holds(lambda: driver.app.return_code == 0)
        # The thread of the step writes its end; a real console waits for its threads at the end.
        await driver.holds(lambda: room.states["INC-109"].runs[-1].outcome is Outcome.CANCELLED)


async def started(driver: Console, containment: FakeContainment) -> None:
    await driver.until("checkout to")
    await driver.press("3", "f")
    await driver.holds(lambda: isinstance(driver.app.screen, ConfirmScreen))
    await driver.wait(READY)
    await driver.press("R")
    await driver.holds(lambda: bool(containment.executed))


@pytest.mark.parametrize("action", ["update", "diagnose", "hypothesis", "handover", "resolve", "close",
                                    "change", "follow-up", "fix", "reopen", "snooze"])  # fmt: skip
async def test_every_dialog_opens_and_leaves_without_a_command(action: str) -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("down")
        await driver.holds(lambda: driver.shown == "INC-107")
        before = list(room.commands)
        driver.main.act(action)
        await driver.holds(lambda: driver.app.screen is not driver.main, action)
        await driver.wait(READY)
        await driver.press("escape")
        await driver.holds(lambda: driver.app.screen is driver.main, action)
        assert room.commands == before


@pytest.mark.parametrize("key", ["colon", "M"])
async def test_a_narrow_screen_still_names_the_way_out(key: str) -> None:
    async with console(size=(80, 24)) as driver:
        await driver.press(key)
        await driver.holds(lambda: "esc leave" in driver.text or "esc back" in driver.text)


async def test_the_list_of_notices_is_as_high_as_what_was_said() -> None:
    async with console(size=(140, 40)) as driver:
        driver.main.say("first")
        await driver.press("ctrl+n")
        await driver.until("Notices, newest first")
        box = driver.app.screen.query_one("Vertical").region
        assert box.height == driver.app.screen.query_one("PickList").virtual_size.height + 2
        assert box.height < 12


async def test_a_line_that_is_longer_than_its_field_is_shown_as_text() -> None:
    """A bar to scroll with would stand in the only row there is."""
    long = " ".join(f"word{n}" for n in range(20))
    async with console(busy_room(), (80, 24)) as driver:
        driver.main.act("declare", None, long)
        await driver.until("Declare an incident")
        await driver.until("word3")
        await driver.press("home", "end")
        await driver.until("word19")
