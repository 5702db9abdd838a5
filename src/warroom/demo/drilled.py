"""Play a drill without a person: by what the console suggests, by nothing, or by wrong moves."""

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from warroom.bootstrap import console_services, open_logs, open_store
from warroom.core.events import NoteAdded
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.core.words import Outcome, Phase, StepAction
from warroom.demo.answering import (
    Reader,
    acknowledge,
    answer,
    declare,
    home,
    next_verb,
    open_next,
    settle,
)
from warroom.demo.drill import Guest, Set, joined, set_up, tell_score
from warroom.demo.script import DELIBERATE, SIZE, DemoFailed, Player
from warroom.drills.play.caller import LEFT, OUT
from warroom.drills.play.card import read_card
from warroom.drills.scenarios.load import load_scenarios
from warroom.drills.scenarios.model import Scenario
from warroom.drills.service.supervisor import ServiceError
from warroom.settings import Settings
from warroom.tui.app import WarroomApp
from warroom.tui.screens.options import OptionsScreen

ROUNDS = 40
"""Next steps after which a player gives up."""
SEEN = 150.0
"""Seconds to wait for a measured effect before the next containment is looked for: a route with
few requests needs its time, and so does a busy machine."""
MANY = 20
"""Lines below which a share of them weighs less: a few say little."""


class Play(Protocol):
    """A way to play: everything that a person would do."""

    def __call__(self, player: Player, *, read: Reader) -> Awaitable[None]:
        """Play to the end."""
        ...


def play_drill(settings: Settings, scenario: Scenario, *, speed: float, how: str) -> int:
    """Let a player without hands play a drill; returns 0 if it was won."""

    def tell(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    try:
        with set_up(settings, scenario, speed=speed) as stage:
            asyncio.run(_played(stage, partial(PLAYERS[how], stage=stage), tell))
            found = stage.callers.finish()
    except ServiceError as error:
        sys.stderr.write(f"warroom: the drill's service does not start: {error}\n")
        return 1
    except DemoFailed as failure:
        sys.stderr.write(f"warroom: the drill stopped: {failure}\n")
        return 1
    tell_score(found, tell)
    return 0 if found.won else 1


def play_along(settings: Settings, card: Path, tell: Callable[[str], None]) -> None:
    """Win a drill that another process runs, from wherever it stands.

    Args:
        settings: The person's own.
        card: The drill's.
        tell: Is told each key and each fact.

    Raises:
        DemoFailed: It could not be won.
        ServiceError: There is no such drill, or it has ended.
    """
    found = read_card(card, load_scenarios())
    if found is None:
        raise ServiceError("there is no such drill")
    guest = Guest(joined(settings, found), card)
    asyncio.run(_played(guest, partial(win, stage=guest), tell))


async def _played(stage: Set | Guest, play: Play, tell: Callable[[str], None]) -> None:
    with open_logs(stage.settings, ()) as logs:
        app = WarroomApp(console_services(stage.settings, logs))
        try:
            async with app.run_test(size=SIZE):
                player = Player(app, tell)
                await player.sees(r"FOLLOW")
                await play(player, read=_reader(stage))
        finally:
            if app.room is not None:
                app.room.close()


def _reader(stage: Set | Guest) -> Reader:
    def read() -> Incident | None:
        with suppress(JournalError):
            store = open_store(stage.settings, read_only=True)
            try:
                found = stage.course.own(store.incidents(include_closed=True))
                return next((one for one in found if one.unknown), found[0] if found else None)
            finally:
                store.close()
        return None

    return read


async def _turn_to(player: Player, incident: Incident) -> None:
    """Put the cursor of the queue on an incident: a console begins with the most urgent one."""

    def shown() -> str:
        snapshot = getattr(player.app.screen_stack[0], "snapshot", None)
        return snapshot.current.id if snapshot is not None and snapshot.current else ""

    keys = iter(("1", *["up"] * 5, *["down"] * 10))
    while shown() not in ("", incident.id) and (key := next(keys, None)):
        await player.press(key, f"to {incident.id}")
        await asyncio.sleep(DELIBERATE)


async def win(player: Player, stage: Set | Guest, read: Reader) -> None:
    """Do what the footer and the notice row say, and nothing else."""
    await _until_something(player, read)
    answered = _answered(stage, await asyncio.to_thread(read))
    for _ in range(ROUNDS):
        await home(player)
        incident = await asyncio.to_thread(read)
        if incident is None:
            await declare(player, read)
            continue
        if incident.phase is Phase.CLOSED:
            return
        await _turn_to(player, incident)
        asked = _questions(stage)
        if len(asked) > answered and incident.acknowledged_at is not None:
            answered = len(asked)
            await answer(player, asked[-1])
            continue
        verb = await next_verb(player)
        player.note(f"next  {verb}")
        tried = _tried(incident)
        if verb == "verify the unknown step":
            await settle(player, read)
        elif verb == "contain" and _awaited(incident):
            await _effect(player, stage, read, tried[-1], helped=False)
        elif verb == "contain":
            await _contain(player, stage, read, tried)
        elif verb == "acknowledge":
            await acknowledge(player, read)
        elif verb == "record the fix" and not await asyncio.to_thread(_told, stage, OUT):
            await player.until(
                "the engineers answer", lambda: _told(stage, OUT) or _told(stage, LEFT), 150
            )
            if not await asyncio.to_thread(_told, stage, OUT):
                await _contain(player, stage, read, tried, key="c")
        else:
            await open_next(player)
    raise DemoFailed("the next steps never ended")


async def nothing(player: Player, stage: Set, read: Reader) -> None:
    """Look on until everybody has spoken."""
    del read
    course = stage.course
    last = max((i.after for i in course.scenario.injects), default=60.0)
    await asyncio.sleep(max(0.0, course.begun + last / course.speed + 4 - time.time()))
    player.note("looked on")


async def wrong(player: Player, stage: Set, read: Reader) -> None:
    """Take charge, make the first wrong move with the shop's own command, believe in it."""
    await _until_something(player, read)
    if await asyncio.to_thread(read) is None:
        await declare(player, read)
    await player.sees(r"\. acknowledge")
    await player.press("a", "acknowledge")
    moves = stage.course.scenario.wrong_moves
    for move in moves:
        for key, value in move.set.items():
            player.note(f"shop  {key} = {value}")
            await asyncio.to_thread(stage.service.switch, key, value)
            await asyncio.sleep(1.0)
    await asyncio.sleep(2.0)


PLAYERS: dict[str, Callable[..., Awaitable[None]]] = {
    "win": win,
    "nothing": nothing,
    "wrong": wrong,
}
"""How a drill can be played without a person."""


async def _until_something(player: Player, read: Reader) -> None:
    """Wait for the spike watch or a caller, whichever is first."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if re.search(r"5xx .*declares", player.screen()):
            return
        if await asyncio.to_thread(read) is not None:
            return
        await asyncio.sleep(0.3)
    raise DemoFailed("nothing ever happened")


def _questions(stage: Set | Guest) -> list[str]:
    """Return what kind of answer each caller so far waits for."""
    return [said.inject.expects.value for said in stage.course.said]


def _answered(stage: Set | Guest, incident: Incident | None) -> int:
    """Return how many callers were heard before people were told last."""
    if incident is None or not incident.updates:
        return 0
    told = incident.updates[-1][0].timestamp()
    return sum(said.at <= told for said in stage.course.said)


def _tried(incident: Incident) -> list[str]:
    """Return the runbooks that were run, as the room knows it: another console may have."""
    never = (None, Outcome.UNKNOWN, Outcome.CANCELLED)
    return [
        run.intent.runbook
        for run in incident.runs
        if run.intent.action is StepAction.RUN
        and run.outcome not in never
        and not (run.settled is not None and not run.settled.done)
    ]


def _awaited(incident: Incident) -> bool:
    """Whether the effect of the last step that ran is still being measured."""
    done = [r for r in incident.runs if r.intent.action is StepAction.RUN]
    done = [r for r in done if r.outcome is Outcome.SUCCEEDED]
    last = done[-1] if done else None
    at = last.finished_at if last is not None else None
    return (
        last is not None
        and last.effect is None
        and at is not None
        and time.time() - at.timestamp() < SEEN
    )


async def _contain(
    player: Player, stage: Set | Guest, read: Reader, tried: list[str], key: str = "full_stop"
) -> None:
    """Open the containment for which most speaks, and run it."""
    await asyncio.sleep(6.0 if not tried else 2.0)  # long enough for the log to tell
    await player.press(key, "contain")
    await player.sees(r"esc leave")
    screen = player.app.screen
    if not isinstance(screen, OptionsScreen):
        raise DemoFailed(f"no options:\n{player.screen()}")
    free = [n for n, o in enumerate(screen.options) if not o.blocked and o.runbook not in tried]
    if not free:
        raise DemoFailed("everything that was offered has been tried")
    found = await asyncio.to_thread(read)
    helped = found is not None and found.contained_at is not None
    refuted = "rollback" in tried and not helped  # it was taken back and fails on
    best = max(free, key=lambda n: (_weight(screen.options[n].reason, refuted=refuted), -n))
    tried.append(screen.options[best].runbook)
    player.note(f"picks {screen.options[best].title}: {screen.options[best].reason[:110]}")
    start = next((n for n, o in enumerate(screen.options) if not o.blocked), 0)
    await player.reads()
    for _ in range(abs(best - start)):
        await player.press("down" if best > start else "up", "to the best reason")
    await player.reads()
    await player.press("enter", "open it")
    if "what would run" in await player.sees(r"touches|worked if|\^s show what would run"):
        await player.reads()
        await player.press("ctrl+s", "take what is filled in")
        await player.sees(r"touches|worked if")
    await player.reads()
    kills = re.search(r" K  kill it now", player.screen())
    await player.press("K" if kills else "R", "run it, the deliberate key")
    runbook = tried[-1]
    await player.until(
        "it ran",
        lambda: bool(
            (found := read())
            and any(r.intent.runbook == runbook and r.finished is not None for r in found.runs)
        ),
    )
    await _effect(player, stage, read, runbook, helped=helped)


async def _effect(
    player: Player, stage: Set | Guest, read: Reader, runbook: str, *, helped: bool
) -> None:
    """Wait until it is told what a step has done, or the damage has stopped."""
    course = stage.course
    deadline = time.monotonic() + SEEN
    while time.monotonic() < deadline:
        found = await asyncio.to_thread(read)
        if found is not None and found.contained_at is not None and not helped:
            return
        run = (
            next((r for r in reversed(found.runs) if r.intent.runbook == runbook), None)
            if found
            else None
        )
        if (
            run is not None
            and run.effect is not None
            and course.scenario.truth.category != "security"
        ):
            player.note(f"told  {run.effect.sentence}")
            return
        await asyncio.sleep(0.3)


def _weight(reason: str, *, refuted: bool) -> float:
    """Return how much speaks for an option, by the numbers that stand in its reason."""
    if refuted:
        reason = re.sub(r"[^;]*(before the onset|are release)[^;]*;?", "", reason)
    shares = sum(float(share) for share in re.findall(r"(\d+) % of", reason))
    for part, few in re.findall(r"(\d+) of (\d+) (?:failing|the newest) lines", reason):
        shares += 100 * int(part) / int(few) * (int(few) / MANY) ** 2
    against = "had no effect" in reason or "not the cause" in reason
    return shares + 20 * ("before the onset" in reason) - 300 * against


def _told(stage: Set | Guest, words: str) -> bool:
    """Whether the engineers have said something, as the timeline shows it to anybody."""
    with suppress(JournalError):
        store = open_store(stage.settings, read_only=True)
        try:
            return any(
                isinstance(record.event, NoteAdded) and words in record.event.text
                for one in stage.course.own(store.incidents(include_closed=True))
                for record in store.records(one.id)
            )
        finally:
            store.close()
    return False
