"""One afternoon that is always the same: a shop's log, an incident that goes on, a still clock."""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.tui.fakes import OPTIONS, FakeContainment, FakeRoom, services
from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import ChangeKind, Criterion, HypothesisState, Priority, Verdict
from warroom.logs import open_logs
from warroom.logs.protocol import Log
from warroom.room.containment import Plan, Progress
from warroom.tui.app import WarroomApp
from warroom.tui.tail import PinPlace, TailApp, TailServices
from warroom.tui.theme import load_palettes

NOW = datetime(2026, 11, 20, 14, 5, 36, tzinfo=UTC)
ONSET = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
DEPLOYED = ONSET - timedelta(seconds=13)
BEGIN = NOW - timedelta(minutes=25)
NAME = "shop.log"
PATIENCE = 60.0
"""Seconds for a picture to become complete, on a machine that is busy with other things."""
_FONTS = re.compile(r"@font-face \{.*?\}\n?", re.DOTALL)

Looked = Callable[[Pilot[Any]], Awaitable[None]]


def write_log(path: Path) -> None:
    """Write an nginx log of 25 minutes whose checkout fails on the new release from the onset on."""
    dice = Random(7)
    routes = (
        "/api/me",
        "/api/search?q=lamp",
        "/api/cart",
        "/api/checkout",
        "/",
        "/api/orders/8812",
    )
    lines = []
    for second in range(int((NOW - BEGIN).total_seconds())):
        at = BEGIN + timedelta(seconds=second)
        for _ in range(2 + int(2 * dice.random())):
            route = routes[int(6 * dice.random())]
            new = at >= DEPLOYED and dice.random() < 0.7
            breaks = route == "/api/checkout" and at >= ONSET and (new or dice.random() < 0.04)
            odd = dice.random()
            status = (
                502 if breaks and odd < 0.95 else 500 if odd < 0.003 else 404 if odd < 0.02 else 200
            )
            took = 2.004 if status == 502 else 0.011 + dice.random() / 12
            lines.append(
                f"203.0.113.{int(200 * dice.random())} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
                f'"{"POST" if route.endswith("checkout") else "GET"} {route} HTTP/1.1" {status} '
                f'{int(4000 * dice.random())} "-" "ShopApp/5.2" rt={took:.3f} '
                f'upstream="app-{1 + int(3 * dice.random())}" '
                f'release="{"2026.11.20" if new else "2026.11.19"}"\n'
            )
    path.write_text("".join(lines), "utf-8")


def failing_room() -> FakeRoom:
    """An incident two minutes old, acknowledged and not contained, among four others."""
    room = FakeRoom(NOW)
    for name, at, priority, title in (
        ("INC-106", "12:05:00", Priority.P2, "CRM sync 40 min behind"),
        ("INC-108", "13:48:00", Priority.P2, "search p95 4.1 s in EU"),
        ("INC-105", "09:10:00", Priority.P3, "CSV export has the wrong header"),
        ("INC-100", "08:00:00", Priority.P3, "test printers offline"),
    ):
        facts = e.Declared(title=title, priority=priority)
        room.told(at, c.Declare(facts=facts), name, by="mia")
    room.told("12:20:00", c.Acknowledge(), "INC-106", by="mia")
    room.told("08:05:00", c.Snooze(until=NOW + timedelta(days=2)), "INC-100", by="sam")
    onset = e.Onset(
        at=ONSET,
        low=ONSET - timedelta(seconds=4),
        high=ONSET + timedelta(seconds=4),
        sentence="5xx 0.3 % → 12.8 % (±4 s)",
    )
    declared = e.Declared(
        title="checkout answers 502 since release 2026.11.20",
        service="checkout",
        priority=Priority.P1,
        criteria=(Criterion.REVENUE, Criterion.CORE_FUNCTION),
        factors={"business": 3, "users": 3, "data_loss": 1, "security": 0, "no_workaround": 3},
        started_at=ONSET,
        detected_at=ONSET + timedelta(seconds=51),
        onset=onset,
        boundary="97 % are POST /api/checkout on 2026.11.20",
    )
    room.told("14:03:02", c.Declare(facts=declared), "INC-107", by="spike watch")
    deploy = e.ChangeRecorded(
        kind=ChangeKind.DEPLOY,
        text="checkout 2026.11.20 deployed",
        happened_at=DEPLOYED,
        release="2026.11.20",
        reference="pipeline 8812",
    )
    room.told("14:03:05", c.RecordChange(facts=deploy), "INC-107", by="ci")
    room.told("14:03:40", c.Acknowledge(), "INC-107")
    room.told("14:04:10", c.AddNote(text="cart v2 sends no currency"), "INC-107", by="leo")
    guess = c.Hypothesise(state=HypothesisState.PROPOSED, text="cart v2 sends currency: null")
    room.told("14:04:40", guess, "INC-107", by="leo")
    return room


class Runbooks(FakeContainment):
    """Plans steps that look like steps, and sees the failures go."""

    def measure(
        self,
        incident: str,
        run: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Progress:
        found = Progress(
            before=(382, 1000),
            after=(12, 3000),
            seconds=60,
            needed=60,
            verdict=Verdict.SOLVED,
            sentence="5xx 38.2 % → 0.4 % in 60 s: gone",
        )
        if on_progress is not None:
            on_progress(found)
        return found

    def plan(self, *args: Any, **more: Any) -> Any:
        found = super().plan(*args, **more)
        assert isinstance(found, Plan)
        release = "2026.11.20" if found.undoes else "2026.11.19"
        return replace(
            found,
            title="Roll back a release",
            step_title="Switch the release",
            command=f"deployctl switch checkout \\\n    --release {release} --wait 30s\n",
            undo="deployctl switch checkout --release 2026.11.20 --wait 30s",
        )


class Still:
    """An app whose picture names no font to fetch."""

    def export_screenshot(self, **more: Any) -> str:
        svg = _FONTS.sub("", super().export_screenshot(**more))  # type: ignore[misc]
        return svg.replace("Fira Code, ", "").replace("Fira Code", "monospace")


class StillConsole(Still, WarroomApp):
    """The console; its store answers once the log has been read, so that notices keep an order."""

    def __init__(
        self, log: Log | None = None, room: FakeRoom | None = None, **more: object
    ) -> None:
        room = room or failing_room()
        containment = Runbooks(room, OPTIONS)
        self.read = threading.Event()

        def open_room() -> FakeRoom:
            assert self.read.wait(PATIENCE)
            return room

        given: dict[str, object] = {
            "open_room": open_room,
            "containment": lambda _: containment,
            "logs": () if log is None else (log,),
            "service": "checkout",
        }
        super().__init__(services(room, **{**given, **more}))


class StillTail(Still, TailApp):
    """The tail console."""

    def __init__(self, log: Log) -> None:
        place = PinPlace(incident="INC-107", priority="P1", actor="leo", keep=lambda _: "")
        given = TailServices(
            logs=[log],
            palette=load_palettes()[0]["dark"],
            open_place=lambda: place,
            now=lambda: NOW,
        )
        super().__init__(given)


def opened(folder: Path) -> Log:
    """Open the afternoon's log and read all of it."""
    path = folder / NAME
    write_log(path)
    log = open_logs([str(path)])
    for _ in range(int(PATIENCE / 0.02)):
        if log.progress().complete:
            return log
        threading.Event().wait(0.02)
    raise AssertionError(f"not read: {log.progress()}")


def lines(app: App[Any]) -> str:
    """What is on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def shows(pilot: Pilot[Any], *words: str) -> None:
    """Wait until all of this is on the screen."""
    await holds(pilot, lambda: all(one in lines(pilot.app) for one in words), str(words))


async def holds(pilot: Pilot[Any], true: Callable[[], bool], words: str) -> None:
    """Wait until something is so."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not true():
        assert asyncio.get_running_loop().time() < end, f"never {words}\n{lines(pilot.app)}"
        await pilot.pause(0.05)


async def rests(pilot: Pilot[Any]) -> None:
    """Wait until the screen has not changed for a while."""
    before: list[Strip] = []
    since = 0
    for _ in range(int(PATIENCE / 0.05)):
        await pilot.pause(0.05)
        now = pilot.app.screen._compositor.render_strips()
        since = since + 1 if now == before else 0
        before = now
        if since == 4:
            return
    raise AssertionError(f"the screen never rests\n{lines(pilot.app)}")


async def complete(pilot: Pilot[Any]) -> None:
    """Wait until log, analysis and room are all on the screen."""
    app = pilot.app
    if isinstance(app, StillConsole):
        from warroom.tui.screens.main import MainScreen

        main = app.screen_stack[0]
        assert isinstance(main, MainScreen)
        if app.services.logs:
            boundary = main.work_pane.boundary
            await holds(pilot, lambda: boundary.shown is not None, "a boundary")
            await holds(pilot, lambda: main.log_facts.onset is not None, "an onset")
            await holds(pilot, lambda: bool(main.log_facts.watch.sentence), "the spike watch")
        app.read.set()
        await holds(pilot, lambda: bool(main.snapshot and main.snapshot.options), "options")
    elif isinstance(app, StillTail):
        await holds(pilot, lambda: app.boundary.shown is not None, "a boundary")
        await holds(pilot, lambda: app.pane.facts.onset is not None, "an onset")
        await holds(pilot, lambda: bool(app.pane.facts.watch.sentence), "the spike watch")
        await holds(pilot, lambda: app.header.place is not None, "an incident")
    await rests(pilot)
