"""Perform one step: check first, run, look afterwards; the state before travels along."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from warroom.core.words import StepAction
from warroom.runbooks.model import Runbook, Step
from warroom.runbooks.outcome import OnOutput, OnStart, OnState, Outcome
from warroom.runbooks.params import Values
from warroom.runbooks.preview import preview
from warroom.runbooks.run import run_preview


@dataclass(frozen=True, slots=True)
class Performed:
    """What came of a step; None for what it does not have or what did not start."""

    precheck: Outcome | None
    outcome: Outcome | None
    """Of the block that was asked for; None where the precheck failed: nothing was changed."""
    verification: Outcome | None
    state: Mapping[str, str]
    """The state before, as precheck and run reported it: what an undo must be given."""

    @property
    def succeeded(self) -> bool:
        """Whether it ran, and the look afterwards (if there is one) confirmed it."""
        verified = self.verification is None or self.verification.succeeded
        return self.outcome is not None and self.outcome.succeeded and verified


def perform(
    runbook: Runbook,
    step: Step,
    values: Values,
    *,
    role: StepAction = StepAction.RUN,
    state: Mapping[str, str] | None = None,
    on_output: OnOutput | None = None,
    on_start: OnStart | None = None,
    on_state: OnState | None = None,
    on_checked: Callable[[Mapping[str, str]], None] | None = None,
    cancel: threading.Event | None = None,
    hosts: Sequence[str] = (),
    cwd: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Performed:
    """Perform a block of a step; a `run` with its precheck before and its verification after.

    Blocks; what fails stops what follows. What the precheck reported is in the environment of the
    run, and both are in that of the verification. Raises RunbookError where the file changed or a
    value does not fit.

    Args:
        runbook: The document whose preview was confirmed.
        step: One of its steps.
        values: The answers.
        role: Which block.
        state: What earlier blocks of this step reported; an undo needs it.
        on_output: Gets redacted text as it comes, from all blocks.
        on_start: Gets the identity right before the block asked for does anything.
        on_state: Gets what the block asked for says of the state before, as it says it.
        on_checked: Gets what the precheck said of the state before, ahead of `on_start`.
        cancel: Ends the block when set; nothing further starts.
        hosts: Hosts that `http` blocks may talk to.
        cwd: Working directory of shells.
        environ: The console's environment if None.
    """
    known = dict(state or {})

    def execute(action: StepAction, *, looks: bool = False) -> Outcome | None:
        if step.block(action) is None and action is not role:
            return None
        shown = preview(runbook, step, values, role=action, state=known, environ=environ)
        outcome = run_preview(
            shown,
            on_output=on_output,
            on_start=None if looks else on_start,
            on_state=None if looks else on_state,
            cancel=cancel,
            hosts=hosts,
            cwd=cwd,
        )
        known.update(outcome.state)
        return outcome

    if role is not StepAction.RUN:
        return Performed(None, execute(role), None, known)
    precheck = execute(StepAction.PRECHECK, looks=True)
    if precheck is not None and not precheck.succeeded:
        return Performed(precheck, None, None, known)
    if on_checked is not None:
        on_checked(known)
    outcome = execute(role)
    if outcome is None or not outcome.succeeded:
        return Performed(precheck, outcome, None, known)
    return Performed(precheck, outcome, execute(StepAction.VERIFY, looks=True), known)
