"""Answers are typed and checked; they reach a step as data, and no name can steer a program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.params import HIDDEN, resolve, step_environment
from warroom.runbooks.parse import parse
from warroom.runbooks.run import run_block


def params(yaml):
    return parse(f"---\nparams: {yaml}\n---\n- x\n").params


@pytest.mark.parametrize(
    ("yaml", "value", "why"),
    [
        ("{n: {type: int, min: 1, max: 9}}", "0", "at least 1"),
        ("{n: {type: int, min: 1, max: 9}}", "10", "at most 9"),
        ("{n: {type: int}}", "1; id", "whole number"),
        ("{n: {choices: [a, b]}}", "c", "one of a, b"),
        ("{n: {type: release}}", "../../etc", "release"),
        ("{n: {type: release}}", "--upload-pack=x", "release"),
        ("{n: {type: release}}", "v1 v2", "release"),
        ("{n: {type: host}}", "a b", "host name"),
        ("{n: {type: host}}", "http://x", "host name"),
        ("{n: {type: text}}", "-rf", "option"),
        ("{n: {type: text}}", "a\nb", "control character"),
        ("{n: {type: text}}", "a\x1b[2Jb", "control character"),
        ("{n: {type: text}}", "a\0b", "control character"),
        ("{n: {type: text, pattern: '[a-z]+'}}", "abc1", "must match"),
        ("{n: {type: text}}", "x" * 5000, "longer"),
        ('{n: {type: text, ask: "Which?"}}', "", "Which?"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_reason(yaml, value, why):
    with pytest.raises(RunbookError, match=why.replace("?", r"\?")):
        resolve(params(yaml), {"n": value})


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("{n: {type: int}}", "-3"),
        ("{n: {type: release}}", "2026.11.20"),
        ("{n: {type: release}}", "feature/x-1@abc+2"),
        ("{n: {type: host}}", "app-1.example.org:8080"),
        ("{n: {type: host}}", "[::1]:80"),
        ("{n: {type: host}}", "127.0.0.1"),
        ("{n: {choices: [on, off]}}", "off"),
        ("{n: {type: text}}", "it's $HOME `id` \u00e4"),
        ("{n: {type: text, optional: true}}", ""),
    ],
)
def test_a_right_answer_arrives_as_it_is(yaml, value):
    assert resolve(params(yaml), {"n": value}).env == {"n": value}


def test_a_default_takes_facts_and_offers_nothing_where_one_is_unknown():
    asked = params('{r: {type: release, default: "${previous_release}"}}')
    assert resolve(asked, {}, facts={"previous_release": "1.2"}).env == {"r": "1.2"}
    with pytest.raises(RunbookError, match="Answer missing"):
        resolve(asked, {})


def test_a_fact_is_checked_like_an_answer():
    asked = params('{r: {type: release, default: "${previous_release}"}}')
    with pytest.raises(RunbookError, match="Answer refused"):
        resolve(asked, {}, facts={"previous_release": "-x; rm"})


def test_an_answer_nobody_asked_for_is_refused():
    with pytest.raises(RunbookError, match="Unknown parameter"):
        resolve(params("{n: x}"), {"n": "1", "PATH": "/tmp"})


def test_a_secret_comes_from_the_environment_only_and_is_never_shown():
    asked = params("{t: {type: secret, env: DEPLOY_TOKEN}}")
    values = resolve(asked, {}, environ={"DEPLOY_TOKEN": "hunter2hunter2"})
    assert values.env == {"t": "hunter2hunter2"}
    assert values.shown == {"t": HIDDEN}
    assert values.secrets == ("hunter2hunter2",)
    with pytest.raises(RunbookError, match="only"):
        resolve(asked, {"t": "typed-secret"}, environ={"DEPLOY_TOKEN": "hunter2hunter2"})
    for unusable in ({}, {"DEPLOY_TOKEN": "abc"}):
        with pytest.raises(RunbookError, match="Secret missing"):
            resolve(asked, {}, environ=unusable)


def test_a_step_inherits_an_allow_list_only():
    values = resolve(params("{release: x}"), {"release": "1"})
    environ = {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x", "LD_PRELOAD": "y", "HOME": "/h"}
    env = step_environment(values, state={"weight": "100"}, environ=environ)
    assert env == {
        "PATH": "/bin",
        "HOME": "/h",
        "TERM": "dumb",
        "release": "1",
        "state_weight": "100",
    }


META = ["$(touch pwned)", "`touch pwned`", "; touch pwned", "| touch pwned", "&& touch pwned"]
META += ["> pwned", "$IFS", "${x:=y}", "'\"", "\\", "*", "?", "~", "!!", "%s%n", "a b", "{1..9}"]


@settings(max_examples=25, deadline=None)
@given(
    st.one_of(
        st.sampled_from(META),
        st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40),
    ).filter(lambda text: not text.startswith("-"))
)
def test_a_hostile_answer_is_only_text(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("step")
    book = parse(
        "---\nkind: kill\nparams: {value: x}\n---\n1. [ ] x\n"
        "   ```sh run timeout=5s\n   printf '%s' \"$value\"\n   ```\n"
    )
    values = resolve(book.params, {"value": value})
    outcome = run_block(book.steps[0].run, step_environment(values), timeout=5, cwd=str(folder))
    assert outcome.succeeded
    assert outcome.head == value
    assert list(folder.iterdir()) == []
