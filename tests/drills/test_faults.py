"""Every fault hits what it says, is decided by the seed, and ends with its switch."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.drills.access import Hit, read
from tests.drills.support import shopctl, wait_until

from warroom.core.words import ChangeKind
from warroom.drills.service import faults
from warroom.drills.service.app import Instance
from warroom.drills.service.faults import FAULTS
from warroom.drills.service.routes import ROUTES, find
from warroom.drills.service.settings import Settings, trigger
from warroom.drills.service.state import (
    FIRST,
    NEW_RELEASE,
    OPTIONS,
    StateError,
    check,
    read_state,
)
from warroom.drills.service.supervisor import SimulatedService


def shares(hits: list[Hit], key: Callable[[Hit], str]) -> dict[str, float]:
    total, bad = Counter(key(h) for h in hits), Counter(key(h) for h in hits if h.failed)
    return {name: bad[name] / count for name, count in total.items() if count >= 5}


def upstream(hit: Hit) -> str:
    return hit.upstream


def route(hit: Hit) -> str:
    found = find(hit.method, hit.path)
    assert found is not None
    return found.name


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_names_only_what_the_shop_has(fault: faults.Fault) -> None:
    names = {r.name for r in ROUTES}
    assert set(fault.routes) <= names
    check(fault.needs)
    check(fault.change)
    assert fault.record["kind"] in set(ChangeKind)
    assert fault.record["text"]
    after = {**FIRST, **fault.change}
    assert faults.holds(fault, after), "its own change brings it about"
    assert faults.draw(1, "x") == faults.draw(1, "x") != faults.draw(2, "x")
    for key, value in fault.needs.items():
        other = next(option for option in OPTIONS[key] if option != value)
        assert not faults.holds(fault, {**after, key: other})


def test_the_share_of_victims_is_what_the_fault_says_and_grows_with_its_ramp() -> None:
    fault = FAULTS["bad_release"]
    hit = [faults.answer(fault, 7, f"{n:x}", "/api/checkout", 1.0) for n in range(4000)]
    assert sum(a is not None for a in hit) / 4000 == pytest.approx(fault.share, abs=0.02)
    assert hit.count("reset") / 4000 == pytest.approx(0.9 * 0.7, abs=0.03)
    assert hit == [faults.answer(fault, 7, f"{n:x}", "/api/checkout", 9.0) for n in range(4000)]
    assert not any(faults.answer(fault, 7, f"{n:x}", "", -0.1) for n in range(100))
    growing = FAULTS["third_party"]
    half = [faults.answer(growing, 7, f"{n:x}", "/api/pay", growing.ramp / 2) for n in range(4000)]
    assert sum(a is not None for a in half) / 4000 == pytest.approx(growing.share / 2, abs=0.02)
    assert faults.delay(growing, 7, "a", 10.0) == faults.delay(growing, 7, "a", 30.0) / 2 > 0


def test_a_corrupted_record_fails_every_time_and_the_others_never() -> None:
    fault = FAULTS["bad_migration"]
    for path in (f"/api/orders/{n}" for n in range(1000, 1050)):
        answers = {faults.answer(fault, 7, f"{n:x}", path, 1.0) for n in range(20)}
        assert len(answers) == 1


def test_several_faults_at_once_each_hit_their_own_and_end_by_their_own_switch(
    tmp_path: Path,
) -> None:
    kinds = ("one_bad_backend", "third_party", "config_typo", "bad_migration", "leaked_key")
    plan = [trigger(kind, 0.0, -30.0) for kind in kinds]  # long enough ago to be full grown
    with SimulatedService.start(tmp_path, plan=plan, rate=220) as shop:
        wait_until(lambda: len(read(shop.access_log)) >= 900, "900 requests")
        hits = read(shop.access_log)
        by_route = shares([h for h in hits if h.upstream in {"app-1", "app-2"}], route)
        assert by_route["GET /api/search"] > 0.7
        assert by_route["POST /api/pay"] > 0.6
        assert 0.1 < by_route["GET /api/orders/{id}"] < 0.65
        assert by_route["GET /api/products/{id}"] < 0.1
        by_instance = shares([h for h in hits if route(h) == "GET /api/products/{id}"], upstream)
        assert by_instance["app-3"] > 0.4 > by_instance["app-1"]
        stolen = [h for h in hits if "key=partner-7" in h.path]
        assert len(stolen) >= 5
        assert {h.client for h in stolen} == {"203.0.113.66"}
        records = shop.changes_file.read_text()
        assert all(FAULTS[kind].record["text"] in records for kind in kinds)

        for words in (
            ("instance", "app-3", "drained"),
            ("fallback", "payments", "on"),
            ("config", "c-41"),
            ("data", "restored"),
            ("key", "partner-7", "revoked"),
        ):
            assert shopctl(tmp_path, *words).returncode == 0
        mark = len(read(shop.access_log)) + 250  # requests under way may still fail
        wait_until(lambda: len(read(shop.access_log)) >= mark + 300, "300 requests afterwards")
        after = read(shop.access_log)[mark:]
        assert sum(h.failed for h in after) / len(after) < 0.02
        assert {h.status for h in after if "key=partner-7" in h.path} == {401}
        assert {h.status for h in after if h.path == "/api/pay"} == {202}


def test_a_pool_that_runs_dry_gets_slow_and_then_refuses_until_the_flag_is_off(
    tmp_path: Path,
) -> None:
    with SimulatedService.start(
        tmp_path, fault="pool_exhaustion", deploy_after=0.0, fail_after=0.0, rate=200
    ) as shop:
        wait_until(lambda: any(h.status == 503 for h in read(shop.access_log)), "a refusal")
        refused = [h for h in read(shop.access_log) if h.status == 503]
        assert min(h.seconds for h in refused) >= 1.4
        assert shopctl(tmp_path, "flag", "bulk-export", "off").returncode == 0
        wait_until(
            lambda: not any(h.failed or h.seconds > 1 for h in read(shop.access_log)[-100:]),
            "it serves quickly again",
        )


def test_a_leak_slows_everything_and_a_restart_helps_that_instance_for_a_while(
    tmp_path: Path,
) -> None:
    with SimulatedService.start(
        tmp_path, fault="slow_leak", deploy_after=0.0, fail_after=0.0, rate=250
    ) as shop:

        def slow(name: str) -> bool:
            last = [h for h in read(shop.access_log) if h.upstream == name][-12:]
            return len(last) == 12 and sorted(h.seconds for h in last)[6] > 0.6

        wait_until(lambda: slow("app-1") and slow("app-2"), "everything is slow")
        assert shopctl(tmp_path, "restart", "app-1").returncode == 0
        wait_until(lambda: not slow("app-1"), "the restarted instance is quick")
        assert slow("app-2")
        assert shop.status().running
    assert (tmp_path / "service.err").read_text() == ""


def test_a_state_that_the_shop_cannot_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="it can be: on, off"):
        check({"flag.new-cart": "perhaps"})
    (tmp_path / "state.json").write_text('{"entries": {}, "active_from": []}')
    with pytest.raises(StateError, match=r"state\.json is not a state of the shop"):
        read_state(tmp_path / "state.json")


def test_memory_that_filled_up_is_free_once_the_cause_is_removed(tmp_path: Path) -> None:
    instance = Instance(tmp_path, Settings(1, 1.0, (), {"gateway": 1}), "app-1", NEW_RELEASE)
    while instance._fullness() < 1:
        instance._grow(FAULTS["slow_leak"])
    instance._give_back({"release": "2026.11.19"}, {"slow_leak": 9.0})
    assert instance._fullness() == 1, "another release elsewhere frees nothing here"
    instance._give_back({"release": NEW_RELEASE}, {})
    assert instance._fullness() == 0
