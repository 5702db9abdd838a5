"""Who comes in: the token of a request, what it may, and how much of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from threading import Lock
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from warroom.core.access import ADMIN, Token, identity, matches
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.server.audit import Audit
from warroom.server.desk import Desk
from warroom.server.limits import Rates
from warroom.server.metrics import Metrics
from warroom.server.problems import Refused, of_journal

_FRESH_SECONDS = 1.0
"""How long a revoked token may live on: the tokens are read again after this time."""

_NEW_SECONDS = 0.1
"""The same for one that nobody knows: it may have been made just now."""

_bearer = HTTPBearer(auto_error=False, description="`Authorization: Bearer wr_…`")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class Porter:
    """Looks at every token; what it refuses is written down."""

    def __init__(self, desk: Desk, audit: Audit, metrics: Metrics) -> None:
        limits = desk.limits
        self._desk = desk
        self._audit = audit
        self._metrics = metrics
        self._rates = Rates(limits.rate, limits.burst, time.monotonic)
        self._strangers = Rates(limits.stranger_rate, limits.stranger_burst, time.monotonic)
        self._senders = Rates(limits.ingest_rate, limits.ingest_burst, time.monotonic)
        self._known: dict[str, Token] = {}
        self._read_at = float("-inf")
        self._lock = Lock()

    def need(self, scope: str) -> Callable[..., Coroutine[Any, Any, Token]]:
        """Return the dependency of a route that only tokens of a scope may use."""

        async def dependency(request: Request, given: Given) -> Token:
            token = await self.holder(request, given)
            if not token.may(scope):
                self.refuse(
                    request, 403, f"the token lacks the scope {scope}", "Ask for one.", token
                )
            return token

        return dependency

    async def holder(self, request: Request, given: HTTPAuthorizationCredentials | None) -> Token:
        """Return the token of a request that is good.

        Raises:
            Refused: 401 without one, 429 if there were too many requests.
        """
        host = request.client.host if request.client else ""
        text = given.credentials if given else ""
        token, why = await self._look(text)
        if token is None:
            wait = self._strangers.take(host)
            if wait:
                self.refuse(request, 429, "too many attempts without a good token", seconds=wait)
            self.refuse(
                request,
                401,
                f"this needs a token: {why}",
                "Send `Authorization: Bearer wr_…`; `warroom token new` makes one.",
            )
        wait = self._rates.take(token.id)
        if wait:
            self.refuse(request, 429, "too many requests", "Wait a moment.", token, wait)
        return token

    def reader(self, request: Request) -> None:
        """Raise Refused with 429 if somebody without a name reads what is public too often."""
        host = request.client.host if request.client else ""
        wait = self._rates.take(f"reader {host}")
        if wait:
            self.refuse(request, 429, "too many requests", "Wait a moment.", None, wait)

    async def sender(self, request: Request, text: str, scope: str) -> None:
        """Let a system pass whose token has the scope to bring its reports in.

        Raises:
            Refused: 401 or 403 without one, 429 if there were too many messages.
        """
        token, why = await self._look(text)
        if token is None:
            self.unproved(request, f"the token is not good: {why}")
        if not token.may(scope):
            self.refuse(request, 403, f"the token lacks the scope {scope}", "Ask for one.", token)
        self.busy(request, token.id, token)

    def busy(self, request: Request, who: str, token: Token | None = None) -> None:
        """Raise Refused with 429 if a sender sends more than the server can keep."""
        wait = self._senders.take(who)
        if wait:
            self.refuse(request, 429, "too many messages", "Send again.", token, wait)

    def unproved(self, request: Request, why: str) -> NoReturn:
        """Refuse a message that nobody has proved, and slow down whoever keeps sending such."""
        wait = self._strangers.take(request.client.host if request.client else "")
        if wait:
            self.refuse(request, 429, "too many messages that nobody has proved", seconds=wait)
        self.refuse(
            request,
            401,
            f"it is not proved who sent this: {why}",
            "Name the variable with the secret under [intake.…], or send a token for this intake.",
        )

    def reached(self, request: Request, token: Token, incident: Incident | None) -> Incident:
        """Return an incident that the token may know about.

        Raises:
            Refused: 404 if there is none, or it is another client's: which of both is not told.
        """
        if incident is None or not token.reaches(incident.client):
            if incident is not None:
                self.note(request, 404, "incident of another client", token)
            raise Refused(404, "there is no such incident", "GET /v1/incidents lists them.")
        return incident

    def whole(self, request: Request, token: Token) -> None:
        """Let only tokens pass that are not limited to some clients."""
        if token.clients:
            self.refuse(
                request,
                403,
                f"the token reaches only the incidents of {', '.join(token.clients)}",
                "The journal cannot be parted by client: ask for a token without that limit.",
                token,
            )

    def refuse(
        self,
        request: Request,
        status: int,
        reason: str,
        hint: str = "",
        token: Token | None = None,
        seconds: float = 0.0,
    ) -> NoReturn:
        """Write a refusal down and end the request with it."""
        self.note(request, status, reason, token)
        raise Refused(status, reason, hint, seconds)

    def note(self, request: Request, status: int, reason: str, token: Token | None = None) -> None:
        """Write a refusal down."""
        self._metrics.refused(status)
        self._audit.write(
            "refused",
            status=status,
            reason=reason,
            client=request.client.host if request.client else "",
            method=request.method,
            path=request.url.path[:200],
            token=token.id if token else "",
            person=token.person if token else "",
        )

    async def _look(self, text: str) -> tuple[Token | None, str]:
        name = identity(text)
        known = None
        if name is not None:
            known = (await self._tokens(_FRESH_SECONDS)).get(name)
            if known is None:
                # It may have been made just now: looked for anew, but not by every stranger anew.
                await asyncio.sleep(max(0.0, self._read_at + _NEW_SECONDS - time.monotonic()))
                known = (await self._tokens(_NEW_SECONDS / 2)).get(name)
        if not matches(known, text) or known is None:
            return None, "there was none" if not text else "it is not one of ours"
        ended = known.ended(self._desk.hall.now())
        return (None, f"it is {ended}") if ended else (known, "")

    async def _tokens(self, age: float) -> dict[str, Token]:
        if time.monotonic() - self._read_at > age:
            await asyncio.to_thread(self._read, age)
        return self._known

    def _read(self, age: float) -> None:
        with self._lock:
            if time.monotonic() - self._read_at <= age:
                return
            try:
                found = {token.id: token for token in self._desk.tokens.all()}
            except JournalError as error:
                raise of_journal(error) from error
            self._known = found
            self._read_at = time.monotonic()


def is_admin(token: Token) -> bool:
    """Whether a token may act under other names than its own."""
    return ADMIN in token.scopes
