"""The alert and the test for the next time, drafted from the log and kept by a key."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.tui.console import console
from tests.tui.fakes import FakeRoom

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import FollowUpKind
from warroom.logs import open_log
from warroom.logs.filelog import FileLog

LOG = Path(__file__).parents[2] / "sample_data/logs/shop_access.log"
ONSET = datetime(2026, 11, 20, 8, 3, 1, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FileLog]:
    """The sample's log, as if it were of the day of the room."""
    path = tmp_path / "shop_access.log"
    path.write_text(LOG.read_text().replace("[21/Nov/", "[20/Nov/"))
    opened = open_log(path)
    assert isinstance(opened, FileLog)
    yield opened
    opened.close()


def failed() -> FakeRoom:
    room = FakeRoom()
    facts = e.Declared(title="checkout answers 5xx", service="shop", started_at=ONSET)
    room.told("08:03:05", c.Declare(facts=facts), "INC-1")
    room.told("08:03:16", c.Contain(how="rolled back"), "INC-1")
    test = c.FollowUp(kind=FollowUpKind.TEST, text="A load test")
    room.told("08:20:00", test, "INC-1")
    return room


async def test_the_alert_is_read_and_kept_with_a_follow_up_of_its_own(log: FileLog) -> None:
    room = failed()
    async with console(room, logs=[log]) as driver:
        await driver.press("colon", *"would have caught", "enter")
        await driver.until("The alert that would have caught it")
        assert "nothing is sent" in driver.text
        await driver.press("escape")
        await driver.holds(lambda: driver.app.screen is driver.main)
        assert room.states["INC-1"].attachments == ()
        await driver.press("colon", *"would have caught", "enter")
        await driver.until("It is kept with a follow-up: Alert when")
        await driver.holds(driver.app.screen.guard.ready)
        await driver.press("ctrl+s")
        await driver.holds(lambda: bool(room.states["INC-1"].attachments))
        (kept,) = room.states["INC-1"].attachments
        assert kept.name == "alert.yml"
        assert "expr:" in kept.text
        (_, opened) = room.states["INC-1"].follow_ups
        assert opened.kind is FollowUpKind.MONITORING
        assert kept.follow_up == opened.follow_up == 2


async def test_the_regression_test_goes_to_the_follow_up_that_is_there(log: FileLog) -> None:
    room = failed()
    async with console(room, logs=[log]) as driver:
        await driver.press("colon", *"requests that failed", "enter")
        await driver.until("It is kept with F1, A load test")
        await driver.holds(driver.app.screen.guard.ready)
        await driver.press("ctrl+s")
        await driver.holds(lambda: bool(room.states["INC-1"].attachments))
        (kept,) = room.states["INC-1"].attachments
        assert (kept.name, kept.follow_up) == ("test_inc_1.py", 1)
        assert "POST /api/checkout" in kept.text or '"/api/checkout' in kept.text
        assert len(room.states["INC-1"].follow_ups) == 1


async def test_without_a_log_the_console_says_why_there_is_nothing() -> None:
    async with console(failed()) as driver:
        await driver.press("colon", *"would have caught", "enter")
        await driver.holds(lambda: "no log with requests is open" in driver.notice)
        await driver.press("colon", *"requests that failed", "enter")
        await driver.holds(lambda: "No request can be repeated" in driver.notice)
