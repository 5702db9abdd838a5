"""The checks before closing, measured on real log files."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.traffic import traffic
from tests.core.story import Story

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.state import Incident
from warroom.core.words import Check, FixLevel, Outcome
from warroom.logs import open_log
from warroom.room.measure import read_through
from warroom.room.prefill import prefill
from warroom.room.verify import Verification, verify

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ONSET = START + timedelta(minutes=60)
FIXED = START + timedelta(minutes=90)
NOW = START + timedelta(minutes=105)
EXPORT = "POST /api/export"

Fails = Callable[[datetime, str, int], bool]


def incident() -> Incident:
    onset = e.Onset(at=ONSET, low=ONSET, high=ONSET, sentence="since 10:00")
    story = Story(ONSET + timedelta(minutes=5)).declared(onset=onset)
    story.do(c.Acknowledge())
    story.now = FIXED
    story.do(c.RecordFix(level=FixLevel.ROOT_CAUSE, text="patch"))
    story.do(c.Resolve())
    return story.incident


def broken(at: datetime, route: str, _number: int) -> bool:
    return route == EXPORT and ONSET <= at < FIXED


def never(*_: object) -> bool:
    return False


def look(path: Path, now: datetime = NOW, hold: float = 10) -> Verification:
    log = open_log(str(path))
    try:
        assert read_through([log])
        return verify(incident(), [log], now, timedelta(minutes=hold))
    finally:
        log.close()


def of(found: Verification, check: Check) -> tuple[bool, str]:
    return next((x.passed, x.sentence) for x in found.checks if x.check is check)


def test_gone_is_gone_and_its_neighbours_are_well(tmp_path: Path) -> None:
    traffic(tmp_path / "a.log", START, NOW, broken)
    found = look(tmp_path / "a.log")
    assert found.passed
    assert of(found, Check.GONE)[1].startswith("5xx of /api/export 0 %")
    assert of(found, Check.ADJACENT)[1].startswith("4 neighbouring routes")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (lambda _a, route, n: route == EXPORT and n % 2 == 0, "not gone"),
        (lambda _a, route, _n: route == EXPORT, "not gone"),
    ],
)
def test_what_still_fails_is_not_gone(tmp_path: Path, after: Fails, said: str) -> None:
    traffic(tmp_path / "a.log", START, FIXED, broken)
    traffic(tmp_path / "a.log", FIXED, NOW, after)
    passed, sentence = of(look(tmp_path / "a.log"), Check.GONE)
    assert not passed
    assert said in sentence


def test_what_failed_a_little_before_may_fail_a_little_after(tmp_path: Path) -> None:
    def usual(at: datetime, route: str, number: int) -> bool:
        return broken(at, route, number) or (route == EXPORT and number % 100 == 2)

    traffic(tmp_path / "a.log", START, NOW, usual, every=0.5)
    passed, sentence = of(look(tmp_path / "a.log"), Check.GONE)
    assert passed
    assert "as before" in sentence


def test_silence_is_no_recovery(tmp_path: Path) -> None:
    traffic(tmp_path / "a.log", START, FIXED, broken)
    assert "too few requests" in of(look(tmp_path / "a.log"), Check.GONE)[1]
    quiet = tmp_path / "b.log"
    traffic(quiet, START, FIXED, broken, every=0.25)
    traffic(tmp_path / "c.log", FIXED, NOW, never, every=0.25)
    # After the fix hardly anybody asks for the export any more.
    lines = (tmp_path / "c.log").read_text().splitlines()
    kept = [x for n, x in enumerate(lines) if "/api/export" not in x or n % 100 == 2]
    quiet.write_text(quiet.read_text() + "\n".join(kept) + "\n")
    passed, sentence = of(look(quiet, hold=14), Check.GONE)
    assert not passed
    assert "only 5 % of the requests still come" in sentence


def test_a_fix_that_breaks_the_neighbour_is_told(tmp_path: Path) -> None:
    traffic(tmp_path / "a.log", START, FIXED, broken)
    traffic(
        tmp_path / "a.log", FIXED, NOW, lambda _a, route, n: route == "GET /login" and n % 3 == 0
    )
    found = look(tmp_path / "a.log")
    assert of(found, Check.GONE)[0]
    passed, sentence = of(found, Check.ADJACENT)
    assert not passed
    assert "/login 0 % → " in sentence


def test_the_time_since_the_fix_counts_and_not_the_time_before(tmp_path: Path) -> None:
    traffic(tmp_path / "a.log", START, NOW, broken)
    found = look(tmp_path / "a.log", hold=20)
    assert not found.passed
    assert found.wait == timedelta(minutes=5)
    assert "too early, 5 min more" in of(found, Check.GONE)[1]


def test_without_a_log_nothing_is_proved() -> None:
    found = verify(incident(), [], NOW)
    assert [x.passed for x in found.checks] == [False, False, True]


def test_something_left_in_force_fails_the_ledger() -> None:
    story = Story(START).declared()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    found = verify(story.incident, [], NOW)
    assert of(found, Check.LEDGER) == (False, "still in force: Roll back")


def test_the_intake_is_filled_from_the_log(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    traffic(path, START, FIXED, broken)
    log = open_log(str(path))
    try:
        read_through([log])
        known = prefill([log])
    finally:
        log.close()
    assert known.onset is not None
    assert abs(known.onset.at - ONSET) < timedelta(seconds=30)
    assert "/api/export" in known.boundary
    assert len(known.evidence) == 3
    raw = known.evidence[0].text.encode()
    assert path.read_bytes()[known.evidence[0].offset :].startswith(raw)
    assert prefill([]).onset is None
