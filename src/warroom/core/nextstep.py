"""The one next thing the method asks for: what the full stop key opens."""

from dataclasses import dataclass
from datetime import datetime

from warroom.core.clocks import Pace, update_clock
from warroom.core.closing import missing, unverified
from warroom.core.state import Incident
from warroom.core.words import Outcome, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to do now."""

    action: str
    """Name of the console's action: declare, acknowledge, contain, settle, update, diagnose,
    resolve, postmortem, verify, close."""
    verb: str
    """What the footer says, in one to three words."""
    why: str
    """One sentence for the notice row."""


def next_step(incident: Incident | None, now: datetime) -> NextStep | None:
    """Return the next thing; None when nothing is left to do.

    The order is that of the method: take charge, contain before diagnosing, tell people when it is
    due, say what is wrong, end it, write it down, verify in the log, close. It opens things and
    runs none.
    """
    if incident is None:
        return NextStep(action="declare", verb="declare", why="No incident is open.")
    if incident.phase is Phase.CLOSED:
        return None
    if incident.acknowledged_at is None or not incident.commander:
        return NextStep(action="acknowledge", verb="acknowledge", why="Nobody has taken charge.")
    if any(run.outcome is Outcome.UNKNOWN for run in incident.runs):
        return NextStep(
            action="settle",
            verb="verify the unknown step",
            why="A step was running when the console stopped.",
        )
    update = update_clock(incident)
    if update is not None and update.pace(now) in (Pace.WARN, Pace.LATE):
        return NextStep(action="update", verb="write the update", why="An update is due.")
    if incident.resolved_at is None:
        return _to_resolve(incident)
    if incident.postmortem_version == 0:
        return NextStep(
            action="postmortem", verb="read the postmortem", why="The draft is written: read it."
        )
    if unverified(incident):
        return NextStep(
            action="verify", verb="verify in the log", why=f"{unverified(incident)[0]}."
        )
    gaps = missing(incident)
    why = f"Missing: {gaps[0]}." if gaps else "Everything that closing asks for is there."
    return NextStep(action="close", verb="close", why=why)


def _to_resolve(incident: Incident) -> NextStep:
    if incident.contained_at is None:
        return NextStep(
            action="contain", verb="contain", why="The damage goes on: contain before diagnosing."
        )
    if not incident.diagnoses:
        return NextStep(
            action="diagnose",
            verb="share diagnosis",
            why="Contained. Say what is wrong, and until when.",
        )
    return NextStep(
        action="resolve", verb="resolve", why="Resolve it once the failure is gone for good."
    )
