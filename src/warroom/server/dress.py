"""What every answer carries, and what is counted of it."""

import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warroom.server.metrics import Metrics

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


class Dress:
    """Adds headers that keep browsers from guessing, and times the answer to its first byte."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look at its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1"):
                    headers.setdefault("cache-control", "no-store")
                # By the pattern of the route: addresses would never end.
                pattern = getattr(scope.get("route"), "path", "other")
                seconds = time.perf_counter() - began
                self._metrics.served(scope["method"], pattern, message["status"], seconds)
            await send(message)

        await self._app(scope, receive, dressed)
