"""The single pieces: numbers as words, clocks, outcomes, edges, slow answers, an action on a table."""

import numpy as np
import pytest

from warroom.logs.analysis import clockskew, edges, outcomes, words
from warroom.logs.analysis.actions import effect_of
from warroom.logs.analysis.effect import Verdict
from warroom.logs.analysis.prepare import agent, network, prepare
from warroom.logs.analysis.scan import dispersion
from warroom.logs.table import Coded, Table


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (words.percent(0.382), "38.2 %"),
        (words.percent(0.0002), "<0.1 %"),
        (words.percent(0.0), "0.0 %"),
        (words.percent(None), "—"),
        (words.percent(float("nan")), "—"),
        (words.prose(0.973), "97 %"),
        (words.prose(0.061), "6.1 %"),
        (words.count(1_204_000), "1 204 000"),
        (words.expected(0.01), "<0.1"),
        (words.expected(9.3), "9.3"),
        (words.times(4.21), "×4.2"),
        (words.times(1415), "×1 415"),
        (words.span(40), "40 s"),
        (words.span(720), "12 min"),
        (words.span(6300), "1h 45m"),
        (words.span(187_200), "2d 4h"),
        (words.signed_points(-0.352), "−35 points"),
        (words.points(-0.42, -0.268), "−42 … −27"),
        (words.clock(0), "00:00:00"),
        (words.clock(0, 90_000), "1 Jan 00:00:00"),
    ],
)
def test_numbers_as_words(said, wanted):
    assert said == wanted


def test_slices_as_words():
    items = (("release", "1.9"), ("route", "/pay"), ("method", "POST"))
    assert words.describe(items) == "POST /pay on release 1.9"
    assert words.describe((("?sort", "rating"),)) == "with ?sort=rating"
    assert words.describe((("/t/{*}", "acme"),)) == "with /t/{*} = acme"
    assert words.describe(()) == "everything"
    assert "\x1b" not in words.describe((("route", "/\x1b[2J"),))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("ShopApp/7.4.0 (iOS 18.5)", ("ShopApp", "ShopApp/7.4")),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://x)", ("Googlebot", "Googlebot/2.1")),
        ("Mozilla/5.0 (X11) Chrome/138.0 Safari/537.36", ("Chrome", "Chrome/138")),
        ("Mozilla/5.0 Chrome/138.0 Safari/537.36 Edg/138.0", ("Edge", "Edge/138")),
        ("Mozilla/5.0 (iPhone) Version/18.5 Mobile/15E148 Safari/604.1", ("Safari", "Safari/18")),
        ("-", ("none", "none")),
    ],
)
def test_clients(value, wanted):
    assert agent(value) == wanted


def test_networks():
    assert network("10.63.4.9", wide=True) == "10.63.0.0/16"
    assert network("10.63.4.9", wide=False) == "10.63.4.0/24"
    assert network("2001:db8:1:2::9", wide=False) == "2001:db8:1::/48"
    assert network("unix:", wide=True) is None


def test_a_clock_that_is_off_is_found_and_others_are_left_alone():
    rng = np.random.default_rng(2)
    at = np.sort(rng.uniform(0, 7200, 9000))
    source = Coded(rng.integers(0, 6, 9000).astype(np.int32), list("abcdef"))
    stamped = at + np.where(source.codes == 3, -45.0, 0.0)
    clocks = clockskew.measure(stamped, source)
    assert set(clocks.offsets) == {"d"}
    assert clocks.offsets["d"] == pytest.approx(-45, abs=3)
    corrected = clockskew.correct(stamped, source, clocks)
    assert np.abs(corrected - at).max() < 3
    assert clocks.jitter < 6
    assert clockskew.measure(at, source).offsets == {}


def test_the_edge_of_a_failure_lies_in_its_interval():
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        at = np.sort(rng.uniform(0, 3600, 3000))
        bad = rng.random(3000) < np.where(at > 1800, 0.3, 0.002)
        one = edges.edge(at, bad, np.ones(3000), np.full(3000, 0.002), np.full(3000, 0.3))
        held += one.low <= 1800 <= one.high
        assert one.low <= one.at <= one.high
    assert held >= 54


def test_the_end_is_the_mirrored_onset():
    at = np.arange(0.0, 100.0)
    bad = at < 40
    one = edges.edge(at, bad, np.ones(100), np.full(100, 0.01), np.full(100, 0.9), mirrored=True)
    assert one.at == 39
    assert 39 <= one.high <= 42


def test_dispersion_is_one_for_chance_and_more_for_clumps():
    rng = np.random.default_rng(1)
    even = np.full(600, 4.0)
    assert dispersion(rng.poisson(4, 600).astype(float), even) < 1.3
    clumped = rng.poisson(4 * np.exp(rng.normal(0, 0.7, 600))).astype(float)
    assert dispersion(clumped, even) > 2


def plain(at, status, duration=None, **fields):
    size = len(at)
    return Table(
        at=np.asarray(at, float),
        status=np.asarray(status, np.uint16),
        weight=np.ones(size, np.float32),
        duration=duration,
        fields=fields,
    )


def test_slow_is_judged_against_its_own_route():
    size = 400
    slow_route = Coded((np.arange(size) % 2).astype(np.int32), ["/fast", "/export"])
    seconds = np.where(slow_route.codes == 1, 3.0, 0.05).astype(np.float32)
    seconds[10] = 1.0  # on /fast
    seconds[11] = 4.0  # on /export: nothing special there
    frame = prepare(plain(np.arange(size), np.full(size, 200), seconds, path=slow_route))
    assert np.flatnonzero(outcomes.mask(frame, "slow")).tolist() == [10]


def test_404_is_no_outcome_and_499_is_its_own():
    frame = prepare(plain(np.arange(6), [200, 404, 401, 499, 500, 0]))
    assert outcomes.mask(frame, "4xx").tolist() == [False, False, True, False, False, False]
    assert outcomes.mask(frame, "499").tolist() == [False, False, False, True, False, False]
    assert outcomes.mask(frame, "5xx").tolist() == [False, False, False, False, True, False]


def test_a_pause_is_silence_only_where_pauses_are_unusual():
    steady = np.concatenate([np.arange(0, 1000, 0.5), np.arange(1300, 2000, 0.5)])
    gap = outcomes.silence(prepare(plain(steady, np.full(len(steady), 200))))
    assert (gap.start, gap.end) == (999.5, 1300)
    assert gap.missing == pytest.approx(600, rel=0.05)
    blocks = np.concatenate([np.arange(s, s + 100, 0.5) for s in range(0, 4000, 400)])
    assert outcomes.silence(prepare(plain(blocks, np.full(len(blocks), 200)))) is None


def acted(after_share):
    rng = np.random.default_rng(5)
    size = 12_000
    at = np.sort(rng.uniform(0, 3000, size))
    route = rng.integers(0, 3, size).astype(np.int32)
    share = np.where((at > 1200) & (at < 1800), 0.6, np.where(at >= 1800, after_share, 0.001))
    bad = rng.random(size) < np.where(route == 1, share, 0.001)
    return plain(
        at,
        np.where(bad, 502, 200),
        rng.gamma(2, 0.05, size).astype(np.float32),
        path=Coded(route, ["/", "/pay", "/cart"]),
    )


def test_an_action_is_measured_on_the_slice_and_on_everything():
    done = effect_of(acted(0.001), onset=1200, action=1800, boundary=[{"route": "/pay"}])
    assert done.slice.verdict is Verdict.SOLVED
    assert "/pay" in done.slice.sentence
    assert done.total.before == pytest.approx(0.2, abs=0.03)
    assert "median" in done.latency.sentence
    same = effect_of(acted(0.6), onset=1200, action=1800, boundary=[{"route": "/pay"}])
    assert same.slice.verdict is Verdict.NO_EFFECT


def test_an_action_on_a_log_that_went_quiet_is_no_recovery():
    data = acted(0.001)
    early = data.at < 1850
    cut = plain(
        data.at[early],
        data.status[early],
        path=Coded(data.fields["path"].codes[early], data.fields["path"].values),
    )
    done = effect_of(cut, onset=1200, action=1800, until=2400, boundary=[{"route": "/pay"}])
    assert done.slice.verdict is Verdict.TOO_EARLY
    assert "silence is no recovery" in done.slice.sentence
