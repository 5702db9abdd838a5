"""See exactly what will run before it runs, and make sure that this is what runs."""

import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warroom.core.words import StepAction
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Block, Confirmation, Runbook, Step, confirmation
from warroom.runbooks.params import STATE_PREFIX, Values, step_environment
from warroom.runbooks.parse import read_bytes
from warroom.runbooks.redact import MARK, redact
from warroom.runbooks.render import render

DEFAULT_TIMEOUT = 60.0
"""Seconds a block without a time-out may take; the linter asks for an explicit one."""

NO_UNDO = "There is no undo."


@dataclass(frozen=True, slots=True)
class Preview:
    """One block of one step, bound to its values and to the file it came from."""

    title: str
    path: str
    step: int
    text: str
    role: StepAction
    block: Block
    command: str
    """Exactly what is executed, secrets hidden."""
    environment: Mapping[str, str]
    """What the step sees beyond the allow-listed names, secrets hidden."""
    timeout: float
    undo: str
    """Exactly what would take it back, or `NO_UNDO`."""
    blast_radius: str
    confirmation: Confirmation
    sha256: str
    """Of the file."""
    env: Mapping[str, str]
    """The environment itself, secrets in clear: never shown, never stored."""
    secrets: Sequence[str]
    integers: frozenset[str]
    digest: str
    """Of all that matters to what happens; equal digests mean the same action."""


def preview(
    runbook: Runbook,
    step: Step,
    values: Values,
    *,
    role: StepAction = StepAction.RUN,
    state: Mapping[str, str] | None = None,
    service: str = "",
    environ: Mapping[str, str] | None = None,
) -> Preview:
    """Bind a block to its values; raises RunbookError where it cannot be run with them.

    Args:
        runbook: The document, as parsed.
        step: One of its steps.
        values: The answers, from `params.resolve`.
        role: Which of the step's blocks.
        state: What earlier blocks of this step reported about the state before.
        service: The incident's service; decides how deliberate the confirmation must be.
        environ: The console's environment if None.
    """
    block = step.block(role)
    if block is None:
        raise RunbookError(
            "Nothing to run",
            f"step {step.number} of {runbook.title} has no {role} block",
            "Do it by hand and tick it",
        )
    if role is StepAction.UNDO:
        _ensure_known(block, state or {})
    env = step_environment(values, state=state, environ=environ)
    command = redact(render(block, env, values.integers), values.secrets)
    undo = step.undo
    timeout = block.timeout or DEFAULT_TIMEOUT
    shown = {**values.shown, **{f"state_{k}": v for k, v in (state or {}).items()}}
    parts = (runbook.sha256, str(step.number), role, repr(sorted(values.env.items())), repr(state))
    return Preview(
        title=runbook.title,
        path=runbook.path,
        step=step.number,
        text=step.text,
        role=role,
        block=block,
        command=command,
        environment={name: redact(value, values.secrets) for name, value in shown.items()},
        timeout=timeout,
        undo=undo.code if undo else NO_UNDO,
        blast_radius=runbook.blast_radius,
        confirmation=confirmation(runbook, step, role, service),
        sha256=runbook.sha256,
        env=env,
        secrets=values.secrets,
        integers=values.integers,
        digest=hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _ensure_known(block: Block, state: Mapping[str, str]) -> None:
    """Refuse an undo that would put a mark where a secret was; raises RunbookError."""
    for name, value in state.items():
        if MARK.decode() in value and f"{STATE_PREFIX}{name}" in block.code:
            raise RunbookError(
                "State not kept",
                f"{name} was a secret, or has the shape of one, and so was not kept",
                "Take it back by hand; let the step report where the secret is, not what it is",
            )


def ensure_unchanged(path: str, sha256: str) -> None:
    """Refuse to go on where the file is not the one that was previewed; raises RunbookError.

    Called right before the start. A text that came from no file is its own pin.
    """
    if not path:
        return
    ensure_private(Path(path))
    if hashlib.sha256(read_bytes(Path(path))).hexdigest() != sha256:
        raise RunbookError(
            "Runbook changed",
            f"{path} changed since it was previewed",
            "Look at the new text, then confirm again",
        )


def ensure_private(path: Path) -> None:
    """Refuse a file that somebody else could have written; raises RunbookError.

    Writable by a group is fine where that group is the owner's own and has no other member, which
    is how many systems create users.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise RunbookError("Runbook not read", f"{path}: {error.strerror}", "Check it") from None
    if status.st_uid not in {0, os.getuid()}:
        raise RunbookError(
            "Runbook not trusted",
            f"{path} belongs to user {status.st_uid}, neither to you nor to root",
            "Copy it, read it, and run the copy",
        )
    open_to_group = status.st_mode & stat.S_IWGRP and not _own_group(status.st_uid, status.st_gid)
    if status.st_mode & stat.S_IWOTH or open_to_group:
        raise RunbookError(
            "Runbook not trusted",
            f"{path} can be written by others (mode {stat.S_IMODE(status.st_mode):o})",
            f"chmod go-w {path}",
        )


def _own_group(uid: int, gid: int) -> bool:
    """Whether a group is the private one of a user."""
    try:
        user, group = pwd.getpwuid(uid), grp.getgrgid(gid)
    except KeyError:
        return False
    members = set(group.gr_mem) - {user.pw_name}
    return user.pw_gid == gid and group.gr_name == user.pw_name and not members
