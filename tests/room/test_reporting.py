"""What a step reports is kept as it comes, bounded, and found again for its undo."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError, JournalFull
from warroom.core.state import Incident, Run
from warroom.core.words import ContainmentKind, Outcome, StepAction
from warroom.room.local import LocalRoom
from warroom.room.reporting import MOST_CHARACTERS, MOST_REPORTS, Reports, state_for
from warroom.room.service import Done
from warroom.store import open_journal

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[LocalRoom]:
    journal = open_journal(tmp_path / "w.db", anchors=tmp_path / "anchors.log")
    room = LocalRoom(journal, actor="ana", device="box", clock=lambda: NOW)
    room.do(c.Declare(facts=e.Declared(title="it fails", service="shop")))
    yield room
    room.close()


def begun(room: LocalRoom, name: str, action: StepAction = StepAction.RUN, step: int = 1) -> None:
    facts = e.StepIntended(
        run=name, runbook="silence", title="Silence", kind=ContainmentKind.FLAG, step=step,
        step_title="Make it", action=action, command="x", sha256="0", undo="y",
    )  # fmt: skip
    assert isinstance(room.do(c.IntendStep(facts=facts), "1"), Done)
    started = e.StepStarted(run=name, pid=1, start_ticks=1, boot_id="b", state={"before": "1"})
    room.do(c.StartStep(facts=started), "1")


def ended(room: LocalRoom, name: str, outcome: Outcome, **state: str) -> None:
    facts = e.StepFinished(run=name, outcome=outcome, state=state)
    assert isinstance(room.do(c.FinishStep(facts=facts), "1"), Done)


def now(room: LocalRoom) -> Incident:
    incident = room.incident("1")
    assert incident is not None
    return incident


def run_of(room: LocalRoom, name: str) -> Run:
    run = now(room).run(name)
    assert run is not None
    return run


def kept(room: LocalRoom) -> list[Mapping[str, str]]:
    return [r.event.state for r in room.records("1") if isinstance(r.event, e.StepReported)]


def test_each_report_is_in_the_journal_when_it_returns(room: LocalRoom) -> None:
    begun(room, "r")
    reports = Reports(room, "INC-1", "r", None)
    reports.keep({"id": "1"})
    assert run_of(room, "r").state == {"before": "1", "id": "1"}
    reports.keep({"id": "2", "b": "1"})
    assert kept(room) == [{"id": "1"}, {"id": "2", "b": "1"}]
    assert run_of(room, "r").state == {"before": "1", "id": "2", "b": "1"}


def test_a_step_cannot_fill_the_journal_with_reports(room: LocalRoom) -> None:
    begun(room, "r")
    said: list[str] = []
    reports = Reports(room, "INC-1", "r", said.append)
    for number in range(MOST_REPORTS + 5):
        reports.keep({"n": f"{number}"})
    assert len(kept(room)) == MOST_REPORTS
    assert len(said) == 1
    assert "kept when the step ends" in said[0]
    begun(room, "long", step=2)
    reports = Reports(room, "INC-1", "long", said.append)
    for number in range(100):
        reports.keep({f"n{number}": "x" * 999})
    size = sum(len(n) + len(v) for n, v in run_of(room, "long").reported.items())
    assert MOST_CHARACTERS - 2000 < size <= MOST_CHARACTERS
    assert len(said) == 2


class Failing:
    """A room whose store fails a few times."""

    def __init__(self, room: LocalRoom, times: int) -> None:
        self.room, self.times, self.asked = room, times, 0

    def do(self, command: c.Command, incident: str | None = None) -> Done | Refusal:
        self.asked += 1
        if self.asked <= self.times:
            raise JournalFull("w.db: no room on the disk", "Free some space there.")
        return self.room.do(command, incident)


def test_what_could_not_be_kept_is_owed_and_the_step_goes_on(room: LocalRoom) -> None:
    begun(room, "r")
    said: list[str] = []
    reports = Reports(Failing(room, 1), "INC-1", "r", said.append)  # type: ignore[arg-type]
    reports.keep({"id": "1"})
    assert "no room on the disk" in said[0]
    assert "id is kept when the step ends" in said[0]
    reports.keep({"b": "2"})
    assert kept(room) == [{"id": "1", "b": "2"}]
    never = Failing(room, 10**6)
    reports = Reports(never, "INC-1", "r", said.append)  # type: ignore[arg-type]
    for number in range(10):
        reports.keep({"n": f"{number}"})
    assert never.asked == 3, "it does not wait for a disk again and again"
    assert issubclass(JournalFull, JournalError)


def test_what_is_refused_is_not_asked_again(room: LocalRoom) -> None:
    said: list[str] = []
    reports = Reports(room, "INC-1", "nobody", said.append)
    reports.keep({"a": "1"})
    reports.keep({"a": "2"})
    assert len(said) == 1
    assert "no step was confirmed" in said[0]


def test_an_undo_has_what_a_later_verification_found(room: LocalRoom) -> None:
    begun(room, "r")
    ended(room, "r", Outcome.UNKNOWN)

    def state(action: StepAction, undoes: Run | None = None) -> dict[str, str]:
        return state_for(now(room), "silence", 1, action, undoes)

    assert state(StepAction.VERIFY) == {"before": "1"}
    for name, outcome, found in (
        ("v1", Outcome.FAILED, "7"),
        ("v2", Outcome.SUCCEEDED, "8"),
    ):
        begun(room, name, StepAction.VERIFY)
        ended(room, name, outcome, id=found, before="9")
    begun(room, "other", StepAction.VERIFY, step=2)
    ended(room, "other", Outcome.SUCCEEDED, id="6")
    run = run_of(room, "r")
    assert state(StepAction.UNDO, run) == {"id": "8", "before": "1"}, "its own word comes first"
    assert state(StepAction.VERIFY) == {"id": "8", "before": "1"}
    assert state(StepAction.RUN) == {}
    assert state_for(now(room), "silence", 3, StepAction.VERIFY, None) == {}
