"""Draft updates and briefings from what the journal knows, and look at an update before it goes.

What nobody knows yet is left out or said to be unknown; nothing is promised that no clock or
diagnosis says. Readers outside hear what happens to them, not how it works inside: of what people
wrote, only what they marked as public goes out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.core import spell
from warroom.core.clocks import clocks, update_clock, update_due
from warroom.core.questions import Group, still_open
from warroom.core.state import Incident
from warroom.core.words import Audience, FollowUpState, HypothesisState, UpdateKind

_STAMP = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?!\d)(\s*(?:UTC|[A-Z]{3,4}))?")
_RANGE = re.compile(r"(\d{1,2}:\d{2})(?:\s*(?:and|to|until|-|–)\s*)(\d{1,2}:\d{2}\s*[A-Z]{3,4}\b)")
"""Two times that share one zone."""
_HOST = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[\w-]+\.(?:internal|local|lan|svc)\b|/api/\S+")


def next_update(incident: Incident, now: datetime) -> datetime:
    """Return when the next update is promised: a policy interval from now, on a whole minute."""
    at = update_due(incident, now)
    return at.replace(second=0, microsecond=0)


def proposed_kind(incident: Incident) -> UpdateKind:
    """Return the kind of update that is due at this point of the incident."""
    if incident.closed_at or (incident.resolved_at and _told(incident, UpdateKind.RESOLUTION)):
        return UpdateKind.DOCUMENTATION
    if incident.resolved_at:
        return UpdateKind.RESOLUTION
    return UpdateKind.PROGRESS if incident.updates else UpdateKind.INITIAL


def draft_update(incident: Incident, kind: UpdateKind, audience: Audience, now: datetime) -> str:
    """Return the text of an update as far as the facts go; times are UTC and say so."""
    inside = audience is Audience.INTERNAL
    lines = [_headline(incident, kind, inside=inside), "", _impact(incident, inside=inside)]
    if kind is UpdateKind.PREVENTION:
        lines += _prevention(incident, inside=inside)
    elif kind is UpdateKind.DOCUMENTATION:
        lines += ["", _report(incident, now)]
    elif kind is not UpdateKind.RESOLUTION:
        lines += ["", *_cause(incident, inside=inside)]
        lines += ["", f"Next update at {next_update(incident, now):%H:%M} UTC."]
    elif incident.resolution and inside:
        lines += ["", incident.resolution]
    return "\n".join(lines)


def proposed_diagnosis(incident: Incident) -> str:
    """Return what the facts suggest, as a correlation; empty when they suggest nothing."""
    parts = []
    if incident.boundary:
        parts.append(f"Fails: {incident.boundary.rstrip('.')}.")
    began = incident.onset.at if incident.onset else incident.started_at
    before = [x for x in incident.changes if began is None or x.happened_at <= began]
    if before:
        last = max(before, key=lambda change: change.happened_at)
        close = f"{spell.in_prose(began - last.happened_at)} before it began" if began else "before"
        parts.append(f"Nearest change, {close}: {last.text}. Not confirmed.")
    return " ".join(parts)


def _told(incident: Incident, kind: UpdateKind) -> bool:
    return any(update.kind is kind for _, update in incident.updates)


def _headline(incident: Incident, kind: UpdateKind, *, inside: bool) -> str:
    name = (incident.service if inside else "") or "our service"
    what = incident.title if inside else incident.public or "problems with our service"
    fixed = {
        UpdateKind.RESOLUTION: f"Resolved: {what}",
        UpdateKind.PREVENTION: f"What we change after: {what}",
        UpdateKind.DOCUMENTATION: f"Report to follow: {what}",
        UpdateKind.ETA: f"New estimate: {what}",
    }
    if kind in fixed:
        return fixed[kind]
    if incident.contained_at:
        again = f"{name[:1].upper()}{name[1:]} works again; we are confirming the cause"
        return again if inside or not incident.public else f"{again}: {incident.public}"
    return f"We are working on it: {what}"


def _impact(incident: Incident, *, inside: bool) -> str:
    began = incident.onset.at if incident.onset else incident.started_at
    ended = incident.contained_at or incident.resolved_at
    if began and ended:
        words = f"Between {began:%H:%M} and {ended:%H:%M} UTC some requests failed."
    elif began:
        words = f"Since {began:%H:%M} UTC some requests fail."
    else:
        words = "Some requests fail. Since when is not known yet."
    if inside and incident.boundary:
        words += f" {incident.boundary}."
    if inside and incident.contained_at:
        words += f" Contained {incident.contained_at:%H:%M} UTC: {incident.contained_how}."
    elif incident.contained_at:
        words += f" Requests go through normally again since {incident.contained_at:%H:%M} UTC."
    return words


def _cause(incident: Incident, *, inside: bool) -> list[str]:
    diagnosis = incident.diagnosis
    if diagnosis is None:
        return ["The cause is not confirmed yet."]
    words = diagnosis.text if inside else diagnosis.public or "We have found the cause."
    if words[-1:] not in {".", "!", "?"}:
        words += "."
    if inside and diagnosis.reason:
        words += f" Revised: {diagnosis.reason}."
    if diagnosis.eta:
        words += f" We expect the fix to be live by {diagnosis.eta:%H:%M} UTC."
    return [words]


def _report(incident: Incident, now: datetime) -> str:
    due = next(clock for clock in clocks(incident) if clock.name == "report")
    if due.met_at is not None or due.due <= now:
        return "The report follows once the review is done."
    return f"The report follows by {due.due:%Y-%m-%d %H:%M} UTC."


def _prevention(incident: Incident, *, inside: bool) -> list[str]:
    kept = [item for item in incident.follow_ups if item.state is not FollowUpState.DROPPED]
    items = [f"- {item.text}" for item in kept if inside or item.public]
    return ["", *(items or ["What we change is not decided yet."])]


def promised(text: str, now: datetime) -> datetime | None:
    """Return the instant that an update promises for the next one, None if it promises none."""
    found = re.search(r"next update (?:at|by)\s+(\d{1,2}):(\d{2})", text, re.IGNORECASE)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    at = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know about a text before it goes; none of them blocks."""

    mark: str
    """`✓` fine, `▪` look at this, `?` unanswered."""
    text: str


def look_over(
    text: str, incident: Incident, audience: Audience, now: datetime, people: Iterable[str] = ()
) -> tuple[Remark, ...]:
    """Return what is worth knowing about an update: zones, names, promises against clocks."""
    return (
        _zones(text),
        *_insides(text, audience, people),
        *_promises(text, incident, now),
    )


def _zones(text: str) -> Remark:
    text = _RANGE.sub(r"\2", text)
    bare = next((found[0].strip() for found in _STAMP.finditer(text) if not found[3]), None)
    if bare:
        return Remark("▪", f"“{bare}” has no time zone")
    return Remark("✓", "every time says its zone")


def _insides(text: str, audience: Audience, people: Iterable[str]) -> list[Remark]:
    if audience is Audience.INTERNAL:
        return []
    name = next((p for p in people if len(p) > 2 and re.search(rf"\b{re.escape(p)}\b", text)), None)
    host = _HOST.search(text)
    if name or host:
        return [
            Remark("▪", f"“{name or (host and host[0])}” says more about the inside than needed")
        ]
    return [Remark("✓", "no names of people, no hosts, no paths")]


def _promises(text: str, incident: Incident, now: datetime) -> list[Remark]:
    found = []
    eta = re.search(r"(?:live by|fixed by|fix by)\s+(\d{1,2}):(\d{2})", text, re.IGNORECASE)
    if eta and int(eta[1]) < 24 and int(eta[2]) < 60:
        at = now.replace(hour=int(eta[1]), minute=int(eta[2]), second=0, microsecond=0)
        at = at if at > now else at + timedelta(days=1)
        due = next(clock.due for clock in clocks(incident) if clock.name == "hotfix")
        late = at > due
        ends = f"the hotfix clock ends {due:%H:%M} UTC"
        words = f"“{eta[0]}” is a promise; {ends}" + (": too late" if late else "")
        found.append(Remark("▪" if late else "✓", words))
    if incident.resolved_at is None:
        at_next = promised(text, now)
        allowed = update_due(incident, now)
        if at_next is None:
            found.append(Remark("?", "it does not say when the next update comes"))
        elif at_next > allowed + timedelta(minutes=1):
            found.append(Remark("▪", f"the next update is due {allowed:%H:%M} UTC at the latest"))
    return found


def briefing(incident: Incident, now: datetime) -> str:
    """Return what the next commander must know, from the facts, a line each."""
    lines = [f"{incident.priority} {incident.title}"]
    if incident.onset:
        lines.append(f"Since {incident.onset.at:%H:%M:%S} UTC. {incident.boundary}".strip())
    contained = incident.contained_at
    if contained:
        lines.append(f"Contained {contained:%H:%M} UTC: {incident.contained_how}")
    else:
        lines.append("Not contained.")
    lines += [
        f"In force: {run.intent.title}, since {run.intended_at:%H:%M}" for run in incident.ledger
    ]
    if incident.diagnosis:
        lines.append(f"Diagnosis: {incident.diagnosis.text}")
    for h in incident.hypotheses:
        if h.latest.state in (HypothesisState.PROPOSED, HypothesisState.TESTING):
            lines.append(f"Open: H{h.number} {h.text} ({h.latest.state.value})")
    for clock in clocks(incident):
        if clock.met_at is None:
            lines.append(
                f"{clock.said} due {clock.due:%H:%M} UTC ({spell.duration(clock.left(now))})"
            )
            break
    update = update_clock(incident)
    if update is not None:
        lines.append(f"Next update due {update.due:%H:%M} UTC")
    if incident.waiting_since:
        since = f"{incident.waiting_since:%H:%M} UTC"
        lines.append(f"Waiting for the client since {since}: {incident.waits[-1].reason}")
    lines += [f"Not known: {one.question.text}" for one in still_open(incident, Group.DIAGNOSIS)]
    return "\n".join(lines)
