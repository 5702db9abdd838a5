"""Each kind of channel sends what its documents ask for, and sorts failures into now and never."""

import email
import email.policy
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.comms.stubs import Post, Web, smtp, web

from warroom.comms.channel import KINDS, Channel, Undelivered
from warroom.comms.send import SENDERS, send
from warroom.core.post import Parcel

AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
PARCEL = Parcel(
    key="INC-7 update 2 > ops", incident="INC-7", what="update 2", kind="progress", channel="ops",
    to="", subject="INC-7: checkout fails", text="We <b>drain</b> web-2 & watch.\nNext at 15:00.",
    created_at=AT, next_at=AT, attempts=1,
)  # fmt: skip


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_SECRET", "xoxb-secret")


@pytest.fixture
def site() -> Iterator[Web]:
    with web() as state:
        yield state


@pytest.fixture
def post() -> Iterator[Post]:
    with smtp() as state:
        yield state


def channel(kind: str, **more: str) -> Channel:
    return Channel(name="ops", kind=kind, secret="OPS_SECRET", **more)


def test_every_kind_has_its_sender() -> None:
    assert set(SENDERS) == set(KINDS)


def test_slack_answers_below_its_first_message(site: Web) -> None:
    site.usual = {"ok": True, "channel": "C1", "ts": "17.1"}
    there = channel("slack", to="C1", url=site.url)
    reference = send(there, PARCEL)
    assert reference == "C1/17.1"
    send(there, replace(PARCEL, to=reference))
    first, second = site.bodies()
    assert first["text"] == (
        "*INC-7: checkout fails*\nWe &lt;b&gt;drain&lt;/b&gt; web-2 &amp; watch.\nNext at 15:00."
    )
    assert "thread_ts" not in first
    assert second["thread_ts"] == "17.1"
    assert site.asked[0][2]["authorization"] == "Bearer xoxb-secret"


@pytest.mark.parametrize(("error", "again"), [("channel_not_found", False), ("ratelimited", True)])
def test_slack_says_no_with_status_200(site: Web, error: str, again: bool) -> None:
    site.usual = {"ok": False, "error": error}
    with pytest.raises(Undelivered, match=error) as failure:
        send(channel("slack", to="C1", url=site.url), PARCEL)
    assert failure.value.again is again


def test_a_webhook_is_signed_and_a_retry_has_the_same_key(site: Web) -> None:
    hook = channel("webhook", url=f"{site.url}/in")
    send(hook, PARCEL)
    send(hook, PARCEL)
    _, path, headers, body = site.asked[0]
    assert path == "/in"
    signed = headers["x-warroom-timestamp"].encode() + b"." + body
    mac = hmac.new(b"xoxb-secret", signed, hashlib.sha256).hexdigest()
    assert headers["x-warroom-signature"] == f"sha256={mac}"
    assert headers["idempotency-key"] == site.asked[1][2]["idempotency-key"]
    assert site.bodies()[0]["text"] == PARCEL.text


def test_webhook_addresses_of_chats_are_secrets(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_SECRET", f"{site.url}/hook")
    send(channel("slack_webhook"), PARCEL)
    send(channel("teams"), PARCEL)
    slack, teams = site.bodies()
    assert slack["text"].startswith("*INC-7")
    card = teams["attachments"][0]["content"]
    assert [block["text"] for block in card["body"]] == [PARCEL.subject, *PARCEL.text.split("\n")]


def test_statuspage_opens_once_and_moves_on(site: Web) -> None:
    page = channel("statuspage", to="p1", url=site.url)
    site.usual = {"id": "abc"}
    reference = send(page, replace(PARCEL, kind="initial"))
    assert reference == "abc"
    send(page, replace(PARCEL, kind="resolution", reference=reference))
    assert [(m, p) for m, p, _, _ in site.asked] == [
        ("POST", "/pages/p1/incidents"), ("PATCH", "/pages/p1/incidents/abc"),
    ]  # fmt: skip
    first, second = site.bodies()
    assert first["incident"]["status"] == "investigating"
    assert second["incident"]["status"] == "resolved"


def test_statuspage_looks_before_it_opens_again(site: Web) -> None:
    site.answers = [(200, [{"id": "kept", "name": PARCEL.subject}], {})]
    reference = send(channel("statuspage", to="p1", url=site.url), replace(PARCEL, attempts=2))
    assert reference == "kept"
    assert [m for m, _, _, _ in site.asked] == ["GET", "PATCH"]


@pytest.mark.parametrize(
    ("kind", "to", "path"),
    [
        ("github", "shop/checkout#12", "/repos/shop/checkout/issues/12/comments"),
        ("gitlab", "shop/pay/api#3", "/api/v4/projects/shop%2Fpay%2Fapi/issues/3/notes"),
        ("jira", "OPS-9", "/rest/api/2/issue/OPS-9/comment"),
    ],
)
def test_a_comment_is_made_once_also_when_the_answer_was_lost(
    site: Web, kind: str, to: str, path: str
) -> None:
    there = channel(kind, url=site.url, user="me@shop.example")
    parcel = replace(PARCEL, to=to)
    assert send(there, parcel) == "77"
    assert (site.asked[0][0], site.asked[0][1]) == ("POST", path)
    said = site.bodies()[0]["body"]
    kept = [{"id": 5, "body": "other"}, {"id": 6, "body": said}]
    site.answers = [(200, {"comments": kept} if kind == "jira" else kept, {})]
    assert send(there, replace(parcel, attempts=2)) == "6"
    assert [m for m, _, _, _ in site.asked] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("status", "again"),
    [(429, True), (503, True), (408, True), (404, False), (401, False), (302, False)],
)
def test_a_refusal_is_for_now_or_for_ever(site: Web, status: int, again: bool) -> None:
    site.answers = [(status, {"message": "\x1b[31mno"}, {"Retry-After": "7"})]
    with pytest.raises(Undelivered) as failure:
        send(channel("webhook", url=site.url), PARCEL)
    assert failure.value.again is again
    assert failure.value.after == 7
    assert "\x1b" not in failure.value.reason
    assert len(site.asked) == 1  # a redirect is not followed


def test_what_is_out_of_reach_is_tried_again() -> None:
    with pytest.raises(Undelivered, match="out of reach") as failure:
        send(channel("webhook", url="http://127.0.0.1:9"), PARCEL)
    assert failure.value.again


def test_a_secret_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPS_SECRET")
    with pytest.raises(Undelivered, match="OPS_SECRET"):
        send(channel("slack", to="C1"), PARCEL)


def test_mails_of_an_incident_are_one_thread(post: Post) -> None:
    there = replace(
        channel("mail", url=post.url, user="ops@shop.example", to="team@shop.example"), secret=""
    )
    first = send(there, PARCEL)
    send(
        there, replace(PARCEL, key="other", reference=first, subject="INC-7: a\r\nBcc: x@y.example")
    )
    one, two = (email.message_from_string(raw, policy=email.policy.default) for raw in post.mails)
    assert one["Message-ID"] == first
    assert two["In-Reply-To"] == first
    assert two["Bcc"] is None
    assert one["Auto-Submitted"] == "auto-generated"
    assert "We <b>drain</b> web-2 & watch." in one.get_content()


@pytest.mark.parametrize(("says", "again"), [("450 busy", True), ("550 unknown", False)])
def test_a_mail_server_refuses_for_now_or_for_ever(post: Post, says: str, again: bool) -> None:
    post.says = says
    there = replace(
        channel("mail", url=post.url, user="ops@shop.example", to="x@shop.example"), secret=""
    )
    with pytest.raises(Undelivered) as failure:
        send(there, PARCEL)
    assert failure.value.again is again
