"""Requests that failed in an incident, as texts that ask them again."""

from collections.abc import Sequence
from dataclasses import dataclass

from warroom.core import spell
from warroom.core.requests import Request, as_curl, as_http
from warroom.core.text import clean_line

FORMS = {"pytest": "py", "curl": "sh", "http": "http"}
"""The forms of a regression request, with the ending of its file."""

_PYTEST = '''"""{title}

Each of these requests was answered 5xx. The system under test is at BASE_URL.
"""

import http.client
import os
from urllib.parse import urlsplit

import pytest

BASE = urlsplit(os.environ["BASE_URL"])

# Method, target, headers, body. An access log keeps no body: put it in where one is needed.
REQUESTS = [
{requests}]


@pytest.mark.parametrize(("method", "target", "headers", "body"), REQUESTS)
def test_is_not_answered_5xx(method, target, headers, body):
    kind = http.client.HTTPSConnection if BASE.scheme == "https" else http.client.HTTPConnection
    connection = kind(BASE.netloc, timeout=30)
    try:
        connection.request(method, BASE.path.rstrip("/") + target, body, headers)
        assert connection.getresponse().status < 500
    finally:
        connection.close()
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Failures among the requests of one route in one stretch of time."""

    failed: int
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A request that failed, with how its route did before, during and after the incident."""

    request: Request
    route: str
    """Method and path, in which a part in braces stands for any text. Foreign."""
    status: int
    """What it was answered."""
    before: Share
    during: Share
    after: Share

    @property
    def told(self) -> str:
        """What the log says of the route, in one line."""
        parts = [f"{_told(self.during)} failed in the incident"]
        parts += [f"{_told(self.before)} before it"] if self.before.asked else []
        parts += [f"{_told(self.after)} after it"] if self.after.asked else []
        return clean_line(f"{self.route} was answered {self.status}: {', '.join(parts)}")


def file_name(incident: str, form: str) -> str:
    """Return how the file for an incident is called."""
    return f"test_{incident.lower().replace('-', '_')}.{FORMS[form]}"


def as_file(found: Sequence[Failing], title: str, form: str, base: str = "") -> str:
    """Return requests as one file.

    Args:
        found: The requests; foreign parts are quoted.
        title: What they are from. Foreign.
        form: One of `FORMS`.
        base: The address to ask; empty: a variable. The test always asks the variable.
    """
    if form == "pytest":
        head = clean_line(title).replace("\\", "/").replace('"', "'")
        return _PYTEST.format(title=head, requests="".join(map(_parameter, found)))
    parts = [f"# {clean_line(title)}"]
    for one in found:
        text = as_curl(one.request, base) if form == "curl" else as_http(one.request, base)
        parts += ["", f"# {one.told}", text.rstrip("\n")]
        if form == "curl" and one.request.changes:
            parts.append("# The access log does not keep the body: add it with --data.")
    return "\n".join([*parts, ""])


def wanted(found: Sequence[Failing]) -> str:
    """Return what is to be done, as a follow-up says it."""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return clean_line(f"Test that {found[0].route}{more} is not answered 5xx", 200)


def _parameter(one: Failing) -> str:
    request = one.request
    headers = "".join(f"            {n!a}: {v!a},\n" for n, v in request.headers)
    return (
        f"    # {one.told}\n"
        "    pytest.param(\n"
        f"        {request.method!a},\n"
        f"        {request.path!a},\n"
        + (f"        {{\n{headers}        }},\n" if headers else "        {},\n")
        + '        b"",\n'
        f"        id={clean_line(one.route)!a},\n"
        "    ),\n"
    )


def _told(share: Share) -> str:
    return f"{spell.count(share.failed)} of {spell.count(share.asked)}"
