"""A watch is met only by a condition that holds without a break for as long as it says."""

import pytest

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.watch import Verdict, WatchState, bind, judge, parse_watch


def test_the_expression_is_understood():
    watch = parse_watch('5xx_rate(route="/api/x", release="1.2") < 1.5% for 2m within 10m')
    assert (watch.measure, watch.op, watch.limit) == ("5xx_rate", "<", 0.015)
    assert watch.where == {"route": "/api/x", "release": "1.2"}
    assert (watch.hold, watch.within) == (120, 600)
    assert parse_watch("latency_p95 <= 250ms for 30s").limit == 0.25
    assert parse_watch("requests() > 3/s for 30s").within == 150


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5xx_rate < 1%",
        "5xx_rate = 1% for 1m",
        "x < 1% for 1m",
        "5xx_rate < 1% for soon",
        "5xx_rate(route=/x) < 1% for 1m",
        '5xx_rate(route="a" "b") < 1% for 1m',
        "5xx_rate < 1% for 2m within 1m",
    ],
)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(RunbookError, match="Watch not understood"):
        parse_watch(text)


def run(text, samples):
    watch = parse_watch(text)
    state = WatchState(started=0)
    for at, value in samples:
        state = judge(watch, state, at, value)
    return state.verdict


def test_it_must_hold_without_a_break():
    text = "5xx_rate < 10% for 20s within 60s"
    assert run(text, [(t, 0.01) for t in range(0, 21, 5)]) is Verdict.MET
    assert run(text, [(t, 0.01) for t in range(0, 20, 5)]) is Verdict.PENDING
    assert run(text, [(0, 0.01), (10, 0.5), (20, 0.01), (35, 0.01)]) is Verdict.PENDING
    assert run(text, [(0, 0.01), (10, None), (20, 0.01), (35, 0.01)]) is Verdict.PENDING
    assert run(text, [(t, 0.5) for t in range(0, 61, 5)]) is Verdict.FAILED
    assert run(text, [(0, 0.5), (60, 0.5), (70, 0), (95, 0)]) is Verdict.FAILED


def test_a_parameter_in_a_selector_takes_its_value():
    watch = parse_watch('5xx_rate(route="$route", host="a") < 1% for 1m')
    assert bind(watch, {"route": '/x" ) > 0'}).where == {"route": '/x" ) > 0', "host": "a"}
