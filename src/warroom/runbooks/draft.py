"""The text of a new runbook, complete enough to pass the linter once its blanks are filled."""

import json
from collections.abc import Sequence

from warroom.core.words import ContainmentKind

_STEPS = {
    ContainmentKind.FLAG: "Switch the flag off",
    ContainmentKind.ROLLBACK: "Return to the earlier release",
    ContainmentKind.ROUTE: "Take the traffic away",
    ContainmentKind.KILL: "Switch it off",
}


def new_runbook(
    title: str, kind: ContainmentKind, services: Sequence[str], symptoms: Sequence[str] = ()
) -> str:
    """Markdown of a runbook with one step whose blocks say what belongs there.

    Until they are filled in every block fails, so that a draft run by mistake changes nothing.
    """
    head = [
        "---",
        f"title: {json.dumps(title, ensure_ascii=False)}",
        f"kind: {kind}",
        f"services: {json.dumps(list(services), ensure_ascii=False)}",
        *([f"symptoms: {json.dumps(list(symptoms), ensure_ascii=False)}"] if symptoms else []),
        'blast_radius: ""',
        'owner: ""',
        "---",
    ]
    blocks = [
        _block("sh precheck reads timeout=10s", "check that it can be done; print warroom-state:"),
        _block("sh run timeout=60s", "do it"),
        _block("sh undo timeout=60s", 'take it back, with "$state_…" from the precheck'),
        _block("sh verify timeout=10s", "see that it is done"),
        "   ```watch\n   5xx_rate < 1% for 2m\n   ```",
    ]
    body = [f"# {' '.join(title.split())}", "", f"1. [ ] {_STEPS.get(kind, 'First step')}", *blocks]
    return "\n".join([*head, *body, "2. [ ] Tell those concerned", ""])


def _block(info: str, what: str) -> str:
    return f'   ```{info}\n   # {what}\n   echo "not written yet"; exit 1\n   ```'
