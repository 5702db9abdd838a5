"""What a drill is worth: the score from the record alone, and drills that are really played."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.words import Audience, UpdateKind
from warroom.drills.play.course import Course, Said
from warroom.drills.play.score import score
from warroom.drills.scenarios.load import load_scenarios
from warroom.drills.service.state import State
from warroom.room.local import LocalRoom
from warroom.room.service import Done
from warroom.store import open_journal

BEGUN = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
SCENARIOS = load_scenarios()


class Play:
    """A course and a room whose clock is turned by hand."""

    def __init__(self, folder: Path, scenario: str = "bad-release") -> None:
        self.now = BEGUN
        self.room = LocalRoom(
            open_journal(str(folder / "d.db")),
            actor="ana",
            device="here",
            clock=lambda: self.now,
            drill=scenario,
        )
        self.course = Course(SCENARIOS[scenario], 1.0, BEGUN.timestamp())
        self.state = State()

    def at(self, seconds: float) -> None:
        self.now = BEGUN + timedelta(seconds=seconds)

    def shop(self, seconds: float, fault: str = "", **entries: str) -> None:
        self.at(seconds)
        if fault:
            self.state = self.state.with_fault(fault, self.now.timestamp())
        changes = {key.replace("__", "."): value for key, value in entries.items()}
        self.state = self.state.with_entries(changes, 0)
        self.course.look(self.state, self.now.timestamp())

    def set(self, seconds: float, key: str, value: str) -> None:
        self.at(seconds)
        self.state = self.state.with_entries({key: value}, 0)
        self.course.look(self.state, self.now.timestamp())

    def do(self, seconds: float, command: c.Command) -> None:
        self.at(seconds)
        name = None if isinstance(command, c.Declare) else "INC-1"
        assert isinstance(self.room.do(command, name), Done)

    def marks(self, seconds: float) -> dict[str, tuple[int, str]]:
        found = self.scored(seconds)
        return {mark.what: (mark.points, mark.reason) for mark in found.marks}

    def scored(self, seconds: float):
        self.at(seconds)
        incidents = tuple(self.room.incidents(include_closed=True))
        records = [r for one in incidents for r in self.room.records(one.id)]
        return score(self.course, incidents, records, self.now.timestamp())


@pytest.fixture
def play(tmp_path: Path):
    found = Play(tmp_path)
    yield found
    found.room.close()


def test_an_incident_of_a_drill_says_so_everywhere_it_is_told(play: Play) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="checkout fails")))
    play.do(51, c.Qualify(facts=e.Qualified(title="checkout fails for all")))
    play.do(
        52, c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.CLIENT, text="We look into it")
    )
    found = play.room.incident("1")
    assert found is not None
    assert found.drill == "bad-release"
    assert found.title == "DRILL checkout fails for all"
    assert found.updates[0][1].text == "DRILL We look into it"


def test_a_real_incident_has_no_score(play: Play, tmp_path: Path) -> None:
    real = LocalRoom(open_journal(str(tmp_path / "r.db")), actor="ana", device="here")
    real.do(c.Declare(facts=e.Declared(title="x")))
    refusal = real.do(c.ScoreDrill(facts=play.scored(1)), "1")
    real.close()
    assert isinstance(refusal, Refusal)
    assert "no drill" in refusal.reason


def test_doing_nothing_is_worth_nothing_and_says_why(play: Play) -> None:
    play.shop(31, release="2026.11.20")
    play.shop(43, "bad_release")
    found = play.scored(400)
    assert (found.points, found.won) == (0, False)
    assert "nobody declared an incident" in found.marks[0].reason
    assert "flag-new-cart-off" in found.marks[1].reason


def test_the_time_to_contain_counts_from_the_first_failure(play: Play) -> None:
    play.shop(31, release="2026.11.20")
    play.shop(43, "bad_release")
    play.set(43 + 180, "flag.new-cart", "off")
    assert play.marks(230)["contained in time"][0] == 25
    play.set(240, "flag.new-cart", "on")
    assert play.course.contained_at() is None
    play.set(43 + 270, "flag.new-cart", "off")
    assert (
        play.marks(330)["contained in time"]
        == (
            12,
            "the damage stopped 4 min 30 s after it began, par is 3 min",
        )
        or play.marks(330)["contained in time"][0] == 12
    )
    assert "returned" in play.marks(330)["containment removed"][1]


def test_wrong_moves_cost_points_and_are_named(play: Play) -> None:
    play.shop(31, release="2026.11.20")
    play.shop(43, "bad_release")
    play.set(60, "instance.app-3", "drained")
    points, reason = play.marks(61)["no move that did not help"]
    assert points == 5
    assert "instance.app-3 = drained" in reason
    play.set(70, "fallback.payments", "on")
    assert play.marks(71)["no move that did not help"][0] == 0


def test_who_asks_and_hears_nothing_is_named(play: Play) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="x")))
    first, second = play.course.scenario.injects
    play.course.said += [
        Said((BEGUN + timedelta(seconds=90)).timestamp(), first, "INC-1"),
        Said((BEGUN + timedelta(seconds=240)).timestamp(), second, "INC-1"),
    ]
    play.do(
        120, c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.CLIENT, text="We look into it")
    )
    points, reason = play.marks(500)["people told in time"]
    assert points == 8
    assert reason.startswith("management waited")


def test_a_diagnosis_counts_by_what_it_names(play: Play) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="x")))
    play.do(60, c.Diagnose(text="the database is slow"))
    assert play.marks(61)["root cause found"] == (
        0,
        "it was: " + play.course.scenario.truth.root_cause,
    )
    play.do(70, c.Diagnose(text="release 2026.11.20 breaks checkout", reason="diff"))
    assert play.marks(71)["root cause found"][0] == 15


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))},
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "warroom", *words],
        capture_output=True,
        text=True,
        timeout=900,
        env=environment,
    )


def gone(folder: Path) -> bool:
    alive = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, timeout=20)
    return str(folder) not in alive.stdout and not list(folder.glob("warroom-*"))


def test_drills_are_listed_made_and_refused(tmp_path: Path) -> None:
    listed = json.loads(run(tmp_path, "drill", "list", "--json").stdout)
    assert {one["id"] for one in listed} == set(SCENARIOS)
    assert run(tmp_path, "drill", "new", "mine").returncode == 0
    assert "mine" in run(tmp_path, "drill", "list").stdout
    assert run(tmp_path, "drill", "new", "mine").returncode == 1
    assert run(tmp_path, "drill", "new", "Not an id").returncode == 1
    unknown = run(tmp_path, "drill", "run", "nope")
    assert unknown.returncode == 4
    assert "bad-release" in unknown.stderr
    assert "No drill has been played" in run(tmp_path, "drill", "score").stdout


def test_a_drill_is_lost_by_wrong_moves(tmp_path: Path) -> None:
    lost(tmp_path, "bad-release", "wrong")


@pytest.mark.soak
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_drill_is_won_by_what_the_console_suggests(tmp_path: Path, scenario: str) -> None:
    won(tmp_path, scenario, speed="4")


@pytest.mark.soak
@pytest.mark.parametrize("how", ["nothing", "wrong"])
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_drill_is_lost_by_nothing_and_by_wrong_moves(
    tmp_path: Path, scenario: str, how: str
) -> None:
    lost(tmp_path, scenario, how)


def won(folder: Path, scenario: str, *, speed: str) -> None:
    done = run(folder, "drill", "run", scenario, "--speed", speed, "--play", "win")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": won, " in done.stdout
    kept = json.loads(run(folder, "drill", "score", "--json").stdout)
    assert kept[0]["score"]["won"] is True
    assert gone(folder)


def lost(folder: Path, scenario: str, how: str) -> None:
    done = run(folder, "drill", "run", scenario, "--speed", "10", "--play", how)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the damage went on" in done.stdout
    move = SCENARIOS[scenario].wrong_moves[0]
    assert move.why in done.stdout or how == "nothing"
    assert gone(folder)
