"""Execute one block, whatever its language."""

import threading
from collections.abc import Mapping, Sequence

from warroom.runbooks.model import Block, Language
from warroom.runbooks.outcome import OnOutput, OnStart, Outcome
from warroom.runbooks.shell import FLOOD, GRACE, run_command

INTERPRETERS: Mapping[Language, Sequence[str]] = {
    Language.SH: ("/bin/sh", "-eu", "-c"),
    Language.BASH: ("bash", "-euo", "pipefail", "-c"),
}
"""How a shell block is executed: it ends at its first failing command and at an unset name."""


def run_block(
    block: Block,
    env: Mapping[str, str],
    *,
    timeout: float,
    on_output: OnOutput | None = None,
    on_start: OnStart | None = None,
    cancel: threading.Event | None = None,
    secrets: Sequence[str] = (),
    cwd: str | None = None,
    grace: float = GRACE,
    flood: int = FLOOD,
) -> Outcome:
    """Execute a block to its end and return what came of it.

    Blocks: call it from a worker thread. What goes wrong with the block is in the outcome; only an
    error of a callback is raised, after the block was ended. The arguments are those of
    `shell.run_command`.
    """
    return run_command(
        [*INTERPRETERS[block.language], block.code, block.language],
        env,
        timeout=timeout,
        on_output=on_output,
        on_start=on_start,
        cancel=cancel,
        secrets=secrets,
        cwd=cwd,
        grace=grace,
        flood=flood,
    )
