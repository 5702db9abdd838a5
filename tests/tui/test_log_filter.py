"""What a reader types to filter, search and go to a time."""

from datetime import UTC, datetime

import pytest
from tests.tui.log_kit import NOON, request

from warroom.logs.protocol import Entry
from warroom.tui.widgets.log_filter import FilterError, compiled, parse_filter, quoted
from warroom.tui.widgets.log_time import read_time


def test_terms_are_read_as_status_exclusion_and_pattern():
    found = parse_filter('5xx /api/checkout -health "upstream reset"').query
    assert found.status == (500, 599)
    assert found.include == ("/api/checkout", "upstream reset")
    assert found.exclude == ("health",)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5xx", (500, 599)),
        ("502", (502, 502)),
        ("status:4xx-5xx", (400, 599)),
        ("500-503", (500, 503)),
        ("5xx 502", (502, 502)),
    ],
)
def test_status_terms(text, wanted):
    assert parse_filter(text).query.status == wanted


def test_a_filter_decides_like_the_query_it_stands_for():
    found = parse_filter("5xx /api -reset")
    assert found.matches(request(502, "/api/x"))
    assert not found.matches(request(200, "/api/x"))
    assert not found.matches(request(502, "/other"))
    assert not found.matches(request(502, "/api/x", message="upstream reset"))


def test_a_gap_in_the_log_passes_every_filter():
    gap = Entry(row=1, source="a", offset=-1, raw=b"", gap="rotated")
    assert parse_filter("5xx").matches(gap)


def test_lower_case_folds_and_a_capital_does_not():
    assert compiled("reset").search("RESET")
    assert not compiled("Reset").search("RESET")


@pytest.mark.parametrize("text", ["(", '"open', "a -["])
def test_what_is_no_pattern_is_refused_with_words(text):
    with pytest.raises(FilterError) as refused:
        parse_filter(text)
    assert str(refused.value)


def test_a_quoted_term_finds_exactly_its_text():
    text = 'a+b (c) [x] "y"'
    found = parse_filter(quoted(text))
    line = Entry(row=0, source="a", offset=0, raw=f"before {text} after".encode())
    assert found.matches(line)
    assert not found.matches(Entry(row=0, source="a", offset=0, raw=b"aab c x y"))


def test_times_are_read_near_the_end_of_the_log():
    latest = NOON + 3600
    assert read_time("12:30", latest) == NOON + 1800
    assert read_time("12:30:05", latest) == NOON + 1805
    assert read_time("-5m", latest) == latest - 300
    assert read_time("2026-11-20T12:00", latest) == NOON
    assert read_time("2026-11-20T13:00+01:00", latest) == NOON


def test_a_time_of_day_after_the_end_means_the_day_before():
    assert datetime.fromtimestamp(read_time("23:00", NOON), UTC).day == 19


@pytest.mark.parametrize("text", ["soon", "25:00", "12:61", ""])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(FilterError):
        read_time(text, NOON)
