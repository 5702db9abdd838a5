"""Listen: on loopback unless told otherwise, elsewhere only with TLS or behind a proxy."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from warroom.core.text import clean_line
from warroom.server.app import create_app
from warroom.server.desk import Desk

if TYPE_CHECKING:
    from warroom.server.mail import Opened

_LEAVING_SECONDS = 1
"""For requests under way when the server is told to stop; streams end at once."""


class ServeError(Exception):
    """The server cannot be opened; what, and what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen and under which protection."""

    host: str = "127.0.0.1"
    port: int = 7474
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    """Somebody in front of it speaks TLS and says who the client is."""

    def check(self) -> None:
        """Raise ServeError for an address at which tokens would cross the network readable."""
        if (self.certificate is None) != (self.key is None):
            raise ServeError("TLS needs both --tls-cert and --tls-key", "Give the other one, too.")
        for path in (self.certificate, self.key):
            if path is not None and not path.is_file():
                raise ServeError(f"{clean_line(str(path))}: there is no such file")
        if self.certificate is None and not self.behind_proxy and not _is_loopback(self.host):
            raise ServeError(
                f"{clean_line(self.host)} can be reached from elsewhere, and without TLS anybody "
                "on the way could read the tokens",
                "Give --tls-cert and --tls-key, or --behind-proxy if a proxy speaks TLS for it.",
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(uvicorn.Server):
    """Ends the streams first: nothing else would, and the rest waits for them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of everything."""
        self.config.loaded_app.state.hub.stop()
        await super().shutdown(sockets)


def protocol(head_seconds: float) -> type[H11Protocol]:
    """Return the HTTP protocol that hangs up on a client whose headers do not come."""

    class Prompt(H11Protocol):
        _head: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_came()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            before = self.cycle
            super().handle_events()
            if self.cycle is not before:
                self._head_came()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing():
                self._await_head()

        def _await_head(self) -> None:
            self._head_came()
            self._head = self.loop.call_later(head_seconds, self._late)

        def _head_came(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

        def _late(self) -> None:
            self._head = None
            if not self.transport.is_closing():
                self.transport.close()

    return Prompt


def server(desk: Desk, address: Address) -> uvicorn.Server:
    """Return a server that is ready to run.

    Raises:
        ServeError: The address would not be safe, its certificate cannot be read, or mail cannot be
            taken in where the settings say.
    """
    address.check()
    options: dict[str, Any] = {}
    if address.certificate is not None and address.key is not None:
        options = {"ssl_certfile": str(address.certificate), "ssl_keyfile": str(address.key)}
    config = uvicorn.Config(
        create_app(desk, _doors(desk)),
        host=address.host,
        port=address.port,
        http=protocol(desk.limits.head_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=address.behind_proxy,
        timeout_graceful_shutdown=_LEAVING_SECONDS,
        timeout_keep_alive=int(desk.limits.head_seconds),
        **options,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise ServeError(
            f"the certificate or its key cannot be used: {error.strerror or error}",
            "Both are PEM files; the key has no password.",
        ) from error
    return _Server(config)


def _doors(desk: Desk) -> "tuple[Opened, ...]":
    """Open the doors at which mail is delivered."""
    if desk.postman is None or not any(intake.listen for intake in desk.intakes.values()):
        return ()
    try:
        from warroom.server.mail import open_doors  # noqa: PLC0415 - needs a library few need
    except ImportError as error:
        raise ServeError(
            f"taking in mail needs {error.name}, which is not installed",
            "Install it: pip install 'warroom[server]'.",
        ) from error
    try:
        return open_doors(desk.intakes)
    except OSError as error:
        raise ServeError(
            f"{clean_line(str(error.filename))}: {error.strerror}",
            "Choose another address under `listen`, or stop what listens there.",
        ) from error


def listen(address: Address) -> socket.socket:
    """Return the socket to serve on; its port is known even if 0 was asked for.

    Raises:
        ServeError: Somebody else has it, or it is not this machine's.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address.host, address.port))
        opened.listen(256)
    except OSError as error:
        opened.close()
        raise ServeError(
            f"{clean_line(address.host)}:{address.port}: {error.strerror or error}",
            "Choose another one with --port, or stop what listens there.",
        ) from error
    return opened
