"""Execute one block, whatever its language."""

import threading
from collections.abc import Mapping, Sequence

from warroom.core.words import StepAction
from warroom.runbooks.haproxy import run_haproxy
from warroom.runbooks.model import Block, Language
from warroom.runbooks.outcome import Identity, OnOutput, OnStart, OnState, Outcome
from warroom.runbooks.preview import Preview, ensure_unchanged
from warroom.runbooks.render import render
from warroom.runbooks.shell import FLOOD, GRACE, run_command
from warroom.runbooks.sql import run_sql

INTERPRETERS: Mapping[Language, Sequence[str]] = {
    Language.SH: ("/bin/sh", "-eu", "-c"),
    Language.BASH: ("bash", "-euo", "pipefail", "-c"),
}
"""How a shell block is executed: it ends at its first failing command and at an unset name."""

NO_PROCESS = Identity(0, 0, "")
"""The identity of what runs without a process of its own."""


def run_preview(
    preview: Preview,
    *,
    on_output: OnOutput | None = None,
    on_start: OnStart | None = None,
    on_state: OnState | None = None,
    cancel: threading.Event | None = None,
    hosts: Sequence[str] = (),
    cwd: str | None = None,
) -> Outcome:
    """Run exactly what was previewed; raises RunbookError where the file changed since.

    The arguments are those of `run_block`.
    """
    ensure_unchanged(preview.path, preview.sha256)
    return run_block(
        preview.block,
        preview.env,
        timeout=preview.timeout,
        role=preview.role,
        integers=preview.integers,
        secrets=preview.secrets,
        on_output=on_output,
        on_start=on_start,
        on_state=on_state,
        cancel=cancel,
        hosts=hosts,
        cwd=cwd,
    )


def run_block(
    block: Block,
    env: Mapping[str, str],
    *,
    timeout: float,
    role: StepAction = StepAction.RUN,
    on_output: OnOutput | None = None,
    on_start: OnStart | None = None,
    on_state: OnState | None = None,
    cancel: threading.Event | None = None,
    secrets: Sequence[str] = (),
    integers: frozenset[str] = frozenset(),
    hosts: Sequence[str] = (),
    cwd: str | None = None,
    grace: float = GRACE,
    flood: int = FLOOD,
) -> Outcome:
    """Execute a block to its end and return what came of it.

    Blocks: call it from a worker thread. What goes wrong with the block is in the outcome; an error
    of a callback is raised, after the block was ended, and so is a RunbookError for values that do
    not fit.

    Args:
        block: What to execute.
        env: The whole environment: allow-list, parameters, state before.
        timeout: Seconds it may take.
        role: What the block is for; a SQL verification judges its rows.
        on_output: Gets redacted text as it comes.
        on_start: Gets the identity of the process right before it does anything; `NO_PROCESS` for a
            request or query. If it raises, nothing is executed.
        on_state: Gets what the block says of the state before, as it says it, ahead of the output
            that says it.
        cancel: Ends the block when set.
        secrets: Values hidden in everything that is kept or passed on.
        integers: Parameters that stay numbers in JSON.
        hosts: Hosts that an `http` block may talk to.
        cwd: Working directory of a shell; the home directory if None.
        grace: Seconds between TERM and KILL.
        flood: Bytes of output that are too many.
    """
    if block.language in INTERPRETERS:
        return run_command(
            [*INTERPRETERS[block.language], block.code, block.language],
            env,
            timeout=timeout,
            on_output=on_output,
            on_start=on_start,
            on_state=on_state,
            cancel=cancel,
            secrets=secrets,
            cwd=block.options.get("cwd") or cwd,
            grace=grace,
            flood=flood,
        )
    text = render(block, env, integers)
    if on_start is not None:
        on_start(NO_PROCESS)
    if block.language is Language.HTTP:
        from warroom.runbooks.httpstep import run_http  # noqa: PLC0415 - ssl is slow to import

        return run_http(
            block,
            env,
            timeout=timeout,
            hosts=hosts,
            integers=integers,
            on_output=on_output,
            on_state=on_state,
            cancel=cancel,
            secrets=secrets,
        )
    if block.language is Language.SQL:
        return run_sql(
            block,
            env,
            timeout=timeout,
            role=role,
            on_output=on_output,
            on_state=on_state,
            cancel=cancel,
            secrets=secrets,
        )
    return run_haproxy(
        block,
        env,
        text,
        timeout=timeout,
        on_output=on_output,
        on_state=on_state,
        cancel=cancel,
        secrets=secrets,
    )
