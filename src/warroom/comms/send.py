"""Send one thing through its channel."""

from collections.abc import Callable, Mapping

from warroom.comms import chat, hook, mail, pages, tickets
from warroom.comms.channel import Channel
from warroom.core.post import Parcel

SENDERS: Mapping[str, Callable[[Channel, Parcel], str]] = {
    "slack": chat.slack,
    "slack_webhook": chat.slack_webhook,
    "teams": chat.teams,
    "mail": mail.mail,
    "webhook": hook.webhook,
    "statuspage": pages.statuspage,
    "github": tickets.github,
    "gitlab": tickets.gitlab,
    "jira": tickets.jira,
}


def send(channel: Channel, parcel: Parcel) -> str:
    """Send it and return what the other system calls it; at most about half a minute.

    Raises:
        Undelivered: It did not arrive, as far as can be told; says why and whether to try again.
    """
    return SENDERS[channel.kind](channel, parcel)
