"""Who is on call, and whose times were kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.core.story import Story

from warroom.core import commands as c
from warroom.core.attainment import attainment
from warroom.core.conduct import Called
from warroom.core.oncall import Rota, rota_for, to_call
from warroom.core.terms import Terms
from warroom.core.words import Priority

BERLIN = ZoneInfo("Europe/Berlin")
ROTA = Rota(
    name="main",
    people=("ana", "leo", "mia"),
    start=datetime(2026, 10, 5, 9, 0),
    zone=BERLIN,
    phones={"ana": "+49 30 1"},
)


def test_a_turn_ends_at_nine_on_the_wall_in_summer_and_in_winter() -> None:
    before = datetime(
        2026, 10, 26, 7, 59, tzinfo=UTC
    )  # 08:59 in Berlin, winter since the day before
    assert ROTA.on_call(before)[0] == "mia"
    assert ROTA.on_call(before + timedelta(minutes=1)) == ("ana", "leo", "mia")
    assert ROTA.on_call(datetime(2026, 10, 19, 6, 59, tzinfo=UTC))[0] == "leo"
    assert ROTA.on_call(datetime(2026, 10, 19, 7, 0, tzinfo=UTC))[0] == "mia"


@settings(max_examples=200, deadline=None)
@given(
    st.integers(-10_000_000, 40_000_000),
    st.integers(1, 200),
    st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
)
@example(
    13_309_800, 24, "Europe/Berlin"
)  # 03:10 in spring: the turn begins at 02:30, which is none
@example(4200, 24, "Europe/Berlin")  # 02:10 for the second time: the turn began at the first 02:30
def test_every_instant_lies_in_exactly_one_turn(second: int, hours: int, zone: str) -> None:
    rota = Rota(
        name="x",
        people=("a", "b"),
        start=datetime(2026, 10, 25, 2, 30),
        turn=timedelta(hours=hours),
        zone=ZoneInfo(zone),
    )
    at = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(seconds=second)
    number = rota.turn_at(at)
    assert rota.begins(number).timestamp() <= at.timestamp() < rota.begins(number + 1).timestamp()


def test_the_next_one_is_called_until_somebody_takes_charge() -> None:
    story = Story(datetime(2026, 10, 6, 12, 0, tzinfo=UTC)).declared(priority=Priority.P1)
    assert [x.person for x in to_call(story.incident, ROTA, story.now)] == ["ana"]
    story.do(c.Call(facts=Called(person="ana", reason="no answer")))
    story.later(minutes=31)
    calls = to_call(story.incident, ROTA, story.now)
    assert [(x.person, x.called) for x in calls] == [("ana", True), ("leo", False), ("mia", False)]
    assert calls[1].why == "nobody has taken charge for 15 min"
    story.do(c.Acknowledge(), by="leo")
    assert to_call(story.incident, ROTA, story.now) == ()


def test_the_closest_rota_is_asked() -> None:
    from dataclasses import replace

    own = replace(ROTA, name="acme", clients=("acme",))
    incident = Story().declared(client="acme").incident
    assert rota_for((ROTA, own), incident).name == "acme"
    assert rota_for((own,), Story().declared().incident) is None


def test_attainment_counts_each_clock_of_each_client_in_its_own_month() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # already January in Berlin
    kept = Story(new_year).declared(
        client="acme", priority=Priority.P1, terms=Terms(name="acme", zone="Europe/Berlin")
    )
    kept.later(minutes=10).do(c.Acknowledge())
    late = Story(new_year - timedelta(days=2)).declared(client="acme", priority=Priority.P1)
    late.later(hours=3).do(c.Acknowledge())
    late.do(c.Diagnose(text="pool exhausted"))
    merged = Story(new_year).declared(client="acme")
    merged.do(c.MergeInto(into="INC-9"))
    rows = attainment(
        [kept.incident, late.incident, merged.incident], new_year + timedelta(minutes=20)
    )
    found = {(row.month, row.clock): row for row in rows}
    assert {row.month for row in rows} == {"2026-12", "2027-01"}
    assert found["2027-01", "respond"].kept == 1
    assert found["2026-12", "respond"].missed == ("INC-1",)
    assert found["2026-12", "diagnose"].missed == ("INC-1",)
    assert found["2027-01", "report"].running == 1
    assert sum(row.decided + row.running for row in rows) == 8  # of two incidents, not of three
    assert found["2027-01", "respond"].decided == 1
