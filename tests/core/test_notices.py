"""Notices to authorities and contacts outside: what is owed, until when, and what ends it."""

from datetime import timedelta

import pytest
from tests.core.story import Story
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.clocks import Pace, next_clock, outside_clocks
from warroom.core.closing import missing
from warroom.core.conduct import Contacted, NoticeOwed
from warroom.core.decide import Refusal
from warroom.core.notices import NOTICES, owed
from warroom.core.timeline import timeline
from warroom.core.words import Criterion

HOUR = timedelta(hours=1)


def owe(key: str, **facts: object) -> c.OweNotice:
    return c.OweNotice(facts=NoticeOwed(notice=key, **facts))


def spoke(party: str, **facts: object) -> c.RecordContact:
    return c.RecordContact(facts=Contacted(**{"party": party, "text": "told", **facts}))


def exposed() -> Story:
    return Story().declared(criteria=(Criterion.DATA_EXPOSURE,))


def test_exposed_data_owes_the_notice_within_72_hours_of_the_declaration() -> None:
    (clock,) = outside_clocks(exposed().incident)
    assert (clock.name, clock.said, clock.due) == ("gdpr", "GDPR notice", NOON + 72 * HOUR)
    assert clock.pace(NOON + 71 * HOUR) is Pace.WARN
    assert clock.pace(NOON + 72 * HOUR) is Pace.LATE
    assert outside_clocks(Story().declared().incident) == ()


def test_the_time_runs_from_when_it_was_known() -> None:
    story = exposed()
    story.do(owe("gdpr", aware_at=NOON - 30 * HOUR))
    assert owed(story.incident)[0].due == NOON + 42 * HOUR
    assert isinstance(story.do(owe("gdpr", aware_at=NOON + HOUR)), Refusal)


def test_a_notice_that_was_sent_is_met_and_one_that_is_not_owed_is_gone() -> None:
    story = exposed()
    assert any("GDPR" in one for one in missing(story.incident))
    story.later(hours=5).do(spoke("CNIL", notice="gdpr"))
    (clock,) = outside_clocks(story.incident)
    assert (clock.met_at, clock.pace(NOON + 99 * HOUR)) == (NOON + 5 * HOUR, Pace.MET)
    assert not any("GDPR" in one for one in missing(story.incident))
    other = exposed()
    assert isinstance(other.do(owe("gdpr", owed=False)), Refusal), "without a reason"
    other.do(owe("gdpr", owed=False, reason="encrypted, the key was not touched"))
    assert outside_clocks(other.incident) == ()
    assert "the key was not touched" in timeline(other.records)[-1].text


def test_the_final_report_runs_from_the_notification() -> None:
    story = Story().declared()
    story.do(owe("nis2"))
    story.do(owe("nis2-final"))
    assert [one.notice.key for one in owed(story.incident)] == ["nis2"]
    story.later(hours=10).do(spoke("BSI", notice="nis2"))
    due = {one.notice.key: one.due for one in owed(story.incident)}
    assert due["nis2-final"] == NOON + 10 * HOUR + timedelta(days=28)


def test_a_contract_may_ask_for_a_notice_of_its_own() -> None:
    story = Story().declared()
    refused = story.do(owe("acme"))
    assert isinstance(refused, Refusal)
    assert all(key in refused.hint for key in NOTICES)
    story.do(owe("acme", party="ACME", hours=4))
    (one,) = owed(story.incident)
    assert (one.notice.party, one.due) == ("ACME", NOON + 4 * HOUR)
    assert isinstance(story.do(spoke("ACME", notice="other")), Refusal)


def test_somebody_is_asked_again_until_they_are_spoken_to() -> None:
    story = Story().declared()
    story.do(spoke("Gateway Ltd", again_at=NOON + HOUR / 2))
    (clock,) = outside_clocks(story.incident)
    assert (clock.name, clock.due) == ("ask again", NOON + HOUR / 2)
    first = next_clock(story.incident)
    assert first is not None
    assert first.name == "ask again"
    story.later(minutes=20).do(spoke("gateway ltd", text="fixed at 13:00"))
    assert outside_clocks(story.incident) == ()
    story.do(spoke("Gateway Ltd", again_at=NOON + HOUR))
    story.do(c.Acknowledge())
    story.do(c.Resolve(text="they repaired it"))
    assert outside_clocks(story.incident) == ()


@pytest.mark.parametrize(
    "facts", [{"party": " "}, {"text": " "}, {"again_at": NOON}], ids=["nobody", "nothing", "past"]
)
def test_a_contact_says_who_and_what_and_asks_again_later(facts: dict[str, object]) -> None:
    story = Story().declared()
    command = c.RecordContact(facts=Contacted(**{"party": "P", "text": "t", **facts}))
    assert isinstance(story.do(command), Refusal)


def test_both_may_be_completed_after_closing() -> None:
    story = exposed()
    story.do(c.Close(override="by hand"))
    story.later(hours=1).do(spoke("CNIL", notice="gdpr"))
    assert owed(story.incident)[0].sent_at == NOON + HOUR
    assert isinstance(story.records[-1].event, Contacted)
    assert e.kind_of(story.records[-1].event) == "contacted"
