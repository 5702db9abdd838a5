"""Play the demo without a person: the real console, real keys, and a transcript of both."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from textual.app import App
from textual.events import Key

from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Phase
from warroom.tui.screens.dialog import Dialog

SIZE = (140, 40)
"""Columns and rows of the console that is played."""
PATIENCE = 60.0
"""Seconds to wait for anything before the demo is called failed."""
BETWEEN_KEYS = 0.05
DELIBERATE = 0.6
"""Seconds before a deliberate key."""


class DemoFailed(Exception):  # noqa: N818 - reads as what it is
    """Something that should have appeared did not; holds what the screen showed instead."""


@dataclass
class Player:
    """Presses keys, reads the screen, and writes both down."""

    app: App[int]
    tell: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)

    def screen(self) -> str:
        """Return what the screen shows, as text."""
        compositor = self.app.screen._compositor  # noqa: SLF001 - the drawn rows have no other door
        strips = compositor.render_strips()
        return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)

    def note(self, text: str) -> None:
        """Write one line of the transcript with the seconds since the start."""
        self.tell(f"{time.monotonic() - self.started:6.1f} s  {clean_line(text)}")

    async def press(self, key: str, why: str) -> None:
        """Press one key."""
        self.note(f"key   {key:<10} {why}")
        await self._send(key)

    async def _send(self, key: str) -> None:
        """Hand the console a key the way its terminal driver does."""
        character = _CHARACTERS.get(key, key if len(key) == 1 else None)
        self.app.post_message(Key(key, character))
        await asyncio.sleep(BETWEEN_KEYS)

    async def type(self, text: str) -> None:
        """Type words into what has the focus."""
        self.note(f"type  {text}")
        for character in text:
            await self._send(_NAMES.get(character, character))

    async def sees(self, pattern: str, patience: float = PATIENCE) -> str:
        """Wait until the screen shows a text; return the line it is in."""
        deadline = time.monotonic() + patience
        while True:
            for line in self.screen().splitlines():
                if re.search(pattern, line):
                    found = " ".join(line.split())
                    self.note(f"shows {found}")
                    return found
            if time.monotonic() > deadline:
                raise DemoFailed(f"{pattern!r} never appeared; the screen showed\n{self.screen()}")
            await asyncio.sleep(0.2)

    async def reads(self, patience: float = PATIENCE) -> None:
        """Read what is in front: a dialog ignores the keys of somebody who has not seen it yet."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            screen = self.app.screen
            if not isinstance(screen, Dialog) or screen.guard.ready():
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(DELIBERATE)

    async def until(self, what: str, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something is so in the room itself."""
        deadline = time.monotonic() + patience
        while not await asyncio.to_thread(true):
            if time.monotonic() > deadline:
                raise DemoFailed(f"not {what}; the screen showed\n{self.screen()}")
            await asyncio.sleep(0.2)
        self.note(f"fact  {what}")


_NAMES = {" ": "space", ".": "full_stop", ",": "comma", "-": "minus"}
_CHARACTERS = {name: character for character, name in _NAMES.items()}


async def play(player: Player, state: Callable[[], Incident | None]) -> Incident:
    """Carry the failing shop from the spike to a closed incident by keys.

    Args:
        player: The console.
        state: The incident as the store has it, read independently of the console.

    Raises:
        DemoFailed: The console did not do what the story says.
    """

    def phase(wanted: Phase) -> Callable[[], bool]:
        return lambda: (found := state()) is not None and found.phase is wanted

    await player.sees(r"FOLLOW")
    await player.sees(r"5xx .*declares")
    await player.press("d", "declare, pre-filled from the log")
    await player.sees(r"\^s declare")
    await player.reads()
    await player.press("ctrl+s", "nothing needs to be typed")
    await player.until("declared", phase(Phase.DECLARED))
    await player.sees(r"^ *P[123] +INC-1 ")
    await player.press("a", "acknowledge and take command")
    await player.until("acknowledged", phase(Phase.ACKNOWLEDGED))
    await player.sees(r"\. contain")
    await player.press("c", "contain")
    await player.sees(r"esc leave")
    await player.reads()
    await player.press("r", "open the rollback")
    await player.sees(r"worked if")
    await player.reads()
    await player.press("R", "run it, the deliberate key")
    await player.until(
        "the release was switched",
        lambda: bool((found := state()) and found.ledger),
    )
    await player.until("contained, by the measured effect", phase(Phase.CONTAINED))
    await _after_containment(player, state, phase)
    final = await asyncio.to_thread(state)
    if final is None:
        raise DemoFailed("the incident is gone")
    return final


async def _after_containment(
    player: Player,
    state: Callable[[], Incident | None],
    phase: Callable[[Phase], Callable[[], bool]],
) -> None:
    await _back_to_the_room(player)
    await player.sees(r"\. say how bad it is")
    await player.press("full_stop", "the next step: say how bad it is")
    await player.sees(r"How bad is INC-1")
    await player.reads()
    await player.press("ctrl+s", "keep what is known; the rest stays open")
    await player.sees(r"\. share diagnosis")
    await player.press("full_stop", "the next step: share the diagnosis")
    await player.sees(r"\^s ")
    await player.type("release 2026.11.20 breaks checkout")
    await player.reads()
    await player.press("ctrl+s", "share it")
    await player.until(
        "the diagnosis is shared", lambda: bool((found := state()) and found.diagnoses)
    )
    await player.sees(r"\. record the fix")
    await player.press("full_stop", "the next step: record the fix")
    await player.sees(r"\^s record it")
    await player.type("rolled back to 2026.11.19")
    await player.reads()
    await player.press("ctrl+s", "record it")
    await player.until("the fix is recorded", lambda: bool((found := state()) and found.fixes))
    while "resolve" not in await player.sees(r"^ \. (answer a question|resolve)"):
        open_before = len(_known(state))
        await player.press("full_stop", "the next step: answer a question")
        await player.sees(r"Questions on INC-1")
        await player.reads()
        for _ in range(10):  # what comes too quickly to have been read is refused
            await player.press("x", "not known yet: it stays open")
            if await _within(2 * DELIBERATE, partial(_more, state, open_before)):
                break
        await _back_to_the_room(player)
        await player.reads()
    await player.press("full_stop", "the next step: resolve")
    await player.sees(r"Resolve INC-1")
    await player.reads()
    await player.press("R", "resolve, the deliberate key")
    await player.until("resolved", phase(Phase.RESOLVED))
    await player.press("p", "the postmortem")
    await player.sees(r"Summary")


def _known(state: Callable[[], Incident | None]) -> tuple[str, ...]:
    """Return the questions to which something was said."""
    found = state()
    return tuple(found.answers) if found is not None else ()


def _more(state: Callable[[], Incident | None], before: int) -> bool:
    return len(_known(state)) > before


async def _within(seconds: float, true: Callable[[], bool]) -> bool:
    """Return whether something is so before a time is over, as soon as it is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if await asyncio.to_thread(true):
            return True
        await asyncio.sleep(0.2)
    return False


async def _back_to_the_room(player: Player) -> None:
    """Leave whatever the running step opened."""
    for _ in range(3):
        if len(player.app.screen_stack) == 1:
            return
        await player.press("escape", "back to the room")
        await player.reads()


def independent_count(
    log: Path, since: float, until: float, path: str = "/api/checkout[ ?]"
) -> tuple[int, int]:
    """Count failures and requests of a path in a window by a plain regular expression.

    It shares no code with the log engine: it is what the engine's numbers are held against.
    """
    line = re.compile(rf'\[([^]]+)\] "[A-Z]+ {path}[^"]*" (\d{{3}}) ')
    failures = requests = 0
    for text in log.read_text("utf-8", "replace").splitlines():
        found = line.search(text)
        if found is None:
            continue
        at = datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z").timestamp()
        if since <= at < until:
            requests += 1
            failures += found[2] >= "500"
    return failures, requests
