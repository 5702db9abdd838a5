"""What a runbook did the last time: its measured effect, in an incident like this one if any."""

import re
from collections.abc import Iterable

from warroom.core.parts import Run
from warroom.core.similar import similar
from warroom.core.state import Incident
from warroom.core.words import CONTAINS, StepAction, Verdict
from warroom.runbooks.model import Runbook

_ORIGIN = re.compile(r"^Drafted from (INC-\d+)\.", re.MULTILINE)
"""How a runbook names the incident that it was harvested from."""


_GOOD = (Verdict.SOLVED, Verdict.HELPED)


def last_time(book: Runbook, name: str, incident: Incident, history: Iterable[Incident]) -> str:
    """Return what came of it, as `last time (INC-3): 5xx 38.2 % → 0.4 % in 90 s`; empty: never.

    An incident with the same symptoms counts before a later one of another kind. A runbook that was
    harvested from an incident and not used since tells what helped there.

    Args:
        book: The runbook.
        name: Its name.
        incident: What is going on now.
        history: Every incident.
    """
    earlier = [
        one
        for one in history
        if one.id != incident.id and not one.merged_into and one.declared_at < incident.declared_at
    ]
    alike = [one.incident for one in similar(incident, earlier)]
    later_first = sorted(earlier, key=lambda one: one.declared_at, reverse=True)
    for one in (*alike, *later_first):
        uses = [run for run in _measured(one) if name == run.intent.runbook or
                book.title == run.intent.title]  # fmt: skip
        if uses and uses[-1].effect is not None:
            like = ", like this one" if one in alike else ""
            return f"last time ({one.id}{like}): {uses[-1].effect.sentence}"
    origin = _ORIGIN.search(book.text)
    found = next((one for one in earlier if origin and one.id == origin[1]), None)
    helped = [
        run.effect
        for run in (_measured(found) if found else ())
        if run.effect is not None and run.effect.verdict in _GOOD
    ]
    if found is None or not helped:
        return ""
    return f"last time ({found.id}, where it comes from): {helped[0].sentence}"


def _measured(incident: Incident) -> list[Run]:
    return [
        run
        for run in incident.runs
        if run.intent.action is StepAction.RUN
        and run.intent.kind in CONTAINS
        and run.effect is not None
    ]


def like_before(incident: Incident, others: Iterable[Incident]) -> str:
    """Return one sentence about the likest earlier incident and what helped; empty: none."""
    found = similar(incident, others)
    if not found:
        return ""
    first = found[0]
    told = (
        run.effect.sentence
        for run in _measured(first.incident)
        if run.effect is not None and run.intent.runbook in first.helped
    )
    helped = next(told, "")
    then = f"; then {first.helped[0]}: {helped}" if helped else ""
    return f"Like {first.incident.id} ({first.reasons[0]}){then}"
