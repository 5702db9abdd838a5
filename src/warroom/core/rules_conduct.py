"""The rules of conduct: waiting, answers, merging, queue order, hand-over, checks, what is kept."""

import re
from datetime import datetime, timedelta

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.notices import NOTICES, owed
from warroom.core.questions import KEYS
from warroom.core.refusal import Decision, Refusal, unfit
from warroom.core.review import REVIEW_KEYS
from warroom.core.state import Incident
from warroom.core.words import Outcome, Place

_YEAR = 366 * 24
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}")


def conduct(incident: Incident, command: c.ConductCommand, by: str, now: datetime) -> Decision:
    """Return what a command of this group leads to, or why not."""
    match command:
        case c.Wait() | c.Resume():
            return _wait(incident, command)
        case c.MergeInto() | c.Absorb() | c.SplitOff() | c.Release():
            return _merge(incident, command)
        case c.OfferHandover() | c.AnswerHandover():
            return _handover(incident, command, by)
        case c.Answer(facts=answer):
            return _answer(answer)
        case c.Link(facts=link):
            if link.other == incident.id:
                return Refusal(reason=f"{incident.id} is that incident itself")
            return () if link in incident.links else (link,)
        case c.Reorder(place=place, reason=reason):
            if place is incident.place and not reason.strip():
                return ()
            if place is not Place.COMPUTED and not reason.strip():
                return Refusal(
                    reason="another place in the queue needs a reason",
                    hint="Say what the facts do not show.",
                )
            return (k.Reordered(place=place, reason=reason.strip()),)
        case c.Wake(reason=reason):
            return () if incident.snoozed_until is None else (k.Woken(reason=reason),)
        case c.Call(facts=call):
            return unfit(call.person, "a call") or (call,)
        case c.Amend(facts=amended):
            return _amend(incident, amended, now)
        case c.OweNotice(facts=notice):
            return _notice(notice, now)
        case c.RecordContact(facts=contact):
            return _contact(incident, contact, now)
        case c.Attach(facts=attached):
            return _attach(incident, attached)
        case c.RecordCheck(facts=found):
            return (found,)
        case c.Report(facts=told):
            return () if told in incident.reports else (told,)
        case c.RecordDelivery(facts=sent):
            return (sent,)
        case c.ScoreDrill(facts=score):
            if not incident.drill:
                return Refusal(reason=f"{incident.id} is no drill: it has no score")
            return (score,)


def _wait(incident: Incident, command: c.Wait | c.Resume) -> Decision:
    since = incident.waiting_since
    if isinstance(command, c.Resume):
        return () if since is None else (k.WaitEnded(reason=command.reason.strip()),)
    if since is not None:
        return Refusal(reason=f"{incident.id} waits for the client since {since:%H:%M} UTC")
    if incident.resolved_at is not None:
        return Refusal(reason=f"{incident.id} is resolved: nothing is waited for")
    return unfit(command.reason, "what is waited for") or (
        k.WaitStarted(reason=command.reason.strip()),
    )


def _notice(notice: k.NoticeOwed, now: datetime) -> Decision:
    if not notice.owed:
        return unfit(notice.reason, "that a notice is not owed") or (notice,)
    if notice.aware_at is not None and notice.aware_at > now + timedelta(minutes=1):
        return Refusal(reason="an incident cannot have been known in the future")
    if notice.notice not in NOTICES and not (notice.party.strip() and 0 < notice.hours <= _YEAR):
        return Refusal(
            reason=f"no law is known here that asks for a notice {notice.notice!r}",
            hint=f"Known are {', '.join(NOTICES)}. Any other needs who is told, within how many "
            "hours.",
        )
    return (notice,)


def _contact(incident: Incident, contact: k.Contacted, now: datetime) -> Decision:
    if not contact.party.strip():
        return Refusal(reason="a contact needs somebody who was spoken to")
    if contact.again_at is not None and contact.again_at <= now:
        return Refusal(reason="they cannot be asked again in the past")
    if contact.notice and contact.notice not in {one.notice.key for one in owed(incident)}:
        return Refusal(
            reason=f"{incident.id} owes no notice {contact.notice!r}",
            hint="Say first that it is owed, and since when it was known.",
        )
    return unfit(contact.text, "what was said") or (contact,)


def _attach(incident: Incident, attached: k.Attached) -> Decision:
    if all(item.follow_up != attached.follow_up for item in incident.follow_ups):
        return Refusal(reason=f"{incident.id} has no follow-up {attached.follow_up}")
    if not _FILE_NAME.fullmatch(attached.name):
        return Refusal(
            reason=f"{attached.name!r} is no name of a file",
            hint="Letters, digits, dots, dashes and underscores, 80 at most.",
        )
    if attached in incident.attachments:
        return ()
    return unfit(attached.text, "an attachment") or (attached,)


def _answer(answer: k.Answered) -> Decision:
    keys = KEYS | REVIEW_KEYS
    if answer.question not in keys:
        group = answer.question.partition(".")[0]
        near = sorted(key for key in keys if key.startswith(group)) or sorted(keys)
        return Refusal(
            reason=f"nothing asks {answer.question!r}",
            hint="Questions are " + ", ".join(near) + ".",
        )
    if answer.known and (wrong := unfit(answer.text, "an answer")):
        return wrong
    return (answer,)


def _merge(
    incident: Incident, command: c.MergeInto | c.Absorb | c.SplitOff | c.Release
) -> Decision:
    match command:
        case c.MergeInto(into=into, reason=reason):
            return _merge_into(incident, into, reason.strip())
        case c.Absorb(other=other, reason=reason):
            if other == incident.id:
                return Refusal(reason=f"{incident.id} is that incident itself")
            return () if other in incident.absorbed else (k.Absorbed(other=other, reason=reason),)
        case c.SplitOff(reason=reason):
            if not incident.merged_into:
                return Refusal(reason=f"{incident.id} is not merged into another one")
            return unfit(reason, "splitting") or (
                k.Split(out_of=incident.merged_into, reason=reason.strip()),
            )
        case c.Release(other=other, reason=reason):
            if other not in incident.absorbed:
                return ()
            return (k.Released(other=other, reason=reason),)


def _merge_into(incident: Incident, into: str, reason: str) -> Decision:
    if into == incident.id:
        return Refusal(reason=f"{incident.id} is that incident itself")
    if incident.ledger:
        return Refusal(
            reason=f"{incident.ledger[0].intent.title} is in force for {incident.id}",
            hint="Undo it first: once merged, nobody would look for it here.",
        )
    if any(run.outcome in (None, Outcome.UNKNOWN) for run in incident.runs):
        return Refusal(reason=f"a step of {incident.id} runs or is unknown", hint="Settle it.")
    if incident.absorbed:
        return Refusal(
            reason=f"{', '.join(incident.absorbed)} was merged into {incident.id}",
            hint="Merge the other way round, or split that off first.",
        )
    return (k.Merged(into=into, reason=reason),)


def _handover(incident: Incident, command: c.OfferHandover | c.AnswerHandover, by: str) -> Decision:
    if isinstance(command, c.OfferHandover):
        offer = command.facts
        if not offer.to.strip():
            return Refusal(reason="a hand-over needs somebody to hand over to")
        if incident.roles.get(offer.role) == offer.to:
            return Refusal(reason=f"{offer.to} is {offer.role.value} already")
        return unfit(offer.briefing, "a hand-over") or (offer,)
    offered = incident.offers.get(command.role)
    if offered is None:
        return Refusal(reason=f"{command.role.value} of {incident.id} was offered to nobody")
    if offered.to != by:
        return Refusal(
            reason=f"{command.role.value} was offered to {offered.to}, not to {by}",
            hint="Only who takes it over can say so.",
        )
    if not command.accepted:
        return unfit(command.reason, "declining") or (
            k.HandoverDeclined(role=command.role, reason=command.reason.strip()),
        )
    taken = e.RoleTaken(role=command.role, person=by, briefing=offered.briefing)
    return (taken,) if incident.acknowledged_at is not None else (e.Acknowledged(), taken)


def _amend(incident: Incident, amended: k.EntryAmended, now: datetime) -> Decision:
    if not 1 <= amended.entry <= incident.version:
        return Refusal(reason=f"{incident.id} has no entry {amended.entry}")
    if amended.text is None and amended.at is None:
        return Refusal(reason="amending needs other words or another time")
    if amended.at is not None and amended.at > now + timedelta(minutes=1):
        return Refusal(reason="an entry cannot be about the future")
    if amended.text is not None and (wrong := unfit(amended.text, "an entry")):
        return wrong
    return (amended,)
