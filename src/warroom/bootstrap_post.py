"""Wire the post office: inbox, outbox, intakes, channels, and the one who goes the rounds."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from warroom.core.followups import SYSTEMS
from warroom.files import append_line

if TYPE_CHECKING:
    from warroom.comms.channel import Channel
    from warroom.core.events import ChangeRecorded
    from warroom.core.followups import Owed
    from warroom.core.post import Inbox
    from warroom.intake.vendors import Intake
    from warroom.post_tables import Post
    from warroom.room.postman import Postman
    from warroom.room.service import Room
    from warroom.settings import Settings
    from warroom.store import SqlJournal
    from warroom.tui.services import TicketPlan


def post_of(settings: "Settings") -> "Post":
    """Return the other systems of the settings; every kind of sender is known by its own name."""
    from warroom.intake.vendors import VENDORS, Intake
    from warroom.post_tables import Post

    known = settings.tables.post
    plain = {kind: Intake(name=kind, kind=kind) for kind in VENDORS}
    return Post(
        intakes={**plain, **(known.intakes if known else {})},
        channels=known.channels if known else (),
    )


def postman_of(settings: "Settings", room: "Room", journal: "SqlJournal") -> "Postman":
    """Return who places and sends for a room over a journal; he goes his rounds when started."""
    from warroom.comms.send import send
    from warroom.room.dispatch import Dispatch
    from warroom.room.postman import Postman
    from warroom.room.reception import Reception
    from warroom.store import SqlInbox, SqlOutbox

    post = post_of(settings)
    kept = settings.told_changes

    def changed(change: "ChangeRecorded", service: str) -> None:
        _append(kept, change, service)

    return Postman(
        Reception(room, SqlInbox(journal), post.intakes, changed=changed),
        Dispatch(room, SqlOutbox(journal), post.channels, send),
        [intake for intake in post.intakes.values() if intake.pull],
        asked,
        room.now,
    )


@contextmanager
def open_postman(settings: "Settings", room: "Room") -> "Iterator[Postman]":
    """Open the post office beside the journal of the settings, for a room over the same journal.

    Raises:
        JournalError: The journal cannot be opened.
    """
    from warroom.store import open_journal

    journal = open_journal(settings.database(), anchors=settings.state_folder / "anchors.log")
    try:
        yield postman_of(settings, room, journal)
    finally:
        journal.close()


@contextmanager
def posted(settings: "Settings") -> "Iterator[Callable[[Room], Room]]":
    """Yield what lets the post work for a room, if there are other systems, until the block ends.

    A room over a server needs none: its server goes the rounds.
    """
    from contextlib import ExitStack

    with ExitStack() as stack:

        def staffed(room: "Room") -> "Room":
            if settings.tables.post is not None and settings.server() is None:
                postman = stack.enter_context(open_postman(settings, room))
                stack.callback(postman.stop)
                postman.start()
            return room

        yield staffed


@contextmanager
def open_inbox(settings: "Settings") -> "Iterator[Inbox]":
    """Open the messages that came in, beside the journal of the settings.

    Raises:
        JournalError: The journal cannot be opened.
    """
    from warroom.store import SqlInbox, open_journal

    journal = open_journal(settings.database(), anchors=settings.state_folder / "anchors.log")
    try:
        yield SqlInbox(journal)
    finally:
        journal.close()


def trackers(settings: "Settings") -> "Mapping[str, Callable[[Owed], TicketPlan]]":
    """Return what plans a ticket of a follow-up, by the name of the channel; nothing is sent."""
    post = settings.tables.post
    # The names as `comms.trackers` has them: importing it costs time that the first frame has not.
    found = [one for one in (post.channels if post else ()) if one.kind in SYSTEMS]
    return {one.name: partial(_plan, one) for one in found}


def _plan(channel: "Channel", owed: "Owed") -> "TicketPlan":
    from warroom.comms.channel import Undelivered
    from warroom.room.ticketing import fields, file, prepare
    from warroom.tui.services import TicketPlan

    ticket = prepare(owed, channel)

    def create(room: "Room") -> str:
        try:
            return file(room, ticket)
        except Undelivered as error:
            raise OSError(error.reason) from None

    return TicketPlan(address=ticket.address, fields=fields(ticket.body), create=create)


def asked(intake: "Intake", environment: Mapping[str, str] = os.environ) -> bytes:
    """Return what an intake's own interface lists now.

    Raises:
        OSError: It is out of reach or refuses; the message says which and why.
    """
    from warroom.comms.channel import Undelivered
    from warroom.comms.wire import call

    headers = {"Accept": "application/json"}
    if intake.secret:
        secret = environment.get(intake.secret, "")
        if not secret:
            raise OSError(f"{intake.name}: the environment variable {intake.secret} is not set")
        scheme = "Token token=" if intake.kind == "pagerduty" else "Bearer "
        headers["Authorization"] = scheme + secret
    try:
        return call("GET", intake.pull, headers=headers).text.encode()
    except Undelivered as problem:
        raise OSError(f"{intake.name}: {intake.pull}: {problem.reason}") from None


def _append(path: Path, change: "ChangeRecorded", service: str) -> None:
    """Add a change to the file that new incidents read; one short write, so lines never mix."""
    from warroom.core.codec import encode_time

    line = json.dumps(
        {
            "at": encode_time(change.happened_at),
            "kind": change.kind.value,
            "text": f"{service}: {change.text}" if service else change.text,
            "release": change.release,
            "reference": change.reference,
        },
        ensure_ascii=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    append_line(path, line.encode(), through_links=True)
