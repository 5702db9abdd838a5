"""What changed: found in the log, ranked with what was declared, never called a cause."""

import numpy as np
from incidents import shapes
from tables import of_day

from warroom.logs.analysis.changes import Change, from_log, rank, sentence
from warroom.logs.analysis.edges import Edge
from warroom.logs.analysis.findings import analyse
from warroom.logs.analysis.prepare import prepare

ONSET = Edge(10_000.0, 9_990.0, 10_005.0)


def test_the_closest_comes_first_and_the_impossible_last():
    ranked = rank(
        [
            Change(9_400, "flag cart-v2 on", "flag"),
            Change(9_987, "deploy shop 2026.7.2", "deploy"),
            Change(10_300, "rollback", "deploy"),
        ],
        ONSET,
    )
    assert [one.change.text for one in ranked] == [
        "deploy shop 2026.7.2",
        "flag cart-v2 on",
        "rollback",
    ]
    assert not ranked[-1].possible
    assert "cannot be the cause" in ranked[-1].why
    assert sentence(ranked).endswith("(correlation, not proof)")
    assert "13 s before the onset" in sentence(ranked)


def test_the_release_that_fails_beats_a_closer_change():
    deploy = Change(9_500, "deploy", "deploy", ("2026.7.2",))
    ranked = rank([deploy, Change(9_990, "cron", "hand")], ONSET, [("release", "2026.7.2")])
    assert ranked[0].change is deploy
    assert "it is the failing slice" in ranked[0].why


def test_the_sentence_names_another_event_and_not_the_same_one_again():
    deploy = Change(9_987, "deploy shop 2026.7.2", "deploy", ("2026.7.2",))
    seen = Change(9_990, "first line of release 2026.7.2 (release)", "log", ("2026.7.2",))
    told = Change(9_980, "shop 2026.7.2 is out", "hand")
    flag = Change(9_400, "flag cart-v2 on", "flag")
    said = sentence(rank([deploy, seen, told, flag], ONSET))
    assert said.count("2026.7.2") == 1
    assert "Next: flag cart-v2 on" in said
    assert "Next" not in sentence(rank([deploy, seen], ONSET))
    assert "Next" not in sentence(rank([flag, Change(9_410, "flag cart-v2 on", "flag")], ONSET))
    # The same source twice, or the same words an hour before, are two events.
    back = Change(9_700, "deploy shop 2026.7.2 again", "deploy", ("2026.7.2",))
    assert "Next: deploy shop" in sentence(rank([deploy, back], ONSET))
    earlier = Change(6_387, "deploy shop 2026.7.2", "hand")
    assert "Next: deploy shop" in sentence(rank([deploy, earlier], ONSET))


def test_a_slow_rise_looks_further_back():
    old = Change(10_000 - 3 * 3600, "deploy", "deploy", ("2026.7.2",))
    near = Change(9_400, "cron", "hand")
    boundary = [("release", "2026.7.2")]
    assert rank([old, near], ONSET, boundary)[0].change is near
    assert rank([old, near], ONSET, boundary, ramp=True)[0].change is old


def test_the_log_shows_a_new_release_and_a_doubled_traffic():
    day = shapes.make("canary5", 3, requests=20_000)
    found = from_log(prepare(of_day(day)))
    assert any("2026.7.3-rc1" in change.values for change in found)
    busy = shapes.make("none_peak", 1, requests=20_000)
    assert any("traffic ×" in change.text for change in from_log(prepare(of_day(busy))))
    calm = shapes.make("none_noise", 1, requests=20_000)
    assert from_log(prepare(of_day(calm))) == ()


def test_a_declared_deploy_is_ranked_first_in_the_answer():
    day = shapes.make("release_route", 4, requests=40_000)
    declared = [Change(at, text, "deploy") for text, at in day.truth.changes]
    answer = analyse(of_day(day), declared=declared)
    first = answer.changes[0]
    assert "2026.7.2" in first.change.text
    assert "2026.7.2" in next(line for line in answer.sentences if "closest change" in line)


def test_foreign_text_is_cleaned():
    ranked = rank([Change(9_990, "deploy \x1b[2J", "hand")], ONSET)
    assert "\x1b" not in sentence(ranked)
    assert np.isfinite(ranked[0].points)
