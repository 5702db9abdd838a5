"""Run containment: intent before, outcome after, effect measured from logs or Prometheus."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.state import Incident, Run
from warroom.core.words import HOLDS, ContainmentKind, Outcome, StepAction
from warroom.logs.protocol import Log
from warroom.monitor.wire import MonitorError
from warroom.room.containment import Option, Plan, Progress
from warroom.room.effects import LOOK_BACK, Meter, measured, untold
from warroom.room.known import STAYS, Policy
from warroom.room.measure import eased_at, evidence, onset_of
from warroom.room.options import options
from warroom.room.outcomes import NotKept, ended, finished, intended, lost, never_ran, tended
from warroom.room.reader import Reader, kept, refused, step_of
from warroom.room.reporting import Reports, state_for
from warroom.room.service import Room
from warroom.room.shelf import Shelf
from warroom.room.sources import Logs, Prometheus, Source
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Confirmation, ParameterType, Runbook, Step
from warroom.runbooks.outcome import Identity
from warroom.runbooks.outcome import Outcome as Ended
from warroom.runbooks.params import Values, resolve
from warroom.runbooks.perform import perform
from warroom.runbooks.preview import NO_UNDO, Preview, ensure_unchanged, preview
from warroom.runbooks.trust import TrustStore
from warroom.runbooks.watch import Watch, bind

LATELY = timedelta(hours=1)
"""How old a step may be whose effect is still worth measuring when its console has died."""

LONGEST_CHECK = 3
"""Lines of a verification that are shown as they are; a program is only named."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """A plan with what it was made from."""

    runbook: Runbook
    step: Step
    values: Values
    preview: Preview
    watch: Watch | None
    state: Mapping[str, str]


class Operator(Reader):
    """Containment over a room, the logs and the runbooks of this machine."""

    def __init__(
        self,
        room: Room,
        shelf: Shelf,
        logs: Sequence[Log],
        *,
        device: str,
        policy: Policy | None = None,
        trust: TrustStore | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Bring together what containment needs.

        Args:
            room: Where intent and outcome are kept.
            shelf: The runbooks.
            logs: Where effects are measured.
            device: The name of this machine.
            policy: What the configuration says about services, hosts and second persons.
            trust: The texts that this machine has accepted; None: every runbook is trusted.
            sleep: How to wait between two looks at the log.
        """
        super().__init__(room, shelf, logs, trust)
        self._device = device
        self._policy = policy or Policy()
        self._sleep = sleep

    def facts(self, incident: Incident) -> dict[str, str]:
        """What the defaults of parameters may mention, the configuration included."""
        return super().facts(incident) | self._policy.facts(incident.service)

    def options(self, incident: Incident) -> Sequence[Option]:
        """What could be run next, in the fixed order, each with its reason."""
        return options(
            incident,
            tuple(self.shelf.books().values()),
            evidence(self.logs, onset_of(incident), eased_at(incident)),
            self.room.incidents_with("effect_measured"),  # only where something was tried
            self._policy.labels(incident.service),
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
            return refused(error)
        book, step, shown = bound.runbook, bound.step, bound.preview
        typed = incident.service or incident.id if shown.confirmation is Confirmation.TYPED else ""
        hits = self._policy.map.blast_radius(incident.service)
        stays = action is StepAction.RUN and not step.no_undo and book.kind in HOLDS
        lasts = stays and book.kind is ContainmentKind.SILENCE
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
            check=step.precheck is not None and action is StepAction.RUN,
            asks=any(p.type is not ParameterType.SECRET for p in book.params.values()),
            hits=tuple(hit.name for hit in hits),
            services=len(self._policy.map.names()),
            minutes=_minutes(bound, lasts=lasts) if stays else 0,
            lasts=lasts,
            second_to=self._policy.second_to(self.room.actor, shown.confirmation),
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
        book = self.book(name)
        step = book.first_runnable if number is None else step_of(book, number)
        if step is None:
            raise RunbookError(
                "Nothing to run", f"{book.title} has no step that runs", "Tick its items by hand"
            )
        values = resolve(
            book.params,
            kept(book, given),
            facts=self.facts(incident),
            environ=self._policy.secrets,
        )
        state = state_for(incident, name, step.number, action, undoes)
        shown = preview(book, step, values, role=action, state=state, service=incident.service)
        watch = bind(step.watch, values.env) if step.watch else None
        return _Bound(book, step, values, shown, watch, state)

    def _because(self, incident: Incident, book: Runbook) -> str:
        return next((o.reason for o in self.options(incident) if o.title == book.title), "")

    def execute(
        self,
        plan: Plan,
        *,
        confirmed: str,
        on_output: Callable[[str], None] | None = None,
        cancel: Event | None = None,
        second: str = "",
    ) -> Run | Refusal:
        """Run exactly what was planned; intent is kept before the start and outcome after it."""
        incident = self.room.incident(plan.incident)
        if incident is None:
            return Refusal(reason=f"there is no incident {plan.incident}")
        undoes = incident.run(plan.undoes) if plan.undoes else None
        given = dict(plan.params) if undoes is None else dict(undoes.intent.params)
        try:
            bound = self._bind(incident, plan.runbook, plan.step, plan.action, given, undoes)
            ensure_unchanged(bound.runbook.path, plan.sha256)
        except RunbookError as error:
            return refused(error)
        if bound.preview.command != plan.command or bound.runbook.sha256 != plan.sha256:
            return Refusal(
                reason=f"{plan.title} is not what was shown any more", hint="Open it again."
            )
        wanted = plan.typed or plan.key
        if confirmed != wanted:
            return Refusal(reason="not confirmed: nothing ran", hint=f"It asks for {wanted}.")
        if plan.second_to and second.strip().casefold() in {"", plan.second_to.casefold()}:
            return Refusal(
                reason=f"a second person besides {plan.second_to} must agree: nothing ran"
            )
        doubt = self.doubt(plan.runbook)
        if doubt is not None:
            return Refusal(
                reason=f"{doubt.title} is {'changed' if doubt.changed else 'new'} on this machine "
                "and was not accepted: nothing ran",
                hint=f"Read it: warroom runbook trust {plan.runbook}",
            )
        run = plan.run
        facts = intended(plan, confirmed, second.strip(), self.room.now())
        intent = self.room.do(c.IntendStep(facts=facts), plan.incident)
        if isinstance(intent, Refusal):
            return intent
        try:
            outcome = self._perform(bound, plan, on_output, cancel)
        except (RunbookError, NotKept) as error:
            outcome = never_ran(str(error))
        kept = self.room.do(c.FinishStep(facts=finished(run, outcome)), plan.incident)
        if isinstance(kept, Refusal):
            return kept
        return kept.incident.run(run) or Refusal(reason="the step is not in the journal")

    def _perform(
        self,
        bound: _Bound,
        plan: Plan,
        on_output: Callable[[str], None] | None,
        cancel: Event | None,
    ) -> Ended:
        """Precheck, run, verify; nothing is executed before its identity is in the journal."""
        before: dict[str, str] = {}
        reports = Reports(self.room, plan.incident, plan.run, on_output)

        def started(identity: Identity) -> None:
            facts = e.StepStarted(
                run=plan.run,
                pid=identity.pid,
                start_ticks=identity.start,
                boot_id=identity.boot,
                state=before,
            )
            kept = self.room.do(c.StartStep(facts=facts), plan.incident)
            if isinstance(kept, Refusal):
                raise NotKept(kept.reason)

        done = perform(
            bound.runbook,
            bound.step,
            bound.values,
            role=plan.action,
            state=bound.state,
            on_output=on_output,
            on_start=started,
            on_state=reports.keep if plan.action is StepAction.RUN else None,
            on_checked=before.update,
            cancel=cancel,
            hosts=self._policy.hosts,
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
        state = self.room.incident(incident)
        found = state.run(run) if state else None
        if state is None or found is None or found.finished_at is None or found.silences:
            return None
        source = self.source(state)
        if source is None:
            return None
        meter = Meter(source, self.room.now, self._sleep)
        try:
            progress = meter.follow(state, found, self._watch_of(found), on_progress, cancel)
        except MonitorError as error:
            progress = untold(str(error), source.name)
            if on_progress is not None:
                on_progress(progress)
        if cancel is None or not cancel.is_set():
            self.room.do(c.MeasureEffect(facts=measured(run, progress)), incident)
        return progress

    def source(self, incident: Incident) -> Source | None:
        """Return where effects on an incident's service are counted; None: nowhere.

        The logs come first, since they can be counted again by hand; Prometheus stands in where
        none is open, or where those that are hold no request of the last hour.
        """
        metrics = self._policy.map.get(incident.service).metrics
        if self.logs:
            logs = Logs(self.logs)
            now = self.room.now().timestamp()
            if metrics is None or logs.stretch(now - LOOK_BACK, now, {}).requests:
                return logs
        return Prometheus(metrics) if metrics is not None else None

    def _watch_of(self, run: Run) -> Watch | None:
        book = self.shelf.books().get(run.intent.runbook)
        step = step_of(book, run.intent.step) if book else None
        return bind(step.watch, run.intent.params) if step and step.watch else None

    def settle_lost(self) -> Sequence[str]:
        """Mark steps of this machine whose process is gone without an outcome as unknown."""
        found = []
        for incident in self.room.incidents_with("step_intended"):
            for run in incident.runs:
                if run.outcome is not None or run.device != self._device or tended(run):
                    continue
                self.room.do(c.FinishStep(facts=lost(run)), incident.id)
                found.append(run.intent.run)
        return tuple(found)

    def unmeasured(self) -> Sequence[tuple[str, str]]:
        """Steps of this machine that succeeded lately, and whose console went before it knew."""
        since = self.room.now() - LATELY
        return tuple(
            (incident.id, run.intent.run)
            for incident in self.room.incidents()
            for run in incident.runs
            if run.effect is None
            and run.outcome is Outcome.SUCCEEDED
            and run.intent.action in (StepAction.RUN, StepAction.UNDO)
            and run.finished_at is not None
            and run.finished_at >= since
            and run.device == self._device
            and not run.silences
            and not tended(run)
        )


def _minutes(bound: _Bound, *, lasts: bool) -> int:
    """Return after how many minutes something in force asks, or ends by itself."""
    told = bound.values.env.get("minutes", "") if lasts else ""
    return int(told) if told.isdigit() else STAYS


def _worked_if(bound: _Bound) -> str:
    parts = []
    if bound.step.verify is not None:
        code = bound.step.verify.code.strip()
        lines = code.count("\n") + 1
        short = lines <= LONGEST_CHECK
        parts.append(code if short else f"the check after it succeeds ({lines} lines)")
    if bound.watch is not None:
        parts.append(bound.watch.text)
    return "; ".join(parts)


def _deliberate_key(action: StepAction, kind: ContainmentKind) -> str:
    if action is StepAction.UNDO:
        return "U"
    if action is StepAction.VERIFY:
        return "V"
    if action is StepAction.PRECHECK:
        return "D"
    return "K" if kind is ContainmentKind.KILL else "R"
