"""What is still open in a postmortem that is to be marked final."""

from warroom.core.lint import FEWEST, MOST, UNMERGED
from warroom.core.postmortem import open_questions
from warroom.core.state import Incident
from warroom.core.words import FollowUpState


def unfinished(incident: Incident) -> tuple[str, ...]:
    """Return what a final postmortem still wants; empty: it may be marked final as it is.

    Every question of the saved text is answered, nothing waits to be merged, and two to four
    follow-ups have an owner and a date. Anything else needs a reason, which the report then tells.
    """
    found = [f"line {line}: {question}" for line, question in open_questions(incident.postmortem)]
    found += [
        f"line {number}: two versions stand side by side"
        for number, line in enumerate(incident.postmortem.splitlines(), start=1)
        if line.startswith(UNMERGED)
    ]
    kept = [item for item in incident.follow_ups if item.state is not FollowUpState.DROPPED]
    if not FEWEST <= len(kept) <= MOST:
        found.append(f"{len(kept)} follow-ups: two to four get done")
    for item in kept:
        gaps = [word for word, there in (("owner", item.owner), ("date", item.due)) if not there]
        if gaps and item.state is FollowUpState.OPEN:
            found.append(f"follow-up {item.follow_up} has no {' and no '.join(gaps)}: {item.text}")
    return tuple(found)
