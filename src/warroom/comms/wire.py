"""One bounded request over HTTP whose every failure is sorted into "again" and "never"."""

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from warroom.comms.channel import Undelivered
from warroom.core.text import clean_line

TIMEOUT = 10.0
"""Seconds for one answer: the slowest of the documented limits of these systems is 15."""
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def data(self) -> Any:
        """The JSON in it; None: there is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


def call(
    method: str,
    url: str,
    *,
    json_body: object | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> Answer:
    """Send a request and return an answer of success.

    Raises:
        Undelivered: Out of reach or refused. 408, 409, 420, 425, 429 and 5xx may succeed later.
    """
    import httpx  # noqa: PLC0415 - only who sends something pays for the import

    try:
        # No redirects and no proxies from the environment: either could carry a token elsewhere.
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            arguments: dict[str, Any] = {"headers": dict(headers or {}), "auth": auth}
            if json_body is not None:
                arguments["json"] = json_body
            if content is not None:
                arguments["content"] = content
            with client.stream(method, url, **arguments) as response:
                found = bytearray()
                for piece in response.iter_bytes():
                    found += piece
                    if len(found) > LARGEST:
                        break
                status = response.status_code
                wait = _wait(response.headers.get("retry-after", ""))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Undelivered(f"out of reach: {type(error).__name__}", again=True) from None
    answer = Answer(status, bytes(found).decode("utf-8", "replace"))
    if 200 <= status < 300:
        return answer
    again = status in {408, 409, 420, 425, 429} or status >= 500
    raise Undelivered(
        f"refused with status {status}: {clean_line(answer.text, 160)}", again=again, after=wait
    )


def _wait(text: str) -> float:
    """Return the seconds of a Retry-After header: a number or a date; 0: it says nothing."""
    if text.strip().isdigit():
        return min(float(text), 3600.0)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, min((at - datetime.now(UTC)).total_seconds(), 3600.0))
