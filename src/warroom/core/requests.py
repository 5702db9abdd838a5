"""A request that a log tells of, as a shell or an editor can send it again."""

import re
import shlex
import string
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from warroom.core.events import Excerpt

_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
_QUOTED = re.compile(rf'"({_METHODS}) (\S+)(?: HTTP/[\d.]+)?"')
_LOOSE = re.compile(rf"\b({_METHODS})\b[ \"]+(/[^\s\"]*)")
_JSON_METHOD = re.compile(rf'"(?:request_)?method"\s*:\s*"({_METHODS})"')
_JSON_PATH = re.compile(r'"(?:path|uri|request_uri|url)"\s*:\s*"([^"]+)"')
_ASCII = string.ascii_letters + string.digits + string.punctuation
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that may change something where they are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked; the body is not in an access log."""

    method: str
    path: str
    """From the first slash, with its query; without control characters."""
    headers: tuple[tuple[str, str], ...] = ()
    """Those that the log has."""

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
    """Return one line for a shell, which reads nothing of the request as its own.

    Args:
        request: What to ask.
        base: The address in front of the path; empty: what `$BASE_URL` holds.
    """
    # Without the two switches curl reads brackets of a query itself and shortens the path.
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is", "--max-time", "30"]
    words += ["-I"] if request.method == "HEAD" else ["-X", request.method]
    for name, value in request.headers:
        words += ["-H", f"{name}: {value}"]
    line = " ".join(shlex.quote(word) for word in words)
    if base:
        return f"{line} {shlex.quote(base + request.path)}"
    return f'{line} "$BASE_URL"{shlex.quote(request.path)}'


def as_http(request: Request, base: str) -> str:
    """Return the text of an `.http` file as editors send it.

    Args:
        request: What to ask.
        base: The address in front of the path; empty: the variable `base` of the editor.
    """
    body = "\n# The access log does not keep the body: put it here.\n" if request.changes else ""
    headers = "".join(f"{name}: {value}\n" for name, value in request.headers)
    # Two braces would name a variable of the editor.
    path = request.path.replace("{{", "%7B%7B")
    address = f"{base or '{{base}}'}{path}"
    return f"### from the evidence\n{request.method} {address}\n{headers}{body}"


def request_to(
    method: str, target: str, headers: tuple[tuple[str, str], ...] = ()
) -> Request | None:
    """Return a request from its parts as a log gives them; None if nobody could send it."""
    if method not in _METHODS.split("|"):
        return None
    plain = _request(method, quote(target, safe=_ASCII))
    return None if plain is None else replace(plain, headers=headers)


def _request(method: str, target: str) -> Request | None:
    parts = urlsplit(target) if "://" in target else None
    path = target if parts is None else parts.path + (f"?{parts.query}" if parts.query else "")
    path = _CONTROL.sub("", path)
    # Two slashes would name another host where the path is joined to an address.
    path = "/" + path.lstrip("/")
    return Request(method=method, path=path) if len(path) <= 4096 else None
