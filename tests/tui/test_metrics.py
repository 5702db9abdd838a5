"""The metrics in the console: a screen by a key, with the figures of the command."""

from dataclasses import replace
from datetime import timedelta

from tests.core.shop import shop
from tests.tui.console import console
from tests.tui.fakes import NOW, FakeRoom

from warroom.core.state import Incident
from warroom.core.trends import sentences, trends
from warroom.core.words import Priority


def moved(incident: Incident, name: str, back: timedelta, slower: float = 1.0) -> Incident:
    """The same incident at another time, contained and resolved later or sooner."""
    start = incident.declared_at - back

    def shifted(at):
        return start + (at - incident.declared_at) * slower if at is not None else None

    return replace(
        incident,
        id=name,
        declared_at=start,
        detected_at=start,
        onset=None,
        acknowledged_at=shifted(incident.acknowledged_at),
        contained_at=shifted(incident.contained_at),
        resolved_at=shifted(incident.resolved_at),
        closed_at=shifted(incident.resolved_at),
        diagnoses=tuple((shifted(at), what) for at, what in incident.diagnoses),
    )


def many(count: int = 24) -> list[Incident]:
    base = shop().incident
    base = replace(base, declared_at=base.declared_at)
    return [
        replace(
            moved(base, f"INC-{n + 1}", timedelta(days=6.9 * n), 2.0 if n < 13 else 1.0),
            priority=Priority.P1 if n % 3 else Priority.P2,
            service="shop" if n % 4 else "search",
        )
        for n in range(count)
    ]


def test_a_span_is_compared_with_the_one_before_it() -> None:
    incidents = many()
    until = incidents[0].declared_at + timedelta(hours=1)
    found = trends(incidents, until, timedelta(days=90))
    assert found.now.incidents + found.before.incidents <= len(incidents)
    assert found.now.incidents == sum(
        until - timedelta(days=90) < one.declared_at <= until for one in incidents
    )
    change = found.change("resolve")
    assert change is not None
    assert abs(change - 1.0) < 1e-6, "twice as long"
    assert sum(value is not None for value in found.steps["resolve"]) == 13
    assert sum(found.hours.values()) == found.now.incidents
    assert any("100 % longer" in words for words in sentences(found))


def test_merged_incidents_do_not_count_twice() -> None:
    incidents = [replace(one, merged_into="INC-99") for one in many(5)]
    found = trends(incidents, NOW + timedelta(days=2), timedelta(days=90))
    assert found.now.incidents == 0
    assert sentences(found) == ("Too few incidents to say more than the figures.",)


def filled() -> FakeRoom:
    room = FakeRoom(now=NOW + timedelta(days=2))
    for one in many():
        room.states[one.id] = one
    return room


async def test_the_metrics_open_by_a_key_and_change_their_span() -> None:
    async with console(filled(), size=(140, 40)) as driver:
        await driver.press("M")
        await driver.until("Median times")
        await driver.until("incidents")
        for words in ("acknowledge", "Clocks kept", "How damage stopped", "Who found it first"):
            assert words in driver.text, words
        before = driver.text.split("incidents")[0]
        await driver.press("right_square_bracket")
        await driver.until("365 days")
        await driver.holds(lambda: driver.text.split("incidents")[0] != before)
        await driver.press("s")
        await driver.until("service search")
        await driver.press("escape")
        await driver.settle()
        assert "Median times" not in driver.text


async def test_without_an_incident_the_metrics_say_so_and_do_not_fail() -> None:
    async with console(FakeRoom(), size=(80, 24)) as driver:
        await driver.press("M")
        await driver.until("0 incidents")
        await driver.until("Median times")
