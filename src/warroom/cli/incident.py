"""Commands about one incident or all of them."""

import hashlib
import sys
from datetime import UTC, datetime

import click

from warroom.cli.common import (
    EXIT_NOT_FOUND,
    EXIT_USAGE,
    done,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    present,
    say,
)
from warroom.cli.times import INSTANT, LATER
from warroom.core import commands as c
from warroom.core import events as e
from warroom.core import spell
from warroom.core.clocks import Pace, next_clock
from warroom.core.decide import default_priority
from warroom.core.queue import QueueRow, rank
from warroom.core.state import Incident
from warroom.core.timeline import timeline
from warroom.core.views import incident_view, timeline_view
from warroom.core.words import Category, Criterion, FixLevel, Priority


@click.command()
@click.argument("title")
@click.option("--service", default="", help="The service that fails.")
@click.option(
    "--priority",
    type=click.Choice([p.value for p in Priority], case_sensitive=False),
    help="P1, P2 or P3; by default P1 if a criterion holds, else P2.",
)
@click.option(
    "--critical",
    multiple=True,
    type=click.Choice([x.value for x in Criterion]),
    help="A criterion of criticality that holds; may be repeated.",
)
@click.option(
    "--category", type=click.Choice([x.value for x in Category]), default=Category.PRODUCTION.value
)
@click.option("--summary", default="", help="What is known.")
@click.option("--since", type=INSTANT, help="When it began.")
@click.option("--client", default="", help="Whose contract counts.")
@click.option("--reporter", default="", help="Who reported it.")
@json_option
def declare(
    *,
    title: str,
    service: str,
    priority: str | None,
    critical: tuple[str, ...],
    category: str,
    summary: str,
    since: datetime | None,
    client: str,
    reporter: str,
    as_json: bool,
) -> None:
    """Open an incident. Only the TITLE is needed."""
    criteria = tuple(Criterion(x) for x in critical)
    facts = e.Declared(
        title=title,
        service=service,
        priority=Priority(priority.upper()) if priority else default_priority(criteria),
        category=Category(category),
        summary=summary,
        criteria=criteria,
        source="command line",
        reporter=reporter,
        started_at=since,
        client=client,
    )
    with open_room() as room:
        done(room.do(c.Declare(facts=facts)), as_json=as_json, words="{id} declared")


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--find", metavar="WORDS", default="", help="Only those that hold all the words.")
@json_option
def list_(*, everything: bool, find: str, as_json: bool) -> None:
    """List incidents, most urgent first."""
    now = present()
    with open_room() as room:
        found = room.search(find) if find else room.incidents(include_closed=everything)
    rows = rank(found, now)
    closed = [incident for incident in found if incident.closed_at is not None]
    if as_json:
        views = [{**incident_view(row.incident, now), "why": list(row.reasons)} for row in rows]
        emit(views + [incident_view(incident, now) for incident in closed])
        return
    if not found:
        say("No incident. Good.")
    for row in rows:
        say(_line(row, now))
    for incident in closed:
        say(f"{incident.priority}  {incident.id:<8} closed        {incident.title}")


def _line(row: QueueRow, now: datetime) -> str:
    incident, clock = row.incident, ""
    if row.clock is not None:
        left = row.clock.left(now)
        late = row.clock.pace(now) is Pace.LATE
        clock = f"{row.clock.name} {'LATE +' if late else ''}{spell.duration(left)}"
    return (
        f"{incident.priority}  {incident.id:<8} {incident.phase:<13} {clock:<22} {incident.title}"
    )


@click.command()
@click.argument("incident")
@json_option
def show(*, incident: str, as_json: bool) -> None:
    """Show one INCIDENT with its clocks and timeline."""
    now = present()
    with open_room() as room:
        state = known(room, incident)
        records = room.records(state.id)
    if as_json:
        emit({**incident_view(state, now), "timeline": timeline_view(records)})
        return
    say(_heading(state, now))
    for entry in timeline(records):
        late = " (noted later)" if entry.back_dated else ""
        line = f"{entry.at:%H:%M:%S}  {entry.mark} {entry.word:<13} {entry.actor:<12} {entry.text}"
        say(line.replace("\n", " ⏎ ") + late)


def _heading(incident: Incident, now: datetime) -> str:
    lines = [f"{incident.priority} {incident.id} {incident.title}"]
    state = incident.phase.value
    if incident.commander:
        state += f", {incident.commander} commands"
    lines.append(f"   {state}; service {incident.service or 'not recorded'}")
    clock = next_clock(incident)
    if clock is not None:
        left = spell.duration(clock.left(now))
        late = clock.pace(now) is Pace.LATE
        lines.append(f"   {clock.name} {'late by' if late else 'due in'} {left}")
    lines.extend(
        f"   in force: {run.intent.title} (warroom contain {incident.id} --undo {run.intent.run})"
        for run in incident.ledger
    )
    return "\n".join(lines) + "\n"


@click.command()
@click.argument("incident")
@json_option
def ack(*, incident: str, as_json: bool) -> None:
    """Take charge of an INCIDENT; if nobody commands it, you do."""
    with open_room() as room:
        state = known(room, incident)
        done(room.do(c.Acknowledge(), state.id), as_json=as_json, words="{id} acknowledged")


@click.command()
@click.argument("incident")
@click.argument("text")
@click.option("--at", "about", type=INSTANT, help="When it happened, if not now.")
@json_option
def note(*, incident: str, text: str, about: datetime | None, as_json: bool) -> None:
    """Write TEXT into the timeline of an INCIDENT; `-` reads it from standard input."""
    if text == "-":
        text = sys.stdin.read()
    with open_room() as room:
        state = known(room, incident)
        result = room.do(c.AddNote(text=text, about=about), state.id)
        done(result, as_json=as_json, words="noted on {id}")


@click.command()
@click.argument("incident")
@click.argument("file", type=click.Path())
@click.option("--line", type=click.IntRange(min=1), help="Number of the line, from 1.")
@click.option("--last-error", is_flag=True, help="The last 5xx line.")
@click.option("--note", "remark", default="", help="What it shows.")
@json_option
def pin(
    *, incident: str, file: str, line: int | None, last_error: bool, remark: str, as_json: bool
) -> None:
    """Keep a line of FILE as evidence of an INCIDENT, with its offset and hash."""
    if (line is None) == (not last_error):
        fail("say which line: either --line N or --last-error")
        end(EXIT_USAGE)
    from warroom.logs.pick import pick_line

    entry = pick_line(file, line=line)
    if entry is None:
        what = f"line {line}" if line else "5xx line"
        fail(f"{file} has no {what}")
        end(EXIT_NOT_FOUND)
    excerpt = e.Excerpt(
        source=file,
        offset=entry.offset,
        sha256=hashlib.sha256(entry.raw).hexdigest(),
        text=entry.raw.decode("utf-8", "replace")[:2000],
        at=None if entry.at is None else datetime.fromtimestamp(entry.at, UTC),
    )
    with open_room() as room:
        state = known(room, incident)
        result = room.do(c.Pin(excerpt=excerpt, note=remark), state.id)
        done(result, as_json=as_json, words="pinned to {id}")


@click.command()
@click.argument("incident")
@click.argument("text")
@click.option("--eta", type=LATER, help="When it will be fixed.")
@click.option("--because", default="", help="For a revision: what was learnt.")
@json_option
def diagnose(
    *, incident: str, text: str, eta: datetime | None, because: str, as_json: bool
) -> None:
    """Share what is wrong with an INCIDENT; stops the diagnosis clock."""
    with open_room() as room:
        state = known(room, incident)
        result = room.do(c.Diagnose(text=text, eta=eta, reason=because), state.id)
        done(result, as_json=as_json, words="diagnosis of {id} shared")


@click.command()
@click.argument("incident")
@click.argument("text", default="")
@click.option(
    "--fix", type=click.Choice([x.value for x in FixLevel]), help="The level of the fix, if any."
)
@click.option("--reference", default="", help="Branch, commit or ticket of the fix.")
@json_option
def resolve(*, incident: str, text: str, fix: str | None, reference: str, as_json: bool) -> None:
    """Say that the failure of an INCIDENT is gone, and how."""
    from warroom.core.decide import Refusal

    with open_room() as room:
        state = known(room, incident)
        result = room.do(c.Resolve(text=text), state.id)
        if fix and not isinstance(result, Refusal):
            level = FixLevel(fix)
            result = room.do(
                c.RecordFix(level=level, text=text or level.value, reference=reference), state.id
            )
        done(result, as_json=as_json, words="{id} resolved")


@click.command()
@click.argument("incident")
@click.option("--override", default="", metavar="REASON", help="Close though something is missing.")
@json_option
def close(*, incident: str, override: str, as_json: bool) -> None:
    """Close an INCIDENT, or say what is missing."""
    with open_room() as room:
        state = known(room, incident)
        done(room.do(c.Close(override=override), state.id), as_json=as_json, words="{id} closed")


@click.command()
@click.argument("incident")
@click.argument("reason")
@json_option
def reopen(*, incident: str, reason: str, as_json: bool) -> None:
    """Say with a REASON that an INCIDENT was not over."""
    with open_room() as room:
        state = known(room, incident)
        done(room.do(c.Reopen(reason=reason), state.id), as_json=as_json, words="{id} reopened")
