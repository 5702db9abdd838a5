"""The people around a drill: they call, ask, complain, bring the fix, and keep the score."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.drill import DrillScored
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.drills.play.course import Course, Said
from warroom.drills.play.score import score
from warroom.drills.scenarios.model import Caller, Expects, Inject, Scenario, WrongMove
from warroom.drills.service.state import StateError
from warroom.drills.service.supervisor import ServiceError, SimulatedService
from warroom.room.service import Done, Room

_log = logging.getLogger(__name__)

LOOK = 0.25
"""Seconds between two looks at the shop and the room."""
TELL = 1.0
"""Seconds between two words to a facilitator."""
COMPLAINT = 15.0
"""Seconds until support hears of a wrong move."""
DOUBT = 60.0
"""Seconds from a shared diagnosis, while something does damage, until the engineers say so."""
OUT = "The fix is out"
LEFT = "It still fails, so we cannot bring a fix: is there a second cause? c lists what is left."
REPAIR = 40.0
"""Seconds from a shared diagnosis, while contained, until the engineers have the fix out."""

_ASKS = {
    Expects.UPDATE: "waits for an update: u writes it",
    Expects.ETA: "waits for a time: u writes an update, or share a diagnosis with “fixed by”",
    Expects.NOTE: "wants it written down what you make of it: n",
    Expects.NOTHING: "",
}
_REPORTS = (Caller.CLIENT, Caller.SUPPORT, Caller.MONITORING)
"""Who opens an incident when there is none; the others wait until somebody did."""


class Callers:
    """Looks at the shop and the room from a thread of its own, and speaks up when it is time."""

    def __init__(
        self,
        service: SimulatedService,
        room: Room,
        course: Course,
        tell: Callable[[Sequence[tuple[float, Inject]]], None] = lambda _due: None,
    ) -> None:
        """Stand around a service and a room.

        Args:
            service: The shop that fails.
            room: Where people speak.
            course: Takes in what happens.
            tell: Is told about each second what will be said, with the epoch second.
        """
        self._service = service
        self._tell = tell
        self._told = 0.0
        self._room = room
        self.course = course
        self._due: list[tuple[float, Inject]] = [
            (course.begun + inject.after / course.speed, inject) for inject in _scenario(course)
        ]
        self._repaired_from: float | None = None
        self._doubted_from: float | None = None
        self._doubted = False
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._live, name="drill-callers", daemon=True)

    def start(self) -> None:
        """Begin to look and to speak."""
        self._thread.start()

    def finish(self) -> DrillScored:
        """Stop, and keep the score with the first incident of the drill.

        Raises:
            JournalError: The store does not answer.
        """
        self.stop()
        return self._score()

    def stop(self) -> None:
        """Fall silent; blocks until the last word was said."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents of this drill, the one that is led at the front."""
        return self.course.own(self._room.incidents(include_closed=True))

    def _live(self) -> None:
        scored = False
        while not self._ended.wait(LOOK):
            try:
                self._look(time.time())
                main = next(iter(self.incidents()), None)
                if main is not None and main.closed_at is not None and not scored:
                    scored = True
                    self._score()
            except (JournalError, ServiceError, StateError, OSError) as error:
                _log.warning("drill: %s", error)  # busy for a moment; the next look may succeed

    def _look(self, now: float) -> None:
        state = self._service.status().state
        if state is not None:
            for slip in self.course.look(state, now):
                self._complain(slip, now)
        incidents = self.incidents()
        still: list[tuple[float, Inject]] = []
        for due, inject in self._due:
            if now < due or not self._say(inject, incidents, now):
                still.append((due, inject))
            else:
                incidents = self.incidents()
        self._due = still
        self._repair(incidents, now)
        if now - self._told >= TELL:
            self._told = now
            self._tell(tuple(self._due))

    def _complain(self, slip: WrongMove, now: float) -> None:
        if slip.says:
            inject = Inject(0, Caller.SUPPORT, slip.says, Expects.NOTHING)
            self._due.append((now + COMPLAINT / self.course.speed, inject))

    def _say(self, inject: Inject, incidents: Sequence[Incident], now: float) -> bool:
        """Let somebody speak; False: not yet, they wait until there is an incident."""
        caller = inject.caller.value
        if not incidents:
            if inject.caller not in _REPORTS:
                return False
            done = self._room.do(c.Declare(facts=_report(inject)), actor=caller)
            if not isinstance(done, Done):
                return True
            self.course.said.append(Said(now, inject, done.incident.id))
            return True
        main = incidents[0]
        if main.closed_at is not None:
            return True
        asks = _ASKS[inject.expects]
        words = f"“{inject.text}”" + (f" ({caller} {asks})" if asks else "")
        self._room.do(c.AddNote(text=words), main.id, actor=caller)
        self.course.said.append(Said(now, inject, main.id))
        return True

    def _repair(self, incidents: Sequence[Incident], now: float) -> None:
        """Bring the fix once the damage is stopped and somebody said what is wrong."""
        if self.course.lifted_at is not None or not incidents:
            return
        diagnosed = any(incident.diagnoses for incident in incidents)
        if not diagnosed or self.course.contained_at() is None:
            self._repaired_from = None
            if diagnosed:
                self._doubt(incidents[0], now)
            return
        if self._repaired_from is None:
            self._repaired_from = now
        if now < self._repaired_from + REPAIR / self.course.speed:
            return
        self.course.lifted_at = now
        for fault in self.course.scenario.faults:
            self._service.lift(fault)
        names = ", ".join(
            dict.fromkeys(run.intent.title for one in incidents for run in one.ledger)
        )
        rest = f" You can take back: {names} (3, then U)." if names else ""
        words = f"{OUT}: {self.course.scenario.truth.root_cause} no more.{rest}"
        self._room.do(c.AddNote(text=words), incidents[0].id, actor=Caller.ENGINEER.value)

    def _doubt(self, main: Incident, now: float) -> None:
        """Say once that a diagnosis is not all of it while something goes on doing damage."""
        if self._doubted_from is None:
            self._doubted_from = now
        if not self._doubted and now >= self._doubted_from + DOUBT / self.course.speed:
            self._doubted = True
            self._room.do(c.AddNote(text=f"“{LEFT}”"), main.id, actor=Caller.ENGINEER.value)

    def _score(self) -> DrillScored:
        with self._lock:
            incidents = self.incidents()
            records = [r for one in incidents for r in self._room.records(one.id)]
            found = score(self.course, incidents, records, time.time())
            if incidents and incidents[0].score != found:
                self._room.do(c.ScoreDrill(facts=found), incidents[0].id)
            return found


def _scenario(course: Course) -> Sequence[Inject]:
    scenario: Scenario = course.scenario
    return scenario.injects


def _report(inject: Inject) -> e.Declared:
    return e.Declared(
        title=inject.text.split(". ")[0].rstrip("?.!")[:80],
        service="shop",
        summary=inject.text,
        source=inject.caller.value,
        reporter=inject.caller.value,
    )
