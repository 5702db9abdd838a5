"""Keys wait their turn, so that typing ahead does what it would do on an endlessly fast machine.

A key travels from the app to the widget with the focus and back through everything around it, in
several steps. Without care a second key overtakes it: a text is sent before its last letter has
arrived, and a command typed while a dialog opens or closes goes to the wrong place. Here each key
is dealt with before the next is looked at, and an action may hold the keys until the dialog that
it opens has the focus, or until what it has kept can be seen.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump

TRAVEL = 1.0
"""Seconds after which a key is taken for lost: the widget that had it is gone."""
PATIENCE = 3.0
"""Seconds that keys are held at most: a store that does not answer must not take the keyboard."""


class TypeAhead:
    """The keys of one app, in the order in which they were pressed."""

    def __init__(self, app: App[int], deal: Callable[[Key | Paste], Awaitable[None]]) -> None:
        """Give every key to `deal`, which starts it on its way; both on the app's event loop."""
        self._app = app
        self._deal = deal
        self._waiting: deque[Key | Paste] = deque()
        self._travelling = 0
        """Number of the key that is on its way; 0: none."""
        self._count = 0
        self._holders: set[object] = set()
        self._limit: asyncio.TimerHandle | None = None

    @property
    def pending(self) -> bool:
        """Whether a key has been pressed that was not looked at yet."""
        return bool(self._waiting)

    async def take(self, event: Key | Paste) -> None:
        """Take a key from the terminal."""
        self._waiting.append(event)
        await self._go_on()

    def hold(self, holder: object) -> None:
        """Let the keys wait until `release` is called with the same holder, or for a while."""
        self._holders.add(holder)
        if self._limit is None:
            self._limit = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)

    def release(self, holder: object) -> None:
        """Let the keys go on, as far as nobody else holds them."""
        self._holders.discard(holder)
        if not self._holders:
            if self._limit is not None:
                self._limit.cancel()
                self._limit = None
            if self._waiting:
                self._app.call_later(self._go_on)

    def _give_up(self) -> None:
        self._limit = None
        for holder in tuple(self._holders):
            self.release(holder)

    async def _go_on(self) -> None:
        """Deal with what waits, until a key is on its way or the keys are held."""
        while self._waiting and not self._travelling and not self._holders:
            event = self._waiting.popleft()
            target = self._app.focused or self._app.screen
            await self._deal(event)
            if event.is_forwarded:
                self._count += 1
                self._travelling = self._count
                path = [*target.ancestors_with_self]
                self._follow(path, self._count)
                arrived = partial(self._arrived, self._count)
                asyncio.get_running_loop().call_later(TRAVEL, arrived)

    def _follow(self, path: Sequence[MessagePump], number: int) -> None:
        """Go the way of a key, one step behind it; the app, last of the path, comes at its end."""
        node, *rest = path
        if not rest:
            self._app.call_later(self._arrived, number)
        elif not node.call_later(self._follow, rest, number):
            self._follow(rest, number)  # it is closing: the key never came by

    def _arrived(self, number: int) -> None:
        if self._travelling == number:
            self._travelling = 0
            if self._waiting:
                self._app.call_later(self._go_on)


def pending(app: App[object]) -> bool:
    """Whether a key has been pressed that the app has not looked at yet."""
    found = getattr(app, "ahead", None)
    return isinstance(found, TypeAhead) and found.pending
