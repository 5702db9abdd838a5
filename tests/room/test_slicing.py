"""Slices that an analysis named, found again in a few lines; and what an effect may be called."""

import numpy as np
import pytest

from warroom.core.words import Verdict
from warroom.logs.analysis.effect import Window
from warroom.logs.table import Coded, Table
from warroom.room.effects import _Counts, _judged, effect_sentence
from warroom.room.measure import selected
from warroom.room.slicing import derived
from warroom.room.stretch import Stretch
from warroom.runbooks.watch import parse_watch

CHROME = "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("name", "value", "inside", "outside"),
    [
        ("route", "/api/orders/{id}", "/api/orders/17?x=1", "/api/orders"),
        ("route", "POST /pay", "/pay", "/pay/1"),
        ("path under", "/api/v1", "/api/v1/users", "/api/v1"),
        ("area", "/t", "/t/acme", "/shop"),
        ("/t/{*}", "acme", "/t/acme/reports", "/t/other/reports"),
        ("?sort", "price low", "/search?q=a&sort=price+low", "/search?sort=name"),
        ("network /24", "10.2.3.0/24", "10.2.3.77", "10.2.4.77"),
        ("network /16", "10.2.0.0/16", "10.2.9.1", "10.3.9.1"),
        ("client family", "Chrome", CHROME, "curl/8.1"),
        ("client version", "curl/8.1", "curl/8.1", "curl/8.2"),
    ],
)
def test_a_derived_field_is_told_from_what_the_log_writes(name, value, inside, outside):
    _, fits = derived(name, value)
    assert fits(inside)
    assert not fits(outside)


def test_a_pair_selects_the_rows_of_both():
    table = Table(
        at=np.arange(4.0),
        status=np.array([200, 500, 500, 200], np.uint16),
        weight=np.ones(4, np.float32),
        fields={
            "path": Coded(np.array([0, 1, 1, 0], np.int32), ["/a/1", "/b"]),
            "release": Coded(np.array([0, 0, 1, 1], np.int32), ["1", "2"]),
        },
    )
    where = {"route": "/a/{id}", "release": "2"}
    assert selected(table, 0, 9, where).tolist() == [False, False, False, True]
    assert not selected(table, 0, 9, {"plan": "gold"}).any()


def stretch(seconds, rate, failing):
    buckets = seconds // 10
    requests = np.full(buckets, 10.0 * rate)
    failures = np.round(requests * failing)
    n, f = int(requests.sum()), int(failures.sum())
    return Stretch(0.0, float(seconds), f, n, Window(requests, failures), looks=0)


def verdict(after, usual=0.002, total=None):
    counts = _Counts(stretch(600, 20, 0.6), after, usual, {"route": "/pay"}, total)
    effect = _judged(counts, enough=True, over=False)
    return effect.verdict, effect_sentence(counts, after.until, effect)


def test_solved_needs_enough_requests_to_exclude_that_more_is_left_than_before():
    found, said = verdict(stretch(120, 20, 0.0), total=(0.08, 0.001))
    assert found is Verdict.SOLVED
    assert said.endswith("in total 8.0 % → 0.1 %")
    found, said = verdict(stretch(120, 0.5, 0.0), usual=0.0)
    assert found is Verdict.HELPED
    assert "too few yet to call it gone" in said


def test_half_the_failures_or_half_the_traffic_is_no_success():
    assert verdict(stretch(120, 20, 0.25))[0] is Verdict.HELPED
    found, said = verdict(stretch(120, 6, 0.0))
    assert found is Verdict.HELPED
    assert "only 30 % of the traffic is left" in said
    assert verdict(stretch(120, 20, 0.6))[0] in (Verdict.NO_EFFECT, Verdict.TOO_EARLY)
    assert verdict(stretch(120, 20, 0.95))[0] is Verdict.WORSE


def flowed(before, after, over=False):
    watch = parse_watch('requests(route="/api/export") < 3/s for 20s')
    counts = _Counts(before, after, None, watch.where, flow=watch)
    effect = _judged(counts, enough=True, over=over)
    return effect.verdict, effect_sentence(counts, after.until, effect)


def test_a_step_against_requests_is_judged_by_how_many_come():
    found, said = flowed(stretch(20, 6, 0.0), stretch(20, 0, 0.0))
    assert found is Verdict.SOLVED
    assert said == "requests of /api/export 6.0 → 0.0 a second in 20 s: gone"
    assert flowed(stretch(20, 6, 0.0), stretch(20, 5, 0.0))[0] is Verdict.TOO_EARLY
    assert flowed(stretch(20, 6, 0.0), stretch(20, 5, 0.0), over=True)[0] is Verdict.NO_EFFECT
    already = flowed(stretch(20, 2, 0.0), stretch(20, 0, 0.0), over=True)[0]
    assert already is not Verdict.SOLVED, "what was below the limit before was not brought below it"
