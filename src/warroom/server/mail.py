"""Take in reports that this machine's mail server delivers, by LMTP or SMTP."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from warroom.core.journal import JournalError
from warroom.intake.door import Door, door_of
from warroom.intake.report import Message
from warroom.intake.vendors import Intake
from warroom.server.letterbox import Letterbox

_log = logging.getLogger(__name__)

KEPT = "250 2.0.0 kept"
LATER = "451 4.3.0 it could not be kept; try again later"
BUSY = "421 4.3.2 too many connections; try again later"
MOST_RECIPIENTS = 100
MOST_CONNECTIONS = 64
SILENCE = 60.0
"""Seconds without a word after which the connection of a mail server is closed."""
_LINE = 1 << 16
"""Bytes of a line that is taken, though RFC 5321 allows 998: newsletters and trackers write longer
ones, and a report is not refused for that."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A door that is open; nothing is taken in yet."""

    intake: str
    door: Door
    socket: socket.socket


def open_doors(intakes: Mapping[str, Intake]) -> tuple[Opened, ...]:
    """Open what the intakes name.

    Raises:
        OSError: One cannot be opened; `filename` is what the settings call it.
    """
    opened: list[Opened] = []
    for intake in intakes.values():
        if not intake.listen:
            continue
        door = door_of(intake.listen)
        try:
            opened.append(Opened(intake.name, door, _open(door)))
        except OSError as error:
            for one in opened:
                one.socket.close()
            raise OSError(error.errno, error.strerror, intake.listen) from error
    return tuple(opened)


class MailRoom:
    """Serves the doors while the server runs."""

    def __init__(
        self,
        doors: tuple[Opened, ...],
        box: Letterbox,
        now: Callable[[], datetime],
        most_bytes: int,
    ) -> None:
        self._doors = doors
        self._box = box
        self._now = now
        self._bytes = most_bytes
        self._serving: list[asyncio.Server] = []

    async def start(self) -> None:
        """Begin to take in."""
        loop = asyncio.get_running_loop()
        for one in self._doors:
            desk = _Desk(one.intake, one.door.protocol, self._box, self._now)
            kind = _Lmtp if one.door.protocol == "lmtp" else _Smtp

            def talk(desk: _Desk = desk, kind: type[SMTP] = kind) -> SMTP:
                return kind(
                    desk,
                    data_size_limit=self._bytes,
                    enable_SMTPUTF8=True,
                    hostname=socket.gethostname(),
                    ident="warroom",
                    timeout=SILENCE,
                    loop=loop,
                )

            if one.door.path:
                serving: asyncio.Server = await loop.create_unix_server(talk, sock=one.socket)
            else:
                serving = await loop.create_server(talk, sock=one.socket)
            self._serving.append(serving)

    def stop(self) -> None:
        """Close the doors; a mail that is half told is told again by whoever sends it."""
        for serving in self._serving:
            serving.close()
        for one in self._doors:
            one.socket.close()
            if one.door.path:
                with contextlib.suppress(OSError):
                    Path(one.door.path).unlink()


class _Desk:
    """What aiosmtpd asks for each step of a delivery."""

    def __init__(
        self, intake: str, protocol: str, box: Letterbox, now: Callable[[], datetime]
    ) -> None:
        self.talking = 0
        self._intake = intake
        self._protocol = protocol
        self._box = box
        self._now = now

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _: list[str],
    ) -> str:
        """Take a mail for anybody: which addresses come here is the mail server's to say."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - named by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail; only then it is answered."""
        body = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await self._box.put(self._intake, Message(body=body, received_at=self._now()))
        except JournalError as error:
            _log.warning("a mail could not be kept: %s", error)
            told = LATER
        else:
            told = KEPT
        # RFC 2033, 4.2: one answer for each recipient.
        answers = len(envelope.rcpt_tos) if self._protocol == "lmtp" else 1
        return "\r\n".join([told] * answers)

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong here must not bounce a report."""
        _log.warning("a mail server's connection: %r", error)
        return LATER


class _Bounded(SMTP):
    """Turns away whoever comes when too many talk already."""

    line_length_limit = _LINE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.talking += 1
        if self.event_handler.talking > MOST_CONNECTIONS:
            assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - a stream's
            transport.write(BUSY.encode() + b"\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.talking -= 1
        if self.transport is not None:  # else it was turned away
            super().connection_lost(error)


class _Smtp(_Bounded):
    pass


class _Lmtp(_Bounded, LMTP):
    pass


def _open(door: Door) -> socket.socket:
    if door.path:
        return _open_path(Path(door.path))
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((door.host, door.port))
        opened.listen(64)
    except OSError:
        opened.close()
        raise
    return opened


def _open_path(path: Path) -> socket.socket:
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not _answers(path):
            path.unlink()  # left by a server that was killed
        opened.bind(str(path))
        path.chmod(0o660)  # its user's and its group's: the mail server is put into the group
        opened.listen(64)
    except OSError:
        opened.close()
        raise
    return opened


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0
