"""How each event changes an incident: the fold that every state comes from."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from datetime import datetime

from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.channels import Delivered, Reported
from warroom.core.drill import DrillScored
from warroom.core.parts import Hypothesis, Reply, Run, Wait
from warroom.core.state import Incident
from warroom.core.words import Outcome, StepAction

_FIELDS = frozenset(each.name for each in fields(Incident))


def replay(records: Iterable[e.Recorded]) -> Incident | None:
    """Return the incident after these events of it, in order; None for none."""
    state: Incident | None = None
    for record in records:
        state = evolve(state, record)
    return state


def evolve(state: Incident | None, record: e.Recorded) -> Incident:
    """Return the incident after one more event.

    Raises:
        ValueError: If the first event is not a declaration: the journal is not what it should be.
    """
    event = record.event
    if state is None:
        if not isinstance(event, e.Declared):
            raise ValueError(f"{record.incident} begins with {e.kind_of(event)}, not declared")
        return Incident(
            id=record.incident,
            version=record.version,
            title=event.title,
            service=event.service,
            priority=event.priority,
            category=event.category,
            summary=event.summary,
            source=event.source,
            declared_at=record.at,
            declared_by=record.actor,
            changed_at=record.at,
            reporter=event.reporter,
            contact=event.contact,
            client=event.client,
            criteria=event.criteria,
            factors=dict(event.factors),
            started_at=event.started_at,
            detected_at=event.detected_at,
            onset=event.onset,
            boundary=event.boundary,
            terms=event.terms,
            public=event.public,
            drill=event.drill,
            criteria_by=record.actor if event.criteria else "",
            evidence=tuple((record.at, e.EvidencePinned(excerpt=x)) for x in event.evidence),
        )
    after = _step(state, record) if "Step" in type(event).__name__ else _life(state, record)
    return _but(after, version=record.version, changed_at=record.at)


def _but(state: Incident, **changes: object) -> Incident:
    """Return a state that differs in some fields, as `dataclasses.replace` in a tenth of its time.

    A queue of 500 incidents is a fold of some thousand events when a console starts; most of it
    would be the passing of sixty arguments.

    Raises:
        TypeError: If there is no such field.
    """
    if not changes.keys() <= _FIELDS:
        raise TypeError(f"no field of an incident: {', '.join(changes.keys() - _FIELDS)}")
    other = object.__new__(Incident)
    other.__dict__.update(state.__dict__, **changes)
    return other


def _life(state: Incident, record: e.Recorded) -> Incident:
    at = record.at
    match record.event:
        case e.Qualified() as event:
            return _qualified(state, event, record.actor)
        case e.Acknowledged():
            return _but(state, acknowledged_at=at, acknowledged_by=record.actor)
        case e.RoleTaken(role=role, person=person):
            offers = {r: offer for r, offer in state.offers.items() if r is not role}
            return _but(state, roles={**state.roles, role: person}, offers=offers)
        case e.EvidencePinned() as event:
            return _but(state, evidence=(*state.evidence, (at, event)))
        case e.OnsetMeasured(onset=onset, boundary=boundary):
            return _but(
                state,
                onset=onset,
                boundary=boundary or state.boundary,
                started_at=state.started_at or onset.at,
            )
        case e.EffectMeasured() as effect:
            return _with_run(state, effect.run, lambda run: replace(run, effect=effect))
        case e.Contained(how=how):
            return _but(state, contained_at=at, contained_how=how)
        case e.ContainmentKept(run=name, until=until):
            return _with_run(state, name, lambda run: replace(run, keep_until=until))
        case e.Diagnosed() as event:
            return _but(state, diagnoses=(*state.diagnoses, (at, event)))
        case e.FixRecorded() as event:
            return _but(state, fixes=(*state.fixes, (at, event)))
        case e.UpdateSent() as event:
            return _but(state, updates=(*state.updates, (at, event)))
        case e.HypothesisChanged() as event:
            return _but(state, hypotheses=_hypotheses(state, event, at))
        case e.ChangeRecorded() as event:
            return _but(state, changes=(*state.changes, event))
        case e.FollowUpChanged() as event:
            others = tuple(f for f in state.follow_ups if f.follow_up != event.follow_up)
            ordered = sorted((*others, event), key=lambda f: f.follow_up)
            return _but(state, follow_ups=tuple(ordered))
        case e.Resolved(text=text):
            return _but(state, resolved_at=at, resolution=text)
        case e.Closed(override=override, missing=gaps):
            return _but(state, closed_at=at, close_override=override, close_missing=gaps)
        case e.Reopened():
            return _but(
                state,
                resolved_at=None,
                closed_at=None,
                close_override="",
                close_missing=(),
                reopened=state.reopened + 1,
                checks={},
            )
        case e.PostmortemEdited(text=text):
            return _but(
                state,
                postmortem=text,
                postmortem_version=state.postmortem_version + 1,
                postmortem_final_at=None,
            )
        case e.PostmortemFinished():
            return _but(state, postmortem_final_at=at)
        case e.Snoozed(until=until):
            return _but(state, snoozed_until=until)
        case _:
            return _conducted(state, record)


def _conducted(state: Incident, record: e.Recorded) -> Incident:
    at = record.at
    match record.event:
        case k.WaitStarted(reason=reason):
            return _but(state, waits=(*state.waits, Wait(since=at, until=None, reason=reason)))
        case k.WaitEnded():
            ended = tuple(replace(w, until=at) if w.until is None else w for w in state.waits)
            return _but(state, waits=ended)
        case k.Answered(question=key, text=text, known=known):
            reply = Reply(at=at, by=record.actor, text=text, known=known)
            return _but(state, answers={**state.answers, key: reply})
        case k.Merged(into=into):
            return _but(state, merged_into=into, closed_at=at)
        case k.Split():
            return _but(state, merged_into="", closed_at=None)
        case k.Absorbed(other=other):
            return _but(state, absorbed=(*state.absorbed, other))
        case k.Released(other=other):
            return _but(state, absorbed=tuple(x for x in state.absorbed if x != other))
        case k.Linked() as link:
            return _but(state, links=(*state.links, link))
        case k.Reordered(place=place, reason=reason):
            return _but(state, place=place, place_by=record.actor, place_reason=reason)
        case k.Woken():
            return _but(state, snoozed_until=None)
        case k.Called() as call:
            return _but(state, calls=(*state.calls, (at, call)))
        case k.HandoverOffered(role=role) as offer:
            return _but(state, offers={**state.offers, role: offer})
        case k.HandoverDeclined(role=role):
            kept = {r: offer for r, offer in state.offers.items() if r is not role}
            return _but(state, offers=kept)
        case DrillScored() as score:
            return _but(state, score=score)
        case k.Measured(check=check) as found:
            return _but(state, checks={**state.checks, check: (at, found)})
        case k.NoticeOwed(notice=key) as notice:
            return _but(state, notices={**state.notices, key: notice})
        case k.Contacted() as made:
            return _but(state, contacts=(*state.contacts, (at, record.actor, made)))
        case k.Attached() as given:
            return _but(state, attachments=_attached(state.attachments, given))
        case Reported() as told:
            return _but(state, reports=_told(state.reports, told))
        case Delivered(what=what, channel=channel) as sent:
            return _but(state, deliveries={**state.deliveries, f"{what} > {channel}": sent})
        case _:
            return state  # notes live in the timeline only; unknown kinds change nothing


def _attached(kept: tuple[k.Attached, ...], given: k.Attached) -> tuple[k.Attached, ...]:
    others = (x for x in kept if (x.follow_up, x.name) != (given.follow_up, given.name))
    return (*others, given)


def _told(reports: tuple[Reported, ...], told: Reported) -> tuple[Reported, ...]:
    def key(one: Reported) -> tuple[str, str]:
        return (one.source, one.group)

    if all(key(one) != key(told) for one in reports):
        return (*reports, told)
    return tuple(told if key(one) == key(told) else one for one in reports)


def _qualified(state: Incident, event: e.Qualified, by: str) -> Incident:
    return _but(
        state,
        priority=event.priority or state.priority,
        category=event.category or state.category,
        criteria=state.criteria if event.criteria is None else event.criteria,
        factors=state.factors if event.factors is None else {**state.factors, **event.factors},
        title=event.title or state.title,
        service=state.service if event.service is None else event.service,
        summary=state.summary if event.summary is None else event.summary,
        started_at=event.started_at or state.started_at,
        client=state.client if event.client is None else event.client,
        contact=state.contact if event.contact is None else event.contact,
        public=state.public if event.public is None else event.public,
        terms=event.terms or state.terms,
        criteria_by=by if event.criteria else "" if event.criteria == () else state.criteria_by,
    )


def _step(state: Incident, record: e.Recorded) -> Incident:
    match record.event:
        case e.StepIntended() as event:
            run = Run(intent=event, intended_at=record.at, by=record.actor, device=record.device)
            return _but(state, runs=(*state.runs, run))
        case e.StepStarted() as started:
            return _with_run(state, started.run, lambda run: replace(run, started=started))
        case e.StepReported(run=name, state=told):
            return _with_run(
                state, name, lambda run: replace(run, reported={**run.reported, **told})
            )
        case e.StepFinished() as finished:
            state = _with_run(
                state,
                finished.run,
                lambda run: replace(run, finished=finished, finished_at=record.at),
            )
            return _mark_undone(state, finished.run)
        case e.StepSettled() as settled:
            state = _with_run(state, settled.run, lambda run: replace(run, settled=settled))
            return _mark_undone(state, settled.run)
        case _:
            return state


def _mark_undone(state: Incident, name: str) -> Incident:
    """Take a run out of force when its undo has succeeded."""
    undo = state.run(name)
    if undo is None or undo.intent.action is not StepAction.UNDO or not undo.intent.undoes:
        return state
    if undo.outcome is not Outcome.SUCCEEDED:
        return state
    return _with_run(state, undo.intent.undoes, lambda run: replace(run, undone_by=name))


def _with_run(state: Incident, name: str, change: Callable[[Run], Run]) -> Incident:
    runs = tuple(change(run) if run.intent.run == name else run for run in state.runs)
    return _but(state, runs=runs)


def _hypotheses(
    state: Incident, event: e.HypothesisChanged, at: datetime
) -> tuple[Hypothesis, ...]:
    known = next((h for h in state.hypotheses if h.number == event.hypothesis), None)
    if known is None:
        new = Hypothesis(number=event.hypothesis, text=event.text, history=((at, event),))
        return (*state.hypotheses, new)
    changed = replace(known, text=event.text, history=(*known.history, (at, event)))
    return tuple(changed if h is known else h for h in state.hypotheses)
