"""From an option to a measured effect: plan, confirm, run, watch. Nothing here decides."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from textual import work

from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.state import Incident, Run
from warroom.core.words import Outcome
from warroom.room.containment import Containment, Option, Plan, Progress
from warroom.tui.actions import Actions
from warroom.tui.services import Services
from warroom.tui.theme import Palette

if TYPE_CHECKING:
    from warroom.tui.screens.confirm import ConfirmScreen
    from warroom.tui.screens.run import RunScreen


class Stepping(Actions):
    """Containment from the screen: two keys to a plan, one deliberate key to run it."""

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.deeds |= {"contain": self._contain, "undo": self._undo}
        self._confirming: tuple[ConfirmScreen, tuple[str, ...]] | None = None

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
        await self._plan(lambda: containment.plan(incident, option.runbook))

    async def _undo(self, incident: Incident, argument: str) -> None:
        containment = self.containment
        if containment is None:
            return
        if not incident.ledger:
            self.say("Nothing is in force.", "warn")
            return
        await self._plan(lambda: containment.undo_plan(incident, argument or None))

    async def _plan(self, make: Callable[[], Plan | Refusal]) -> None:
        """Show a plan and run exactly it, if the deliberate key is pressed."""
        from warroom.tui.screens.confirm import ConfirmScreen  # noqa: PLC0415 - first frame

        try:
            plan = await asyncio.to_thread(make)
        except JournalError as error:
            self.say(f"{error.what}. {error.hint}", "s5", "✗")
            return
        if isinstance(plan, Refusal):
            self.say(f"{plan.reason}. {plan.hint}".strip(), "warn")
            return
        dialog = ConfirmScreen(plan)
        self._confirming = (dialog, _basis(self.current))
        confirmed = await self.ask(dialog)
        self._confirming = None
        if confirmed is None:
            self.say(f"{plan.title}: nothing ran.")
        elif self.containment is not None:
            self.run_step(self.containment, plan, confirmed)

    def check_confirming(self) -> None:
        """Void an open confirmation when the incident or what is in force has changed."""
        if self._confirming is None:
            return
        dialog, basis = self._confirming
        if _basis(self.current) != basis:
            dialog.void("The incident has changed since this was opened.")

    @work(group="step", exit_on_error=False, description="The step")
    async def run_step(self, containment: Containment, plan: Plan, confirmed: str) -> None:
        """Run a confirmed step with its output on the screen, then watch its effect."""
        from warroom.tui.screens.run import RunScreen, StepEnded, StepOutput  # noqa: PLC0415 - first frame

        cancel = Event()
        screen = RunScreen(plan, stop=cancel.set)
        name = f"{plan.title}, step {plan.step}"
        self.running[name] = cancel
        self.app.push_screen(screen)

        def output(text: str) -> None:
            screen.post_message(StepOutput(text))

        try:
            result = await asyncio.to_thread(
                containment.execute, plan, confirmed=confirmed, on_output=output, cancel=cancel
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
        screen.post_message(StepEnded(result.outcome, _ended(result)))
        if result.outcome is Outcome.SUCCEEDED:
            self.measure(containment, plan.incident, result.intent.run, screen)

    @work(thread=True, group="measure", exit_on_error=False, description="Measuring the effect")
    def measure(
        self, containment: Containment, incident: str, run: str, screen: "RunScreen"
    ) -> None:
        """Watch the log until the effect can be told; it is recorded by itself."""
        from warroom.tui.screens.run import EffectProgress  # noqa: PLC0415 - first frame

        cancel = Event()
        self.measuring.add(cancel)

        def progress(found: Progress) -> None:
            screen.post_message(EffectProgress(found))

        try:
            containment.measure(incident, run, on_progress=progress, cancel=cancel)
        except JournalError as error:
            self.app.call_from_thread(self.say, f"{error.what}. {error.hint}", "warn")
        finally:
            self.measuring.discard(cancel)


def _basis(incident: Incident | None) -> tuple[str, ...]:
    """Return what a confirmation stands on: the incident, its phase, and what was run."""
    if incident is None:
        return ()
    runs = (f"{run.intent.run}{run.outcome}{run.undone_by}" for run in incident.runs)
    return (incident.id, incident.phase.value, *runs)


def _ended(run: Run) -> str:
    milliseconds = run.finished.milliseconds if run.finished is not None else 0
    status = run.finished.exit_status if run.finished is not None else None
    code = f", exit status {status}" if status not in (None, 0) else ""
    outcome = run.outcome.value.replace("_", " ") if run.outcome is not None else "unknown"
    told = f"{outcome} after {milliseconds / 1000:.1f} s{code}"
    output = run.finished.output.strip() if run.finished is not None else ""
    if run.outcome is not Outcome.SUCCEEDED and output:
        told += f": {output.splitlines()[-1][:120]}"  # what it said last is usually the reason
    return told
