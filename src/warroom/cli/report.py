"""What is learnt from one incident for the next: the alert, the test, the likeness."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warroom.cli.common import (
    EXIT_FAILED,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    present,
    refused,
    say,
    settings,
)
from warroom.core.decide import Refusal
from warroom.core.regression import FORMS
from warroom.core.text import clean_text
from warroom.files import put

if TYPE_CHECKING:
    from warroom.room.attaching import Drafted


@click.command()
@click.argument("incident")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="Log to try it on.")
@click.option("--metric", default="http_requests_total", show_default=True, help="The counter.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to put it.")
@click.option("--attach", "kept", is_flag=True, help="Keep it with the monitoring follow-up.")
@json_option
def alert(
    *,
    incident: str,
    logs: tuple[str, ...],
    metric: str,
    out: Path | None,
    kept: bool,
    as_json: bool,
) -> None:
    """Draft the alert that would have caught an INCIDENT, and try it on the incident's own log."""
    from warroom.bootstrap import open_logs
    from warroom.core.codec import encode_time
    from warroom.room.alarm import draft_alarm, drafted_rule, told

    with open_room() as room:
        state = known(room, incident)
    with open_logs(settings(), logs) as opened:
        alarm = draft_alarm(opened, state, present())
    if alarm is None:
        fail(
            f"nothing can be tried for {state.id}: there is no onset, or no log with requests",
            "Name the log with --log, and measure the onset.",
        )
        end(EXIT_FAILED)
    rule = drafted_rule(alarm, state, metric)
    if out is not None:
        put(out, rule.text.encode())
    if kept:
        _keep(state.id, rule)
    if as_json:
        fired = alarm.trial.fired_at
        earlier = alarm.trial.earlier
        emit(
            {
                "incident": state.id,
                "rule": rule.text,
                "watch": alarm.watch_text,
                "fired_at": encode_time(fired) if fired else None,
                "seconds_earlier": round(earlier.total_seconds()) if earlier is not None else None,
                "false_rings": alarm.trial.false_rings,
                "quiet_seconds": round(alarm.trial.quiet.total_seconds()),
                "ordinary_share": alarm.ordinary,
            }
        )
        return
    if out is None:
        click.echo(clean_text(rule.text), nl=False)
    say(f"# {told(alarm)}")
    say(f"# As the watch of a runbook: {alarm.watch_text}")
    watched = alarm.watched.fired_at
    own = f"rings at {watched:%H:%M:%S} UTC" if watched else "would not ring"
    say(f"# warroom's own watch {own}, and {alarm.watched.false_rings} times in the quiet part.")


@click.command()
@click.argument("incident")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="Log to take them from.")
@click.option("--as", "form", type=click.Choice(list(FORMS)), default="pytest", show_default=True)
@click.option("--to", "base", default="", help="Address to ask; else the variable BASE_URL.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to put it.")
@click.option("--attach", "kept", is_flag=True, help="Keep it with the test follow-up.")
@json_option
def regression(
    *,
    incident: str,
    logs: tuple[str, ...],
    form: str,
    base: str,
    out: Path | None,
    kept: bool,
    as_json: bool,
) -> None:
    """Make a regression test from the requests that failed in an INCIDENT; nothing is sent."""
    from warroom.bootstrap import open_logs
    from warroom.room.regression import drafted_test, failing_requests

    with open_room() as room:
        state = known(room, incident)
    with open_logs(settings(), logs) as opened:
        found = failing_requests(opened, state, present())
    if not found:
        fail(
            f"no request of {state.id} can be repeated: there is no onset, or no log with "
            "requests that failed more than before it",
            "Name the log with --log, and measure the onset.",
        )
        end(EXIT_FAILED)
    test = drafted_test(found, state, form, base.rstrip("/"))
    if out is not None:
        put(out, test.text.encode())
    if kept:
        _keep(state.id, test)
    if as_json:
        emit({"incident": state.id, "text": test.text, "requests": [asdict(one) for one in found]})
    elif out is None:
        click.echo(clean_text(test.text), nl=False)
    else:
        say(f"{out}: {len(found)} requests")


def _keep(incident: str, drafted: "Drafted") -> None:
    from warroom.room.attaching import attach

    with open_room() as room:
        kept = attach(room, known(room, incident), drafted)
        if isinstance(kept, Refusal):
            refused(kept)


@click.command()
@click.argument("incident")
@json_option
def similar(*, incident: str, as_json: bool) -> None:
    """Say which earlier incidents were like an INCIDENT, and what helped then."""
    from warroom.core.similar import similar as look

    with open_room() as room:
        state = known(room, incident)
        found = look(state, room.incidents(include_closed=True))
    if as_json:
        emit(
            [
                {
                    "incident": one.incident.id,
                    "title": one.incident.title,
                    "points": one.points,
                    "reasons": list(one.reasons),
                    "helped": list(one.helped),
                    "diagnosis": one.diagnosis,
                }
                for one in found
            ]
        )
        return
    for one in found:
        say(f"{one.incident.id:<8} {one.incident.title}")
        say(f"{'':<8} {'; '.join(one.reasons)}")
        if one.helped:
            say(f"{'':<8} helped: {', '.join(one.helped)}")
        if one.diagnosis:
            say(f"{'':<8} cause: {one.diagnosis}")
    if not found:
        say("None was like it.")
