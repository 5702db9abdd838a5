"""Draft the postmortem from what the journal knows; what nobody knows yet is a marked question.

The sections are those of an incident report: analysis, impact, what was done when, root cause,
resolution, prevention, with contributing factors split into technical, process and human. A line
that begins with `QUESTION` waits for an answer. Roles stand where people acted: names appear in the
head, which says who had which role, and as owners of follow-ups.
"""

from collections.abc import Iterable, Mapping, Sequence

from warroom.core import events as e
from warroom.core import spell
from warroom.core.chart import chart, chart_text
from warroom.core.draft_times import began, ended, stamp, times
from warroom.core.impact import Impact, impact_lines
from warroom.core.nameless import Cast, cast
from warroom.core.questions import Group, asked
from warroom.core.references import own_line
from warroom.core.review import LEARNING, Asking
from warroom.core.state import Incident, Run
from warroom.core.timeline import TimelineEntry, timeline
from warroom.core.words import (
    CONTAINS,
    FollowUpState,
    HypothesisState,
    Outcome,
    StepAction,
    Verdict,
)

QUESTION = "> ? "
"""How an open question begins, in the first column."""


def draft(incident: Incident, records: Iterable[e.Recorded], impact: Impact | None = None) -> str:
    """Return the whole postmortem as Markdown, as far as the facts go.

    `[T12]` refers to entry 12 of the timeline. Times are UTC.

    Args:
        incident: The incident as it stands.
        records: Its events.
        impact: What was counted in the logs; None: only what the journal measured is told.
    """
    records = tuple(records)
    who = cast(records)
    parts = [
        f"# {incident.id} {incident.title}",
        "",
        *_head(incident),
        *_section("Summary", _summary(incident, who, impact)),
        *_section("Initial analysis", _analysis(incident)),
        *_section("Impact", _impact(incident, impact)),
        *_section("Timeline", _chronology(timeline(records), who)),
        *_section("Root cause", _root_cause(incident)),
        *_section("Contributing factors", _factors(incident)),
        *_section("Containment and its effect", _containment(incident)),
        *_section("Resolution steps", _resolution(incident)),
        *_section("What went well", _went_well(incident)),
        *_section("Prevention", [_asked(incident, question) for question in LEARNING]),
        *_section("Mitigation strategy", _strategy(incident)),
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


def _asked(incident: Incident, question: Asking) -> str:
    reply = incident.answers.get(question.key)
    known = reply is not None and reply.known
    return f"- {question.text} {reply.text}" if reply and known else QUESTION + question.text


def _answers(incident: Incident, group: Group) -> list[str]:
    return [
        f"- {one.question.text} {one.answer}" if one.answer else QUESTION + one.question.text
        for one in asked(incident, group)
    ]


def _head(incident: Incident) -> list[str]:
    roles = ", ".join(f"{role.value} {name}" for role, name in incident.roles.items() if name)
    criteria = ", ".join(c.value.replace("_", " ") for c in incident.criteria)
    return [
        f"- Priority: {incident.priority}" + (f" ({criteria})" if criteria else ""),
        f"- Service: {incident.service or 'not recorded'}",
        f"- Category: {incident.category.value.replace('_', ' ')}",
        f"- Declared: {stamp(incident.declared_at)}, through the {incident.source or 'console'}",
        f"- Roles: {roles or 'not recorded'}",
    ]


def _summary(incident: Incident, who: Cast, impact: Impact | None) -> list[str]:
    since, until = began(incident), ended(incident)
    lines = [incident.summary, ""] if incident.summary else []
    if since and until:
        lines.append(
            f"From {stamp(since)} to {stamp(until)}, for {spell.in_prose(until - since)}: "
            f"{incident.title}."
        )
    elif since:
        lines.append(f"Since {stamp(since)}: {incident.title}.")
    else:
        lines.append(QUESTION + "Since when did it fail?")
    if impact is not None and impact.failures:
        share = spell.share(impact.failures, impact.requests)
        lines.append(f"{spell.count(impact.failures)} requests failed, {share} of that time's.")
    if incident.contained_at and incident.contained_how:
        lines.append(f"The damage was stopped by: {incident.contained_how}.")
    if incident.diagnosis:
        lines.append(f"Cause: {incident.diagnosis.text}.".replace("..", "."))
    rows = times(incident, who)
    if rows:
        lines += ["", "| time to | took | allowed | by |", "|---|---|---|---|", *rows]
    return lines


def _analysis(incident: Incident) -> list[str]:
    lines = []
    since = began(incident)
    if incident.onset:
        lines.append(f"- Since when: {incident.onset.sentence}")
    if incident.boundary:
        lines.append(f"- Who was affected: {incident.boundary}")
    else:
        lines.append(QUESTION + "Who was affected, and who was not?")
    for change in incident.changes:
        distance = ""
        if since:
            side = "before" if change.happened_at <= since else "after"
            distance = f", {spell.in_prose(since - change.happened_at)} {side} the onset"
        lines.append(f"- Changed: {change.text} at {stamp(change.happened_at)}{distance}")
    if not incident.changes:
        lines.append(QUESTION + "What changed since it last worked?")
    for hypothesis in incident.hypotheses:
        latest = hypothesis.latest
        evidence = f" ({latest.evidence})" if latest.evidence else ""
        state = latest.state.value.replace("_", " ")
        lines.append(f"- Hypothesis {state}: {hypothesis.text}{evidence}")
    return lines


def _impact(incident: Incident, impact: Impact | None) -> list[str]:
    lines = []
    since, until = began(incident), ended(incident)
    if impact is not None:
        lines += impact_lines(impact)
        lines += [
            f"- `{path.replace('`', '')}`: {spell.count(bad)} of {spell.count(whole)} failed "
            f"({spell.share(bad, whole)})"
            for path, bad, whole in impact.routes
        ]
    else:
        effects = [run.effect for run in incident.runs if run.effect is not None]
        if effects:
            first = effects[0]
            lines.append(
                f"- {spell.count(first.before_failures)} of {spell.count(first.before_requests)} "
                f"requests failed ({spell.share(first.before_failures, first.before_requests)}) "
                "between the onset and the first action."
            )
    if since and until:
        lines.append(f"- Users were affected for {spell.in_prose(until - since)}.")
    if incident.client:
        lines.append(f"- Client: {incident.client}")
    if impact is not None and impact.series is not None:
        marks = {
            "onset": since,
            "declared": incident.declared_at,
            "contained": incident.contained_at,
            "resolved": incident.resolved_at,
        }
        lines += ["", chart_text(chart(impact.series, marks)), ""]
    lines.append(QUESTION + "Which users or clients noticed, and what did it cost them?")
    return lines


def _chronology(entries: Sequence[TimelineEntry], who: Cast) -> list[str]:
    days = dict.fromkeys(entry.at.date() for entry in entries)
    lines: list[str] = []
    for day in days:
        if len(days) > 1:
            lines += ["", f"**{day:%Y-%m-%d}**", ""]
        own = [entry for entry in entries if entry.at.date() == day]
        lines += [own_line(entry, who.text(entry)) + who.by(entry) for entry in own]
    return lines[1:] if len(days) > 1 else lines


def _root_cause(incident: Incident) -> list[str]:
    if incident.diagnosis is None:
        return [QUESTION + "What was the cause, not the symptom?"]
    lines = [incident.diagnosis.text]
    lines.extend(f"- Revised at {at:%H:%M}: {d.reason}" for at, d in incident.diagnoses[1:])
    lines.extend(_answers(incident, Group.DIAGNOSIS))
    return lines


def _factors(incident: Incident) -> list[str]:
    confirmed = [
        f"- {h.text}" for h in incident.hypotheses if h.latest.state is HypothesisState.CONFIRMED
    ]
    return [
        "### Technical",
        "",
        *confirmed,
        QUESTION + "Technical: what in the system made it possible?",
        "",
        "### Process",
        "",
        QUESTION + "Process: which step of our way of working let it through?",
        "",
        "### Human",
        "",
        QUESTION + "Human: what did people not know, see or have, at the time?",
    ]


def _containments(incident: Incident) -> list[Run]:
    return [
        run
        for run in incident.runs
        if run.intent.kind in CONTAINS
        and run.intent.action not in (StepAction.VERIFY, StepAction.PRECHECK)
    ]


def _containment(incident: Incident) -> list[str]:
    lines = []
    for run in _containments(incident):
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
        lines.append(f"- Resolved {stamp(incident.resolved_at)}{text}")
    if not incident.fixes:
        lines.append(QUESTION + "What was done to end it: workaround, hotfix or root-cause fix?")
    lines.extend(_answers(incident, Group.FIX))
    return lines


def _helped(incident: Incident) -> list[Run]:
    return [
        run
        for run in _containments(incident)
        if run.effect is not None and run.effect.verdict in (Verdict.SOLVED, Verdict.HELPED)
    ]


def _went_well(incident: Incident) -> list[str]:
    lines = [
        f"- {run.intent.title} took effect: {run.effect.sentence}"
        for run in _helped(incident)
        if run.effect is not None
    ]
    since = incident.declared_at
    if incident.contained_at:
        took = spell.in_prose(incident.contained_at - since)
        lines.append(f"- The damage had stopped {took} after the declaration.")
    if incident.updates:
        told = len(incident.updates)
        lines.append(f"- {told} update{'s' if told > 1 else ''} went out while it lasted.")
    return [*lines, QUESTION + "What else went well, and was it planned or luck?"]


def _strategy(incident: Incident) -> list[str]:
    lines = [
        f"- If it returns before the cause is gone: {run.intent.title} (runbook "
        f"`{run.intent.runbook}`); last time {run.effect.sentence}"
        for run in _helped(incident)[:1]
        if run.effect is not None
    ]
    lines += [
        f"- Stays in force until {run.expires_at:%Y-%m-%d}: {run.intent.title}"
        for run in incident.ledger
        if run.expires_at is not None
    ]
    return [*lines, QUESTION + "What limits the damage while the cause is still there?"]


def _follow_ups(incident: Incident) -> list[str]:
    lines = []
    kept = [item for item in incident.follow_ups if item.state is not FollowUpState.DROPPED]
    for item in kept:
        done = "x" if item.state is FollowUpState.DONE else " "
        owner = f", owner {item.owner}" if item.owner else ""
        due = f", due {item.due:%Y-%m-%d}" if item.due else ""
        link = f", {item.link}" if item.link else ""
        names = [one.name for one in incident.attached(item.follow_up)]
        given = f", with {', '.join(names)}" if names else ""
        lines.append(f"- [{done}] {item.text}{owner}{due}{link}{given}")
        if not item.owner:
            lines.append(QUESTION + f"Who owns: {item.text}")
        if not item.due:
            lines.append(QUESTION + f"Until when: {item.text}")
    if len(kept) < 2:
        lines.append(QUESTION + "Which two to four actions make the next one rarer or smaller?")
    return lines


def sections(text: str) -> Mapping[str, str]:
    """Return the bodies of the sections of a postmortem by their headings, in order."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    inside = False
    for line in text.splitlines():
        inside ^= line.lstrip().startswith(("```", "~~~"))
        if line.startswith("## ") and not inside:
            current = found.setdefault(line[3:].strip(), [])
        else:
            current.append(line)
    return {name: "\n".join(lines).strip("\n") for name, lines in found.items()}


def closing_section(incident: Incident) -> str:
    """Return how it was closed, to be printed under a text written before; empty if it is open.

    An override and what was missing stand in it in so many words.
    """
    if incident.closed_at is None or incident.merged_into:
        return ""
    lines = [f"- Closed {stamp(incident.closed_at)}"]
    lines += [
        f"- {'Verified' if found.passed else 'Not passed'}: {found.sentence}"
        for _, found in incident.checks.values()
    ]
    if incident.close_override:
        lines.append(f"- **Closed against the checks**, because: {incident.close_override}")
        lines += [f"  - missing: {gap}" for gap in incident.close_missing]
    return "\n".join(_section("Closing", lines)) + "\n"
