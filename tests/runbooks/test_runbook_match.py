"""What is offered applies to the incident, in a fixed order, and says why."""

from warroom.runbooks.match import Boundary, Facts, Use, suggest
from warroom.runbooks.parse import parse

STEP = "---\n1. [ ] Read\n2. [ ] Do\n   ```sh run timeout=1s\n   x\n   ```\n"


def book(title, kind, head="services: [checkout]"):
    return parse(f"---\ntitle: {title}\nkind: {kind}\n{head}\n{STEP}")


def titles(books, **facts):
    return [s.runbook.title for s in suggest(books, Facts(service="checkout", **facts))]


def test_the_order_is_that_of_containment_whatever_speaks_for_one():
    books = [book(kind, kind) for kind in ("diagnose", "kill", "route", "rollback", "flag")]
    assert titles(books) == ["flag", "rollback", "route", "kill", "diagnose"]
    assert titles(books, boundary=[Boundary("upstream", "app-3", 0.99)]) == [
        "flag",
        "rollback",
        "route",
        "kill",
        "diagnose",
    ]


def test_a_runbook_of_another_service_or_of_other_labels_is_not_offered():
    books = [
        book("other", "flag", "services: [search]"),
        book("none", "flag", "owner: x"),
        book("east", "flag", "services: [checkout]\nlabels: {region: east}"),
        book("west", "flag", "services: [checkout]\nlabels: {region: west}"),
    ]
    assert titles(books, labels={"region": "east"}) == ["east"]
    assert titles(books) == ["east", "west"]


def test_one_for_every_service_needs_its_symptom():
    books = [
        book("pool", "kill", "services: ['*']\nsymptoms: ['ConnectionTimeoutError']"),
        book("general", "kill", "services: ['*']"),
    ]
    assert titles(books) == ["general"]
    assert titles(books, symptoms=["x ActiveRecord::ConnectionTimeoutError y"]) == [
        "pool",
        "general",
    ]


def test_one_for_every_service_needs_all_its_labels():
    books = [book("drain", "route", "services: ['*']\nlabels: {router: haproxy}")]
    assert titles(books) == []
    assert titles(books, labels={"router": "nginx"}) == []
    assert titles(books, labels={"router": "haproxy"}) == ["drain"]


def test_the_reason_names_change_boundary_symptom_and_history():
    rollback = book("back", "rollback", "services: [checkout]\nsymptoms: ['HTTP 502']")
    (found,) = suggest(
        [rollback],
        Facts(
            service="checkout",
            change="deploy 2026.11.20",
            change_seconds=13,
            boundary=[Boundary("release", "2026.11.20", 0.97)],
            symptoms=["HTTP 502 /api/checkout"],
            uses={"back": [Use("INC-3", True, 41.0)]},
        ),
    )
    assert found.reason == (
        "deploy 2026.11.20 13 s before the onset; 97 % of failures are release 2026.11.20; "
        "the log shows “HTTP 502 /api/checkout”; worked in 41 s in INC-3"
    )
    assert found.first_step.text == "Do"


def test_one_failing_line_of_three_is_no_reason():
    back = book("back", "rollback", "services: [checkout]\nsymptoms: ['HTTP 502']")
    for shown, reason in [
        (["HTTP 502", "a timeout", "another"], "made for checkout"),
        (["HTTP 502", "HTTP 502", "another"], "2 of 3 failing lines are like “HTTP 502”"),
    ]:
        (found,) = suggest([back], Facts(service="checkout", symptoms=shown))
        assert found.reason == reason


def test_what_took_no_time_worked_at_once():
    book_ = book("back", "rollback", "services: [checkout]\nsymptoms: ['HTTP 502']")
    for seconds, said in ((0.2, "worked at once in INC-3"), (0.6, "worked in 1 s in INC-3")):
        facts = Facts(service="checkout", uses={"back": [Use("INC-3", True, seconds)]})
        (found,) = suggest([book_], facts)
        assert said in found.reason


def test_a_change_long_before_or_after_the_onset_is_no_reason():
    for seconds in (-5.0, 8000.0):
        (found,) = suggest(
            [book("back", "rollback")],
            Facts(service="checkout", change="deploy", change_seconds=seconds),
        )
        assert "deploy" not in found.reason


def test_what_worked_before_comes_first_within_its_kind():
    books = [book("a", "route"), book("b", "route")]
    assert titles(books, uses={"b": [Use("INC-1", True, 9.0)]}) == ["b", "a"]


def test_a_hostile_line_cannot_hold_up_the_suggestion():
    books = [book("a", "kill", "services: ['*']\nsymptoms: ['a.*a.*a.*b']")]
    assert titles(books, symptoms=["a" * 100_000] * 10_000) == []
