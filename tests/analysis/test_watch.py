"""The spike watch: it rings for incidents, within the delay, and for nothing else."""

import numpy as np
import pytest

from warroom.logs.analysis.watch import SLICE, Watch


def quiet(watch: Watch, rng: np.random.Generator, steps: int, rate: float, share: float) -> int:
    requests = rng.poisson(rate * 10, steps)
    failures = rng.binomial(requests, share)
    return sum(
        watch.step(int(n), int(f)) is not None for n, f in zip(requests, failures, strict=True)
    )


def delay(rate: float, share: float, seed: int, ordinary: float = 0.002) -> float:
    rng = np.random.default_rng(seed)
    watch = Watch()
    watch.learn(rate * 3600, rate * 3600 * ordinary)
    quiet(watch, rng, 60, rate, ordinary)
    for step in range(1, 181):
        n = rng.poisson(rate * 10)
        if watch.step(int(n), int(rng.binomial(n, share))):
            return step * 10
    return float("inf")


@pytest.mark.parametrize(
    ("rate", "share", "limit"),
    [(10, 1.0, 20), (1, 1.0, 20), (1000, 0.2, 20), (10, 0.2, 30), (1, 0.2, 120), (10, 0.05, 120)],
)
def test_it_offers_within_the_promised_delay(rate, share, limit):
    delays = [delay(rate, share, seed) for seed in range(9)]
    assert sorted(delays)[4] <= limit


@pytest.mark.parametrize("rate", [1, 10, 100, 1000])
def test_a_day_of_ordinary_failures_is_quiet(rate):
    rng = np.random.default_rng(rate)
    assert quiet(Watch(), rng, 8640, rate, 0.004) == 0


def test_one_bad_moment_is_no_incident():
    watch = Watch()
    for _ in range(60):
        watch.step(100, 0)
    assert watch.step(100, 100) is None
    assert watch.step(100, 1) is None  # nor with an ordinary failure behind it


def test_the_offer_carries_its_evidence():
    watch = Watch()
    for _ in range(60):
        watch.step(100, 0)
    offer = None
    while offer is None:
        offer = watch.step(100, 20)
    assert offer.failures == 40
    assert offer.seconds == 20
    assert offer.sentence("POST /pay").startswith(
        "5xx of POST /pay 20 % in the last 20 s, ordinary"
    )


def test_an_incident_does_not_teach_itself():
    watch = Watch()
    watch.learn(10_000, 20)
    for _ in range(180):
        watch.step(100, 30)
    assert watch.ordinary < 0.02


def test_recurrence_tolerates_what_the_fix_left_and_rings_for_half_the_incident():
    rng = np.random.default_rng(3)
    watch = Watch.recurrence(after_high=0.02, incident=0.5)
    assert quiet(watch, rng, 2000, 5, 0.01) == 0
    assert quiet(watch, rng, 12, 5, 0.3) > 0


def test_it_says_what_it_cannot_see():
    watch = Watch()
    watch.learn(100_000, 2_000)
    assert watch.blind_spot == "this watch sees +9.8 points and up here"
    assert Watch(SLICE).levels()[0] == 0.03
