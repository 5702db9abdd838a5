"""Commands about the queue: list, snooze, order, merge and split."""

from collections.abc import Callable, Sequence
from datetime import datetime

import click

from warroom.cli.common import (
    done,
    emit,
    fail,
    json_option,
    known,
    open_room,
    present,
    refused,
    say,
    settings,
)
from warroom.cli.sending import send_after
from warroom.cli.times import LATER
from warroom.core import commands as c
from warroom.core import spell
from warroom.core.clocks import Pace
from warroom.core.conduct import Linked
from warroom.core.decide import Refusal
from warroom.core.filters import Filter, FilterError, parse
from warroom.core.queue import QueueRow, rank, tally, why_here
from warroom.core.state import Incident
from warroom.core.views import incident_view
from warroom.core.words import Place
from warroom.room.service import Done, Room


def read_filter(text: str) -> Filter:
    """Return a filter, or end with a usage message."""
    try:
        return parse(text)
    except FilterError as error:
        raise click.UsageError(str(error)) from None


def targets(room: Room, names: Sequence[str], matching: str | None) -> list[Incident]:
    """Return the incidents that a command for several means, named or found by a filter."""
    if bool(names) == (matching is not None):
        raise click.UsageError("name incidents, or use --matching FILTER")
    if matching is None:
        return [known(room, name) for name in names]
    wanted = read_filter(matching)
    now = present()
    return [i for i in room.incidents() if wanted.matches(i, now, room.actor)]


def each(
    names: Sequence[str],
    matching: str | None,
    act: Callable[[Room, Incident], Done | Refusal],
    *,
    words: str,
    as_json: bool,
) -> None:
    """Do one thing to several incidents; the first refusal of a single one ends with status 3."""
    with open_room() as room:
        chosen = targets(room, names, matching)
        if len(chosen) == 1:
            done(act(room, chosen[0]), as_json=as_json, words=words)
            return
        results = [(incident.id, act(room, incident)) for incident in chosen]
    refusals = [(name, result) for name, result in results if isinstance(result, Refusal)]
    kept = [result.incident for _, result in results if isinstance(result, Done)]
    if as_json:
        now = present()
        emit([incident_view(incident, now) for incident in kept])
    for incident in () if as_json else kept:
        say(words.format(id=incident.id))
    for name, refusal in refusals:
        fail(f"{name}: {refusal.reason}", refusal.hint)
    if refusals:
        refused(Refusal(reason=f"{len(refusals)} of {len(results)} refused"))


several = click.argument("incidents", nargs=-1)
matching_option = click.option(
    "--matching", metavar="FILTER", help="All open ones that fit, instead of naming them."
)


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--find", metavar="WORDS", default="", help="Only those that hold all the words.")
@click.option("--filter", "text", metavar="FILTER", default="", help="As `priority:P1 is:late x`.")
@click.option("--view", metavar="NAME", help="A filter saved under [views].")
@click.option("--why", is_flag=True, help="Say why each stands where it does.")
@json_option
def list_(
    *, everything: bool, find: str, text: str, view: str | None, why: bool, as_json: bool
) -> None:
    """List incidents, most urgent first."""
    views = settings().views
    if view is not None and view not in views:
        have = ", ".join(views) or "none; write them under [views]"
        raise click.UsageError(f"no view is called {view!r}; there are: {have}")
    chosen = read_filter(f"{views[view] if view else ''} {text}")
    now = present()
    with open_room() as room:
        found = room.search(find) if find else room.incidents(include_closed=everything)
        me = room.actor
    found = [incident for incident in found if chosen.matches(incident, now, me)]
    rows = rank(found, now)
    closed = [incident for incident in found if incident.closed_at is not None]
    if as_json:
        views_ = [
            {
                **incident_view(row.incident, now),
                "why": list(row.reasons),
                "why_here": why_here(rows, place),
                "snoozed": row.snoozed,
            }
            for place, row in enumerate(rows)
        ]
        emit(views_ + [incident_view(incident, now) for incident in closed])
        return
    if not found:
        say("No incident. Good." if not (find or text or view) else "No incident fits.")
    for place, row in enumerate(rows):
        say(_line(row, now))
        if why:
            say(f"      {why_here(rows, place)}")
    for incident in closed:
        state = f"in {incident.merged_into}" if incident.merged_into else "closed"
        say(f"{incident.priority}  {incident.id:<8} {state:<13} {incident.title}")
    late = tally(found, now)
    if late.late or late.waiting:
        say(f"{late.late} late, {late.due_soon} due soon, {late.waiting} waiting for the client")


@click.command()
@click.argument("words", nargs=-1, required=True)
@json_option
@click.pass_context
def search(context: click.Context, *, words: tuple[str, ...], as_json: bool) -> None:
    """Find incidents that hold all the WORDS anywhere in their history, closed ones too."""
    context.invoke(
        list_, everything=True, find=" ".join(words), text="", view=None, why=False,
        as_json=as_json,
    )  # fmt: skip


def _line(row: QueueRow, now: datetime) -> str:
    incident, clock = row.incident, ""
    if row.clock is not None:
        left = row.clock.left(now)
        late = row.clock.pace(now) is Pace.LATE
        clock = f"{row.clock.said} {'LATE +' if late else ''}{spell.duration(left)}"
        clock += " paused" if row.clock.paused else ""
    state = "asleep" if row.snoozed else incident.phase.value
    return f"{incident.priority}  {incident.id:<8} {state:<13} {clock:<22} {incident.title}"


@click.command()
@several
@matching_option
@json_option
def ack(*, incidents: tuple[str, ...], matching: str | None, as_json: bool) -> None:
    """Take charge of INCIDENTS; if nobody commands one, you do."""
    each(
        _at_least_one(incidents, matching),
        matching,
        lambda room, state: room.do(c.Acknowledge(), state.id),
        words="{id} acknowledged",
        as_json=as_json,
    )
    send_after()


def _at_least_one(incidents: tuple[str, ...], matching: str | None) -> tuple[str, ...]:
    if not incidents and matching is None:
        raise click.UsageError("Missing argument 'INCIDENTS...'.")
    return incidents


@click.command()
@several
@matching_option
@click.option("--until", type=LATER, help="When it comes back, as `2h` or `14:30` (UTC).")
@click.option("--because", default="", help="Why it can wait.")
@click.option("--wake", is_flag=True, help="Bring it back now.")
@json_option
def snooze(
    *,
    incidents: tuple[str, ...],
    matching: str | None,
    until: datetime | None,
    because: str,
    wake: bool,
    as_json: bool,
) -> None:
    """Take INCIDENTS off the top of the queue until a time."""
    if wake == (until is not None):
        raise click.UsageError("say either --until TIME or --wake")
    command = c.Wake(reason=because) if until is None else c.Snooze(until=until, reason=because)
    words = "{id} is back" if until is None else f"{{id}} sleeps until {until:%d %b %H:%M} UTC"
    each(
        _at_least_one(incidents, matching),
        matching,
        lambda room, state: room.do(command, state.id),
        words=words,
        as_json=as_json,
    )


@click.command()
@click.argument("incident")
@click.argument("place", type=click.Choice([p.value for p in Place]))
@click.option("--because", default="", help="What the facts do not show.")
@json_option
def reorder(*, incident: str, place: str, because: str, as_json: bool) -> None:
    """Put an INCIDENT at the top or bottom of the queue, or back where it was computed."""
    with open_room() as room:
        state = known(room, incident)
        result = room.do(c.Reorder(place=Place(place), reason=because), state.id)
        done(result, as_json=as_json, words=f"{{id}}: {place}")


@click.command()
@several
@matching_option
@click.option("--into", required=True, metavar="INC", help="Where it goes on.")
@click.option("--because", default="", help="What makes them the same.")
@json_option
def merge(
    *, incidents: tuple[str, ...], matching: str | None, into: str, because: str, as_json: bool
) -> None:
    """Let INCIDENTS go on in another one; both histories stay."""
    from warroom.room.triage import merge as merge_into

    def act(room: Room, state: Incident) -> Done | Refusal:
        return merge_into(room, state, known(room, into), because)

    each(
        _at_least_one(incidents, matching),
        matching,
        act,
        words="merged into {id}",
        as_json=as_json,
    )


@click.command()
@click.argument("incident")
@click.argument("reason")
@json_option
def split(*, incident: str, reason: str, as_json: bool) -> None:
    """Let a merged INCIDENT go on by itself, with a REASON."""
    from warroom.room.triage import split as split_off

    with open_room() as room:
        state = known(room, incident)
        done(split_off(room, state, reason), as_json=as_json, words="{id} goes on by itself")


@click.command()
@click.argument("incident")
@click.option("--link", metavar="OTHER", help="Say that it has to do with this one.")
@click.option("--how", metavar="TEXT", help="In which way; for --link.")
@json_option
def related(*, incident: str, link: str | None, how: str | None, as_json: bool) -> None:
    """Say which other incidents are like an INCIDENT, and why; or link it with one."""
    from warroom.core.related import related as like

    with open_room() as room:
        state = known(room, incident)
        if link is not None:
            facts = Linked(other=known(room, link).id, how=how or "has to do with it")
            done(room.do(c.Link(facts=facts), state.id), as_json=as_json, words="{id} is linked")
            return
        found = like(state, room.incidents(include_closed=True))
    if as_json:
        emit(
            [
                {
                    "id": one.incident.id,
                    "title": one.incident.title,
                    "duplicate": one.duplicate,
                    "points": one.points,
                    "reasons": list(one.reasons),
                }
                for one in found
            ]
        )
        return
    if not found:
        say(f"Nothing like {state.id} is known.")
    for one in found:
        what = "duplicate?" if one.duplicate else "like it"
        say(f"{what:<11} {one.incident.id:<8} {one.incident.title}")
        say(f"            {'; '.join(one.reasons)}")
