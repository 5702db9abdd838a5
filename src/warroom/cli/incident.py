"""Commands about one incident or all of them."""

import hashlib
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from warroom.cli.common import (
    EXIT_NOT_FOUND,
    EXIT_USAGE,
    done,
    end,
    fail,
    json_option,
    known,
    open_room,
    settings,
)
from warroom.cli.times import INSTANT
from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import default_priority
from warroom.core.words import Category, Criterion, FixLevel, Priority

if TYPE_CHECKING:
    from warroom.room.prefill import Prefill


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
@click.option("--contact", default="", help="Whom to ask and tell.")
@click.option("--public", default="", help="What may be said of it outside, in one sentence.")
@click.option("--from-log", "logs", multiple=True, metavar="FILE", help="Fill in what FILE shows.")
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
    contact: str,
    public: str,
    logs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Open an incident. Only the TITLE is needed."""
    seen = _from_logs(logs)
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
        contact=contact,
        public=public,
        started_at=since,
        client=client,
    )
    if seen is not None:
        began = since or (seen.onset.at if seen.onset else None)
        facts = replace(
            facts,
            onset=seen.onset,
            started_at=began,
            boundary=seen.boundary,
            evidence=seen.evidence,
        )
    with open_room() as room:
        done(room.do(c.Declare(facts=facts)), as_json=as_json, words="{id} declared")


def _from_logs(names: tuple[str, ...]) -> "Prefill | None":
    if not names:
        return None
    from warroom.bootstrap import open_logs
    from warroom.room.measure import read_through
    from warroom.room.prefill import prefill

    with open_logs(settings(), names) as opened:
        read_through(opened)
        return prefill(opened)


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


def _pin_onset(incident: str, file: str, *, as_json: bool) -> None:
    found = _from_logs((file,))
    if found is None or found.onset is None:
        fail(f"{file} shows no failure that began")
        end(EXIT_NOT_FOUND)
    with open_room() as room:
        state = known(room, incident)
        command = c.MeasureOnset(onset=found.onset, boundary=found.boundary)
        done(room.do(command, state.id), as_json=as_json, words="the onset is kept on {id}")


@click.command()
@click.argument("incident")
@click.argument("file", type=click.Path())
@click.option("--line", type=click.IntRange(min=1), help="Number of the line, from 1.")
@click.option("--last-error", is_flag=True, help="The last 5xx line.")
@click.option("--onset", is_flag=True, help="Since when it fails, and who is affected.")
@click.option("--note", "remark", default="", help="What it shows.")
@json_option
def pin(
    *,
    incident: str,
    file: str,
    line: int | None,
    last_error: bool,
    onset: bool,
    remark: str,
    as_json: bool,
) -> None:
    """Keep a line of FILE as evidence of an INCIDENT, with its offset and hash.

    With --onset, measure FILE and keep since when it fails and for whom.
    """
    if (line is not None) + last_error + onset != 1:
        fail("say what: --line N, --last-error or --onset")
        end(EXIT_USAGE)
    if onset:
        _pin_onset(incident, file, as_json=as_json)
        return
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
