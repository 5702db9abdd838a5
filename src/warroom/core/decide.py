"""Decide what a command leads to: events, or a refusal with its reason. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.closing import missing
from warroom.core.drill import marked
from warroom.core.finishing import unfinished
from warroom.core.refusal import TEXT_LIMIT, TITLE_LIMIT, Decision, Refusal, unfit
from warroom.core.rules_conduct import conduct
from warroom.core.rules_steps import contain, step
from warroom.core.state import Incident
from warroom.core.words import Criterion, Factor, FixLevel, FollowUpKind, Phase, Priority, Role

__all__ = ["Decision", "Refusal", "decide", "default_priority"]

_CONDUCT = get_args(c.ConductCommand)

ROOT_CAUSE_DAYS = 14
"""When the follow-up that a workaround or hotfix opens is due, unless somebody says otherwise."""


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
        if incident.merged_into:
            return Refusal(
                reason=f"{incident.id} goes on in {incident.merged_into}",
                hint=f"Do it there, or split {incident.id} off again.",
            )
        return Refusal(
            reason=f"{incident.id} is closed",
            hint="Reopen it first, with a reason.",
        )
    if isinstance(command, _CONDUCT):
        return conduct(incident, command, by, now)
    match command:
        case c.Acknowledge():
            return _acknowledge(incident, by)
        case c.Resolve(text=text):
            return _resolve(incident, text)
        case c.Close(override=override):
            return _close(incident, override)
        case c.Reopen(reason=reason):
            return _reopen(incident, reason)
        case c.IntendStep() | c.StartStep() | c.ReportStep() | c.FinishStep() | c.SettleStep():
            return step(incident, command)
        case c.MeasureEffect():
            return step(incident, command)
        case c.Contain() | c.KeepContainment():
            return contain(incident, command, now)
        case c.EditPostmortem() | c.FinishPostmortem():
            return _postmortem(incident, command)
        case _:
            return _record(incident, command, now)


OUTRUN = "somebody else saved the postmortem meanwhile"
"""How the refusal of a text begins that was made from an older one: made anew, it may be kept."""

_AFTER_CLOSING = (
    c.Reopen,
    c.AddNote,
    c.EditPostmortem,
    c.FinishPostmortem,
    c.FollowUp,
    c.ReportStep,
    c.FinishStep,
    c.SettleStep,
    c.MeasureEffect,
    c.Amend,
    c.Answer,
    c.Link,
    c.SplitOff,
    c.Release,
    c.ScoreDrill,
    c.OweNotice,
    c.RecordContact,
    c.Attach,
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
    told = replace(facts, title=marked(title) if facts.drill else title)
    return _wrong_weight(facts.factors) or (told,)


def _wrong_weight(factors: Mapping[str, int]) -> Refusal | None:
    """Return why a weight cannot be taken; None where all can."""
    for name, weight in factors.items():
        if name not in set(Factor) or not 0 <= weight <= 3:
            return Refusal(
                reason=f"{name!r} is no factor with a weight of 0 to 3",
                hint="Factors are " + ", ".join(Factor) + ".",
            )
    return None


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
    if incident.merged_into:
        return Refusal(
            reason=f"{incident.id} goes on in {incident.merged_into}",
            hint=f"Split {incident.id} off again, with a reason.",
        )
    if incident.resolved_at is None and incident.closed_at is None:
        return Refusal(reason=f"{incident.id} is open")
    if not reason.strip():
        return Refusal(reason="reopening needs a reason", hint="Say what came back.")
    return (e.Reopened(reason=reason.strip()),)


def _postmortem(incident: Incident, command: c.EditPostmortem | c.FinishPostmortem) -> Decision:
    if isinstance(command, c.FinishPostmortem):
        if incident.postmortem_version == 0:
            return Refusal(
                reason="the postmortem is an untouched draft", hint="Read it and save it first."
            )
        gaps = unfinished(incident)
        if gaps and not command.reason.strip():
            return Refusal(
                reason=f"the postmortem is not finished: {len(gaps)} open, first {gaps[0]}",
                hint="Answer them, or give the reason why it is final all the same.",
                missing=gaps,
            )
        return (e.PostmortemFinished(reason=command.reason.strip()),)
    if len(command.text) > TEXT_LIMIT:
        return Refusal(reason=f"the postmortem is longer than {TEXT_LIMIT} characters")
    if command.base != incident.postmortem_version:
        if command.text == incident.postmortem:
            return ()
        return Refusal(
            reason=f"{OUTRUN} "
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
            return _qualify(incident, facts)
        case c.TakeRole(role=role, person=person, briefing=briefing):
            if incident.roles.get(role, "") == person and not briefing:
                return ()
            return (e.RoleTaken(role=role, person=person, briefing=briefing),)
        case c.AddNote(text=text, about=about):
            if about is not None and about > now + timedelta(minutes=1):
                return Refusal(reason="a note cannot be about the future")
            return unfit(text, "a note") or (e.NoteAdded(text=text.strip(), about=about),)
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
        case c.Diagnose(text=text, eta=eta, reason=reason, public=public):
            if incident.diagnoses and not reason.strip():
                return Refusal(
                    reason="a diagnosis was shared before; a revision needs its reason",
                    hint="Say what was learnt since.",
                )
            return unfit(text, "a diagnosis") or (
                e.Diagnosed(
                    text=text.strip(), eta=eta, reason=reason.strip(), public=public.strip()
                ),
            )
        case c.SendUpdate(kind=kind, audience=audience, text=text, next_due=due):
            told = marked(text.strip()) if incident.drill else text.strip()
            return unfit(text, "an update") or (
                e.UpdateSent(kind=kind, audience=audience, text=told, next_due=due),
            )
        case c.RecordFix(level=level, text=text, reference=reference):
            return unfit(text, "a fix") or _fix(incident, level, text.strip(), reference, now)
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


def _qualify(incident: Incident, facts: e.Qualified) -> Decision:
    """Take the facts; a first criterion makes a P1 unless a priority comes with it."""
    if facts.title is not None:
        title = " ".join(facts.title.split())
        if not title or len(title) > TITLE_LIMIT:
            return Refusal(reason=f"a title has 1 to {TITLE_LIMIT} characters")
        facts = replace(facts, title=marked(title) if incident.drill else title)
    refusal = _wrong_weight(facts.factors or {})
    if refusal:
        return refusal
    raised = facts.criteria and not incident.criteria and incident.priority is not Priority.P1
    if raised and facts.priority is None:
        facts = replace(facts, priority=default_priority(facts.criteria or ()))
    return (facts,)


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
        return unfit(command.text, "a hypothesis") or (
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
    return unfit(command.text, "a follow-up") or (
        e.FollowUpChanged(
            follow_up=command.number or len(incident.follow_ups) + 1,
            kind=command.kind,
            text=command.text.strip(),
            state=command.state,
            owner=command.owner,
            due=command.due,
            link=command.link,
            public=command.public,
        ),
    )
