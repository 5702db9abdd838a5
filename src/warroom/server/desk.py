"""What the server needs of the rest of warroom: a room, tokens, a place for the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from warroom.core.access import Token
from warroom.core.commands import Command
from warroom.core.decide import Refusal
from warroom.core.journal import Head, Link
from warroom.intake.vendors import Intake
from warroom.room.postman import Postman
from warroom.room.service import Done, Room


class Hall(Room, Protocol):
    """A room whose journal can be copied, and in which others act from machines of their own."""

    def do(
        self,
        command: Command,
        incident: str | None = None,
        *,
        actor: str | None = None,
        command_id: str | None = None,
        device: str | None = None,
    ) -> Done | Refusal:
        """Decide and keep a command of somebody at another machine."""
        ...

    def end(self) -> Head:
        """Which journal this is and where it ends."""
        ...

    def links(self, seq: int, limit: int = 1000) -> Sequence[Link]:
        """The events after a position as they were hashed."""
        ...


class Tokens(Protocol):
    """Where tokens are kept."""

    def all(self) -> Sequence[Token]:
        """Return every token ever made."""
        ...

    def add(self, token: Token) -> None:
        """Keep a token."""
        ...

    def revoke(self, name: str, now: datetime) -> bool:
        """End a token; False: it had ended, or there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client may take; what goes beyond is refused, never queued."""

    body_bytes: int = 1 << 20
    """A postmortem of 200 000 characters fits in any script."""
    header_bytes: int = 16 << 10
    target_bytes: int = 8 << 10
    """Of path and query."""
    body_seconds: float = 10.0
    """In which a body must have arrived, however slowly it is sent."""
    head_seconds: float = 10.0
    """In which a request's line and headers must have arrived."""
    rate: float = 100.0
    """Requests a second that a token may keep up."""
    burst: int = 400
    stranger_rate: float = 5.0
    """The same for whoever comes without a token that is good, by address."""
    stranger_burst: int = 20
    ingest_bytes: int = 16 << 20
    """Of a message of another system: Alertmanager drops what is refused, and 10 000 alerts in one
    message are some 5 MB."""
    ingest_rate: float = 2000.0
    """Messages a second that one sender may keep up."""
    ingest_burst: int = 4000
    streams: int = 16
    """Streams of events that a token may hold open."""
    stall_seconds: float = 30.0
    """After which a reader that takes nothing of its stream is let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything one server stands on."""

    hall: Hall
    tokens: Tokens
    audit: Path
    """The file to which every refusal is written."""
    limits: Limits = Limits()
    title: str = "Status"
    """The heading of the status page."""
    postman: Postman | None = None
    """Who takes in and sends; None: reports come in elsewhere."""
    intakes: Mapping[str, Intake] = field(default_factory=dict)
