"""The queue by keys: search, saved views, several at once, merging, and what declaring suggests."""

import re
from datetime import timedelta

from tests.tui.console import Console, console
from tests.tui.fakes import NOW, FakeRoom, busy_room
from tests.tui.log_kit import FakeLog, request

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.queue import why_first
from warroom.core.words import FollowUpKind, Place, Priority

PATIENT = 20.0


async def shows(driver: Console, condition, words: str) -> None:
    await driver.holds(condition, words, PATIENT)


async def ready(driver: Console, text: str) -> None:
    """Wait for a dialog that reads keys."""
    await driver.until(text, PATIENT)
    await shows(driver, driver.app.screen.guard.ready, text)


def rows(driver: Console) -> list[str]:
    return [key for key in driver.main.queue.list.keys if not key.startswith("follow-up")]


async def test_a_filter_is_typed_and_the_queue_follows_each_letter() -> None:
    async with console(busy_room()) as driver:
        everything = rows(driver)
        await driver.press("slash", *"sync")
        assert rows(driver) == ["INC-106"]
        assert "1 of 6" in driver.text
        await driver.press("enter")
        assert driver.main.queue.list.has_focus
        await driver.press("escape")
        assert rows(driver) == everything
        await driver.press("slash", *"colour:red")
        await driver.until("nothing to filter by")


async def test_what_cannot_be_a_filter_is_said_where_it_is_typed_and_not_once_it_is_one() -> None:
    async with console(busy_room(), (80, 24)) as driver:
        told = len(driver.main.notices.kept)
        await driver.press("slash", *"is:lat")
        await driver.until("is:lat is unknown; use open, closed, merged, unacknowledged,")
        await driver.until("snoozed, mine, late, due")  # on a line of its own, not cut
        await driver.press("e")
        await driver.holds(lambda: "is unknown" not in driver.text, "a filter", PATIENT)
        assert len(driver.main.notices.kept) == told
        await driver.press("backspace", "enter")
        assert "is:lat is unknown" in driver.notice


async def test_a_filter_without_a_match_says_so_and_praises_nothing() -> None:
    async with console(busy_room()) as driver:
        await driver.press("slash", *"zebra")
        await driver.until("None of 6 incidents matches.")
        assert "enter looks in the closed ones" in driver.text
        assert "No incident. Good." not in driver.text
        await driver.press("escape")
        await driver.holds(lambda: len(rows(driver)) == 6, "all again", PATIENT)
        assert "None of" not in driver.text


async def test_a_mark_moves_nothing() -> None:
    async with console(busy_room()) as driver:

        def row(name: str) -> str:
            return next(line for line in driver.text.splitlines()[2:] if name in line[:15])

        marked = driver.main.queue.list.cursor
        before = row(marked)
        await driver.press("space")
        assert driver.main.queue.marked == {marked}
        await driver.until(f"P1▪{marked}")
        assert row(marked)[1:37] == before[1:37].replace("P1 ", "P1▪")


async def test_an_incident_counted_as_late_shows_what_is_late() -> None:
    room = FakeRoom()
    facts = e.Declared(title="mails are sent twice", priority=Priority.P1)
    room.told("13:27:00", c.Declare(facts=facts), "INC-1", by="mia")
    room.told("13:30:00", c.Acknowledge(), "INC-1")
    async with console(room) as driver:
        await driver.until("1 open · 1 late")
        row = next(line for line in driver.text.splitlines() if "LATE" in line[:37])
        assert row[1:37].split() == ["update", "LATE", "+20m"]
        await driver.press("z")
        await driver.until("why here")
        wide = next(line for line in driver.text.splitlines()[2:] if "INC-1  " in line[:20])
        assert re.search(r"update +LATE  \+20m", wide)


async def test_what_a_person_put_first_says_so_in_the_columns() -> None:
    room = busy_room()
    reorder = c.Reorder(place=Place.TOP, reason="the board asked")
    room.told("14:10:00", reorder, "INC-105", by="mia")
    async with console(room) as driver:
        await driver.press("z")
        await driver.until("why here")
        row = next(line for line in driver.text.splitlines()[2:] if "INC-105" in line[:20])
        assert row.rstrip().endswith("put first by mia: the board asked")


async def test_saved_views_follow_each_other_and_end_in_everything() -> None:
    views = {"worst": "priority:P1", "asleep": "is:snoozed"}
    async with console(busy_room(), views=views) as driver:
        everything = rows(driver)
        await driver.press("F")
        assert set(rows(driver)) == {"INC-109", "INC-107"}
        assert "worst: 2 of 6" in driver.text
        await driver.press("F")
        assert rows(driver) == ["INC-100"]
        await driver.press("F")
        assert rows(driver) == everything


async def test_several_are_snoozed_with_one_answer() -> None:
    room = busy_room()
    async with console(room) as driver:
        await driver.press("end", "up", "space", "space")
        marked = set(driver.main.queue.marked)
        assert len(marked) == 2
        await driver.press("s")
        await ready(driver, "Snooze 2")
        await driver.press(*"noise", "ctrl+s")
        until = NOW + timedelta(minutes=30)
        await shows(
            driver,
            lambda: {n for n, i in room.states.items() if i.snoozed_until == until} == marked,
            "two asleep",
        )
        assert not driver.main.queue.marked


async def test_duplicates_are_merged_by_keys_and_split_again() -> None:
    room = FakeRoom()
    for title in ("exports are broken", "export broken", "mail is slow"):
        room.do(c.Declare(facts=e.Declared(title=title, service="shop", priority=Priority.P2)))
    async with console(room) as driver:
        driver.main.select("INC-2")
        await shows(driver, lambda: driver.shown == "INC-2", "INC-2")
        await driver.press("m")
        await ready(driver, "Merge into")
        assert "perhaps the same" in driver.text
        await driver.press("enter")
        await ready(driver, "into INC-")
        await driver.press(*"same trace", "ctrl+s")
        await shows(driver, lambda: bool(room.states["INC-2"].merged_into), "merged")
        into = room.states["INC-2"].merged_into
        await shows(driver, lambda: driver.shown == into, into)
        driver.main.act("split", into)
        await ready(driver, "Let INC-2 go on by itself")
        await driver.press(*"another cause", "ctrl+s")
        await shows(driver, lambda: not room.states["INC-2"].merged_into, "by itself again")


async def test_declaring_says_what_is_open_and_like_it() -> None:
    room = FakeRoom()
    room.do(c.Declare(facts=e.Declared(title="reports export broken", service="shop")))
    async with console(room) as driver:
        await driver.press("d")
        await ready(driver, "Declare an incident")
        await driver.press(*"export of reports broken")
        await driver.until("perhaps the same", PATIENT)
        assert "INC-1 reports export broken" in driver.text


async def test_an_incident_that_is_closed_is_found_by_its_words() -> None:
    room = busy_room()
    room.told("09:20:00", c.Close(override="a test"), "INC-105")
    async with console(room) as driver:
        assert "INC-105" not in rows(driver)
        await driver.press("at", *"csv export")
        await driver.until("INC-105", PATIENT)
        await driver.press("enter")
        await shows(driver, lambda: driver.shown == "INC-105", "INC-105")


async def test_a_wide_screen_gives_its_room_to_the_titles() -> None:
    title = "checkout answers 502 for every order with a coupon since 2026.11.20"
    room = busy_room()
    room.told("14:16:00", c.Declare(facts=e.Declared(title=title, priority=Priority.P3)), "INC-120")
    async with console(room, (200, 60)) as driver:
        await driver.press("z")
        await driver.until("why here")
        row = next(row for row in driver.text.splitlines() if row.startswith(" P3 INC-120"))
        assert title in row
        heading = next(row for row in driver.text.splitlines() if "why here" in row)
        assert row.index("declared") == heading.index("state")
        assert row.index("nobody has") == heading.index("why here")


async def test_the_points_of_a_place_add_up_on_the_screen() -> None:
    async with console(busy_room(), (200, 60)) as driver:
        driver.main.select("INC-107")
        await driver.press("1", "z")
        await driver.until("Why INC-107 stands where it does")
        whole = re.search(r"stands where it does \W*? ([\d ]+) points", driver.text)
        made = next(row for row in driver.text.splitlines() if " + " in row and " P1 " in row)
        assert whole is not None
        parts = [part.strip() for part in made.split(" + ")]
        assert parts[0] == "P1 3 000"
        added = sum(int(part.rpartition(" ")[2]) for part in parts[1:])
        assert int(whole[1].replace(" ", "")) == 3000 + added


async def test_a_follow_up_is_late_in_the_same_words_in_the_queue_and_in_its_tab() -> None:
    room = busy_room()
    due = NOW - timedelta(days=2)
    owed = c.FollowUp(kind=FollowUpKind.TEST, text="contract test", owner="leo", due=due)
    room.told("14:16:00", owed, "INC-107")
    async with console(room, (200, 60)) as driver:
        driver.main.select("INC-107")
        await driver.press("1", "z")
        await driver.until("LATE +2d 0h")
        await driver.press("z", "4")
        driver.main.work_pane.show_tab("follow-ups", focus=True)
        await driver.holds(lambda: "Why INC-107" not in driver.text)
        await driver.until("LATE +2d 0h")
        row = next(row for row in driver.text.splitlines() if "contract test" in row)
        assert row.rstrip().endswith("LATE +2d 0h")


async def test_an_idle_console_does_not_offer_the_log_that_is_open() -> None:
    for logs in ([], [FakeLog([request()], label="shop.log")]):
        async with console(FakeRoom(NOW), (200, 60), logs=logs) as driver:
            await driver.until("No incident. Good.")
            await driver.until("shop.log" if logs else "no log")
            await driver.holds(lambda n=len(logs): ("Watch a log" in driver.text) is not bool(n))
            assert "Who does what in an incident" in driver.text


async def test_the_footer_says_what_enter_does_where_nothing_matches() -> None:
    async with console(busy_room()) as driver:
        await driver.press("slash", *"zebra")
        await driver.until("None of 6 incidents matches.")
        assert "enter look in the closed ones" in driver.footer
        await driver.press("ctrl+u", *"sync")
        await driver.holds(lambda: "enter keep the filter" in driver.footer)


async def test_why_the_first_is_first_is_said_whole_where_there_is_room() -> None:
    async with console(busy_room(), (200, 60)) as driver:
        width = driver.main.queue.size.width
        await driver.until("INC-109 first:")
        said = " ".join(row[:width].strip() for row in driver.text.splitlines())
        assert why_first(driver.main.snapshot.rows) in said
