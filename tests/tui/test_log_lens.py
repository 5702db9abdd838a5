"""Finders and lenses give the same rows as looking at every line would."""

import random

import pytest
from tests.tui.log_kit import FakeLog, request

from warroom.logs.protocol import Query
from warroom.tui.widgets.log_lens import AllRows, Around, Finder


def walk(lens, forwards=True):
    found, row = [], lens.first() if forwards else lens.last()
    while row is not None:
        found.append(row)
        row = lens.after(row) if forwards else lens.before(row)
    return found if forwards else found[::-1]


def searched(log, origin=0, query=Query(include=("hit",))):
    finder = Finder(log, query, origin)
    for _ in finder.walk():
        pass
    return finder


def some_log(seed, lines=80):
    dice = random.Random(seed)
    return FakeLog(
        [request(path="/hit" if dice.random() < 0.15 else "/miss") for _ in range(lines)]
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_finder_walks_all_matches_in_both_directions(seed):
    log = some_log(seed)
    wanted = [e.row for e in log.kept if b"hit" in e.raw]
    finder = searched(log, random.Random(seed).randint(-80, 0))
    assert walk(finder) == walk(finder, forwards=False) == wanted
    assert len(finder) == len(wanted)
    for row in range(-82, 3):
        assert finder.after(row) == next((w for w in wanted if w > row), None)
        assert finder.before(row) == next((w for w in wanted[::-1] if w < row), None)
        assert finder.place(row) == sum(w < row for w in wanted)


@pytest.mark.parametrize("context", [0, 1, 2, 5])
@pytest.mark.parametrize("seed", range(6))
def test_context_is_every_row_near_a_match_once(seed, context):
    log = some_log(seed)
    hits = [e.row for e in log.kept if b"hit" in e.raw]
    wanted = [r for r in range(log.first, log.end) if any(abs(r - hit) <= context for hit in hits)]
    lens = Around(searched(log, -40), context)
    assert walk(lens) == walk(lens, forwards=False) == wanted


def test_a_finder_grows_with_the_log_at_both_ends():
    log = FakeLog([request(path="/hit"), request(path="/miss")])
    finder = searched(log)
    assert walk(finder) == [-2]
    assert not finder.behind()
    log.append(request(path="/hit"))
    log.prepend(request(path="/hit"), request(path="/miss"))
    assert finder.behind()
    for _ in finder.walk():
        pass
    assert walk(finder) == [-4, -2, 0]


def test_a_finder_that_was_stopped_goes_on_without_repeating():
    log = some_log(3)
    finder = Finder(log, Query(include=("hit",)), 0)
    begun = finder.walk()
    next(begun)
    next(begun)
    for _ in finder.walk():
        pass
    assert walk(finder) == [e.row for e in log.kept if b"hit" in e.raw]


def test_all_rows_are_clipped_to_what_is_known():
    log = FakeLog([request() for _ in range(3)])
    assert walk(AllRows(log)) == [-3, -2, -1]
    assert AllRows(FakeLog()).last() is None
