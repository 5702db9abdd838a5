"""The rules of containment: steps confirmed once, effects, what stays in force."""

from dataclasses import replace
from datetime import datetime

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.refusal import Decision, Refusal
from warroom.core.state import Incident, Run
from warroom.core.words import FollowUpKind, Outcome, StepAction, Verdict


def step(  # the union is what `decide` hands over
    incident: Incident,
    command: c.IntendStep
    | c.StartStep
    | c.ReportStep
    | c.FinishStep
    | c.SettleStep
    | c.MeasureEffect,
) -> Decision:
    """Decide about the execution of one step of a runbook."""
    if isinstance(command, c.IntendStep):
        return _intend(incident, command.facts)
    name = command.run if isinstance(command, c.SettleStep) else command.facts.run
    run = incident.run(name)
    if run is None:
        return Refusal(reason=f"no step was confirmed as {name!r}")
    match command:
        case c.StartStep(facts=facts):
            return (facts,) if run.started is None else ()
        case c.ReportStep(facts=report):
            return _report(run, report)
        case c.FinishStep(facts=finish):
            return (finish,) if run.finished is None else ()
        case c.SettleStep(done=done, reason=reason):
            return _settle(run, done=done, reason=reason)
        case c.MeasureEffect(facts=effect):
            return _effect(incident, run, effect)


def _intend(incident: Incident, facts: e.StepIntended) -> Decision:
    if incident.run(facts.run) is not None:
        return Refusal(reason="this step was confirmed before", hint="Open it again to repeat it.")
    for run in incident.runs:
        same = run.intent.runbook == facts.runbook and run.intent.step == facts.step
        if not same:
            continue
        if run.outcome is None:
            return Refusal(
                reason=f"step {facts.step} of {facts.title} is running since "
                f"{run.intended_at:%H:%M:%S}, confirmed by {run.by}",
            )
        if run.outcome is Outcome.UNKNOWN and facts.action is StepAction.RUN:
            return Refusal(
                reason=f"step {facts.step} of {facts.title} is unknown: it was running when the "
                "console stopped",
                hint="Verify it, then mark it done or not done.",
            )
    if facts.action is StepAction.UNDO:
        target = incident.run(facts.undoes)
        if target is None or not target.in_force:
            return Refusal(reason="there is nothing in force to undo")
    return (facts,)


def _report(run: Run, report: e.StepReported) -> Decision:
    """Keep what is news; a step that has ended has said all of it at its end."""
    if run.started is None:
        return Refusal(reason="a step that has not started has nothing to report")
    if run.finished is not None:
        return ()
    news = {name: value for name, value in report.state.items() if run.state.get(name) != value}
    return (replace(report, state=news),) if news else ()


def _settle(run: Run, *, done: bool, reason: str) -> Decision:
    if run.outcome is not Outcome.UNKNOWN:
        return Refusal(reason="only an unknown step can be settled")
    return (e.StepSettled(run=run.intent.run, done=done, reason=reason),)


def _effect(incident: Incident, run: Run, effect: e.EffectMeasured) -> Decision:
    found: tuple[e.Event, ...] = (effect,)
    stops = effect.verdict is Verdict.SOLVED or (
        effect.verdict is Verdict.HELPED
        # A fall by nine tenths ends the damage even while the remainder is being waited out.
        and effect.after_failures * effect.before_requests * 10
        <= effect.before_failures * effect.after_requests
    )
    # Data restored or a key revoked stops damage as well as a flag does, though nothing is to be
    # taken back later; what was undone meanwhile stops nothing any more.
    holds = run.intent.action is StepAction.RUN and run.outcome is Outcome.SUCCEEDED
    if stops and incident.contained_at is None and holds and not run.undone_by:
        found = (*found, e.Contained(how=f"{run.intent.title}: {effect.sentence}", run=effect.run))
    return found


def contain(incident: Incident, command: c.Contain | c.KeepContainment, now: datetime) -> Decision:
    """Decide about the end of the damage, and about what stays in force."""
    if isinstance(command, c.Contain):
        if incident.contained_at is not None:
            return Refusal(
                reason=f"{incident.id} is contained since {incident.contained_at:%H:%M:%S}"
            )
        if not command.how.strip():
            return Refusal(reason="say what stopped the damage")
        return (e.Contained(how=command.how.strip()),)
    run = incident.run(command.run)
    if run is None or not run.in_force:
        return Refusal(reason="there is nothing in force by that name")
    if run.silences:
        return Refusal(
            reason="a silence ends by itself and cannot be made to stay",
            hint="Undo it, and silence the alerts for longer.",
        )
    if command.until <= now:
        return Refusal(reason="keeping something needs a date in the future")
    number = len(incident.follow_ups) + 1
    return (
        e.ContainmentKept(run=command.run, until=command.until, reason=command.reason),
        e.FollowUpChanged(
            follow_up=number,
            kind=FollowUpKind.ROOT_CAUSE,
            text=f"Take back: {run.intent.title} (in force since {run.intended_at:%Y-%m-%d})",
            owner=incident.commander,
            due=command.until,
        ),
    )
