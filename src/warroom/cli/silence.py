"""Silences of the alerts on the command line: the same step, ledger and undo as in the console."""

import click

from warroom.cli.common import json_option, known, open_room, refused, settings
from warroom.cli.contain import proceed
from warroom.core.decide import Refusal
from warroom.core.hours import parse_span
from warroom.core.state import Incident


@click.command()
@click.argument("incident")
@click.option(
    "--for", "span", default="1h", metavar="SPAN", help="30m, 2h, 1d; an hour by default."
)
@click.option(
    "--alert",
    "alerts",
    multiple=True,
    metavar="LABEL=VALUE",
    help="Which alerts; those of the service by default.",
)
@click.option("--comment", default="", help="Why; the incident by default.")
@click.option("--second", default="", metavar="NAME", help="Who agreed, where two must.")
@click.option("--confirm", metavar="CODE", help="Do it: the code that the preview printed.")
@json_option
def silence(
    *,
    incident: str,
    span: str,
    alerts: tuple[str, ...],
    comment: str,
    second: str,
    confirm: str | None,
    as_json: bool,
) -> None:
    """Keep the alerts of an INCIDENT quiet for a while; it is in the ledger until it is over."""
    from warroom.bootstrap import open_containment
    from warroom.room.containment import SILENCE

    try:
        minutes = max(1, round(parse_span(span).total_seconds() / 60))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    given = {"minutes": str(minutes), "alerts": ",".join(alerts), "comment": comment}
    with open_room() as room:
        containment = open_containment(settings(), room, ())
        state = known(room, incident)
        plan = containment.plan(state, SILENCE, given={k: v for k, v in given.items() if v})
        if isinstance(plan, Refusal):
            refused(plan)
        proceed(containment, plan, confirm, second=second, as_json=as_json)


@click.command()
@click.argument("incident")
@click.option("--run", "run", metavar="RUN", help="Which silence; the newest by default.")
@click.option("--second", default="", metavar="NAME", help="Who agreed, where two must.")
@click.option("--confirm", metavar="CODE", help="Do it: the code that the preview printed.")
@json_option
def unsilence(
    *, incident: str, run: str | None, second: str, confirm: str | None, as_json: bool
) -> None:
    """End a silence of an INCIDENT before its time."""
    from warroom.bootstrap import open_containment

    with open_room() as room:
        containment = open_containment(settings(), room, ())
        state = known(room, incident)
        plan = containment.undo_plan(state, _newest(state) if run is None else run)
        if isinstance(plan, Refusal):
            refused(plan)
        proceed(containment, plan, confirm, second=second, as_json=as_json)


def _newest(state: Incident) -> str:
    found = next((run.intent.run for run in state.ledger if run.silences), None)
    if found is None:
        refused(Refusal(reason=f"{state.id} has no silence in force"))
    return found
