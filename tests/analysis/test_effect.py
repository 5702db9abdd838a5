"""The effect of an action: no claim too early, none from noise, none from silence."""

import numpy as np

from warroom.logs.analysis.effect import Verdict, Window, measure, windows


def window(seconds: int, rate: float, share: float, seed: int = 1) -> Window:
    rng = np.random.default_rng(seed)
    requests = rng.poisson(rate * 10, seconds // 10)
    return Window(requests.astype(float), rng.binomial(requests, share).astype(float))


def test_a_clear_fall_helped_and_is_not_yet_solved():
    effect = measure(window(600, 5, 0.6), window(180, 5, 0.25, 2), baseline=0.002, name="POST /pay")
    assert effect.verdict is Verdict.HELPED
    assert effect.low > 0.2
    assert effect.high < 0.5
    assert "POST /pay" in effect.sentence
    assert "not solved" in effect.sentence


def test_quiet_for_five_minutes_with_the_same_traffic_is_solved():
    effect = measure(window(600, 5, 0.6), window(420, 5, 0.001, 2), baseline=0.002)
    assert effect.verdict is Verdict.SOLVED


def test_quiet_for_two_minutes_is_not_solved():
    effect = measure(window(600, 5, 0.6), window(120, 5, 0.001, 2), baseline=0.002)
    assert effect.verdict is Verdict.HELPED


def test_a_fall_with_half_the_traffic_is_no_success():
    effect = measure(window(600, 5, 0.6), window(420, 1.5, 0.001, 2), baseline=0.002)
    assert effect.verdict is Verdict.HELPED
    assert "of the traffic is left" in effect.sentence


def test_nothing_is_said_before_ninety_seconds():
    assert measure(window(600, 5, 0.6), window(80, 5, 0)).verdict is Verdict.TOO_EARLY


def test_silence_is_no_recovery():
    effect = measure(window(600, 5, 0.6), window(300, 0.01, 0))
    assert effect.verdict is Verdict.TOO_EARLY
    assert "silence is no recovery" in effect.sentence


def test_more_failures_are_worse_and_the_same_are_no_effect():
    assert measure(window(600, 9, 0.2), window(300, 9, 0.7, 2)).verdict is Verdict.WORSE
    assert measure(window(600, 9, 0.3), window(400, 9, 0.3, 2)).verdict is Verdict.NO_EFFECT


def test_a_pause_of_a_crash_loop_is_no_success():
    requests = np.full(60, 50.0)
    failures = np.where(np.arange(60) % 15 < 3, 45.0, 0.0)
    effect = measure(Window(requests, failures), Window(np.full(10, 50.0), np.zeros(10)))
    assert effect.verdict is Verdict.TOO_EARLY
    assert "pauses" in effect.sentence


def test_the_interval_holds_the_truth_when_noise_is_correlated():
    rng = np.random.default_rng(7)
    held = 0
    runs = 200
    for _ in range(runs):
        sides = []
        for buckets, share in ((60, 0.3), (30, 0.15)):
            drift = np.zeros(buckets)
            for i in range(1, buckets):
                drift[i] = 0.8 * drift[i - 1] + rng.normal(0, 0.15 * 0.6)
            chance = np.clip(share * (1 + drift), 0.001, 0.99)
            requests = rng.poisson(80, buckets)
            sides.append(
                Window(requests.astype(float), rng.binomial(requests, chance).astype(float))
            )
        effect = measure(*sides)
        held += effect.low is not None and effect.low <= 0.15 <= effect.high
    assert held >= 0.9 * runs


def test_windows_leave_the_wash_out_out_and_count_silence():
    at = np.arange(0.0, 600.0)
    bad = np.where(at < 300, 1.0, 0.0)
    before, after = windows(at, bad, np.ones(600), onset=100, action=300, until=900)
    assert before.seconds == 200
    assert before.share == 1.0
    assert after.seconds == 540
    assert after.requests.sum() == 240
    assert after.failures.sum() == 0
