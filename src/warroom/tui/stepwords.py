"""What the console says of a step that ended, or whose end is not known."""

from warroom.core.state import Incident, Run
from warroom.core.words import Outcome, StepAction


def basis(incident: Incident | None) -> tuple[str, ...]:
    """Return what a confirmation stands on: the incident, its phase, and what was run."""
    if incident is None:
        return ()
    runs = (f"{run.intent.run}{run.outcome}{run.undone_by}" for run in incident.runs)
    return (incident.id, incident.phase.value, *runs)


def lost_words(incident: Incident, run: Run) -> tuple[str, ...]:
    """Return what is known of a step whose end is not."""
    step = (run.intent.runbook, run.intent.step)
    looks = [
        r
        for r in incident.runs
        if r.intent.action is StepAction.VERIFY
        and (r.intent.runbook, r.intent.step) == step
        and r.intended_at >= run.intended_at
        and r.settled is None  # somebody's word on a check is not what the check has seen
        and r.outcome in (Outcome.SUCCEEDED, Outcome.FAILED)
    ]
    undo = run.intent.action is StepAction.UNDO
    seen = ""
    if looks:
        good = looks[-1].outcome is Outcome.SUCCEEDED
        if undo:  # the check is that of the step: what it finds was not taken back
            said = "found the step still in force" if good else "did not find the step in force"
        else:
            said = "found it done" if good else "did not find it done"
        seen = f"Verified at {looks[-1].intended_at:%H:%M:%S}: it {said}."
    return (
        f"{'Undo of ' if undo else ''}{run.intent.title}: {run.intent.step_title}",
        (
            f"It was confirmed by {run.by} at {run.intended_at:%H:%M:%S} and its end is not known. "
            "Nothing is repeated by itself: look, then say what became of it."
        ),
        *((seen,) if seen else ()),
        "",
        *run.intent.command.splitlines()[:8],
    )


def ended(run: Run) -> str:
    """Return how a step ended, in how long, and what it said last if it went wrong."""
    milliseconds = run.finished.milliseconds if run.finished is not None else 0
    status = run.finished.exit_status if run.finished is not None else None
    code = f", exit status {status}" if status not in (None, 0) else ""
    outcome = run.outcome.value.replace("_", " ") if run.outcome is not None else "unknown"
    told = f"{outcome} after {milliseconds / 1000:.1f} s{code}"
    output = run.finished.output.strip() if run.finished is not None else ""
    if run.outcome is not Outcome.SUCCEEDED and output:
        told += f": {output.splitlines()[-1][:120]}"  # what it said last is usually the reason
    return told
