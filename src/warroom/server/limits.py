"""Bounds on a request, kept before anything reads it: headers, target, body, and its time."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warroom.server.desk import Limits
from warroom.server.problems import Problem, answer

Report = Callable[[str, int, str], None]
"""Called with the client's address, the status and the reason of a refusal."""

_MOST_BUCKETS = 10_000
_LINGER_SECONDS = 2.0
"""How long a client that was refused may go on sending before the connection is closed on it."""


class TooMuch(Exception):  # noqa: N818 - reads as what it is
    """A body went over its bounds while it was read."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Bounds:
    """Refuses what is too large or too slow; a body that says nothing of its length is counted."""

    def __init__(self, app: ASGIApp, limits: Limits, report: Report) -> None:
        self._app = app
        self._limits = limits
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its head is within bounds, with its body under watch."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._head(scope)
        if refusal is not None:
            await self._refuse(scope, receive, send, *refusal)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started |= message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, self._counted(receive, self._most(scope)), sending)
        except ClientDisconnect:
            return  # it left in the middle of its own request: nobody is there to be told
        except TooMuch as error:
            if started:
                raise
            await self._refuse(scope, receive, send, error.status, error.reason)

    def _head(self, scope: Scope) -> tuple[int, str] | None:
        headers = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) > self._limits.header_bytes:
            return 431, f"the headers are larger than {self._limits.header_bytes} bytes"
        target = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
        if target > self._limits.target_bytes:
            return 414, f"the address is longer than {self._limits.target_bytes} bytes"
        length = dict(headers).get(b"content-length", b"0")
        most = self._most(scope)
        if length.isdigit() and int(length) > most:
            return 413, f"the body is larger than {most} bytes"
        return None

    def _most(self, scope: Scope) -> int:
        """Return the bytes that a body may have: reports of other systems come in bulk."""
        bulk = str(scope["path"]).startswith("/v1/ingest/")
        return self._limits.ingest_bytes if bulk else self._limits.body_bytes

    def _counted(self, receive: Receive, most: int) -> Receive:
        count = 0
        deadline: float | None = None
        whole = False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal count, deadline, whole
            if whole:  # what is waited for now is the client leaving
                return await receive()
            now = asyncio.get_running_loop().time()
            deadline = now + self._limits.body_seconds if deadline is None else deadline
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise TooMuch(
                    408, f"the body took longer than {self._limits.body_seconds:g} s"
                ) from None
            count += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if count > most:
                raise TooMuch(413, f"the body is larger than {most} bytes")
            return message

        return counted

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, status: int, reason: str
    ) -> None:
        self._report((scope.get("client") or ("",))[0], status, reason)
        response = answer(Problem(status=status, reason=reason), {"Connection": "close"})
        start = {"type": "http.response.start", "status": status, "headers": response.raw_headers}
        await send(start)
        await send({"type": "http.response.body", "body": bytes(response.body), "more_body": True})
        await _let_finish(receive)
        await send({"type": "http.response.body", "body": b""})


async def _let_finish(receive: Receive) -> None:
    """Throw away what the client still sends, for a while.

    A connection that is closed on a client that is sending is reset, and the reset can overtake the
    answer (RFC 9112, 9.6): it would not learn why.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            message: Message = {"more_body": True}
            while message.get("more_body", False):
                message = await receive()


class Rates:
    """One bucket of requests for each client; full at first, refilled steadily."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> float:
        """Take one request out; returns 0, or after how many seconds there will be another."""
        now = self._clock()
        left, at = self._buckets.pop(who, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[who] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)  # the one that was quiet longest: it is full again
        return 0.0 if allowed else (1 - left) / self._rate
