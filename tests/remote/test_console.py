"""The console over a server, driven by keys, with somebody else at another console."""

from dataclasses import replace
from pathlib import Path

from tests.remote.kit import console, open_one
from tests.server.kit import Link, served
from tests.tui.console import console as screen
from tests.tui.fakes import FakeContainment, FakeRoom, services

from warroom.core import commands as c
from warroom.core import events as e
from warroom.room.service import Done


async def test_a_console_sees_the_other_goes_on_alone_and_comes_back(tmp_path: Path) -> None:
    with served(tmp_path) as server, console(server, tmp_path, "leo") as leo:
        done = leo.room.do(c.Declare(facts=e.Declared(title="checkout answers 502")))
        assert isinstance(done, Done)
        link = Link(server.port)
        room = open_one(tmp_path, link.url, server.token("ana"), "ana")
        given = replace(
            services(FakeRoom()),
            open_room=lambda: room,
            containment=FakeContainment,
        )
        try:
            async with screen(given=given) as ana:
                await ana.until("checkout answers 502")
                await ana.until(f"● 127.0.0.1:{link.port}")
                leo.room.do(c.AddNote(text="the pool is exhausted"), "INC-1")
                await ana.until("the pool is exhausted")
                await ana.press("a")
                await ana.until("command ana")
                await ana.holds(lambda: leo.room.incident("INC-1").commander == "ana")
                link.set("cut")
                await ana.until("◇ offline")
                await ana.press("n")
                await ana.press(*"alone", "ctrl+s")
                await ana.until("1 to send")
                await ana.holds(lambda: "alone" in ana.text)
                assert len(leo.room.records("INC-1")) == 4
                link.set("well")
                await ana.until(f"● 127.0.0.1:{link.port}")
                await ana.holds(lambda: "to send" not in ana.text)
                await ana.holds(
                    lambda: leo.room.records("INC-1")[-1].event == e.NoteAdded(text="alone")
                )
        finally:
            room.close()
            link.close()
