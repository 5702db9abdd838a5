"""Send a pinned request to staging and say in one sentence what came back."""

import time
from dataclasses import dataclass

import httpx

from warroom.core.requests import Request
from warroom.core.text import clean_line
from warroom.runbooks.redact import redact_shapes

SECONDS = 30.0
BODY = 400
"""Characters of the answer that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int | None
    """None: nothing did."""
    sentence: str
    """Safe to print; secrets removed."""


def send(request: Request, base: str) -> Reply:
    """Send it once, follow nothing, and return the answer in one sentence."""
    what = f"{request.method} {request.path} on {base}"
    started = time.monotonic()
    try:
        answer = httpx.request(
            request.method, base + request.path, timeout=SECONDS, follow_redirects=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reply(status=None, sentence=_told(f"{what}: no answer ({type(error).__name__})"))
    seconds = time.monotonic() - started
    body = f": {answer.text[:BODY]}" if answer.status_code >= 400 and answer.text.strip() else ""
    told = f"{what}: {answer.status_code} in {seconds:.2f} s{body}"
    return Reply(status=answer.status_code, sentence=_told(told))


def _told(text: str) -> str:
    return clean_line(redact_shapes(text), 600)
