"""Deadlines to the second: how a clock stands, what the queue makes of it, whom to call when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.core.story import Story
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.attainment import attainment
from warroom.core.calendars import Calendar, after, worked
from warroom.core.clocks import (
    Clock,
    Pace,
    StageState,
    clocks,
    next_clock,
    outside_clocks,
    rail,
    update_clock,
    update_due,
)
from warroom.core.filters import FilterError, parse
from warroom.core.hours import parse_hours, parse_span, parse_week
from warroom.core.notices import owed
from warroom.core.oncall import MOST_CALLS, Rota, rota_for, to_call
from warroom.core.queue import QueueRow, order, rank, row_of, tally, why_first, why_here, woken
from warroom.core.state import Incident
from warroom.core.terms import (
    DEFAULT_POLICIES,
    Agreement,
    Limits,
    Policy,
    Terms,
    limits_of,
    terms_for,
)
from warroom.core.words import (
    Audience,
    Category,
    Criterion,
    Factor,
    FixLevel,
    Place,
    Priority,
    Role,
    UpdateKind,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CLOCK = Clock(name="x", started=NOON, due=NOON + HOUR)


def named(number: int, **facts: object) -> Incident:
    return replace(Story().declared().incident, id=f"INC-{number}", **facts)  # type: ignore[arg-type]


def by_name(incident: Incident) -> dict[str, Clock]:
    return {clock.name: clock for clock in clocks(incident)}


# A clock


@pytest.mark.parametrize(
    ("at", "pace"),
    [
        (NOON, Pace.CALM),
        (NOON + 30 * MINUTE - SECOND, Pace.CALM),
        (NOON + 30 * MINUTE, Pace.HALF),
        (NOON + 45 * MINUTE - SECOND, Pace.HALF),
        (NOON + 45 * MINUTE, Pace.WARN),
        (NOON + HOUR - SECOND, Pace.WARN),
        (NOON + HOUR, Pace.LATE),
    ],
)
@pytest.mark.parametrize("allowed", [None, HOUR])
def test_a_clock_changes_at_the_half_at_three_quarters_and_at_the_end(
    at: datetime, pace: Pace, allowed: timedelta | None
) -> None:
    clock = replace(CLOCK, allowed=allowed)
    assert clock.pace(at) is pace
    assert clock.used(at) == (at - NOON) / HOUR
    assert clock.left(at) == NOON + HOUR - at
    assert clock.turns() == (NOON + 45 * MINUTE, NOON + HOUR)


def test_met_at_the_last_moment_is_met_and_a_second_later_is_late() -> None:
    assert replace(CLOCK, met_at=CLOCK.due).pace(NOON) is Pace.MET
    assert replace(CLOCK, met_at=CLOCK.due + SECOND).pace(NOON) is Pace.MET_LATE
    assert replace(CLOCK, met_at=NOON).turns() == ()


def test_a_clock_that_waits_stands_still_and_does_not_turn() -> None:
    paused = replace(CLOCK, paused_at=NOON + 10 * MINUTE)
    assert paused.paused
    assert paused.turns() == ()
    assert paused.left(NOON + 9 * HOUR) == 50 * MINUTE
    assert paused.pace(NOON + 9 * HOUR) is Pace.CALM
    assert paused.left(NOON) == HOUR
    assert not replace(paused, met_at=NOON).paused
    assert not CLOCK.paused


def test_a_clock_of_no_time_is_used_up() -> None:
    assert replace(CLOCK, due=NOON).used(NOON) == 1.0
    assert replace(CLOCK, due=NOON + SECOND).used(NOON) == 0.0


def test_each_clock_stops_at_its_own_event() -> None:
    story = Story().declared(priority=Priority.P1)
    assert all(clock.met_at is None for clock in clocks(story.incident))
    met = []
    for command in (
        c.Acknowledge(),
        c.Diagnose(text="pool"),
        c.RecordFix(level=FixLevel.HOTFIX, text="patch"),
        c.EditPostmortem(text="x", base=0),
        c.FinishPostmortem(reason="short"),
    ):
        story.later(minutes=1).do(command)
        met.append([clock.name for clock in clocks(story.incident) if clock.met_at == story.now])
    assert met == [["respond"], ["diagnose"], ["hotfix"], [], ["report"]]
    story.later(minutes=1).do(c.Diagnose(text="lock", reason="measured"))
    story.do(c.RecordFix(level=FixLevel.ROOT_CAUSE, text="all of it"))
    assert by_name(story.incident)["diagnose"].met_at == NOON + 2 * MINUTE
    assert by_name(story.incident)["hotfix"].met_at == NOON + 3 * MINUTE
    ended = Story().declared(priority=Priority.P1)
    ended.do(c.Acknowledge())
    ended.later(minutes=5).do(c.Resolve())
    ended.later(minutes=5).do(c.Close(override="short"))
    met_at = {name: clock.met_at for name, clock in by_name(ended.incident).items()}
    assert met_at["diagnose"] == met_at["hotfix"] == NOON + 5 * MINUTE
    assert met_at["report"] == NOON + 10 * MINUTE


def test_waits_move_a_deadline_only_while_it_runs() -> None:
    story = Story().declared(terms=Terms(name="x", pauses=("respond", "diagnose")))
    before = {name: clock.due for name, clock in by_name(story.incident).items()}
    story.later(hours=1).do(c.Wait(reason="a log"))
    assert {n for n, clock in by_name(story.incident).items() if clock.paused} == {
        "respond",
        "diagnose",
    }
    story.do(c.Acknowledge())
    assert not by_name(story.incident)["respond"].paused
    story.later(hours=2).do(c.Resume())
    after_wait = {name: clock.due for name, clock in by_name(story.incident).items()}
    assert after_wait["diagnose"] == before["diagnose"] + 2 * HOUR
    assert after_wait["hotfix"] == before["hotfix"]


def test_policies_given_go_before_those_of_the_terms() -> None:
    quick = replace(DEFAULT_POLICIES[Priority.P2], respond=MINUTE, update=2 * MINUTE)
    incident = Story().declared(terms=Terms(name="x")).incident
    assert clocks(incident, {Priority.P2: quick})[0].due == NOON + MINUTE
    found = update_clock(incident, {Priority.P2: quick})
    assert found is not None
    assert found.due == NOON + 2 * MINUTE
    assert next_clock(incident, {Priority.P2: quick}) == clocks(incident, {Priority.P2: quick})[0]


def test_an_update_is_due_after_the_last_one_or_when_it_was_promised() -> None:
    story = Story().declared(priority=Priority.P1)
    told = {"kind": UpdateKind.INITIAL, "audience": Audience.CLIENT, "text": "we look"}
    story.later(minutes=10).do(c.SendUpdate(**told))
    found = update_clock(story.incident)
    assert found is not None
    assert (found.name, found.started, found.due) == ("update", story.now, NOON + 40 * MINUTE)
    story.do(c.SendUpdate(**told, next_due=NOON + 5 * HOUR))
    found = update_clock(story.incident)
    assert found is not None
    assert (found.started, found.due) == (story.now, NOON + 5 * HOUR)
    assert update_due(story.incident, NOON) == NOON + 30 * MINUTE
    merged = Story().declared()
    merged.do(c.MergeInto(into="INC-9"))
    assert update_clock(merged.incident) is None


def test_updates_of_a_client_with_office_hours_are_due_in_them() -> None:
    office = Terms(name="x", hours=("09:00-17:00",) * 5 + ("", ""))
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    story = Story(friday).declared(priority=Priority.P2, terms=office)
    monday = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert update_due(story.incident, friday) == monday
    found = update_clock(story.incident)
    assert found is not None
    assert (found.due, found.used(monday - HOUR)) == (monday, 0.75)
    p1 = replace(story.incident, priority=Priority.P1)
    assert update_due(p1, friday) == friday + HOUR / 2


def test_the_clock_that_is_due_first_is_the_one_that_is_shown() -> None:
    story = Story().declared(priority=Priority.P1, criteria=(Criterion.DATA_EXPOSURE,))
    shown = []
    for command in (
        c.Acknowledge(),
        c.Diagnose(text="pool"),
        c.RecordFix(level=FixLevel.HOTFIX, text="patch"),
        c.EditPostmortem(text="x", base=0),
        c.FinishPostmortem(reason="short"),
        c.RecordContact(facts=k.Contacted(party="BSI", text="told", notice="gdpr")),
    ):
        clock = next_clock(story.incident)
        shown.append(clock.name if clock else "")
        story.do(command)
    assert shown == ["respond", "diagnose", "hotfix", "report", "report", "gdpr"]
    assert next_clock(story.incident) is None


# The rail


def test_the_rail_tells_the_whole_life() -> None:
    story = Story().declared(
        priority=Priority.P1, started_at=NOON - 2 * MINUTE, detected_at=NOON - MINUTE
    )
    deadline = by_name(story.incident)
    assert [(s.name, s.state, s.took, s.clock) for s in rail(story.incident)] == [
        ("detected", StageState.DONE, MINUTE, None),
        ("ack", StageState.NOW, None, deadline["respond"]),
        ("contain", StageState.AHEAD, None, None),
        ("diagnose", StageState.AHEAD, None, deadline["diagnose"]),
        ("hotfix", StageState.AHEAD, None, deadline["hotfix"]),
        ("report", StageState.AHEAD, None, deadline["report"]),
    ]
    for command in (c.Acknowledge(), c.Contain(how="flag"), c.Diagnose(text="pool"), c.Resolve()):
        story.later(minutes=1).do(command)
    assert [(s.name, s.state, s.took) for s in rail(story.incident)] == [
        ("detected", StageState.DONE, MINUTE),
        ("ack", StageState.DONE, MINUTE),
        ("contained", StageState.DONE, 2 * MINUTE),
        ("diagnose", StageState.DONE, 3 * MINUTE),
        ("hotfix", StageState.DONE, 4 * MINUTE),
        ("report", StageState.NOW, None),
    ]
    story.later(minutes=1).do(c.Close(override="short"))
    last = rail(story.incident)[-1]
    assert (last.name, last.state, last.took) == ("report", StageState.DONE, 5 * MINUTE)


def test_the_rail_does_not_know_when_nobody_said_since_when() -> None:
    assert rail(Story().declared().incident)[0].took is None
    ahead = Story().declared(started_at=NOON + HOUR).incident  # a clock somewhere is wrong
    assert rail(ahead)[0].took == timedelta()
    onset = e.Onset(at=NOON - HOUR, low=NOON, high=NOON, sentence="5xx")
    both = Story().declared(started_at=NOON, onset=onset).incident
    assert rail(both)[0].took == HOUR


# Outside


def test_who_is_spoken_to_again_is_asked_at_the_new_time() -> None:
    story = Story().declared()
    for party, again in (("Gateway", 1), ("Mint", 2), ("GATEWAY", 3)):
        contact = k.Contacted(party=party, text="asked", again_at=NOON + again * HOUR)
        story.do(c.RecordContact(facts=contact))
    assert sorted((x.name, x.due) for x in outside_clocks(story.incident)) == [
        ("ask again", NOON + 2 * HOUR),
        ("ask again", NOON + 3 * HOUR),
    ]
    assert outside_clocks(story.incident)[0].started == NOON


def test_notices_come_in_the_order_in_which_they_are_due() -> None:
    story = Story().declared(criteria=(Criterion.DATA_EXPOSURE,))
    for key in ("nis2-warning", "dora", "nis2"):
        story.do(c.OweNotice(facts=k.NoticeOwed(notice=key)))
    assert [(one.notice.key, one.due - NOON) for one in owed(story.incident)] == [
        ("nis2-warning", 24 * HOUR),
        ("dora", 24 * HOUR),
        ("nis2", 72 * HOUR),
        ("gdpr", 72 * HOUR),
    ]
    story.do(c.OweNotice(facts=k.NoticeOwed(notice="gdpr", party="CNIL")))
    party = {one.notice.key: one.notice.party for one in owed(story.incident)}
    assert party["gdpr"] == "CNIL"
    assert party["dora"] == "competent authority"
    assert len(owed(story.incident)) == 4  # said and found by itself is owed once
    story.later(hours=1).do(c.RecordContact(facts=k.Contacted(party="x", text="y", notice="dora")))
    story.later(hours=1).do(c.RecordContact(facts=k.Contacted(party="x", text="y", notice="dora")))
    sent = {one.notice.key: one.sent_at for one in owed(story.incident)}
    assert sent["dora"] == NOON + HOUR  # the first time counts
    assert sent["gdpr"] is None


# Terms and hours


def test_a_policy_is_stored_in_seconds_and_comes_back() -> None:
    policy = Policy(
        respond=MINUTE, diagnose=2 * MINUTE, fix=3 * MINUTE, report=4 * MINUTE, update=5 * MINUTE
    )
    limits = limits_of(Priority.P2, policy)
    assert limits == Limits(
        priority=Priority.P2, respond=60, diagnose=120, fix=180, report=240, update=300
    )
    assert limits.policy() == policy
    terms = Terms(name="x", limits=(limits,))
    assert terms.policy(Priority.P2) == policy
    assert terms.policy(Priority.P3) == DEFAULT_POLICIES[Priority.P3]


@pytest.mark.parametrize(
    ("priority", "hours"),
    [
        (Priority.P1, (1, 2, 4, 48, 0.5)),
        (Priority.P2, (4, 8, 24, 120, 4)),
        (Priority.P3, (24, 72, 240, 336, 72)),
    ],
)
def test_without_an_agreement_the_documented_times_hold(
    priority: Priority, hours: tuple[float, ...]
) -> None:
    policy = DEFAULT_POLICIES[priority]
    times = (policy.respond, policy.diagnose, policy.fix, policy.report, policy.update)
    assert tuple(time / HOUR for time in times) == hours


def test_a_zone_that_this_machine_does_not_know_is_taken_as_utc() -> None:
    terms = Terms(name="x", zone="Mars/Base", hours=("09:00-17:00",) * 7)
    calendar = terms.calendar(Priority.P2)
    assert calendar is not None
    assert calendar.zone == UTC
    assert Terms(name="x").calendar(Priority.P2) is None
    assert terms.calendar(Priority.P1) is None
    strange = Story(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)).declared(terms=terms).incident
    assert {row.month for row in attainment([strange], strange.declared_at)} == {"2026-11"}


def test_holidays_a_month_back_and_two_years_ahead_are_written_into_the_incident() -> None:
    day = date(2026, 11, 20)
    near = [day - timedelta(days=31), day + timedelta(days=731)]
    far = [day - timedelta(days=32), day + timedelta(days=732)]
    agreement = Agreement(terms=Terms(name="x", holidays=tuple(str(d) for d in near + far)))
    found = terms_for((agreement,), "", "", day)
    assert found is not None
    assert found.holidays == tuple(str(d) for d in near)
    assert terms_for((agreement, Agreement(terms=Terms(name="y"))), "", "", day) == found


def test_an_agreement_for_others_does_not_hold() -> None:
    both = Agreement(terms=Terms(name="x"), clients=("acme",), services=("shop",))
    weights = [
        both.weight(client, service)
        for client, service in (("acme", "shop"), ("acme", "mail"), ("else", "shop"))
    ]
    assert weights == [4, 0, 0]
    assert replace(both, services=()).weight("ACME", "mail") == 3
    assert replace(both, clients=()).weight("", "Shop") == 2
    assert terms_for((both,), "", "", date(2026, 1, 1)) is None


def test_a_calendar_that_never_opens_gives_a_deadline_nobody_waits_for() -> None:
    closed = Calendar(zone=UTC, hours=((),) * 7)
    assert after(closed, NOON, HOUR) == NOON + timedelta(days=3660)  # ten years
    assert worked(closed, NOON, NOON + timedelta(days=30)) == timedelta()


def test_pauses_count_to_the_second_around_the_clock() -> None:
    pauses = ((NOON + HOUR, NOON + 2 * HOUR), (NOON + 3 * HOUR, NOON + 4 * HOUR))
    assert after(None, NOON, HOUR, pauses) == NOON + HOUR
    assert after(None, NOON, HOUR + SECOND, pauses) == NOON + 2 * HOUR + SECOND
    assert after(None, NOON, 3 * HOUR, pauses) == NOON + 5 * HOUR
    assert after(None, NOON + 90 * MINUTE, HOUR, pauses) == NOON + 3 * HOUR
    assert worked(None, NOON, NOON + 90 * MINUTE, pauses) == HOUR
    assert worked(None, NOON, NOON + 5 * HOUR, pauses) == 3 * HOUR
    assert worked(None, NOON, NOON) == worked(None, NOON, NOON - HOUR) == timedelta()
    year = timedelta(days=366)
    assert worked(None, NOON, NOON + 3 * year, pauses) == 3 * year - 2 * HOUR
    assert after(None, NOON, 3 * year, pauses) == NOON + 3 * year + 2 * HOUR
    long = ((NOON + HOUR, NOON + 2 * year),)
    assert after(None, NOON, 2 * HOUR, long) == NOON + 2 * year + HOUR


def test_two_calendars_of_the_same_hours_are_one() -> None:
    one = Calendar(zone=ZoneInfo("Europe/Berlin"), hours=(((540, 1020),),) * 7)
    assert hash(one) == hash(replace(one))
    assert len({one, replace(one)}) == 1
    assert replace(one, holidays=frozenset([date(2026, 11, 20)])).opened(date(2026, 11, 20)) == ()


def test_a_day_opens_and_closes_on_the_minute_of_its_zone() -> None:
    berlin = Calendar(zone=ZoneInfo("Europe/Berlin"), hours=(((540, 720), (780, 1080)),) * 7)
    day = datetime(2026, 11, 20, tzinfo=UTC)
    assert berlin.opened(day.date()) == (
        (day + 8 * HOUR, day + 11 * HOUR),
        (day + 12 * HOUR, day + 17 * HOUR),
    )
    whole = replace(berlin, hours=(((0, 1440),),) * 7)
    # The days on which the clocks change have 23 and 25 hours.
    for changed, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        spans = whole.opened(changed)
        assert sum(((b - a) for a, b in spans), timedelta()) == hours * HOUR
        assert spans[0][1] == datetime.combine(changed, datetime.min.time(), UTC) + HOUR


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        ("  ", ()),
        ("08:00-12:00", ((480, 720),)),
        ("13:15-18:00, 8:00-12:30", ((480, 750), (795, 1080))),
        ("08:00-12:00,12:00-13:00", ((480, 780),)),
        ("00:00-24:00", ((0, 1440),)),
        ("00:59-01:59", ((59, 119),)),
    ],
)
def test_hours_are_read_as_minutes_of_the_day(text: str, hours: object) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["08:60-09:00", "08:00-09:60", "09:00-09:00", "23:00-24:01", "08:00-10:00,09:59-11:00"]
)
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_hours(text)


def test_a_week_is_read_by_its_days() -> None:
    week = parse_week({"mon-wed": "08:00-09:00", "sun": "10:00-11:00"})
    assert week == (((480, 540),),) * 3 + ((),) * 3 + (((600, 660),),)
    assert parse_week({"mon-": "08:00-09:00"})[0] == ((480, 540),)
    for wrong in ("", "fri-mon", "mon-moon", "moon"):
        with pytest.raises(ValueError):
            parse_week({wrong: "08:00-09:00"})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("30 min", 1800), ("4h", 14_400), ("2d", 172_800), ("1H 30m", 5400)],
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


# The queue


def test_every_term_of_the_score_is_worth_what_the_manual_says() -> None:
    def score(**facts: object) -> int:
        return row_of(named(1, **facts), NOON).score

    calm = {"acknowledged_at": NOON, "contained_at": NOON, "roles": {Role.COMMANDER: "ana"}}
    assert score(**calm) == 2000
    assert score(**calm, priority=Priority.P1) == 3000
    assert score(**calm, priority=Priority.P3) == 1000
    assert score(**{**calm, "acknowledged_at": None}) == 2400
    assert score(**{**calm, "contained_at": None}) == 2200
    assert score(**{**calm, "roles": {}}) == 2000
    assert score(**{**calm, "roles": {}}, priority=Priority.P1) == 3300
    assert score(**calm, criteria=(Criterion.REVENUE, Criterion.SLA_BREACH)) == 2180
    for factor in Factor:
        heavy = factor in (Factor.DATA_LOSS, Factor.SECURITY)
        for weight in range(4):
            points = (60 if heavy else 40) * weight
            assert score(**calm, factors={factor.value: weight}) == 2000 + points
    assert score(**calm, factors={"users": 9}) == 2120  # no weight is more than the heaviest
    assert score(**calm, factors={"users": -1}) == 2000
    assert score(**{**calm, "acknowledged_at": None}, resolved_at=NOON, factors={"users": 3}) == 500


def test_a_late_clock_and_one_that_is_due_soon_lift_a_row() -> None:
    incident = named(1, contained_at=NOON, roles={Role.COMMANDER: "ana"})
    for hours, points, words in (
        (2.9, 2400, ("nobody has taken charge",)),
        (3, 2475, ("nobody has taken charge", "respond is due soon")),
        (4, 2550, ("nobody has taken charge", "respond is late")),
    ):
        row = row_of(incident, NOON + hours * HOUR)
        assert (row.score, row.reasons) == (points, words)
        assert row.clock is not None
        assert row.clock.name == "respond"


def test_the_reasons_stand_strongest_first() -> None:
    incident = named(
        1,
        priority=Priority.P1,
        acknowledged_at=NOON,
        criteria=(Criterion.DATA_EXPOSURE, Criterion.CORE_FUNCTION),
        factors={"security": 3, "no_workaround": 1, "users": 0},
    )
    assert row_of(incident, NOON).reasons == (
        "nobody commands",
        "not contained",
        "security",
        "data exposed",
        "core function broken",
        "no workaround",
    )


def test_a_place_that_somebody_gave_goes_before_the_score_and_sleep_after_everything() -> None:
    asleep = {"snoozed_until": NOON + SECOND}
    rows = rank(
        [
            named(1, priority=Priority.P1, **asleep),
            named(
                2, priority=Priority.P1, place=Place.BOTTOM, place_by="leo", place_reason="tests"
            ),
            named(3, priority=Priority.P3, place=Place.TOP, place_by="mia", place_reason="call"),
            named(4, priority=Priority.P2),
            named(10, priority=Priority.P2),
            named(9, priority=Priority.P2, closed_at=NOON),
        ],
        NOON,
    )
    assert [row.incident.id for row in rows] == ["INC-3", "INC-4", "INC-10", "INC-2", "INC-1"]
    assert [row.placed for row in rows] == [
        "put first by mia: call",
        "",
        "",
        "put last by leo: tests",
        "",
    ]
    assert [row.snoozed for row in rows] == [False] * 4 + [True]
    assert [why_here(rows, place) for place in range(5)] == [
        "above INC-4: put first by mia: call",
        "above INC-10: the same urgency, its clock is due first",
        "above INC-2: put last by leo: tests",
        "above INC-1: that one is asleep",
        "asleep until its time, below everything awake",
    ]
    assert why_first(rows) == "INC-3 first: put first by mia: call"
    awake = rank([named(1, snoozed_until=NOON)], NOON)
    assert not awake[0].snoozed


def why(first: Incident, second: Incident) -> tuple[str, str]:
    rows = rank([second, first], NOON)
    assert rows[0].incident is first
    return why_here(rows, 0), why_first(rows)


def test_a_row_says_what_lifts_it_above_the_next_one() -> None:
    calm = named(2, acknowledged_at=NOON, contained_at=NOON, roles={Role.COMMANDER: "a"})
    worse = replace(calm, id="INC-1", factors={"users": 1})
    assert why(worse, calm) == ("above INC-2: many users", "INC-1 first: many users")
    urgent = replace(
        worse, priority=Priority.P1, factors={"users": 1, "business": 1, "complexity": 1}
    )
    assert why(urgent, calm) == (
        "above INC-2: P1, many users, business",
        "INC-1 first: P1, many users, business",
    )
    heavier = replace(worse, factors={"users": 3})
    lighter = replace(worse, id="INC-2")
    assert why(heavier, lighter) == (
        "above INC-2: more of the same",
        "INC-1 first: its clock is due first",
    )
    several = {"users": 1, "business": 1, "complexity": 1, "no_workaround": 1}
    assert why(replace(worse, factors=several), calm)[1].count(",") == 2
    assert why(replace(worse, factors=several), calm)[0].count(",") == 2
    over = replace(calm, resolved_at=NOON)
    assert why(worse, over)[0] == "above INC-2: that one is resolved"


def test_alone_last_or_with_nobody_a_row_says_so() -> None:
    one = rank([named(1)], NOON)
    assert why_here(one, 0) == "the only one"
    assert why_first(one) == "INC-1 is the only one"
    assert why_first(()) == ""
    two = rank([named(1, priority=Priority.P1), named(2)], NOON)
    assert why_here(two, 1) == "the least urgent"
    placed = rank([named(1, place=Place.TOP, place_by="leo", place_reason="x")], NOON)
    assert why_here(placed, 0) == "put first by leo: x"
    asleep = rank([named(1), named(2, priority=Priority.P1, snoozed_until=NOON + HOUR)], NOON)
    assert why_first(asleep) == "INC-1 first: its clock is due first"
    sleeping = named(3, place=Place.TOP, place_by="x", place_reason="y", snoozed_until=NOON + HOUR)
    dozing = rank([sleeping, replace(sleeping, id="INC-4", place=Place.COMPUTED)], NOON)
    assert "put first" not in why_first(dozing)


def test_rows_are_ordered_by_their_clock_and_then_by_their_number() -> None:
    def key(number: int, **facts: object) -> tuple[object, ...]:
        return order(row_of(named(number, **facts), NOON))

    assert key(1) < key(2) < key(10)
    assert key(2, declared_at=NOON - HOUR) < key(1)
    timeless = QueueRow(incident=named(1), score=1, reasons=(), clock=None, snoozed=False)
    assert order(replace(timeless, clock=CLOCK)) < order(timeless)


def test_the_tally_counts_what_is_late_soon_asleep_and_waiting() -> None:
    wait = Story().declared()
    wait.do(c.Wait(reason="x"))
    incidents = [
        named(1, acknowledged_at=NOON, snoozed_until=NOON + 9 * HOUR),
        named(2),
        replace(wait.incident, id="INC-3"),
        named(4, priority=Priority.P3),
        named(5, closed_at=NOON),
    ]
    found = tally(incidents, NOON + 3 * HOUR)
    assert (found.open, found.unacknowledged, found.snoozed, found.waiting) == (4, 3, 1, 1)
    assert (found.late, found.due_soon) == (0, 3)
    later = tally(incidents, NOON + 4 * HOUR)
    assert (later.late, later.due_soon) == (3, 0)
    assert tally(incidents, NOON + 9 * HOUR).snoozed == 0


def test_what_wakes_is_told_once() -> None:
    asleep = named(1, snoozed_until=NOON + HOUR)
    assert woken([asleep], NOON, NOON + HOUR) == (asleep,)
    assert woken([asleep], NOON + HOUR, NOON + 2 * HOUR) == ()
    assert woken([asleep], NOON, NOON + HOUR - SECOND) == ()
    assert woken([replace(asleep, closed_at=NOON), named(2)], NOON, NOON + HOUR) == ()


# Filters


SNOOZED = {"snoozed_until": NOON + SECOND}
FILTERS: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("is:open", {}, {"closed_at": NOON}),
    ("is:closed", {"closed_at": NOON}, {}),
    ("is:merged", {"merged_into": "INC-9"}, {}),
    ("is:unacknowledged", {}, {"acknowledged_at": NOON}),
    ("is:contained", {"contained_at": NOON}, {}),
    ("is:resolved", {"resolved_at": NOON}, {}),
    ("is:snoozed", SNOOZED, {"snoozed_until": NOON}),
    ("is:mine", {"roles": {Role.SCRIBE: "ana"}}, {"roles": {Role.SCRIBE: "leo"}}),
    ("is:resolved,closed", {"closed_at": NOON}, {}),
    ("id:inc-1", {}, {"id": "INC-2"}),
    ("service:SHOP", {}, {"service": "mail"}),
    ("client:acme", {"client": "Acme"}, {}),
    ("priority:p1,p2", {}, {"priority": Priority.P3}),
    ("category:production", {}, {"category": Category.DATA}),
    ("phase:declared", {}, {"closed_at": NOON}),
    ("source:mail", {"source": "mail"}, {}),
    ("commander:leo", {"roles": {Role.COMMANDER: "leo"}}, {"roles": {Role.SCRIBE: "leo"}}),
    ("summed", {"summary": "Summed up"}, {}),
    ("inc-1", {}, {"id": "INC-2"}),
    ("acme", {"client": "ACME"}, {}),
    ("is:open acme", {"client": "ACME"}, {"client": "ACME", "closed_at": NOON}),
]


@pytest.mark.parametrize(("text", "fits", "fits_not"), FILTERS)
def test_each_filter_tells_those_that_fit_from_the_others(
    text: str, fits: dict[str, object], fits_not: dict[str, object]
) -> None:
    fitting, other = (replace(named(1), **facts) for facts in (fits, fits_not))  # type: ignore[arg-type]
    assert parse(text).matches(fitting, NOON, "ana")
    assert not parse(text).matches(other, NOON, "ana")
    if " " not in text:
        assert not parse(f"-{text}").matches(fitting, NOON, "ana")
        assert parse(f"-{text}").matches(other, NOON, "ana")


def test_mine_is_nobodys_without_a_name() -> None:
    freed = named(1, roles={Role.SCRIBE: ""})
    assert not parse("is:mine").matches(freed, NOON)
    assert not parse("commander:me").matches(named(1, roles={Role.COMMANDER: "ana"}), NOON)
    assert parse("commander:ME").matches(named(1, roles={Role.COMMANDER: "Ana"}), NOON, "aNA")


def test_late_and_due_are_what_the_clocks_say() -> None:
    incident = named(1)
    for hours, late, due in ((2.9, False, False), (3, False, True), (4, True, True)):
        at = NOON + hours * HOUR
        assert parse("is:late").matches(incident, at) is late
        assert parse("is:due").matches(incident, at) is due
    wait = Story().declared()
    assert not parse("is:waiting").matches(wait.incident, NOON)
    wait.do(c.Wait(reason="x"))
    assert parse("is:waiting").matches(wait.incident, NOON)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "'colour' is nothing to filter by; use id, priority"),
        ("is:pretty", "is:pretty is unknown; use open, closed"),
        ("is:", "is: lacks one of open, closed"),
        ("service:,", "service: lacks a value"),
        ("'open", "No closing quotation"),
    ],
)
def test_a_filter_that_is_none_says_what_there_is(text: str, said: str) -> None:
    with pytest.raises(FilterError, match=said.replace("(", r"\(")):
        parse(text)


# On call

ROTA = Rota(name="main", people=("ana", "leo"), start=datetime(2026, 11, 16, 9), zone=UTC)


def test_a_turn_is_a_week_and_the_next_is_called_after_a_quarter_of_an_hour() -> None:
    incident = named(1)
    assert ROTA.turn_at(datetime(2026, 11, 16, 9, tzinfo=UTC)) == 0
    assert ROTA.turn_at(datetime(2026, 11, 16, 8, 59, 59, tzinfo=UTC)) == -1
    assert ROTA.turn_at(datetime(2026, 11, 23, 9, tzinfo=UTC)) == 1
    assert ROTA.on_call(datetime(2026, 11, 16, 8, tzinfo=UTC)) == ("leo", "ana")
    for minutes, people in ((0, ["ana"]), (14, ["ana"]), (15, ["ana", "leo"])):
        calls = to_call(incident, ROTA, NOON + minutes * MINUTE)
        assert [call.person for call in calls] == people
    calls = to_call(incident, ROTA, NOON + HOUR)
    assert [(x.since, x.why, x.phone) for x in calls] == [
        (NOON, "on call", ""),
        (NOON + 15 * MINUTE, "nobody has taken charge for 15 min", ""),
    ]
    assert to_call(replace(incident, closed_at=NOON), ROTA, NOON) == ()
    assert to_call(replace(incident, acknowledged_at=NOON), ROTA, NOON) == ()


def test_nobody_is_called_without_end() -> None:
    many = replace(ROTA, people=tuple(f"p{n}" for n in range(20)))
    assert len(to_call(named(1), many, NOON + 99 * HOUR)) == MOST_CALLS == 12


def test_the_rota_of_the_client_goes_before_that_of_the_service() -> None:
    service = replace(ROTA, name="service", services=("shop",))
    client = replace(ROTA, name="client", clients=("acme",))
    both = replace(service, name="both", clients=("acme",))
    incident = named(1, client="acme")
    for rotas, name in (
        ((ROTA, service, client, both), "both"),
        ((ROTA, service, client), "client"),
        ((ROTA, service), "service"),
        ((ROTA,), "main"),
    ):
        found = rota_for(rotas, incident)
        assert found is not None
        assert found.name == name
    assert rota_for((), incident) is None
    assert rota_for((both,), replace(incident, service="mail")) is None
    assert rota_for((both,), replace(incident, client="else")) is None


# Attainment


def test_what_is_late_now_is_missed_and_what_is_late_done_as_well() -> None:
    story = Story().declared(priority=Priority.P1)
    story.later(minutes=61).do(c.Acknowledge())
    rows = {row.clock: row for row in attainment([story.incident], NOON + 3 * HOUR)}
    assert list(rows) == ["respond", "diagnose", "hotfix", "report"]
    assert [(row.kept, row.missed, row.running) for row in rows.values()] == [
        (0, ("INC-1",), 0),
        (0, ("INC-1",), 0),
        (0, (), 1),
        (0, (), 1),
    ]
    early = {row.clock: row for row in attainment([story.incident], NOON)}
    assert early["diagnose"].running == 1
    assert early["diagnose"].decided == 0
    assert early["respond"].decided == 1
