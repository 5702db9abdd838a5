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


def play(watch, seconds, share, *, start=7200, rate=10, release="1.8.0", seed=2, status=503):
    """Feeds seconds of traffic; `share(route, release)` is the chance to fail. Returns alarms."""
    rng = np.random.default_rng(seed)
    alarms = []
    for step in range(start, start + seconds, 10):
        count = int(rng.poisson(10 * rate))
        routes = rng.integers(0, 4, count).astype(np.int32)
        names = [release if isinstance(release, str) else release(rng) for _ in range(count)]
        known = list(dict.fromkeys(names))
        chance = [share(ROUTES[route], name) for route, name in zip(routes, names, strict=True)]
        table = Table(
            at=np.sort(rng.uniform(step, step + 10, count)),
            status=np.where(rng.random(count) < np.array(chance), status, 200).astype(np.uint16),
            weight=np.ones(count, np.float32),
            fields={
                "path": Coded(routes, ROUTES),
                "release": Coded(np.array([known.index(n) for n in names], np.int32), known),
            },
        )
        alarms += [(step + 10 - start, one) for one in watch.take(table, float(step + 10))]
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


def test_clients_that_give_up_are_offered_by_their_own_name():
    watch = LiveWatch(history())
    assert play(watch, 300, lambda *_: 0.01, status=499) == []
    alarms = play(watch, 300, lambda *_: 0.3, start=7500, status=499)
    assert alarms[0][0] <= 60
    assert alarms[0][1].sentence.startswith("client aborts (499)")


def test_slow_answers_are_held_against_what_is_usual_for_their_route():
    rng = np.random.default_rng(5)

    def timed(start, seconds, times):
        count = 10 * seconds
        codes = rng.integers(0, 4, count).astype(np.int32)
        return Table(
            at=np.sort(rng.uniform(start, start + seconds, count)),
            status=np.full(count, 200, np.uint16),
            weight=np.ones(count, np.float32),
            duration=(rng.lognormal(-2, 0.4, count) * (1 + 9 * (codes == 3)) * times).astype("f4"),
            fields={"path": Coded(codes, ROUTES)},
        )

    watch = LiveWatch(timed(0, 7200, 1.0), 7200.0)
    assert watch.take(timed(7200, 1800, 1.0), 9000.0) == ()  # a slow route is not slow for itself
    offer = watch.take(timed(9000, 120, 6.0), 9120.0)[0]
    assert offer.kind == "slow"
    assert offer.at <= 9060


def test_errors_of_an_application_log_are_told_by_level():
    def lines(start, seconds, share):
        count = 10 * seconds
        bad = np.random.default_rng(start).random(count) < share
        return Table(
            at=np.linspace(start, start + seconds - 0.01, count),
            status=np.zeros(count, np.uint16),
            weight=np.ones(count, np.float32),
            fields={"level": Coded(bad.astype(np.int32), ["info", "error"])},
        )

    watch = LiveWatch(lines(0, 7200, 0.005), 7200.0)
    assert watch.take(lines(7200, 1800, 0.005), 9000.0) == ()
    offer = watch.take(lines(9000, 120, 0.4), 9120.0)[0]
    assert offer.sentence.startswith("errors ")


def test_what_rings_is_over_after_a_quiet_minute():
    watch = LiveWatch(history())
    play(watch, 300, lambda *_: 0.5)
    assert watch.ringing is not None
    play(watch, 600, quiet, start=7500)
    assert watch.ringing is None


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


def test_a_log_that_begins_empty_is_watched_for_what_it_turns_out_to_hold():
    nothing = Table(np.zeros(0), np.zeros(0, np.uint16), np.zeros(0, np.float32))
    watch = LiveWatch(nothing, 7200.0)
    assert watch.take(nothing, 7300.0) == ()
    play(watch, 400, quiet, start=7300)
    new = lambda _, release: 0.5 if release == "1.9.0" else 0.002  # noqa: E731
    mixed = lambda rng: "1.9.0" if rng.random() < 0.2 else "1.8.0"  # noqa: E731
    alarms = play(watch, 300, new, start=7700, release=mixed)
    assert alarms[0][1].sentence.startswith("5xx ")
    assert " of on " not in alarms[0][1].sentence
