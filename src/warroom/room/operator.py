"""Run containment: intent before, outcome after, effect measured from the log."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.state import Incident, Run
from warroom.core.words import ContainmentKind, StepAction
from warroom.logs.protocol import Log
from warroom.room.containment import Option, Plan, Progress
from warroom.room.effects import Meter, measured
from warroom.room.measure import evidence
from warroom.room.options import options
from warroom.room.outcomes import NotKept, ended, finished, intended, lost, never_ran, tended
from warroom.room.service import Room
from warroom.room.shelf import Shelf
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Confirmation, ParameterType, Runbook, Step
from warroom.runbooks.outcome import Identity
from warroom.runbooks.outcome import Outcome as Ended
from warroom.runbooks.params import Values, resolve
from warroom.runbooks.perform import perform
from warroom.runbooks.preview import NO_UNDO, Preview, ensure_unchanged, preview
from warroom.runbooks.watch import Watch, bind


@dataclass(frozen=True, slots=True)
class _Bound:
    """A plan with what it was made from."""

    runbook: Runbook
    step: Step
    values: Values
    preview: Preview
    watch: Watch | None


class Operator:
    """Containment over a room, the logs and the runbooks of this machine."""

    def __init__(
        self,
        room: Room,
        shelf: Shelf,
        logs: Sequence[Log],
        *,
        device: str,
        hosts: Sequence[str] = (),
        labels: Mapping[str, Mapping[str, str]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Bring together what containment needs.

        Args:
            room: Where intent and outcome are kept.
            shelf: The runbooks.
            logs: Where effects are measured.
            device: The name of this machine.
            hosts: Hosts that HTTP steps may talk to, as `host:port`.
            labels: By service, what it has (`router: haproxy`), which decides what applies to it.
            sleep: How to wait between two looks at the log.
        """
        self._room = room
        self._shelf = shelf
        self._logs = logs
        self._device = device
        self._hosts = tuple(hosts)
        self._labels = labels or {}
        self._sleep = sleep

    def options(self, incident: Incident) -> Sequence[Option]:
        """What could be run next, in the fixed order, each with its reason."""
        return options(
            incident,
            tuple(self._shelf.books().values()),
            evidence(self._logs),
            self._room.incidents(include_closed=True),
            self._labels.get(incident.service, {}),
        )

    def plan(
        self,
        incident: Incident,
        runbook: str,
        step: int | None = None,
        *,
        action: StepAction = StepAction.RUN,
        given: Mapping[str, str] | None = None,
    ) -> Plan | Refusal:
        """Everything about one step; by default the first that can be run."""
        return self._plan(incident, runbook, step, action=action, given=given or {}, undoes=None)

    def undo_plan(self, incident: Incident, run: str | None = None) -> Plan | Refusal:
        """The undo of something in force, by default of the newest."""
        ledger = incident.ledger
        found = ledger[0] if ledger and run is None else incident.run(run or "")
        if found is None or not found.in_force:
            return Refusal(reason=f"{incident.id} has nothing in force to undo")
        intent = found.intent
        return self._plan(
            incident,
            intent.runbook,
            intent.step,
            action=StepAction.UNDO,
            given=intent.params,
            undoes=found,
        )

    def _plan(
        self,
        incident: Incident,
        name: str,
        number: int | None,
        *,
        action: StepAction,
        given: Mapping[str, str],
        undoes: Run | None,
    ) -> Plan | Refusal:
        try:
            bound = self._bind(incident, name, number, action, given, undoes)
        except RunbookError as error:
            return Refusal(reason=f"{error.title}: {error.msg}", hint=error.hint)
        book, step, shown = bound.runbook, bound.step, bound.preview
        typed = incident.service or incident.id if shown.confirmation is Confirmation.TYPED else ""
        return Plan(
            run=uuid.uuid4().hex[:12],
            incident=incident.id,
            version=incident.version,
            service=incident.service,
            runbook=name,
            title=book.title,
            sha256=book.sha256,
            kind=book.kind,
            step=step.number,
            step_title=step.text,
            steps=len(book.steps),
            action=action,
            command=shown.command,
            language=shown.block.language.value,
            params=dict(shown.environment),
            timeout=shown.timeout,
            blast_radius=book.blast_radius,
            undo="" if shown.undo == NO_UNDO or action is StepAction.UNDO else shown.undo,
            worked_if=_worked_if(bound),
            because=self._because(incident, book),
            undoes=undoes.intent.run if undoes else "",
            typed=typed,
            key=_deliberate_key(action, book.kind),
        )

    def _bind(
        self,
        incident: Incident,
        name: str,
        number: int | None,
        action: StepAction,
        given: Mapping[str, str],
        undoes: Run | None,
    ) -> _Bound:
        book = self._shelf.book(name)
        if book is None:
            raise RunbookError(
                "No such runbook", f"nothing is called {name!r}", "`warroom runbook list` shows all"
            )
        step = book.first_runnable if number is None else _step_of(book, number)
        if step is None:
            raise RunbookError(
                "Nothing to run", f"{book.title} has no step that runs", "Tick its items by hand"
            )
        values = resolve(
            book.params,
            {
                key: value
                for key, value in given.items()
                if key in book.params and book.params[key].type is not ParameterType.SECRET
            },
            facts=self._facts(incident),
        )
        state = dict(undoes.finished.state) if undoes and undoes.finished else None
        shown = preview(book, step, values, role=action, state=state, service=incident.service)
        watch = bind(step.watch, values.env) if step.watch else None
        return _Bound(book, step, values, shown, watch)

    def _facts(self, incident: Incident) -> dict[str, str]:
        found = evidence(self._logs)
        facts = {"incident": incident.id, "service": incident.service}
        if incident.onset:
            facts["onset"] = incident.onset.at.isoformat()
        if found.releases:
            facts["release"] = found.releases[-1]
        if len(found.releases) > 1:
            facts["previous_release"] = found.releases[-2]
        for name in ("upstream", "route"):
            value = next((v for field, v, share in found.shares if field == name), "")
            if value:
                facts[name] = value
        return facts

    def _because(self, incident: Incident, book: Runbook) -> str:
        return next((o.reason for o in self.options(incident) if o.title == book.title), "")

    def execute(
        self,
        plan: Plan,
        *,
        confirmed: str,
        on_output: Callable[[str], None] | None = None,
        cancel: Event | None = None,
    ) -> Run | Refusal:
        """Run exactly what was planned; intent is kept before the start and outcome after it."""
        incident = self._room.incident(plan.incident)
        if incident is None:
            return Refusal(reason=f"there is no incident {plan.incident}")
        undoes = incident.run(plan.undoes) if plan.undoes else None
        given = dict(plan.params) if undoes is None else dict(undoes.intent.params)
        try:
            bound = self._bind(incident, plan.runbook, plan.step, plan.action, given, undoes)
            ensure_unchanged(bound.runbook.path, plan.sha256)
        except RunbookError as error:
            return Refusal(reason=f"{error.title}: {error.msg}", hint=error.hint)
        if bound.preview.command != plan.command or bound.runbook.sha256 != plan.sha256:
            return Refusal(
                reason=f"{plan.title} is not what was shown any more", hint="Open it again."
            )
        wanted = plan.typed or plan.key
        if confirmed != wanted:
            return Refusal(reason="not confirmed: nothing ran", hint=f"It asks for {wanted}.")
        run = plan.run
        intent = self._room.do(c.IntendStep(facts=intended(plan, confirmed)), plan.incident)
        if isinstance(intent, Refusal):
            return intent
        state = dict(undoes.finished.state) if undoes and undoes.finished else {}
        try:
            outcome = self._perform(bound, plan, state, on_output, cancel)
        except (RunbookError, NotKept) as error:
            outcome = never_ran(str(error))
        kept = self._room.do(c.FinishStep(facts=finished(run, outcome)), plan.incident)
        if isinstance(kept, Refusal):
            return kept
        return kept.incident.run(run) or Refusal(reason="the step is not in the journal")

    def _perform(
        self,
        bound: _Bound,
        plan: Plan,
        state: Mapping[str, str],
        on_output: Callable[[str], None] | None,
        cancel: Event | None,
    ) -> Ended:
        """Precheck, run, verify; nothing is executed before its identity is in the journal."""

        def started(identity: Identity) -> None:
            facts = e.StepStarted(
                run=plan.run, pid=identity.pid, start_ticks=identity.start, boot_id=identity.boot
            )
            kept = self._room.do(c.StartStep(facts=facts), plan.incident)
            if isinstance(kept, Refusal):
                raise NotKept(kept.reason)

        done = perform(
            bound.runbook,
            bound.step,
            bound.values,
            role=plan.action,
            state=state,
            on_output=on_output,
            on_start=started,
            cancel=cancel,
            hosts=self._hosts,
        )
        return ended(done)

    def measure(
        self,
        incident: str,
        run: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Event | None = None,
    ) -> Progress | None:
        """Watch the log until the effect of a run can be told, and record it."""
        state = self._room.incident(incident)
        found = state.run(run) if state else None
        if state is None or found is None or found.finished_at is None or not self._logs:
            return None
        meter = Meter(self._logs, self._room.now, self._sleep)
        progress = meter.follow(state, found, self._watch_of(found), on_progress, cancel)
        if cancel is None or not cancel.is_set():
            self._room.do(c.MeasureEffect(facts=measured(run, progress)), incident)
        return progress

    def _watch_of(self, run: Run) -> Watch | None:
        book = self._shelf.books().get(run.intent.runbook)
        step = _step_of(book, run.intent.step) if book else None
        return bind(step.watch, run.intent.params) if step and step.watch else None

    def settle_lost(self) -> Sequence[str]:
        """Mark steps of this machine whose process is gone without an outcome as unknown."""
        found = []
        for incident in self._room.incidents(include_closed=True):
            for run in incident.runs:
                if run.outcome is not None or run.device != self._device or tended(run):
                    continue
                self._room.do(c.FinishStep(facts=lost(run)), incident.id)
                found.append(run.intent.run)
        return tuple(found)


def _step_of(book: Runbook, number: int) -> Step:
    for step in book.steps:
        if step.number == number:
            return step
    raise RunbookError(
        "No such step",
        f"{book.title} has {len(book.steps)} steps, not {number}",
        "Name one of them",
    )


def _worked_if(bound: _Bound) -> str:
    parts = []
    if bound.step.verify is not None:
        parts.append(bound.step.verify.code.strip())
    if bound.watch is not None:
        parts.append(bound.watch.text)
    return "; ".join(parts)


def _deliberate_key(action: StepAction, kind: ContainmentKind) -> str:
    if action is StepAction.UNDO:
        return "U"
    if action is StepAction.VERIFY:
        return "V"
    return "K" if kind is ContainmentKind.KILL else "R"
