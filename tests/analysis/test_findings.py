"""The whole answer on small tables made by hand."""

import json

import numpy as np
import pytest

from warroom.logs.analysis.findings import analyse
from warroom.logs.table import Coded, Table

START = 1_767_225_600.0  # 2026-01-01 00:00 UTC
ROUTES = ("/", "/cart", "/orders/{n}", "/pay", "/search?q={n}", "/login")
RELEASES = ("1.8.0", "1.9.0")


def table(share, *, count=40_000, seconds=7200, seed=1, background=0.002) -> Table:
    """Requests over two hours; `share(at, route, release)` gives the extra chance to fail."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.uniform(0, seconds, count))
    route = rng.integers(0, len(ROUTES), count)
    release = rng.integers(0, len(RELEASES), count)
    bad = rng.random(count) < np.maximum(share(at, route, release), background)
    number = rng.integers(1, 5000, count)
    paths: dict[str, int] = {}
    codes = [
        paths.setdefault(ROUTES[r].replace("{n}", str(n)), len(paths))
        for r, n in zip(route.tolist(), number.tolist(), strict=True)
    ]
    return Table(
        at=START + at,
        status=np.where(bad, 502, 200).astype(np.uint16),
        weight=np.ones(count, np.float32),
        fields={
            "path": Coded(np.array(codes, np.int32), list(paths)),
            "method": Coded(np.zeros(count, np.int32), ["GET"]),
            "release": Coded(release.astype(np.int32), RELEASES),
        },
        row=np.arange(-count, 0, dtype=np.int64),
        requests=count,
    )


def pair(at, route, release):
    return np.where((at > 4000) & (at < 5200) & (route == 3) & (release == 1), 0.6, 0)


def test_a_pair_is_named_with_its_onset_and_its_end():
    answer = analyse(table(pair))
    main = answer.main
    assert main is not None
    assert dict(main.boundary[0].fields) == {"route": "/pay", "release": "1.9.0"}
    assert main.onset.low <= START + 4000 <= main.onset.high
    assert main.end is not None
    assert abs(main.end.at - START - 5200) < 30
    assert "/pay on release 1.9.0" in main.sentences[1]


def test_rows_that_show_it_and_rows_that_do_not_fit():
    data = table(pair)
    main = analyse(data).main
    failing = {int(row) for row, status in zip(data.row, data.status, strict=True) if status == 502}
    assert set(main.shows) <= failing
    assert set(main.misfits) <= failing
    assert main.misfits
    assert not set(main.shows) & set(main.misfits)
    paths = data.fields["path"]
    shown = {paths.values[paths.codes[row + len(data.at)]] for row in main.shows}
    assert shown == {"/pay"}


def test_everything_is_said_where_everything_fails():
    main = analyse(table(lambda at, route, release: np.where(at > 6000, 0.3, 0))).main
    assert [part.fields for part in main.boundary] == [()]
    assert main.end is None
    assert "still going" in main.sentences[0]
    assert "evenly" in main.sentences[1]


def test_nothing_is_said_where_nothing_happened():
    answer = analyse(table(lambda at, route, release: np.zeros(len(at))))
    assert answer.main is None
    assert answer.as_json()["onset"] is None
    assert answer.as_json()["boundary"] == []
    assert answer.sentences[0].startswith("No onset in this log")


def test_a_route_that_always_fails_is_no_incident():
    answer = analyse(table(lambda at, route, release: np.where(route == 5, 0.2, 0)))
    assert answer.main is None


def test_two_causes_are_both_named():
    def both(at, route, release):
        late = (at > 4000) & (at < 5500)
        return np.where(late & (route == 1), 0.4, np.where(late & (route == 5), 0.5, 0))

    main = analyse(table(both)).main
    assert {dict(part.fields)["route"] for part in main.boundary} == {"/cart", "/login"}


def test_foreign_values_are_clean_in_sentences_and_raw_in_fields():
    data = table(pair)
    nasty = "1.9\x1b[2J"
    fields = dict(data.fields)
    fields["release"] = Coded(fields["release"].codes, ["1.8.0", nasty])
    hostile = Table(data.at, data.status, data.weight, None, fields, data.row, data.requests)
    main = analyse(hostile).main
    assert dict(main.boundary[0].fields)["release"] == nasty
    assert not any("\x1b" in sentence for sentence in main.sentences)


def test_an_empty_table_has_an_answer():
    empty = np.zeros(0)
    answer = analyse(Table(empty, empty.astype(np.uint16), empty.astype(np.float32)))
    assert answer.main is None


def test_a_field_can_be_left_out_and_the_log_narrowed():
    data = table(pair)
    without = analyse(data, without=["release"]).main
    assert dict(without.boundary[0].fields) == {"route": "/pay"}
    narrowed = analyse(data, where={"route": "/pay"}).main
    assert dict(narrowed.boundary[0].fields) == {"release": "1.9.0"}
    assert analyse(data, where={"route": "/cart"}).main is None


def test_an_unknown_field_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no field 'planet'; it has .*release"):
        analyse(table(pair), where={"planet": "mars"})


def test_a_chosen_window_is_compared_with_the_rest():
    main = analyse(table(pair), window=(START + 4200, START + 4900)).main
    assert (main.onset.at, main.end.at) == (START + 4200, START + 4900)
    assert dict(main.boundary[0].fields) == {"route": "/pay", "release": "1.9.0"}
    assert analyse(table(pair), window=(START + 100, START + 900)).main is None


def test_bursts_are_told():
    def loop(at, route, release):
        return np.where((at > 3000) & (at < 6000) & (at % 300 < 80), 0.6, 0)

    main = analyse(table(loop)).main
    assert main.bursts
    assert "in bursts" in main.sentences[0]
    assert not analyse(table(pair)).main.bursts


def test_values_of_one_field_are_told_as_a_set():
    def both(at, route, release):
        return np.where((at > 4000) & (at < 5500) & ((route == 1) | (route == 5)), 0.5, 0)

    main = analyse(table(both)).main
    assert len(main.boundary) == 2
    assert " and " in main.sentences[1]
    assert "/cart (" in main.sentences[1]
    assert "/login (" in main.sentences[1]


def test_the_answer_for_a_program():
    said = analyse(table(pair)).as_json()
    json.dumps(said)  # plain values only
    assert set(said) >= {
        "onset",
        "boundary",
        "histogram",
        "groups",
        "changes",
        "outcomes",
        "sampled",
    }
    assert set(said["onset"]) == {"at", "low", "high", "end", "before", "after"}
    assert said["onset"]["before"] < 0.02 < 0.5 < said["onset"]["after"]
    first = said["boundary"][0]
    assert set(first) == {"fields", "coverage", "lift", "failures", "requests", "sentence"}
    assert first["fields"] == {"route": "/pay", "release": "1.9.0"}
    assert sum(said["histogram"]["total"]) == 40_000
    assert {one["kind"]: one["found"] for one in said["outcomes"]} == {
        "5xx": True,
        "499": False,
        "4xx": False,
    }


def test_sampled_denominators_are_said_to_be_so():
    data = table(pair)
    failing = data.status >= 500
    kept = np.flatnonzero(failing | (np.arange(len(data.at)) % 4 == 0))
    thinned = Table(
        at=data.at[kept],
        status=data.status[kept],
        weight=np.where(failing[kept], 1, 4).astype(np.float32),
        fields={name: Coded(one.codes[kept], one.values) for name, one in data.fields.items()},
        row=data.row[kept],
        requests=len(data.at),
        sampled=True,
    )
    answer = analyse(thinned)
    assert dict(answer.main.boundary[0].fields) == {"route": "/pay", "release": "1.9.0"}
    assert answer.main.failures == analyse(data).main.failures
    assert any("sampled" in note for note in answer.notes)


def test_application_logs_are_judged_by_their_level():
    count = 20_000
    rng = np.random.default_rng(4)
    at = np.sort(rng.uniform(0, 3600, count))
    logger = rng.integers(0, 4, count).astype(np.int32)
    bad = rng.random(count) < np.where((at > 2000) & (logger == 2), 0.5, 0.001)
    data = Table(
        at=START + at,
        status=np.zeros(count, np.uint16),
        weight=np.ones(count, np.float32),
        fields={
            "level": Coded(bad.astype(np.int32), ["info", "error"]),
            "logger": Coded(logger, ["web", "db", "mail", "jobs"]),
            "exception": Coded(np.where(bad, 0, -1).astype(np.int32), ["IOError", "X"]),
        },
    )
    main = analyse(data).main
    assert main.kind == "errors"
    assert dict(main.boundary[0].fields) == {"logger": "mail"}
    assert sum(analyse(data).histogram.failed) == bad.sum()


def test_an_upstream_that_always_fails_does_not_answer_for_another_incident():
    rng = np.random.default_rng(8)
    data = table(lambda at, route, release: np.where((at > 4000) & (route == 3), 0.25, 0))
    upstream = rng.integers(0, 5, len(data.at)).astype(np.int32)
    sick = (upstream == 2) & (rng.random(len(data.at)) < 0.3)
    both = Table(
        at=data.at,
        status=np.where(sick, 502, data.status).astype(np.uint16),
        weight=data.weight,
        fields={**data.fields, "upstream": Coded(upstream, list("abcde"))},
        row=data.row,
    )
    main = analyse(both).main
    assert [dict(part.fields) for part in main.boundary] == [{"route": "/pay"}]


def test_a_share_that_wanders_from_stretch_to_stretch_is_no_incident():
    def wandering(at, route, release):
        # calm from bucket to bucket, three times the usual in one stretch of three minutes
        wild = np.exp(np.random.default_rng(3).normal(0, 0.35, 200))
        return 0.03 * wild[(at // 180).astype(int)]

    found = [analyse(table(wandering, seed=seed), kinds=["5xx"]).main for seed in range(6)]
    assert sum(one is not None for one in found) <= 1  # all of them, without the slow scale


def test_pure_chance_over_many_values_is_no_incident():
    rng = np.random.default_rng(6)
    count = 6_000
    for _ in range(10):
        fields = {
            name: Coded(
                rng.integers(0, size, count).astype(np.int32), [str(i) for i in range(size)]
            )
            for name, size in (("a", 5), ("b", 40), ("c", 100), ("d", 300))
        }
        data = Table(
            at=START + np.sort(rng.uniform(0, 7200, count)),
            status=np.where(rng.random(count) < 0.03, 500, 200).astype(np.uint16),
            weight=np.ones(count, np.float32),
            fields=fields,
        )
        assert analyse(data).main is None


def test_a_shift_of_the_mix_is_no_incident():
    """The route that fails by a tenth on any day is asked for six times as often for a while."""
    rng = np.random.default_rng(9)
    data = table(lambda at, route, release: np.where(route == 5, 0.1, 0))
    at = data.at - START
    login = data.fields["path"].codes == list(data.fields["path"].values).index("/login")
    keep = np.flatnonzero(~login | ((at > 4000) & (at < 5200)) | (rng.random(len(at)) < 1 / 6))
    shifted = Table(
        at=data.at[keep],
        status=data.status[keep],
        weight=data.weight[keep],
        fields={name: Coded(one.codes[keep], one.values) for name, one in data.fields.items()},
    )
    assert analyse(shifted).main is None


def test_a_log_that_fails_for_most_of_its_time_still_has_an_onset():
    def most(at, route, release):
        return np.where((at > 2400) & (route == 3) & (release == 1), 0.8, 0.0)

    for length, seed in ((7200, 1), (7200, 2), (18_000, 3)):
        main = analyse(table(most, count=8000, seconds=length, seed=seed)).main
        assert main.onset.at == pytest.approx(START + 2400, abs=90)
        assert dict(main.boundary[0].fields) == {"route": "/pay", "release": "1.9.0"}
    everything = analyse(table(lambda at, *_: np.where(at > 2000, 0.6, 0.0), count=8000)).main
    assert everything.onset.at == pytest.approx(START + 2000, abs=20)
    assert not everything.boundary[0].fields


def test_a_steady_share_has_no_onset_however_high():
    for seed in range(5):
        assert analyse(table(lambda *_: 0.3, count=8000, seed=seed)).main is None
