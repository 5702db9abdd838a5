"""Send what a command has just told, where channels are set up."""

import sys
from typing import TYPE_CHECKING

from warroom.cli.common import open_room, settings

if TYPE_CHECKING:
    from warroom.room.service import Room


def send_after() -> None:
    """Send what a command that is over has told."""
    if settings().tables.post is not None and settings().server() is None:
        with open_room() as room:
            send_now(room)


def send_now(room: "Room") -> None:
    """Send what is due, and say on the error stream how that went; over a server, it sends."""
    if settings().tables.post is None or settings().server() is not None:
        return
    from warroom.bootstrap_post import open_postman
    from warroom.core.channels import Sent
    from warroom.core.text import clean_line

    with open_postman(settings(), room) as postman:
        postman.dispatch.post()
        for one in postman.dispatch.deliver():
            what = f"{one.parcel.incident} {one.parcel.what} to {one.parcel.channel}"
            if one.state is Sent.DELIVERED:
                words = f"sent: {what}"
            else:
                later = "will be tried again" if one.state is Sent.RETRYING else "given up"
                words = f"not sent: {what}: {one.reason} ({later})"
            sys.stderr.write(clean_line(words) + "\n")
