"""What people read: the report, the updates, the briefing, and what is said of an update."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.core.payments import IMPACT, ONSET, SERIES, answered, payments
from tests.core.story import Story, effect
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core import postmortem
from warroom.core.chart import Chart, chart, chart_text, read_chart
from warroom.core.closing import measurable, missing, settled_since, unverified
from warroom.core.closing_report import closing_section
from warroom.core.draft_times import began, ended
from warroom.core.drafting import (
    briefing,
    draft_update,
    look_over,
    next_update,
    promised,
    proposed_diagnosis,
    proposed_kind,
)
from warroom.core.finishing import unfinished
from warroom.core.fixing import fix_gaps, fix_level
from warroom.core.impact import Impact, Series, impact_lines, nice_width, series_window
from warroom.core.nameless import cast
from warroom.core.nextstep import next_step
from warroom.core.postmortem import draft, open_questions, sections
from warroom.core.references import (
    by_number,
    escape,
    outside_code,
    own_line,
    references,
    resolve,
    unresolved,
)
from warroom.core.timeline import TimelineEntry, timeline
from warroom.core.words import (
    Audience,
    ChangeKind,
    Check,
    Criterion,
    Factor,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Priority,
    Role,
    UpdateKind,
    Verdict,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DOCUMENTS = Path(__file__).parent / "documents"
INSIDE, CLIENT = Audience.INTERNAL, Audience.CLIENT


def draft_of(story: Story, impact: Impact | None = None) -> list[str]:
    return draft(story.incident, story.records, impact).splitlines()


def taken(**facts: object) -> Story:
    story = Story().declared(**facts)
    story.do(c.Acknowledge())
    return story


# The report


def test_the_whole_report_of_an_incident_in_which_everything_happened() -> None:
    story = payments()
    assert draft(story.incident, story.records, IMPACT) == (DOCUMENTS / "payments.md").read_text()


def test_the_whole_report_of_an_incident_of_which_nothing_is_known() -> None:
    story = Story().declared()
    assert draft(story.incident, story.records) == (DOCUMENTS / "bare.md").read_text()


def test_without_a_log_the_report_tells_what_the_first_action_measured() -> None:
    lines = draft_of(payments())
    measured = "50 of 100 requests failed (50.0 %) between the onset and the first action."
    assert f"- {measured}" in lines
    assert not [line for line in lines if "5xx per" in line]


def test_of_a_log_without_failures_no_failures_are_told() -> None:
    calm = replace(IMPACT, failures=0, first_failure=None, last_failure=None, series=None)
    text = "\n".join(draft_of(payments(), calm))
    assert "requests failed, " not in text
    assert "Weighted by" not in text
    assert "```5xx" not in text
    assert "- 0 of 5 000 requests failed (0 %)" in text


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"clients": None}, None),
        ({"clients": 0}, "- 0 client addresses saw a failure."),
        ({"clients": 1}, "- 1 client address saw a failure."),
        ({"clients": 1200}, "- 1 200 client addresses saw a failure."),
    ],
)
def test_who_was_hit_is_told_where_the_log_names_clients(
    changed: dict[str, object], line: str | None
) -> None:
    told = [x for x in impact_lines(replace(IMPACT, **changed)) if "client" in x]  # type: ignore[arg-type]
    assert told == ([] if line is None else [line])


def test_the_lost_time_is_the_window_by_its_share_of_failures() -> None:
    assert IMPACT.lost == timedelta(minutes=2, seconds=30)
    assert replace(IMPACT, requests=0).lost == timedelta()
    assert (
        "; 2 minutes of the clock had failures."
        in impact_lines(replace(IMPACT, failing_minutes=2))[2]
    )
    assert len(impact_lines(replace(IMPACT, last_failure=None))) == 2


def test_since_when_and_until_when_are_measured_or_told() -> None:
    told = taken(started_at=NOON - HOUR)
    assert "Since 2026-11-20 11:00:00 UTC: checkout fails." in draft_of(told)
    told.later(minutes=1).do(c.Contain(how="flag off"))
    told.later(minutes=1).do(c.Resolve())
    assert (began(told.incident), ended(told.incident)) == (NOON - HOUR, NOON + MINUTE)
    assert "The damage was stopped by: flag off." in draft_of(told)
    assert "- flag off" in draft_of(told)
    assert ended(replace(told.incident, contained_at=None)) == NOON + 2 * MINUTE
    measured = payments().incident
    assert (began(measured), ended(measured)) == (NOON, NOON + 10 * MINUTE)
    assert ended(replace(measured, onset=replace(ONSET, end=None))) == measured.contained_at
    assert "resolved" not in "\n".join(draft_of(taken())).casefold()


def test_who_noticed_and_how_long_it_took() -> None:
    def row(name: str, **facts: object) -> str:
        story = taken(**facts)
        story.later(hours=5).do(c.Resolve())
        return next((x for x in draft_of(story) if x.startswith(f"| {name} |")), "")

    assert row("detect") == ""
    began_at = {"started_at": NOON - HOUR}
    assert row("detect", **began_at) == "| detect | 1 h 00 min | | the console |"
    assert row("detect", **began_at, reporter="x").endswith("| the reporter |")
    assert row("detect", **began_at, detected_at=NOON - HOUR / 2).startswith("| detect | 30 min |")
    assert row("detect", started_at=NOON + HOUR).startswith("| detect | 0 s |")
    assert row("resolve", priority=Priority.P1).endswith("| 4 h 00 min, missed |  |")
    assert row("resolve").endswith("| 1 day 0 h, kept |  |")
    assert row("acknowledge").endswith("| 4 h 00 min, kept | commander |")


def test_a_change_at_the_onset_stands_before_it() -> None:
    story = taken(started_at=NOON)
    for text, at in (("at", NOON), ("later", NOON + SECOND)):
        change = e.ChangeRecorded(kind=ChangeKind.DEPLOY, text=text, happened_at=at)
        story.do(c.RecordChange(facts=change))
    lines = draft_of(story)
    assert "- Changed: at at 2026-11-20 12:00:00 UTC, 0 s before the onset" in lines
    assert "- Changed: later at 2026-11-20 12:00:01 UTC, 1 s after the onset" in lines
    story = taken()
    change = e.ChangeRecorded(kind=ChangeKind.DEPLOY, text="x", happened_at=NOON)
    story.do(c.RecordChange(facts=change))
    assert "- Changed: x at 2026-11-20 12:00:00 UTC" in draft_of(story)


def test_steps_are_told_by_how_they_stand() -> None:
    story = taken().run("r1", Outcome.SUCCEEDED)
    story.run("u1", Outcome.SUCCEEDED, action="undo", undoes="r1", undo="")
    story.run("r2", Outcome.TIMED_OUT, step=2)
    story.run("s1", Outcome.SUCCEEDED, kind="silence", step=3)
    story.run("p1", Outcome.SUCCEEDED, action="precheck", step=5)
    facts = story.incident.runs[0].intent
    story.do(c.IntendStep(facts=replace(facts, run="r3", step=4)))
    part = "\n".join(draft_of(story)).split("## Containment and its effect\n\n")[1]
    assert part.split("\n\n")[0].splitlines() == [
        "- 12:00:00 Roll back, step 1 switch",
        "- 12:00:00 taken back: Roll back, step 1 switch",
        "- 12:00:00 Roll back, step 2 switch: timed out",
        "- 12:00:00 Roll back, step 4 switch: still running",
    ]


def test_what_helped_is_told_as_what_to_do_next_time() -> None:
    story = taken()
    for number, (run, verdict) in enumerate(
        (("r1", Verdict.WORSE), ("r2", Verdict.HELPED), ("r3", Verdict.SOLVED)), start=1
    ):
        story.run(run, Outcome.SUCCEEDED, step=number, title=f"Book {number}", runbook=run)
        story.do(effect(run, verdict, number))
    lines = draft_of(story)
    again = [line for line in lines if line.startswith("- If it returns")]
    assert again == [
        "- If it returns before the cause is gone: Book 2 (runbook `r2`); last time 5xx 50 % → 2 %"
    ]
    assert [line for line in lines if "took effect" in line] == [
        "- Book 2 took effect: 5xx 50 % → 2 %",
        "- Book 3 took effect: 5xx 50 % → 3 %",
    ]
    for _ in range(2):
        story.do(c.SendUpdate(kind=UpdateKind.INITIAL, audience=CLIENT, text="x"))
    assert "- 2 updates went out while it lasted." in draft_of(story)
    assert not [line for line in lines if line.startswith("- Stays in force")]


def test_actions_are_asked_for_until_there_are_two() -> None:
    asked = "> ? Which two to four actions make the next one rarer or smaller?"
    story = taken()
    for number in range(3):
        assert (asked in draft_of(story)) is (number < 2)
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text=f"test {number}", owner="ana"))
    lines = draft_of(story)
    assert "- [ ] test 0, owner ana" in lines
    assert "> ? Until when: test 0" in lines
    assert "> ? Who owns: test 0" not in lines


def test_questions_and_sections_are_found_by_their_marks() -> None:
    text = "# T\nhead\n## A\n\n> ? one?\n\n```\n## no\n> ? code\n```\n## B\n > ? no\n## A\nmore\n"
    assert open_questions("> ? a\nx\n> ? b") == ((1, "a"), (3, "b"))
    assert sections(text) == {
        "A": "\n> ? one?\n\n```\n## no\n> ? code\n```\nmore".strip("\n"),
        "B": " > ? no",
    }


def test_an_unfinished_text_names_each_gap() -> None:
    story = taken()
    text = "# T\n> ? why?\n> ! two versions, the first:\n"
    story.do(c.EditPostmortem(text=text, base=0))
    assert unfinished(story.incident) == (
        "line 2: why?",
        "line 3: two versions stand side by side",
        "0 follow-ups: two to four get done",
    )
    story.do(c.EditPostmortem(text="# T\n", base=1))
    for number in range(1, 7):
        story.do(
            c.FollowUp(kind=FollowUpKind.TEST, text=f"t{number}", owner="ana", due=NOON + HOUR)
        )
        counted = [gap for gap in unfinished(story.incident) if "follow-ups" in gap]
        assert bool(counted) is (number not in (2, 3, 4))
    for number, state in ((6, FollowUpState.DROPPED), (5, FollowUpState.DROPPED)):
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text="x", number=number, state=state))
    assert unfinished(story.incident) == ()
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="t1", number=1, owner="ana"))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="t2", number=2, due=NOON))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="t3", number=3, state=FollowUpState.DONE))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="t4", number=4))
    assert unfinished(story.incident) == (
        "follow-up 1 has no date: t1",
        "follow-up 2 has no owner: t2",
        "follow-up 4 has no owner and no date: t4",
    )


# Closing


def test_each_gap_of_a_clean_end_is_named_until_it_is_closed() -> None:
    story = taken(onset=ONSET, criteria=(Criterion.DATA_EXPOSURE,)).run("r1", Outcome.SUCCEEDED)
    story.run("r2", Outcome.UNKNOWN, step=2)
    story.run("s1", Outcome.SUCCEEDED, kind="silence", step=3, title="Silence")
    assert missing(story.incident) == (
        "not resolved: the failure has not been declared gone",
        "Silence is still in force since 12:00: undo it",
        "Roll back is still in force since 12:00: undo it, or keep it with a date",
        "step 2 of Roll back is unknown: verify and settle it",
        "data protection authority was not told (GDPR notice): record it, or why it is not owed",
        "no diagnosis has been shared",
        "nobody has looked at the postmortem draft",
    )
    for command in (
        c.SettleStep(run="r2", done=False),
        c.KeepContainment(run="r1", until=NOON + HOUR),
        c.RecordContact(facts=k.Contacted(party="CNIL", text="told", notice="gdpr")),
        c.Diagnose(text="pool"),
        c.EditPostmortem(text="x", base=0),
        c.Resolve(),
    ):
        story.do(command)
    story.run("u1", Outcome.SUCCEEDED, action="undo", undoes="s1", undo="", step=3)
    assert missing(story.incident) == (
        "nobody has measured that the failure is gone: verify it in the log",
        "nobody has looked at the routes beside it: verify them in the log",
    )


def checked(story: Story, check: Check, *, passed: bool = True) -> None:
    facts = k.Measured(check=check, passed=passed, sentence=f"{check.value} measured")
    story.do(c.RecordCheck(facts=facts))


def test_a_check_counts_until_production_is_changed_again() -> None:
    story = taken()
    assert not measurable(story.incident)
    assert unverified(story.incident) == ()
    story.run("r1", Outcome.SUCCEEDED)
    story.do(effect("r1", Verdict.SOLVED, 0))
    assert measurable(story.incident)
    assert settled_since(story.incident) == NOON
    for check in (Check.GONE, Check.ADJACENT):
        checked(story, check)
    assert unverified(story.incident) == ()  # measured at the instant of the change
    checked(story, Check.GONE, passed=False)
    assert unverified(story.incident) == ("gone measured",)
    checked(story, Check.GONE)
    for run, outcome, action, counts in (
        ("v1", Outcome.SUCCEEDED, "verify", False),
        ("p1", Outcome.SUCCEEDED, "precheck", False),
        ("r2", Outcome.FAILED, "run", False),
        ("u1", Outcome.SUCCEEDED, "undo", True),
    ):
        story.later(minutes=1).run(run, outcome, action=action, undoes="r1", undo="", step=7)
        assert (settled_since(story.incident) == story.now) is counts
        assert bool(unverified(story.incident)) is counts
    assert unverified(story.incident)[0] == (
        "gone measured, measured before the last change: verify it again"
    )
    assert settled_since(taken().incident) is None


@pytest.mark.parametrize("section", [closing_section, postmortem.closing_section])
def test_how_it_was_closed_is_printed_under_a_report(section) -> None:
    story = taken()
    assert section(story.incident) == ""
    story.do(c.Resolve())
    checked(story, Check.GONE)
    checked(story, Check.ADJACENT, passed=False)
    story.do(c.Close(override="the window ends"))
    assert section(story.incident) == (
        "\n## Closing\n\n- Closed 2026-11-20 12:00:00 UTC\n- Verified: gone measured\n"
        "- Not passed: adjacent measured\n"
        "- **Closed against the checks**, because: the window ends\n"
        + "".join(f"  - missing: {gap}\n" for gap in story.incident.close_missing)
    )
    assert len(story.incident.close_missing) == 3
    merged = Story().declared()
    merged.do(c.MergeInto(into="INC-9"))
    assert section(merged.incident) == ""


def test_the_level_of_a_fix_is_the_deepest_one() -> None:
    story = taken()
    assert fix_level(story.incident) is None
    for level, deepest in (
        (FixLevel.HOTFIX, FixLevel.HOTFIX),
        (FixLevel.WORKAROUND, FixLevel.HOTFIX),
        (FixLevel.ROOT_CAUSE, FixLevel.ROOT_CAUSE),
    ):
        story.do(c.RecordFix(level=level, text="x"))
        assert fix_level(story.incident) is deepest
    gaps = fix_gaps(story.incident)
    assert gaps[0] == "Is the fix on a branch of its own, with nothing else in it?"
    assert len(gaps) == 6


# The next step


def test_each_next_step_says_why_and_with_what() -> None:
    def step(story: Story, me: str = "") -> tuple[str, str, str]:
        found = next_step(story.incident, story.now, me)
        assert found is not None
        return found.action, found.why, found.argument

    nothing = next_step(None, NOON)
    assert nothing is not None
    assert (nothing.action, nothing.why) == ("declare", "When something fails, declare it.")
    story = Story().declared(priority=Priority.P1)
    assert step(story)[0] == "acknowledge"
    facts = k.HandoverOffered(role=Role.SCRIBE, to="leo", briefing="b")
    story.do(c.OfferHandover(facts=facts))
    assert step(story, "leo")[0::2] == ("accept", "scribe")
    assert step(story, "mia")[0] == step(story)[0] == "acknowledge"
    story.do(c.Acknowledge())
    story.do(c.TakeRole(role=Role.COMMANDER, person=""))
    assert step(story)[0] == "acknowledge"
    story.do(c.TakeRole(role=Role.COMMANDER, person="ana"))
    story.run("r9", Outcome.UNKNOWN, step=9)
    assert step(story)[0] == "settle"
    story.do(c.SettleStep(run="r9", done=False))
    assert step(story)[0] == "contain"
    story.now = NOON + 23 * MINUTE  # updates are due every half hour
    assert step(story)[0] == "update"
    story.now = NOON + 31 * MINUTE
    assert step(story)[0] == "update"
    story.do(c.SendUpdate(kind=UpdateKind.INITIAL, audience=CLIENT, text="x"))
    assert step(story)[0] == "contain"
    story.run("r1", Outcome.SUCCEEDED)
    story.do(effect("r1", Verdict.SOLVED, 0))
    assert step(story)[0] == "qualify"
    story.do(c.Qualify(facts=e.Qualified(criteria=(Criterion.REVENUE,))))
    assert step(story)[0] == "qualify"
    story.do(c.Qualify(facts=e.Qualified(factors={factor.value: 1 for factor in Factor})))
    assert step(story)[0] == "diagnose"
    story.do(c.Diagnose(text="pool"))
    assert step(story)[0] == "fix"
    story.do(c.RecordFix(level=FixLevel.WORKAROUND, text="restart"))
    assert step(story) == ("answer", "What triggers it?", "trigger")
    for key in ("trigger", "reproduce", "staging"):
        assert step(story)[2] == key
        story.do(c.Answer(facts=k.Answered(question=key, text="", known=False)))
    assert step(story)[0] == "resolve"
    story.do(c.Resolve())
    assert step(story) == ("undo", "Roll back is still in force.", "r1")
    story.do(c.KeepContainment(run="r1", until=NOON + 9 * HOUR))
    assert step(story)[0] == "postmortem"
    story.do(c.EditPostmortem(text="x", base=0))
    assert step(story)[0] == "verify"
    for check in Check:
        checked(story, check)
    assert step(story)[:2] == ("close", "Everything that closing asks for is there.")
    exposed = c.OweNotice(facts=k.NoticeOwed(notice="gdpr"))
    story.do(exposed)
    assert step(story)[1].startswith("Missing: data protection authority was not told")
    story.do(c.Close(override="x"))
    assert next_step(story.incident, story.now) is None


# Updates


def test_the_kind_of_update_follows_the_course() -> None:
    story = taken()

    def tell(kind: UpdateKind) -> None:
        story.do(c.SendUpdate(kind=kind, audience=CLIENT, text="x"))

    assert proposed_kind(story.incident) is UpdateKind.INITIAL
    tell(UpdateKind.INITIAL)
    assert proposed_kind(story.incident) is UpdateKind.PROGRESS
    tell(UpdateKind.RESOLUTION)  # too early: it is not resolved
    assert proposed_kind(story.incident) is UpdateKind.PROGRESS
    story.do(c.Resolve())
    assert proposed_kind(story.incident) is UpdateKind.DOCUMENTATION
    untold = taken()
    untold.do(c.Resolve())
    assert proposed_kind(untold.incident) is UpdateKind.RESOLUTION
    untold.do(c.Close(override="x"))
    assert proposed_kind(untold.incident) is UpdateKind.DOCUMENTATION


UPDATES = {
    (UpdateKind.INITIAL, INSIDE): (
        "Shop works again; we are confirming the cause\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. POST /pay. "
        "Contained 12:04 UTC: Roll back: 5xx 50 % → 0 %.\n\n"
        "the pool. Revised: measured.\n\nNext update at 12:49 UTC."
    ),
    (UpdateKind.INITIAL, CLIENT): (
        "Our service works again; we are confirming the cause\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. "
        "Requests go through normally again since 12:04 UTC.\n\n"
        "We have found the cause.\n\nNext update at 12:49 UTC."
    ),
    (UpdateKind.ETA, CLIENT): (
        "New estimate: problems with our service\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. "
        "Requests go through normally again since 12:04 UTC.\n\n"
        "We have found the cause.\n\nNext update at 12:49 UTC."
    ),
    (UpdateKind.RESOLUTION, INSIDE): (
        "Resolved: pay fails\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. POST /pay. "
        "Contained 12:04 UTC: Roll back: 5xx 50 % → 0 %.\n\n7.1 is out"
    ),
    (UpdateKind.RESOLUTION, CLIENT): (
        "Resolved: problems with our service\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. "
        "Requests go through normally again since 12:04 UTC."
    ),
    (UpdateKind.DOCUMENTATION, CLIENT): (
        "Report to follow: problems with our service\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. "
        "Requests go through normally again since 12:04 UTC.\n\n"
        "The report follows by 2026-11-22 12:01 UTC."
    ),
    (UpdateKind.PREVENTION, INSIDE): (
        "What we change after: pay fails\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. POST /pay. "
        "Contained 12:04 UTC: Roll back: 5xx 50 % → 0 %.\n\n"
        "- Remove the cause: a hotfix is in place (give it back)\n- test the pool\n- nobody's\n"
        "- Take back: Roll back (in force since 2026-11-20)"
    ),
    (UpdateKind.PREVENTION, CLIENT): (
        "What we change after: problems with our service\n\n"
        "Between 12:00 and 12:04 UTC some requests failed. "
        "Requests go through normally again since 12:04 UTC.\n\n"
        "What we change is not decided yet."
    ),
}


@pytest.mark.parametrize(("kind", "audience"), UPDATES)
def test_an_update_tells_each_audience_what_is_for_it(kind: UpdateKind, audience: Audience) -> None:
    story = payments()
    told = draft_update(story.incident, kind, audience, story.now)
    assert told == UPDATES[kind, audience]


def test_while_nothing_is_known_an_update_says_so() -> None:
    bare = taken(service="")
    told = draft_update(bare.incident, UpdateKind.INITIAL, CLIENT, NOON + 30 * SECOND)
    assert told == (
        "We are working on it: problems with our service\n\n"
        "Some requests fail. Since when is not known yet.\n\n"
        "The cause is not confirmed yet.\n\nNext update at 16:00 UTC."
    )
    told = draft_update(bare.incident, UpdateKind.RESOLUTION, INSIDE, NOON)
    assert told.count("\n") == 2  # nothing is added where nothing was said
    since = taken(started_at=NOON - HOUR, public="orders fail", boundary="POST /pay")
    told = draft_update(since.incident, UpdateKind.PROGRESS, CLIENT, NOON)
    assert told.startswith(
        "We are working on it: orders fail\n\nSince 11:00 UTC some requests fail.\n"
    )
    since.do(c.Contain(how="flag off"))
    told = draft_update(since.incident, UpdateKind.PROGRESS, CLIENT, NOON)
    assert told.startswith("Our service works again; we are confirming the cause: orders fail\n")
    told = draft_update(since.incident, UpdateKind.PROGRESS, INSIDE, NOON)
    assert told.startswith("Shop works again; we are confirming the cause\n")
    assert next_update(since.incident, NOON + 59 * SECOND) == NOON + 4 * HOUR


@pytest.mark.parametrize(
    ("text", "told"),
    [("pool", "pool."), ("pool.", "pool."), ("why?", "why?"), ("now!", "now!")],
)
def test_a_cause_is_a_sentence_with_what_was_promised(text: str, told: str) -> None:
    story = taken()
    story.do(c.Diagnose(text=text, public=text, eta=NOON + HOUR, reason="hidden"))
    promise = " We expect the fix to be live by 13:00 UTC."
    outside = draft_update(story.incident, UpdateKind.ETA, CLIENT, NOON).split("\n\n")[2]
    assert outside == told + promise
    inside = draft_update(story.incident, UpdateKind.ETA, INSIDE, NOON).split("\n\n")[2]
    assert inside == f"{told} Revised: hidden.{promise}"


def test_a_report_is_promised_only_while_there_is_time() -> None:
    story = taken(priority=Priority.P1)
    due = NOON + 48 * HOUR
    report = "The report follows by 2026-11-22 12:00 UTC."
    late = "The report follows once the review is done."
    for at, words in ((due - SECOND, report), (due, late)):
        assert draft_update(story.incident, UpdateKind.DOCUMENTATION, CLIENT, at).endswith(words)
    final = replace(story.incident, postmortem_final_at=NOON)
    assert draft_update(final, UpdateKind.DOCUMENTATION, CLIENT, NOON).endswith(late)


def test_what_was_dropped_is_promised_to_nobody() -> None:
    story = taken()
    for text, state in (("a test", FollowUpState.OPEN), ("a rewrite", FollowUpState.DROPPED)):
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text=text, state=state, public=True))
    for audience in Audience:
        told = draft_update(story.incident, UpdateKind.PREVENTION, audience, NOON)
        assert told.endswith("\n\n- a test")


def test_the_nearest_change_before_it_began_is_proposed_as_a_correlation() -> None:
    story = taken(started_at=NOON, boundary="POST /pay fails.")
    assert proposed_diagnosis(story.incident) == "Fails: POST /pay fails."
    for text, minutes in (("old", -60), ("near", -5), ("at", 0), ("after", 1)):
        at = NOON + minutes * MINUTE
        change = e.ChangeRecorded(kind=ChangeKind.DEPLOY, text=text, happened_at=at)
        story.do(c.RecordChange(facts=change))
        nearest = "at" if minutes >= 0 else text
        assert f": {nearest}. Not confirmed." in proposed_diagnosis(story.incident)
    assert "Nearest change, 0 s before it began: at." in proposed_diagnosis(story.incident)
    unknown = replace(story.incident, started_at=None, boundary="")
    assert proposed_diagnosis(unknown) == "Nearest change, before: after. Not confirmed."
    assert proposed_diagnosis(taken().incident) == ""


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Next update at 12:30 UTC.", NOON + 30 * MINUTE),
        ("next update by 9:05", NOON + timedelta(hours=21, minutes=5)),
        ("Next update at 12:00", NOON + timedelta(days=1)),
        ("next update at 23:59", NOON + timedelta(hours=11, minutes=59)),
        ("next update at 24:00", None),
        ("next update at 12:60", None),
        ("we tell you more", None),
    ],
)
def test_the_promise_of_an_update_is_read(text: str, at: object) -> None:
    assert promised(text, NOON) == at


def remarks(text: str, story: Story, audience: Audience = CLIENT, *people: str) -> list[str]:
    return [f"{x.mark} {x.text}" for x in look_over(text, story.incident, audience, NOON, people)]


def test_an_update_is_looked_over_for_zones_insides_and_promises() -> None:
    story = taken(priority=Priority.P1)
    assert remarks("All well. Next update at 12:30 UTC.", story) == [
        "✓ every time says its zone",
        "✓ no names of people, no hosts, no paths",
    ]
    assert remarks("Since 11:00, by Leo on 10.0.0.7.", story, CLIENT, "al", "Leo") == [
        "▪ “11:00” has no time zone",
        "▪ “Leo” says more about the inside than needed",
        "? it does not say when the next update comes",
    ]
    assert remarks("Between 10:00 and 11:00 UTC on 10.0.0.7", story)[:2] == [
        "✓ every time says its zone",
        "▪ “10.0.0.7” says more about the inside than needed",
    ]
    assert "✓ no names of people, no hosts, no paths" in remarks(
        "Leonard, al", story, CLIENT, "Leo", "al"
    )
    inside = remarks("Leo on 10.0.0.7, next update by 12:31 UTC", story, INSIDE, "Leo")
    assert inside == ["✓ every time says its zone"]
    assert remarks("Next update at 12:32 UTC", story, INSIDE)[1:] == [
        "▪ the next update is due 12:30 UTC at the latest"
    ]
    story.do(c.Resolve())
    assert remarks("All well.", story, INSIDE) == ["✓ every time says its zone"]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("live by 16:00 UTC", "✓ “live by 16:00” is a promise; the hotfix clock ends 16:00 UTC"),
        (
            "fixed by 16:01 UTC",
            "▪ “fixed by 16:01” is a promise; the hotfix clock ends 16:00 UTC: too late",
        ),
        (
            "live by 12:00 UTC",
            "▪ “live by 12:00” is a promise; the hotfix clock ends 16:00 UTC: too late",
        ),
        ("live by 24:00 UTC", ""),
        ("live by 15:60 UTC", ""),
        (
            "live by 23:59 UTC",
            "▪ “live by 23:59” is a promise; the hotfix clock ends 16:00 UTC: too late",
        ),
    ],
)
def test_a_promised_fix_is_held_against_its_clock(text: str, remark: str) -> None:
    story = taken(priority=Priority.P1)
    story.do(c.Resolve())
    assert remarks(text, story, INSIDE)[1:2] == ([remark] if remark else [])


def test_the_briefing_tells_what_the_next_commander_must_know() -> None:
    story = payments()
    assert briefing(story.incident, story.now).splitlines() == [
        "P1 pay fails",
        "Since 12:00:00 UTC. POST /pay",
        "Contained 12:04 UTC: Roll back: 5xx 50 % → 0 %",
        "In force: Roll back, since 12:03",
        "Diagnosis: the pool.",
        "report due 12:01 UTC (23h 42m)",
        "Not known: Can it be reproduced outside production?",
        "Not known: What is different between staging and production?",
    ]
    bare = taken()
    for state in HypothesisState:
        bare.do(c.Hypothesise(state=state, text=f"it is {state.value}"))
    bare.later(minutes=1).do(c.Wait(reason="a log"))
    assert briefing(bare.incident, bare.now).splitlines()[:6] == [
        "P2 checkout fails",
        "Not contained.",
        "Open: H1 it is proposed (proposed)",
        "Open: H2 it is testing (testing)",
        "diagnose due 20:00 UTC (7h 59m)",
        "Next update due 16:00 UTC",
    ]
    assert "Waiting for the client since 12:01 UTC: a log" in briefing(bare.incident, bare.now)


# Names


def test_a_report_says_roles_where_it_would_say_names() -> None:
    story = Story().declared()
    story.do(c.Acknowledge(), by="ana")
    story.do(c.TakeRole(role=Role.SCRIBE, person="ana"), by="ana")
    story.do(c.TakeRole(role=Role.OPERATIONS, person="leo"), by="ana")
    story.do(c.Call(facts=k.Called(person="mia", reason="leo asks")), by="ana")
    offer = k.HandoverOffered(role=Role.COMMANDER, to="tom", briefing="b")
    story.do(c.OfferHandover(facts=offer), by="ana")
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="with leo-like", owner="kim"), by="watch")
    story.do(c.AddNote(text="leo looked"), by="leo")
    who = cast(story.records)
    assert who.roles == {"ana": "commander", "leo": "operations"}
    assert who.people == {"ana", "leo", "mia", "tom", "kim"}
    assert [who.role(x) for x in ("ana", "leo", "mia", "watch")] == [
        "commander", "operations", "responder", "watch",
    ]  # fmt: skip
    told = {entry.kind: who.text(entry) + who.by(entry) for entry in timeline(story.records)}
    assert told["called"] == "a colleague: a colleague asks (commander)"
    assert told["handover_offered"] == "commander offered to responder (commander)"
    assert told["follow_up_changed"] == "open: with leo-like (responder) (watch)"
    assert told["note_added"] == "leo looked (operations)"
    nobody = replace(timeline(story.records)[0], actor="")
    assert who.by(nobody) == ""


# Charts


def test_a_chart_marks_each_step_with_what_happened_in_it() -> None:
    events = {
        "early": SERIES.start - SECOND,
        "first": SERIES.start,
        "again": SERIES.start + 59 * SECOND,
        "last": SERIES.start + 239 * SECOND,
        "late": SERIES.start + 240 * SECOND,
        "never": None,
    }
    assert chart(SERIES, events).marks == {0: "first, again", 3: "last"}
    assert SERIES.at(2) == SERIES.start + 2 * MINUTE
    assert SERIES.peak == 1.0
    assert replace(SERIES, failed=(0, 0, 0, 0)).peak == 0.0
    assert replace(SERIES, total=(0,), failed=(0,)).peak == 0.0


def test_a_bar_is_as_long_as_its_share_of_the_highest() -> None:
    series = Series(start=NOON, width=60, total=(1000,) * 5, failed=(500, 250, 1, 0, 260))
    rows = chart_text(Chart(series=series, marks={4: "end\nof it"})).splitlines()
    assert rows[0] == "```5xx"
    assert rows[1] == "5xx per 60 s from 2026-11-20 12:00:00 UTC, full bar 50.0 %"
    assert [row[9:33].rstrip() for row in rows[2:7]] == [
        "█" * 24, "█" * 12, "▏", "", "█" * 12 + "▌",
    ]  # fmt: skip
    assert rows[2] == f"12:00:00 {'█' * 24}   50.0 %      500/1000"
    assert rows[6].endswith("26.0 %      260/1000  end of it")
    assert rows[-1] == "```"
    calm = chart_text(Chart(series=replace(series, failed=(0,) * 5), marks={}))
    assert "█" not in calm
    assert "▏" not in calm


def test_a_chart_is_read_back_and_damage_makes_it_none() -> None:
    shown = Chart(series=SERIES, marks={1: "onset", 3: "end"})
    body = "\n".join(chart_text(shown).splitlines()[1:-1])
    assert read_chart(body) == shown
    assert read_chart(f"\n{body}\n") == shown
    lines = body.splitlines()
    for damaged in ([], lines[:1], lines[1:], [*lines, "x"], [lines[0], "x", *lines[2:]]):
        assert read_chart("\n".join(damaged)) is None
    assert read_chart(body.replace("2026-11-20", "2026-13-20")) is None
    assert read_chart(body.replace("per 60 s", "per 0 s")).series.width == 1  # type: ignore[union-attr]
    far = body.replace("2026-11-20", "9999-12-31").replace("per 60 s", "per 999999 s")
    assert read_chart(far) is None
    more = read_chart(body.replace(" 25/50", " 75/50"))
    assert more is not None
    assert more.series.failed == (0, 100, 50, 0)


@pytest.mark.parametrize(
    ("seconds", "most", "width"),
    [(28, 28, 1), (29, 28, 2), (0, 28, 1), (60, 10, 10), (61, 10, 10), (101, 10, 15), (10**9, 28, 86_400), (14400, 1, 14400), (14401, 1, 86_400)],
)  # fmt: skip
def test_steps_are_as_fine_as_people_read_them(seconds: float, most: int, width: int) -> None:
    assert nice_width(seconds, most) == width


def test_every_step_there_is_is_one_that_a_clock_shows() -> None:
    steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400]
    assert [nice_width(step, 1) for step in steps] == steps
    assert [nice_width(step + 0.1, 1) for step in steps[:-1]] == steps[1:]


def test_counts_of_unequal_length_are_a_mistake_and_no_shorter_chart() -> None:
    uneven = replace(SERIES, failed=SERIES.failed[:-1])
    with pytest.raises(ValueError, match="zip"):
        _ = uneven.peak
    assert len(chart_text(Chart(series=SERIES, marks={})).splitlines()) == 3 + len(SERIES.total)


def test_a_chart_shows_some_time_before_and_after() -> None:
    low, high, width = series_window(NOON, NOON + 10 * MINUTE)
    assert (NOON - low, high - NOON, width) == (3 * MINUTE, 13 * MINUTE, 60)
    low, high, width = series_window(NOON, NOON + SECOND)
    assert (NOON - low, high - NOON, width) == (10 * SECOND, 11 * SECOND, 1)
    low, high, width = series_window(NOON, NOON + 7 * MINUTE, most=5)
    assert width == 300
    assert low.timestamp() % width == high.timestamp() % width == 0
    assert low <= NOON - 126 * SECOND < low + 300 * SECOND
    assert high - 300 * SECOND < NOON + 546 * SECOND <= high


# References


def entries() -> tuple[TimelineEntry, ...]:
    return timeline(payments().records)


def test_references_are_found_where_they_stand_and_not_in_code() -> None:
    text = "see [T1]\n```\n[T2]\n```\n[T3] and [T40]"
    assert [(r.line, r.start, r.end, r.number) for r in references(text)] == [
        (1, 4, 8, 1),
        (5, 0, 4, 3),
        (5, 9, 14, 40),
    ]
    assert list(outside_code("a\n```\nb\n```\nc")) == [(1, "a"), (5, "c")]
    assert [r.number for r in unresolved("[T1] [T99]", entries())] == [99]


def test_a_reference_says_time_and_words_cut_to_the_limit() -> None:
    known = by_number(entries())
    assert known[1].word == "declared"  # the onset has the same number
    assert by_number(reversed(entries()))[1].word == "declared"
    shown = resolve("[T2] [T99]", entries())
    assert shown == "[T2 · 12:03:00 acknowledged: takes charge](#t2) [T99]"
    assert "(#t23)" in resolve("[T23]", entries(), limit=10)
    for limit, words in (
        (26, "acknowledged: takes charge"),
        (25, "acknowledged: takes char…"),
        (15, "acknowledged:…"),
    ):
        assert resolve("[T2]", entries(), limit) == f"[T2 · 12:03:00 {words}](#t2)"
    assert escape("a|b\n *c*") == "a\\|b \\*c\\*"


def test_a_line_of_the_chronology_follows_its_entry_when_that_is_amended() -> None:
    story = Story().declared().later(minutes=1)
    story.do(c.AddNote(text="first", about=NOON + SECOND))
    story.do(c.AddNote(text="see [T1]"))
    line = own_line(timeline(story.records)[1])
    assert line == "- 12:00:01 [T2] note: first (noted later)"
    assert own_line(timeline(story.records)[1], "x") == "- 12:00:01 [T2] note: x (noted later)"
    text = f"{line} (commander)\n- 12:00:01 [T2] my own words [T1]\n{own_line(timeline(story.records)[2])}"
    assert resolve(text, timeline(story.records)).startswith(f"{line} (commander)\n")
    story.do(c.Amend(facts=k.EntryAmended(entry=2, text="second", at=NOON + 2 * SECOND)))
    shown = resolve(text, timeline(story.records)).splitlines()
    assert shown == [
        "- 12:00:02 [T2] note: second (noted later) (commander)",
        "- 12:00:01 [T2] my own words [T1 · 12:00:00 declared: P2: checkout fails](#t1)",
        "- 12:01:00 [T3] note: see [T1 · 12:00:00 declared: P2: checkout fails](#t1)",
    ]
    for facts, now in (
        ({"text": "now"}, "- 12:01:00 [T3] note: now"),
        ({"at": NOON}, "- 12:00:00 [T3] note: see [T1]"),
    ):
        once = Story().declared().later(minutes=1)
        once.do(c.AddNote(text="other"))
        once.do(c.AddNote(text="see [T1]"))
        old = own_line(timeline(once.records)[-1])
        once.do(c.Amend(facts=k.EntryAmended(entry=3, **facts)))  # type: ignore[arg-type]
        assert resolve(old, timeline(once.records)) == resolve(now, timeline(once.records))
        assert resolve(old, timeline(once.records)).startswith(now.removesuffix("[T1]"))
    silent = replace(timeline(story.records)[0], text="")
    assert own_line(silent) == "- 12:00:00 [T1] declared"


def test_answers_of_the_review_stand_in_the_report() -> None:
    story = taken()
    story.do(answered("learn.elsewhere", "in the cart"))
    where = "Where else in the code can the same class of fault hide?"
    assert f"- {where} in the cart" in draft_of(story)
    story.do(c.Answer(facts=k.Answered(question="learn.elsewhere", text="x", known=False)))
    assert f"> ? {where}" in draft_of(story)
