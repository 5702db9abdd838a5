"""A channel as it is configured, and how an attempt to send through it can fail."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from warroom.core.words import Audience

KINDS = (
    "slack", "slack_webhook", "teams", "mail", "webhook", "statuspage", "github", "gitlab", "jira",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`[channels.NAME]`: where updates go."""

    name: str
    kind: str
    """One of `KINDS`."""
    to: str = ""
    """A conversation, an address, a page; what it means depends on the kind."""
    url: str = ""
    """Of the other system; for a webhook the address that messages go to."""
    secret: str = ""
    """The name of the environment variable that holds its token or password."""
    user: str = ""
    """For mail and Jira: who signs in. For mail also the sender."""
    audiences: tuple[Audience, ...] = (Audience.INTERNAL,)
    """Whose updates go there."""
    services: tuple[str, ...] = ()
    """Only incidents of these services; none: of all."""
    clients: tuple[str, ...] = ()
    """Only incidents of these clients; none: of all."""
    reporters: bool = False
    """Whether reporters whose report came through this kind of system hear back through it."""

    def takes(self, audience: Audience, service: str, client: str) -> bool:
        """Whether an update for an audience about an incident goes there."""
        return (
            audience in self.audiences
            and (not self.services or service in self.services)
            and (not self.clients or client in self.clients)
        )


class Undelivered(Exception):  # noqa: N818 - reads as what it is
    """An attempt failed; `again` tells whether another may succeed, `after` in how many seconds."""

    def __init__(self, reason: str, *, again: bool, after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.after = after


def secret_of(channel: Channel, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret of a channel.

    Raises:
        Undelivered: Its variable is not set: another attempt may find it.
    """
    value = environment.get(channel.secret, "") if channel.secret else ""
    if not value:
        raise Undelivered(
            f"the environment variable {channel.secret or '(none named)'} with the secret of "
            f"channel {channel.name} is not set",
            again=True,
        )
    return value
