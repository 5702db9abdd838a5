"""One bounded exchange of JSON with a monitoring system."""

import json
import os
from collections.abc import Mapping
from typing import Any

TIMEOUT = 10.0
"""Seconds for one answer."""
LARGEST = 8 << 20
"""Bytes of an answer that are read; the longest span asked for has some 400 kB."""


class MonitorError(Exception):
    """A monitoring system gave no usable answer; the message says which, why and what to do."""


def ask(
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    body: object | None = None,
    token: str = "",
) -> Any:
    """Return the JSON of an answer; None for an empty one.

    Args:
        method: GET, POST or DELETE.
        url: The address.
        params: The query, sent as a form where the method is POST and there is no body.
        body: Sent as JSON.
        token: Name of the environment variable that holds the bearer token; empty: none is sent.

    Raises:
        MonitorError: It is out of reach, refuses, or answers with something else.
    """
    import httpx  # noqa: PLC0415 - only who names a monitoring system pays for the import

    headers = {"Authorization": f"Bearer {_secret(url, token)}"} if token else {}
    form = dict(params) if params and method == "POST" and body is None else None
    try:
        # No redirects and no proxies from the environment: either could carry the token elsewhere.
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method,
                url,
                params=None if form else dict(params or {}),
                data=form,
                json=body,
                headers=headers,
            ) as answer,
        ):
            found = bytearray()
            for piece in answer.iter_bytes():
                found += piece
                if len(found) > LARGEST:
                    raise MonitorError(f"{url}: the answer is larger than {LARGEST >> 20} MiB")
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise MonitorError(f"{url}: out of reach ({type(error).__name__}); check the URL") from None
    if not 200 <= status < 300:
        raise MonitorError(f"{url}: refused with status {status}: {_said(bytes(found))}")
    if not found.strip():
        return None
    try:
        return json.loads(bytes(found))
    except (ValueError, RecursionError):
        raise MonitorError(f"{url}: the answer is no JSON; is it the right address?") from None


def _secret(url: str, token: str) -> str:
    value = os.environ.get(token, "")
    if not value:
        raise MonitorError(f"{url}: the environment variable {token} with its token is not set")
    return value


def _said(body: bytes) -> str:
    """Return what a refusal says, one line at most."""
    text = body.decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = text
    if isinstance(data, dict):
        data = data.get("error") or data.get("message") or text
    return " ".join(str(data).split())[:200]
