"""Alertmanager's webhook (version 4) with Grafana's variant, its API v2, and Prometheus' own list.

Alertmanager sends a group again at every change; each alert in it fires or ends for itself.
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Mapping

from warroom.intake import fields as f
from warroom.intake.report import Message, Odd, Report, Signal, Status


def webhook(message: Message) -> Report:
    """Read a group of alerts."""
    data = f.document(message)
    if not isinstance(data.get("alerts"), list):
        raise Odd("there is no list of alerts")
    shared = f.labels(data, "commonLabels")
    grafana = "orgId" in data
    group = f.text(data, "groupKey", limit=1000) or f.text(data, "receiver")
    signals = tuple(_alert(alert, shared) for alert in f.items(data, "alerts"))
    return Report(
        source="grafana" if grafana else "alertmanager",
        group=group,
        signals=signals,
        truncated=_number(data, "truncatedAlerts"),
        url=f.text(data, "externalURL"),
    )


def listed(message: Message) -> Report:
    """Read `GET /api/v2/alerts` of Alertmanager, or `GET /api/v1/alerts` of Prometheus."""
    data = f.value_of(message)
    prometheus = isinstance(data, Mapping)
    alerts = f.items(data, "data", "alerts") if prometheus else data
    if not isinstance(alerts, list):
        raise Odd("there is no list of alerts")
    firing = [one for one in alerts if _fires(one)]
    return Report(
        source="prometheus" if prometheus else "alertmanager",
        group="pulled",
        signals=tuple(_alert(alert, {}) for alert in firing),
    )


def _fires(alert: object) -> bool:
    """Whether a pulled alert counts: silenced, inhibited and pending ones do not."""
    state = f.text(alert, "status", "state") or f.text(alert, "state")
    return state in {"active", "firing", "unprocessed"}


def _alert(alert: object, shared: Mapping[str, str]) -> Signal:
    found = {**shared, **f.labels(alert, "labels")}
    ended = f.text(alert, "status") == "resolved"
    name = found.get("alertname", "an alert")
    summary = f.text(alert, "annotations", "summary") or f.text(alert, "annotations", "message")
    key = f.text(alert, "fingerprint") or "|".join(f"{k}={v}" for k, v in sorted(found.items()))
    return Signal(
        key=key,
        title=f"{name}: {summary}" if summary else name,
        status=Status.RESOLVED if ended else Status.FIRING,
        service=f.service_of(found),
        priority=f.priority_of(found.get("severity", "") or found.get("priority", "")),
        since=f.when(alert, "startsAt") or f.when(alert, "activeAt"),
        url=f.text(alert, "generatorURL") or f.text(alert, "dashboardURL"),
        labels=found,
    )


def _number(data: object, *path: str) -> int:
    found = f.at(data, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0
