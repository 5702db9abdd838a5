"""What the journal keeps of a step: intent before, outcome after, and what a crash left."""

from dataclasses import replace
from datetime import datetime, timedelta

from warroom.core import events as e
from warroom.core.state import Run
from warroom.core.text import clean_line
from warroom.core.words import Outcome, StepAction
from warroom.room.containment import Plan
from warroom.runbooks.outcome import Identity
from warroom.runbooks.outcome import Outcome as Ended
from warroom.runbooks.perform import Performed
from warroom.runbooks.process import alive, own_identity

OUTPUT_LIMIT = 64_000
"""Characters of a step's output that the journal keeps; head and tail were chosen before."""


class NotKept(Exception):  # noqa: N818 - a state, not a mistake
    """The journal would not take the start of a step, so the step was not started."""


def tended(run: Run) -> bool:
    """Whether the console that runs a step, or the step's own process, still lives."""
    console = run.intent.console.split()
    known = len(console) == 3 and console[0].isdigit() and console[1].isdigit()
    if known and alive(Identity(int(console[0]), int(console[1]), console[2])):
        return True
    started = run.started
    return (
        started is not None
        and bool(started.pid)
        and alive(Identity(started.pid, started.start_ticks, started.boot_id))
    )


def lost(run: Run) -> e.StepFinished:
    """What is known of a step whose console is gone: started means unknown, else nothing ran.

    A check changes nothing, so nobody has to settle one that was cut short.
    """
    if run.started is None:
        return e.StepFinished(
            run=run.intent.run,
            outcome=Outcome.CANCELLED,
            output="the console stopped before the step was started: nothing ran",
        )
    if run.intent.action in (StepAction.VERIFY, StepAction.PRECHECK):
        return e.StepFinished(
            run=run.intent.run,
            outcome=Outcome.CANCELLED,
            output="the console stopped during the check: it says nothing",
        )
    return e.StepFinished(run=run.intent.run, outcome=Outcome.UNKNOWN)


def never_ran(why: str) -> Ended:
    """Return the outcome of a step that was not started."""
    return Ended(
        kind=Outcome.CANCELLED,
        reason=f"nothing ran: {why}",
        exit_status=None,
        head="",
        tail="",
        total_bytes=0,
        seconds=0.0,
        pid=None,
    )


def ended(done: Performed) -> Ended:
    """Return one outcome for a whole step, with the state that its undo needs."""
    if done.outcome is None:
        refused = done.precheck or never_ran("the step has no such block")
        return replace(refused, reason=f"the check before it failed: {refused.reason}")
    if done.verification is None or done.verification.succeeded:
        return replace(done.outcome, state=dict(done.state))
    # It ran, and the look afterwards did not confirm it: neither done nor not done.
    ran, verified = done.outcome, done.verification
    return replace(
        ran,
        kind=Outcome.UNKNOWN,
        reason=f"it ran, but the verification failed: {verified.reason}",
        exit_status=verified.exit_status,
        head=f"{ran.head}\n-- verification --\n{verified.head}",
        tail=verified.tail,
        total_bytes=ran.total_bytes + verified.total_bytes,
        seconds=ran.seconds + verified.seconds,
        state=dict(done.state),
    )


def intended(plan: Plan, confirmed: str, second: str, now: datetime) -> e.StepIntended:
    """Return what the journal keeps of a confirmed plan, before anything starts."""
    return e.StepIntended(
        run=plan.run,
        runbook=plan.runbook,
        title=plan.title,
        kind=plan.kind,
        step=plan.step,
        step_title=plan.step_title,
        action=plan.action,
        command=plan.command,
        sha256=plan.sha256,
        params=dict(plan.params),
        blast_radius=plan.blast_radius,
        undo=plan.undo,
        undoes=plan.undoes,
        confirmed=f"{confirmed}, agreed by {clean_line(second)}" if second else confirmed,
        console=own_console(),
        expires_at=now + timedelta(minutes=plan.minutes) if plan.minutes else None,
    )


def own_console() -> str:
    """Return the identity of this console as an intent keeps it."""
    own = own_identity()
    return f"{own.pid} {own.start} {own.boot}"


def finished(run: str, ended: Ended) -> e.StepFinished:
    """Return what the journal keeps of an outcome."""
    output = ended.output if not ended.reason else f"{ended.output}\n{ended.reason}".lstrip()
    return e.StepFinished(
        run=run,
        outcome=ended.kind,
        exit_status=ended.exit_status,
        milliseconds=round(ended.seconds * 1000),
        output=output.encode("utf-8", "replace").decode("utf-8")[:OUTPUT_LIMIT],
        output_bytes=ended.total_bytes,
        state=dict(ended.state),
    )
