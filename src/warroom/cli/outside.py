"""Commands about people outside: who was spoken to, and which authority must be told by when."""

from collections.abc import Iterator
from datetime import datetime

import click

from warroom.cli.common import done, emit, json_option, known, open_room, say
from warroom.cli.times import INSTANT, LATER
from warroom.core import commands as c
from warroom.core import spell
from warroom.core.codec import encode_time
from warroom.core.conduct import Contacted, NoticeOwed
from warroom.core.notices import NOTICES, Owed, owed
from warroom.core.state import Incident


@click.command()
@click.argument("incident")
@click.argument("party", required=False)
@click.argument("text", required=False)
@click.option("--notice", metavar="KEY", default="", help="The notice that this was, as gdpr.")
@click.option("--again", type=LATER, help="When they are asked again, unless they call before.")
@json_option
def contact(
    *,
    incident: str,
    party: str | None,
    text: str | None,
    notice: str,
    again: datetime | None,
    as_json: bool,
) -> None:
    """Record what PARTY outside was told or said about an INCIDENT, or list who was spoken to.

    A publisher, a provider, an authority. --again runs as a clock until they are spoken to next.
    """
    if (party is None) != (text is None):
        raise click.UsageError("a contact needs the PARTY and what was said")
    with open_room() as room:
        state = known(room, incident)
        if party is None or text is None:
            if as_json:
                emit([_contact(*made) for made in state.contacts])
            else:
                say("\n".join(_contacts(state, room.now())) or "Nobody outside was spoken to.")
            return
        facts = Contacted(party=party, text=text, notice=notice, again_at=again)
        result = room.do(c.RecordContact(facts=facts), state.id)
        done(result, as_json=as_json, words=f"{{id}}: {party}")


@click.command()
@click.argument("incident")
@click.argument("key", required=False)
@click.option("--aware", type=INSTANT, help="When it was known; else when it was declared.")
@click.option("--not-owed", "reason", metavar="REASON", help="Why nobody must be told.")
@click.option("--party", default="", help="Who is told, of a notice that no law here asks for.")
@click.option("--hours", type=click.IntRange(min=1), default=None, help="Within how many hours.")
@json_option
def notice(
    *,
    incident: str,
    key: str | None,
    aware: datetime | None,
    reason: str | None,
    party: str,
    hours: int | None,
    as_json: bool,
) -> None:
    """Say that a notice KEY is owed for an INCIDENT, or list what is owed until when.

    It is sent with `warroom contact INCIDENT PARTY TEXT --notice KEY`.
    """
    with open_room() as room:
        state = known(room, incident)
        if key is None:
            if as_json:
                emit([_owed(one) for one in owed(state)])
            else:
                say("\n".join(_notices(state, room.now())))
            return
        facts = NoticeOwed(
            notice=key,
            owed=reason is None,
            aware_at=aware,
            reason=reason or "",
            party=party,
            hours=hours or 0,
        )
        words = f"{{id}}: {key} is " + ("owed" if reason is None else "not owed")
        done(room.do(c.OweNotice(facts=facts), state.id), as_json=as_json, words=words)


def _contacts(incident: Incident, now: datetime) -> Iterator[str]:
    for at, by, made in incident.contacts:
        about = f" ({made.notice})" if made.notice else ""
        again = f"; again {spell.clock_time(made.again_at, now)}" if made.again_at else ""
        yield f"{spell.clock_time(at, now)}  {made.party}{about}, by {by}: {made.text}{again}"


def _notices(incident: Incident, now: datetime) -> Iterator[str]:
    found = owed(incident)
    for one in found:
        late = one.due < now
        left = spell.duration(abs(one.due - now))
        stands = (
            f"sent {spell.clock_time(one.sent_at, now)}"
            if one.sent_at
            else f"{'LATE by' if late else 'in'} {left}"
        )
        told = one.notice
        yield f"{told.key:<13} {stands:<18} {told.party}, {told.source}"
    for key, said in incident.notices.items():
        if not said.owed:
            yield f"{key:<13} {'not owed':<18} {said.reason}"
    if not found:
        yield f"Nothing is owed. Known are {', '.join(NOTICES)}."


def _contact(at: datetime, by: str, made: Contacted) -> dict[str, str | None]:
    return {
        "at": encode_time(at),
        "by": by,
        "party": made.party,
        "text": made.text,
        "notice": made.notice or None,
        "again_at": encode_time(made.again_at) if made.again_at else None,
    }


def _owed(one: Owed) -> dict[str, str | None]:
    return {
        "notice": one.notice.key,
        "party": one.notice.party,
        "source": one.notice.source,
        "since": encode_time(one.since),
        "due": encode_time(one.due),
        "sent_at": encode_time(one.sent_at) if one.sent_at else None,
    }
