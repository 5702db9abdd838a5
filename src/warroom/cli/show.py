"""Show an incident as it is or as it was, and mend its timeline."""

from collections.abc import Sequence
from datetime import datetime

import click

from warroom.cli.common import (
    EXIT_NOT_FOUND,
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
from warroom.cli.times import INSTANT
from warroom.core import commands as c
from warroom.core import spell
from warroom.core.clocks import Pace, clocks, outside_clocks
from warroom.core.conduct import EntryAmended
from warroom.core.events import Recorded
from warroom.core.queue import rank, why_here
from warroom.core.state import Incident
from warroom.core.timeline import TimelineEntry, as_of, timeline
from warroom.core.views import incident_view, timeline_view
from warroom.room.service import Room


@click.command()
@click.argument("incident")
@click.option("--at", "moment", type=INSTANT, help="As it was at this time.")
@json_option
def show(*, incident: str, moment: datetime | None, as_json: bool) -> None:
    """Show one INCIDENT with its clocks and timeline."""
    now = moment or present()
    with open_room() as room:
        state = known(room, incident)
        records = room.records(state.id)
        if moment is not None:
            before = as_of(records, moment)
            if before is None:
                fail(
                    f"{state.id} was declared {state.declared_at:%Y-%m-%d %H:%M:%S} UTC, "
                    f"after {moment:%Y-%m-%d %H:%M:%S} UTC"
                )
                end(EXIT_NOT_FOUND)
            state, records = before, [record for record in records if record.at <= moment]
        merged = {other: _until(room, other, now) for other in state.absorbed}
        rows = rank(room.incidents(), now) if moment is None else ()
    if as_json:
        view = {**incident_view(state, now), "timeline": timeline_view(records)}
        if merged:
            view["merged"] = {name: timeline_view(told) for name, told in merged.items()}
        emit(view)
        return
    say(_heading(state, now))
    place = next((n for n, row in enumerate(rows) if row.incident.id == state.id), None)
    if place is not None and len(rows) > 1:
        say(f"   queue    {place + 1} of {len(rows)}, {why_here(rows, place)}\n")
    lines = [("", entry) for entry in timeline(records)]
    lines += [(name, entry) for name, told in merged.items() for entry in timeline(told)]
    for name, entry in sorted(lines, key=lambda line: (line[1].at, line[1].number)):
        say(_line(entry, now, f"[{name}] " if name else ""))


def _until(room: Room, name: str, now: datetime) -> Sequence[Recorded]:
    return [record for record in room.records(name) if record.at <= now]


def _line(entry: TimelineEntry, now: datetime, prefix: str = "") -> str:
    late = " (noted later)" if entry.back_dated else ""
    late += " (amended)" if entry.amended else ""
    return (
        f"{spell.clock_time(entry.at, now)}  {entry.mark} {entry.word:<13} "
        f"{prefix}{entry.actor}: {entry.text}{late}"
    )


def _heading(incident: Incident, now: datetime) -> str:
    lines = [
        f"{incident.id}  {incident.priority}  {incident.phase}  {incident.title}",
        f"   service  {incident.service or '—'}   commander {incident.commander or 'nobody'}",
    ]
    if incident.client:
        lines.append(f"   client   {incident.client}")
    if incident.merged_into:
        lines.append(f"   goes on in {incident.merged_into}")
    if incident.waiting_since:
        lines.append(f"   waits for the client since {incident.waiting_since:%H:%M} UTC")
    if incident.boundary:
        lines.append(f"   affected {incident.boundary}")
    for clock in (*clocks(incident), *outside_clocks(incident)):
        left = spell.duration(clock.left(now))
        late = clock.pace(now) is Pace.LATE
        state = (
            f"met {spell.clock_time(clock.met_at, now)}"
            if clock.met_at
            else f"{'LATE by' if late else 'in'} {left}" + (" (paused)" if clock.paused else "")
        )
        lines.append(f"   {clock.said:<8} {state}")
    lines.extend(
        f"   in force {run.intent.title} since {run.intended_at:%H:%M:%S}"
        for run in incident.ledger
    )
    return "\n".join(lines) + "\n"


@click.command("timeline")
@click.argument("incident")
@click.option("--kind", "kinds", metavar="KIND,…", default="", help="Only these, as note,update.")
@click.option("--edit", "entry", type=click.IntRange(min=1), metavar="N", help="Amend entry N.")
@click.option("--text", help="Its new words.")
@click.option("--at", "moment", type=INSTANT, help="Its new time.")
@click.option("--because", default="", help="Why.")
@json_option
def timeline_(
    *,
    incident: str,
    kinds: str,
    entry: int | None,
    text: str | None,
    moment: datetime | None,
    because: str,
    as_json: bool,
) -> None:
    """Print the timeline of an INCIDENT with the numbers of its entries, or amend one.

    The original of an amended entry stays in the record.
    """
    now = present()
    with open_room() as room:
        state = known(room, incident)
        if entry is not None:
            amended = EntryAmended(entry=entry, text=text, at=moment, reason=because)
            result = room.do(c.Amend(facts=amended), state.id)
            done(result, as_json=as_json, words=f"entry {entry} of {{id}} amended")
            return
        if text is not None or moment is not None:
            raise click.UsageError("--text and --at amend an entry: say which with --edit N")
        records = room.records(state.id)
    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    if as_json:
        emit(timeline_view(records, wanted))
        return
    for one in timeline(records, wanted):
        say(f"{one.number:>4}  {_line(one, now)}")
        if one.original:
            say(f"      was: {one.original}")
        if one.original_at:
            say(f"      was at {spell.clock_time(one.original_at, now)}")
