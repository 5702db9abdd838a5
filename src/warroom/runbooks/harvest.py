"""A runbook draft from an incident: what was really done, with what takes it back and checks it."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from warroom.core.parts import Run
from warroom.core.state import Incident
from warroom.core.words import CONTAINS, ContainmentKind, Outcome, StepAction, Verdict
from warroom.runbooks.model import Block, Parameter, ParameterType, Runbook, Step
from warroom.runbooks.redact import redact_shapes
from warroom.runbooks.symptoms import check_pattern

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REQUEST = re.compile(r'"(?P<what>[A-Z]{3,7} /[^"?\s]{0,120})[^"]*" (?P<status>5\d\d)\b')
_DIGITS = re.compile(r"\d+")
_SYMPTOMS = 4
_LEAST_TIMEOUT = 30
_ROLES = (StepAction.PRECHECK, StepAction.RUN, StepAction.UNDO, StepAction.VERIFY)


def runbook_from(incident: Incident, books: Mapping[str, Runbook]) -> str:
    """Return Markdown of a runbook with the steps that succeeded in an incident, in their order.

    A step whose runbook is still known is taken over whole: checks, parameters and undo as they
    are written there. Of another one the journal has the command and its undo, and what it lacks is
    said in the text. What was tried and did not help is told, not repeated.

    Args:
        incident: The incident.
        books: The runbooks that are known, by the name under which they were run.
    """
    done = _succeeded(incident)
    kinds = [run.intent.kind for run in done if run.intent.kind in CONTAINS]
    kind = kinds[0] if kinds else ContainmentKind.OTHER
    title = f"{incident.title} ({incident.service})" if incident.service else incident.title
    blast = next((run.intent.blast_radius for run in done if run.intent.blast_radius), "")
    head = [
        "---",
        f"title: {_quoted(title)}",
        f"kind: {kind}",
        f"services: {json.dumps([incident.service] if incident.service else [])}",
        f"symptoms: {json.dumps(list(symptom_patterns(incident)), ensure_ascii=False)}",
        *_parameters(done, books),
        f"blast_radius: {_quoted(blast or 'not recorded: say what the steps touch')}",
        'owner: ""',
        "---",
    ]
    body = [f"# {_line(title)}", "", *_story(incident), ""]
    number = 1
    body += [f"{number}. [ ] Compare with the last time: since when, and who is affected"]
    if incident.boundary:
        body += [f"   Then it was: {_line(incident.boundary)}"]
    for run in done:
        number += 1
        body += [f"{number}. [ ] {_line(run.intent.step_title or run.intent.title)}"]
        body += [*_told(run), *_blocks(run, _known_step(run, books))]
    body += [f"{number + 1}. [ ] Tell those concerned, and write the time into the incident"]
    return redact_shapes("\n".join([*head, *body, ""]))


def symptom_patterns(incident: Incident) -> tuple[str, ...]:
    """Return expressions that match the pinned lines of an incident and lines like them."""
    found: list[str] = []
    for _, pinned in incident.evidence:
        text = pinned.excerpt.text.strip()
        if not text:
            continue
        request = _REQUEST.search(text)
        if request:
            pattern = f'{re.escape(request["what"])}[^"]*" 5\\d\\d'.replace("\\ ", " ")
        else:
            line = text.splitlines()[0][-80:]
            parts = [re.escape(part).replace("\\ ", " ") for part in _DIGITS.split(line)]
            pattern = r"\d{1,20}".join(parts)
        if pattern not in found and not check_pattern(pattern):
            found.append(pattern)
    return tuple(found[:_SYMPTOMS])


def _succeeded(incident: Incident) -> list[Run]:
    return [
        run
        for run in incident.runs
        if run.intent.action is StepAction.RUN and run.outcome is Outcome.SUCCEEDED
    ]


def _story(incident: Incident) -> list[str]:
    lines = [f"Drafted from {incident.id}. Read it, try it in a drill, and name an owner."]
    if incident.diagnosis:
        lines += ["", f"The cause then: {_line(incident.diagnosis.text)}"]
    failed = [
        run
        for run in incident.runs
        if run.intent.action is StepAction.RUN
        and (
            run.outcome is not Outcome.SUCCEEDED
            or (run.effect and run.effect.verdict in (Verdict.NO_EFFECT, Verdict.WORSE))
        )
    ]
    if failed:
        lines += ["", "Tried without success:", ""]
        for run in failed:
            what = run.effect.sentence if run.effect else (run.outcome or Outcome.UNKNOWN).value
            lines.append(f"- {_line(run.intent.title)}: {_line(what)}")
    return lines


def _told(run: Run) -> list[str]:
    lines = [f"   Last time: {_line(run.effect.sentence)}"] if run.effect else []
    if run.undone_by:
        lines.append("   It was taken back later.")
    return lines


def _known_step(run: Run, books: Mapping[str, Runbook]) -> Step | None:
    book = books.get(run.intent.runbook)
    # Another text under the same name may do something else: then only what ran is repeated.
    if book is None or book.sha256 != run.intent.sha256:
        return None
    return next((step for step in book.steps if step.number == run.intent.step), None)


def _blocks(run: Run, step: Step | None) -> list[str]:
    lines: list[str] = []
    if step is not None:
        for role in _ROLES:
            block = step.block(role)
            lines += _verbatim(block, role) if block else []
        if step.watch is not None:
            lines += _fenced("watch", step.watch.text)
    else:
        seconds = run.finished.milliseconds / 1000 if run.finished else 0
        timeout = max(_LEAST_TIMEOUT, math.ceil(seconds * 5))
        language = "http" if re.match(r"(?:GET|POST|PUT|PATCH|DELETE) \S", _first(run)) else "sh"
        no_undo = "" if run.intent.undo else " undo=none"
        lines += _fenced(f"{language} run timeout={timeout}s{no_undo}", run.intent.command)
        if run.intent.undo:
            lines += _fenced(f"{language} undo timeout={timeout}s", run.intent.undo)
    if step is None or (step.watch is None and step.verify is None):
        lines += _fenced("watch", "5xx_rate < 1% for 2m")
    return lines


def _first(run: Run) -> str:
    return run.intent.command.strip().splitlines()[0] if run.intent.command.strip() else ""


def _verbatim(block: Block, role: StepAction) -> list[str]:
    options = "".join(
        f" {name}={value}" if value else f" {name}"
        for name, value in block.options.items()
        if name != "timeout"
    )
    timeout = f" timeout={block.timeout:g}s" if block.timeout is not None else ""
    return _fenced(f"{block.language} {role}{options}{timeout}", block.code)


def _fenced(info: str, code: str) -> list[str]:
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return [f"   {fence}{info}", *(f"   {line}" for line in code.splitlines()), f"   {fence}"]


def _parameters(done: Iterable[Run], books: Mapping[str, Runbook]) -> list[str]:
    """Return the questions of the steps; what was answered then is offered as the default."""
    lines: dict[str, str] = {}
    for run in done:
        step = _known_step(run, books)
        book = books.get(run.intent.runbook)
        known = book.params if step is not None and book is not None else {}
        for name in dict.fromkeys([*known, *run.intent.params]):
            if not _NAME.fullmatch(name) or name in lines:
                continue
            value = run.intent.params.get(name, "")
            lines[name] = f"  {name}: {_parameter(name, known.get(name), value)}"
    return ["params:", *lines.values()] if lines else []


def _parameter(name: str, known: Parameter | None, value: str) -> str:
    fields = [f"ask: {_quoted(known.ask if known else name)}"]
    if known is not None:
        fields.append(f"type: {known.type}")
        if known.choices:
            fields.append(f"choices: {json.dumps(list(known.choices), ensure_ascii=False)}")
        if known.pattern:
            fields.append(f"pattern: {_quoted(known.pattern)}")
        for key, limit in (("min", known.minimum), ("max", known.maximum)):
            if limit is not None:
                fields.append(f"{key}: {limit}")
        if known.env:
            fields.append(f"env: {known.env}")
        if known.optional:
            fields.append("optional: true")
    if known is None or known.type is not ParameterType.SECRET:
        default = known.default if known is not None and "${" in known.default else value
        fields += [f"default: {_quoted(default)}"] if default else []
    return "{" + ", ".join(fields) + "}"


def _quoted(text: str) -> str:
    return json.dumps(_line(text), ensure_ascii=False)


def _line(text: str | Sequence[str]) -> str:
    return " ".join(str(text).split())
