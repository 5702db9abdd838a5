"""Qualify an incident: priority, category, criteria, factors, and the questions still open."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from warroom.cli.common import done, emit, json_option, known, open_room, refused, say
from warroom.cli.times import INSTANT
from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Answered
from warroom.core.decide import Refusal
from warroom.core.questions import Asked, asked
from warroom.core.related import related
from warroom.core.state import Incident
from warroom.core.words import Category, Criterion, Factor, Priority


@click.command()
@click.argument("incident")
@click.option("--priority", type=click.Choice([p.value for p in Priority], case_sensitive=False))
@click.option("--category", type=click.Choice([x.value for x in Category]))
@click.option(
    "--critical",
    multiple=True,
    type=click.Choice([*(x.value for x in Criterion), "none"]),
    help="A criterion that holds (makes P1 the default), or none; may be repeated.",
)
@click.option("--factor", "factors", multiple=True, metavar="NAME=0..3", help="Weight of a factor.")
@click.option("--title")
@click.option("--service")
@click.option("--summary")
@click.option("--client", help="Whose contract counts.")
@click.option("--contact", help="Whom to ask and tell.")
@click.option("--public", help="What may be said of it outside, in one sentence.")
@click.option("--since", type=INSTANT, help="When it began.")
@click.option("--because", default="", help="Why.")
@click.option("--answer", "answers", multiple=True, metavar="KEY=TEXT", help="Answer a question.")
@click.option("--unknown", multiple=True, metavar="KEY", help="Looked, and could not tell.")
@json_option
def qualify(*, incident: str, as_json: bool, **given: Any) -> None:
    """Settle what an INCIDENT is; without options, show its questions and what is like it."""
    commands = _commands(given)
    with open_room() as room:
        state = known(room, incident)
        for command in commands:
            result = room.do(command, state.id)
            if isinstance(result, Refusal):
                refused(result)
            state = result.incident
        if commands:
            done(result, as_json=as_json, words=f"{{id}} is {state.priority.value}")
            return
        others = room.incidents(include_closed=True)
    _show(state, others, as_json=as_json)


def _commands(given: dict[str, Any]) -> list[c.Command]:
    found: list[c.Command] = []
    criteria: tuple[str, ...] = given["critical"]
    if "none" in criteria and len(criteria) > 1:
        raise click.UsageError("--critical none goes with no other criterion")
    if criteria == ("none",):
        found.append(c.Answer(facts=Answered(question="criteria", text="none holds")))
    facts = _facts(given, criteria)
    if facts != e.Qualified(reason=facts.reason):
        found.append(c.Qualify(facts=facts))
    for pair in given["answers"]:
        key, sign, text = pair.partition("=")
        if not sign:
            raise click.UsageError(f"--answer {pair!r} is not of the form KEY=TEXT")
        found.append(c.Answer(facts=Answered(question=key.strip(), text=text.strip())))
    found += [
        c.Answer(facts=Answered(question=key, text="", known=False)) for key in given["unknown"]
    ]
    return found


def _facts(given: dict[str, Any], criteria: tuple[str, ...]) -> e.Qualified:
    held = None
    if criteria:
        held = tuple(Criterion(x) for x in criteria if x != "none")
    since: datetime | None = given["since"]
    return e.Qualified(
        priority=Priority(given["priority"].upper()) if given["priority"] else None,
        category=Category(given["category"]) if given["category"] else None,
        criteria=held,
        factors=_factors(given["factors"]) or None,
        title=given["title"],
        service=given["service"],
        summary=given["summary"],
        started_at=since,
        reason=given["because"],
        client=given["client"],
        contact=given["contact"],
        public=given["public"],
    )


def _factors(pairs: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for pair in pairs:
        name, _, weight = pair.partition("=")
        if name not in set(Factor) or weight not in {"0", "1", "2", "3"}:
            names = ", ".join(Factor)
            raise click.UsageError(f"--factor {pair!r} is not NAME=0..3; names are {names}")
        found[name] = int(weight)
    return found


def _show(state: Incident, others: Any, *, as_json: bool) -> None:
    questions = asked(state)
    like = related(state, others)
    if as_json:
        emit(
            {
                "id": state.id,
                "priority": state.priority.value,
                "category": state.category.value,
                "criteria": [x.value for x in state.criteria],
                "criteria_by": state.criteria_by,
                "questions": [
                    {**asdict(one.question), **asdict(one), "question": one.question.key}
                    for one in questions
                ],
                "related": [
                    {
                        "id": one.incident.id,
                        "duplicate": one.duplicate,
                        "points": one.points,
                        "reasons": list(one.reasons),
                    }
                    for one in like
                ],
            }
        )
        return
    by = f", {', '.join(state.criteria)} said {state.criteria_by}" if state.criteria else ""
    say(f"{state.id} {state.priority.value} {state.category.value}{by}")
    for other in like:
        what = "perhaps the same as" if other.duplicate else "like"
        say(f"{what} {other.incident.id} {other.incident.title} ({'; '.join(other.reasons)})")
    group = None
    for one in questions:
        if one.question.group is not group:
            group = one.question.group
            say(f"\n{group.value}")
        say(_line(one))


def _line(one: Asked) -> str:
    mark = "✓" if not one.open else "?" if one.unknown else "·"
    line = f" {mark} {one.question.key:<24} {one.question.text}"
    if one.answer:
        return f"{line} {one.answer}" + (f" ({one.by})" if one.by else "")
    return f"{line}\n{'':28}{one.question.help}" if one.question.help else line
