"""Business hours against a calculation that looks at every minute by itself."""

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.core.story import Story

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.calendars import Calendar, after, worked
from warroom.core.clocks import Pace, clocks, update_clock
from warroom.core.hours import parse_hours, parse_span, parse_week
from warroom.core.terms import Agreement, Limits, Terms, terms_for
from warroom.core.words import Priority

MINUTE = timedelta(minutes=1)
BERLIN = {"mon-fri": "09:00-12:30, 13:15-18:00"}
NEW_YORK = {
    "mon": "08:00-24:00",
    "tue-thu": "00:00-24:00",
    "fri": "00:00-20:00",
    "sun": "01:30-02:45",
}

CLIENTS = {
    "acme": (
        "Europe/Berlin",
        BERLIN,
        ("2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03", "2026-04-06"),
    ),
    "globex": ("America/New_York", NEW_YORK, ("2025-12-25", "2026-01-01", "2026-11-26")),
}
SEASONS = {  # clocks go forward, clocks go back, the year ends
    "spring": (datetime(2026, 3, 2, tzinfo=UTC), 50),
    "autumn": (datetime(2026, 10, 19, tzinfo=UTC), 50),
    "new year": (datetime(2025, 12, 15, tzinfo=UTC), 50),
}


def terms(client: str, **more: object) -> Terms:
    zone, week, holidays = CLIENTS[client]
    hours = tuple(
        ",".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in day)
        for day in parse_week(week)
    )
    return Terms(name=client, zone=zone, hours=hours, holidays=holidays, **more)


@cache
def open_minutes(client: str, season: str) -> tuple[bool, ...]:
    """Whether work is done in each minute, asked of the local clock minute by minute."""
    zone_name, week, holidays = CLIENTS[client]
    zone = ZoneInfo(zone_name)
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def hours_of(weekday: int) -> str:
        for key, text in week.items():
            first, _, last = key.partition("-")
            if names.index(first) <= weekday <= names.index(last or first):
                return text
        return ""

    start, days = SEASONS[season]
    found = []
    for minute in range(days * 1440):
        local = (start + minute * MINUTE).astimezone(zone)
        spelt = f"{local:%H:%M}"
        ranges = [r.strip().split("-") for r in hours_of(local.weekday()).split(",") if r.strip()]
        open_ = any(a <= spelt < b for a, b in ranges)
        found.append(open_ and f"{local:%Y-%m-%d}" not in holidays)
    return tuple(found)


def by_the_minute(
    client: str, season: str, first: int, minutes: int, pauses: list[tuple[int, int]]
) -> int:
    """The minute by whose start so many have counted."""
    counted = 0
    for minute in range(first, len(open_minutes(client, season))):
        if counted == minutes:
            return minute
        paused = any(a <= minute < b for a, b in pauses)
        counted += open_minutes(client, season)[minute] and not paused
    raise AssertionError("the season is too short")


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_thousand_incidents_agree_with_a_calculation_by_the_minute(
    client: str, season: str
) -> None:
    rng = random.Random(f"{client} {season}")
    start, _ = SEASONS[season]
    calendar = terms(client).calendar(Priority.P2)
    for _ in range(170):  # times two clients, times three seasons
        first = rng.randrange(8 * 1440)
        minutes = rng.randint(1, 40 * 60)
        a, b, c_, d = sorted(rng.sample(range(18 * 1440), 4))
        pauses = rng.choice([[], [(a, b)], [(a, b), (c_, d)]])
        spans = tuple((start + a * MINUTE, start + b * MINUTE) for a, b in pauses)
        found = after(calendar, start + first * MINUTE, minutes * MINUTE, spans)
        last_counted = by_the_minute(client, season, first, minutes, pauses) - 1
        # The deadline is the end of the last minute that counts.
        while not open_minutes(client, season)[last_counted] or any(
            a <= last_counted < b for a, b in pauses
        ):
            last_counted -= 1
        assert found == start + (last_counted + 1) * MINUTE
        assert worked(calendar, start + first * MINUTE, found, spans) == minutes * MINUTE


zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata"]
)
weeks = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 400)).map(
        lambda x: ((x[0], min(1440, x[0] + x[1])),)
    ),
    min_size=7,
    max_size=7,
).map(tuple)
instants = st.integers(0, 400 * 1440).map(lambda m: datetime(2025, 12, 1, tzinfo=UTC) + m * MINUTE)


@settings(max_examples=150, deadline=None)
@given(zones, weeks, instants, st.integers(1, 3 * 1440))
@example(  # the hour that comes twice, opened and closed inside it
    "Europe/Berlin", (((135, 165),),) * 7, datetime(2026, 10, 24, 23, 0, tzinfo=UTC), 240
)
@example(  # the hour that is skipped
    "America/New_York", (((120, 180),),) * 7, datetime(2026, 3, 8, 5, 0, tzinfo=UTC), 240
)
def test_any_window_of_any_zone_counts_what_the_wall_clock_shows(zone, week, start, length) -> None:
    calendar = Calendar(zone=ZoneInfo(zone), hours=week)
    counted = 0
    for minute in range(length):
        local = (start + minute * MINUTE).astimezone(calendar.zone)
        of_day = 60 * local.hour + local.minute
        counted += any(a <= of_day < b for a, b in week[local.weekday()])
    assert worked(calendar, start, start + length * MINUTE) == counted * MINUTE


@settings(max_examples=80, deadline=None)
@given(zones, weeks, instants, st.lists(st.integers(0, 5000), min_size=2, max_size=5))
def test_a_clock_never_runs_backwards(zone, week, start, steps) -> None:
    calendar = Calendar(zone=ZoneInfo(zone), hours=week)
    seen = timedelta()
    at = start
    for step in steps:
        at += step * MINUTE
        now = worked(calendar, start, at)
        assert now >= seen
        seen = now


def test_a_day_that_a_country_skipped_is_not_worked() -> None:
    calendar = Calendar(zone=ZoneInfo("Pacific/Apia"), hours=(((0, 1440),),) * 7)
    assert calendar.opened(date(2011, 12, 30)) == ()
    day = timedelta(days=1)
    assert (
        worked(
            calendar, datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2011, 12, 31, 10, tzinfo=UTC)
        )
        == 2 * day
    )


def test_p1_runs_through_the_weekend_and_p2_waits_for_monday() -> None:
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # 17:00 in Berlin
    p1 = Story(friday).declared(priority=Priority.P1, terms=terms("acme")).incident
    p2 = Story(friday).declared(priority=Priority.P2, terms=terms("acme")).incident
    assert clocks(p1)[0].due == friday + timedelta(hours=1)
    # One hour on Friday, then Monday 09:00 to 12:00 Berlin.
    assert clocks(p2)[0].due == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    sunday = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert clocks(p2)[0].used(sunday) == 0.25
    assert clocks(p2)[0].pace(sunday) is Pace.CALM
    assert update_clock(p2).due == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def test_waiting_for_the_client_stops_the_clocks_that_the_terms_name() -> None:
    story = Story(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    story.declared(priority=Priority.P2, terms=terms("acme", pauses=("hotfix",)))
    before = {x.name: x.due for x in clocks(story.incident)}
    story.do(c.Acknowledge())
    story.later(hours=1).do(c.Wait(reason="which customer numbers?"))
    hotfix = {x.name: x for x in clocks(story.incident)}["hotfix"]
    assert hotfix.paused
    assert hotfix.left(story.now) == hotfix.left(story.now + timedelta(days=3))
    story.later(hours=2).do(c.Resume())
    found = {x.name: x for x in clocks(story.incident)}
    assert not found["hotfix"].paused
    assert found["hotfix"].due > before["hotfix"]
    assert found["diagnose"].due == before["diagnose"]


def test_limits_come_from_the_terms_and_the_rest_from_the_defaults() -> None:
    hour = 3600
    limits = Limits(
        priority=Priority.P1, respond=900, diagnose=hour, fix=2 * hour, report=24 * hour, update=900
    )
    incident = (
        Story().declared(priority=Priority.P1, terms=Terms(name="x", limits=(limits,))).incident
    )
    assert clocks(incident)[0].due - incident.declared_at == timedelta(minutes=15)
    calm = Story().declared(priority=Priority.P2, terms=Terms(name="x", limits=(limits,))).incident
    assert clocks(calm)[0].due - calm.declared_at == timedelta(hours=4)


def test_the_closest_agreement_holds_and_far_holidays_stay_out_of_the_journal() -> None:
    day = date(2026, 11, 20)
    agreements = (
        Agreement(terms=Terms(name="all")),
        Agreement(terms=Terms(name="shop"), services=("shop",)),
        Agreement(
            terms=Terms(name="acme", holidays=("2020-01-01", "2026-12-25")), clients=("Acme",)
        ),
        Agreement(terms=Terms(name="both"), clients=("acme",), services=("shop",)),
    )
    names = [
        terms_for(agreements, client, service, day).name
        for client, service in (("", ""), ("", "shop"), ("ACME", "mail"), ("acme", "shop"))
    ]
    assert names == ["all", "shop", "acme", "both"]
    assert terms_for(agreements, "acme", "", day).holidays == ("2026-12-25",)
    assert terms_for((), "acme", "", day) is None


def test_terms_survive_the_journal() -> None:
    from warroom.core.events import from_payload, to_payload

    event = e.Declared(title="x", terms=terms("acme", pauses=("hotfix",)))
    assert from_payload("declared", to_payload(event)) == event
    assert from_payload("declared", {"title": "from before there were terms"}).terms is None


@pytest.mark.parametrize(
    "text", ["9-17", "18:00-09:00", "08:00-12:00,11:00-13:00", "25:00-26:00", "00:00-24:01"]
)
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_hours(text)


def test_lengths_of_time() -> None:
    assert parse_span("1h 30m") == timedelta(minutes=90)
    for text in ("", "0m", "4 hours", "-1h", "1.5h"):
        with pytest.raises(ValueError):
            parse_span(text)
