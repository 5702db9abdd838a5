"""A pinned line of an access log as a request that can be sent to staging."""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from warroom.core.events import Excerpt

_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
_QUOTED = re.compile(rf'"({_METHODS}) (\S+)(?: HTTP/[\d.]+)?"')
_LOOSE = re.compile(rf"\b({_METHODS})\b[ \"]+(/[^\s\"]*)")
_JSON_METHOD = re.compile(rf'"(?:request_)?method"\s*:\s*"({_METHODS})"')
_JSON_PATH = re.compile(r'"(?:path|uri|request_uri|url)"\s*:\s*"([^"]+)"')
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that may change something where they are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked; the body is not in an access log."""

    method: str
    path: str
    """From the first slash, with its query; without control characters."""

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method in CHANGES


def request_of(excerpt: Excerpt) -> Request | None:
    """Return the request that a line tells of; None if it tells of none."""
    text = excerpt.text
    found = _QUOTED.search(text)
    if found is None and (method := _JSON_METHOD.search(text)):
        path = _JSON_PATH.search(text)
        return _request(method[1], path[1]) if path else None
    found = found or _LOOSE.search(text)
    return None if found is None else _request(found[1], found[2])


def as_curl(request: Request, base: str) -> str:
    """Return one line for a shell; nothing of the path is read by the shell."""
    words = ["curl", "-sS", "-i", "--max-time", "30", "-X", request.method, base + request.path]
    return " ".join(shlex.quote(word) for word in words)


def as_http(request: Request, base: str) -> str:
    """Return the text of an `.http` file as editors send it."""
    body = "\n# The access log does not keep the body: put it here.\n" if request.changes else ""
    return f"### from the evidence\n{request.method} {base}{request.path}\n{body}"


def _request(method: str, target: str) -> Request | None:
    parts = urlsplit(target) if "://" in target else None
    path = target if parts is None else parts.path + (f"?{parts.query}" if parts.query else "")
    path = _CONTROL.sub("", path)
    # Two slashes would name another host where the path is joined to an address.
    path = "/" + path.lstrip("/")
    return Request(method=method, path=path) if len(path) <= 4096 else None
