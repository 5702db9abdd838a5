"""The status page, its feed and its data; open to everybody, made once for many readers."""

import hashlib
import threading
import time
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from warroom.core.journal import JournalError
from warroom.reports.status import POLICY, as_atom, as_html, as_json, status_of
from warroom.server.auth import Porter
from warroom.server.desk import Desk
from warroom.server.problems import documented, of_journal

_FRESH_SECONDS = 5.0
"""How old a page may be: whatever many readers cost, the store is asked this often at most."""

_TYPES = {
    "/status": "text/html; charset=utf-8",
    "/status.atom": "application/atom+xml",
    "/status.json": "application/json",
}


_JSON_TYPES = {"application/json": "object"}
"""What the document calls the body; what is not here is text."""


class _Page:
    """What was made last."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._made: dict[str, tuple[bytes, str]] = {}
        self._at = float("-inf")

    def of(self, path: str) -> tuple[bytes, str]:
        """Return the bytes of one of the three, and their mark."""
        with self._lock:
            if time.monotonic() - self._at > _FRESH_SECONDS:
                self._make()
                self._at = time.monotonic()
            return self._made[path]

    def _make(self) -> None:
        hall = self._desk.hall
        status = status_of(hall.incidents(include_closed=True), self._desk.title, hall.now())
        texts = {
            "/status": as_html(status, "status.atom", "status.json"),
            "/status.atom": as_atom(status, ""),
            "/status.json": as_json(status),
        }
        for path, text in texts.items():
            data = text.encode()
            self._made[path] = (data, f'"{hashlib.sha256(data).hexdigest()[:32]}"')


def status_routes(desk: Desk, porter: Porter) -> APIRouter:
    """Return the three routes that need no token."""
    router = APIRouter(tags=["status"])
    page = _Page(desk)

    def add(path: str, media: str, words: str) -> None:
        kind = media.partition(";")[0]

        @router.get(
            path,
            response_class=Response,
            summary=words,
            responses={
                200: {"content": {kind: {"schema": {"type": _JSON_TYPES.get(kind, "string")}}}},
                304: {"description": "It is what you have."},
                **documented(),
            },
        )
        def published(
            request: Request, if_none_match: Annotated[str, Header(max_length=1000)] = ""
        ) -> Response:
            porter.reader(request)
            try:
                data, mark = page.of(path)
            except JournalError as error:
                raise of_journal(error) from error
            headers = {
                "etag": mark,
                "cache-control": f"public, max-age={_FRESH_SECONDS:.0f}",
                "content-security-policy": POLICY,
            }
            known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
            if mark in known or "*" in known:
                return Response(status_code=304, headers=headers)
            return Response(data, headers=headers, media_type=media)

    for path, media in _TYPES.items():
        add(path, media, f"What the public was told, as {media.partition(';')[0]}.")
    return router
