"""Failing messages that say the same are one group."""

import numpy as np

from warroom.logs.analysis.groups import cluster, group, mask
from warroom.logs.table import Coded, Table


def test_what_varies_is_masked():
    line = "user 17 at 10.0.0.3:8080 read /var/lib/app/x.db in 3.5s id 2f9d3c1e-1111-4222-8333-444455556666"
    assert mask(line) == "user <n> at <ip> read <path> in <n>s id <uuid>"


def test_messages_group_and_the_variable_words_show():
    messages = [
        f"cannot reach database {name} after {n} tries"
        for n, name in enumerate(["a", "b", "c"] * 5)
    ]
    messages += ["out of memory"] * 4
    found = cluster(messages)
    assert [(template, len(places)) for template, places in found] == [
        ("cannot reach database <*> after <n> tries", 15),
        ("out of memory", 4),
    ]


def test_a_group_knows_when_and_in_which_release():
    count = 200
    release = np.arange(count, dtype=np.int32) % 2
    table = Table(
        at=np.arange(count, dtype=float),
        status=np.full(count, 500, np.uint16),
        weight=np.ones(count, np.float32),
        fields={"release": Coded(release, ["old", "new"])},
        messages=["cart 7 is gone", "cart 9 is gone", "pool exhausted"],
        message_rows=np.array([3, 7, 8]),
    )
    gone, pool = group(table)
    assert (gone.count, gone.first, gone.last, gone.release) == (2, 3.0, 7.0, "new")
    assert pool.release == "old"


def test_half_a_million_repetitions_cost_one_comparison():
    found = cluster(["timeout after 30 ms"] * 500_000)
    assert len(found) == 1
    assert len(found[0][1]) == 500_000
