"""Play a drill without a person: by what the console suggests, by nothing, or by wrong moves."""

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from warroom.bootstrap import console_services, open_logs, open_store
from warroom.core.drill import DrillScored
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.core.words import Phase
from warroom.demo.drill import Set, set_up, tell_score
from warroom.demo.script import DELIBERATE, SIZE, DemoFailed, Player
from warroom.drills.scenarios.model import Scenario
from warroom.drills.service.supervisor import ServiceError
from warroom.settings import Settings
from warroom.tui.app import WarroomApp
from warroom.tui.screens.options import OptionsScreen

ROUNDS = 40
"""Next steps after which a player gives up."""
SEEN = 45.0
"""Seconds to wait for a measured effect before the next containment is looked for."""

Reader = Callable[[], Incident | None]
Play = Callable[[Player, Set, Reader], Awaitable[None]]


def play_drill(settings: Settings, scenario: Scenario, *, speed: float, how: str) -> int:
    """Let a player without hands play a drill; returns 0 if it was won."""

    def tell(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    try:
        with set_up(settings, scenario, speed=speed) as stage:
            found = asyncio.run(_played(stage, PLAYERS[how], tell))
    except ServiceError as error:
        sys.stderr.write(f"warroom: the drill's service does not start: {error}\n")
        return 1
    except DemoFailed as failure:
        sys.stderr.write(f"warroom: the drill stopped: {failure}\n")
        return 1
    tell_score(found, tell)
    return 0 if found.won else 1


async def _played(stage: Set, play: Play, tell: Callable[[str], None]) -> DrillScored:
    with open_logs(stage.settings, ()) as logs:
        app = WarroomApp(console_services(stage.settings, logs))
        try:
            async with app.run_test(size=SIZE):
                player = Player(app, tell)
                await player.sees(r"FOLLOW")
                await play(player, stage, _reader(stage))
        finally:
            if app.room is not None:
                app.room.close()
    return await asyncio.to_thread(stage.callers.finish)


def _reader(stage: Set) -> Reader:
    def read() -> Incident | None:
        with suppress(JournalError):
            store = open_store(stage.settings, read_only=True)
            try:
                ours = [one for one in store.incidents(include_closed=True) if one.drill]
                late = [
                    one for one in ours if one.declared_at.timestamp() >= stage.callers.course.begun
                ]
                return min(late, key=lambda one: one.declared_at, default=None)
            finally:
                store.close()
        return None

    return read


async def win(player: Player, stage: Set, read: Reader) -> None:
    """Do what the footer and the notice row say, and nothing else."""
    await _until_something(player, stage, read)
    tried: list[str] = []
    answered = 0
    for _ in range(ROUNDS):
        await _home(player)
        incident = await asyncio.to_thread(read)
        if incident is None:
            await _declare(player, read)
            continue
        if incident.phase is Phase.CLOSED:
            return
        asked = _questions(stage)
        if len(asked) > answered and incident.acknowledged_at is not None:
            answered = len(asked)
            await _answer(player, asked[-1])
            continue
        verb = await _next_verb(player)
        player.note(f"next  {verb}")
        if verb == "contain":
            await _contain(player, stage, read, tried)
        elif verb == "record the fix":
            await _fix(player, stage)
        else:
            await _STEPS[verb](player)
    raise DemoFailed("the next steps never ended")


async def nothing(player: Player, stage: Set, read: Reader) -> None:
    """Look on until everybody has spoken."""
    del read
    course = stage.callers.course
    last = max((i.after for i in course.scenario.injects), default=60.0)
    await asyncio.sleep(max(0.0, course.begun + last / course.speed + 4 - time.time()))
    player.note("looked on")


async def wrong(player: Player, stage: Set, read: Reader) -> None:
    """Take charge, make the first wrong move with the shop's own command, believe in it."""
    await _until_something(player, stage, read)
    if await asyncio.to_thread(read) is None:
        await _declare(player, read)
    await player.sees(r"\. acknowledge")
    await player.press("a", "acknowledge")
    moves = stage.callers.course.scenario.wrong_moves
    for move in moves:
        for key, value in move.set.items():
            player.note(f"shop  {key} = {value}")
            await asyncio.to_thread(stage.service.switch, key, value)
            await asyncio.sleep(1.0)
    await asyncio.sleep(2.0)


PLAYERS: dict[str, Play] = {"win": win, "nothing": nothing, "wrong": wrong}
"""How a drill can be played without a person."""


async def _until_something(player: Player, stage: Set, read: Reader) -> None:
    """Wait for the spike watch or a caller, whichever is first."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if re.search(r"5xx .*declares", player.screen()):
            return
        if await asyncio.to_thread(read) is not None:
            return
        await asyncio.sleep(0.3)
    del stage
    raise DemoFailed("nothing ever happened")


async def _declare(player: Player, read: Reader) -> None:
    await player.press("d", "declare, pre-filled from the log")
    await player.sees(r"\^s declare")
    await asyncio.sleep(DELIBERATE)
    await player.press("ctrl+s", "nothing needs to be typed")
    await player.until("declared", lambda: read() is not None)


def _questions(stage: Set) -> list[str]:
    """Return what kind of answer each caller so far waits for."""
    return [said.inject.expects.value for said in stage.callers.course.said]


async def _answer(player: Player, expects: str) -> None:
    if expects in ("update", "eta"):
        await _update(player)
    elif expects == "note":
        await player.press("n", "write down what we make of it")
        await player.sees(r"\^s keep it")
        await player.type("seen, looked into, no other cause so far")
        await asyncio.sleep(DELIBERATE)
        await player.press("ctrl+s", "keep it")


async def _update(player: Player) -> None:
    await player.press("u", "the update, drafted")
    await player.sees(r"\^s ")
    await asyncio.sleep(DELIBERATE)
    await player.press("ctrl+s", "send it")
    await asyncio.sleep(DELIBERATE)


async def _qualify(player: Player) -> None:
    await player.press("full_stop", "the next step: say how bad it is")
    await player.sees(r"How bad is")
    await asyncio.sleep(DELIBERATE)
    await player.press("ctrl+s", "keep what the report says; the rest is open")
    await asyncio.sleep(DELIBERATE)


async def _question(player: Player) -> None:
    await player.press("full_stop", "the next step: answer a question")
    await player.sees(r"Questions on")
    await asyncio.sleep(DELIBERATE)
    await player.press("x", "not known yet: it stays open")
    await asyncio.sleep(DELIBERATE)


async def _fix(player: Player, stage: Set) -> None:
    """Wait for the engineers, then record what they brought."""
    await player.until("the fix is out", lambda: stage.callers.course.lifted_at is not None, 150)
    await _home(player)
    await player.press("full_stop", "the next step: record the fix")
    await player.sees(r"\^s record it")
    await player.type("the cause is removed")
    await asyncio.sleep(DELIBERATE)
    await player.press("ctrl+s", "record it")
    await asyncio.sleep(DELIBERATE)


async def _undo(player: Player) -> None:
    await player.press("full_stop", "the next step: take it back")
    await player.sees(r"undo it now")
    await asyncio.sleep(DELIBERATE)
    await player.press("U", "undo it, the deliberate key")
    await player.sees(r"succeeded after|failed after")
    await asyncio.sleep(DELIBERATE)


async def _acknowledge(player: Player) -> None:
    await player.press("full_stop", "take charge")
    await asyncio.sleep(DELIBERATE)


async def _next_verb(player: Player) -> str:
    """Read the next step from the footer once it can be acted upon."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        foot = player.screen().splitlines()[-1]
        found = next((verb for verb in _VERBS if f". {verb}" in foot), "")
        if found:
            return found
        await asyncio.sleep(0.2)
    raise DemoFailed(f"the footer names no next step:\n{player.screen()}")


async def _contain(player: Player, stage: Set, read: Reader, tried: list[str]) -> None:
    """Open the containment for which most speaks, and run it."""
    course = stage.callers.course
    await asyncio.sleep(6.0 if not tried else 2.0)  # long enough for the log to tell
    await player.press("full_stop", "the next step: contain")
    await player.sees(r"esc leave")
    screen = player.app.screen
    if not isinstance(screen, OptionsScreen):
        raise DemoFailed(f"no options:\n{player.screen()}")
    free = [n for n, o in enumerate(screen.options) if not o.blocked and o.runbook not in tried]
    if not free:
        raise DemoFailed("everything that was offered has been tried")
    refuted = "rollback" in tried  # it was taken back and fails on: not the release
    best = max(free, key=lambda n: (_weight(screen.options[n].reason, refuted=refuted), -n))
    tried.append(screen.options[best].runbook)
    player.note(f"picks {screen.options[best].title}: {screen.options[best].reason[:110]}")
    start = next((n for n, o in enumerate(screen.options) if not o.blocked), 0)
    await asyncio.sleep(DELIBERATE)
    for _ in range(abs(best - start)):
        await player.press("down" if best > start else "up", "to the best reason")
    await asyncio.sleep(DELIBERATE)
    await player.press("enter", "open it")
    await player.sees(r"touches|worked if")
    await asyncio.sleep(DELIBERATE)
    await player.press("R", "run it, the deliberate key")
    runbook = tried[-1]
    await player.until(
        "it ran",
        lambda: bool(
            (found := read())
            and any(r.intent.runbook == runbook and r.finished is not None for r in found.runs)
        ),
    )
    deadline = time.monotonic() + SEEN
    while time.monotonic() < deadline:
        found = await asyncio.to_thread(read)
        if found is not None and found.contained_at is not None:
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
    shares = sum(int(share) for share in re.findall(r"(\d+)% of", reason))
    against = "had no effect" in reason or "not the cause" in reason
    return shares + 20 * ("before the onset" in reason) - 300 * against


async def _diagnose(player: Player) -> None:
    await player.press("full_stop", "the next step: share the diagnosis")
    await player.sees(r"\^s ")
    await asyncio.sleep(DELIBERATE)
    await player.press("ctrl+s", "share what the facts suggest")
    await asyncio.sleep(DELIBERATE)


async def _resolve(player: Player) -> None:
    await player.press("full_stop", "the next step: resolve")
    await player.sees(r"Resolve INC")
    await asyncio.sleep(DELIBERATE)
    await player.press("R", "resolve, the deliberate key")
    await asyncio.sleep(DELIBERATE)


async def _postmortem(player: Player) -> None:
    await player.press("full_stop", "the next step: the postmortem")
    await player.sees(r"Summary")
    await asyncio.sleep(DELIBERATE)
    await player.press("ctrl+s", "read; keep it")
    await asyncio.sleep(1.5)
    await player.press("escape", "back to the room")
    await asyncio.sleep(DELIBERATE)


async def _verify(player: Player) -> None:
    await asyncio.sleep(4.0)
    await player.press("full_stop", "the next step: verify in the log")
    await player.sees(r"Before INC-\d+ is closed")
    await asyncio.sleep(DELIBERATE)
    player.note(f"told  {player.screen().splitlines()[-2]}")


async def _close(player: Player) -> None:
    await player.press("full_stop", "the next step: close")
    await player.sees(r"Close INC")
    await asyncio.sleep(DELIBERATE)
    await player.press("C", "close, the deliberate key")
    await asyncio.sleep(DELIBERATE)


async def _home(player: Player) -> None:
    """Leave whatever is open."""
    for _ in range(4):
        if len(player.app.screen_stack) == 1:
            return
        await player.press("escape", "back to the room")
        await asyncio.sleep(DELIBERATE)


_STEPS: dict[str, Callable[[Player], Awaitable[None]]] = {
    "acknowledge": _acknowledge,
    "write the update": _update,
    "share diagnosis": _diagnose,
    "say how bad it is": _qualify,
    "answer a question": _question,
    "take it back": _undo,
    "resolve": _resolve,
    "read the postmortem": _postmortem,
    "verify in the log": _verify,
    "close": _close,
}
_VERBS = (*_STEPS, "record the fix", "contain")
