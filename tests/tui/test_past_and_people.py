"""The timeline as a tool: other times, other words, any past moment; and who does what."""

import re
from datetime import timedelta

from tests.tui.console import console
from tests.tui.fakes import NOW, FakeRoom, busy_room
from tests.tui.test_queue_pane import ready, shows

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.services import Service, ServiceMap
from warroom.core.timeline import timeline
from warroom.core.words import Audience, Role, UpdateKind
from warroom.tui.commander import commander_clock, terminal_title


async def on_timeline(driver, room: FakeRoom) -> None:
    driver.main.select("INC-107")
    await shows(driver, lambda: driver.shown == "INC-107", "INC-107")
    await driver.press("4")
    await shows(driver, lambda: driver.main.work_pane.timeline.rows.has_focus, "the timeline")


async def test_a_note_about_an_earlier_moment_says_so_and_is_put_right_later() -> None:
    room = busy_room()
    async with console(room) as driver:
        await on_timeline(driver, room)
        await driver.press("n")
        await ready(driver, "Note")
        await driver.press(*"support had calls", "tab", *"14:01", "ctrl+s")
        await shows(driver, lambda: isinstance(room.kept["INC-107"][-1].event, e.NoteAdded), "kept")
        entry = next(x for x in timeline(room.kept["INC-107"]) if x.back_dated)
        assert entry.at == NOW.replace(minute=1, second=0)
        await driver.until("noted later", 20)
        await driver.press("home", "E")
        await ready(driver, "right")
        await driver.press("end", *" from three clients", "ctrl+s")
        await shows(driver, lambda: any(x.amended for x in timeline(room.kept["INC-107"])), "right")
        entry = next(x for x in timeline(room.kept["INC-107"]) if x.amended)
        assert entry.text == "support had calls from three clients"
        assert entry.original == "support had calls"


async def test_any_past_moment_is_shown_as_it_was_and_nothing_is_done_there() -> None:
    room = busy_room()
    async with console(room) as driver:
        await on_timeline(driver, room)
        await driver.press("home", "down", "T")
        await driver.until("as it was at", 20)
        head = driver.text.splitlines()[0]
        assert re.search(r" then \d\d:\d\d:\d\d $", head)
        assert "5xx" not in head  # that is how it is now
        await shows(driver, lambda: driver.main.current.acknowledged_at is None, "not acknowledged")
        assert "not contained" in driver.text
        count = len(room.kept["INC-107"])
        await driver.press("a")
        assert "You look at the past" in driver.notice
        assert len(room.kept["INC-107"]) == count
        await driver.press("end")
        await shows(driver, lambda: driver.main.current.contained_at is not None, "contained")
        await driver.press("T")
        await shows(driver, lambda: driver.main.snapshot.past is None, "now")


async def test_the_timeline_is_filtered_by_what_one_looks_for() -> None:
    room = busy_room()
    update = c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.CLIENT, text="We are on it.")
    room.told("14:10:00", update, "INC-107")
    async with console(room) as driver:
        await on_timeline(driver, room)
        await driver.until("client sees it", 20)
        await driver.press("F")
        await driver.until("only what was done", 20)
        assert "We are on it." not in "\n".join(
            line for line in driver.text.splitlines() if "│" in line and "update" in line
        )
        await driver.press("F")
        await driver.until("only what was told", 20)


async def test_roles_are_given_in_one_form() -> None:
    room = busy_room()
    async with console(room) as driver:
        driver.main.select("INC-107")
        await shows(driver, lambda: driver.shown == "INC-107", "INC-107")
        await driver.press("w")
        await ready(driver, "Who does what")
        await driver.press("tab", "tab", *"mia", "tab", *"sam", "ctrl+s")
        await shows(driver, lambda: len(room.states["INC-107"].roles) == 3, "three roles")
        roles = room.states["INC-107"].roles
        assert (roles[Role.COMMUNICATIONS], roles[Role.SCRIBE]) == ("mia", "sam")


async def test_who_is_hit_stands_around_with_how_each_fares_and_the_order_of_repair() -> None:
    chart = ServiceMap(
        services={
            "checkout": Service(name="checkout", depends_on=("pay",), owner="team shop"),
            "mail": Service(name="mail", depends_on=("checkout",), logs=("mail.log",)),
            "portal": Service(
                name="portal", depends_on=("mail",), integration_points=("an order is confirmed",)
            ),
        }
    )
    rates = {"checkout": "5xx 38 % of 200 in 5 min", "mail": "5xx 0 % of 90 in 5 min"}
    async with console(busy_room(), map=chart, rates=lambda _names: rates) as driver:
        driver.main.select("INC-107")
        await shows(driver, lambda: driver.shown == "INC-107", "INC-107")
        driver.main.act("tab", None, "around")
        await driver.press("z")
        await driver.until("5xx 38 % of 200", 20)
        text = driver.text
        assert "└─ mail" in text
        assert "   └─ portal" in text
        assert "2 hit" in text
        assert text.index("1. pay") < text.index("2. checkout")


def test_the_commanders_clock_counts_since_the_declaration_and_the_last_word() -> None:
    room = FakeRoom(NOW)
    room.do(c.Declare(facts=e.Declared(title="x\x1b]2;evil\x07", priority="P1")))
    room.do(c.Acknowledge(), "INC-1")
    clock = commander_clock(room.states["INC-1"], NOW + timedelta(minutes=45))
    assert clock.words() == "open 45 min · nobody told"
    assert clock.due == timedelta(minutes=-15)
    room.at = NOW + timedelta(minutes=50)
    update = c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.INTERNAL, text="on it")
    room.do(update, "INC-1")
    clock = commander_clock(room.states["INC-1"], NOW + timedelta(minutes=60))
    assert (clock.told, clock.due) == (timedelta(minutes=10), timedelta(minutes=20))
    from warroom.tui.snapshot import Snapshot

    title = terminal_title(
        Snapshot(now=NOW + timedelta(minutes=60), actor="ana", current=room.states["INC-1"])
    )
    assert "open 1 h 00 min · told 10 min ago · update in 20 min" in title
    assert "\x1b" not in title
    assert "\x07" not in title


async def test_an_authority_is_told_and_a_publisher_is_asked_again_by_keys() -> None:
    room = busy_room()
    async with console(room) as driver:
        await on_timeline(driver, room)
        await driver.press("colon", *"notice to an", "enter")
        await ready(driver, "A notice to an authority")
        await driver.press("right", "ctrl+s")
        await shows(driver, lambda: "gdpr" in driver.main.current.notices, "owed")
        await driver.until("GDPR notice is owed")
        await driver.press("colon", *"spoke to", "enter")
        await ready(driver, "Spoke to somebody outside")
        await driver.press(*"Gateway Ltd", "tab", *"they look at it", "tab", *"+30m", "ctrl+s")
        await shows(driver, lambda: bool(driver.main.current.contacts), "kept")
        await driver.until("Gateway Ltd: they look at it")
        ((_, by, made),) = driver.main.current.contacts
        assert (by, made.again_at) == ("ana", driver.main.clock() + timedelta(minutes=30))
