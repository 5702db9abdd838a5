"""Short versions of what the benchmark measures: few seeds, real log files in three formats."""

import pytest
from incidents import formats, public, shapes
from incidents.judge import compare
from tables import of_day

from warroom.logs.analysis.findings import analyse_frame
from warroom.logs.analysis.frame import thin
from warroom.logs.analysis.outcomes import mask
from warroom.logs.analysis.prepare import prepare

# one of each kind for every run, all the others in the long campaign; the formats in turn
ALWAYS = {
    "release_route",
    "two_causes",
    "dependency_set",
    "global_partial",
    "zone",
    "query_param",
    "client_net",
    "flapping",
    "aborts_499",
    "latency_only",
    "surge_4xx",
    "dst",
}
CASES = [
    pytest.param(
        name,
        place % 4,
        formats.FORMATS[place % 3],
        marks=() if name in ALWAYS else pytest.mark.soak,
    )
    for place, name in enumerate(shapes.incidents())
]
# slow in coming (a request in 20 s or less): found, but the onset is minutes wide
SCARCE = {"weekend", "tenant", "low_volume_route", "route_method", "release_route_full"}


def judged(name, seed, form, *, hard=False, requests=40_000):
    day = shapes.make(name, seed, hard=hard, requests=requests)
    frame = prepare(of_day(day, form))
    return compare(name, seed, day, frame, analyse_frame(frame), 0.0)


@pytest.mark.parametrize(("name", "seed", "form"), CASES)
def test_an_incident_is_found_and_named(name, seed, form):
    one = judged(name, seed, form)
    assert one.found
    assert one.first_right
    assert one.onset_error < (600 if name in SCARCE else 150)


@pytest.mark.parametrize("name", shapes.quiet())
def test_a_quiet_day_has_no_finding(name):
    assert not judged(name, 3, "combined", hard=True).spoke


def test_weak_incidents_are_named_right_or_not_at_all():
    names = ["zone", "two_backends", "retry_storm", "query_param", "tenant", "canary5", "method"]
    spoke = [one for one in (judged(name, 2, "combined", hard=True) for name in names) if one.found]
    assert len(spoke) >= 3
    assert all(one.first_right for one in spoke)


def test_thinned_rows_lead_to_the_same_answer():
    day = shapes.make("two_backends", 1, requests=40_000)
    frame = prepare(of_day(day))
    sample = thin(frame, mask(frame, "5xx"), keep=8_000)
    assert len(sample.frame.at) < 10_000
    thinned = analyse_frame(sample.frame, kinds=("5xx",)).main
    whole = analyse_frame(frame, kinds=("5xx",)).main
    assert [part.fields for part in thinned.boundary] == [part.fields for part in whole.boundary]
    assert thinned.failures == whole.failures
    assert abs(thinned.onset.at - whole.onset.at) < 60
    # failures stay exact, requests are estimates
    assert thinned.boundary[0].requests == pytest.approx(whole.boundary[0].requests, rel=0.25)


def test_a_wrong_clock_is_told_and_corrected():
    day = shapes.make("clock_skew", 2, requests=40_000)
    answer = analyse_frame(prepare(of_day(day)), kinds=("5xx",))
    told = " ".join(answer.notes)
    assert (
        "10.20.3.13:8080 is 88 s ahead" in told or "is 87 s ahead" in told or "89 s ahead" in told
    )
    assert "behind" in told


def test_a_slow_rise_is_told_as_one():
    day = shapes.make("slow_ramp", 2, requests=40_000)
    main = analyse_frame(prepare(of_day(day)), kinds=("5xx",)).main
    assert main.ramp is not None
    assert "grew over about" in main.sentences[0]


def test_silence_is_no_recovery():
    day = shapes.make("silence", 2, requests=40_000)
    answer = analyse_frame(prepare(of_day(day)))
    assert answer.main.kind == "silence"
    assert "silence is no recovery" in answer.sentences[0]


def test_a_log_that_begins_inside_the_incident_says_so():
    day = shapes.make("zone", 1, requests=40_000)
    table = of_day(day)
    frame = prepare(table)
    inside = (frame.at >= day.truth.start + 5) & (frame.at < day.truth.end + 1800)
    late = frame.take(inside.nonzero()[0], frame.weight[inside])
    answer = analyse_frame(late, kinds=("5xx",))
    if answer.main is not None:
        assert any(note.startswith("No before") for note in answer.notes)


def test_failures_put_into_a_public_log_are_found_and_named():
    where = public.folder()
    if where is None:
        return  # public logs are not part of the project: WARROOM_REAL_LOGS names their folder
    frame = public.frame_of(where)
    trials = [public.trial(frame, seed) for seed in range(12)]
    assert sum(found and right for found, right in trials) >= 11
