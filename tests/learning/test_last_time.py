"""The next incident with the same symptoms is offered what helped, with the last time beside it."""

from dataclasses import replace
from datetime import timedelta

from tests.core.shop import shop
from tests.learning.test_next_time import BOOK
from tests.tui.console import console
from tests.tui.fakes import FakeRoom, services

from warroom.core.state import Incident
from warroom.room.lasttime import last_time, like_before
from warroom.room.measure import Evidence
from warroom.room.options import options
from warroom.runbooks.harvest import runbook_from
from warroom.runbooks.parse import parse

EFFECT = "5xx 15.5 % → 0 % in 10 s"


def again(incident: Incident) -> Incident:
    """The same failure a week later, nothing done yet."""
    later = incident.declared_at + timedelta(days=7)
    return replace(
        incident, id="INC-9", declared_at=later, onset=None, runs=(), contained_at=None,
        resolved_at=None, evidence=incident.evidence,
    )  # fmt: skip


def test_the_runbook_that_was_used_says_what_it_did() -> None:
    incident = shop().incident
    book = parse(BOOK)
    said = last_time(book, "rollback-shop", again(incident), [incident])
    assert said == f"last time (INC-1, like this one): {EFFECT}"
    assert last_time(book, "rollback-shop", incident, [again(incident)]) == "", "not the future"
    assert like_before(again(incident), [incident]).startswith("Like INC-1 (same route")
    assert like_before(again(incident), [incident]).endswith(f"; then rollback-shop: {EFFECT}")
    assert like_before(again(incident), []) == ""


def test_an_incident_like_this_one_counts_before_a_later_one_of_another_kind() -> None:
    incident = shop().incident
    other = replace(
        incident, id="INC-5", declared_at=incident.declared_at + timedelta(days=3),
        service="mail", title="queue full", boundary="", evidence=(),
        runs=tuple(
            replace(run, effect=replace(run.effect, sentence="no effect seen"))
            for run in incident.runs if run.effect is not None
        ),
    )  # fmt: skip
    said = last_time(parse(BOOK), "rollback-shop", again(incident), [incident, other])
    assert "INC-1, like this one" in said


def test_the_harvested_runbook_is_offered_with_what_helped_where_it_comes_from() -> None:
    incident = shop().incident
    made = parse(runbook_from(incident, {}))
    made = replace(made, path="runbooks/checkout-5xx.md")
    line = incident.evidence[0][1].excerpt.text
    (offered,) = options(again(incident), [made], Evidence(lines=(line,)), [incident])
    assert offered.runbook == "checkout-5xx"
    assert offered.last == f"last time (INC-1, where it comes from): {EFFECT}"


async def test_declaring_the_same_again_says_what_helped_then() -> None:
    room = FakeRoom()
    before = replace(shop().incident, declared_at=room.now() - timedelta(days=7))
    room.states["INC-9"] = before = replace(before, id="INC-9")
    async with console(room, given=replace(services(room), service="shop")) as driver:
        await driver.press("d")
        await driver.until("Declare an incident")
        await driver.press(*"checkout answers 5xx", "ctrl+s")
        kept = driver.main.notices.kept
        await driver.holds(lambda: any(f"then rollback-shop: {EFFECT}" in one.text for one in kept))
