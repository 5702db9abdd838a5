"""The five times of an incident as rows of a table, each against what was agreed."""

from datetime import datetime

from warroom.core import spell
from warroom.core.clocks import Pace, clocks
from warroom.core.nameless import Cast
from warroom.core.state import Incident


def began(incident: Incident) -> datetime | None:
    """Return since when it failed: as measured, else as told."""
    return incident.onset.at if incident.onset else incident.started_at


def ended(incident: Incident) -> datetime | None:
    """Return until when it failed: as measured in the log, else when it was contained."""
    if incident.onset and incident.onset.end:
        return incident.onset.end
    return incident.contained_at or incident.resolved_at


def stamp(at: datetime) -> str:
    """Return an instant as a report spells it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def times(incident: Incident, who: Cast) -> list[str]:
    """Return detect, acknowledge, contain, diagnose and resolve as rows of Markdown.

    Detection counts from the onset, the others from the declaration; what has not happened is left
    out. The last column says who by role.
    """
    rows = []
    since = began(incident)
    if since is not None:
        seen = incident.detected_at or incident.declared_at
        took = spell.in_prose(seen - since) if seen > since else "0 s"
        source = "the reporter" if incident.reporter else f"the {incident.source or 'console'}"
        rows.append(f"| detect | {took} | | {source} |")
    allowed = {clock.name: clock for clock in clocks(incident)}

    def row(name: str, at: datetime | None, by: str, clock: str = "") -> None:
        if at is None:
            return
        limit = ""
        if clock:
            due = allowed[clock]
            kept = "kept" if due.pace(at) is Pace.MET else "missed"
            length = due.due - due.started if due.allowed is None else due.allowed
            limit = f"{spell.in_prose(length)}, {kept}"
        took = spell.in_prose(at - incident.declared_at)
        rows.append(f"| {name} | {took} | {limit} | {by} |")

    diagnosed = incident.diagnoses[0][0] if incident.diagnoses else None
    row("acknowledge", incident.acknowledged_at, who.role(incident.acknowledged_by), "respond")
    row("contain", incident.contained_at, "")
    row("diagnose", diagnosed, "", "diagnose")
    row("resolve", incident.resolved_at, "", "hotfix" if incident.resolved_at else "")
    return rows
