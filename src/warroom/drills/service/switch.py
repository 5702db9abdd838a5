"""The shop's operators' command: set one switch, say what it was, or check that it really works.

`shopctl`, a wrapper written beside the service, calls it with the service's folder.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from warroom.core.text import clean_line
from warroom.drills.service import wire
from warroom.drills.service.settings import Settings, load_settings
from warroom.drills.service.state import INSTANCES, OPTIONS
from warroom.drills.service.wire import Request, Response

PATIENCE = 5.0
"""Seconds for one answer of the shop."""
PROBES = 6
"""Requests that a check sends through the router: twice as many as there are instances."""

USAGE = """\
usage: shopctl [check | before] SWITCH [NAME] VALUE
       shopctl restart INSTANCE
       shopctl status

switches:
"""


class SwitchError(Exception):
    """What could not be done and what to do about it, in one line."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns 0 done, 1 failed, 2 usage."""
    if len(arguments) < 2 or arguments[1] in {"-h", "--help"}:
        sys.stderr.write(USAGE + _switches())
        return 2
    folder, *words = arguments
    try:
        settings = load_settings(Path(folder))
        lines = asyncio.run(_run(settings, words))
    except (OSError, ValueError, KeyError, wire.WireError) as error:
        detail = clean_line(str(error) or type(error).__name__)
        sys.stderr.write(f"shopctl: the shop in {folder} does not answer ({detail})\n")
        return 1
    except SwitchError as error:
        sys.stderr.write(f"shopctl: {clean_line(str(error))}\n")
        return 1
    sys.stdout.write("".join(f"{clean_line(line)}\n" for line in lines))
    return 0


async def _run(settings: Settings, words: Sequence[str]) -> list[str]:
    match list(words):
        case ["status"]:
            return [f"{key}={value}" for key, value in (await _entries(settings)).items()]
        case ["restart", name] if name in INSTANCES:
            await _control(settings, "POST", f"/restart/{name}")
            return [f"{name} restarted"]
        case ["before", *rest]:
            key, _ = _switch(rest)
            return [_state_line(key, (await _entries(settings))[key])]
        case ["check", *rest]:
            return [await _check(settings, *_switch(rest))]
        case _:
            return await _set(settings, *_switch(words))


def _switch(words: Sequence[str]) -> tuple[str, str]:
    """Return the key and the value that `release 2026.11.19` or `flag new-cart off` mean."""
    if not 2 <= len(words) <= 3:
        raise SwitchError(f"{' '.join(words)!r} is no switch; there are: {', '.join(OPTIONS)}")
    *names, value = words
    key = ".".join(names)
    options = OPTIONS.get(key)
    if options is None:
        raise SwitchError(f"there is no switch {key!r}; there are: {', '.join(OPTIONS)}")
    if value not in options:
        raise SwitchError(f"{key} cannot be {value!r}; it can be: {', '.join(options)}")
    return key, value


async def _entries(settings: Settings) -> dict[str, str]:
    """Return every switch of the shop as it is now."""
    return (await _control(settings, "GET", "/state"))["entries"]


def _state_line(key: str, value: str) -> str:
    """Return the line that a runbook's undo reads: how a switch was, under its first word."""
    return f"warroom-state: {key.partition('.')[0]}={value}"


async def _set(settings: Settings, key: str, value: str) -> list[str]:
    answer = await _control(settings, "POST", "/set", {key: value})
    before = answer["before"][key]
    told = f"{key} was already {value}" if before == value else f"{key}: {before} -> {value}"
    return [_state_line(key, before), told]


async def _check(settings: Settings, key: str, value: str) -> str:
    router = wire.Pool(settings.ports["router"])
    kind, _, name = key.partition(".")
    if kind == "route" and value != "open":
        method, path = name.split(" ", 1)
        answer = await _probe(router, method, path)
        found = "degraded" if "x-degraded" in answer.headers else "closed"
        if found == "closed" and answer.status != 503:
            found = "open"
        return _verdict(key, value, {found})
    answers = [await _probe(router, "GET", "/health") for _ in range(PROBES)]
    if kind == "release":
        return _verdict(key, value, {a.headers.get("x-release", "nothing") for a in answers})
    if kind == "instance":
        serves = any(answer.headers.get("x-instance") == name for answer in answers)
        return _verdict(key, value, {"in" if serves else "drained"})
    told = {str(_told(answer).get(key)) for answer in answers if answer.status == 200}
    return _verdict(key, value, told or {"with errors only"})


def _verdict(key: str, wanted: str, found: set[str]) -> str:
    if found != {wanted}:
        raise SwitchError(f"{key} should be {wanted}, but the shop answers {', '.join(found)}")
    return f"{key} is {wanted}: the shop answers so"


def _told(answer: Response) -> dict[str, object]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


async def _probe(router: wire.Pool, method: str, path: str) -> Response:
    return await router.ask(Request(method, path, {"user-agent": "shopctl/1.0"}), PATIENCE)


async def _control(
    settings: Settings, method: str, path: str, body: dict[str, str] | None = None
) -> dict[str, dict[str, str]]:
    pool = wire.Pool(settings.ports["control"])
    content = json.dumps(body).encode() if body else b""
    answer = await pool.ask(Request(method, path, {}, content), PATIENCE)
    told: dict[str, dict[str, str]] = json.loads(answer.body)
    if answer.status != 200:
        raise SwitchError(str(told.get("error", f"the control endpoint answers {answer.status}")))
    return told


def _switches() -> str:
    return "".join(
        f"  {key.replace('.', ' ', 1)}: {' | '.join(options)}\n" for key, options in OPTIONS.items()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
