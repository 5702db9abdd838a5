"""Metrics as JSON for programs and as the text that Prometheus reads."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from warroom.core.metrics import Metrics, Stat


def metrics_view(found: Metrics) -> dict[str, Any]:
    """Return the metrics as plain JSON data; times are seconds, shares lie between 0 and 1."""
    return {
        "incidents": found.incidents,
        "open": found.open,
        "priorities": dict(found.priorities),
        "times": _stats(found.times),
        "trend": {month: _stats(stats) for month, stats in found.trend.items()},
        "sla": {
            clock: {"kept": kept, "decided": decided, "share": kept / decided if decided else None}
            for clock, (kept, decided) in found.promises.items()
        },
        "recurrence": {
            "share": found.recurrence,
            "incidents": [{"incident": new, "like": old} for new, old in found.recurred],
        },
        "containments": {kind: asdict(tried) for kind, tried in found.containments.items()},
        "follow_ups": {**found.follow_ups, "completion": found.completion},
        "services": [{"service": name, "incidents": number} for name, number in found.services],
        "categories": [{"category": name, "incidents": n} for name, n in found.categories],
    }


def _stats(stats: Mapping[str, Stat]) -> dict[str, Any]:
    return {
        name: {"count": stat.count, "median": stat.median, "p90": stat.p90}
        for name, stat in stats.items()
    }


def prometheus_text(found: Metrics) -> str:
    """Return the metrics in the text format of Prometheus, version 0.0.4."""
    out: list[str] = []

    def family(name: str, kind: str, told: str) -> None:
        out.extend((f"# HELP {name} {told}", f"# TYPE {name} {kind}"))

    def sample(name: str, value: float, **labels: str) -> None:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        out.append(f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}")

    family("warroom_incidents", "gauge", "Incidents by priority.")
    for priority, number in found.priorities.items():
        sample("warroom_incidents", number, priority=priority)
    family("warroom_incidents_open", "gauge", "Incidents not closed.")
    sample("warroom_incidents_open", found.open)
    family("warroom_incident_seconds", "summary", "The five times of an incident.")
    for name, stat in found.times.items():
        sample("warroom_incident_seconds", stat.median, time=name, quantile="0.5")
        sample("warroom_incident_seconds", stat.p90, time=name, quantile="0.9")
        sample("warroom_incident_seconds_sum", stat.total, time=name)
        sample("warroom_incident_seconds_count", stat.count, time=name)
    family("warroom_sla_clocks", "gauge", "Promised times that were decided, by clock and result.")
    for clock, (kept, decided) in found.promises.items():
        sample("warroom_sla_clocks", kept, clock=clock, result="kept")
        sample("warroom_sla_clocks", decided - kept, clock=clock, result="missed")
    family("warroom_incidents_recurred", "gauge", "Incidents like an earlier one, or reopened.")
    sample("warroom_incidents_recurred", len(found.recurred))
    family("warroom_containments", "gauge", "Containment runs by kind and measured result.")
    for kind, tried in found.containments.items():
        sample("warroom_containments", tried.worked, kind=kind, result="worked")
        sample("warroom_containments", tried.measured - tried.worked, kind=kind, result="failed")
        unknown = tried.runs - tried.measured
        sample("warroom_containments", unknown, kind=kind, result="unmeasured")
    family("warroom_follow_ups", "gauge", "Follow-ups by state; overdue ones are open as well.")
    for state, number in found.follow_ups.items():
        sample("warroom_follow_ups", number, state=state)
    family("warroom_service_incidents", "gauge", "Incidents by service.")
    for service, number in found.services:
        sample("warroom_service_incidents", number, service=service)
    return "\n".join(out) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
