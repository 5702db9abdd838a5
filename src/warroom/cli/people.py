"""Commands about people: roles and hand-over, waiting for the client, updates."""

import sys
from datetime import datetime

import click

from warroom.cli.common import done, emit, json_option, known, open_room, present, refused, say
from warroom.cli.sending import send_now
from warroom.cli.times import LATER
from warroom.core import commands as c
from warroom.core.codec import encode_time
from warroom.core.conduct import HandoverOffered
from warroom.core.decide import Refusal
from warroom.core.drafting import briefing, draft_update, look_over, promised, proposed_kind
from warroom.core.words import Audience, Role, UpdateKind

_ROLES = click.Choice([role.value for role in Role])


@click.command()
@click.argument("incident")
@click.argument("name", metavar="ROLE", type=_ROLES)
@click.argument("person")
@json_option
def role(*, incident: str, name: str, person: str, as_json: bool) -> None:
    """Give a ROLE of an INCIDENT to a PERSON; `-` frees it."""
    with open_room() as room:
        state = known(room, incident)
        command = c.TakeRole(role=Role(name), person="" if person == "-" else person)
        done(room.do(command, state.id), as_json=as_json, words=f"{{id}}: {name} {person}")


@click.command()
@click.argument("incident")
@click.argument("to", required=False)
@click.option("--role", "name", type=_ROLES, default="commander", show_default=True)
@click.option("--note", default="", help="What the facts do not say.")
@click.option("--accept", is_flag=True, help="Take over what was offered to you.")
@click.option("--decline", metavar="REASON", help="Leave it where it is.")
@json_option
def handover(
    *,
    incident: str,
    to: str | None,
    name: str,
    note: str,
    accept: bool,
    decline: str | None,
    as_json: bool,
) -> None:
    """Offer a role of an INCIDENT with a briefing drawn from the facts.

    It moves when the other one accepts. Without anybody to hand over to, print the briefing.
    """
    if sum((to is not None, accept, decline is not None)) > 1:
        raise click.UsageError("offer, accept or decline: one at a time")
    part = Role(name)
    with open_room() as room:
        state = known(room, incident)
        text = briefing(state, room.now()) + (f"\n{note}" if note else "")
        if to is not None:
            command: c.Command = c.OfferHandover(
                facts=HandoverOffered(role=part, to=to, briefing=text)
            )
            words = f"{name} of {{id}} offered to {to}; {to} accepts with "
            words += f"`warroom handover {{id}} --role {name} --accept`"
        elif accept or decline is not None:
            command = c.AnswerHandover(role=part, accepted=accept, reason=decline or "")
            words = f"{name} of {{id}} " + ("taken over" if accept else "declined")
        else:
            offer = state.offers.get(part)
            text = offer.briefing if offer else text
            if as_json:
                emit({"id": state.id, "offered_to": offer.to if offer else None, "briefing": text})
            else:
                say(text)
            return
        result = room.do(command, state.id)
        done(result, as_json=as_json, words=words)
    if to is not None and not as_json:
        say(text)


@click.command("wait")
@click.argument("incident")
@click.argument("reason")
@json_option
def wait_(*, incident: str, reason: str, as_json: bool) -> None:
    """Wait for the client of an INCIDENT; the clocks agreed upon stand still."""
    with open_room() as room:
        state = known(room, incident)
        result = room.do(c.Wait(reason=reason), state.id)
        done(result, as_json=as_json, words="{id} waits for the client")


@click.command("resume")
@click.argument("incident")
@click.argument("reason", default="")
@json_option
def resume_(*, incident: str, reason: str, as_json: bool) -> None:
    """Go on with an INCIDENT: the client answered."""
    with open_room() as room:
        state = known(room, incident)
        done(room.do(c.Resume(reason=reason), state.id), as_json=as_json, words="{id} goes on")


@click.command()
@click.argument("incident")
@click.argument("text", required=False)
@click.option("--kind", type=click.Choice([k.value for k in UpdateKind]), help="Else what is due.")
@click.option(
    "--audience", type=click.Choice([a.value for a in Audience]), default="internal",
    show_default=True,
)  # fmt: skip
@click.option("--send", is_flag=True, help="Record the draft as it is.")
@click.option("--next", "due", type=LATER, help="When the next one comes.")
@json_option
def update(
    *,
    incident: str,
    text: str | None,
    kind: str | None,
    audience: str,
    send: bool,
    due: datetime | None,
    as_json: bool,
) -> None:
    """Draft an update of an INCIDENT from the facts; with TEXT, or --send, record it.

    `-` reads the text from standard input. Remarks about the text go to the error stream.
    """
    now = present()
    readers = Audience(audience)
    with open_room() as room:
        state = known(room, incident)
        chosen = UpdateKind(kind) if kind else proposed_kind(state)
        people = {state.declared_by, state.acknowledged_by, *state.roles.values()} - {""}
        if text == "-":
            text = sys.stdin.read()
        told = text or draft_update(state, chosen, readers, now)
        remarks = look_over(told, state, readers, now, sorted(people))
        if not (send or text):
            if as_json:
                emit(
                    {
                        "id": state.id,
                        "kind": chosen.value,
                        "audience": readers.value,
                        "text": told,
                        "remarks": [{"mark": r.mark, "text": r.text} for r in remarks],
                        "next_due": _stamp(due or promised(told, now)),
                    }
                )
                return
            say(told)
        command = c.SendUpdate(
            kind=chosen, audience=readers, text=told, next_due=due or promised(told, now)
        )
        if send or text:
            result = room.do(command, state.id)
            if isinstance(result, Refusal):
                refused(result)
            done(result, as_json=as_json, words=f"{chosen.value} update kept on {{id}}")
            send_now(room)
    for remark in remarks:
        if remark.mark != "✓":
            click.echo(f"{remark.mark} {remark.text}", err=True)


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else encode_time(at)
