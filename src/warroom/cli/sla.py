"""Promised times: what was kept, and whom to call."""

from dataclasses import asdict

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
    settings,
)
from warroom.core import commands as c
from warroom.core import spell
from warroom.core.attainment import Attainment, attainment
from warroom.core.codec import encode_time
from warroom.core.conduct import Called
from warroom.core.oncall import Rota, rota_for, to_call


@click.command()
@click.option("--client", help="Only this client.")
@click.option("--month", metavar="YYYY-MM", help="Only what was declared in this month.")
@json_option
def sla(*, client: str | None, month: str | None, as_json: bool) -> None:
    """Say which promised times were kept, per client and month."""
    with open_room() as room:
        incidents = [one for one in room.incidents(include_closed=True) if not one.drill]
    rows = [
        row
        for row in attainment(incidents, present())
        if (client is None or row.client.casefold() == client.casefold())
        and (month is None or row.month == month)
    ]
    if as_json:
        emit([_view(row) for row in rows])
        return
    if not rows:
        say("Nothing was declared.")
    before = None
    for row in rows:
        if (row.client, row.month) != before:
            before = (row.client, row.month)
            say(f"{row.client or '(no client)'}  {row.month}")
        late = f"  late: {', '.join(row.missed)}" if row.missed else ""
        open_ = f"  {row.running} running" if row.running else ""
        kept = f"{row.kept} of {row.decided} kept"
        say(f"   {row.clock:<9} {kept:<16} {spell.share(row.kept, row.decided)}{open_}{late}")


def _view(row: Attainment) -> dict[str, object]:
    share = row.kept / row.decided if row.decided else None
    return {**asdict(row), "missed": list(row.missed), "decided": row.decided, "share": share}


@click.command()
@click.argument("incident", required=False)
@click.option("--called", metavar="NAME", help="Record that this person was called.")
@click.option("--because", default="", help="Why.")
@json_option
def oncall(*, incident: str | None, called: str | None, because: str, as_json: bool) -> None:
    """Say who is on call now, or whom to call about an INCIDENT."""
    rotas = settings().rotas
    if incident is None:
        if called:
            raise click.UsageError("--called needs an incident")
        _rotas(rotas, as_json=as_json)
        return
    now = present()
    with open_room() as room:
        state = known(room, incident)
        if called:
            result = room.do(c.Call(facts=Called(person=called, reason=because)), state.id)
            done(result, as_json=as_json, words=f"{called} called to {{id}}")
            return
    rota = rota_for(rotas, state)
    if rota is None:
        fail(
            f"no rota is for client {state.client or '(none)'} and service "
            f"{state.service or '(none)'}",
            "Write one under [oncall.NAME] with people, start and turn.",
        )
        end(EXIT_NOT_FOUND)
    calls = to_call(state, rota, now)
    if as_json:
        emit([{**asdict(call), "since": encode_time(call.since)} for call in calls])
        return
    if not calls:
        say(f"Nobody: {state.commander or state.acknowledged_by} has taken charge.")
    for call in calls:
        mark = "called" if call.called else "call"
        say(
            f"{mark:<7} {call.person:<16} {call.phone:<18} since {call.since:%H:%M} UTC, {call.why}"
        )


def _rotas(rotas: tuple[Rota, ...], *, as_json: bool) -> None:
    now = present()
    if as_json:
        emit(
            [
                {
                    "rota": rota.name,
                    "on_call": list(rota.on_call(now)),
                    "until": encode_time(rota.begins(rota.turn_at(now) + 1)),
                }
                for rota in rotas
            ]
        )
        return
    if not rotas:
        say("No rota is configured; write one under [oncall.NAME].")
    for rota in rotas:
        first, *others = rota.on_call(now)
        until = rota.begins(rota.turn_at(now) + 1)
        phone = f" {rota.phones[first]}" if first in rota.phones else ""
        say(f"{rota.name}: {first}{phone} until {until:%a %d %b %H:%M %Z}")
        if others:
            say(f"   then {', '.join(others)}")
