"""As much of HTTP/1.1 as the shop speaks: heads, bodies with a length, connections kept open."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD_LIMIT = 16 * 1024
"""Bytes of a head; more is refused."""
BODY_LIMIT = 1024 * 1024
"""Bytes of a body; more is refused."""

REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class WireError(Exception):
    """The other side did not speak HTTP, or left in the middle of a message."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; header names are lower case."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read one request, None when the connection ended between two; raises WireError."""
    head = await _head(reader)
    if head is None:
        return None
    first, headers = head
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise WireError(f"not a request line: {first[:80]!r}")
    return Request(words[0], words[1], headers, await _body(reader, headers), words[2])


async def read_response(reader: asyncio.StreamReader) -> Response:
    """Read one answer; raises WireError when the connection ends before it is complete."""
    head = await _head(reader)
    if head is None:
        raise WireError("upstream prematurely closed connection while reading response header")
    first, headers = head
    words = first.split(" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        raise WireError(f"upstream sent no valid status line: {first[:80]!r}")
    status = int(words[1])
    body = b"" if status == 304 else await _body(reader, headers)
    return Response(status, body, headers)


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise WireError("the connection ended inside a head") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise WireError(f"a head of more than {HEAD_LIMIT} bytes") from error
    except ConnectionError:
        return None
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise WireError(f"not a header: {line[:80]!r}")
        headers[name.strip().lower()] = value.strip()
    return first, headers


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_LIMIT:
        raise WireError(f"a body of {length[:20]!r} bytes")
    try:
        return await reader.readexactly(int(length))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise WireError("the connection ended inside a body") from error


def encode_request(request: Request) -> bytes:
    """Return the bytes of a request."""
    return _encode(f"{request.method} {request.path} HTTP/1.1", request.headers, request.body)


def encode_response(response: Response) -> bytes:
    """Return the bytes of an answer."""
    first = f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Unknown')}"
    return _encode(first, response.headers, response.body)


def _encode(first: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [first]
    lines += [f"{name}: {value}" for name, value in headers.items() if name != "content-length"]
    lines += [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


class Pool:
    """Connections to one address, kept open between requests."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    @property
    def address(self) -> str:
        """Host and port as a log shows them."""
        return f"{self.host}:{self.port}"

    async def ask(self, request: Request, timeout: float) -> Response:  # noqa: ASYNC109 - covers connect and answer
        """Send one request and return the answer.

        Raises:
            WireError: the other side broke off.
            OSError: it could not be reached.
            TimeoutError: there was no whole answer within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            reader, writer = await self._connection()
            kept = False
            try:
                writer.write(encode_request(request))
                await writer.drain()
                response = await read_response(reader)
                kept = response.headers.get("connection", "") != "close"
            finally:
                if kept:
                    self._idle.append((reader, writer))
                else:
                    writer.close()
        return response

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port, limit=HEAD_LIMIT)
