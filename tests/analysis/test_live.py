"""The live watch: total and slices, always-failing routes, new values, snooze."""

import numpy as np

from warroom.logs.analysis.live import LiveWatch
from warroom.logs.table import Coded, Table

ROUTES = ("/", "/cart", "/pay", "/healthz")


def history(always: float = 0.0, count: int = 20_000) -> Table:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, count).astype(np.int32)
    bad = rng.random(count) < np.where(codes == 3, always, 0.002)
    return Table(
        at=np.sort(rng.uniform(0, 7200, count)),
        status=np.where(bad, 503, 200).astype(np.uint16),
        weight=np.ones(count, np.float32),
        fields={
            "path": Coded(codes, ROUTES),
            "release": Coded(np.zeros(count, np.int32), ["1.8.0"]),
        },
    )


def play(watch, seconds, share, *, start=7200, rate=10, release="1.8.0", seed=2):
    """Feeds seconds of traffic; `share(route, release)` is the chance to fail. Returns alarms."""
    rng = np.random.default_rng(seed)
    alarms = []
    for second in range(start, start + seconds):
        for _ in range(rng.poisson(rate)):
            route = ROUTES[rng.integers(0, 4)]
            which = release if isinstance(release, str) else release(rng)
            watch.add(rng.random() < share(route, which), {"path": route, "release": which})
        alarm = watch.tick(float(second + 1))
        if alarm is not None:
            alarms.append((second + 1 - start, alarm))
    return alarms


def quiet(route, release):
    return 0.002


def test_quiet_traffic_makes_no_offer():
    assert play(LiveWatch(history()), 3600, quiet) == []


def test_a_failing_route_is_offered_with_its_name():
    watch = LiveWatch(history())
    play(watch, 300, quiet)
    alarms = play(watch, 300, lambda r, _: 0.8 if r == "/pay" else 0.002, start=7500)
    delay, alarm = alarms[0]
    assert delay <= 40
    assert "of them /pay" in alarm.sentence or "5xx of /pay" in alarm.sentence


def test_one_offer_in_half_an_hour():
    watch = LiveWatch(history())
    alarms = play(watch, 900, lambda r, _: 0.5)
    assert len(alarms) == 1


def test_a_snooze_is_kept():
    watch = LiveWatch(history())
    watch.snooze(9000)
    alarms = play(watch, 2400, lambda r, _: 0.5)
    assert alarms[0][0] >= 1800


def test_a_route_that_always_fails_is_listed_and_not_rung_for():
    watch = LiveWatch(history(always=0.35))
    always = lambda r, _: 0.35 if r == "/healthz" else 0.002  # noqa: E731
    assert play(watch, 3600, always) == []
    assert [key for key, _ in watch.always_failing()] == [("route", "/healthz")]


def test_a_canary_that_fails_from_its_first_request_is_seen():
    watch = LiveWatch(history())
    play(watch, 700, quiet)
    # one request in a hundred: the total does not move
    alarms = play(
        watch,
        900,
        lambda _, release: 0.6 if release == "1.9.0" else 0.002,
        start=7900,
        release=lambda rng: "1.9.0" if rng.random() < 0.01 else "1.8.0",
    )
    assert "on release 1.9.0" in alarms[0][1].sentence
