"""From an option to a measured effect: plan, confirm, run, watch. Nothing here decides."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from textual import work
from textual.worker import get_current_worker

from warroom.core import commands as c
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.core.words import Outcome, StepAction, Verdict
from warroom.room.containment import (
    SILENCE,
    Checklist,
    Containment,
    Option,
    Plan,
    Progress,
    TaskState,
)
from warroom.tui.actions import Actions
from warroom.tui.services import Services
from warroom.tui.stepwords import basis, ended, lost_words
from warroom.tui.theme import Palette

if TYPE_CHECKING:
    from warroom.tui.screens.confirm import ConfirmScreen
    from warroom.tui.screens.run import RunScreen


T = TypeVar("T")

LEFT_LOOKS = 10
"""Looks, a second apart, for steps that a console has left behind."""


class Stepping(Actions):
    """Containment from the screen: two keys to a plan, one deliberate key to run it."""

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.deeds |= {
            "contain": self._contain,
            "undo": self._undo,
            "step": self._step,
            "steps": self._steps,
            "settle": self._settle_step,
            "silence": self._silence,
        }
        self._given: dict[tuple[str, str], dict[str, str]] = {}
        """Answers to the questions of a runbook, by incident and runbook: asked once."""
        self._confirming: tuple[ConfirmScreen, tuple[str, ...]] | None = None
        self._taken_up: set[tuple[str, str]] = set()
        """Steps of consoles that are gone, whose effect is measured here."""

    @property
    def containment(self) -> Containment | None:
        """Containment over the opened room."""
        return self.observer.containment if self.observer is not None else None

    async def _contain(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.options import OptionsScreen  # noqa: PLC0415 - first frame

        containment = self.containment
        if containment is None:
            self.say("The store is still opening; nothing can be run yet.", "warn")
            return
        options = self.snapshot.options if self.snapshot is not None else ()
        if not options:  # the picture may be older than the incident: ask before saying no
            options = tuple(await asyncio.to_thread(containment.options, incident))
        if not options:
            self.say("No runbook applies. Contain it by hand, then say here what was done.", "warn")
            await self.deeds["contained"](incident, "")
            return
        option: Option | None
        if argument:
            option = next((o for o in options if argument in (o.key, o.runbook)), None)
            if option is None:
                self.say(f"Nothing is offered under {argument}.", "warn")
                return
        else:
            option = await self.ask(OptionsScreen(options))
            if option is None:
                return
        if option.blocked:
            self.say(f"{option.title}: {option.blocked}", "warn")
            return
        await self._step(incident, option.runbook)

    async def _undo(self, incident: Incident, argument: str) -> None:
        containment = self.containment
        if containment is None:
            return
        found = incident.run(argument) if argument else next(iter(incident.ledger), None)
        if found is None or not found.in_force:
            self.say("Nothing is in force.", "warn")
            return
        if not await self._trusted(containment, found.intent.runbook):
            return
        plan = await self._made(lambda: containment.undo_plan(incident, argument or None))
        if isinstance(plan, Refusal):
            self._refuse(plan)
        elif plan is not None:
            await self._confirm(containment, plan)

    async def _silence(self, incident: Incident, argument: str) -> None:
        """Show what would keep the alerts of this failure quiet."""
        del argument
        await self._step(incident, SILENCE)

    async def _steps(self, incident: Incident, argument: str) -> None:
        """Show a runbook as a list; open the step, or tick the task, that is chosen."""
        from warroom.tui.screens.steps import ChecklistScreen  # noqa: PLC0415 - first frame

        containment = self.containment
        while containment is not None:
            found = await self._made(lambda: containment.checklist(incident, argument))
            if not isinstance(found, Checklist):
                self._refuse(found)
                return
            number = await self.ask(ChecklistScreen(found))
            if number is None:
                return
            task = next(task for task in found.tasks if task.number == number)
            if task.state is TaskState.UNKNOWN:
                await self._settle_step(incident, "")
                return
            if task.runs:
                await self._step(incident, f"{argument} {number}")
                return
            if task.state is TaskState.DONE:
                continue
            refusal = await self._made(lambda: containment.tick(incident, argument, number))  # noqa: B023 - awaited at once
            if isinstance(refusal, Refusal):
                self._refuse(refusal)
                return

    async def _step(self, incident: Incident, argument: str) -> None:
        """Show what a step would do, with the answers it needs, until it is run or left."""
        containment = self.containment
        runbook, _, digits = argument.partition(" ")
        number = int(digits) if digits.isdigit() else None
        if containment is None or not await self._trusted(containment, runbook):
            return
        key = (incident.id, runbook)
        while True:
            given = self._given.get(key, {})
            plan = await self._made(
                lambda: containment.plan(incident, runbook, number, given=given)  # noqa: B023 - awaited at once
            )
            if plan is None:
                return
            if isinstance(plan, Refusal):
                answers = await self._answers(containment, incident, runbook, plan)
                if answers is None:
                    return
                self._given[key] = answers
                continue
            wish = await self._confirm(containment, plan)
            if wish == "e":
                answers = await self._answers(containment, incident, runbook, None)
                self._given[key] = answers if answers is not None else given
                continue
            if wish == "d":
                await self._look_first(containment, incident, plan)
            elif wish == "s":
                await self._steps(incident, runbook)
            return

    async def _look_first(self, containment: Containment, incident: Incident, plan: Plan) -> None:
        """Run only the check before a step, which changes nothing; then show the step again."""
        given = self._given.get((incident.id, plan.runbook), {})
        check = await self._made(
            lambda: containment.plan(
                incident, plan.runbook, plan.step, action=StepAction.PRECHECK, given=given
            )
        )
        if isinstance(check, Plan):
            then = ("step", f"{plan.runbook} {plan.step}")
            self.attend(self.run_step(containment, check, check.key, then=then))
        else:
            self._refuse(check)

    async def _answers(
        self, containment: Containment, incident: Incident, runbook: str, wrong: Refusal | None
    ) -> dict[str, str] | None:
        """Ask for the parameters of a runbook; None: left, or it asks for nothing."""
        from warroom.tui.screens.steps import AsksScreen  # noqa: PLC0415 - first frame

        given = self._given.get((incident.id, runbook), {})
        found = await self._made(lambda: containment.asks(incident, runbook, given))
        if found is None or isinstance(found, Refusal) or not found:
            self._refuse(wrong)
            return None
        missing = all(ask.value or ask.optional for ask in found)
        words = f"{wrong.reason}. {wrong.hint}".strip() if wrong and missing else ""
        options = self.snapshot.options if self.snapshot is not None else ()
        title = next((o.title for o in options if o.runbook == runbook), runbook)
        answers = await self.ask(AsksScreen(title, incident.id, found, words))
        if answers is None and wrong is not None:
            self._refuse(wrong)
        return answers

    async def _trusted(self, containment: Containment, runbook: str) -> bool:
        """Show a runbook that this machine has not accepted; return whether it may run."""
        from warroom.tui.screens.steps import TrustScreen  # noqa: PLC0415 - first frame

        doubt = await self._made(lambda: containment.doubt(runbook))
        if doubt is None:
            return True
        if not await self.ask(TrustScreen(doubt)):
            self.say(f"{doubt.title} is not trusted; nothing ran.", "warn")
            return False
        refusal = await self._made(lambda: containment.trust(runbook, doubt.sha256))
        self._refuse(refusal)
        return refusal is None

    async def _made(self, make: Callable[[], T]) -> T | None:
        """Ask containment off the event loop; what the store says against it is shown."""
        try:
            return await asyncio.to_thread(make)
        except JournalError as error:
            self.say(f"{error.what}. {error.hint}", "s5", "✗")
            return None

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            self.say(f"{refusal.reason}. {refusal.hint}".strip(), "warn")

    async def _confirm(self, containment: Containment, plan: Plan) -> str:
        """Show a plan and run exactly it, if the deliberate key is pressed; return a wish."""
        from warroom.tui.screens.confirm import ConfirmScreen  # noqa: PLC0415 - first frame

        dialog = ConfirmScreen(plan)
        self._confirming = (dialog, basis(self.current))
        confirmed = await self.ask(dialog)
        self._confirming = None
        if confirmed is not None:
            plan = replace(plan, minutes=dialog.minutes)
            self.attend(self.run_step(containment, plan, confirmed, second=dialog.second))
        elif not dialog.wish:
            self.say(f"{plan.title}: nothing ran.")
        return dialog.wish

    async def _settle_step(self, incident: Incident, argument: str) -> None:
        """Look at a step whose end is not known, or say what became of it."""
        from warroom.tui.screens.choose import Answer, ChooseScreen  # noqa: PLC0415 - first frame

        lost = incident.unknown
        run = next((r for r in lost if r.intent.run == argument), lost[0] if lost else None)
        containment = self.containment
        if run is None or containment is None:
            self.say("No step is unknown.")
            return
        answer = await self.ask(
            ChooseScreen(
                f"What became of step {run.intent.step}?",
                lost_words(incident, run),
                (
                    Answer("V", "verify, it changes nothing", "verify"),
                    Answer("D", "it was done", "done"),
                    Answer("N", "it was not done", "not"),
                ),
            )
        )
        if answer in ("done", "not"):
            command = c.SettleStep(run=run.intent.run, done=answer == "done")
            await self.do(command, incident.id)
            if answer == "done":
                self.look_after(containment)
        elif answer == "verify" and await self._trusted(containment, run.intent.runbook):
            plan = await self._made(
                lambda: containment.plan(
                    incident,
                    run.intent.runbook,
                    run.intent.step,
                    action=StepAction.VERIFY,
                    given=run.intent.params,
                )
            )
            if isinstance(plan, Plan):
                then = ("settle", run.intent.run)
                self.attend(self.run_step(containment, plan, plan.key, then=then))
            else:
                self._refuse(plan)

    def check_confirming(self) -> None:
        """Void an open confirmation when the incident or what is in force has changed."""
        if self._confirming is None:
            return
        dialog, stood_on = self._confirming
        if basis(self.current) != stood_on:
            dialog.void("The incident has changed since this was opened.")

    @work(group="step", exit_on_error=False, description="The step")
    async def run_step(
        self,
        containment: Containment,
        plan: Plan,
        confirmed: str,
        *,
        second: str = "",
        then: tuple[str, str] | None = None,
    ) -> None:
        """Run a confirmed step with its output on the screen, then watch its effect.

        `then` names the action, with its argument, that follows when its screen is left.
        """
        from warroom.tui.screens.run import RunScreen, StepEnded, StepOutput  # noqa: PLC0415 - first frame

        cancel = Event()
        screen = RunScreen(plan, stop=cancel.set)
        name = f"{plan.title}, step {plan.step}"
        self.running[name] = cancel
        screen.call_after_refresh(self.console.ahead.release, get_current_worker())
        follow = {"undo": ("undo", plan.run), "steps": ("steps", plan.runbook)}

        def left(wish: str | None) -> None:
            action = follow.get(wish or "", then)
            if action is not None:
                self.attend(self.perform(action[0], plan.incident, action[1]))

        self.app.push_screen(screen, left)

        def output(text: str) -> None:
            screen.post_message(StepOutput(text))

        try:
            result = await asyncio.to_thread(
                containment.execute,
                plan,
                confirmed=confirmed,
                on_output=output,
                cancel=cancel,
                second=second,
            )
        except JournalError as error:
            result = Refusal(reason=error.what, hint=error.hint)
        finally:
            del self.running[name]
        if isinstance(result, Refusal):
            words = f"{result.reason}. {result.hint}".strip()
            screen.post_message(StepEnded(None, words))
            self.say(words, "warn")
            return
        screen.post_message(StepEnded(result.outcome, ended(result)))
        if result.outcome is Outcome.SUCCEEDED and plan.action in (StepAction.RUN, StepAction.UNDO):
            self.measure(containment, plan.incident, result.intent.run, screen)

    @work(thread=True, group="look-after", exit_on_error=False, description="What was left behind")
    def look_after(self, containment: Containment, again: int = LEFT_LOOKS) -> None:
        """Take up what a console that is gone has left: its steps, and effects nobody watches."""
        try:
            containment.settle_lost()
            found = [one for one in containment.unmeasured() if one not in self._taken_up]
            room = self.room
            running = room is not None and any(
                run.outcome is None for one in room.incidents() for run in one.runs
            )
        except JournalError:  # the observer says so; the next look may succeed
            found, running = [], True
        self._taken_up.update(found)
        for incident, run in found:
            self.app.call_from_thread(self.measure, containment, incident, run, None)
        if running and again:  # the process of a step may outlive its console for a moment
            next_look = partial(self.look_after, containment, again - 1)
            self.app.call_from_thread(self.set_timer, 1.0, next_look)

    @work(thread=True, group="measure", exit_on_error=False, description="Measuring the effect")
    def measure(
        self, containment: Containment, incident: str, run: str, screen: "RunScreen | None"
    ) -> None:
        """Watch the log until the effect can be told; it is recorded by itself."""
        from warroom.tui.screens.run import EffectProgress  # noqa: PLC0415 - first frame

        cancel = Event()
        self.measuring.add(cancel)

        def progress(found: Progress) -> None:
            if screen is not None:
                screen.post_message(EffectProgress(found))

        try:
            found = containment.measure(incident, run, on_progress=progress, cancel=cancel)
            if found is not None and found.verdict is Verdict.WORSE:
                words = f"{found.sentence}. In Contain, U shows the undo."
                self.app.call_from_thread(self.say, words, "s5", "✗")
        except JournalError as error:
            self.app.call_from_thread(self.say, f"{error.what}. {error.hint}", "warn")
        finally:
            self.measuring.discard(cancel)
