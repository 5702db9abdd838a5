"""Keep the state before that a step tells of, as it tells it, and find it again for its undo."""

from collections.abc import Callable, Mapping

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.state import Incident, Run
from warroom.core.words import Outcome, StepAction
from warroom.room.service import Room

MOST_REPORTS = 100
"""Events that one step may add by reporting while it runs: as many as it may have names."""
MOST_CHARACTERS = 64_000
"""Names and values in them, together: as much as is kept of its output."""
MOST_FAILURES = 3
"""Times that the store may fail before nothing more is tried: a step must not wait for a disk."""

_AT_ITS_END = "is kept when the step ends"


class Reports:
    """Puts what a running step reports into the journal before anybody sees it.

    A step that changes production is not stopped because a report could not be kept: that is said,
    and what is owed goes with the next report or with the outcome.
    """

    def __init__(
        self, room: Room, incident: str, run: str, say: Callable[[str], None] | None
    ) -> None:
        """Report for one run.

        Args:
            room: Where it is kept.
            incident: Whose step it is.
            run: The execution.
            say: Gets a line for the person if something could not be kept.
        """
        self._room = room
        self._incident = incident
        self._run = run
        self._say = say
        self._owed: dict[str, str] = {}
        self._reports = MOST_REPORTS
        self._characters = MOST_CHARACTERS
        self._failures = MOST_FAILURES

    def keep(self, news: Mapping[str, str]) -> None:
        """Keep what is new or different, in one event."""
        self._owed.update(news)
        if not self._reports or not self._failures:
            return
        size = sum(len(name) + len(value) for name, value in self._owed.items())
        self._characters -= size
        self._reports = self._reports - 1 if self._characters >= 0 else 0
        if self._characters < 0:
            self._tell(f"more than {MOST_CHARACTERS} characters of state: the rest {_AT_ITS_END}")
            return
        why = self._kept(dict(self._owed))
        if why:
            self._tell(f"{', '.join(self._owed)} {_AT_ITS_END}, not before: {why}")
            return
        self._owed.clear()
        if not self._reports:
            self._tell(f"more than {MOST_REPORTS} reports of state: the rest {_AT_ITS_END}")

    def _kept(self, state: Mapping[str, str]) -> str:
        """Put it into the journal; return why that failed, empty if it did not."""
        facts = e.StepReported(run=self._run, state=state)
        try:
            done = self._room.do(c.ReportStep(facts=facts), self._incident)
        except JournalError as error:
            self._failures -= 1
            return error.what
        if isinstance(done, Refusal):
            self._failures = 0
            return done.reason
        return ""

    def _tell(self, words: str) -> None:
        if self._say is not None:
            self._say(f"warroom: {words}\n")


def state_of(incident: Incident, run: Run) -> dict[str, str]:
    """Return the state before a run: what it said itself, else what a later verification found."""
    found: dict[str, str] = {}
    for other in incident.runs:
        if (
            other.intent.action is StepAction.VERIFY
            and _step(other) == _step(run)
            and other.intended_at >= run.intended_at
            and other.outcome is Outcome.SUCCEEDED
        ):
            found.update(other.state)
    return {**found, **run.state}


def state_for(
    incident: Incident, runbook: str, step: int, action: StepAction, undoes: Run | None
) -> dict[str, str]:
    """Return the state before that a block is given.

    An undo gets that of the run it takes back, a verification by itself that of the newest run of
    its step; what begins anew has none.
    """
    if undoes is not None:
        return state_of(incident, undoes)
    if action is not StepAction.VERIFY:
        return {}
    for run in reversed(incident.runs):
        if run.intent.action is StepAction.RUN and _step(run) == (runbook, step):
            return state_of(incident, run)
    return {}


def _step(run: Run) -> tuple[str, int]:
    return run.intent.runbook, run.intent.step
