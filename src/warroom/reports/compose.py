"""Compose a report: the whole postmortem for the inside, what is released for a client."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from warroom.core import spell
from warroom.core.chart import chart, chart_text
from warroom.core.clocks import Pace, clocks
from warroom.core.draft_times import began, ended, stamp
from warroom.core.impact import Impact
from warroom.core.postmortem import closing_section, open_questions, sections
from warroom.core.references import REFERENCE, resolve
from warroom.core.state import Incident
from warroom.core.text import clean_line, clean_text
from warroom.core.timeline import TimelineEntry
from warroom.core.words import Audience, FollowUpState
from warroom.reports.model import Report
from warroom.runbooks.redact import redact_shapes

RELEASED = "<!-- client -->"
"""On a line of its own below a heading: this section may be told outside as it is written."""

_HEAD = re.compile(r"\A# .*?(?=^## )", re.DOTALL | re.MULTILINE)
_KEPT = {
    "respond": "answered",
    "diagnose": "diagnosis shared",
    "hotfix": "service restored",
    "report": "report delivered",
}


def internal(
    incident: Incident, entries: Sequence[TimelineEntry], text: str, now: datetime
) -> Report:
    """Return the whole postmortem as a report; secrets are hidden, references say their words."""
    body = _HEAD.sub("", text, count=1) if "\n## " in text else text
    body += closing_section(incident)
    waiting = len(open_questions(text))
    state = "final" if incident.postmortem_final_at else "not final"
    if waiting:
        state += f", {waiting} open question{'s' if waiting > 1 else ''}"
    facts = [
        ("Priority", incident.priority.value),
        ("Service", incident.service or "not recorded"),
        ("Category", incident.category.value.replace("_", " ")),
        *_span(incident),
        ("Declared", stamp(incident.declared_at)),
        ("Roles", ", ".join(f"{r.value} {n}" for r, n in incident.roles.items() if n)),
        ("State", state),
    ]
    version = f"version {incident.postmortem_version}" if incident.postmortem_version else "draft"
    return Report(
        title=_clean(f"{incident.id} {incident.title}"),
        kicker="Postmortem · internal",
        facts=tuple((label, _clean(value)) for label, value in facts if value),
        body=redact_shapes(clean_text(resolve(body, entries))),
        note=f"{incident.id}, {version}, made {stamp(now)}. Times are UTC.",
    )


def client(incident: Incident, text: str, now: datetime, impact: Impact | None = None) -> Report:
    """Return what a client is told, built from released facts alone.

    Nothing of the postmortem is in it but the sections marked `<!-- client -->`, and of these no
    question and no reference. Of the incident: its public sentence, its times, how many requests
    failed, the promised times, updates that went to clients or to the public, the public cause, and
    follow-ups that are marked public. The title, names, hosts, commands and the chronology stay
    inside.
    """
    parts = [
        ("What happened", _happened(incident)),
        ("Impact", _impact(incident, impact)),
        ("Agreed times", _promises(incident, now)),
        ("What we told you and when", _updates(incident)),
        ("Cause", _cause(incident)),
        ("What we change", _changes(incident)),
    ]
    released = [(name, body.replace(RELEASED, "")) for name, body in sections(text).items()]
    marked = {
        name: _outside(body)
        for (name, body), whole in zip(released, sections(text).values(), strict=True)
        if RELEASED in (line.strip() for line in whole.splitlines())
    }
    body = [f"## {name}\n\n{words}" for name, words in parts if words]
    body += [f"## {name}\n\n{words}" for name, words in marked.items() if words.strip()]
    facts = [
        ("Reference", incident.id),
        ("Client", incident.client),
        ("Priority", incident.priority.value),
        *_span(incident),
        ("State", "resolved" if incident.resolved_at else "being worked on"),
    ]
    title = incident.public or "Disruption of the service"
    return Report(
        title=_clean(title),
        kicker="Incident report",
        facts=tuple((label, _clean(value)) for label, value in facts if value),
        body=redact_shapes(clean_text("\n\n".join(body))),
        note=f"{incident.id}, made {stamp(now)}. Times are UTC.",
    )


def compose(
    incident: Incident,
    entries: Iterable[TimelineEntry],
    text: str,
    audience: Audience,
    now: datetime,
    impact: Impact | None = None,
) -> Report:
    """Return the report for an audience; the public gets what a client gets."""
    if audience is Audience.INTERNAL:
        return internal(incident, tuple(entries), text, now)
    return client(incident, text, now, impact)


def _clean(text: str) -> str:
    return redact_shapes(clean_line(" ".join(text.split())))


def _outside(body: str) -> str:
    lines = [line for line in body.splitlines() if not line.startswith(">")]
    return REFERENCE.sub("", "\n".join(lines)).strip()


def _span(incident: Incident) -> list[tuple[str, str]]:
    since, until = began(incident), ended(incident)
    if since is None:
        return []
    if until is None:
        return [("Began", stamp(since))]
    day = f"{since:%Y-%m-%d %H:%M:%S}"
    until_words = f"{until:%H:%M:%S}" if until.date() == since.date() else f"{until:%d %b %H:%M:%S}"
    return [("Duration", f"{spell.in_prose(until - since)} ({day} to {until_words} UTC)")]


def _happened(incident: Incident) -> str:
    since, until = began(incident), ended(incident)
    words = incident.public or "Some requests to the service failed."
    if since and until:
        words += f" It began at {stamp(since)} and lasted {spell.in_prose(until - since)}."
    elif since:
        words += f" It began at {stamp(since)}."
    if incident.contained_at:
        words += f" Since {stamp(incident.contained_at)} the service works again."
    return words


def _impact(incident: Incident, impact: Impact | None) -> str:
    if impact is None or not impact.requests:
        counted = next((run.effect for run in incident.runs if run.effect), None)
        if counted is None or not counted.before_requests:
            return ""
        share = spell.share(counted.before_failures, counted.before_requests)
        return f"{share} of the requests concerned failed before we acted."
    share = spell.share(impact.failures, impact.requests)
    failed, whole = spell.count(impact.failures), spell.count(impact.requests)
    words = f"{failed} of {whole} requests failed ({share})"
    words += (
        f" between {stamp(impact.since)} and {stamp(impact.until)}; weighted by that share, "
        f"{spell.in_prose(impact.lost)} of service were lost."
    )
    if impact.series is None:
        return words
    marks = {"it began": began(incident), "it works again": incident.contained_at}
    return f"{words}\n\n{chart_text(chart(impact.series, marks))}"


def _promises(incident: Incident, now: datetime) -> str:
    rows = []
    for clock in clocks(incident):
        allowed = clock.due - clock.started if clock.allowed is None else clock.allowed
        if clock.met_at is not None:
            pace = "kept" if clock.pace(now) is Pace.MET else "missed"
            took = spell.in_prose(clock.met_at - clock.started)
        else:
            pace = "missed" if clock.pace(now) is Pace.LATE else "running"
            took = ""
        rows.append(f"| {_KEPT[clock.name]} | {spell.in_prose(allowed)} | {took} | {pace} |")
    return "\n".join(["| | agreed | took | |", "|---|---|---|---|", *rows])


def _updates(incident: Incident) -> str:
    told = [
        (at, " ".join(update.text.split()))
        for at, update in incident.updates
        if update.audience is not Audience.INTERNAL
    ]
    return "\n".join(f"- {stamp(at)}: {words}" for at, words in told)


def _cause(incident: Incident) -> str:
    return incident.diagnosis.public if incident.diagnosis else ""


def _changes(incident: Incident) -> str:
    lines = []
    for item in incident.follow_ups:
        if not item.public or item.state is FollowUpState.DROPPED:
            continue
        when = f" (by {item.due:%Y-%m-%d})" if item.due else ""
        lines.append(f"- {item.text}{' (done)' if item.state is FollowUpState.DONE else when}")
    return "\n".join(lines)
