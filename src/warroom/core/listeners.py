"""Whom to tell when something has happened; the thread that tells need not be theirs."""

import threading
from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    """Functions that are called in the order in which they came."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._lock = threading.Lock()
        self._each: tuple[Callable[P, object], ...] = ()

    def add(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Call `listener` from now on; returns what ends that, which may be called again."""
        with self._lock:
            self._each += (listener,)

        def end() -> None:
            with self._lock:
                found = list(self._each)
                if listener in found:
                    found.remove(listener)
                self._each = tuple(found)

        return end

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call those who listen now; what one of them raises ends it."""
        for listener in self._each:
            listener(*args, **kwargs)

    def clear(self) -> None:
        """Tell nobody any more."""
        with self._lock:
            self._each = ()
