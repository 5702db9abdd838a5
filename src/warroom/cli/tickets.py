"""Follow-ups as tickets in a tracker: shown, created when that is confirmed, read back."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_USAGE,
    emit,
    end,
    fail,
    known,
    open_room,
    say,
    settings,
)
from warroom.core.followups import Owed, owed
from warroom.core.text import clean_line

if TYPE_CHECKING:
    from warroom.comms.channel import Channel
    from warroom.room.service import Room


def create(
    name: str, chosen: tuple[str | None, int | None], *, confirm: bool, as_json: bool
) -> None:
    """Show the tickets of follow-ups that have none yet; create them when that is confirmed."""
    from warroom.comms.channel import Undelivered
    from warroom.room.ticketing import fields, file, prepare

    channel = _channel(name)
    failed = False
    with open_room() as room:
        planned = [prepare(one, channel) for one in _owed(room, chosen) if not one.item.link]
        if not confirm:
            if as_json:
                emit([{"key": x.owed.key, "url": x.address, "body": x.body} for x in planned])
                return
            for one in planned:
                say(f"{one.owed.key}: POST {one.address}")
                for field, value in fields(one.body):
                    say(f"  {field:<12} {clean_line(value)}")
            say(f"{len(planned)} to create; nothing was sent. --confirm creates them.")
            return
        for one in planned:
            try:
                say(file(room, one))
            except Undelivered as error:
                fail(f"{one.owed.key}: {error.reason}", "Run it again: nothing is created twice.")
                failed = True
    if failed:
        end(EXIT_FAILED)


def read_back(name: str, chosen: tuple[str | None, int | None]) -> None:
    """Mark follow-ups done whose tickets are."""
    from warroom.comms.channel import Undelivered
    from warroom.room.ticketing import read_back as take_over

    channel = _channel(name)
    with open_room() as room:
        for one in _owed(room, chosen):
            if not one.item.link.startswith(_home(channel)):
                continue
            try:
                said = take_over(room, one, channel)
            except Undelivered as error:
                fail(f"{one.key}: {error.reason}", "Nothing was changed.")
                end(EXIT_FAILED)
            if said:
                say(said)


def _home(channel: "Channel") -> str:
    """Return how links of a tracker begin: its token goes to no other place."""
    if channel.kind in ("github", "gitlab") and channel.url in (
        "",
        f"https://api.{channel.kind}.com",
    ):
        return f"https://{channel.kind}.com/"
    parts = urlsplit(channel.url)
    return f"{parts.scheme}://{parts.netloc}/"


def _channel(name: str) -> "Channel":
    from warroom.comms.trackers import KINDS

    post = settings().tables.post
    trackers = [one for one in (post.channels if post else ()) if one.kind in KINDS]
    found = next((one for one in trackers if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in trackers) or "none is configured"
        fail(f"no tracker is called {clean_line(name)}", f"Known: {names}; see [channels.NAME].")
        end(EXIT_USAGE)
    return found


def _owed(room: "Room", chosen: tuple[str | None, int | None]) -> list[Owed]:
    incident, number = chosen
    if number is not None and incident is None:
        raise click.UsageError("--number belongs to an incident: name one")
    found = [known(room, incident)] if incident else room.incidents(include_closed=True)
    return [one for one in owed(found) if number in (None, one.item.follow_up)]
