"""The shipped drills can be played and won; what could not be played is refused by name."""

import shlex
from pathlib import Path

import pytest
from tests.drills.access import read
from tests.drills.support import shopctl, wait_until

from warroom.drills.scenarios.load import ScenarioError, load_scenario, load_scenarios, shipped
from warroom.drills.scenarios.model import Scenario
from warroom.drills.service.books import BOOKS
from warroom.drills.service.faults import FAULTS, contained
from warroom.drills.service.state import FIRST
from warroom.drills.service.supervisor import SimulatedService

ALL = load_scenarios()


def test_there_are_ten_drills_and_every_fault_has_one() -> None:
    assert len(ALL) >= 10
    assert {fault for scenario in ALL.values() for fault in scenario.faults} == set(FAULTS)
    assert [s.difficulty for s in ALL.values()] == sorted(s.difficulty for s in ALL.values())


@pytest.mark.parametrize("scenario", ALL.values(), ids=ALL)
def test_the_best_ways_together_contain_every_fault_and_no_wrong_move_does(
    scenario: Scenario,
) -> None:
    entries = dict(FIRST)
    for move in scenario.plan():
        entries |= move.sets
    best: dict[str, dict[str, str]] = {}
    for way in scenario.contained_by:
        best.setdefault(way.fault, dict(way.set))
    cured = dict(entries)
    for changes in best.values():
        cured |= changes
    assert all(contained(FAULTS[name], cured) for name in scenario.faults)
    spoiled = dict(entries)
    for wrong in scenario.wrong_moves:
        spoiled |= wrong.set
    assert not any(contained(FAULTS[name], spoiled) for name in scenario.faults)
    assert scenario.injects
    assert 2 <= len(scenario.truth.follow_ups) <= 4
    assert scenario.par.contain > scenario.par.acknowledge


@pytest.mark.parametrize("scenario", ALL.values(), ids=ALL)
def test_the_named_runbook_sets_exactly_what_contains_the_fault(scenario: Scenario) -> None:
    told = {book.file.removesuffix(".md"): book.words for book in BOOKS}
    for way in scenario.contained_by:
        *names, value = shlex.split(told[way.runbook])
        key = ".".join(names).replace("$instance", "app-3")
        assert set(way.set) == {key}
        assert value in {way.set[key], "$release"}


def test_a_drill_can_be_played_faster() -> None:
    scenario = ALL["two-at-once"]
    plan = scenario.plan(speed=10)
    assert [move.after for move in plan] == [3.0, 6.0]
    assert plan[0].fails_after == 1.0
    assert scenario.first_failure == 40.0


def test_the_obvious_rollback_does_not_help_in_the_red_herring_and_the_drain_does(
    tmp_path: Path,
) -> None:
    scenario = ALL["red-herring"]
    with SimulatedService.start(
        tmp_path, seed=scenario.seed, plan=scenario.plan(speed=50), rate=150
    ) as shop:

        def share(last: int) -> float:
            hits = [h for h in read(shop.access_log) if h.upstream != "edge"][-last:]
            return sum(h.failed for h in hits) / last if len(hits) == last else 0.0

        wait_until(lambda: share(100) > 0.12, "it fails")
        assert shopctl(tmp_path, "release", "2026.11.19").returncode == 0
        old = "2026.11.19"
        wait_until(
            lambda: sum(h.release == old and h.failed for h in read(shop.access_log)) > 20,
            "it fails on the old release too",
        )
        assert shopctl(tmp_path, "instance", "app-3", "drained").returncode == 0
        wait_until(lambda: share(150) < 0.02, "the drain contains it")
        assert shop.changes_file.read_text().count('"kind"') == 2


def broken(tmp_path: Path, old: str, new: str) -> Path:
    text = (shipped() / "two-at-once.toml").read_text()
    assert old in text
    path = tmp_path / "drill.toml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "two-at-once"', 'id = "Two"', "id is lower-case letters"),
        ('id = "two-at-once"', "", "id is missing"),
        ('title = "Two things at once"', "title = 3", "title is a int"),
        ("difficulty = 3", "difficulty = 4", "difficulty is 4; it must be from 1 to 3"),
        ("difficulty = 3", "difficulty = true", "difficulty is a bool"),
        ('fault = "bad_release"', 'fault = "gremlins"', "it can be: bad_release"),
        ("fails_after = 10", "fails_after = -1", r"moves\[1\].fails_after is -1"),
        ('{ "flag.new-cart" = "off" }', '{ "flag.x" = "off" }', "which the shop does not have"),
        ('runbook = "rollback"', 'runbook = "pray"', r"contained_by\[2\].runbook is 'pray'"),
        ('{ release = "2026.11.19" }', '{ config = "c-42" }', "does not end bad_release"),
        ('{ "instance.app-2" = "drained" }', '{ "fallback.payments" = "on" }', "not wrong"),
        ('{ "instance.app-2" = "drained" }', "{ }", "is empty"),
        ('from = "engineer"', 'from = "ghost"', r"injects\[1\].from is 'ghost'; it can be"),
        ("after = 200", "after = 20", "not in the order of their times"),
        ("acknowledge = 60", "acknowledge = 600", "must lie between"),
        ('category = "production"', 'category = "x"', "truth.category is 'x'"),
        ('release = "2026.11.20" }', 'colour = "red" }', "boundary has 'colour'"),
        ('route = "/api/checkout"', 'route = "/nope"', "boundary has route = '/nope'"),
        ("pipeline 8812", "pipeline 1", "truth.change is no record of the moves"),
        ('fault = "third_party"', 'fault = "bad_release"', "triggers a fault twice"),
        ("after = 30", 'after = 30\nrecord = { kind = "x", text = "y" }', "needs text and a kind"),
        ("[par]", "[par]\nspeed = 3", "par.speed means nothing here"),
        ("[par]", "[par", "is no TOML"),
    ],
)
def test_what_cannot_be_played_is_refused_by_file_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ScenarioError, match=message) as refused:
        load_scenario(broken(tmp_path, old, new))
    assert "drill.toml" in str(refused.value)


def test_unreadable_and_doubled_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="is no TOML"):
        load_scenario(tmp_path / "binary.toml")
    (tmp_path / "binary.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(ScenarioError, match="longer than"):
        load_scenario(tmp_path / "binary.toml")
    (tmp_path / "binary.toml").unlink()
    text = (shipped() / "bad-release.toml").read_text()
    (tmp_path / "a.toml").write_text(text)
    (tmp_path / "b.toml").write_text(text)
    with pytest.raises(ScenarioError, match=r"b\.toml: id 'bad-release' is taken"):
        load_scenarios(tmp_path)
