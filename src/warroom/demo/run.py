"""Run the demo: set the stage, open the console on it, clear the stage away."""

import asyncio
import math
import sys
from collections.abc import Callable

from warroom.bootstrap import (
    console_services,
    open_console,
    open_logs,
    open_store,
    terminal_refusal,
)
from warroom.core.journal import JournalError
from warroom.core.postmortem import draft
from warroom.core.spell import count, share
from warroom.core.state import Incident
from warroom.demo.script import SIZE, DemoFailed, Player, independent_count, play
from warroom.demo.stage import Pace, Stage, stage
from warroom.drills.service.supervisor import ServiceError
from warroom.room.impact import measure_impact, window
from warroom.settings import Settings
from warroom.tui.app import WarroomApp

SCRIPT_PACE = {"rate": 60.0, "deploy_after": 14.0, "fail_after": 2.0}
"""Nobody watches a script: enough of an ordinary time to compare with, and no more."""

GREETING = "In half a minute a release breaks this shop."


def run_demo(settings: Settings, *, seed: int, script: bool) -> int:
    """Run the demo and return its exit status; nothing of it is left behind."""
    refusal = "" if script else terminal_refusal()
    if refusal:
        sys.stderr.write(f"warroom: {refusal}\n")
        return 1
    pace = Pace(seed=seed, **SCRIPT_PACE) if script else Pace(seed=seed)
    try:
        with stage(settings, pace) as set_up:
            if script:
                return _play(set_up)
            return open_console(set_up.settings, (), GREETING)
    except ServiceError as error:
        sys.stderr.write(f"warroom: the demo's service does not start: {error}\n")
        return 1


def _play(set_up: Stage) -> int:
    def tell(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    async def run() -> Incident:
        with open_logs(set_up.settings, ()) as logs:
            app = WarroomApp(console_services(set_up.settings, logs))
            async with app.run_test(size=SIZE):
                player = Player(app, tell)
                return await play(player, _reader(set_up.settings))

    try:
        incident = asyncio.run(run())
    except DemoFailed as failure:
        sys.stderr.write(f"warroom: the demo failed: {failure}\n")
        return 1
    return _report(set_up, incident, tell)


def _reader(settings: Settings) -> Callable[[], Incident | None]:
    """Read the incident with an own connection: what counts is what is on the disk."""

    def read() -> Incident | None:
        try:
            store = open_store(settings, read_only=True)
        except JournalError:
            return None  # the console has not made it yet
        try:
            return store.incident("INC-1")
        finally:
            store.close()

    return read


def _report(set_up: Stage, incident: Incident, tell: Callable[[str], None]) -> int:
    """Hold the console's numbers against an independent count of the log."""
    measured = next((run for run in incident.runs if run.effect and run.finished_at), None)
    if measured is None or measured.effect is None or measured.finished_at is None:
        sys.stderr.write("warroom: the demo measured no effect\n")
        return 1
    effect = measured.effect
    since = incident.onset.at.timestamp() if incident.onset else incident.declared_at.timestamp()
    counted = independent_count(set_up.service.access_log, since, measured.intended_at.timestamp())
    after = independent_count(
        set_up.service.access_log, measured.finished_at.timestamp() + 4, float("inf")
    )
    tell(f"the console measured   {effect.sentence}")
    tell(
        f"an independent count   {share(*counted)} of {counted[1]} before the step, "
        f"{share(*after)} of {after[1]} since"
    )
    told = (effect.before_failures, effect.before_requests)
    if told != counted or after[0] * 20 > after[1]:
        sys.stderr.write(f"warroom: the numbers differ: console {told}, log {counted}, {after}\n")
        return 1
    drafted = _drafted(set_up, incident)
    if drafted is None:
        sys.stderr.write("warroom: the draft of the postmortem differs from the log\n")
        return 1
    tell(f"the untouched draft    {drafted}")
    verified = open_store(set_up.settings, read_only=True)
    try:
        problems = verified.verify().problems
    finally:
        verified.close()
    tell(f"journal                {'; '.join(problems) or 'unbroken'}")
    return 1 if problems else 0


def _drafted(set_up: Stage, incident: Incident) -> str | None:
    """Return what the draft says of the impact, None: it says something else than the log."""
    span = window(incident, incident.changed_at)
    store = open_store(set_up.settings, read_only=True)
    try:
        records = store.records(incident.id)
    finally:
        store.close()
    if span is None:
        return None
    with open_logs(set_up.settings, ()) as logs:
        impact = measure_impact(logs, *span)
    text = draft(incident, records, impact)
    low, high = (math.floor(span[0].timestamp()), math.ceil(span[1].timestamp()))
    failures, requests = independent_count(set_up.service.access_log, low, high, path="/")
    told = f"{count(failures)} of {count(requests)} requests failed"
    wanted = (told, incident.title, incident.boundary, incident.contained_how)
    return told if all(words in text for words in wanted) else None
