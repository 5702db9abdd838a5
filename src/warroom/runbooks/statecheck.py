"""What can be read from a step's text about the state before: who reports it, who needs it."""

import re
from collections.abc import Iterator, Mapping

from warroom.core.words import StepAction
from warroom.runbooks.httptext import pointers
from warroom.runbooks.model import Block, Finding, Language, Step
from warroom.runbooks.params import STATE_PREFIX

_REPORTS = (StepAction.PRECHECK, StepAction.RUN, StepAction.VERIFY)
_NEEDS = (StepAction.VERIFY, StepAction.UNDO)
_LINE = re.compile(r"warroom-state: (?:([a-z][a-z0-9_]*)=)?")
_COLUMN = re.compile(r"'([a-z][a-z0-9_]*)=")
_SAVE = re.compile(r"^\s*save\s", re.MULTILINE)
_KEPT_BACK = re.compile(
    r"^[^#\n]*\bprint\((?=[^\n]*warroom-state: )(?![^\n]*flush=True)[^\n]*", re.MULTILINE
)


def check_state(step: Step, needed: Mapping[StepAction, Mapping[str, int]]) -> Iterator[Finding]:
    """Find a state that is needed and never reported, and one that is reported too late.

    Args:
        step: What is looked at.
        needed: For each block the names that it takes from outside, with their line.
    """
    reported = _reported(step)
    for role in _NEEDS:
        for name, line in needed.get(role, {}).items():
            state = name.removeprefix(STATE_PREFIX)
            if reported is None or state == name or state in reported:
                continue
            yield Finding(
                line,
                "unknown-state",
                f"nothing in this step reports {state}: print warroom-state: {state}=… in the"
                " precheck, or in run before anything changes",
            )
    if step.run is not None:
        for found in _KEPT_BACK.finditer(step.run.code):
            yield Finding(
                step.run.line + 1 + step.run.code.count("\n", 0, found.start()),
                "late-state",
                "it leaves the program only when that ends: print(…, flush=True)",
            )


def _reported(step: Step) -> set[str] | None:
    """Return the names that a step reports; None where its text does not say all of them."""
    found: set[str] = set()
    shells: list[set[str]] = []
    for block in filter(None, map(step.block, _REPORTS)):
        names = _names(block)
        if names is None:
            return None
        found |= names
        if block.language in {Language.SH, Language.BASH}:
            shells.append(names)
    # Where no shell block says it itself, a program that one calls may.
    return None if shells and not any(shells) else found


def _names(block: Block) -> set[str] | None:
    if block.language is Language.HTTP:
        return {name for name, _ in pointers(block.options.get("state", ""), ":")}
    if block.language is Language.HAPROXY:
        return {"weight", "admin"} if _SAVE.search(block.code) else set()
    if block.language is Language.SQL:
        return set(_COLUMN.findall(block.code)) if "warroom_state" in block.code else set()
    names = [match[1] for match in _LINE.finditer(block.code)]
    return set(names) if all(names) else None
