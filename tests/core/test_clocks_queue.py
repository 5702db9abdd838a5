"""Clocks, the order of the queue, and how numbers are spelt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.story import Story
from tests.core.strategies import NOON, commands, declared

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core import spell
from warroom.core.canonical import NotCanonical, canonical
from warroom.core.clocks import Pace, StageState, clocks, next_clock, rail, update_clock
from warroom.core.queue import rank, why_first
from warroom.core.words import Criterion, Priority


def test_p1_clocks_are_the_contracts() -> None:
    story = Story().declared(priority=Priority.P1)
    hours = {x.name: (x.due - x.started) / timedelta(hours=1) for x in clocks(story.incident)}
    assert hours == {"respond": 1, "diagnose": 2, "hotfix": 4, "report": 48}


def test_a_clock_warns_breaches_and_stops() -> None:
    story = Story().declared(priority=Priority.P1)
    respond = clocks(story.incident)[0]
    at = lambda minutes: NOON + timedelta(minutes=minutes)  # noqa: E731
    assert [respond.pace(at(m)) for m in (0, 31, 46, 60)] == [
        Pace.CALM,
        Pace.HALF,
        Pace.WARN,
        Pace.LATE,
    ]
    story.later(minutes=38).do(c.Acknowledge())
    assert clocks(story.incident)[0].pace(at(600)) is Pace.MET
    late = Story().declared(priority=Priority.P1)
    late.later(minutes=61).do(c.Acknowledge())
    assert clocks(late.incident)[0].pace(late.now) is Pace.MET_LATE
    assert next_clock(late.incident).name == "diagnose"


def test_updates_are_due_until_it_is_resolved() -> None:
    story = Story().declared(priority=Priority.P1)
    assert update_clock(story.incident).due == NOON + timedelta(minutes=30)
    story.do(c.Acknowledge())
    story.do(c.Resolve())
    assert update_clock(story.incident) is None


def test_the_rail_has_one_now() -> None:
    story = Story().declared(priority=Priority.P1, started_at=NOON - timedelta(seconds=51))
    assert [s.name for s in rail(story.incident) if s.state is StageState.NOW] == ["ack"]
    assert rail(story.incident)[0].took == timedelta(seconds=51)
    story.do(c.Acknowledge())
    assert [s.name for s in rail(story.incident) if s.state is StageState.NOW] == ["contain"]
    story.do(c.Resolve())
    assert "contain" not in [s.name for s in rail(story.incident)]


def test_the_queue_puts_the_worst_first_and_says_why() -> None:
    p1 = Story().declared(priority=Priority.P1, criteria=(Criterion.REVENUE,)).incident
    p2 = Story().declared(priority=Priority.P2).incident
    rows = rank([p2, p1], NOON)
    assert [row.incident.priority for row in rows] == [Priority.P1, Priority.P2]
    assert "P1" in why_first(rows)
    assert "revenue" in " ".join(rows[0].reasons)


def test_a_factor_of_a_later_release_lifts_nothing_and_hides_nothing() -> None:
    plain = Story().declared(priority=Priority.P1).incident
    (row,) = rank([replace(plain, factors={"luck": 3, "users": 1})], NOON)
    (usual,) = rank([replace(plain, factors={"users": 1})], NOON)
    assert (row.score, row.reasons) == (usual.score, usual.reasons)


def test_snoozed_sinks_until_it_wakes() -> None:
    story = Story().declared(priority=Priority.P1)
    story.do(c.Snooze(until=NOON + timedelta(hours=1)))
    other = Story().declared(priority=Priority.P3).incident
    assert rank([story.incident, other], NOON)[0].incident.priority is Priority.P3
    later = NOON + timedelta(hours=2)
    assert rank([story.incident, other], later)[0].incident.priority is Priority.P1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(declared, st.lists(commands, max_size=6)), max_size=6), st.randoms())
def test_the_order_is_total_and_does_not_depend_on_how_it_was_given(stories, random) -> None:
    from dataclasses import replace

    incidents = []
    for number, (facts, script) in enumerate(stories):
        story = Story()
        story.do(c.Declare(facts=facts))
        for command in script:
            story.do(command)
        incidents.append(replace(story.incident, id=f"INC-{number}"))
    first = [row.incident.id for row in rank(incidents, NOON)]
    random.shuffle(incidents)
    assert [row.incident.id for row in rank(incidents, NOON)] == first


@pytest.mark.parametrize(
    ("span", "short", "prose"),
    [
        (timedelta(seconds=38), "0:38", "38 s"),
        (timedelta(seconds=599), "9:59", "10 min"),
        (timedelta(minutes=12), "12m", "12 min"),
        (timedelta(hours=1, minutes=45), "1h 45m", "1 h 45 min"),
        (timedelta(days=2, hours=4), "2d 4h", "2 days 4 h"),
    ],
)
def test_durations_in_the_fewest_characters(span: timedelta, short: str, prose: str) -> None:
    assert spell.duration(span) == short
    assert spell.in_prose(span) == prose


def test_shares_never_hide_a_trace_or_invent_a_zero() -> None:
    assert spell.share(382, 1000) == "38.2 %"
    assert spell.share(1, 100_000) == "<0.1 %"
    assert spell.share(0, 10) == "0 %"
    assert spell.share(0, 0) == "—"
    assert spell.count(1204) == "1 204"


def test_canonical_json_refuses_what_has_two_spellings() -> None:
    assert canonical({"b": 1, "a": ["é", None, True]}) == '{"a":["é",null,true],"b":1}'.encode()
    for value in (1.0, {"A": 1}, {"a": 2**60}, "\udce9", {"a": float("nan")}):
        with pytest.raises(NotCanonical):
            canonical(value)


def test_the_timeline_puts_a_back_dated_note_where_it_belongs() -> None:
    from warroom.core.timeline import timeline

    story = Story().declared().later(minutes=10)
    story.do(c.AddNote(text="saw it first", about=NOON - timedelta(minutes=5)))
    first = timeline(story.records)[0]
    assert (first.word, first.back_dated) == ("note", True)
    assert isinstance(story.records[-1].event, e.NoteAdded)
