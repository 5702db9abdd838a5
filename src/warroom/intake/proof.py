"""Prove that a message comes from its sender: signature or token over the bytes as they arrived.

Everything is compared in constant time, and before anything of the body is parsed.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta

from warroom.intake.report import Message

WINDOW = timedelta(minutes=5)
"""How old a signed time may be: what Slack documents, and enough for clocks that drift."""

Proof = Callable[[Message, str], str]
"""Returns why a message is not believed; empty: it is."""


def bearer(message: Message, secret: str) -> str:
    """`Authorization: Bearer …`, or basic authentication with the secret as password."""
    found = given(message)
    if not found:
        return "there is no Authorization header with the token"
    return "" if same(found, secret) else "the token is not the one of this intake"


def given(message: Message) -> str:
    """Return the bearer token of a message, or its basic password; empty: neither."""
    scheme, _, found = message.header("authorization").partition(" ")
    if scheme.lower() == "basic":
        return _password(found.strip())
    return found.strip() if scheme.lower() == "bearer" else ""


def github(message: Message, secret: str) -> str:
    """`X-Hub-Signature-256: sha256=<hex>`."""
    sent = message.header("x-hub-signature-256").removeprefix("sha256=")
    return _signed(sent, secret, message.body, "X-Hub-Signature-256")


def gitlab(message: Message, secret: str) -> str:
    """`X-Gitlab-Token`: the secret itself, not a signature."""
    sent = message.header("x-gitlab-token")
    return "" if same(sent, secret) else "X-Gitlab-Token is not the token of this intake"


def sentry(message: Message, secret: str) -> str:
    """`Sentry-Hook-Signature: <hex>`."""
    return _signed(
        message.header("sentry-hook-signature"), secret, message.body, "Sentry-Hook-Signature"
    )


def pagerduty(message: Message, secret: str) -> str:
    """`X-PagerDuty-Signature: v1=<hex>,v1=<hex>`: several while a secret is being changed."""
    sent = [part.strip() for part in message.header("x-pagerduty-signature").split(",")]
    wrong = "X-PagerDuty-Signature is missing"
    for part in sent:
        if part.startswith("v1="):
            wrong = _signed(part[3:], secret, message.body, "X-PagerDuty-Signature")
            if not wrong:
                return ""
    return wrong


def slack(message: Message, secret: str) -> str:
    """`X-Slack-Signature: v0=<hex>` over `v0:<time>:<body>`, not older than `WINDOW`."""
    stamp = message.header("x-slack-request-timestamp")
    late = _late(message, stamp)
    signed = b"v0:" + stamp.encode() + b":" + message.body
    sent = message.header("x-slack-signature").removeprefix("v0=")
    return late or _signed(sent, secret, signed, "X-Slack-Signature")


def timed(message: Message, secret: str) -> str:
    """Our own: `X-Warroom-Signature: <hex>` over `<X-Warroom-Timestamp>.<body>`, or a token."""
    if not message.header("x-warroom-signature"):
        return bearer(message, secret)
    stamp = message.header("x-warroom-timestamp")
    signed = stamp.encode() + b"." + message.body
    sent = message.header("x-warroom-signature").removeprefix("sha256=")
    return _late(message, stamp) or _signed(sent, secret, signed, "X-Warroom-Signature")


def same(one: str, other: str) -> bool:
    """Compare two secrets in constant time; an empty one equals nothing."""
    if not one or not other:
        return False
    return hmac.compare_digest(one.encode(), other.encode())


def sign(secret: str, data: bytes) -> str:
    """Return the hex HMAC-SHA256 of bytes."""
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


def _signed(sent: str, secret: str, data: bytes, header: str) -> str:
    if not sent:
        return f"{header} is missing"
    return "" if same(sent, sign(secret, data)) else f"{header} does not fit the body"


def _late(message: Message, stamp: str) -> str:
    if not stamp.isdigit() or len(stamp) > 12:
        return "the time of signing is missing"
    if abs(message.received_at.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return "it was signed too long ago: sent again by somebody, or a clock is wrong"
    return ""


def _password(encoded: str) -> str:
    import base64  # noqa: PLC0415 - one sender in a hundred
    import binascii  # noqa: PLC0415

    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(":")[2]
