"""Commands of the repair: fixes and their checklist, verification, the watch for a recurrence."""

import contextlib
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event

import click

from warroom.cli.common import (
    EXIT_FAILED,
    emit,
    end,
    json_option,
    known,
    open_room,
    refused,
    say,
    settings,
)
from warroom.cli.times import INSTANT, SPAN
from warroom.core import commands as c
from warroom.core.closing import missing
from warroom.core.codec import encode
from warroom.core.conduct import Answered
from warroom.core.decide import Refusal
from warroom.core.fixing import STEPS, fix_checklist
from warroom.core.state import Incident
from warroom.core.views import incident_view
from warroom.core.words import FixLevel


@click.command()
@click.argument("incident")
@click.argument("text", required=False)
@click.option("--level", type=click.Choice([x.value for x in FixLevel]), help="How deep it goes.")
@click.option("--reference", default="", help="Branch, commit or ticket.")
@click.option(
    "--check", "checks", nargs=2, multiple=True, metavar="STEP TEXT",
    help=f"Answer a step of the checklist: {', '.join(STEPS)}.",
)  # fmt: skip
@json_option
def fix(
    *,
    incident: str,
    text: str | None,
    level: str | None,
    reference: str,
    checks: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Record a fix of an INCIDENT at its level, or show the checklist of the fix.

    A workaround or hotfix opens a follow-up for the root cause by itself.
    """
    if (text is None) != (level is None):
        raise click.UsageError("a fix needs its TEXT and its --level")
    wrong = [step for step, _ in checks if step not in STEPS]
    if wrong:
        raise click.UsageError(f"--check {wrong[0]!r}: steps are {', '.join(STEPS)}")
    commands: list[c.Command] = []
    if text is not None and level is not None:
        commands.append(c.RecordFix(level=FixLevel(level), text=text, reference=reference))
    commands += [
        c.Answer(facts=Answered(question=f"fix.{step}", text=said)) for step, said in checks
    ]
    with open_room() as room:
        state = known(room, incident)
        for command in commands:
            result = room.do(command, state.id)
            if isinstance(result, Refusal):
                refused(result)
            state = result.incident
    _checklist(state, as_json=as_json)


def _checklist(state: Incident, *, as_json: bool) -> None:
    steps = fix_checklist(state)
    if as_json:
        emit(
            {
                "id": state.id,
                "fixes": [encode(one) for _, one in state.fixes],
                "checklist": {
                    one.question.key.removeprefix("fix."): one.answer or None for one in steps
                },
                "follow_ups": [encode(one) for one in state.follow_ups],
            }
        )
        return
    for _, one in state.fixes:
        say(f"{one.level.value.replace('_', ' ')}: {one.text} {one.reference}".rstrip())
    if not state.fixes:
        say(f"No fix of {state.id} is recorded.")
    for step in steps:
        mark = "·" if step.open else "✓"
        say(f" {mark} {step.question.key.removeprefix('fix.'):<11} {step.question.text}")
        if step.answer:
            say(f"               {step.answer}")
    gaps = sum(step.open for step in steps)
    if gaps:
        say(f"{gaps} of {len(steps)} are gaps: warroom fix {state.id} --check STEP TEXT")


@click.command()
@click.argument("incident")
@click.option(
    "--for", "hold", type=SPAN, default="10m", show_default=True,
    help="How long the failure must have been gone.",
)  # fmt: skip
@click.option("--log", "logs", multiple=True, metavar="FILE", help="Log to measure in.")
@click.option("--wait", is_flag=True, help="Wait until enough time has passed.")
@json_option
def verify(
    *, incident: str, hold: timedelta, logs: tuple[str, ...], wait: bool, as_json: bool
) -> None:
    """Measure whether the failure of an INCIDENT is gone, and record what was found.

    Three checks: the failure is gone from the log, the routes beside it are no worse than before
    it, and nothing temporary is in force.
    """
    from warroom.bootstrap import open_logs
    from warroom.room.measure import read_through
    from warroom.room.verify import record
    from warroom.room.verify import verify as measure

    with open_room() as room, open_logs(settings(), logs) as opened, _stoppable() as stop:
        state = known(room, incident)
        read_through(opened)
        services = settings().map
        measurable = bool(opened) or services.get(state.service).metrics is not None
        found = measure(state, opened, room.now(), hold, services)
        while wait and found.wait > timedelta() and measurable and not stop.is_set():
            stop.wait(min(found.wait.total_seconds(), 5.0))
            found = measure(state, opened, room.now(), hold, services)
        kept = record(room, state, found)
        if isinstance(kept, Refusal):
            refused(kept)
        state = kept.incident
    if as_json:
        emit(
            {
                "id": state.id,
                "passed": found.passed,
                "checks": [encode(check) for check in found.checks],
                "seconds_to_wait": max(0, round(found.wait.total_seconds())),
                "missing": list(missing(state)),
            }
        )
    else:
        for check in found.checks:
            say(f"{'✓' if check.passed else '✗'} {check.check.value:<9} {check.sentence}")
        for gap in missing(state):
            say(f"· to close: {gap}")
    if not found.passed:
        end(EXIT_FAILED)


@click.command()
@click.argument("incident")
@click.option("--for", "length", type=SPAN, default="1h", show_default=True, help="How long.")
@click.option("--since", type=INSTANT, help="From when on; else from when it was resolved.")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="Log to watch.")
@json_option
def watch(
    *,
    incident: str,
    length: timedelta,
    since: datetime | None,
    logs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Watch whether the failure of an INCIDENT comes back: reopen it, or open a linked one.

    Ends with status 1 when it came back.
    """
    from warroom.bootstrap import open_logs
    from warroom.room.measure import read_through
    from warroom.room.recurrence import RecurrenceWatch, watch_from

    with open_room() as room, open_logs(settings(), logs) as opened, _stoppable() as stop:
        state = known(room, incident)
        if state.resolved_at is None and state.closed_at is None:
            refused(Refusal(reason=f"{state.id} is not over", hint="Resolve it first."))
        if not opened:
            raise click.UsageError("name a log with --log, or in the settings")
        read_through(opened)
        start = since or watch_from(state)
        guard = RecurrenceWatch(room, state, opened, time.sleep)
        result = guard.follow(start, start + length, stop)
        if isinstance(result, Refusal):
            refused(result)
        now = room.now()
    back = result is not None
    if as_json:
        view = incident_view(result.incident, now) if result is not None else None
        emit({"back": back, "incident": view})
    elif result is None:
        say(f"{state.id}: not seen again since {start:%H:%M} UTC")
    else:
        again = "reopened" if result.incident.id == state.id else f"opened for {state.id}"
        say(f"{result.incident.id} {again}: the failure is back")
    if back:
        end(EXIT_FAILED)


@contextlib.contextmanager
def _stoppable() -> Iterator[Event]:
    """Turn ctrl+c into the end of waiting: what was measured is still recorded."""
    stop = Event()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
