"""Datadog, Sentry, PagerDuty and Opsgenie: hosted monitoring that tells of one trouble a message.

PagerDuty https://developer.pagerduty.com/docs/webhooks-overview ·
Sentry https://docs.sentry.io/organization/integrations/integration-platform/webhooks/ ·
Datadog https://docs.datadoghq.com/integrations/webhooks/ (its payload is a template: the one in
`docs/intake.md`) · Opsgenie https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/
"""

from warroom.intake import fields as f
from warroom.intake.report import Message, Odd, Report, Signal, Status

_ENDED = {"resolved", "resolve", "recovered", "ok", "close", "closed", "archived", "ignored"}


def datadog(message: Message) -> Report:
    """Read the payload template that the documentation gives."""
    data = f.document(message)
    alert, cycle = f.text(data, "id"), f.text(data, "cycle")
    if not (alert or cycle):
        raise Odd("neither id nor cycle: the webhook does not use the documented template")
    tags = dict(
        part.split(":", 1) for part in f.text(data, "scope").split(",") if part.count(":") >= 1
    )
    tags = {key.strip(): value.strip() for key, value in tags.items()}
    ended = f.text(data, "transition").lower() in _ENDED
    signal = Signal(
        key=cycle or alert,
        title=f.text(data, "title") or "a Datadog monitor",
        status=Status.RESOLVED if ended else Status.FIRING,
        service=f.service_of(tags),
        priority=f.priority_of(f.text(data, "priority")),
        url=f.text(data, "link"),
        labels=tags,
    )
    return Report(source="datadog", group=alert or cycle, signals=(signal,), url=signal.url)


def sentry(message: Message) -> Report:
    """Read an event alert, a metric alert or an issue.

    Request, user and exception of an event are personal data: nothing of them is read.
    """
    data = f.document(message)
    resource = message.header("sentry-hook-resource") or "event_alert"
    action = f.text(data, "action")
    if resource == "metric_alert":
        key = f.text(data, "data", "metric_alert", "id")
        title = f.text(data, "data", "description_title")
        url = f.text(data, "data", "web_url")
        priority, since = action, f.when(data, "data", "metric_alert", "date_started")
        tags: dict[str, str] = {}
    elif resource in {"event_alert", "issue", "error"}:
        part = "issue" if resource == "issue" else "event" if resource == "event_alert" else "error"
        found = f.at(data, "data", part)
        key = f.text(found, "issue_id") or f.text(found, "id")
        title = f.text(found, "title")
        url = f.text(found, "web_url") or f.text(found, "permalink")
        priority, since = f.text(found, "level"), f.when(found, "firstSeen")
        tags = {
            f.text(pair, 0): f.text(pair, 1) for pair in f.items(found, "tags") if f.text(pair, 1)
        }
        tags.setdefault("service", f.text(found, "project", "slug"))
    else:
        return Report(source="sentry", group=resource)
    if not key:
        raise Odd(f"a Sentry {resource} without an id")
    signal = Signal(
        key=f"{resource}:{key}",
        title=title or f"Sentry {resource} {key}",
        status=Status.RESOLVED if action in _ENDED else Status.FIRING,
        service=f.service_of(tags),
        priority=f.priority_of(priority),
        since=since,
        url=url,
        labels=tags,
    )
    return Report(source="sentry", group=signal.key, signals=(signal,), url=url)


def pagerduty(message: Message) -> Report:
    """Read a v3 webhook; only events of an incident itself are signals."""
    data = f.document(message)
    event = f.at(data, "event")
    kind = f.text(event, "event_type")
    if not kind:
        raise Odd("there is no event.event_type")
    found = f.at(event, "data")
    if f.text(found, "type") != "incident":  # a note, a responder, a service: nothing fires
        return Report(source="pagerduty", group=f.text(found, "incident", "id") or kind)
    signal = _pagerduty(found, ended=kind == "incident.resolved")
    return Report(source="pagerduty", group=signal.key, signals=(signal,), url=signal.url)


def pagerduty_listed(message: Message) -> Report:
    """Read `GET /incidents` of PagerDuty's REST interface."""
    data = f.document(message)
    found = tuple(
        _pagerduty(one, ended=f.text(one, "status") == "resolved")
        for one in f.items(data, "incidents")
    )
    return Report(source="pagerduty", group="pulled", signals=found)


def _pagerduty(found: object, *, ended: bool) -> Signal:
    key = f.text(found, "id")
    if not key:
        raise Odd("an incident without an id")
    urgency = "critical" if f.text(found, "urgency") == "high" else "low"
    return Signal(
        key=key,
        title=f.text(found, "title") or f"PagerDuty {key}",
        status=Status.RESOLVED if ended else Status.FIRING,
        service=f.text(found, "service", "summary"),
        priority=f.priority_of(f.text(found, "priority", "summary") or urgency),
        since=f.when(found, "created_at"),
        url=f.text(found, "html_url"),
    )


def opsgenie(message: Message) -> Report:
    """Read an alert action."""
    data = f.document(message)
    action = f.text(data, "action").lower()
    alias = f.text(data, "alert", "alias") or f.text(data, "alert", "alertId")
    if not alias:
        raise Odd("an alert without alias and alertId")
    details = f.labels(data, "alert", "details")
    signal = Signal(
        key=alias,
        title=f.text(data, "alert", "message") or "an Opsgenie alert",
        status=Status.RESOLVED if action in _ENDED else Status.FIRING,
        service=f.service_of(details) or f.text(data, "alert", "entity"),
        priority=f.priority_of(f.text(data, "alert", "priority")),
        since=f.when(data, "alert", "createdAt"),
        labels=details,
    )
    return Report(source="opsgenie", group=alias, signals=(signal,))
