"""Containment on the command line: list, preview, run exactly what was previewed, undo."""

import contextlib
import hashlib
import json
import signal
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from threading import Event

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_USAGE,
    done,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    refused,
    say,
    settings,
)
from warroom.cli.times import LATER
from warroom.core.commands import Contain, KeepContainment, SettleStep
from warroom.core.decide import Refusal
from warroom.core.state import Incident, Run
from warroom.core.text import clean_text
from warroom.core.views import run_view
from warroom.core.words import Outcome, StepAction
from warroom.room.containment import Containment, Plan, Progress
from warroom.room.service import Room


@click.command()
@click.argument("incident")
@click.argument("runbook", required=False)
@click.option("--step", type=click.IntRange(min=1), help="Number of the step; else the first.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option("--undo", "undo", metavar="RUN", help="Take back what a run put in force; or `last`.")
@click.option("--verify", is_flag=True, help="Run the step's verification only.")
@click.option(
    "--dry-run", is_flag=True, help="Run only the check before the step: it changes nothing."
)
@click.option(
    "--ask-after",
    type=click.IntRange(min=1),
    metavar="MINUTES",
    help="In force for so long, then it asks.",
)
@click.option("--second", default="", metavar="NAME", help="Who agreed, where two must.")
@click.option("--confirm", metavar="CODE", help="Run it: the code that the preview printed.")
@click.option("--settle", metavar="RUN", help="Say what became of an unknown step.")
@click.option("--done/--not-done", "settled", default=None, help="For --settle.")
@click.option("--by-hand", metavar="HOW", help="Say what stopped the damage outside the room.")
@click.option("--keep", metavar="RUN", help="Let what a run put in force stay; or `last`.")
@click.option("--until", type=LATER, help="For --keep: until when, as `2d`.")
@click.option("--because", default="", help="For --keep: why it may stay.")
@click.option("--no-measure", is_flag=True, help="Do not wait for the effect.")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="Log to measure the effect in.")
@json_option
def contain(
    *,
    incident: str,
    runbook: str | None,
    step: int | None,
    params: tuple[str, ...],
    undo: str | None,
    verify: bool,
    dry_run: bool,
    ask_after: int | None,
    second: str,
    confirm: str | None,
    settle: str | None,
    settled: bool | None,
    by_hand: str | None,
    keep: str | None,
    until: datetime | None,
    because: str,
    no_measure: bool,
    logs: tuple[str, ...],
    as_json: bool,
) -> None:
    """List what could contain an INCIDENT; with a RUNBOOK, preview its step.

    Nothing runs without --confirm and the code that the preview of exactly this step printed.
    """
    from warroom.bootstrap import open_containment, open_logs

    given = _given(params)
    with open_room() as room, open_logs(settings(), logs) as opened:
        containment = open_containment(settings(), room, opened)
        state = known(room, incident)
        if settle is not None:
            _settle(room, state, settle, settled, as_json=as_json)
            return
        if by_hand is not None:
            done(room.do(Contain(how=by_hand), state.id), as_json=as_json, words="{id} contained")
            return
        if keep is not None:
            _keep(room, state, keep, until, because, as_json=as_json)
            return
        if runbook is None and undo is None:
            _list(containment, state, as_json=as_json)
            return
        if undo is not None:
            plan = containment.undo_plan(state, None if undo == "last" else undo)
        else:
            action = StepAction.VERIFY if verify else StepAction.RUN
            action = StepAction.PRECHECK if dry_run else action
            plan = containment.plan(state, runbook or "", step, action=action, given=given)
        if isinstance(plan, Refusal):
            refused(plan)
        if ask_after is not None and plan.minutes and not plan.lasts:
            plan = replace(plan, minutes=ask_after)
        if dry_run:
            _run(containment, plan, measure=False, as_json=as_json)
            return
        counted = bool(opened) or settings().map.get(state.service).metrics is not None
        measure = counted and not no_measure
        proceed(containment, plan, confirm, measure=measure, second=second, as_json=as_json)


def proceed(
    containment: Containment,
    plan: Plan,
    confirm: str | None,
    *,
    measure: bool = False,
    second: str = "",
    as_json: bool,
) -> None:
    """Preview a step; with the code of exactly this preview, run it."""
    code = plan_code(plan)
    if confirm is None:
        _preview(plan, code, as_json=as_json)
        return
    if confirm != code:
        refused(
            Refusal(
                reason="this is not the code of that step as it stands now: nothing ran",
                hint="Preview it again and look at what changed.",
            )
        )
    _run(containment, plan, measure=measure, as_json=as_json, second=second)


def plan_code(plan: Plan) -> str:
    """Return a short code that only this very step, with these values, has."""
    text = json.dumps(
        {**asdict(plan), "run": "", "version": 0, "because": ""}, sort_keys=True, default=str
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _given(params: tuple[str, ...]) -> dict[str, str]:
    given = {}
    for param in params:
        name, sign, value = param.partition("=")
        if not sign:
            fail(f"--param {param!r} is not of the form NAME=VALUE")
            end(EXIT_USAGE)
        given[name] = value
    return given


def _list(containment: Containment, state: Incident, *, as_json: bool) -> None:
    options = containment.options(state)
    if as_json:
        emit(
            {
                "in_force": [run_view(run) for run in state.ledger],
                "options": [asdict(option) for option in options],
            }
        )
        return
    for run in state.ledger:
        say(f"in force  {run.intent.title} since {run.intended_at:%H:%M:%S} by {run.by}")
        say(f"          undo: warroom contain {state.id} --undo {run.intent.run}")
    if not options:
        say(f"No runbook applies to service {state.service or '(not recorded)'}.")
    for option in options:
        blocked = f"  [{option.blocked}]" if option.blocked else ""
        say(f"{option.kind:<9} {option.runbook:<24} {option.title}{blocked}")
        say(f"          {option.reason}{'' if option.undo else '; no undo'}")
        if option.last:
            say(f"          {option.last}")


def _preview(plan: Plan, code: str, *, as_json: bool) -> None:
    if as_json:
        emit({**asdict(plan), "confirm": code})
        return
    say(f"{plan.title}, step {plan.step} of {plan.steps}: {plan.step_title}")
    say(f"where     {plan.service or plan.incident}")
    say("command   " + plan.command.strip().replace("\n", "\n          "))
    for name, value in plan.params.items():
        say(f"          {name} = {value}")
    say(f"touches   {plan.blast_radius or 'not stated'}")
    back = "this is the undo" if plan.action is StepAction.UNDO else "there is no way back"
    say("undo      " + (plan.undo.strip().replace("\n", "\n          ") or back))
    if plan.hits:
        say(f"          depends on it: {', '.join(plan.hits)}")
    if plan.lasts:
        say(f"in force  ends by itself after {plan.minutes} min")
    elif plan.minutes:
        say(f"in force  asks again after {plan.minutes} min (--ask-after)")
    if plan.second_to:
        say(f"agreed by somebody else than {plan.second_to} (--second NAME)")
    if plan.worked_if:
        say(f"worked if {plan.worked_if}")
    if plan.because:
        say(f"because   {plan.because}")
    say(f"\nNothing ran. To run exactly this: add --confirm {code}")


@contextlib.contextmanager
def _interruptible() -> Iterator[Event]:
    """Turn ctrl+c and TERM into a stop of the step: it is ended, and its outcome is kept."""
    cancel = Event()
    before = {
        number: signal.signal(number, lambda _n, _f: cancel.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(
    containment: Containment, plan: Plan, *, measure: bool, as_json: bool, second: str = ""
) -> None:
    def output(text: str) -> None:
        if not as_json:
            click.echo(clean_text(text), nl=False)

    with _interruptible() as cancel:
        run = containment.execute(
            plan,
            confirmed=plan.typed or plan.key,
            on_output=output,
            cancel=cancel,
            second=second,
        )
        if isinstance(run, Refusal):
            refused(run)
        progress = None
        if (
            measure
            and run.outcome is Outcome.SUCCEEDED
            and plan.action in (StepAction.RUN, StepAction.UNDO)
        ):
            if not as_json:
                say("measuring the effect; ctrl+c stops the measuring, not the containment")
            progress = containment.measure(plan.incident, run.intent.run, cancel=cancel)
    _report(plan, run, progress, as_json=as_json)
    if run.outcome is not Outcome.SUCCEEDED:
        end(EXIT_FAILED)


def _report(plan: Plan, run: Run, progress: Progress | None, *, as_json: bool) -> None:
    if as_json:
        emit({**run_view(run), "sentence": progress.sentence if progress else None})
        return
    words = run.outcome.value.replace("_", " ") if run.outcome else "running"
    say(f"{words}: {run.intent.title}, step {run.intent.step} {run.intent.step_title}")
    if run.outcome is Outcome.UNKNOWN:
        say(f"look, then: warroom contain {plan.incident} --settle {run.intent.run} --done")
    if progress is not None:
        say(progress.sentence)


def _keep(
    room: Room,
    state: Incident,
    run: str,
    until: datetime | None,
    because: str,
    *,
    as_json: bool,
) -> None:
    """Let something in force stay until a date: it becomes a follow-up."""
    if until is None:
        fail("say until when it stays", "--until 2d")
        end(EXIT_USAGE)
    if run == "last":
        run = state.ledger[-1].intent.run if state.ledger else ""
    command = KeepContainment(run=run, until=until, reason=because)
    done(room.do(command, state.id), as_json=as_json, words="kept in force on {id}")


def _settle(room: Room, state: Incident, run: str, settled: bool | None, *, as_json: bool) -> None:
    if settled is None:
        fail("say which: --done or --not-done")
        end(EXIT_USAGE)
    result = room.do(SettleStep(run=run, done=settled), state.id)
    done(result, as_json=as_json, words="settled on {id}")
