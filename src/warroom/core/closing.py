"""What is still missing before an incident may be closed."""

from datetime import datetime

from warroom.core.notices import owed
from warroom.core.state import Incident
from warroom.core.words import Check, Outcome, StepAction

_UNMEASURED = {
    Check.GONE: "nobody has measured that the failure is gone: verify it in the log",
    Check.ADJACENT: "nobody has looked at the routes beside it: verify them in the log",
}


def missing(incident: Incident) -> tuple[str, ...]:
    """Return what closing waits for, in the order in which it is best done; empty: nothing.

    The checks of a clean end: the failure is gone and its neighbours are well, nothing temporary is
    left in place unnoticed, and what was learnt is written down. What a log has shown to fail must
    be shown by a log to be well; where no log ever told of it, the word of a person is enough.
    """
    found: list[str] = []
    if incident.resolved_at is None:
        found.append("not resolved: the failure has not been declared gone")
    found.extend(
        f"{run.intent.title} is still in force since {run.intended_at:%H:%M}: undo it"
        + ("" if run.silences else ", or keep it with a date")
        for run in incident.ledger
        if run.keep_until is None
    )
    found.extend(
        f"step {run.intent.step} of {run.intent.title} is unknown: verify and settle it"
        for run in incident.unknown
    )
    if incident.resolved_at is not None:
        found.extend(unverified(incident))
    found.extend(
        f"{one.notice.party} was not told ({one.notice.name}): record it, or why it is not owed"
        for one in owed(incident)
        if one.sent_at is None
    )
    if not incident.diagnoses:
        found.append("no diagnosis has been shared")
    if incident.postmortem_version == 0:
        found.append("nobody has looked at the postmortem draft")
    return tuple(found)


def unverified(incident: Incident) -> tuple[str, ...]:
    """Return which of the measured checks are missing, too old or speak against closing."""
    found: list[str] = []
    last = settled_since(incident)
    for check, words in _UNMEASURED.items():
        made = incident.checks.get(check)
        if made is None:
            if measurable(incident):
                found.append(words)
        elif last is not None and made[0] < last:
            found.append(f"{made[1].sentence}, measured before the last change: verify it again")
        elif not made[1].passed:
            found.append(made[1].sentence)
    return tuple(found)


def measurable(incident: Incident) -> bool:
    """Return whether a log has told of this failure, so that it can tell of its end."""
    return incident.onset is not None or any(run.effect is not None for run in incident.runs)


def settled_since(incident: Incident) -> datetime | None:
    """Return when production was last changed from the room: a step, its undo, or a fix."""
    times = [
        run.finished_at
        for run in incident.runs
        if run.finished_at is not None
        and run.intent.action in (StepAction.RUN, StepAction.UNDO)
        and run.outcome is Outcome.SUCCEEDED
    ]
    times += [at for at, _ in incident.fixes]
    return max(times, default=None)
