"""The shop really serves, fails, recovers, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.drills.access import failures, read
from tests.drills.support import alive, shopctl, wait_until

from warroom.drills.service.supervisor import ServiceError, SimulatedService, environment


def checkouts(service: SimulatedService) -> list[int]:
    return [
        hit.status
        for hit in read(service.access_log)
        if hit.method == "POST" and hit.path == "/api/checkout"
    ]


def failing(statuses: list[int]) -> float:
    return sum(status >= 500 for status in statuses) / max(1, len(statuses))


def test_a_bad_release_fails_on_one_route_and_the_rollback_cures_it(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, deploy_after=1.0, fail_after=0.0, rate=100) as shop:
        wait_until(lambda: '"deploy"' in shop.changes_file.read_text(), "the deployment")
        wait_until(lambda: sum(s >= 500 for s in checkouts(shop)) >= 15, "checkout fails")
        before = read(shop.access_log)

        done = shopctl(tmp_path, "release", "2026.11.19")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "warroom-state: release=2026.11.20"
        checked = shopctl(tmp_path, "check", "release", "2026.11.19")
        assert checked.returncode == 0, checked.stderr

        mark = len(checkouts(shop))
        old = "2026.11.19"
        wait_until(
            lambda: sum(h.release == old for h in read(shop.access_log)[len(before) :]) >= 100,
            "the old release serves again",
        )
        wait_until(lambda: len(checkouts(shop)) > mark, "somebody checks out again")
        after = [
            hit
            for hit in read(shop.access_log)[len(before) :]
            if hit.release == old and hit.path == "/api/checkout"
        ]
        assert failing([hit.status for hit in after]) < 0.05

        change = json.loads(shop.changes_file.read_text())
        assert change["release"] == "2026.11.20"
        assert change["text"] == "shop 2026.11.20 deployed by pipeline 8812"
        deployed = datetime.fromisoformat(change["at"])
        assert deployed.tzinfo is not None
        counted = failures(before)
        broken = counted[("POST", "/api/checkout", "2026.11.20")]
        assert broken >= 15
        assert broken >= 0.9 * sum(counted.values()), counted
        slow = [h.seconds for h in before if h.failed and h.path == "/api/checkout"]
        assert sorted(slow)[len(slow) // 2] > 0.5
        assert {h.status for h in before if h.failed} >= {500, 502}
        assert shop.status().running
        assert (tmp_path / "service.err").read_text() == ""
        assert "upstream prematurely closed connection" in shop.error_log.read_text()
        errors = [json.loads(line) for line in shop.app_log.read_text().splitlines()]
        assert any(e["level"] == "error" and e["error"] == "CurrencyError" for e in errors)


def test_the_flag_off_and_the_route_degraded_contain_it_too(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, deploy_after=0.0, fail_after=0.0, rate=150) as shop:

        def settled(*, fails: bool) -> bool:
            tail = checkouts(shop)[-12:]
            return len(tail) == 12 and (failing(tail) > 0.5 if fails else failing(tail) == 0.0)

        for words, back in (
            (("flag", "new-cart", "off"), ("flag", "new-cart", "on")),
            (("route", "POST /api/checkout", "degraded"), ()),
        ):
            wait_until(lambda: settled(fails=True), "it fails")
            assert shopctl(tmp_path, *words).returncode == 0
            assert shopctl(tmp_path, "check", *words).returncode == 0
            wait_until(lambda: settled(fails=False), f"{words} contains")
            if back:
                assert shopctl(tmp_path, *back).returncode == 0
                assert shopctl(tmp_path, "check", *words).returncode == 1


def test_a_drained_instance_gets_no_request(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, plan=(), rate=100) as shop:
        wait_until(lambda: "app-2" in {h.upstream for h in read(shop.access_log)}, "traffic")
        assert shopctl(tmp_path, "instance", "app-2", "drained").returncode == 0
        assert shopctl(tmp_path, "check", "instance", "app-2", "drained").returncode == 0
        mark = len(read(shop.access_log)) + 30  # requests under way may still end on it
        wait_until(lambda: len(read(shop.access_log)) > mark + 60, "more traffic")
        assert "app-2" not in {h.upstream for h in read(shop.access_log)[mark:]}

        for name in ("app-1", "app-3"):  # one too many: nobody is left to answer
            assert shopctl(tmp_path, "instance", name, "drained").returncode == 0
        wait_until(lambda: "no live upstreams" in shop.error_log.read_text(), "nobody answers")
        wait_until(lambda: read(shop.access_log)[-1].upstream == "edge", "the edge is left")


def test_a_killed_instance_is_refused_connections_until_it_is_drained(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, plan=(), rate=100) as shop:
        os.kill(shop.pids["2026.11.19/app-2"], signal.SIGKILL)
        wait_until(lambda: "111: Connection refused" in shop.error_log.read_text(), "refusals")
        assert {h.upstream for h in read(shop.access_log) if h.status == 502} == {"app-2"}
        assert not shop.status().running
        assert shop.status().dead == ("2026.11.19/app-2",)
        assert shopctl(tmp_path, "instance", "app-2", "drained").returncode == 0
        mark = len(read(shop.access_log)) + 20
        wait_until(lambda: len(read(shop.access_log)) > mark + 60, "more traffic")
        assert not any(h.status == 502 for h in read(shop.access_log)[mark:])


def test_the_state_file_may_be_edited_and_a_broken_edit_changes_nothing(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, plan=(), rate=20) as shop:
        state = json.loads(shop.state_file.read_text())
        state["entries"]["release"] = "2026.11.20"
        shop.state_file.write_text(json.dumps(state))
        wait_until(
            lambda: shopctl(tmp_path, "check", "release", "2026.11.20").returncode == 0,
            "the edited release serves",
        )
        shop.state_file.write_text('{"entries": {"release": "x"')
        wait_until(lambda: "stays in force" in (tmp_path / "service.err").read_text(), "it is told")
        assert shopctl(tmp_path, "check", "release", "2026.11.20").returncode == 0
        assert shop.status().state is None


def test_the_access_log_is_nginx_combined_with_utc_times(tmp_path: Path) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=1)
    with SimulatedService.start(tmp_path, plan=(), rate=150) as shop:
        wait_until(lambda: len(shop.access_log.read_text().splitlines()) >= 250, "250 requests")
        hits = read(shop.access_log)
    for hit in hits:
        at = datetime.strptime(hit.time, "%d/%b/%Y:%H:%M:%S %z")
        assert begun <= at <= datetime.now(UTC)
    assert len({h.id for h in hits}) == len(hits)
    assert {h.upstream for h in hits} == {"app-1", "app-2", "app-3", "edge"}
    assert {h.method for h in hits} == {"GET", "POST", "PUT"}
    assert len({h.client for h in hits}) > 50
    assert sum(h.failed for h in hits) <= 5


def test_the_same_seed_gives_the_same_requests_and_victims(tmp_path: Path) -> None:
    def first(folder: Path) -> dict[str, tuple[str, int]]:
        with SimulatedService.start(
            folder, seed=11, deploy_after=0.0, fail_after=0.0, rate=300
        ) as shop:
            wait_until(lambda: len(read(shop.access_log)) >= 120, "120 requests")
            return {h.id: (h.path, h.status) for h in read(shop.access_log)}

    one, two = first(tmp_path / "one"), first(tmp_path / "two")
    both = one.keys() & two.keys()
    assert len(both) >= 90
    assert all(one[request] == two[request] for request in both)


def test_stop_and_the_death_of_the_parent_leave_no_process(tmp_path: Path) -> None:
    shop = SimulatedService.start(tmp_path / "a", plan=(), rate=20)
    pids = shop.pids.values()
    assert len(set(pids)) == 9
    shop.stop()
    shop.stop()
    assert not [pid for pid in pids if alive(pid)]
    assert not shop.status().running

    script = (
        "import sys, time, pathlib\n"
        "from warroom.drills.service.supervisor import SimulatedService\n"
        "shop = SimulatedService.start(pathlib.Path(sys.argv[1]), plan=(), rate=20)\n"
        "print(*shop.pids.values(), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "b")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    children: list[int] = []
    try:
        assert parent.stdout is not None
        children = [int(word) for word in parent.stdout.readline().split()]
        assert len(children) == 9
        assert all(alive(pid) for pid in children)
        wait_until(lambda: (tmp_path / "b" / "access.log").stat().st_size > 0, "traffic")
        for pid in children:
            assert os.getsid(pid) == pid  # a Ctrl-C in the terminal does not reach them
            os.kill(pid, signal.SIGINT)
        os.kill(parent.pid, signal.SIGKILL)
        wait_until(lambda: not [pid for pid in children if alive(pid)], "the children end", 3)
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout:
            parent.stdout.close()
        for pid in filter(alive, children):
            os.kill(pid, signal.SIGKILL)
    assert (tmp_path / "b" / "service.err").read_text() == ""


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path / "shop", plan=(), rate=50) as shop:
        wait_until(lambda: len(read(shop.access_log)) > 5, "traffic")
        shopctl(tmp_path / "shop", "flag", "new-cart", "off")
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
    assert {path.name for path in (tmp_path / "shop").iterdir()} == {
        "access.log",
        "app.jsonl",
        "changes.jsonl",
        "error.log",
        "service.err",
        "service.json",
        "state.json",
    }


def test_a_folder_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match=re.escape(str(tmp_path / "file"))):
        SimulatedService.start(tmp_path / "file" / "shop")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("release", "1.0"), 1, "it can be: 2026.11.19, 2026.11.20"),
        (("colour", "red"), 1, "there is no switch 'colour'"),
        (("restart", "app-9"), 1, "there is no switch 'restart'"),
        ((), 2, "usage: shopctl"),
        (("flag", "new-cart", "off"), 1, "does not answer"),
    ],
)
def test_shopctl_says_what_is_wrong(
    tmp_path: Path, words: tuple[str, ...], status: int, message: str
) -> None:
    done = shopctl(tmp_path, *words) if status != 1 else _stopped(tmp_path, words)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def _stopped(folder: Path, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    SimulatedService.start(folder, plan=(), rate=5).stop()
    return shopctl(folder, *words)
