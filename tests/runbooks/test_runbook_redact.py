"""No secret survives in output: not encoded, not split, not of a known shape."""

import base64
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.runbooks.redact import Redactor, redact, redact_shapes

SECRET = "S3cr/t+pä$$w0rd!"


def stream(secrets, data, size):
    redactor = Redactor(secrets)
    pieces = [redactor.feed(data[i : i + size]) for i in range(0, len(data), size)]
    return b"".join([*pieces, redactor.finish()])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize(
    "form",
    [
        SECRET.encode(),
        urllib.parse.quote(SECRET, safe="").encode(),
        urllib.parse.quote_plus(SECRET).encode(),
        SECRET.encode().hex().encode(),
        base64.b64encode(SECRET.encode()),
        base64.b64encode(b"a:" + SECRET.encode()),
        base64.b64encode(b"ab:" + SECRET.encode() + b"zz"),
        base64.urlsafe_b64encode(b"user:" + SECRET.encode()),
    ],
)
def test_every_form_at_every_split(form, size):
    data = b"before " + b"x" * 70 + form + b" after"
    shown = stream([SECRET], data, size)
    assert b"[REDACTED]" in shown
    assert shown.startswith(b"before ")
    assert shown.endswith(b" after")
    assert form not in shown
    for middle in (SECRET.encode()[3:12], base64.b64encode(SECRET.encode())[6:16]):
        assert middle not in shown


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("abc", min_size=6, max_size=9), min_size=1, max_size=3),
    st.text("abc ", max_size=60),
    st.integers(1, 12),
)
def test_a_stream_never_shows_a_secret_and_loses_nothing_else(secrets, text, size):
    shown = stream(secrets, text.encode(), size)
    assert shown == stream(secrets, text.encode(), 10_000)
    for secret in secrets:
        assert secret.encode() not in shown
    if not any(secret in text for secret in secrets):
        assert shown == text.encode()


def test_a_longer_secret_is_hidden_whole_where_a_shorter_one_begins_it():
    assert stream(["abcdef", "abcdefgh"], b"-abcdefgh-", 1) == b"-[REDACTED]-"
    assert stream(["abcdef", "abcdefgh"], b"-abcdefgx-", 1) == b"-[REDACTED]gx-"


def test_overlapping_secrets_leave_nothing_between_them():
    assert stream(["abcdefgh", "efghijkl"], b"-abcdefghijkl-", 5) == b"-[REDACTED]-"


def test_a_prompt_is_not_held_back():
    assert Redactor(["hunter2hunter2"]).feed(b"password? ") == b"password? "


def test_every_line_of_a_key_is_hidden():
    key = "first-line-of-key\nsecond-line-of-key"
    assert "second-line" not in redact("x second-line-of-key", [key])


@pytest.mark.parametrize(
    "text",
    [
        "AWS AKIAIOSFODNN7EXAMPLE here",
        "token ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "glpat-abcdefghij1234567890",
        "xoxb-1234567890-abcdefghij",
        "sk_live_abcdefghijklmnop1234",
        "Authorization: Bearer abcdef.ghijkl-mnop",
        "authorization=Basic dXNlcjpwYXNz",
        "postgres://app:hunter2@db/x",
        "DB_PASSWORD=hunter2hunter2",
        '{"api_key": "hunter2hunter2"}',
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def-ghi",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n-----END RSA PRIVATE KEY-----",
        "https://hooks.slack.com/services/T000/B000/hunter2hunter2",
    ],
)
def test_what_has_the_shape_of_a_secret_is_hidden(text):
    shown = redact_shapes(text)
    assert "[REDACTED]" in shown
    for part in ("hunter2", "AKIAIO", "abcdefghij", "ghijkl", "dXNlcj", "eyJzdWI", "abcdefghijkl"):
        assert part not in shown


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/checkout 502",
        "secret: ",
        "password: $password",
        "Authorization: Bearer $token",
        "the token bucket is empty",
        "http://localhost:8080/a@b",
        "https://host:443/x",
    ],
)
def test_ordinary_text_stays(text):
    assert redact_shapes(text) == text
