"""Commands about the server: how it stands, what is on its way to it, what it refused."""

from datetime import UTC, datetime
from pathlib import Path

import click

from warroom.cli.common import EXIT_FAILED, emit, end, fail, json_option, present, say, settings
from warroom.core import spell


@click.group()
def remote() -> None:
    """Look at what lies between this console and its server."""


@remote.command()
@json_option
def status(*, as_json: bool) -> None:
    """Say whether the server answers, and what is on its way to it."""
    from warroom.bootstrap import FRESH_SECONDS, open_remote_room
    from warroom.core.commanding import name_of

    room = open_remote_room(settings())
    try:
        room.settle(FRESH_SECONDS)
        contact, waiting, head = room.contact(), room.pending(), room.end()
    finally:
        room.close()
    if as_json:
        emit(
            {
                "where": contact.where,
                "online": contact.online,
                "since": None if contact.since is None else contact.since.isoformat(),
                "trouble": contact.trouble,
                "why": contact.why,
                "refused": contact.refused,
                "head": {"seq": head.seq, "hash": head.hash},
                "pending": [
                    {
                        "id": item.id,
                        "incident": item.incident,
                        "command": name_of(item.command),
                        "made_at": item.made_at.isoformat(),
                        "doubtful": doubtful,
                    }
                    for item, doubtful in waiting
                ],
            }
        )
        return
    state = (
        "answers"
        if contact.online
        else contact.trouble or f"silent{_age(contact.since)} ({contact.why})"
    )
    say(f"{contact.where} {state}; copy up to event {head.seq}")
    for item, doubtful in waiting:
        doubt = "  (the rules would refuse it now)" if doubtful else ""
        say(f"  {item.made_at:%H:%M:%S}  {item.incident}  {name_of(item.command)}{doubt}")
    if contact.refused:
        say(f"{contact.refused} refused; `warroom remote refused` shows them")


def _age(since: datetime | None) -> str:
    return "" if since is None else f" for {spell.in_prose(present() - since)}"


@remote.command()
@click.option("--clear", is_flag=True, help="Forget them, having read them.")
@json_option
def refused(*, clear: bool, as_json: bool) -> None:
    """List what the server refused after you had gone on, with its reasons."""
    from warroom.remote.outbox import Outbox

    path = Path(settings().database()).with_name("outbox.db")
    if settings().server() is None or not path.exists():
        fail("no server is named, or none was met yet", "Use --remote URL.")
        end(EXIT_FAILED)
    box = Outbox(path)
    try:
        found = box.refusals()
        if clear:
            box.clear_refusals()
    finally:
        box.close()
    if as_json:
        emit(
            [
                {
                    "id": one.id,
                    "incident": one.incident,
                    "command": one.name,
                    "made_at": one.made_at.isoformat(),
                    "refused_at": one.refused_at.isoformat(),
                    "reason": one.reason,
                    "hint": one.hint,
                }
                for one in found
            ]
        )
        return
    for one in found:
        say(f"{one.made_at:%Y-%m-%d %H:%M:%S}  {one.incident}  {one.name}: {one.reason}")


@remote.command()
def forget() -> None:
    """Put the copy and the outbox aside, and begin anew with what the server has."""
    server = settings().server()
    if server is None:
        fail("no server is named", "Use --remote URL.")
        end(EXIT_FAILED)
    folder = Path(settings().database()).parent
    if not folder.exists():
        fail(f"there is no copy of {server.where}")
        end(EXIT_FAILED)
    aside = folder.with_name(f"{folder.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}.forgotten")
    folder.rename(aside)
    say(f"the copy is kept as {aside}; the next command begins anew")
