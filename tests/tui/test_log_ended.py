"""A log whose last line is old: what it said then is not how things are now."""

from datetime import timedelta

import pytest
from tests.tui.console import console
from tests.tui.fakes import NOW, FakeRoom, busy_room
from tests.tui.log_kit import NOON, FakeLog, request

from warroom.core.commands import Declare
from warroom.core.events import Declared
from warroom.tui.commander import terminal_title
from warroom.tui.panes.log_signs import title_parts
from warroom.tui.snapshot import LogFacts, Snapshot

LAST = NOW - timedelta(minutes=12)


def log(ended: bool) -> FakeLog:
    """A minute of requests, of which some fail, that ended twelve minutes ago or just now."""
    end = (LAST if ended else NOW).timestamp() - NOON
    return FakeLog(
        [request(502 if n % 3 else 200, second=end - 60 + n) for n in range(61)], label="web-1"
    )


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_header_and_the_axis_say_when_it_ended(size: tuple[int, int]) -> None:
    async with console(busy_room(), size, logs=(log(ended=True),)) as driver:
        await driver.press("2")
        await driver.until(f"% at {LAST:%H:%M}")
        assert f"{NOW:%H:%M} now" not in driver.text
        assert not any(row.rstrip().endswith(" now") for row in driver.text.splitlines())


async def test_another_day_is_named() -> None:
    end = (NOW - timedelta(days=2)).timestamp() - NOON
    old = FakeLog([request(502, second=end)], label="web-1")
    async with console(busy_room(), logs=(old,)) as driver:
        await driver.until("5xx 100 % at 18 Nov 14:17")


async def test_a_log_that_goes_on_is_now() -> None:
    async with console(busy_room(), logs=(log(ended=False),)) as driver:
        await driver.until(f"{NOW:%H:%M} now")
        assert "% at" not in driver.text.splitlines()[0]


def test_an_old_failure_is_no_alarm_in_the_title_of_the_terminal() -> None:
    room = FakeRoom()
    room.told("14:10:00", Declare(facts=Declared(title="x")), "INC-1")
    for latest, alarm in ((LAST, False), (NOW - timedelta(seconds=60), True)):
        facts = LogFacts(share_now=(38, 100), latest=latest.timestamp())
        title = terminal_title(
            Snapshot(now=NOW, actor="ana", current=room.states["INC-1"], log=facts)
        )
        assert ("▲ 38.0 %" in title) is alarm


async def test_one_onset_has_one_time_in_the_title_and_on_the_axis() -> None:
    incident = busy_room().states["INC-107"]
    assert incident.onset is not None
    at = incident.onset.at.timestamp()
    near = LogFacts(onset=at + 3, onset_bounds=(at - 6, at + 12), outcome="5xx")
    assert list(title_parts(near, incident)) == ["5xx since 14:02:11 ±4 s"]
    assert list(title_parts(near, None)) == ["5xx since 14:02:14 ±9 s"]
    other = LogFacts(onset=at + 300, onset_bounds=(at + 290, at + 310), outcome="5xx")
    assert list(title_parts(other, incident)) == ["5xx since 14:07:11 ±10 s"]


async def test_on_a_narrow_screen_the_tabs_say_which_log_it_is() -> None:
    given = log(ended=False)
    async with console(busy_room(), (80, 24), logs=(given,)) as driver:
        row = driver.text.splitlines()[2]
        assert "web-1" not in row
        await driver.press("2")
        await driver.holds(lambda: "4 Timeline  web-1 ━" in driver.text.splitlines()[2], "a name")
        given.label = "\x1b[31mnginx-eu-central-1-checkout.access.log"
        await driver.holds(
            lambda: "nginx-eu-central-1-chec…" in driver.text.splitlines()[2], "cut", 10
        )
        assert driver.text.splitlines()[2].rstrip().endswith("━")


async def test_a_missing_commander_is_amber_in_the_list_of_people() -> None:
    room = FakeRoom()
    room.told("14:10:00", Declare(facts=Declared(title="x")), "INC-1")
    async with console(room, (200, 60)) as driver:
        people = driver.main.people.list
        colours = driver.app.palette.colours

        def tone(line: int) -> str:
            return next(p for p in people.render_line(line) if "nobody" in p.text).style.color.name

        assert tone(0) == colours["warn"]
        assert tone(1) == colours["mute"]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_without_a_log_nothing_is_followed_and_no_key_of_a_log_is_named(
    size: tuple[int, int],
) -> None:
    async with console(busy_room(), size) as driver:
        await driver.press("2")
        await driver.until("No log is open. warroom --log FILE opens one.")
        assert "FOLLOW" not in driver.text
        assert "req/s" not in driver.text
        assert "next 5xx" not in driver.footer
        assert "pin" not in driver.footer
