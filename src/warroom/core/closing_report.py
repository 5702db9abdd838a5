"""How an incident was closed, to be printed under a report that was written before."""

from warroom.core.state import Incident


def closing_section(incident: Incident) -> str:
    """Return the section as Markdown; empty while the incident is open or goes on in another one.

    The measured checks stand in it, and an override with its reason and what was missing.
    """
    if incident.closed_at is None or incident.merged_into:
        return ""
    lines = ["", "## Closing", "", f"- Closed {incident.closed_at:%Y-%m-%d %H:%M:%S} UTC"]
    lines += [
        f"- {'Verified' if found.passed else 'Not passed'}: {found.sentence}"
        for _, found in incident.checks.values()
    ]
    if incident.close_override:
        lines.append(f"- **Closed against the checks**, because: {incident.close_override}")
        lines += [f"  - missing: {gap}" for gap in incident.close_missing]
    return "\n".join(lines) + "\n"
