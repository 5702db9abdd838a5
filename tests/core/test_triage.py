"""Questions, duplicates, merging, the place in the queue and filters."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.story import Story
from tests.core.strategies import NOON, commands, declared

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Answered, EntryAmended
from warroom.core.decide import Refusal
from warroom.core.filters import FilterError, parse
from warroom.core.questions import Group, asked, checklist, still_open
from warroom.core.queue import rank, tally, why_first, why_here, woken
from warroom.core.related import related
from warroom.core.state import Incident
from warroom.core.timeline import as_of, timeline
from warroom.core.words import Category, Criterion, FixLevel, Outcome, Place, Priority


def answer(key: str, text: str, *, known: bool = True) -> c.Answer:
    return c.Answer(facts=Answered(question=key, text=text, known=known))


def named(number: int, story: Story) -> Incident:
    return replace(story.incident, id=f"INC-{number}")


@pytest.mark.parametrize("category", Category)
def test_every_category_opens_its_own_checklist(category: Category) -> None:
    others = {q.key for other in Category if other is not category for q in checklist(other)}
    mine = {q.key for q in checklist(category)}
    assert len(mine) >= 3
    assert not mine & others
    story = Story().declared(category=category)
    assert {a.question.key for a in still_open(story.incident, Group.CHECKLIST)} == mine
    key = min(mine)
    story.do(answer(key, "looked at"), by="leo")
    found = {a.question.key: a for a in asked(story.incident, Group.CHECKLIST)}[key]
    assert (found.open, found.answer, found.by) == (False, "looked at", "leo")


def test_unknown_is_an_answer_that_stays_open() -> None:
    story = Story().declared()
    story.do(answer("trigger", "", known=False))
    trigger = {a.question.key: a for a in still_open(story.incident)}["trigger"]
    assert trigger.unknown
    assert isinstance(story.do(answer("trigger", " ")), Refusal)
    assert isinstance(story.do(answer("colour", "red")), Refusal)
    assert "colour" not in story.incident.answers


def test_what_the_journal_knows_needs_no_answer() -> None:
    bare = {a.question.key for a in still_open(Story().declared().incident)}
    story = Story().declared(
        summary="exports end with 500",
        started_at=NOON,
        boundary="95 % in POST /export",
        criteria=(Criterion.CORE_FUNCTION,),
        factors={"users": 2},
    )
    left = {a.question.key for a in still_open(story.incident)}
    assert bare - left == {
        "intake.description",
        "intake.started",
        "intake.impact",
        "criteria",
        "factor.users",
    }


def test_the_fix_is_asked_about_once_code_changes() -> None:
    story = Story().declared()
    story.do(c.RecordFix(level=FixLevel.WORKAROUND, text="export by hand"))
    assert not asked(story.incident, Group.FIX)
    story.do(c.RecordFix(level=FixLevel.HOTFIX, text="patch"))
    assert len(still_open(story.incident, Group.FIX)) == 6


def test_one_criterion_makes_it_p1_and_the_record_says_who_said_so() -> None:
    story = Story().declared(priority=Priority.P3)
    story.do(c.Qualify(facts=e.Qualified(criteria=(Criterion.REVENUE,))), by="leo")
    assert story.incident.priority is Priority.P1
    assert story.incident.criteria_by == "leo"
    kept = Story().declared(priority=Priority.P3)
    kept.do(c.Qualify(facts=e.Qualified(criteria=(Criterion.REVENUE,), priority=Priority.P2)))
    assert kept.incident.priority is Priority.P2
    assert isinstance(kept.do(c.Qualify(facts=e.Qualified(factors={"luck": 3}))), Refusal)
    assert isinstance(kept.do(c.Qualify(facts=e.Qualified(factors={"users": 4}))), Refusal)


def test_a_duplicate_is_suggested_and_a_stranger_is_not() -> None:
    one = named(1, Story().declared(title="export of reports fails with 500", service="shop"))
    same = named(
        2,
        Story(NOON + timedelta(minutes=4)).declared(title="reports export broken", service="shop"),
    )
    old = named(
        3,
        Story(NOON - timedelta(days=90)).declared(title="export of reports fails", service="shop"),
    )
    far = named(4, Story(NOON + timedelta(hours=5)).declared(title="mail is slow", service="mail"))
    found = related(one, [one, same, old, far])
    assert [(s.incident.id, s.duplicate) for s in found] == [("INC-2", True), ("INC-3", False)]
    assert "began within ten minutes" in found[0].reasons


def test_merging_ends_one_and_splitting_brings_it_back() -> None:
    story = Story().declared()
    story.do(c.MergeInto(into="INC-9", reason="same stack trace"))
    assert rank([story.incident], NOON) == ()
    assert isinstance(story.do(c.Acknowledge()), Refusal)
    assert "INC-9" in story.refusals[-1].reason
    assert isinstance(story.do(c.Reopen(reason="x")), Refusal)
    story.do(c.SplitOff(reason="another cause"))
    assert story.incident.merged_into == ""
    story.do(c.Acknowledge())
    assert story.incident.commander == "ana"


def test_nothing_in_force_disappears_by_merging() -> None:
    story = Story().declared()
    story.do(c.Acknowledge())
    story.run("r1", Outcome.SUCCEEDED)
    assert isinstance(story.do(c.MergeInto(into="INC-9")), Refusal)
    assert story.incident.merged_into == ""


def test_a_person_may_order_the_queue_with_a_reason() -> None:
    first = Story().declared(priority=Priority.P1)
    last = Story().declared(priority=Priority.P3)
    assert isinstance(last.do(c.Reorder(place=Place.TOP, reason=" ")), Refusal)
    last.do(c.Reorder(place=Place.TOP, reason="the client is on the phone"), by="leo")
    rows = rank([named(1, first), named(2, last)], NOON)
    assert [row.incident.id for row in rows] == ["INC-2", "INC-1"]
    assert why_here(rows, 0) == "above INC-1: put first by leo: the client is on the phone"
    assert "on the phone" in why_first(rows)
    last.do(c.Reorder(place=Place.COMPUTED, reason="done"))
    assert rank([named(1, first), named(2, last)], NOON)[0].incident.id == "INC-1"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(declared, st.lists(commands, max_size=6)), min_size=1, max_size=6))
def test_every_row_can_say_why_it_stands_there(stories) -> None:
    incidents = []
    for number, (facts, script) in enumerate(stories):
        story = Story()
        story.do(c.Declare(facts=facts))
        for command in script:
            story.do(command)
        incidents.append(named(number, story))
    rows = rank(incidents, NOON)
    for place in range(len(rows)):
        assert why_here(rows, place)
    counts = tally(incidents, NOON)
    assert counts.open == len(rows)
    assert counts.late + counts.due_soon <= len(rows)


def test_a_snooze_ends_by_itself_or_by_hand() -> None:
    story = Story().declared()
    story.do(c.Snooze(until=NOON + timedelta(hours=1)))
    assert woken([story.incident], NOON, NOON + timedelta(minutes=59)) == ()
    assert woken([story.incident], NOON, NOON + timedelta(hours=1)) == (story.incident,)
    assert tally([story.incident], NOON).snoozed == 1
    story.do(c.Wake())
    assert tally([story.incident], NOON).snoozed == 0


def test_filters_find_what_they_say() -> None:
    story = Story().declared(
        title="export broken", service="shop", client="Acme", priority=Priority.P1
    )
    story.do(c.Acknowledge())
    incident = story.incident
    late = NOON + timedelta(hours=3)
    for text in (
        "P1",
        "-P2",
        "",
        "export",
        "EXPORT broken",
        "priority:p1,p2 client:acme",
        "-service:mail",
        "is:mine",
        "commander:me",
        "is:late,closed",
        "-is:closed 'export'",
    ):
        assert parse(text).matches(incident, late, "ana"), text
    for text in (
        "import",
        "priority:P2",
        "p2",
        "-P1",
        "-client:acme",
        "is:snoozed",
        "commander:leo",
        "is:waiting",
    ):
        assert not parse(text).matches(incident, late, "ana"), text
    assert not parse("is:late").matches(incident, NOON, "ana")
    for text in ("colour:red", "is:pretty", "'open", "service:"):
        with pytest.raises(FilterError):
            parse(text)


def test_an_amended_entry_keeps_its_original() -> None:
    story = Story().declared().later(minutes=5)
    story.do(c.AddNote(text="rolled back at noon"))
    number = story.incident.version
    story.later(minutes=5).do(
        c.Amend(facts=EntryAmended(entry=number, text="rolled back", at=NOON, reason="typo"))
    )
    entry = next(x for x in timeline(story.records) if x.number == number)
    assert (entry.text, entry.at) == ("rolled back", NOON)
    assert (entry.original, entry.original_at) == (
        "rolled back at noon",
        NOON + timedelta(minutes=5),
    )
    assert story.records[number - 1].event == e.NoteAdded(text="rolled back at noon")
    assert [x.kind for x in timeline(story.records, ["note"])] == ["note_added"]
    for wrong in (
        EntryAmended(entry=99, text="x"),
        EntryAmended(entry=1),
        EntryAmended(entry=1, text=" "),
        EntryAmended(entry=1, at=NOON + timedelta(days=1)),
    ):
        assert isinstance(story.do(c.Amend(facts=wrong)), Refusal)


@settings(max_examples=60, deadline=None)
@given(
    declared, st.lists(st.tuples(commands, st.integers(0, 600)), max_size=12), st.integers(0, 12)
)
def test_the_state_of_any_past_moment_is_what_it_was_then(facts, script, look) -> None:
    story = Story()
    story.do(c.Declare(facts=facts))
    seen = [(story.now, story.incident)]
    for command, seconds in script:
        story.later(seconds=seconds + 1).do(command)
        seen.append((story.now, story.incident))
    at, then = seen[min(look, len(seen) - 1)]
    assert as_of(story.records, at) == then
    assert as_of(story.records, NOON - timedelta(seconds=1)) is None
