"""A room, containment and services in memory: what the console's tests stand on."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal, decide
from warroom.core.fold import evolve
from warroom.core.state import Incident, Run
from warroom.core.words import ContainmentKind, Criterion, Outcome, Priority, StepAction, Verdict
from warroom.room.containment import Ask, Checklist, Doubt, Option, Plan, Progress, Task, TaskState
from warroom.room.service import Contact, Done
from warroom.tui.services import Services
from warroom.tui.theme import load_palettes

NOW = datetime(2026, 11, 20, 14, 17, 36, tzinfo=UTC)


class FakeRoom:
    """Decides and folds like the real one; keeps everything in memory."""

    actor = "ana"

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self.kept: dict[str, list[e.Recorded]] = {}
        self.states: dict[str, Incident] = {}
        self.commands: list[tuple[c.Command, str | None]] = []
        self.fail: Exception | None = None
        """Raised by the next call that reads or writes."""
        self._listeners: list[Callable[[Sequence[e.Recorded]], None]] = []
        self._seq = 0
        self._lock = threading.Lock()
        self.closed = False
        self.standing = Contact(where="local")

    def now(self) -> datetime:
        return self.at

    def do(
        self,
        command: c.Command,
        incident: str | None = None,
        *,
        actor: str | None = None,
        command_id: str | None = None,
        name: str = "",
    ) -> Done | Refusal:
        self._check()
        with self._lock:
            self.commands.append((command, incident))
            id_ = incident or name or f"INC-{len(self.kept) + 1}"
            by = actor or self.actor
            found = decide(self.states.get(id_), command, by, self.at)
            if isinstance(found, Refusal):
                return found
            records = tuple(self._keep(id_, event, by) for event in found)
        for listener in self._listeners if records else ():
            listener(records)
        return Done(incident=self.states[id_], records=records)

    def _keep(self, name: str, event: e.Event, by: str) -> e.Recorded:
        self._seq += 1
        mine = self.kept.setdefault(name, [])
        record = e.Recorded(
            seq=self._seq,
            incident=name,
            version=len(mine) + 1,
            at=self.at,
            actor=by,
            device="desk",
            command_id=str(self._seq),
            event=event,
        )
        mine.append(record)
        self.states[name] = evolve(self.states.get(name), record)
        return record

    def incident(self, name: str) -> Incident | None:
        self._check()
        return self.states.get(name)

    def incidents(self, *, include_closed: bool = False) -> Sequence[Incident]:
        self._check()
        return [i for i in self.states.values() if include_closed or i.closed_at is None]

    def records(self, name: str) -> Sequence[e.Recorded]:
        self._check()
        return tuple(self.kept.get(name, ()))

    def incidents_with(self, kind: str) -> Sequence[Incident]:
        self._check()
        names = {
            n for n, kept in self.kept.items() if any(e.kind_of(r.event) == kind for r in kept)
        }
        return [self.states[name] for name in names]

    def follow_ups(self) -> Sequence[tuple[str, e.FollowUpChanged]]:
        self._check()
        return [(i.id, facts) for i in self.states.values() for facts in i.follow_ups]

    def search(self, words: str) -> Sequence[Incident]:
        return [i for i in self.states.values() if words.lower() in i.title.lower()]

    def subscribe(self, changed: Callable[[Sequence[e.Recorded]], None]) -> Callable[[], None]:
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def contact(self) -> Contact:
        return self.standing

    def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self.fail is not None:
            raise self.fail

    def told(self, at: str, command: c.Command, name: str, by: str = "ana") -> None:
        """Keep what was said at a time of the day of `NOW`."""
        hour, minute, second = map(int, at.split(":"))
        before, self.at = self.at, NOW.replace(hour=hour, minute=minute, second=second)
        result = self.do(command, name if name in self.states else None, actor=by, name=name)
        assert not isinstance(result, Refusal), result
        self.at = before


@dataclass
class FakeContainment:
    """Offers what it is told to; running it says so in the room."""

    room: FakeRoom
    offered: tuple[Option, ...] = ()
    plans: list[Plan] = field(default_factory=list)
    executed: list[tuple[Plan, str]] = field(default_factory=list)
    seconds: list[str] = field(default_factory=list)
    """Who agreed to each of them."""
    questions: tuple[Ask, ...] = ()
    doubts: dict[str, Doubt] = field(default_factory=dict)
    """What is not trusted, by runbook."""
    tasks: tuple[Task, ...] = ()
    hold: threading.Event | None = None
    """While set to an event, a step runs until it, or until it is cancelled."""

    def options(self, incident: Incident) -> Sequence[Option]:
        return self.offered

    def plan(
        self,
        incident: Incident,
        runbook: str,
        step: int | None = None,
        *,
        action: StepAction = StepAction.RUN,
        given: Mapping[str, str] | None = None,
    ) -> Plan | Refusal:
        option = next(o for o in self.offered if o.runbook == runbook)
        plan = plan_for(incident, option, action)
        self.plans.append(plan)
        return plan

    def asks(
        self, incident: Incident, runbook: str, given: Mapping[str, str] | None = None
    ) -> Sequence[Ask] | Refusal:
        return tuple(replace(q, value=(given or {}).get(q.name, q.value)) for q in self.questions)

    def checklist(self, incident: Incident, runbook: str) -> Checklist | Refusal:
        option = next((o for o in self.offered if o.runbook == runbook), None)
        return Checklist(
            runbook=runbook, title=option.title if option else runbook, tasks=self.tasks
        )

    def tick(self, incident: Incident, runbook: str, number: int) -> Refusal | None:
        self.tasks = tuple(
            replace(t, state=TaskState.DONE, by="ana") if t.number == number else t
            for t in self.tasks
        )
        return None

    def doubt(self, runbook: str) -> Doubt | None:
        return self.doubts.get(runbook)

    def trust(self, runbook: str, sha256: str) -> Refusal | None:
        del self.doubts[runbook]
        return None

    def undo_plan(self, incident: Incident, run: str | None = None) -> Plan | Refusal:
        found = incident.run(run) if run else incident.ledger[0]
        assert found is not None
        option = Option(
            key="",
            kind=found.intent.kind,
            runbook=found.intent.runbook,
            title=found.intent.title,
            step=1,
            reason="",
        )
        return plan_for(incident, option, StepAction.UNDO, undoes=found.intent.run)

    def execute(
        self,
        plan: Plan,
        *,
        confirmed: str,
        on_output: Callable[[str], None] | None = None,
        cancel: threading.Event | None = None,
        second: str = "",
    ) -> Run | Refusal:
        self.seconds.append(second)
        self.executed.append((plan, confirmed))
        run = f"run-{len(self.executed)}"
        self.room.do(c.IntendStep(facts=intent(plan, run, confirmed)), plan.incident)
        if on_output is not None:
            on_output("switching\n")
        outcome = Outcome.SUCCEEDED
        if self.hold is not None:
            while not self.hold.wait(0.02):
                if cancel is not None and cancel.is_set():
                    outcome = Outcome.CANCELLED
                    break
        facts = e.StepFinished(run=run, outcome=outcome, exit_status=0, milliseconds=1200)
        self.room.do(c.FinishStep(facts=facts), plan.incident)
        found = self.room.states[plan.incident].run(run)
        assert found is not None
        return found

    def measure(
        self,
        incident: str,
        run: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Progress | None:
        return None

    def settle_lost(self) -> Sequence[str]:
        return ()

    def unmeasured(self) -> Sequence[tuple[str, str]]:
        return ()


def plan_for(
    incident: Incident, option: Option, action: StepAction, undoes: str = "", run: str = ""
) -> Plan:
    return Plan(
        run=run or "run-x",
        incident=incident.id,
        version=incident.version,
        service=incident.service,
        runbook=option.runbook,
        title=option.title,
        sha256="0" * 64,
        kind=option.kind,
        step=option.step,
        step_title=option.title,
        steps=2,
        action=action,
        command="true",
        language="sh",
        blast_radius="every checkout for about 20 s",
        undo="true" if action is StepAction.RUN else "",
        worked_if="5xx below 1 %",
        because=option.reason,
        undoes=undoes,
        key="R" if action is StepAction.RUN else "U",
    )


def intent(plan: Plan, run: str, confirmed: str) -> e.StepIntended:
    return e.StepIntended(
        run=run,
        runbook=plan.runbook,
        title=plan.title,
        kind=plan.kind,
        step=plan.step,
        step_title=plan.step_title,
        action=plan.action,
        command=plan.command,
        sha256=plan.sha256,
        undo=plan.undo,
        undoes=plan.undoes,
        confirmed=confirmed,
    )


OPTIONS = tuple(
    Option(key=key, kind=kind, runbook=book, title=title, step=1, reason=reason, seconds=s, undo=True)
    for key, kind, book, title, reason, s in (
        ("f", ContainmentKind.FLAG, "flag-off", "new-cart off", "only flag on this route", 5),
        (
            "r",
            ContainmentKind.ROLLBACK,
            "roll-back",
            "checkout to 2026.11.19",
            "deployed 13 s before onset",
            20,
        ),
        ("t", ContainmentKind.ROUTE, "drain", "drain app-3", "54 % of failures only", 5),
        ("k", ContainmentKind.KILL, "kill", "POST /api/checkout", "stops all orders", 2),
    )
)  # fmt: skip


def busy_room() -> FakeRoom:
    """An afternoon with five incidents, the first of them contained by a flag."""
    room = FakeRoom()
    onset = e.Onset(
        at=NOW.replace(minute=2, second=11),
        low=NOW.replace(minute=2, second=7),
        high=NOW.replace(minute=2, second=15),
        sentence="5xx 0.3 % → 38 % (±4 s)",
    )
    facts = e.Declared(
        title="checkout answers 502 since release 2026.11.20",
        service="checkout",
        priority=Priority.P1,
        criteria=(Criterion.REVENUE, Criterion.CORE_FUNCTION),
        factors={"business": 3, "users": 3, "data_loss": 1, "security": 0, "no_workaround": 3},
        started_at=onset.at,
        detected_at=NOW.replace(minute=3, second=2),
        onset=onset,
        boundary="97 % are POST /api/checkout on 2026.11.20",
    )
    room.told("14:03:02", c.Declare(facts=facts), "INC-107", by="spike watch")
    room.told("14:03:40", c.Acknowledge(), "INC-107")
    plan = plan_for(room.states["INC-107"], OPTIONS[0], StepAction.RUN)
    room.told("14:04:55", c.IntendStep(facts=intent(plan, "run-0", "R")), "INC-107")
    done = e.StepFinished(run="run-0", outcome=Outcome.SUCCEEDED, exit_status=0, milliseconds=4200)
    room.told("14:04:59", c.FinishStep(facts=done), "INC-107")
    effect = e.EffectMeasured(
        run="run-0",
        verdict=Verdict.SOLVED,
        before_failures=382,
        before_requests=1000,
        after_failures=4,
        after_requests=1000,
        seconds=90,
        sentence="5xx 38.2 % → 0.4 % in 90 s: gone",
    )
    room.told("14:06:30", c.MeasureEffect(facts=effect), "INC-107")
    room.told("14:09:30", c.AddNote(text="cart v2 sends empty currency"), "INC-107", by="leo")
    for name, at, priority, title in (
        ("INC-109", "13:27:00", Priority.P1, "invoice mails sent twice"),
        ("INC-106", "12:05:00", Priority.P2, "CRM sync 40 min behind"),
        ("INC-108", "13:48:00", Priority.P2, "search p95 4.1 s in EU"),
        ("INC-105", "09:10:00", Priority.P3, "CSV export has the wrong header"),
        ("INC-100", "08:00:00", Priority.P3, "test printers offline"),
    ):
        room.told(at, c.Declare(facts=e.Declared(title=title, priority=priority)), name, by="mia")
    room.told("12:20:00", c.Acknowledge(), "INC-106", by="mia")
    room.told("08:05:00", c.Snooze(until=NOW + timedelta(days=2)), "INC-100", by="sam")
    return room


def services(room: FakeRoom | None = None, **more: object) -> Services:
    """Services over a fake room; keyword arguments replace parts."""
    room = room or FakeRoom()
    parts: dict[str, object] = {
        "open_room": lambda: room,
        "containment": lambda _: FakeContainment(room, OPTIONS),
        "palettes": load_palettes()[0],
    }
    return Services(**{**parts, **more})  # type: ignore[arg-type]
