"""Follow-ups of all incidents: the board, the digest for each owner, and the same as tickets."""

import sys

import click

from warroom.cli.common import emit, json_option, known, open_room, present, say
from warroom.core import spell
from warroom.core.codec import encode, encode_time
from warroom.core.text import clean_line, clean_text

EXPORTS = ("csv", "github", "gitlab", "jira")


@click.command()
@click.argument("incident", required=False)
@click.option("--all", "everything", is_flag=True, help="Done and dropped ones too.")
@click.option("--owner", help="Only those of this owner; empty: those of nobody.")
@click.option("--overdue", is_flag=True, help="Only those that are late.")
@click.option("--digest", "nag", is_flag=True, help="What each owner must be reminded of.")
@click.option("--export", "form", type=click.Choice(EXPORTS), help="Print CSV or ticket bodies.")
@click.option("--project", default="", metavar="KEY", help="Jira's project.")
@click.option("--create", "tracker", metavar="CHANNEL", help="Create tickets in a tracker.")
@click.option("--number", type=int, help="Only this follow-up of the incident.")
@click.option("--confirm", is_flag=True, help="Create what the preview has shown.")
@click.option("--read-back", "asked", metavar="CHANNEL", help="Take over which tickets are done.")
@json_option
def followups(
    *,
    incident: str | None,
    everything: bool,
    owner: str | None,
    overdue: bool,
    nag: bool,
    form: str | None,
    project: str,
    tracker: str | None,
    number: int | None,
    confirm: bool,
    asked: str | None,
    as_json: bool,
) -> None:
    """List what is still to be done after all incidents, or after one INCIDENT.

    With --create the tickets are shown; with --confirm beside it they are created. The token of a
    tracker is in the environment variable that its table `[channels.NAME]` names.
    """
    if tracker is not None or asked is not None:
        from warroom.cli.tickets import create, read_back

        chosen = (incident, number)
        if tracker is not None:
            create(tracker, chosen, confirm=confirm, as_json=as_json)
        if asked is not None:
            read_back(asked, chosen)
        return
    from warroom.core.followups import digest, digest_text, owed, ticket, to_csv
    from warroom.runbooks.redact import redact_shapes

    now = present()
    with open_room() as room:
        found = [known(room, incident)] if incident else room.incidents(include_closed=True)
    if nag:
        due = digest(found, now)
        if as_json:
            emit({name: [one.key for one in items] for name, items in due.items()})
        else:
            say(redact_shapes(digest_text(due, now)) or "Nothing is late or due soon.")
        return
    items = [
        one
        for one in owed(found, everything=everything)
        if (owner is None or one.item.owner.casefold() == owner.casefold())
        and (not overdue or one.late(now) is not None)
    ]
    if form == "csv":
        table = redact_shapes(to_csv(items))
        click.echo(clean_text(table) if sys.stdout.isatty() else table, nl=False)
    elif form is not None:
        emit([_hidden(ticket(one, form, project=project)) for one in items])
    elif as_json:
        emit(
            [
                {
                    "key": one.key,
                    "incident": one.incident.id,
                    **dict(_facts(encode(one.item))),
                    "overdue": one.late(now) is not None,
                    "due": encode_time(one.item.due) if one.item.due else None,
                }
                for one in items
            ]
        )
    else:
        for one in items:
            late = one.late(now)
            when = f"{one.item.due:%Y-%m-%d}" if one.item.due else "no date"
            when = f"{when} LATE {spell.duration(late)}" if late is not None else when
            who = one.item.owner or "nobody"
            text = clean_line(one.item.text)
            say(f"{one.key:<12} {one.item.kind:<12} {when:<24} {who:<12} {text}")
        if not items:
            say("Nothing is left to do.")


def _facts(data: object) -> dict[str, object]:
    return data if isinstance(data, dict) else {}


def _hidden(data: object) -> object:
    """Return JSON data without anything that has the shape of a secret."""
    from warroom.runbooks.redact import redact_shapes

    if isinstance(data, str):
        return redact_shapes(data)
    if isinstance(data, dict):
        return {key: _hidden(value) for key, value in data.items()}
    return [_hidden(value) for value in data] if isinstance(data, list) else data
