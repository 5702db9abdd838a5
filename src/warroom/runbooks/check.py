"""The linter: what is missing or dangerous in a runbook, line by line."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from itertools import chain

from warroom.core.words import ContainmentKind, StepAction
from warroom.runbooks.haproxy import DEFAULT_SOCKET
from warroom.runbooks.mention import NAME
from warroom.runbooks.model import Block, Finding, Language, Runbook, Step
from warroom.runbooks.params import ENVIRONMENT, FACTS, STATE_PREFIX, mentioned_facts
from warroom.runbooks.redact import secret_shapes
from warroom.runbooks.shellscan import assigned, expansions
from warroom.runbooks.sql import DEFAULT_URL, mentions, quoted_mentions
from warroom.runbooks.statecheck import check_state

RULES: Mapping[str, str] = {
    "no-undo": "a step that changes something has no undo and does not say undo=none",
    "no-timeout": "a block has no time-out",
    "no-verify": "a step that changes something has neither verify nor watch",
    "no-blast-radius": "the head does not say what the steps touch",
    "no-services": "a containment runbook names no service",
    "no-steps": "there is nothing to do",
    "secret-in-text": "something has the shape of a password or token",
    "unknown-parameter": "a name is used that is neither asked for nor inherited",
    "unknown-state": "a block needs a state that nothing in its step reports",
    "late-state": "what run reports is held back until its program ends",
    "unused-parameter": "an answer is asked for and never used",
    "unknown-fact": "a default needs a fact that nobody knows",
    "unquoted-variable": "a value with spaces or * would become several words",
    "evaluates-text": "text is evaluated as a command: a value could become one",
    "background-process": "a process put in the background ends with the step",
    "shell-syntax": "the shell cannot parse a block",
    "quoted-placeholder": "a SQL parameter stands inside quotes",
    "outside-step": "a block belongs to no step",
    "unknown-key": "a key of the head means nothing",
}
"""Every rule and what it finds."""

_SHELLS = {Language.SH, Language.BASH}
_EVALUATES = re.compile(
    r"(?:^|[\s;&|(])(?:eval\s|(?:sh|bash|zsh)\s+(?:-\w+\s+)*-\w*c\s+(?!'))|\bxargs\b.*\bsh\s+-c",
)
_BACKGROUND = re.compile(r"(?<![&|<>])&(?![&>\d])\s*(?:$|[;)\n#]|\w)")
_SHELL_LIMIT = 5.0


def check(runbook: Runbook) -> list[Finding]:
    """Everything to be said about a runbook, by line; an empty list is a clean one."""
    findings = chain(
        runbook.remarks,
        _head(runbook),
        _secrets(runbook.text),
        *(_step(step) for step in runbook.steps),
        *(check_state(step, _needed(step)) for step in runbook.steps),
        _parameters(runbook),
    )
    return sorted(set(findings), key=lambda finding: (finding.line, finding.rule, finding.message))


def _head(runbook: Runbook) -> Iterator[Finding]:
    changes = any(step.run and not step.run.reads_only for step in runbook.steps)
    if not runbook.steps:
        yield Finding(1, "no-steps", "there is no step: write a list of tasks (1. [ ] …)")
    if changes and not runbook.blast_radius:
        yield Finding(1, "no-blast-radius", "say in the head what the steps touch: blast_radius:")
    if changes and not runbook.services and runbook.kind is not ContainmentKind.OTHER:
        yield Finding(1, "no-services", "say in the head which services it is for: services: [a]")
    for parameter in runbook.params.values():
        for fact in mentioned_facts(parameter.default):
            if fact not in FACTS:
                yield Finding(
                    parameter.line,
                    "unknown-fact",
                    f"the default of {parameter.name} needs {fact!r}; known: {', '.join(FACTS)}",
                )


def _secrets(text: str) -> Iterator[Finding]:
    for offset, start in secret_shapes(text):
        line = text.count("\n", 0, offset) + 1
        yield Finding(
            line,
            "secret-in-text",
            f"{start}… looks like a secret: make it a parameter of type secret, and replace it"
            " where it is valid",
        )


def _step(step: Step) -> Iterator[Finding]:
    run = step.run
    if run is not None and not run.reads_only:
        if step.undo is None and run.options.get("undo") != "none":
            yield Finding(
                run.line, "no-undo", "add an undo block, or say undo=none and be asked to type"
            )
        if step.verify is None and step.watch is None:
            yield Finding(run.line, "no-verify", "add a verify or a watch block: did it work?")
    for role in StepAction:
        block = step.block(role)
        if block is None:
            continue
        if block.timeout is None:
            yield Finding(block.line, "no-timeout", f"say how long it may take: {role} timeout=60s")
        if block.language in _SHELLS:
            yield from _shell(block)
        elif block.language is Language.SQL:
            for offset in quoted_mentions(block.code):
                yield Finding(
                    block.line + 1 + block.code.count("\n", 0, offset),
                    "quoted-placeholder",
                    "remove the quotes: the parameter is bound as a value, quotes and all",
                )


def _shell(block: Block) -> Iterator[Finding]:
    first = block.line + 1
    for expansion in expansions(block.code):
        if not expansion.quoted:
            yield Finding(
                first + expansion.line,
                "unquoted-variable",
                f'write "${expansion.name}": without quotes it becomes several words',
            )
    for number, line in enumerate(block.code.split("\n")):
        bare = re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|(?:^|\s)#.*", "''", line)
        if _EVALUATES.search(line):
            yield Finding(
                first + number, "evaluates-text", "pass values as arguments, do not build commands"
            )
        if _BACKGROUND.search(bare) and "setsid" not in line:
            yield Finding(
                first + number,
                "background-process",
                "it ends with the step; start a daemon with setsid -f and redirect its output",
            )
    yield from _syntax(block)


def _syntax(block: Block) -> Iterator[Finding]:
    """Let the shell itself read the block, without executing it."""
    program = "bash" if block.language is Language.BASH else "/bin/sh"
    try:
        done = subprocess.run(
            [program, "-n", "-c", block.code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SHELL_LIMIT,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return  # no such shell here: nothing can be said
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        where = re.search(r"\b(?:line )?(\d+): ", said)
        last = block.code.rstrip("\n").count("\n") + 1
        line = block.line + min(int(where[1]), last) if where else block.line
        yield Finding(line, "shell-syntax", said.splitlines()[0][:200] if said else "not parsed")


def _mentions(block: Block) -> Iterator[tuple[str, int]]:
    """Names that a block takes from outside, with the line."""
    if block.language in _SHELLS:
        own = assigned(block.code)
        for expansion in expansions(block.code):
            if expansion.name not in own and expansion.name not in {"@", "*"}:
                yield expansion.name, block.line + 1 + expansion.line
        return
    if block.language is Language.SQL:
        found = mentions(block.code)
        yield block.options.get("url") or DEFAULT_URL, block.line
    else:
        found = ((m[1] or m[2], m.start()) for m in NAME.finditer(block.code))
    if block.language is Language.HAPROXY:
        yield block.options.get("socket") or DEFAULT_SOCKET, block.line
    for name, offset in found:
        yield name, block.line + 1 + block.code.count("\n", 0, offset)


def _needed(step: Step) -> dict[StepAction, dict[str, int]]:
    """Return what each block of a step takes from outside, with the line."""
    blocks = ((role, step.block(role)) for role in StepAction)
    return {role: dict(_mentions(block)) for role, block in blocks if block is not None}


def _parameters(runbook: Runbook) -> Iterator[Finding]:
    used = set()
    shell_own = {"PWD", "OLDPWD", "OPTARG", "OPTIND", "PPID", "IFS", "TERM"}
    for step in runbook.steps:
        for role in StepAction:
            block = step.block(role)
            for name, line in _mentions(block) if block else ():
                used.add(name)
                inherited = name in ENVIRONMENT or name in shell_own
                if name in runbook.params or inherited or name.startswith(STATE_PREFIX):
                    continue
                yield Finding(
                    line,
                    "unknown-parameter",
                    f"${name} is neither asked for under params: nor inherited",
                )
        if step.watch is not None:
            for value in step.watch.where.values():
                if value.startswith("$"):
                    used.add(value[1:])
                    if value[1:] not in runbook.params:
                        yield Finding(
                            step.watch.line,
                            "unknown-parameter",
                            f"{value} is not asked for under params:",
                        )
    for name, parameter in runbook.params.items():
        if name not in used:
            yield Finding(parameter.line, "unused-parameter", f"no step uses ${name}")
