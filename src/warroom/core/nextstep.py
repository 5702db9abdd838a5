"""The one next thing the method asks for: what the full stop key opens."""

from dataclasses import dataclass, replace
from datetime import datetime

from warroom.core.clocks import Pace, Stage, StageState, update_clock
from warroom.core.closing import missing, unverified
from warroom.core.questions import Asked, Group, asked
from warroom.core.state import Incident
from warroom.core.words import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to do now."""

    action: str
    """Name of the console's action: declare, acknowledge, accept, settle, update, contain,
    qualify, diagnose, answer, fix, resolve, undo, postmortem, verify, close."""
    verb: str
    """What the footer says, in one to three words."""
    why: str
    """One sentence for the notice row."""
    argument: str = ""
    """What the action is given, such as the group of questions that is open."""
    stage: str = ""
    """Where on the rail it is done: one of its stages, or a word of its own between them."""


UPDATE = "update"
"""The stage of telling people: its clock stands at the end of the rail, not between the others."""


def along(stages: tuple[Stage, ...], step: NextStep | None) -> tuple[Stage, ...]:
    """Return the rail with the stage of the next step as the only one that is now.

    What the rail has no stage for stands before the first that is not done, the end of the work at
    the end; while an update is due no stage is now. Without a next step the rail stays as it is.
    """
    if step is None or not step.stage:
        return stages
    waiting = [stage.name for stage in stages if stage.state is not StageState.DONE]
    marked = tuple(
        stage
        if stage.state is StageState.DONE
        else replace(stage, state=StageState.NOW if stage.name == step.stage else StageState.AHEAD)
        for stage in stages
    )
    if step.stage in (UPDATE, *waiting):
        return marked
    at = len(stages) if step.action == "close" else len(stages) - len(waiting)
    return (*marked[:at], Stage(name=step.stage, state=StageState.NOW), *marked[at:])


def next_step(incident: Incident | None, now: datetime, me: str = "") -> NextStep | None:
    """Return the next thing; None when nothing is left to do.

    The order is that of the method: take charge, contain before diagnosing, tell people when it is
    due, say how bad it is, say what is wrong, repair and end it, take back what was temporary,
    write it down, verify in the log, close. It opens things and runs none. A question that
    somebody has looked at without an answer stays open, and is not asked here again.

    Args:
        incident: The one that is shown.
        now: The instant by the room's clock.
        me: Who asks; a role that was offered to them waits for their word.
    """
    if incident is None:
        why = "When something fails, declare it."
        return NextStep(action="declare", verb="declare", why=why)
    if incident.phase is Phase.CLOSED:
        return None
    offered = next((role for role, offer in incident.offers.items() if offer.to == me), None)
    if me and offered is not None:
        why = f"You are to be {offered.value}: read the briefing, then accept or decline."
        return NextStep(
            action="accept",
            verb="answer the offer",
            why=why,
            argument=offered.value,
            stage="offer",
        )
    if incident.acknowledged_at is None or not incident.commander:
        return NextStep(
            action="acknowledge",
            verb="acknowledge",
            why="Nobody has taken charge.",
            stage="ack" if incident.acknowledged_at is None else "command",
        )
    if incident.unknown:
        return NextStep(
            action="settle",
            verb="verify the unknown step",
            why="A step was running when the console stopped.",
            stage="unknown step",
        )
    update = update_clock(incident)
    if update is not None and update.pace(now) in (Pace.WARN, Pace.LATE):
        return NextStep(
            action="update", verb="write the update", why="An update is due.", stage=UPDATE
        )
    if incident.resolved_at is None:
        return _to_resolve(incident)
    return _to_close(incident)


def _to_resolve(incident: Incident) -> NextStep:
    if incident.contained_at is None:
        running = next((run for run in incident.runs if run.outcome is None), None)
        why = "The damage goes on: contain before diagnosing."
        if running is not None:
            why = f"{running.intent.title} is running: see whether it helps."
        return NextStep(
            action="contain",
            verb="contain",
            why=why,
            stage="contain",
        )
    if _untouched(incident, Group.CRITERIA, Group.FACTORS):
        return NextStep(
            action="qualify",
            verb="say how bad it is",
            why="Criteria or factors are open.",
            stage="how bad",
        )
    if not incident.diagnoses:
        return NextStep(
            action="diagnose",
            verb="share diagnosis",
            why="Contained. Say what is wrong, and until when.",
            stage="diagnose",
        )
    if not incident.fixes:
        return NextStep(
            action="fix",
            verb="record the fix",
            why="Workaround, hotfix or root cause: which?",
            stage="hotfix",
        )
    for group in (Group.DIAGNOSIS, Group.FIX):
        if found := _untouched(incident, group):
            return NextStep(
                action="answer",
                verb="answer a question",
                why=found[0].question.text,
                argument=found[0].question.key,
                stage="hotfix",
            )
    return NextStep(
        action="resolve",
        verb="resolve",
        why="Resolve it once the failure is gone for good.",
        stage="hotfix",
    )


def _to_close(incident: Incident) -> NextStep:
    temporary = next((run for run in incident.ledger if run.keep_until is None), None)
    if temporary is not None:
        return NextStep(
            action="undo",
            verb="take it back",
            why=f"{temporary.intent.title} is still in force.",
            argument=temporary.intent.run,
            stage="take back",
        )
    if incident.postmortem_version == 0:
        return NextStep(
            action="postmortem",
            verb="read the postmortem",
            why="The draft is written: read it.",
            stage="report",
        )
    if unverified(incident):
        return NextStep(
            action="verify",
            verb="verify in the log",
            why=f"{unverified(incident)[0]}.",
            stage="verify",
        )
    gaps = missing(incident)
    why = f"Missing: {gaps[0]}." if gaps else "Everything that closing asks for is there."
    return NextStep(action="close", verb="close", why=why, stage="close")


def _untouched(incident: Incident, *groups: Group) -> tuple[Asked, ...]:
    """Return the open questions of these groups that nobody has looked at yet."""
    return tuple(
        one for group in groups for one in asked(incident, group) if one.open and not one.unknown
    )
