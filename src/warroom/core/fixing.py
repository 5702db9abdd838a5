"""Whether a fix was made in isolation: what of its checklist is done, and what is a gap."""

from warroom.core.questions import Asked, Group, asked
from warroom.core.state import Incident
from warroom.core.words import FixLevel

STEPS = ("branch", "test", "staging", "staged", "monitoring", "rollback")
"""What the isolated fix asks for, in the order in which it is done; keys after `fix.`."""


def fix_checklist(incident: Incident) -> tuple[Asked, ...]:
    """Return the checklist of the fix; empty while there is none that changes code."""
    return asked(incident, Group.FIX)


def fix_gaps(incident: Incident) -> tuple[str, ...]:
    """Return what of the checklist nobody has answered, as questions."""
    return tuple(one.question.text for one in fix_checklist(incident) if one.open)


def fix_level(incident: Incident) -> FixLevel | None:
    """Return the deepest level of fix that is recorded."""
    order = (FixLevel.ROOT_CAUSE, FixLevel.HOTFIX, FixLevel.WORKAROUND)
    levels = {fix.level for _, fix in incident.fixes}
    return next((level for level in order if level in levels), None)
