"""Keeps the long passes of the garbage collector away from keys.

A full pass looks at every object that was ever made: some 400,000 once the modules are there, 50 to
80 ms in which no key is answered, and there are two of them in the first seconds. What exists when
the console has started lives as long as it does, so that it need not be looked at again.
"""

import asyncio
import gc

SETTLED = 4.0
"""Seconds until what is imported after the first frame is there."""
YOUNG = 20_000
"""New objects after which young ones are looked at: a frame makes some thousands."""


def spare_keys(loop: asyncio.AbstractEventLoop) -> None:
    """Collect nothing until the console has started, and from then on only what is newer.

    For a process that is a console and nothing else: what is garbage then, a MiB or two, stays.
    """
    gc.disable()
    loop.call_later(SETTLED, _resume)


def _resume() -> None:
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
    gc.enable()
