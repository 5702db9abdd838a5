"""Events about what came in from other systems and what went out to them."""

from dataclasses import dataclass
from enum import StrEnum


class Sent(StrEnum):
    """How the sending of an update to one place stands."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Another system told something about it: alerts that fire or ended, a ticket, a mail."""

    source: str
    """The kind of system, such as `alertmanager`."""
    group: str
    """What the system holds together: its group key, its ticket number."""
    firing: int
    """How many signals of the group fire now, as far as was told."""
    resolved: int = 0
    deliveries: int = 1
    """How many messages this event sums up."""
    newest: tuple[str, ...] = ()
    """Titles of the newest signals, a few."""
    truncated: int = 0
    """How many more the sender said it had left out."""
    url: str = ""
    reply_to: str = ""
    """Where the reporter hears back, as in `github:shop/checkout#12`; empty: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How the sending of something to one place went."""

    what: str
    """`update 3`, or `taking charge`."""
    channel: str
    """The name of the channel in the configuration."""
    state: Sent
    attempts: int = 1
    reference: str = ""
    """What the other system calls it: a message id, an address."""
    reason: str = ""
    """Why it was not delivered."""
