"""The service map, and requests made from pinned lines."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.core.events import Excerpt
from warroom.core.requests import as_curl, as_http, request_of
from warroom.core.services import Service, ServiceMap


def chart(**needs: tuple[str, ...]) -> ServiceMap:
    return ServiceMap(services={n: Service(name=n, depends_on=d) for n, d in needs.items()})


SHOP = chart(
    web=("shop", "login"), shop=("database", "payments"), login=("database",), mail=("queue",)
)


def test_the_blast_radius_reaches_through_others() -> None:
    hits = SHOP.blast_radius("database")
    assert [(h.name, h.distance, h.through) for h in hits] == [
        ("login", 1, "database"),
        ("shop", 1, "database"),
        ("web", 2, "login"),
    ]
    assert SHOP.blast_radius("web") == ()
    assert [(b.depth, b.name, b.again) for b in SHOP.tree("database")] == [
        (0, "database", False),
        (1, "login", False),
        (2, "web", False),
        (1, "shop", False),
        (2, "web", True),
    ]


def test_what_others_stand_on_is_repaired_first() -> None:
    assert SHOP.fix_order(["web", "shop", "database", "mail"]) == (
        ("database", "mail"),
        ("shop",),
        ("web",),
    )
    # Through one that needs no repair the order holds as well.
    assert SHOP.fix_order(["web", "database"]) == (("database",), ("web",))


def test_a_circle_is_one_group_and_said_so() -> None:
    ring = chart(a=("b",), b=("a",), c=("a",))
    assert ring.circles() == ("a", "b")
    assert ring.fix_order(["a", "b", "c"]) == (("a", "b"), ("c",))
    assert [h.name for h in ring.blast_radius("a")] == ["b", "c"]
    assert len(ring.tree("a")) == 4


graphs = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=4).map(tuple)
)


@settings(max_examples=200, deadline=None)
@given(graphs)
def test_every_map_has_an_order_in_which_nothing_waits_for_a_later_one(needs) -> None:
    found = chart(**needs)
    groups = found.fix_order(found.names())
    flat = [name for group in groups for name in group]
    assert sorted(flat) == sorted(found.names())
    place = {name: number for number, group in enumerate(groups) for name in group}
    for name in flat:
        for other in found.reaches(name):
            circle = name in found.reaches(other)
            assert place[other] < place[name] or (circle and place[other] == place[name])
    for name in found.names():
        hits = {h.name for h in found.blast_radius(name)}
        assert hits == {n for n in found.names() if name in found.reaches(n) and n != name}
        assert found.tree(name)


def excerpt(text: str) -> Excerpt:
    return Excerpt(source="a.log", offset=0, sha256="0" * 64, text=text)


@pytest.mark.parametrize(
    ("line", "method", "path"),
    [
        (
            '1.2.3.4 - - [x] "POST /api/export?fmt=pdf HTTP/1.1" 500 12',
            "POST",
            "/api/export?fmt=pdf",
        ),
        ('{"method": "GET", "path": "/a b", "status": 500}', "GET", "/ab"),
        ("12:00 ERROR GET /reports/7 failed", "GET", "/reports/7"),
        ('"GET https://shop.example/x?y=1 HTTP/1.1" 500', "GET", "/x?y=1"),
        ('"GET //evil.example/x HTTP/1.1" 500', "GET", "/evil.example/x"),
    ],
)
def test_a_line_becomes_a_request(line: str, method: str, path: str) -> None:
    found = request_of(excerpt(line))
    assert (found.method, found.path) == (method, path)


def test_a_line_without_a_request_is_none() -> None:
    for line in ("pool exhausted", "GET", '"FETCH /x HTTP/1.1"', ""):
        assert request_of(excerpt(line)) is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_path_escapes_its_shell_word_or_its_line(path: str) -> None:
    found = request_of(excerpt(f'"GET /{path} HTTP/1.1" 500'))
    if found is None:
        return
    words = shlex.split(as_curl(found, "https://staging.example"))
    assert len(words) == 10
    assert words[-1].startswith("https://staging.example/")
    assert not words[-1].startswith("https://staging.example//")
    assert as_http(found, "https://s.example").count("\n") == 2
