"""SQL steps: values are bound, time is bounded on the server too, and a no is a no."""

import threading
import time

import pytest

from warroom.core.words import Outcome as Kind
from warroom.core.words import StepAction
from warroom.runbooks.model import Block, Language
from warroom.runbooks.run import run_block
from warroom.runbooks.sql import statements

pytestmark = pytest.mark.postgres


def run(postgres, code, role=StepAction.RUN, timeout=5, cancel=None, **env):
    return run_block(
        Block(Language.SQL, code, None, {}, 1),
        {"database_url": postgres.url, **env},
        timeout=timeout,
        role=role,
        cancel=cancel,
    )


def test_rows_are_shown_and_values_are_bound(postgres):
    hostile = "x'; drop table users; --"
    outcome = run(postgres, "select $name::text as name, 5 % 3 as rest;", name=hostile)
    assert outcome.head == f"name | rest\n{hostile} | 2\n(1 rows)\n"


def test_several_statements_each_stand_alone(postgres):
    outcome = run(
        postgres,
        "create table t (a int);\ninsert into t values (1);\n-- a remark; with a semicolon\n"
        "do $$ begin perform 1; end $$;\nalter system set work_mem = '5MB';\nselect * from t;",
    )
    assert outcome.succeeded, outcome.reason
    assert outcome.head.endswith("a\n1\n(1 rows)\n")
    assert not run(
        postgres, "insert into t values (2); select 1/0; insert into t values (3)"
    ).succeeded
    assert postgres.query("select a from t order by a") == [(1,), (2,)]


@pytest.mark.parametrize(
    "code",
    ["select $$a $name b$$", "select 'a $name b'", "select E'\\'$name'", "select 1 -- $name"],
)
def test_a_value_is_bound_nowhere_inside_another_literal(postgres, code):
    outcome = run(postgres, code, name="$$; select 'out' --")
    assert outcome.succeeded, outcome.reason
    assert "out" not in outcome.head


def test_the_state_before_is_a_column(postgres):
    outcome = run(postgres, "select 'work_mem=' || current_setting('work_mem') as warroom_state")
    assert outcome.state == {"work_mem": postgres.query("show work_mem")[0][0]}


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("select true", True),
        ("select 1", True),
        ("select 'x'", True),
        ("select false", False),
        ("select 0", False),
        ("select null", False),
        ("select 1 where false", False),
    ],
)
def test_a_verification_must_answer_yes(postgres, code, good):
    assert run(postgres, code, StepAction.VERIFY).succeeded is good
    assert run(postgres, code, StepAction.RUN).succeeded


def test_time_is_up_on_the_server_too(postgres):
    outcome = run(postgres, "select pg_sleep(30)", timeout=0.3)
    assert outcome.kind is Kind.TIMED_OUT
    assert postgres.query(
        "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
    ) == [(0,)]


def test_a_query_can_be_stopped(postgres):
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    began = time.monotonic()
    assert run(postgres, "select pg_sleep(30)", cancel=cancel).kind is Kind.CANCELLED
    assert time.monotonic() - began < 4


def test_no_database_is_a_failure_without_the_password():
    outcome = run_block(
        Block(Language.SQL, "select 1", None, {}, 1),
        {"database_url": "postgresql://a:hunter2hunter2@127.0.0.1:1/x"},
        timeout=2,
        secrets=["hunter2hunter2"],
    )
    assert outcome.kind is Kind.FAILED
    assert "hunter2" not in repr(outcome)


def test_statements_are_split_where_sql_splits_them():
    assert [s.strip() for s in statements("a; b ';' c; \"d;\" ; $x$ ; $x$ /* ; */ e -- ;\n;")] == [
        "a",
        "b ';' c",
        '"d;"',
        "$x$ ; $x$ /* ; */ e -- ;",
        "",
    ]
