"""What is said to a server and how its answers are read: the one module that knows HTTP."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from warroom import __version__
from warroom.core.canonical import Json
from warroom.core.codec import CannotDecode, decode
from warroom.core.decide import Refusal
from warroom.core.journal import Head, Link
from warroom.core.text import clean_line

_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 10.0
SILENCE_SECONDS = 16.0
"""Of a stream: three signs of life that did not come, five seconds apart."""

_PAGE = 1000
_MOST_BYTES = 64 << 20
"""Of one answer: a page of the largest events that a journal can hold, and more."""


class Unreachable(Exception):  # noqa: N818 - a state, not a mistake
    """The server did not answer, or not with an answer; the same may succeed later."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.seconds = seconds
        """How long it asked to be left alone."""


class Unwelcome(Exception):  # noqa: N818 - a state, not a mistake
    """The server does not accept the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A piece of the server's journal, and where the whole ends."""

    end: Head
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A command was kept."""

    incident: str
    seq: int
    """Position of its last event; 0 if it was so already."""
    version: int


class Wire:
    """One server; methods block and may be called from any thread."""

    def __init__(self, url: str, token: str, ca: Path | None = None) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {token}", "user-agent": f"warroom/{__version__}"},
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            follow_redirects=False,  # a redirect could carry the token to another host
            verify=ssl.create_default_context(cafile=None if ca is None else str(ca)),
        )
        self._stream: httpx.Response | None = None

    def person(self) -> str:
        """Return under whose name the token acts."""
        found = self._json(self._ask("GET", "/v1/me"))
        return str(found.get("person", ""))

    def page(self, since: int) -> Page:
        """Return the events after a position.

        Raises:
            Unreachable: There was no answer.
            Unwelcome: The token is not accepted.
        """
        params = {"since": str(since), "limit": str(_PAGE)}
        found = self._json(self._ask("GET", "/v1/journal", params=params))
        try:
            end = Head(
                journal=str(found["journal"]), seq=int(found["seq"]), hash=str(found["hash"])
            )
            return Page(end=end, links=tuple(decode(Link, one) for one in found["links"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"the answer is not a page of a journal: {error}") from error

    def send(self, name: str, body: Mapping[str, Json]) -> Answer | Refusal:
        """Send a command.

        Raises:
            Unreachable: Whether it was kept is not known.
            Unwelcome: The token is not accepted; nothing was kept.
        """
        answer = self._ask("POST", f"/v1/commands/{name}", json=dict(body))
        if isinstance(answer, Refusal):
            return answer
        found = self._json(answer)
        try:
            return Answer(
                incident=str(found["incident"]),
                seq=int(found["seq"]),
                version=int(found["version"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"the answer to {name} cannot be read: {error}") from error

    @contextmanager
    def stream(self, after: int) -> Iterator[Iterator[Sequence[Link]]]:
        """Offer what happens after a position, as it happens; nothing in it is a sign of life.

        Raises:
            Unreachable: The stream ended, which it never does by itself.
            Unwelcome: The token is not accepted.
        """
        headers = {"last-event-id": str(after), "accept": "text/event-stream"}
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=_CONNECT_SECONDS)
        try:
            with self._http.stream(
                "GET", "/v1/events", headers=headers, timeout=timeout
            ) as response:
                if response.status_code != httpx.codes.OK:
                    response.read()
                    refusal = _sorted(response)
                    raise Unreachable(refusal.reason if refusal else "no stream")
                self._stream = response
                yield _links(response.iter_bytes())
        except (httpx.TransportError, httpx.StreamError) as error:
            raise Unreachable(_why(error)) from error
        finally:
            self._stream = None

    def hang_up(self) -> None:
        """End the stream from another thread: a reader in the middle of waiting wakes up."""
        response = self._stream
        if response is None:
            return
        with suppress(OSError, KeyError, AttributeError):
            found = response.extensions["network_stream"].get_extra_info("socket")
            found.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            response = self._http.request(method, path, **more)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(_why(error)) from error
        if response.status_code == httpx.codes.OK:
            return response
        refusal = _sorted(response)
        if refusal is not None and method == "GET":
            raise Unreachable(refusal.reason)
        return refusal

    def _json(self, response: Any) -> dict[str, Any]:
        try:
            if len(response.content) > _MOST_BYTES:
                raise Unreachable("the answer is too large")
            found = response.json()
        except (ValueError, UnicodeDecodeError) as error:
            raise Unreachable("the answer is not that of a warroom server") from error
        if not isinstance(found, dict):
            raise Unreachable("the answer is not that of a warroom server")
        return found


def _sorted(response: httpx.Response) -> Refusal | None:
    """Return what a server says no to for good; raise what may pass."""
    status = response.status_code
    try:
        said = response.json()
        reason, hint = str(said["reason"])[:500], str(said.get("hint", ""))[:500]
        missing = tuple(str(one)[:500] for one in said.get("missing", ()))[:50]
    except (ValueError, KeyError, TypeError, AttributeError):
        reason, hint, missing = f"it answered with status {status}", "", ()
    if status == httpx.codes.UNAUTHORIZED:
        raise Unwelcome(reason)
    if status in {408, 425, 429} or status >= 500 or status < 400:
        raise Unreachable(reason, _seconds(response.headers.get("retry-after", "")))
    return Refusal(reason=clean_line(reason), hint=clean_line(hint), missing=missing)


def _seconds(text: str) -> float:
    return min(60.0, float(text)) if text.isdigit() else 0.0


def _why(error: Exception) -> str:
    return clean_line(f"{type(error).__name__}: {error}".removesuffix(": "), 200)


def _links(chunks: Iterator[bytes]) -> Iterator[Sequence[Link]]:
    """Read events out of a stream; each chunk's worth at once, an empty one for a sign of life."""
    rest = b""
    for chunk in chunks:
        *blocks, rest = (rest + chunk).split(b"\n\n")
        if len(rest) > _MOST_BYTES:
            raise Unreachable("an event in the stream has no end")
        found: list[Link] = []
        for block in blocks:
            lines = dict(_field(line) for line in block.split(b"\n"))
            if lines.get(b"event") == b"resync":
                raise Unreachable("it asks to fetch the journal in pages")
            if lines.get(b"event") != b"link":
                continue
            try:
                found.append(decode(Link, json.loads(lines[b"data"])))
            except (ValueError, CannotDecode, KeyError) as error:
                raise Unreachable(f"an event cannot be read: {error}") from error
        yield found


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
