"""Every sender's message, as its documents describe it, becomes the right signals and changes."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.core.words import ChangeKind, Priority
from warroom.intake.report import Message, Odd, Report, Status
from warroom.intake.vendors import VENDORS, Intake, delivery_of, read

PAYLOADS = Path(__file__).parents[2] / "sample_data" / "payloads"
NOW = datetime(2026, 11, 20, 14, 6, tzinfo=UTC)
MAPPING = {
    "title": "alert.name",
    "key": "alert.id",
    "severity": "alert.level",
    "status": "alert.state",
    "service": "where.service",
    "since": "at",
}


def message(body: str | bytes, **headers: str) -> Message:
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Message(body=raw, received_at=NOW, headers=named)


def sample(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


def intake(kind: str) -> Intake:
    return Intake(name=kind, kind=kind, mapping=MAPPING if kind == "generic" else {})


def told(kind: str, name: str, **headers: str) -> Report:
    return read(intake(kind), message(sample(name), **headers))


def test_each_alert_of_a_group_fires_or_ends_for_itself() -> None:
    report = told("alertmanager", "alertmanager.json")
    firing, ended = report.signals
    assert (firing.status, ended.status) == (Status.FIRING, Status.RESOLVED)
    assert firing.title == "CheckoutFails: 9 % of checkouts fail on checkout-1"
    assert (firing.service, firing.priority) == ("checkout", Priority.P1)
    assert firing.since == datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
    assert report.truncated == 2
    assert report.group.startswith("{}/")


def test_grafana_is_told_from_alertmanager() -> None:
    report = told("alertmanager", "grafana.json")
    assert report.source == "grafana"
    assert report.signals[0].service == "payment"


def test_a_pulled_list_holds_only_what_fires() -> None:
    report = read(intake("prometheus"), message(sample("prometheus.json")), pulled=True)
    (only,) = report.signals
    assert only.title == "CheckoutFails: 9 % of checkouts fail"
    silenced = [
        {"labels": {"alertname": name}, "status": {"state": state}, "fingerprint": name}
        for name, state in (("a", "active"), ("b", "suppressed"))
    ]
    pulled = read(intake("alertmanager"), message(json.dumps(silenced)), pulled=True)
    assert [one.key for one in pulled.signals] == ["a"]


@pytest.mark.parametrize(
    ("kind", "name", "headers", "title", "service", "priority"),
    [
        ("datadog", "datadog.json", {}, "[Triggered] Checkout error rate is high", "checkout", "P1"),
        ("sentry", "sentry.json", {"sentry_hook_resource": "event_alert"},
         "PoolTimeout: no connection within 5 s", "payment", "P2"),
        ("pagerduty", "pagerduty.json", {}, "Checkout answers 5xx", "checkout", "P1"),
        ("opsgenie", "opsgenie.json", {}, "Checkout answers 5xx", "checkout", "P1"),
        ("github", "github_issue.json", {"x_github_event": "issues"},
         "Nobody can pay since this morning", "checkout", "P1"),
        ("gitlab", "gitlab_issue.json", {}, "Refunds are booked twice", "payment", "P2"),
        ("jira", "jira.json", {}, "The export has been broken since Friday", "billing", "P1"),
        ("slack", "slack_command.txt", {}, "checkout is down for everybody", "", "P2"),
        ("slack", "slack_mention.json", {}, "@U0LAN0Z89 checkout is down for the shop", "", "P2"),
        ("mail", "mail.eml", {}, "L'export ne fonctionne plus", "", "P2"),
        ("generic", "generic.json", {}, "Login probe fails", "login", "P1"),
    ],
)  # fmt: skip
def test_one_trouble_a_message(
    kind: str, name: str, headers: dict[str, str], title: str, service: str, priority: str
) -> None:
    report = told(kind, name, **headers)
    (signal,) = report.signals
    assert signal.title == title
    assert signal.service == service
    assert signal.priority == priority
    assert signal.status is Status.FIRING
    assert signal.key
    assert report.group


@pytest.mark.parametrize(
    ("kind", "name", "release"),
    [
        ("github", "github_deployment.json", "9c1d1f2b7a6"),
        ("gitlab", "gitlab_deployment.json", "279484c0"),
    ],
)
def test_a_deployment_is_a_change_and_no_trouble(kind: str, name: str, release: str) -> None:
    report = told(kind, name)
    (change,) = report.changes
    assert not report.signals
    assert change.kind is ChangeKind.DEPLOY
    assert change.release.startswith(release)
    assert change.happened_at == datetime(2026, 11, 20, 14, 1, 58, tzinfo=UTC)


def test_the_reporter_hears_back_where_the_report_came_from() -> None:
    assert told("github", "github_issue.json").reply_to == "github:shop/checkout#412"
    assert told("mail", "mail.eml").reply_to == "mail:andre@client.example"
    assert told("mail", "mail.eml").group == "<a0@client.example>"
    assert "exporter depuis vendredi. Impact élevé" in told("mail", "mail.eml").text
    assert told("slack", "slack_mention.json").reply_to == "slack:C2147483705/1763647360.000200"


def test_ordinary_work_opens_nothing() -> None:
    ticket = json.loads(sample("github_issue.json"))
    ticket["issue"]["labels"] = [{"name": "enhancement"}]
    assert read(intake("github"), message(json.dumps(ticket))).empty
    away = sample("mail.eml").replace(
        b"MIME-Version", b"Auto-Submitted: auto-replied\nMIME-Version"
    )
    assert read(intake("mail"), message(away)).empty
    assert read(intake("slack"), message('{"type":"url_verification","challenge":"x"}')).empty
    ping = message('{"zen": "x", "hook_id": 1}', x_github_event="ping")
    assert read(intake("github"), ping).empty


def test_personal_data_of_an_event_is_not_read() -> None:
    report = told("sentry", "sentry.json")
    assert "somebody@example.org" not in repr(report)
    assert "session=" not in repr(report)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{}", b"[" * 5000]
)
@pytest.mark.parametrize("kind", sorted(VENDORS))
def test_what_is_no_message_of_the_sender_is_odd_or_empty(kind: str, body: bytes) -> None:
    try:
        report = read(intake(kind), message(body))
    except Odd:
        return
    assert report.empty


def test_a_retry_is_the_same_delivery_and_a_change_is_another() -> None:
    first = message(sample("alertmanager.json"))
    group = json.loads(first.body)
    again = message(json.dumps(group, indent=7))
    group["alerts"][0]["status"] = "resolved"
    later = message(json.dumps(group))
    kind = intake("alertmanager")
    assert delivery_of(kind, first) == delivery_of(kind, again)
    assert delivery_of(kind, first) != delivery_of(kind, later)
    one = message(b"{}", x_github_delivery="72d3162e")
    other = message(b"{ }", x_github_delivery="72d3162e")
    assert delivery_of(intake("github"), one) == delivery_of(intake("github"), other)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(odd=_JSON, seed=st.integers(0, 1 << 30))
def test_no_damaged_payload_ends_in_anything_but_a_reason(odd: object, seed: int) -> None:
    dice = random.Random(seed)
    path = dice.choice(sorted(PAYLOADS.glob("*.json")))
    kind = path.stem.partition("_")[0]
    data = json.loads(path.read_bytes())
    place = data
    while True:
        step = dice.choice(list(place) if isinstance(place, dict) else range(len(place)))
        inner = place[step]
        if isinstance(inner, dict | list) and inner and dice.random() < 0.7:
            place = inner
            continue
        place[step] = odd
        break
    sent = message(json.dumps(data))
    for pulled in (False, True):
        try:
            report = read(intake(kind), sent, pulled=pulled)
        except Odd:
            continue
        for signal in report.signals:
            assert signal.key
            assert signal.title
            assert "\x1b" not in signal.title
    assert delivery_of(intake(kind), sent)
