"""Ask an engine over HTTP: waits when told to, tells trouble from refusal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from warroom.logs.errors import LogError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import httpx

    from warroom.logs.engines.model import Engine, Page, Window

TIMEOUT = 20.0
"""Seconds for one answer."""
LONGEST_WAIT = 60.0
_FIRST_WAIT = 1.0


class Client:
    """A connection to one engine, used by one thread."""

    def __init__(
        self,
        engine: Engine,
        closing: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        """Prepare the connection.

        Args:
            engine: Builds the requests and reads the answers.
            closing: Ends every wait when it is set.
            say: Called with what happened, for a row in the log.
        """
        import httpx  # noqa: PLC0415 - only who names an engine pays for the import

        self._engine = engine
        self._closing = closing
        self._say = say
        self._errors: tuple[type[Exception], ...] = (httpx.TransportError,)
        # a redirect could carry the credentials to another host
        self._http: httpx.Client = httpx.Client(timeout=TIMEOUT, follow_redirects=False)

    def page(self, window: Window, limit: int, cursor: Any) -> Page | None:
        """Return a page, asking again until there is an answer; None once the log is closed.

        Raises:
            LogError: The engine refuses: asking again would not help.
        """
        request = self._engine.request(window, limit, cursor)
        wait, lost_at = _FIRST_WAIT, 0.0
        while not self._closing.is_set():
            trouble = ""
            try:
                answer = self._http.request(
                    request.method,
                    request.url,
                    params=dict(request.params),
                    headers=dict(request.headers),
                    json=request.json,
                    data=dict(request.data) if request.data is not None else None,
                )
            except self._errors as error:
                trouble = f"out of reach ({type(error).__name__})"
            else:
                if answer.status_code == 200:
                    if lost_at:
                        away = time.monotonic() - lost_at
                        self._say(f"reconnected after {away:.0f} s; reading on from there")
                    return self._read(answer.content, window, limit)
                trouble = _temporary(answer.status_code)
                if not trouble:
                    raise LogError(_refusal(self._engine.name, answer.status_code, answer.text))
                wait = _told_wait(answer.headers) or wait
            if not lost_at:
                lost_at = time.monotonic()
                self._say(f"{trouble}; asking again until it answers")
            self._closing.wait(min(wait, LONGEST_WAIT))
            wait = min(LONGEST_WAIT, wait * 2)
        return None

    def _read(self, body: bytes, window: Window, limit: int) -> Page:
        try:
            return self._engine.page(body, window, limit)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise LogError(f"{self._engine.name}: cannot read the answer: {error}") from error

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _temporary(status: int) -> str:
    if status == 429:
        return "too many requests"
    return f"answers with status {status}" if status >= 500 or status == 408 else ""


def _told_wait(headers: Any) -> float:
    """Return the seconds the engine asks to wait, 0 where it does not say."""
    for name in ("Retry-After", "X-RateLimit-Reset"):
        text = headers.get(name, "")
        if text.replace(".", "", 1).isdigit():
            return max(0.05, float(text))
    return 0.0


def _refusal(name: str, status: int, text: str) -> str:
    advice = {
        400: "it does not understand the query; check it",
        401: "it does not know the credentials; check them",
        403: "the credentials may not read these logs",
        404: "there is nothing at that address; check the URL and the index",
    }.get(status, "check the URL, the query and the credentials")
    return f"{name}: refused with status {status}: {advice}: {text[:200].strip()}"
