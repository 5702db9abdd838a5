"""Incidents as plain JSON data, the form that scripts read."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from warroom.core import events as e
from warroom.core.clocks import clocks, outside_clocks
from warroom.core.codec import encode, encode_time
from warroom.core.state import Incident, Run
from warroom.core.timeline import timeline


def incident_view(incident: Incident, now: datetime) -> dict[str, Any]:
    """Return an incident with its clocks; times are RFC 3339 UTC, durations seconds."""

    def stamp(at: datetime | None) -> str | None:
        return None if at is None else encode_time(at)

    return {
        "id": incident.id,
        "version": incident.version,
        "title": incident.title,
        "service": incident.service,
        "priority": incident.priority.value,
        "category": incident.category.value,
        "phase": incident.phase.value,
        "summary": incident.summary,
        "client": incident.client,
        "source": incident.source,
        "drill": incident.drill or None,
        "score": encode(incident.score),
        "criteria": [criterion.value for criterion in incident.criteria],
        "factors": dict(incident.factors),
        "agreement": incident.terms.name if incident.terms else None,
        "waiting_since": stamp(incident.waiting_since),
        "snoozed_until": stamp(incident.snoozed_until),
        "merged_into": incident.merged_into or None,
        "absorbed": list(incident.absorbed),
        "links": [encode(link) for link in incident.links],
        "roles": {role.value: person for role, person in incident.roles.items()},
        "answers": {key: reply.text for key, reply in incident.answers.items() if reply.known},
        "checks": [encode(found) for _, found in incident.checks.values()],
        "declared_at": stamp(incident.declared_at),
        "declared_by": incident.declared_by,
        "started_at": stamp(incident.started_at),
        "onset": encode(incident.onset),
        "boundary": incident.boundary,
        "acknowledged_at": stamp(incident.acknowledged_at),
        "commander": incident.commander,
        "contained_at": stamp(incident.contained_at),
        "contained_how": incident.contained_how,
        "resolved_at": stamp(incident.resolved_at),
        "closed_at": stamp(incident.closed_at),
        "close_override": incident.close_override,
        "reopened": incident.reopened,
        "diagnosis": encode(incident.diagnosis),
        "fixes": [encode(fix) for _, fix in incident.fixes],
        "hypotheses": [encode(h.latest) for h in incident.hypotheses],
        "changes": [encode(change) for change in incident.changes],
        "follow_ups": [encode(item) for item in incident.follow_ups],
        "evidence": [encode(pinned) for _, pinned in incident.evidence],
        "runs": [run_view(run) for run in incident.runs],
        "in_force": [run.intent.run for run in incident.ledger],
        "postmortem_version": incident.postmortem_version,
        "postmortem_final_at": stamp(incident.postmortem_final_at),
        "clocks": [
            {
                "name": clock.name,
                "due": encode_time(clock.due),
                "met_at": stamp(clock.met_at),
                "pace": clock.pace(now).value,
                "paused": clock.paused,
                "seconds_left": int(clock.left(now).total_seconds()),
            }
            for clock in (*clocks(incident), *outside_clocks(incident))
        ],
    }


def run_view(run: Run) -> dict[str, Any]:
    """Return one executed step."""
    return {
        "run": run.intent.run,
        "intent": encode(run.intent),
        "intended_at": encode_time(run.intended_at),
        "by": run.by,
        "outcome": run.outcome.value if run.outcome else None,
        "state": dict(run.state),
        "finished": encode(run.finished),
        "effect": encode(run.effect),
        "in_force": run.in_force,
        "undone_by": run.undone_by or None,
    }


def timeline_view(
    records: Iterable[e.Recorded], kinds: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return the timeline, one object an entry."""
    return [
        {
            "number": entry.number,
            "at": encode_time(entry.at),
            "word": entry.word,
            "actor": entry.actor,
            "text": entry.text,
            "kind": entry.kind,
            "back_dated": entry.back_dated,
            "original": entry.original or None,
            "original_at": None if entry.original_at is None else encode_time(entry.original_at),
        }
        for entry in timeline(records, kinds)
    ]
