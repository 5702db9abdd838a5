"""What is still missing before an incident may be closed."""

from warroom.core.state import Incident
from warroom.core.words import Outcome


def missing(incident: Incident) -> tuple[str, ...]:
    """Return what closing waits for, in the order in which it is best done; empty: nothing.

    The three checks of a clean end: the failure is gone, nothing temporary is left in place
    unnoticed, and what was learnt is written down.
    """
    found: list[str] = []
    if incident.resolved_at is None:
        found.append("not resolved: the failure has not been declared gone")
    found.extend(
        f"{run.intent.title} is still in force since {run.intended_at:%H:%M}: undo it, "
        "or keep it with a date"
        for run in incident.ledger
        if run.keep_until is None
    )
    found.extend(
        f"step {run.intent.step} of {run.intent.title} is unknown: verify and settle it"
        for run in incident.runs
        if run.outcome is Outcome.UNKNOWN
    )
    if not incident.diagnoses:
        found.append("no diagnosis has been shared")
    if incident.postmortem_version == 0:
        found.append("nobody has looked at the postmortem draft")
    return tuple(found)
