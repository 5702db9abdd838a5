"""Only the sender's own bytes are believed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from warroom.intake import proof
from warroom.intake.report import Message
from warroom.intake.vendors import VENDORS

NOW = datetime(2026, 11, 20, 14, 6, tzinfo=UTC)
SECRET = "s3cret-of-the-hook"
BODY = b'{"a": 1}'


def mac(data: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


def signed(kind: str, body: bytes, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    match kind:
        case "github":
            return {"x-hub-signature-256": f"sha256={mac(body, secret)}"}
        case "gitlab":
            return {"x-gitlab-token": secret}
        case "sentry":
            return {"sentry-hook-signature": mac(body, secret)}
        case "pagerduty":
            return {
                "x-pagerduty-signature": f"v1={mac(body, 'an older secret')}, v1={mac(body, secret)}"
            }
        case "slack":
            return {
                "x-slack-request-timestamp": stamp,
                "x-slack-signature": "v0=" + mac(b"v0:" + stamp.encode() + b":" + body, secret),
            }
        case "alertmanager" | "prometheus":
            return {"authorization": f"Bearer {secret}"}
        case _:
            return {
                "x-warroom-timestamp": stamp,
                "x-warroom-signature": mac(stamp.encode() + b"." + body, secret),
            }


def check(kind: str, headers: dict[str, str], body: bytes = BODY) -> str:
    return VENDORS[kind].proof(Message(body=body, received_at=NOW, headers=headers), SECRET)


@pytest.mark.parametrize("kind", sorted(VENDORS))
def test_the_sender_is_believed_and_nobody_else(kind: str) -> None:
    assert check(kind, signed(kind, BODY)) == ""
    assert check(kind, {})
    assert check(kind, signed(kind, BODY, "another secret"))


@pytest.mark.parametrize("kind", ["github", "sentry", "pagerduty", "slack", "generic"])
def test_one_changed_byte_is_noticed(kind: str) -> None:
    assert check(kind, signed(kind, BODY), BODY.replace(b"1", b"2"))


@pytest.mark.parametrize("kind", ["slack", "generic", "mail"])
@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_long_ago_is_not_taken_again(kind: str, minutes: int) -> None:
    headers = signed(kind, BODY, at=NOW + timedelta(minutes=minutes))
    assert "signed" in check(kind, headers)


def test_a_password_is_as_good_as_a_token() -> None:
    basic = base64.b64encode(f"warroom:{SECRET}".encode()).decode()
    assert check("alertmanager", {"authorization": f"Basic {basic}"}) == ""
    assert check("alertmanager", {"authorization": "Basic %%%"})
    assert check("alertmanager", {"authorization": "Digest x"})


def test_an_empty_secret_equals_nothing() -> None:
    assert not proof.same("", "")
    assert not proof.same("x", "")
