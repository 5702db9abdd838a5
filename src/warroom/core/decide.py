"""Decide what a command leads to: events, or a refusal with its reason. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.closing import missing
from warroom.core.state import Incident, Run
from warroom.core.words import (
    Criterion,
    FixLevel,
    FollowUpKind,
    Outcome,
    Phase,
    Priority,
    Role,
    StepAction,
    Verdict,
)

TITLE_LIMIT = 200
TEXT_LIMIT = 200_000
"""Characters; what is larger belongs into a file that the incident points to."""

ROOT_CAUSE_DAYS = 14
"""When the follow-up that a workaround or hotfix opens is due, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A rule says no."""

    reason: str
    """One sentence: what is refused and why."""
    hint: str = ""
    """What to do about it."""
    missing: tuple[str, ...] = ()


Decision: TypeAlias = tuple[e.Event, ...] | Refusal


def decide(incident: Incident | None, command: c.Command, by: str, now: datetime) -> Decision:
    """Return the events that `command` leads to for `incident` as it stands, or why not.

    An empty tuple means that what was wanted is already so.

    Args:
        incident: The state before; None only for `Declare`.
        command: What is wanted.
        by: Who wants it.
        now: The instant of the decision, aware.
    """
    if isinstance(command, c.Declare):
        return _declare(command.facts)
    if incident is None:
        return Refusal(reason="there is no such incident")
    if incident.phase is Phase.CLOSED and not isinstance(command, _AFTER_CLOSING):
        return Refusal(
            reason=f"{incident.id} is closed",
            hint="Reopen it first, with a reason.",
        )
    match command:
        case c.Acknowledge():
            return _acknowledge(incident, by)
        case c.Resolve(text=text):
            return _resolve(incident, text)
        case c.Close(override=override):
            return _close(incident, override)
        case c.Reopen(reason=reason):
            return _reopen(incident, reason)
        case c.IntendStep() | c.StartStep() | c.FinishStep() | c.SettleStep() | c.MeasureEffect():
            return _step(incident, command)
        case c.Contain() | c.KeepContainment():
            return _contain(incident, command, now)
        case c.EditPostmortem() | c.FinishPostmortem():
            return _postmortem(incident, command)
        case _:
            return _record(incident, command, now)


_AFTER_CLOSING = (
    c.Reopen,
    c.AddNote,
    c.EditPostmortem,
    c.FinishPostmortem,
    c.FollowUp,
    c.FinishStep,
    c.SettleStep,
    c.MeasureEffect,
)
"""What may still be said of a closed incident: a record is completed, its course is not changed."""


def _declare(facts: e.Declared) -> Decision:
    title = " ".join(facts.title.split())
    if not title:
        return Refusal(reason="an incident needs a title", hint="Say in a few words what fails.")
    if len(title) > TITLE_LIMIT:
        return Refusal(
            reason=f"the title has {len(title)} characters, {TITLE_LIMIT} are kept",
            hint="Put the details into the summary.",
        )
    if len(facts.summary) > TEXT_LIMIT:
        return Refusal(reason=f"the summary is longer than {TEXT_LIMIT} characters")
    return (replace(facts, title=title),)


def default_priority(criteria: tuple[Criterion, ...]) -> Priority:
    """Return the priority to propose: any criterion of criticality makes it P1."""
    return Priority.P1 if criteria else Priority.P2


def _acknowledge(incident: Incident, by: str) -> Decision:
    taken = () if incident.commander else (e.RoleTaken(role=Role.COMMANDER, person=by),)
    if incident.acknowledged_at is not None:
        if taken:
            return taken
        return Refusal(
            reason=f"{incident.id} was acknowledged by {incident.acknowledged_by} "
            f"and {incident.commander} commands",
            hint="Ask for a hand-over to take command.",
        )
    return (e.Acknowledged(), *taken)


def _resolve(incident: Incident, text: str) -> Decision:
    if incident.resolved_at is not None:
        return Refusal(reason=f"{incident.id} is resolved since {incident.resolved_at:%H:%M:%S}")
    if incident.acknowledged_at is None:
        return Refusal(
            reason=f"{incident.id} has not been acknowledged",
            hint="Acknowledge it first: somebody must answer for saying that it is over.",
        )
    running = [run for run in incident.runs if run.outcome is None]
    if running:
        return Refusal(
            reason=f"{running[0].intent.title} is still running",
            hint="Wait for it, or stop it.",
        )
    return (e.Resolved(text=text),)


def _close(incident: Incident, override: str) -> Decision:
    gaps = missing(incident)
    if gaps and not override.strip():
        return Refusal(
            reason=f"{incident.id} is not closed; missing: " + "; ".join(gaps),
            hint="Do what is missing, or override with a reason.",
            missing=gaps,
        )
    return (e.Closed(override=override.strip() if gaps else "", missing=gaps),)


def _reopen(incident: Incident, reason: str) -> Decision:
    if incident.resolved_at is None and incident.closed_at is None:
        return Refusal(reason=f"{incident.id} is open")
    if not reason.strip():
        return Refusal(reason="reopening needs a reason", hint="Say what came back.")
    return (e.Reopened(reason=reason.strip()),)


def _step(  # the union is what `decide` hands over
    incident: Incident,
    command: c.IntendStep | c.StartStep | c.FinishStep | c.SettleStep | c.MeasureEffect,
) -> Decision:
    if isinstance(command, c.IntendStep):
        return _intend(incident, command.facts)
    name = command.run if isinstance(command, c.SettleStep) else command.facts.run
    run = incident.run(name)
    if run is None:
        return Refusal(reason=f"no step was confirmed as {name!r}")
    match command:
        case c.StartStep(facts=facts):
            return (facts,) if run.started is None else ()
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
    if stops and incident.contained_at is None and run.in_force:
        found = (*found, e.Contained(how=f"{run.intent.title}: {effect.sentence}", run=effect.run))
    return found


def _contain(incident: Incident, command: c.Contain | c.KeepContainment, now: datetime) -> Decision:
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


def _postmortem(incident: Incident, command: c.EditPostmortem | c.FinishPostmortem) -> Decision:
    if isinstance(command, c.FinishPostmortem):
        if incident.postmortem_version == 0:
            return Refusal(
                reason="the postmortem is an untouched draft", hint="Read it and save it first."
            )
        return (e.PostmortemFinished(reason=command.reason),)
    if len(command.text) > TEXT_LIMIT:
        return Refusal(reason=f"the postmortem is longer than {TEXT_LIMIT} characters")
    if command.base != incident.postmortem_version:
        if command.text == incident.postmortem:
            return ()
        return Refusal(
            reason="somebody else saved the postmortem meanwhile "
            f"(version {incident.postmortem_version}, yours began at {command.base})",
            hint="Your text is kept; compare both and save again.",
        )
    if command.text == incident.postmortem and incident.postmortem_version > 0:
        return ()
    return (e.PostmortemEdited(text=command.text, base=command.base),)


def _record(incident: Incident, command: c.Command, now: datetime) -> Decision:
    """Commands that state a fact: checked for sense, never for the course of the incident."""
    match command:
        case c.Qualify(facts=facts):
            return (facts,)
        case c.TakeRole(role=role, person=person, briefing=briefing):
            if incident.roles.get(role, "") == person and not briefing:
                return ()
            return (e.RoleTaken(role=role, person=person, briefing=briefing),)
        case c.AddNote(text=text, about=about):
            if about is not None and about > now + timedelta(minutes=1):
                return Refusal(reason="a note cannot be about the future")
            return _text(text, "a note") or (e.NoteAdded(text=text.strip(), about=about),)
        case c.Pin(excerpt=excerpt, note=note):
            known = any(
                p.excerpt.sha256 == excerpt.sha256
                and p.excerpt.source == excerpt.source
                and p.excerpt.offset == excerpt.offset
                and p.note == note
                for _, p in incident.evidence
            )
            return () if known else (e.EvidencePinned(excerpt=excerpt, note=note),)
        case c.MeasureOnset(onset=onset, boundary=boundary):
            return (e.OnsetMeasured(onset=onset, boundary=boundary),)
        case c.Diagnose(text=text, eta=eta, reason=reason):
            if incident.diagnoses and not reason.strip():
                return Refusal(
                    reason="a diagnosis was shared before; a revision needs its reason",
                    hint="Say what was learnt since.",
                )
            return _text(text, "a diagnosis") or (
                e.Diagnosed(text=text.strip(), eta=eta, reason=reason.strip()),
            )
        case c.SendUpdate(kind=kind, audience=audience, text=text, next_due=due):
            return _text(text, "an update") or (
                e.UpdateSent(kind=kind, audience=audience, text=text.strip(), next_due=due),
            )
        case c.RecordFix(level=level, text=text, reference=reference):
            return _text(text, "a fix") or _fix(incident, level, text.strip(), reference, now)
        case c.Hypothesise():
            return _hypothesise(incident, command)
        case c.RecordChange(facts=change):
            return () if change in incident.changes else (change,)
        case c.FollowUp():
            return _follow_up(incident, command)
        case c.Snooze(until=until, reason=reason):
            if until <= now:
                return Refusal(reason="snoozing needs a time in the future")
            return (e.Snoozed(until=until, reason=reason),)
        case _:
            raise AssertionError(type(command).__name__)


def _text(text: str, what: str) -> Refusal | None:
    if not text.strip():
        return Refusal(reason=f"{what} needs words")
    if len(text) > TEXT_LIMIT:
        return Refusal(reason=f"{what} of more than {TEXT_LIMIT} characters is not kept")
    return None


def _fix(incident: Incident, level: FixLevel, text: str, reference: str, now: datetime) -> Decision:
    fix = e.FixRecorded(level=level, text=text, reference=reference)
    if level is FixLevel.ROOT_CAUSE:
        return (fix,)
    wanted = any(f.kind is FollowUpKind.ROOT_CAUSE for f in incident.open_follow_ups)
    if wanted:
        return (fix,)
    word = "workaround" if level is FixLevel.WORKAROUND else "hotfix"
    return (
        fix,
        e.FollowUpChanged(
            follow_up=len(incident.follow_ups) + 1,
            kind=FollowUpKind.ROOT_CAUSE,
            text=f"Remove the cause: a {word} is in place ({text[:120]})",
            owner=incident.commander,
            due=now + timedelta(days=ROOT_CAUSE_DAYS),
        ),
    )


def _hypothesise(incident: Incident, command: c.Hypothesise) -> Decision:
    if command.number is None:
        return _text(command.text, "a hypothesis") or (
            e.HypothesisChanged(
                hypothesis=len(incident.hypotheses) + 1,
                text=command.text.strip(),
                state=command.state,
                evidence=command.evidence,
            ),
        )
    known = next((h for h in incident.hypotheses if h.number == command.number), None)
    if known is None:
        return Refusal(reason=f"{incident.id} has no hypothesis {command.number}")
    return (
        e.HypothesisChanged(
            hypothesis=known.number,
            text=command.text.strip() or known.text,
            state=command.state,
            evidence=command.evidence,
        ),
    )


def _follow_up(incident: Incident, command: c.FollowUp) -> Decision:
    known = any(f.follow_up == command.number for f in incident.follow_ups)
    if command.number is not None and not known:
        return Refusal(reason=f"{incident.id} has no follow-up {command.number}")
    return _text(command.text, "a follow-up") or (
        e.FollowUpChanged(
            follow_up=command.number or len(incident.follow_ups) + 1,
            kind=command.kind,
            text=command.text.strip(),
            state=command.state,
            owner=command.owner,
            due=command.due,
            link=command.link,
        ),
    )
