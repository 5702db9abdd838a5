"""What is counted over many incidents, what is like what, and how it is said."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.core.payments import answered, payments
from tests.core.story import Story, effect
from tests.core.strategies import NOON

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core import spell
from warroom.core.followups import digest, digest_text, owed, ticket, to_csv
from warroom.core.metrics import Metrics, Stat, Tried, metrics, times_of
from warroom.core.metrics_text import metrics_view, prometheus_text
from warroom.core.parts import Reply
from warroom.core.questions import FACTORS, Group, asked, still_open
from warroom.core.related import related, sketch
from warroom.core.review import RESILIENCE, recurring
from warroom.core.similar import helped, routes, similar, symptoms
from warroom.core.state import Incident
from warroom.core.trends import Trends, sentences, trends
from warroom.core.words import (
    Category,
    ChangeKind,
    Criterion,
    Factor,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    Outcome,
    Priority,
    Verdict,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def bare(number: int = 1, **facts: object) -> Incident:
    made = Story().declared(title=f"trouble{number * 'x'} of{number * 'y'}", service="").incident
    return replace(made, id=f"INC-{number}", **facts)  # type: ignore[arg-type]


# Times


def test_the_five_times_of_an_incident() -> None:
    whole = bare(
        started_at=NOON - 90 * SECOND,
        acknowledged_at=NOON + MINUTE,
        contained_at=NOON + 2 * MINUTE,
        diagnoses=(
            (NOON + 3 * MINUTE, e.Diagnosed(text="x")),
            (NOON + HOUR, e.Diagnosed(text="y")),
        ),
        resolved_at=NOON + 4 * MINUTE,
    )
    assert times_of(whole) == {
        "detect": 90, "acknowledge": 60, "contain": 120, "diagnose": 180, "resolve": 240,
    }  # fmt: skip
    assert times_of(bare()) == {}
    assert times_of(bare(started_at=NOON + MINUTE)) == {"detect": 0}
    assert times_of(bare(started_at=NOON - MINUTE, detected_at=NOON - 30 * SECOND))["detect"] == 30


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [([5], 5, 5), ([1, 3], 2, 3), (list(range(1, 11)), 5.5, 9), (list(range(1, 12)), 6, 10)],
)
def test_a_median_and_the_slowest_tenth(values: list[int], median: float, p90: float) -> None:
    incidents = [
        bare(n, acknowledged_at=NOON + value * SECOND) for n, value in enumerate(values, 1)
    ]
    stat = metrics(incidents, NOON).times["acknowledge"]
    assert stat == Stat(count=len(values), median=median, p90=p90, total=sum(values))


def test_priorities_open_ones_and_services_are_counted_and_merged_ones_are_not() -> None:
    found = metrics(
        [
            bare(1, priority=Priority.P1, service="shop"),
            bare(2, service="mail", category=Category.DATA),
            bare(3, service="mail", closed_at=NOON),
            bare(4, service="pay", category=Category.DATA, declared_at=NOON - 40 * DAY),
            bare(5),
            bare(6, merged_into="INC-1", service="x"),
        ],
        NOON,
    )
    assert (found.incidents, found.open) == (5, 4)
    assert found.services == (("mail", 2), ("pay", 1), ("shop", 1))
    assert found.categories == (("production", 3), ("data", 2))
    assert dict(found.priorities) == {"P1": 1, "P2": 4}
    assert list(found.trend) == ["2026-10", "2026-11"]


def test_promises_are_kept_or_missed_when_they_are_decided() -> None:
    kept = bare(1, acknowledged_at=NOON + HOUR)
    late = bare(2, acknowledged_at=NOON + 5 * HOUR)
    found = metrics([kept, late, bare(3)], NOON + HOUR)
    assert found.promises["respond"] == (1, 2)


def test_the_same_trouble_within_ninety_days_came_back() -> None:
    def alike(number: int, at: datetime, **facts: object) -> Incident:
        made = replace(bare(number, **facts), title="export fails", service="shop", declared_at=at)
        return replace(made, boundary="POST /export/pdf")

    first = alike(1, NOON)
    assert metrics([first, alike(2, NOON + 90 * DAY)], NOON).recurred == (("INC-2", "INC-1"),)
    assert metrics([first, alike(2, NOON + 90 * DAY + SECOND)], NOON).recurred == ()
    assert metrics([first, alike(2, NOON)], NOON).recurred == ()
    again = metrics([first, bare(2, reopened=1)], NOON)
    assert again.recurred == (("INC-2", "INC-2"),)
    assert again.recurrence == 0.5
    assert metrics([], NOON).recurrence is None


def test_what_containment_achieved_is_counted_by_kind() -> None:
    story = Story().declared()
    for number, (verdict, seconds) in enumerate(
        ((Verdict.SOLVED, 10), (Verdict.HELPED, 30), (Verdict.WORSE, 5), (Verdict.TOO_EARLY, 5)),
        start=1,
    ):
        story.do(c.IntendStep(facts=step(f"r{number}", number)))
        story.later(seconds=seconds).do(
            c.FinishStep(facts=e.StepFinished(run=f"r{number}", outcome=Outcome.SUCCEEDED))
        )
        story.do(effect(f"r{number}", verdict, 0))
    story.run("r5", Outcome.FAILED, step=5)
    story.run("v", Outcome.SUCCEEDED, step=6, action="verify")
    story.run("s", Outcome.SUCCEEDED, step=7, kind="silence")
    found = metrics([story.incident], NOON).containments
    assert dict(found) == {"rollback": Tried(runs=5, measured=3, worked=2, seconds=50)}
    untold = Story().declared().run("r1", Outcome.SUCCEEDED)
    assert metrics([untold.incident], NOON).containments["rollback"].seconds is None


def step(run: str, number: int) -> e.StepIntended:
    story = Story().declared().run(run, Outcome.SUCCEEDED, step=number)
    return story.incident.runs[0].intent


def test_follow_ups_are_counted_by_state_and_late_from_their_day_on() -> None:
    story = Story().declared()
    for number, (state, due) in enumerate(
        (
            (FollowUpState.OPEN, NOON),
            (FollowUpState.OPEN, NOON + SECOND),
            (FollowUpState.OPEN, None),
            (FollowUpState.DONE, NOON - DAY),
            (FollowUpState.DROPPED, NOON - DAY),
        )
    ):
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text=f"t{number}", state=state, due=due))
    found = metrics([story.incident], NOON)
    assert found.follow_ups == {"open": 3, "done": 1, "dropped": 1, "overdue": 1}
    assert found.completion == 0.25
    assert metrics([bare()], NOON).completion is None


def counted() -> Metrics:
    return Metrics(
        incidents=4,
        open=1,
        priorities={"P1": 3, "P2": 1},
        times={"contain": Stat(count=3, median=90, p90=200, total=350)},
        trend={"2026-11": {"contain": Stat(count=3, median=90, p90=200, total=350)}},
        promises={"respond": (3, 4), "report": (0, 0)},
        recurred=(("INC-2", "INC-1"),),
        containments={"flag": Tried(runs=9, measured=7, worked=4, seconds=12.5)},
        follow_ups={"open": 1, "done": 3, "dropped": 2, "overdue": 1},
        services=(("shop", 3),),
        categories=(("data", 4),),
    )


def test_metrics_as_prometheus_reads_them() -> None:
    samples = [x for x in prometheus_text(counted()).splitlines() if not x.startswith("#")]
    assert samples == [
        'warroom_incidents{priority="P1"} 3',
        'warroom_incidents{priority="P2"} 1',
        "warroom_incidents_open 1",
        'warroom_incident_seconds{time="contain",quantile="0.5"} 90',
        'warroom_incident_seconds{time="contain",quantile="0.9"} 200',
        'warroom_incident_seconds_sum{time="contain"} 350',
        'warroom_incident_seconds_count{time="contain"} 3',
        'warroom_sla_clocks{clock="respond",result="kept"} 3',
        'warroom_sla_clocks{clock="respond",result="missed"} 1',
        'warroom_sla_clocks{clock="report",result="kept"} 0',
        'warroom_sla_clocks{clock="report",result="missed"} 0',
        "warroom_incidents_recurred 1",
        'warroom_containments{kind="flag",result="worked"} 4',
        'warroom_containments{kind="flag",result="failed"} 3',
        'warroom_containments{kind="flag",result="unmeasured"} 2',
        'warroom_follow_ups{state="open"} 1',
        'warroom_follow_ups{state="done"} 3',
        'warroom_follow_ups{state="dropped"} 2',
        'warroom_follow_ups{state="overdue"} 1',
        'warroom_service_incidents{service="shop"} 3',
    ]


def test_every_family_of_metrics_says_what_it_is_before_its_samples() -> None:
    lines = prometheus_text(counted()).splitlines()
    names = [x.split()[2] for x in lines if x.startswith("# HELP")]
    assert names == [x.split()[2] for x in lines if x.startswith("# TYPE")]
    assert len(names) == len(set(names)) == 8
    said = ""
    for line in lines:
        if line.startswith("# TYPE"):
            said = line.split()[2]
        elif not line.startswith("#"):
            assert line.startswith(said)
    assert prometheus_text(counted()).endswith("\n")


def test_metrics_as_programs_read_them() -> None:
    assert json.loads(json.dumps(metrics_view(counted()))) == {
        "incidents": 4,
        "open": 1,
        "priorities": {"P1": 3, "P2": 1},
        "times": {"contain": {"count": 3, "median": 90, "p90": 200}},
        "trend": {"2026-11": {"contain": {"count": 3, "median": 90, "p90": 200}}},
        "sla": {
            "respond": {"kept": 3, "decided": 4, "share": 0.75},
            "report": {"kept": 0, "decided": 0, "share": None},
        },
        "recurrence": {"share": 0.25, "incidents": [{"incident": "INC-2", "like": "INC-1"}]},
        "containments": {"flag": {"runs": 9, "measured": 7, "worked": 4, "seconds": 12.5}},
        "follow_ups": {"open": 1, "done": 3, "dropped": 2, "overdue": 1, "completion": 0.75},
        "services": [{"service": "shop", "incidents": 3}],
        "categories": [{"category": "data", "incidents": 4}],
    }


# Trends


def test_a_span_is_compared_with_the_one_before_and_cut_into_steps() -> None:
    span = 10 * DAY
    until = NOON

    def at(days: float, seconds: int, **facts: object) -> Incident:
        when = until - days * DAY
        return bare(1, declared_at=when, acknowledged_at=when + seconds * SECOND, **facts)

    found = trends(
        [
            at(0, 10),
            at(0.5, 30),
            at(9.99, 100, reporter="mia"),
            at(10, 200),
            at(15, 400, source="mail"),
            at(20, 999),
            at(5, 50, merged_into="INC-7"),
            at(-0.01, 50),
            at(4.5, 60, source="mail"),
            at(5, 70, source="alert"),
        ],
        until,
        span,
        steps=2,
    )
    assert (found.since, found.until) == (until - span, until)
    assert (found.now.incidents, found.before.incidents) == (5, 2)
    # Half-way the second step begins.
    assert found.steps["acknowledge"] == (100, 45)
    assert found.steps["contain"] == (None, None)
    assert sum(found.hours.values()) == 5
    assert found.hours[4, 12] == 1  # Friday at noon
    assert found.found_by == (("console", 2), ("a client", 1), ("alert", 1), ("mail", 1))
    assert found.change("acknowledge") == pytest.approx(60 / 300 - 1)
    assert found.change("contain") is None
    assert len(trends([], until, span).steps["detect"]) == 13


def moved(now: Mapping[str, float], before: Mapping[str, float], count: int = 5) -> Trends:
    def stats(values: Mapping[str, float], count: int) -> dict[str, Stat]:
        return {n: Stat(count=count, median=v, p90=v, total=v) for n, v in values.items()}

    empty = trends([], NOON, DAY)
    nothing = {"containments": {}, "recurred": ()}
    return replace(
        empty,
        now=replace(counted(), times=stats(now, count), **nothing),  # type: ignore[arg-type]
        before=replace(counted(), times=stats(before, 5), **nothing),  # type: ignore[arg-type]
    )


FEW = ("Too few incidents to say more than the figures.",)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (
            {"contain": 90, "resolve": 300},
            {"contain": 100, "resolve": 200},
            (
                "To resolve takes 50 % longer than in the span before.",
                "To contain takes 10 % less than in the span before.",
            ),
        ),
        ({"contain": 91}, {"contain": 100}, FEW),
        ({"contain": 91}, {"contain": 0}, FEW),
        ({"contain": 91}, {}, FEW),
        ({}, {"contain": 91}, FEW),
        (
            {"detect": 300, "contain": 200, "resolve": 400},
            {"detect": 100, "contain": 100, "resolve": 100},
            (
                "To resolve takes 300 % longer than in the span before.",
                "To detect takes 200 % longer than in the span before.",
            ),
        ),
    ],
)
def test_what_moved_is_said_the_weightiest_first(
    now: dict[str, float], before: dict[str, float], said: tuple[str, ...]
) -> None:
    assert sentences(moved(now, before)) == said
    assert sentences(moved(now, before, count=4)) == FEW


def test_how_kinds_of_containment_compare_and_what_came_back_is_said() -> None:
    def tried(seconds: float | None) -> Tried:
        return Tried(runs=1, measured=1, worked=1, seconds=seconds)

    def said(*seconds: float | None, recurred: tuple[tuple[str, str], ...] = ()) -> tuple[str, ...]:
        names = ("flag", "rollback", "route")
        kinds = {name: tried(value) for name, value in zip(names, seconds, strict=False)}
        still = moved({}, {})
        return sentences(
            replace(still, now=replace(still.now, containments=kinds, recurred=recurred))
        )

    assert said(10, 15) == ("flag stops damage 2× faster than rollback.",)
    assert said(30, 10, 20) == ("rollback stops damage 3× faster than flag.",)
    assert said(10, 14.9) == said(10, None) == said(10) == said(0, 10) == FEW
    assert said(recurred=(("INC-2", "INC-1"),)) == ("1 of 4 came back.",)


# What is like what


def test_each_sign_of_an_earlier_incident_has_its_points() -> None:
    line = e.Excerpt(source="a.log", offset=0, sha256="0", text="pool timeout after 5003 ms")
    pinned = ((NOON, e.EvidencePinned(excerpt=line)),)
    other_line = replace(line, text="pool timeout after 77 ms\nsecond line 5")
    later = {"declared_at": NOON + DAY}

    def found(one: dict[str, object], two: dict[str, object]) -> tuple[int, tuple[str, ...]]:
        pair = similar(bare(2, **later, **two), [bare(1, category=Category.DATA, **one)])
        return (pair[0].points, pair[0].reasons) if pair else (0, ())

    route = {"boundary": "95 % in POST /api/export."}
    again = {"boundary": "GET /api/export"}
    assert found(route, again) == (0, ())
    assert found({**route, "service": "shop"}, {**again, "service": "shop"}) == (
        5,
        ("same route /api/export", "same service shop"),
    )
    assert found({**route, "service": "shop"}, {**again, "service": "mail"}) == (0, ())
    both = {**again, "category": Category.DATA}
    assert found(route, both) == (4, ("same route /api/export", "same category data"))
    errors = {"evidence": pinned}, {"evidence": ((NOON, e.EvidencePinned(excerpt=other_line)),)}
    assert found(errors[0], {**errors[1], "category": Category.DATA})[1] == (
        "same error in the log",
        "same category data",
    )
    words = [
        ("export fails hard", "export fails now", 5, "same words: export, fails"),
        ("export aaa bbb", "export ccc", 0, ""),
        ("export aaa", "export bbb", 4, "same words: export"),
        ("export aaa", "export", 5, "same words: export"),
    ]
    for one, two, points, said in words:
        sides = ({"title": one, "service": "s"}, {"title": two, "service": "s"})
        assert found(sides[0], {**sides[1], "category": Category.DATA})[0] == points
        if said:
            reasons = found(sides[0], {**sides[1], "category": Category.DATA})[1]
            assert said in reasons


def test_only_earlier_ones_are_offered_the_likest_and_newest_first() -> None:
    def like(number: int, days: int, **facts: object) -> Incident:
        made = bare(number, declared_at=NOON + days * DAY, service="shop", boundary="GET /a/bc")
        return replace(made, **facts)  # type: ignore[arg-type]

    now = like(9, 10)
    others = [
        like(1, 1),
        like(2, 3, service="mail", boundary="GET /a/bc"),
        like(3, 2),
        like(4, 10),
        like(5, 11),
        like(6, 1, merged_into="INC-1"),
        now,
    ]
    assert [(s.incident.id, s.points) for s in similar(now, others)] == [
        ("INC-3", 6), ("INC-1", 6), ("INC-2", 4),
    ]  # fmt: skip


def test_routes_and_symptoms_are_read_from_what_was_written() -> None:
    line = e.Excerpt(source="a", offset=0, sha256="0", text="12:00 GET /from/log?x=1 failed 500")
    incident = bare(
        boundary="POST /api/x/{id}.",
        title="see /help/ and http://host/none and a/b",
        evidence=((NOON, e.EvidencePinned(excerpt=line)),),
    )
    assert routes(incident) >= {"/api/x/{id}", "/help", "/from/log"}
    assert not any(route.strip("/") == "b" for route in routes(incident))
    for text, masked in (
        ("Pool timeout 0xdeadbeef after 12 ms", {"pool timeout # after # ms"}),
        ("\n  \n", set()),
        ("500", set()),
        ("timeout 500", set()),
        ("", set()),
        ("two words", {"two words"}),
    ):
        pinned = ((NOON, e.EvidencePinned(excerpt=replace(line, text=text))),)
        assert symptoms(replace(incident, evidence=pinned)) == masked


def test_what_helped_is_told_once_in_the_order_in_which_it_ran() -> None:
    story = Story().declared()
    for number, (book, verdict) in enumerate(
        (("b", Verdict.HELPED), ("a", Verdict.SOLVED), ("b", Verdict.SOLVED), ("c", Verdict.WORSE)),
        start=1,
    ):
        story.run(f"r{number}", Outcome.SUCCEEDED, runbook=book, step=number)
        story.do(effect(f"r{number}", verdict, 0))
    story.run("v", Outcome.SUCCEEDED, runbook="d", action="verify")
    story.do(effect("v", Verdict.SOLVED, 0))
    story.run("k", Outcome.SUCCEEDED, runbook="e", kind="diagnose")
    story.do(effect("k", Verdict.SOLVED, 0))
    assert helped(story.incident) == ("b", "a")


def points(one: dict[str, object], two: dict[str, object]) -> tuple[int, bool]:
    """Points of two incidents a day apart, lifted over the threshold by a boundary they share."""
    same = {"boundary": "95 % in POST /export"}
    first = bare(1, **{**same, **one})  # type: ignore[arg-type]
    second = bare(2, **{"declared_at": NOON + DAY, **same, **two})  # type: ignore[arg-type]
    found = related(first, [second])
    return (found[0].points, found[0].duplicate) if found else (0, False)


def test_each_sign_of_the_same_trouble_has_its_points() -> None:
    shop = {"service": "shop"}
    assert points({}, {}) == (0, False)
    assert points(shop, shop) == (5, False)
    assert points(shop, {"service": "mail"}) == (0, False)
    assert points({"client": "acme"}, {"client": "acme"}) == (4, False)
    acme = {**shop, "client": "acme"}
    assert points(acme, acme) == (6, True)
    assert points(acme, {**acme, "closed_at": NOON}) == (6, False)
    for title, worth in (("pay fails hard", 2), ("pay xa xb", 0), ("pay fails", 3), ("pay", 2)):
        one = {"title": "pay fails now again", **shop}
        assert points(one, {"title": title, **shop})[0] == 5 + worth
    assert points({"title": "a b"}, {"title": "a b"}) == (0, False)
    for minutes, worth in ((0, 3), (10, 3), (10.1, 1), (60, 1), (60.1, 0)):
        near = {"declared_at": NOON + minutes * MINUTE, **shop}
        assert points(shop, near)[0] == 5 + worth
        before = {"declared_at": NOON - minutes * MINUTE, **shop}
        assert points(shop, before)[0] == 5 + worth


def test_when_it_began_is_compared_and_not_when_it_was_said() -> None:
    onset = e.Onset(at=NOON, low=NOON, high=NOON, sentence="5xx")
    late = {"declared_at": NOON + DAY, "boundary": "x", "title": "mail mail"}
    for told in (
        {"onset": onset},
        {"started_at": NOON},
        {"onset": onset, "started_at": NOON - DAY},
    ):
        (found,) = related(bare(1, boundary="x"), [bare(2, **late, **told)])
        assert found.reasons == ("the same requests fail", "began within ten minutes")


def test_numbers_in_titles_make_no_two_incidents_alike() -> None:
    spikes = [
        "5xx 15 % in the last 20 s: 65 failures of checkout",
        "errors 15 % in the last 20 s: 65 messages of search",
    ]
    one, other = (bare(n, title=title, service="shop") for n, title in enumerate(spikes, 1))
    reasons = [said for found in related(one, [other]) for said in found.reasons]
    assert not any("15" in said or "20" in said for said in reasons), reasons
    assert reasons


def test_related_ones_come_duplicates_first_and_not_those_merged_already() -> None:
    def like(number: int, minutes: int, **facts: object) -> Incident:
        at = NOON + minutes * MINUTE
        return bare(number, service="shop", title="pay fails", declared_at=at, **facts)

    one = like(1, 0, absorbed=("INC-6",))
    others = [
        like(2, 1, closed_at=NOON),
        like(3, 30),
        like(4, 2),
        like(5, 3),
        like(6, 1),
        like(7, 1, merged_into="INC-1"),
        like(8, 6000),
        one,
    ]
    assert [(s.incident.id, s.points, s.duplicate) for s in related(one, others)] == [
        ("INC-5", 8, True),
        ("INC-4", 8, True),
        ("INC-3", 6, True),
        ("INC-2", 8, False),
        ("INC-8", 5, False),
    ]
    reasons = related(one, [like(5, 3)])[0].reasons
    assert reasons == ("same words: fails, pay", "began within ten minutes", "same service shop")
    facts = e.Declared(title="pay fails", service="shop")
    assert related(sketch(facts, NOON), [one])[0].duplicate


# Review


def test_a_question_of_resilience_comes_round_after_its_own_time() -> None:
    days = {asking.key: asking.every.days for asking in RESILIENCE if asking.every}
    assert days == {
        "review.redundancy": 180, "review.circuit_breaker": 180, "review.bulkhead": 180,
        "review.degradation": 180, "review.monitoring": 90, "review.backup": 30,
        "review.training": 90,
    }  # fmt: skip
    reply = Reply(at=NOON, by="ana", text="in 14 min", known=True)
    incident = bare(1, service="shop", answers={"review.backup": reply})
    earlier = bare(2, service="shop", declared_at=NOON - 9 * DAY)
    checks = recurring([incident, earlier, bare(3)])
    assert len(checks) == len(RESILIENCE)  # of the one service that had incidents
    backup = checks[-1]
    assert (backup.asking.key, backup.incident, backup.due) == (
        "review.backup", "INC-1", NOON + 30 * DAY,
    )  # fmt: skip
    assert not backup.overdue(NOON + 30 * DAY - SECOND)
    assert backup.overdue(NOON + 30 * DAY)
    never = checks[0]
    assert (never.due, never.last, never.incident) == (NOON - 9 * DAY, None, "")
    assert never.overdue(NOON - 99 * DAY)
    gap = replace(reply, known=False)
    (found,) = [
        x
        for x in recurring([replace(incident, answers={"review.backup": gap})])
        if x.last is not None
    ]
    assert found.due == NOON
    assert found.overdue(NOON - DAY)
    again = replace(incident, id="INC-4", answers={"review.backup": replace(reply, text="later")})
    (kept,) = [x for x in recurring([incident, again]) if x.last is not None]
    assert kept.incident == "INC-1"  # of two at the same instant the first


# Questions


def test_every_group_of_questions_in_the_order_of_the_method() -> None:
    story = Story().declared()
    groups = [one.question.group for one in asked(story.incident)]
    assert list(dict.fromkeys(groups)) == [
        Group.INTAKE, Group.CRITERIA, Group.FACTORS, Group.CHECKLIST, Group.DIAGNOSIS,
    ]  # fmt: skip
    assert len(asked(story.incident, Group.FACTORS)) == len(Factor) == 6
    story.do(c.RecordFix(level=FixLevel.WORKAROUND, text="x"))
    assert asked(story.incident, Group.FIX) == ()
    story.do(c.RecordFix(level=FixLevel.ROOT_CAUSE, text="x"))
    assert len(asked(story.incident, Group.FIX)) == 6


def test_facts_answer_their_question_and_an_answer_goes_before_them() -> None:
    def answers(story: Story) -> dict[str, str]:
        return {one.question.key: one.answer for one in asked(story.incident)}

    excerpt = e.Excerpt(source="a", offset=0, sha256="0", text="e" * 150)
    story = Story().declared(
        started_at=NOON, evidence=(excerpt, replace(excerpt, text="second")), reporter="mia",
        criteria=(Criterion.REVENUE, Criterion.SLA_BREACH), factors={"users": 3, "business": 0},
    )  # fmt: skip
    for text in ("release 6", "release 7"):
        change = e.ChangeRecorded(kind=ChangeKind.DEPLOY, text=text, happened_at=NOON)
        story.do(c.RecordChange(facts=change))
    found = answers(story)
    assert found["intake.started"] == "2026-11-20 12:00 UTC"
    assert found["intake.errors"] == "e" * 120
    assert found["intake.changes"] == "release 7"
    assert found["intake.contact"] == "mia"
    assert found["criteria"] == "revenue, sla_breach"
    assert found["factor.users"] == "3 nearly all"
    assert found["factor.business"] == "0 not at all"
    assert found["factor.security"] == ""
    by = {one.question.key: one.by for one in asked(story.incident)}
    assert by["criteria"] == "ana"
    story.do(c.Qualify(facts=e.Qualified(contact="the desk")))
    story.do(answered("intake.changes", "nothing"), by="leo")
    assert answers(story)["intake.contact"] == "the desk"
    assert answers(story)["intake.changes"] == "nothing"
    unknown = c.Answer(facts=k.Answered(question="intake.changes", text="x", known=False))
    story.do(unknown)
    (one,) = [x for x in asked(story.incident) if x.question.key == "intake.changes"]
    assert (one.answer, one.unknown, one.open) == ("release 7", False, False)
    story.do(c.Answer(facts=k.Answered(question="trigger", text="", known=False)))
    (one,) = [x for x in still_open(story.incident) if x.question.key == "trigger"]
    assert (one.answer, one.unknown) == ("", True)
    assert all(len(meanings) == 4 for _, meanings in FACTORS.values())
    strange = replace(story.incident, factors={"users": 9, "business": -1})
    odd = {x.question.key: x.answer for x in asked(strange)}
    assert (odd["factor.users"], odd["factor.business"]) == ("9 nearly all", "-1 not at all")


# Follow-ups


def follow_ups() -> Incident:
    story = Story().declared(title="pay fails", priority=Priority.P1)
    for text, owner, due, state in (
        ("late", "leo", NOON - DAY, FollowUpState.OPEN),
        ("now", "leo", NOON, FollowUpState.OPEN),
        ("soon", "ana", NOON + 3 * DAY, FollowUpState.OPEN),
        ("far", "ana", NOON + 3 * DAY + SECOND, FollowUpState.OPEN),
        ("undated", "", None, FollowUpState.OPEN),
        ("done", "leo", NOON - 2 * DAY, FollowUpState.DONE),
    ):
        story.do(c.FollowUp(kind=FollowUpKind.TEST, text=text, owner=owner, due=due, state=state))
    return story.incident


def test_what_is_owed_by_its_date_and_for_how_long_it_is_late() -> None:
    incident = follow_ups()
    assert [one.item.text for one in owed([incident])] == ["late", "now", "soon", "far", "undated"]
    assert [one.item.text for one in owed([incident], everything=True)][0] == "done"
    late = {one.item.text: one.late(NOON) for one in owed([incident], everything=True)}
    assert late == {
        "done": None, "late": DAY, "now": timedelta(), "soon": None, "far": None, "undated": None,
    }  # fmt: skip
    assert digest_text(digest([incident], NOON), NOON) == (
        "Nobody: 1 to do\n  INC-1/F5  no date  undated\n\n"
        "ana: 1 to do\n  INC-1/F3  due 2026-11-23  soon\n\n"
        "leo: 2 to do\n  INC-1/F1  1 day 0 h late  late\n  INC-1/F2  0 s late  now"
    )
    assert list(digest([incident], NOON, timedelta(days=4))) == ["", "ana", "leo"]
    assert len(digest([incident], NOON, timedelta(days=4))["ana"]) == 2


def test_follow_ups_as_rows_of_a_table() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(owed([follow_ups()], everything=True)))))
    assert rows[0] == [
        "id",
        "incident",
        "title",
        "type",
        "priority",
        "owner",
        "due",
        "status",
        "url",
    ]
    assert rows[1] == ["INC-1/F6", "INC-1", "done", "test", "P1", "leo", "2026-11-18", "done", ""]
    assert rows[6][6] == ""


def test_a_ticket_carries_what_its_tracker_takes() -> None:
    incident = payments().incident
    by_text = {one.item.text: one for one in owed([incident], everything=True)}
    one, bare_one = by_text["test the pool"], by_text["nobody's"]
    body = (
        "test the pool\n\n- From incident INC-1 (P1): pay fails\n- Kind: test\n- Owner: leo\n"
        "- Due: 2026-11-27"
    )
    given = "\n\na.yml\n\n```\nx\n```\n\nb.py\n\n```\nx\n```"
    assert ticket(one, "github") == {
        "title": "test the pool",
        "body": f"{body}{given}\n\n<!-- warroom:INC-1/F2 -->",
        "labels": ["postmortem", "test"],
    }
    assert ticket(one, "gitlab") == {
        "title": "test the pool",
        "description": f"{body}{given}\n\n<!-- warroom:INC-1/F2 -->",
        "labels": "postmortem,test",
        "due_date": "2026-11-27",
    }
    plain = "\n\na.yml\n{noformat}\nx\n{noformat}\n\nb.py\n{noformat}\nx\n{noformat}"
    assert ticket(one, "jira") == {
        "fields": {
            "summary": "test the pool",
            "description": f"{body}{plain}",
            "issuetype": {"name": "Task"},
            "labels": ["postmortem", "test", "warroom-inc-1-f2"],
            "duedate": "2026-11-27",
        }
    }
    fields = ticket(bare_one, "jira", project="OPS")["fields"]
    assert isinstance(fields, dict)
    assert "duedate" not in fields
    assert fields["project"] == {"key": "OPS"}
    assert "due_date" not in ticket(bare_one, "gitlab")
    assert "- Owner: nobody yet\n- Due: no date yet" in str(ticket(bare_one, "github")["body"])
    cause = next(x for x in by_text.values() if x.item.kind is FollowUpKind.ROOT_CAUSE)
    assert ticket(cause, "jira")["fields"]["issuetype"] == {"name": "Bug"}  # type: ignore[index, call-overload]
    assert "- Kind: root cause" in str(ticket(cause, "github")["body"])


def test_titles_and_texts_stay_within_what_a_tracker_takes() -> None:
    story = Story().declared()
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="x" * 250))
    story.do(c.FollowUp(kind=FollowUpKind.TEST, text="y" * 251))
    first, second = owed([story.incident])
    assert ticket(first, "github")["title"] == "x" * 250
    assert ticket(second, "github")["title"] == "y" * 249 + "…"
    for name, text in (("a", "z" * 20_000), ("b", "z" * 4000), ("c", "z"), ("d", "\n")):
        story.do(c.Attach(facts=k.Attached(follow_up=1, name=name, text=text)))
    body = str(ticket(owed([story.incident])[0], "github")["body"])
    assert f"a\n\n```\n{'z' * 20_000}\n```" in body
    assert f"b\n\n```\n{'z' * 4000}\n```" in body
    assert "c is kept with INC-1/F1: it is too long for a ticket." in body
    ticks = "a ```` b"
    story.do(c.Attach(facts=k.Attached(follow_up=2, name="t", text=ticks)))
    body = str(ticket(owed([story.incident])[1], "github")["body"])
    assert f"`````\n{ticks}\n`````" in body
    story.do(c.Attach(facts=k.Attached(follow_up=2, name="t", text="{noformat} x")))
    jira = json.dumps(ticket(owed([story.incident])[1], "jira"))
    assert "{ noformat} x" in jira


# Words


@pytest.mark.parametrize(
    ("seconds", "short", "prose"),
    [
        (0, "0:00", "0 s"),
        (59, "0:59", "59 s"),
        (61, "1:01", "61 s"),
        (99, "1:39", "99 s"),
        (100, "1:40", "2 min"),
        (599, "9:59", "10 min"),
        (600, "10m", "10 min"),
        (3599, "59m", "60 min"),
        (3600, "1h 00m", "1 h 00 min"),
        (86_399, "23h 59m", "23 h 59 min"),
        (86_400, "1d 0h", "1 day 0 h"),
        (180_000, "2d 2h", "2 days 2 h"),
        (-61, "1:01", "61 s"),
    ],
)
def test_durations_change_their_form_at_their_limits(seconds: int, short: str, prose: str) -> None:
    assert spell.duration(seconds * SECOND) == short
    assert spell.in_prose(seconds * SECOND) == prose


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (1, 1, "100 %"),
        (0, 1, "0 %"),
        (1, 3, "33.3 %"),
        (5, 10_000, "0.1 %"),
        (4.9, 10_000, "<0.1 %"),
        (1, 100, "1.0 %"),
        (0.5, 1, "50.0 %"),
        (1, 0, "—"),
        (0, -1, "—"),
        (1, 0.5, "200.0 %"),
    ],
)
def test_shares_are_told_with_one_digit(part: float, whole: float, told: str) -> None:
    assert spell.share(part, whole) == told


def test_instants_say_their_day_when_it_is_another_one() -> None:
    assert spell.clock_time(NOON) == spell.clock_time(NOON, NOON + HOUR) == "12:00:00"
    assert spell.clock_time(NOON, NOON + DAY) == "20 Nov 12:00"
    assert [spell.count(n) for n in (0, 999, 1000, 1_234_567)] == ["0", "999", "1 000", "1 234 567"]
