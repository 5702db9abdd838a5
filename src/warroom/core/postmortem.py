"""Draft the postmortem from what the journal knows; what nobody knows yet is a marked question.

The sections are those of an incident report: analysis, impact, what was done when, root cause,
resolution, prevention, with contributing factors split into technical, process and human. A line
that begins with `QUESTION` waits for an answer.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from warroom.core import events as e
from warroom.core import spell
from warroom.core.clocks import Pace, clocks
from warroom.core.state import Incident, Run
from warroom.core.timeline import TimelineEntry, timeline
from warroom.core.words import CONTAINS, FollowUpState, Outcome, StepAction

QUESTION = "> ? "
"""How an open question begins, in the first column."""

_LEARNING = (
    "How long did detection take, and how do we shorten that?",
    "What made diagnosis slow, and what would have made it faster?",
    "Should a test have caught it? Which one do we add?",
    "Where else in the code can the same class of fault hide?",
)


def draft(incident: Incident, records: Iterable[e.Recorded]) -> str:
    """Return the whole postmortem as Markdown, as far as the facts go.

    `[T12]` refers to entry 12 of the timeline. Times are UTC.
    """
    entries = timeline(records)
    parts = [
        f"# {incident.id} {incident.title}",
        "",
        *_head(incident),
        *_section("Summary", _summary(incident)),
        *_section("Initial analysis", _analysis(incident)),
        *_section("Impact", _impact(incident)),
        *_section("Chronological actions", _actions(entries)),
        *_section("Root cause", _root_cause(incident)),
        *_section("Contributing factors", _factors()),
        *_section("Containment and its effect", _containment(incident)),
        *_section("Resolution steps", _resolution(incident)),
        *_section("Prevention", [QUESTION + question for question in _LEARNING]),
        *_section("Follow-ups", _follow_ups(incident)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def open_questions(text: str) -> tuple[tuple[int, str], ...]:
    """Return the questions still open in a postmortem: line number from 1, and the question."""
    return tuple(
        (number, line[len(QUESTION) :])
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith(QUESTION)
    )


def _section(name: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {name}", "", *lines]


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _head(incident: Incident) -> list[str]:
    roles = ", ".join(f"{role.value} {name}" for role, name in incident.roles.items() if name)
    criteria = ", ".join(c.value.replace("_", " ") for c in incident.criteria)
    return [
        f"- Priority: {incident.priority}" + (f" ({criteria})" if criteria else ""),
        f"- Service: {incident.service or 'not recorded'}",
        f"- Category: {incident.category.value.replace('_', ' ')}",
        f"- Declared: {_stamp(incident.declared_at)}, by {incident.declared_by}",
        f"- Roles: {roles or 'not recorded'}",
    ]


def _began(incident: Incident) -> datetime | None:
    return incident.onset.at if incident.onset else incident.started_at


def _summary(incident: Incident) -> list[str]:
    began = _began(incident)
    ended = incident.contained_at or incident.resolved_at
    lines = [incident.summary] if incident.summary else []
    if began and ended:
        lines.append(
            f"From {_stamp(began)} to {_stamp(ended)}, for {spell.in_prose(ended - began)}: "
            f"{incident.title}."
        )
    elif began:
        lines.append(f"Since {_stamp(began)}: {incident.title}.")
    else:
        lines.append(QUESTION + "Since when did it fail?")
    times = _times(incident)
    if times:
        lines += ["", "| time to | took | allowed |", "|---|---|---|", *times]
    return lines


def _times(incident: Incident) -> list[str]:
    began = _began(incident)
    rows = []
    if began and incident.detected_at:
        rows.append(f"| detect | {spell.in_prose(incident.detected_at - began)} | |")
    allowed = {clock.name: clock for clock in clocks(incident)}

    def row(name: str, at: datetime | None, clock: str = "") -> None:
        if at is None:
            return
        limit = ""
        if clock:
            due = allowed[clock]
            kept = "kept" if due.pace(at) is Pace.MET else "missed"
            limit = f"{spell.in_prose(due.due - due.started)}, {kept}"
        rows.append(f"| {name} | {spell.in_prose(at - incident.declared_at)} | {limit} |")

    row("acknowledge", incident.acknowledged_at, "respond")
    row("contain", incident.contained_at)
    row("diagnose", incident.diagnoses[0][0] if incident.diagnoses else None, "diagnose")
    row("resolve", incident.resolved_at, "hotfix" if incident.resolved_at else "")
    return rows


def _analysis(incident: Incident) -> list[str]:
    lines = []
    if incident.onset:
        lines.append(f"- Since when: {incident.onset.sentence}")
    if incident.boundary:
        lines.append(f"- Who was affected: {incident.boundary}")
    else:
        lines.append(QUESTION + "Who was affected, and who was not?")
    for change in incident.changes:
        distance = ""
        began = _began(incident)
        if began:
            side = "before" if change.happened_at <= began else "after"
            distance = f", {spell.in_prose(began - change.happened_at)} {side} the onset"
        lines.append(f"- Changed: {change.text} at {_stamp(change.happened_at)}{distance}")
    if not incident.changes:
        lines.append(QUESTION + "What changed since it last worked?")
    for hypothesis in incident.hypotheses:
        latest = hypothesis.latest
        evidence = f" ({latest.evidence})" if latest.evidence else ""
        state = latest.state.value.replace("_", " ")
        lines.append(f"- Hypothesis {state}: {hypothesis.text}{evidence}")
    return lines


def _impact(incident: Incident) -> list[str]:
    lines = []
    effects = [run.effect for run in incident.runs if run.effect is not None]
    if effects:
        first = effects[0]
        lines.append(
            f"- {spell.count(first.before_failures)} of {spell.count(first.before_requests)} "
            f"requests failed ({spell.share(first.before_failures, first.before_requests)}) "
            "between the onset and the first action."
        )
    began, ended = _began(incident), incident.contained_at or incident.resolved_at
    if began and ended:
        lines.append(f"- Users were affected for {spell.in_prose(ended - began)}.")
    if incident.client:
        lines.append(f"- Client: {incident.client}")
    lines.append(QUESTION + "Which users or clients noticed, and what did it cost them?")
    return lines


def _actions(entries: Sequence[TimelineEntry]) -> list[str]:
    return [
        f"- {entry.at:%H:%M:%S} [T{entry.number}] {entry.word}: {entry.text}"
        + (" (noted later)" if entry.back_dated else "")
        for entry in entries
    ]


def _root_cause(incident: Incident) -> list[str]:
    if incident.diagnosis is None:
        return [QUESTION + "What was the cause, not the symptom?"]
    lines = [incident.diagnosis.text]
    lines.extend(f"- Revised at {at:%H:%M}: {d.reason}" for at, d in incident.diagnoses[1:])
    lines.append(QUESTION + "What triggered it, and can it be reproduced outside production?")
    return lines


def _factors() -> list[str]:
    return [
        QUESTION + "Technical: what in the system made it possible?",
        QUESTION + "Process: which step of our way of working let it through?",
        QUESTION + "Human: what did people not know, see or have, at the time?",
    ]


def _containment(incident: Incident) -> list[str]:
    lines = []
    for run in incident.runs:
        if run.intent.kind not in CONTAINS or run.intent.action is StepAction.VERIFY:
            continue
        lines.append(f"- {run.intended_at:%H:%M:%S} {_run_words(run)}")
        if run.effect is not None:
            lines.append(f"  - effect: {run.effect.sentence}")
    if not lines and incident.contained_how:
        lines.append(f"- {incident.contained_how}")
    return lines or ["- Nothing was run from the room."]


def _run_words(run: Run) -> str:
    verb = "taken back: " if run.intent.action is StepAction.UNDO else ""
    words = f"{verb}{run.intent.title}, step {run.intent.step} {run.intent.step_title}"
    if run.outcome is None:
        return f"{words}: still running"
    if run.outcome is not Outcome.SUCCEEDED:
        return f"{words}: {run.outcome.value.replace('_', ' ')}"
    return f"{words}: still in force" if run.in_force else words


def _resolution(incident: Incident) -> list[str]:
    lines = [
        f"- {fix.level.value.replace('_', ' ')}: {fix.text} {fix.reference}".rstrip()
        for _, fix in incident.fixes
    ]
    if incident.resolved_at:
        text = f": {incident.resolution}" if incident.resolution else ""
        lines.append(f"- Resolved {_stamp(incident.resolved_at)}{text}")
    if not incident.fixes:
        lines.append(QUESTION + "What was done to end it: workaround, hotfix or root-cause fix?")
    return lines


def _follow_ups(incident: Incident) -> list[str]:
    lines = []
    for item in incident.follow_ups:
        done = "x" if item.state is FollowUpState.DONE else " "
        owner = f", owner {item.owner}" if item.owner else ""
        due = f", due {item.due:%Y-%m-%d}" if item.due else ""
        lines.append(f"- [{done}] {item.text}{owner}{due}")
        if not item.owner:
            lines.append(QUESTION + f"Who owns: {item.text}")
    if len(incident.follow_ups) < 2:
        lines.append(QUESTION + "Which two to four actions make the next one rarer or smaller?")
    return lines
