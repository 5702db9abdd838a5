"""A follow-up becomes a ticket from the board: seen whole, confirmed by one key, sent once."""

from tests.tui.console import Console, console
from tests.tui.fakes import FakeRoom

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.followups import Owed
from warroom.core.words import FollowUpKind
from warroom.room.service import Room
from warroom.tui.services import TicketPlan


class Tracker:
    """Plans tickets and counts what is sent."""

    def __init__(self, lines: int = 3, trouble: str = "") -> None:
        self.lines = lines
        self.trouble = trouble
        self.sent: list[str] = []

    def __call__(self, owed: Owed) -> TicketPlan:
        def create(room: Room) -> str:
            if self.trouble:
                raise OSError(self.trouble)
            self.sent.append(owed.key)
            facts = c.FollowUp(
                kind=owed.item.kind, text=owed.item.text, number=1, link="http://t/1"
            )
            room.do(facts, owed.incident.id)
            return f"{owed.key}: created, http://t/1"

        words = [
            ("title", f"{owed.item.text}\x1b[2J"),
            *(("", f"line {n}") for n in range(self.lines)),
        ]
        return TicketPlan(address="http://t/issues", fields=words, create=create)


def owing() -> FakeRoom:
    room = FakeRoom()
    room.told("14:00:00", c.Declare(facts=e.Declared(title="checkout fails")), "INC-1")
    facts = c.FollowUp(kind=FollowUpKind.TEST, text="Test the pool")
    room.told("14:01:00", facts, "INC-1")
    return room


def notices(driver: Console) -> list[str]:
    return [said.text for said in driver.main.notices.kept]


async def board(driver: Console) -> None:
    driver.main.go("work", tab="follow-ups")
    await driver.holds(lambda: "t ticket" in driver.footer, "the keys of the board")
    await driver.press("t")


async def test_a_ticket_is_shown_and_created_by_its_key_only() -> None:
    tracker = Tracker()
    async with console(owing(), trackers={"ops": tracker}) as driver:
        await board(driver)
        await driver.until("http://t/issues")
        assert "line 2" in driver.text
        await driver.wait(0.5)
        await driver.press("enter")
        await driver.until("Nothing was sent. Only T creates it.")
        assert tracker.sent == []
        await driver.wait(0.5)
        await driver.press("T")
        await driver.holds(lambda: tracker.sent == ["INC-1/F1"])
        await driver.holds(lambda: any("created, http://t/1" in said for said in notices(driver)))
        await driver.press("t")
        await driver.holds(lambda: "has a ticket" in driver.notice)
        assert tracker.sent == ["INC-1/F1"]


async def test_escape_sends_nothing_and_a_long_one_is_read_first() -> None:
    tracker = Tracker(lines=100)
    async with console(owing(), trackers={"ops": tracker}) as driver:
        await board(driver)
        await driver.until("http://t/issues")
        await driver.wait(0.5)
        await driver.press("T")
        await driver.until("look at all of it first")
        await driver.wait(0.5)
        await driver.press("end")
        await driver.until("line 99")
        await driver.press("escape")
        await driver.wait(0.5)
        assert tracker.sent == []


async def test_several_trackers_are_chosen_from_and_a_failure_is_told() -> None:
    good, bad = Tracker(), Tracker(trouble="401 Bad credentials")
    async with console(owing(), trackers={"good": good, "bad": bad}) as driver:
        await board(driver)
        await driver.until("In which tracker")
        await driver.wait(0.5)
        await driver.press("down", "enter")
        await driver.until("http://t/issues")
        await driver.wait(0.5)
        await driver.press("T")
        await driver.holds(lambda: any("no ticket: 401 Bad" in said for said in notices(driver)))
        assert good.sent == []


async def test_without_a_tracker_the_console_says_where_one_goes() -> None:
    async with console(owing()) as driver:
        await board(driver)
        await driver.holds(lambda: "[channels.NAME]" in driver.notice)
