"""A follow-up becomes an issue of a tracker: told before and after, never made twice, read back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from warroom.comms.channel import Channel, Undelivered
from warroom.comms.trackers import Issue, create, find, read, where
from warroom.core import commands as c
from warroom.core.canonical import Json
from warroom.core.decide import Refusal
from warroom.core.events import FollowUpChanged
from warroom.core.followups import Owed, ticket
from warroom.core.words import FollowUpState
from warroom.room.service import Room
from warroom.runbooks.redact import redact_shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An issue as it would be created: what a person confirms."""

    owed: Owed
    channel: Channel
    address: str
    body: dict[str, Json]


def prepare(owed: Owed, channel: Channel) -> Ticket:
    """Return what would be sent, without anything that has the shape of a secret."""
    body = _hidden(ticket(owed, channel.kind, project=channel.to))
    assert isinstance(body, dict)  # noqa: S101 - as `ticket` gives it
    return Ticket(owed=owed, channel=channel, address=where(channel), body=body)


def fields(body: Json, name: str = "") -> list[tuple[str, str]]:
    """Return what would be sent line by line, each with its field; a longer one names it once."""
    if isinstance(body, dict):
        return [pair for key, value in body.items() for pair in fields(value, key)]
    text = ", ".join(map(str, body)) if isinstance(body, list) else str(body)
    return [(name if not row else "", line) for row, line in enumerate(text.split("\n"))]


def file(room: Room, planned: Ticket) -> str:
    """Create the issue that was confirmed, unless there is one, and keep its link; return words.

    The journal has an entry before anything is sent, and one of what came of it.

    Raises:
        Undelivered: Nothing was kept but that it was tried.
    """
    key, channel, name = planned.owed.key, planned.channel, planned.owed.incident.id
    _do(room, c.AddNote(text=f"creating a ticket of {key} in {channel.name} {channel.to}"), name)
    try:
        known = find(channel, key)
        issue = known or create(channel, planned.body)
    except Undelivered as error:
        _do(room, c.AddNote(text=f"no ticket of {key} is known: {error.reason}"), name)
        raise
    _keep(room, planned.owed, lambda item: replace(item, link=issue.link))
    return f"{key}: {'was there already' if known else 'created'}, {issue.link}"


def read_back(room: Room, owed: Owed, channel: Channel) -> str:
    """Mark a follow-up done whose ticket is; return words, empty: nothing changed.

    Raises:
        Undelivered: The tracker did not answer.
    """
    issue: Issue = read(channel, owed.item.link)
    if not issue.done or owed.item.state is not FollowUpState.OPEN:
        return ""
    _keep(room, owed, lambda item: replace(item, state=FollowUpState.DONE))
    return f"{owed.key}: done, says {issue.link}"


def _keep(room: Room, owed: Owed, changed: Callable[[FollowUpChanged], FollowUpChanged]) -> None:
    state = room.incident(owed.incident.id) or owed.incident
    latest = next(
        (one for one in state.follow_ups if one.follow_up == owed.item.follow_up), owed.item
    )
    item = changed(latest)
    command = c.FollowUp(
        kind=item.kind,
        text=item.text,
        number=item.follow_up,
        state=item.state,
        owner=item.owner,
        due=item.due,
        link=item.link,
        public=item.public,
    )
    _do(room, command, owed.incident.id)


def _do(room: Room, command: c.Command, incident: str) -> None:
    done = room.do(command, incident)
    if isinstance(done, Refusal):
        raise Undelivered(f"not kept: {done.reason}", again=False)


def _hidden(data: Json) -> Json:
    if isinstance(data, str):
        return redact_shapes(data)
    if isinstance(data, dict):
        return {key: _hidden(value) for key, value in data.items()}
    return [_hidden(value) for value in data] if isinstance(data, list) else data
