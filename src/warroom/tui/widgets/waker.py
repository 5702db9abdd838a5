"""From a background thread to a repaint: at once after a pause, then at most so many a second."""

import asyncio
import contextvars
import time
from collections.abc import Callable


class Waker:
    """Calls `fire` on the event loop for calls of `wake` from any thread; make it on the loop."""

    def __init__(self, fire: Callable[[], None], interval: float) -> None:
        self._fire = fire
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        # A callback from a thread has no active app. The context of now has, and a plain timer of
        # the loop keeps it: a timer of the framework would never fire from there.
        self._context = contextvars.copy_context()
        self._pending = False
        self._fired = 0.0

    def wake(self) -> None:
        """Ask for a call of `fire`; costs nothing while one is already on its way."""
        if self._pending:
            return
        self._pending = True
        try:
            self._loop.call_soon_threadsafe(self._kick, context=self._context)
        except RuntimeError:  # the loop has closed while somebody was still reading
            self._pending = False

    def _kick(self) -> None:
        wait = self._fired + self._interval - time.monotonic()
        if wait <= 0:
            self._run()
        else:
            self._loop.call_later(wait, self._run, context=self._context)

    def _run(self) -> None:
        self._pending = False
        self._fired = time.monotonic()
        self._fire()
