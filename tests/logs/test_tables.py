"""Columns say what the entries say; failures are all there, the rest is thinned and weighted."""

import functools
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warroom.logs import open_log
from warroom.logs.columns import MAX_VALUES, Columns
from warroom.logs.filelog import FileLog
from warroom.logs.formats.load import named
from warroom.logs.formats.reader import Reader
from warroom.logs.times import Clock

HEAD = "10.0.0.{n} - - [20/Nov/2026:22:{minute:02}:{second:02} +0000] "
TAILS = [
    '"GET /cart?id=1 HTTP/1.1" 200 12 "-" "curl/8" rt=0.120 us="10.0.0.3:80" release="2026.11.20"',
    '"POST http://shop.example/pay HTTP/1.1" 503 12 "http://a/" "agent" rt=- us="-" id="x\\"y"',
    '"\\x16\\x03" 400 0 "-" "-"',
    '"GET /a b c HTTP/1.1" 500 1 "-" "-" 0.250 10.0.0.9:81 word',
    '"GET /d" 404 - "-" "an "odd" agent" rt="0.1, 0.2"',
    '"GET /common HTTP/1.0" 502 7',
    "no access line at all",
]


def lines(count: int) -> list[bytes]:
    return [
        (
            HEAD.format(n=n % 250, minute=n // 60 % 60, second=n % 60) + TAILS[n % len(TAILS)]
        ).encode()
        for n in range(count)
    ]


def test_the_fast_way_reads_what_the_general_way_reads() -> None:
    reader, rows = Reader(named("combined"), Clock()), lines(200)
    fast, general = Columns(reader, 200), Columns(reader, 200)
    fast.fill(rows)
    for row, raw in enumerate(rows):
        general._parse(row, raw)
    assert_same(fast, general)


def assert_same(one: Columns, other: Columns) -> None:
    assert np.array_equal(one.status, other.status)
    assert np.array_equal(one.duration, other.duration, equal_nan=True)
    assert set(one.fields) == set(other.fields)
    for name, column in one.fields.items():
        mine, theirs = column.values(), other.fields[name].values()
        assert [mine[code] if code >= 0 else None for code in column.codes] == [
            theirs[code] if code >= 0 else None for code in other.fields[name].codes
        ], name


values = st.sampled_from(
    [
        "1.5",
        "-",
        "",
        '"1.2.3.4:80"',
        '"a b"',
        '"x\\"y"',
        '"\\\\"',
        '"open',
        'a"b',
        "a=b",
        "rt=2",
        '""',
    ]
)
names = st.sampled_from(["rt", "us", "rel", "host", "id", "a.b-c", "client", "1st", "é", '"q"'])
endings = st.lists(st.tuples(names, values), max_size=4).map(
    lambda pairs: " ".join(f"{name}={value}" for name, value in pairs)
)


@given(st.lists(endings, min_size=1, max_size=3), st.lists(endings, max_size=2))
@example(["rt=1 us=2"], ["rt=1  us=2 ", "rt=1us=2", 'rt="1"us=2', "rt=1 us=2 loose"])
@settings(max_examples=200, deadline=None)
def test_many_endings_at_once_are_read_as_one_by_one(usual: list[str], odd: list[str]) -> None:
    head = HEAD.format(n=1, minute=0, second=0) + '"GET / HTTP/1.1" 200 1 "-" "a"'
    rows = [f"{head} {end}".encode() for end in [*usual * 5, *odd, *usual]]
    reader = Reader(named("combined"), Clock())
    at_once, one_by_one = Columns(reader, len(rows)), Columns(reader, len(rows))
    at_once.fill(rows)
    with mock.patch("warroom.logs.columns._template", return_value=None):
        one_by_one.fill(rows)
    assert_same(at_once, one_by_one)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(b"\n".join(lines(3500)) + b"\n")
    return path


@pytest.mark.parametrize("sample", [10, 100, 100_000])
def test_every_failure_is_there_once_and_the_weights_count_the_rest(path, sample) -> None:
    log = open_log(path, threaded=False)
    log.prepare()
    while log.step():
        pass
    table = log.table(sample=sample)
    failed = table.status >= 500
    assert failed.sum() == 1500 == log.progress().failed
    assert set(table.weight[failed]) == {1.0}
    assert table.weight.sum() == table.requests == 3500
    assert table.sampled == (sample < 2000)
    assert (np.diff(table.at) >= 0).all()
    assert table.row is not None
    for row, status, at in list(zip(table.row, table.status, table.at, strict=True))[::37]:
        entry = log.entries(int(row), int(row) + 1)[0]
        assert (entry.status or 0) == status
        assert entry.at is None or entry.at == at
    log.close()


def test_a_span_of_time_is_what_is_in_it(path) -> None:
    log = open_log(path, threaded=False)
    whole = log.table()
    start = float(whole.at.min())
    part = log.table(since=start + 10, until=start + 20)
    assert part.requests == ((whole.at >= start + 10) & (whole.at < start + 20)).sum()
    assert log.table(since=start + 1e6).requests == 0
    histogram = log.histogram(10, start, start + 600)
    assert histogram is not None
    assert histogram.width == 60
    assert histogram.total.sum() == (whole.at < start + 600).sum()
    log.close()


@given(
    since=st.none() | st.integers(-5, 605),
    long=st.none() | st.integers(0, 700),
    sample=st.integers(1, 4000),
    most=st.integers(1, 4000),
)
@settings(max_examples=60, deadline=None)
def test_what_is_chosen_across_segments_is_every_kth_of_the_span(since, long, sample, most) -> None:
    """Chosen segment by segment, it is what would be chosen from all rows at once."""
    log = in_many_segments()
    rows = np.arange(log.first, log.end)
    at = np.array(log._index.times(log.first, log.end))
    start = int(at[at > 0].min())
    low = None if since is None else start + since
    high = None if long is None else (low or start) + long
    inside = np.ones(at.size, np.bool_)
    inside &= True if low is None else at >= low
    inside &= True if high is None else at < high
    failed = np.array([log._index.codes.mark(code) >= 500 for code in codes_of(log)])
    good, bad = rows[inside & ~failed], rows[inside & failed]
    step, jump = max(1, -(-good.size // sample)), max(1, -(-bad.size // max(sample, most)))
    with mock.patch("warroom.logs.queries.MOST_FAILURES", most):
        table = log.table(since=low, until=high, sample=sample)
    fails = table.status >= 500
    assert table.requests == inside.sum() == table.weight.sum()
    assert table.weight[fails].sum() == bad.size
    assert sorted(table.row) == sorted([*bad[::jump], *good[::step]])
    assert table.sampled == ((step > 1 and good.size > 1) or (jump > 1 and bad.size > 1))


@given(
    buckets=st.integers(1, 40),
    since=st.none() | st.integers(-50, 4000),
    long=st.none() | st.integers(1, 5000),
)
@settings(max_examples=100, deadline=None)
def test_a_histogram_counts_every_row_of_its_span_once(buckets, since, long) -> None:
    log = in_many_segments()
    at = np.array(log._index.times(log.first, log.end))
    failed = np.array([log._index.codes.mark(code) >= 500 for code in codes_of(log)])
    start = int(at[at > 0].min())
    low = None if since is None else start + since
    high = None if long is None else (start if low is None else low) + long
    found = log.histogram(buckets, low, high)
    assert found is not None
    first, width = found.start, found.width
    assert first == (start if low is None else low)
    inside = (at > 0) & (at >= first) & (at < (at.max() + 1 if high is None else high))
    place = ((at - first) // width).astype(int)
    for bucket in range(buckets):
        rows = inside & (place == bucket)
        assert (found.total[bucket], found.failed[bucket]) == (rows.sum(), (rows & failed).sum())


@functools.cache
def in_many_segments() -> FileLog:
    with tempfile.NamedTemporaryFile(suffix=".log") as file:
        file.write(b"\n".join(lines(3500)) + b"\n")
        file.flush()
        small = mock.patch.multiple
        with (
            small("warroom.logs.segments", MAX_ROWS=16),
            small("warroom.logs.scanning", CHUNK=4096),
        ):
            log = open_log(file.name, threaded=False)
            log.prepare()
            while log.step():
                pass
    assert len(log._index.segments()) > 10
    return log


def codes_of(log: FileLog) -> bytes:
    return b"".join(each.codes for each in log._index.segments())


def test_a_column_of_ids_stops_growing() -> None:
    reader = Reader(named("combined"), Clock())
    columns = Columns(reader, MAX_VALUES + 50)
    stamp = "[20/Nov/2026:22:00:00 +0000]"
    columns.fill(
        f'1.1.1.1 - - {stamp} "GET /{n} HTTP/1.1" 200 1 "-" "-"'.encode()
        for n in range(MAX_VALUES + 50)
    )
    values = columns.fields["path"].values()
    assert len(values) == MAX_VALUES + 1
    assert values[-1] == "(other)"
