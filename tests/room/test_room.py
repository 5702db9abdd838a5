"""The room over a real journal: one door, several listeners, containment that is measured."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.state import Run
from warroom.core.words import ChangeKind, Outcome, Phase, StepAction, Verdict
from warroom.logs import open_log
from warroom.logs.protocol import Log
from warroom.room.changes import read_changes
from warroom.room.containment import Plan, Progress
from warroom.room.local import LocalRoom
from warroom.room.operator import Operator
from warroom.room.service import Done
from warroom.room.shelf import Shelf
from warroom.store import open_journal

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_room(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., LocalRoom]]:
    rooms: list[LocalRoom] = []

    def make(actor: str = "ana", **more: object) -> LocalRoom:
        journal = open_journal(tmp_path / "w.db", anchors=tmp_path / "anchors.log")
        room = LocalRoom(journal, actor=actor, device="box", clock=clock, poll_seconds=0.02, **more)
        rooms.append(room)
        return room

    yield make
    for room in rooms:
        room.close()


def declare(room: LocalRoom, **facts: object) -> str:
    done = room.do(c.Declare(facts=e.Declared(title="checkout fails", service="shop", **facts)))
    assert isinstance(done, Done)
    return done.incident.id


def wait_for(said: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_rooms_on_one_journal_hear_each_other(make_room) -> None:
    ana, leo = make_room("ana"), make_room("leo")
    heard: list[e.Recorded] = []
    stop = leo.subscribe(heard.extend)
    name = declare(ana)
    ana.do(c.Acknowledge(), name)
    wait_for(lambda: len(heard) == 3)
    assert [r.seq for r in heard] == [1, 2, 3]
    assert leo.incident("1").commander == "ana"
    stop()
    refusal = leo.do(c.Acknowledge(), name)
    assert isinstance(refusal, Refusal)
    assert "ana" in refusal.reason


def test_a_command_sent_twice_happens_once(make_room) -> None:
    room = make_room()
    name = declare(room)
    first = room.do(c.AddNote(text="x"), name, command_id="k1")
    again = room.do(c.AddNote(text="x"), name, command_id="k1")
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert len(room.records(name)) == 2


def test_a_new_incident_takes_over_the_changes_of_the_day(make_room, tmp_path, clock) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text(
        '{"at": "2026-11-20T13:59:00Z", "kind": "deploy", "text": "shop 2", "release": "2"}\n'
        "not json\n"
        '{"at": "2026-11-01T13:59:00Z", "text": "long ago"}\n'
        '{"at": "2026-11-20T13:00:00Z", "kind": "odd", "text": "flag"}\n'
    )
    room = make_room(changes=lambda since: read_changes([path, tmp_path / "absent"], since))
    name = declare(room)
    changes = room.incident(name).changes
    assert [x.text for x in changes] == ["flag", "shop 2"]
    assert [x.kind for x in changes] == [ChangeKind.CONFIG, ChangeKind.DEPLOY]


# -- containment -------------------------------------------------------------------------------

BOOK = """\
---
title: Roll back the shop
kind: rollback
services: [shop]
blast_radius: "two seconds"
params: {{release: {{ask: "Which", type: release, default: "${{previous_release}}"}}}}
---
1. [ ] Tell the channel
2. [ ] Switch

   ```sh run timeout=5s
   printf '%s' "$release" > '{state}.new'
   echo "warroom-state: before=$(cat '{state}')"
   mv '{state}.new' '{state}'
   echo switched to "$release"
   ```

   ```sh verify timeout=5s
   test "$(cat '{state}')" = "$release"
   ```

   ```sh undo timeout=5s
   printf '%s' "$state_before" > '{state}'
   ```

   ```watch
   5xx_rate(route="/api/checkout") < 1% for 20s
   ```
"""

LINE = '10.0.0.1 - - [{at}] "POST /api/checkout HTTP/1.1" {status} 2 "-" "c" rt=0.1 release="{release}"\n'


class Shop:
    """A log that fails while the state file names the bad release, and a clock that drives it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.state = folder / "state"
        self.state.write_text("2")
        self.log = folder / "access.log"
        self.clock = clock
        self.cured = True
        rows = [self.row(START - timedelta(seconds=s), 200, "1") for s in range(600, 120, -1)]
        rows += [
            self.row(START - timedelta(seconds=s), 502 if s % 2 else 200, "2")
            for s in range(120, 0, -1)
        ]
        self.log.write_text("".join(rows))

    @staticmethod
    def row(at: datetime, status: int, release: str) -> str:
        return LINE.format(
            at=at.strftime("%d/%b/%Y:%H:%M:%S +0000"), status=status, release=release
        )

    def sleep(self, seconds: float) -> None:
        """A second of waiting is ten seconds of traffic."""
        with self.log.open("a") as file:
            for _ in range(20):
                self.clock.now += timedelta(seconds=seconds / 2)
                release = self.state.read_text()
                bad = release == "2" or not self.cured
                status = 502 if bad and self.clock.now.microsecond == 0 else 200
                file.write(self.row(self.clock.now, status, release))
        time.sleep(0.15)  # the follower's turn


@pytest.fixture
def shop(tmp_path: Path, clock: Clock) -> Shop:
    return Shop(tmp_path, clock)


@pytest.fixture
def log(shop: Shop) -> Iterator[Log]:
    opened = open_log(shop.log)
    wait_for(lambda: opened.progress().complete)
    yield opened
    opened.close()


@pytest.fixture
def operator(make_room, shop: Shop, log: Log, tmp_path: Path) -> Operator:
    room = make_room()
    books = tmp_path / "books"
    books.mkdir()
    (books / "rollback.md").write_text(BOOK.format(state=shop.state))
    onset = START - timedelta(seconds=120)
    name = declare(room, onset=e.Onset(at=onset, low=onset, high=onset, sentence="since then"))
    room.do(c.Acknowledge(), name)
    return Operator(room, Shelf([books], with_shipped=False), [log], device="box", sleep=shop.sleep)


def planned(operator: Operator, room: LocalRoom) -> Plan:
    incident = room.incident("1")
    option = operator.options(incident)[0]
    plan = operator.plan(incident, option.runbook, option.step)
    assert isinstance(plan, Plan), plan
    return plan


def ran(result: Run | Refusal) -> Run:
    assert isinstance(result, Run), result
    return result


def test_options_say_why_and_plans_show_everything(operator: Operator) -> None:
    room = operator.room
    option = operator.options(room.incident("1"))[0]
    assert (option.key, option.undo, option.blocked) == ("r", True, "")
    assert "release 2" in option.reason
    plan = planned(operator, room)
    assert plan.params["release"] == "1"  # the one before, read from the log
    assert "mv" in plan.command
    assert "state_before" in plan.undo
    assert plan.key == "R"
    assert plan.blast_radius == "two seconds"


def test_a_rollback_runs_is_measured_contains_and_is_undone(operator: Operator, shop: Shop) -> None:
    room = operator.room
    output: list[str] = []
    run = ran(operator.execute(planned(operator, room), confirmed="R", on_output=output.append))
    assert run.outcome is Outcome.SUCCEEDED
    assert "switched to 1" in "".join(output)
    assert shop.state.read_text() == "1"
    kinds = [e.kind_of(r.event) for r in room.records("1")]
    assert kinds.index("step_intended") < kinds.index("step_started") < kinds.index("step_finished")
    seen: list[Progress] = []
    progress = operator.measure("INC-1", run.intent.run, on_progress=seen.append)
    assert progress is not None
    # None of 40 requests fail, which leaves up to 10 % possible: the damage ended, and no more.
    assert progress.verdict is Verdict.HELPED, progress
    assert "too few yet to call it gone" in progress.sentence
    # The numbers are those of an independent count of the file.
    lines = shop.log.read_text().splitlines()
    before = [x for x in lines[480:] if " 502 " in x]
    assert progress.before == (len(before), 120)
    assert progress.after[0] == 0
    assert "→ 0 %" in progress.sentence
    incident = room.incident("1")
    assert incident.phase is Phase.CONTAINED
    assert operator.options(incident)[0].blocked == "in force"
    undo = operator.undo_plan(incident)
    assert isinstance(undo, Plan)
    assert undo.key == "U"
    assert ran(operator.execute(undo, confirmed="U")).outcome is Outcome.SUCCEEDED
    assert shop.state.read_text() == "2"
    assert room.incident("1").ledger == ()


def test_no_effect_is_called_that(operator: Operator, shop: Shop) -> None:
    shop.cured = False
    run = ran(operator.execute(planned(operator, operator.room), confirmed="R"))
    progress = operator.measure("INC-1", run.intent.run)
    assert progress is not None
    assert progress.verdict is Verdict.NO_EFFECT
    assert operator.room.incident("1").contained_at is None


@pytest.mark.parametrize("pressed", ["", "r", "\n", "enter", "U", "yes"])
def test_anything_but_the_deliberate_key_runs_nothing(
    operator: Operator, shop: Shop, pressed: str
) -> None:
    refusal = operator.execute(planned(operator, operator.room), confirmed=pressed)
    assert isinstance(refusal, Refusal)
    assert shop.state.read_text() == "2"
    assert operator.room.incident("1").runs == ()


def test_a_runbook_changed_since_the_preview_does_not_run(
    operator: Operator, shop: Shop, tmp_path
) -> None:
    plan = planned(operator, operator.room)
    path = tmp_path / "books" / "rollback.md"
    path.write_text(path.read_text().replace("switched to", "changed to"))
    assert isinstance(operator.execute(plan, confirmed="R"), Refusal)
    assert shop.state.read_text() == "2"


def test_one_preview_confirmed_on_two_consoles_runs_once(operator: Operator, shop: Shop) -> None:
    plan = planned(operator, operator.room)
    results: list[Run | Refusal] = []
    threads = [
        threading.Thread(target=lambda: results.append(operator.execute(plan, confirmed="R")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(type(x).__name__ for x in results) == ["Refusal", "Run"]
    assert len(operator.room.incident("1").runs) == 1


def test_a_failed_verification_leaves_the_step_unknown(
    operator: Operator, shop: Shop, tmp_path
) -> None:
    path = tmp_path / "books" / "rollback.md"
    path.write_text(path.read_text().replace('test "$(cat', 'test x"$(cat'))
    room = operator.room
    run = ran(operator.execute(planned(operator, room), confirmed="R"))
    assert run.outcome is Outcome.UNKNOWN
    assert isinstance(operator.execute(planned(operator, room), confirmed="R"), Refusal)
    room.do(c.SettleStep(run=run.intent.run, done=True, reason="looked"), "1")
    assert [x.intent.run for x in room.incident("1").ledger] == [run.intent.run]


def test_a_step_whose_console_died_becomes_unknown(operator: Operator) -> None:
    room = operator.room
    plan = planned(operator, room)
    from warroom.room.outcomes import intended

    plan = replace(plan, run="lost")
    room.do(
        c.IntendStep(
            facts=replace(intended(plan, "R", "", START), console="4194301 1 another-boot")
        ),
        "1",
    )
    started = e.StepStarted(run="lost", pid=2**22 - 3, start_ticks=1, boot_id="another boot")
    room.do(c.StartStep(facts=started), "1")
    assert operator.settle_lost() == ("lost",)
    assert room.incident("1").run("lost").outcome is Outcome.UNKNOWN
    assert operator.settle_lost() == ()
    verify = operator.plan(room.incident("1"), "rollback", 2, action=StepAction.VERIFY)
    assert isinstance(verify, Plan)
    assert verify.key == "V"


def test_a_step_that_never_started_is_called_that(operator: Operator) -> None:
    from warroom.room.outcomes import intended

    room = operator.room
    facts = replace(
        intended(planned(operator, room), "R", "", START), console="4194301 1 another-boot"
    )
    room.do(c.IntendStep(facts=facts), "1")
    assert operator.settle_lost() == (facts.run,)
    assert room.incident("1").run(facts.run).outcome is Outcome.CANCELLED


def test_what_another_living_console_runs_is_left_alone(operator: Operator) -> None:
    from warroom.room.outcomes import intended

    room = operator.room
    room.do(c.IntendStep(facts=intended(planned(operator, room), "R", "", START)), "1")
    assert operator.settle_lost() == ()


CHECKED = """\
---
title: Switch
kind: flag
services: [shop]
blast_radius: "nobody"
---
1. [ ] Switch
   ```sh precheck reads timeout=5s
   echo "warroom-state: before=$(cat '{state}')"
   ```
   ```sh run timeout=5s
   echo off > '{state}'
   ```
   ```sh undo timeout=5s
   echo "$state_before" > '{state}'
   ```
"""


def test_the_state_before_is_kept_before_anything_changes(
    make_room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, state, books = make_room(), tmp_path / "state", tmp_path / "books"
    state.write_text("37\n")
    books.mkdir()
    (books / "switch.md").write_text(CHECKED.format(state=state))
    declare(room)
    operator = Operator(room, Shelf([books], with_shipped=False), (), device="box")
    plan = operator.plan(room.incident("1"), "switch")
    assert isinstance(plan, Plan)
    do = room.do

    def dies(command: c.Command, *rest: object) -> object:
        if isinstance(command, c.FinishStep):
            raise KeyboardInterrupt  # the console ends in the middle of the step
        return do(command, *rest)

    monkeypatch.setattr(room, "do", dies)
    with pytest.raises(KeyboardInterrupt):
        operator.execute(plan, confirmed="R")
    monkeypatch.undo()
    started = next(r.event for r in room.records("1") if isinstance(r.event, e.StepStarted))
    assert started.state == {"before": "37"}
    room.do(c.FinishStep(facts=e.StepFinished(run=plan.run, outcome=Outcome.UNKNOWN)), "INC-1")
    room.do(c.SettleStep(run=plan.run, done=True), "INC-1")
    undo = operator.undo_plan(room.incident("1"))
    assert isinstance(undo, Plan)
    assert undo.params["state_before"] == "37"
    assert ran(operator.execute(undo, confirmed="U")).outcome is Outcome.SUCCEEDED
    assert state.read_text() == "37\n"
