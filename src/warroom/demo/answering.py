"""What a player without hands presses in each dialog, as its own last line says."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from warroom.core.state import Incident
from warroom.demo.script import DELIBERATE, DemoFailed, Player

Reader = Callable[[], Incident | None]
"""Returns the incident as the store has it now."""


async def declare(player: Player, read: Reader) -> None:
    """Declare what the log shows; nothing is typed."""
    await player.press("d", "declare, pre-filled from the log")
    await player.sees(r"\^s declare")
    await player.reads()
    await insist(player, "ctrl+s", "nothing needs to be typed")
    await player.until("declared", lambda: read() is not None)


async def answer(player: Player, expects: str) -> None:
    """Answer a caller: with an update, an estimate or a note, whichever is waited for."""
    if expects in ("update", "eta"):
        await _update(player)
    elif expects == "note":
        await player.press("n", "write down what we make of it")
        await player.sees(r"\^s keep it")
        await player.type("seen, looked into, no other cause so far")
        await player.reads()
        await insist(player, "ctrl+s", "keep it")


async def _update(player: Player) -> None:
    await player.press("u", "the update, drafted")
    await player.sees(r"\^s ")
    await player.reads()
    await insist(player, "ctrl+s", "send it")
    await player.reads()


async def acknowledge(player: Player, read: Reader) -> None:
    """Take charge."""
    await player.press("full_stop", "take charge")
    await player.until(
        "somebody is in charge", lambda: bool((found := read()) and found.acknowledged_at)
    )
    await player.until("the footer goes on", lambda: ". acknowledge" not in player.screen())


async def next_verb(player: Player) -> str:
    """Read the next step from the footer once it can be acted upon."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = re.match(r" \. ([a-z ]+?)  ", (player.screen().splitlines() or [""])[-1])
        if found:
            return found[1]
        await asyncio.sleep(0.2)
    raise DemoFailed(f"the footer names no next step:\n{player.screen()}")


async def settle(player: Player, read: Reader) -> None:
    """Say of a step that a console left behind what became of it, after its check has looked."""

    def lost() -> int:
        found = read()
        return len(found.unknown) if found is not None else 0

    before = await asyncio.to_thread(lost)
    await player.press("full_stop", "the unknown step")
    await player.sees(r"What became of step")
    await player.reads()
    if not re.search(_SEEN_BY_CHECK, player.screen()):
        await player.press("V", "verify, it changes nothing")
        deadline = time.monotonic() + 60
        while not re.search(_SEEN_BY_CHECK, player.screen()):
            if time.monotonic() > deadline:
                raise DemoFailed(f"the check never told:\n{player.screen()}")
            if "What became of step" not in player.screen():
                await player.press("escape", "leave the check, once it has ended")
            await asyncio.sleep(1.0)
        await player.reads()
    seen = re.search(_SEEN_BY_CHECK, player.screen())
    done = seen is not None and seen[0] in ("it found it done", "did not find the step in force")
    await insist(player, "D" if done else "N", "it was done" if done else "it was not done")
    await player.until("the step is settled", lambda: lost() < max(1, before))


_SEEN_BY_CHECK = (
    "it found it done|did not find it done|found the step still in force|"
    "did not find the step in force"
)


async def open_next(player: Player) -> None:
    """Open the next step and do what the dialog that came says; the footer may be a step behind."""
    room = player.app.screen
    await player.press("full_stop", "the next step")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        shown = player.screen()
        dialog = player.app.screen is not room
        found = next(
            (d for d in _DIALOGS if dialog == d.dialog and re.search(d.shows, shown)), None
        )
        if found is not None:
            await _do(player, found)
            return
        await asyncio.sleep(0.2)


async def _do(player: Player, found: "_Dialog") -> None:
    player.note(f"shows {found.shows}")
    await player.reads()
    if found.types:
        await player.type(found.types)
        await player.reads()
    if found.dialog:
        await insist(player, found.key, found.why)
    else:
        await player.press(found.key, found.why)
        await asyncio.sleep(found.then)
        await player.press("escape", "back to the room")
    await asyncio.sleep(found.then)


async def insist(player: Player, key: str, why: str) -> None:
    """Press a key until its dialog is gone: what comes too quickly to have been read is refused."""
    asked = player.app.screen
    for _ in range(4):
        await player.press(key, why)
        for _ in range(20):
            await asyncio.sleep(0.2)
            if player.app.screen is not asked:
                return


@dataclass(frozen=True, slots=True)
class _Dialog:
    """What a next step may open, and the key that its last line names."""

    shows: str
    key: str
    why: str
    types: str = ""
    dialog: bool = True
    then: float = DELIBERATE
    """Seconds until the room knows of it."""


_DIALOGS = (
    _Dialog("How bad is", "ctrl+s", "keep what the report says; the rest is open"),
    _Dialog("Share the diagnosis", "ctrl+s", "share what the facts suggest"),
    _Dialog(r"\^s record it", "ctrl+s", "record it", types="the cause is removed"),
    _Dialog("Questions on", "x", "not known yet: it stays open"),
    _Dialog("Update on", "ctrl+s", "send it"),
    _Dialog("Resolve INC", "R", "resolve, the deliberate key"),
    _Dialog("undo it now", "U", "undo it, the deliberate key", then=2.0),
    _Dialog(r"Before INC-\d+ is closed", "escape", "read what was measured", then=4.0),
    _Dialog("Close INC", "C", "close, the deliberate key"),
    _Dialog("## Summary", "ctrl+s", "read; keep it", dialog=False, then=1.5),
)


async def home(player: Player) -> None:
    """Leave whatever is open, also a text that letters go into: its footer says so."""
    for _ in range(4):
        if len(player.app.screen_stack) == 1 and "esc leaves" not in player.screen():
            return
        await player.press("escape", "back to the room")
        await player.reads()
