"""Where the lint points, how texts are merged and completed, and requests as texts to send again."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.core.events import Excerpt
from warroom.core.journal import JournalError
from warroom.core.lint import (
    RULES,
    SECTIONS,
    Finding,
    actions,
    lint,
    lint_sentence,
    names,
)
from warroom.core.merge import END, MINE, THEIRS, Keep, merge
from warroom.core.regression import Failing, Share, as_file, file_name, wanted
from warroom.core.requests import Request, as_curl, as_http, request_of, request_to
from warroom.core.services import Branch, Metrics, Service, ServiceMap
from warroom.core.templates import apply_template, template_for, what_it_adds

# The lint


def places(text: str, rule: str, **more: object) -> list[tuple[int, str]]:
    """Line and the words that the findings of a rule point at."""
    lines = text.split("\n")
    return [
        (found.line, lines[found.line - 1][found.start : found.end])
        for found in lint(text, **more)  # type: ignore[arg-type]
        if found.rule == rule
    ]


def test_a_finding_points_at_its_words() -> None:
    text = (
        "# T\n\n## Impact\n\nFine.\n- It was human error, said Leo\n\n"
        "## Follow-ups\n\n  2. [ ] Be more careful, owner leo, due 2026-12-01\n> ! two here\n"
    )
    assert places(text, "blame") == [(6, "human error")]
    assert places(text, "name", people=("leo",)) == [(6, "Leo")]
    assert places(text, "vague") == [(10, "Be more careful")]
    assert places(text, "unmerged") == [(11, "> ! two here")]
    secret = text.index("Fine")
    assert places(text, "secret", secrets=lambda _: [(secret, "Fi")]) == [(5, "Fi")]
    assert places(text, "secret", secrets=lambda _: [(0, "# T")]) == [(1, "# T")]
    referring = text.replace("Fine.", "Fine [T7].")
    assert places(referring, "reference", entries=()) == [(5, "[T7]")]
    assert places(referring, "reference") == []
    assert places("## Impact\n\nLeo forgot it", "blame", people=("leo",)) == [
        (3, "Leo forgot"),
    ]  # fmt: skip


def test_what_is_about_a_whole_line_or_text_points_at_no_words() -> None:
    text = "## Follow-ups\n\nagreed:\n- [ ] Delete flag 1\n  - detail of it\n"
    found = {x.rule: (x.line, x.start, x.end) for x in lint(text)}
    assert found == {
        "owner": (4, 0, 0), "due": (4, 0, 0), "count": (5, 0, 0), "section": (5, 0, 0),
        "detection": (5, 0, 0),
    }  # fmt: skip
    assert {x.line for x in lint("")} == {1}
    counted = [x.message for x in lint(text) if x.rule == "count"]
    assert counted == [f"one action: {RULES['count']}"]
    assert [x.message.split(":")[0] for x in lint("") if x.rule == "count"] == ["0 actions"]
    assert len([x for x in lint("") if x.rule == "section"]) == len(SECTIONS)


@pytest.mark.parametrize(("many", "said"), [(1, True), (2, False), (4, False), (5, True)])
def test_two_to_four_actions_are_right(many: int, said: bool) -> None:
    text = "## Follow-ups\n\n" + "- [ ] Delete flag 7, owner ana, due 2026-12-01\n" * many
    assert ("count" in {x.rule for x in lint(text)}) is said
    assert len(actions(text)) == many
    assert ("count" in {x.rule for x in lint(text.replace("Follow-ups", "Impact"))}) is True


def test_actions_are_the_items_of_their_section() -> None:
    text = "- no\n## Action items\n\nwords\n- [ ] one\n* [x] two\n  - deeper\n3) three\n-\n## Impact\n- no\n"
    assert actions(text) == ((5, "one"), (6, "two"), (8, "three"))
    assert actions("### Follow-ups\n- deeper heading\n") == ()
    assert actions("## Follow-ups\n### Now\n- under a smaller heading\n") == (
        (3, "under a smaller heading"),
    )  # fmt: skip


def test_a_section_counts_when_it_holds_something() -> None:
    def missed(text: str) -> set[str]:
        return {x.message for x in lint(text) if x.rule == "section"}

    assert "no “Impact”" in missed("## Impact\n\n## Summary\n\nx\n")
    assert "no “Summary”" not in missed("## Impact\n\n## Summary\n\nx\n")
    assert "no “Impact”" not in missed("## Impact\n\n### Users\n")
    assert "no “Timeline”" not in missed("## Chronology\n\n- 14:02 x\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The alert fired at 14:02.", False),
        ("It was detected after 4 min.", False),
        ("The alert fired.", True),
        ("It was 14:02.", True),
        ("> detected at 14:02", True),
        ("It was detected.\nAt 14:02.", True),
    ],
)
def test_detection_needs_how_and_when_in_one_line(text: str, said: bool) -> None:
    assert ("detection" in {x.rule for x in lint(text)}) is said


def test_quotations_headings_and_the_record_are_not_looked_at_for_wording() -> None:
    for text in ("> human error", "## human error", "## Timeline\n\nhuman error"):
        assert "blame" not in {x.rule for x in lint(text)}
    assert "blame" in {x.rule for x in lint("human error")}
    # What is meant to be done is looked at as an action only where actions stand, in items.
    for section, item, said in (
        ("Prevention", "- Be more careful", True),
        ("Prevention", "Improve monitoring", False),
        ("Follow-ups", "- Improve monitoring", True),
        ("Impact", "- Improve monitoring", False),
    ):
        assert ("vague" in {x.rule for x in lint(f"## {section}\n\n{item}")}) is said


def test_an_action_of_words_that_fit_any_incident_is_vague() -> None:
    (found,) = lint_sentence("improve monitoring alerts", action=True)
    assert (found.rule, found.start) == ("vague", 2)
    assert lint_sentence("improve monitoring of checkout above 2 %", action=True) == ()
    (generic,) = lint_sentence("update the documentation", action=True)
    assert generic.message == f"“update the documentation” fits any incident: {RULES['vague']}"
    assert (generic.start, generic.end) == (2, 26)
    assert lint_sentence("...", action=True) == ()
    assert [x.rule for x in lint_sentence("human error", action=True)] == ["blame"]
    many = lint_sentence("human error, careless, stupid")
    assert [x.rule for x in many] == ["blame"]  # once a line is enough


def test_only_the_beginning_of_a_very_long_line_is_looked_at() -> None:
    assert lint_sentence("x" * 988 + " human error")
    assert not lint_sentence("x" * 989 + " human error")  # its last letter is beyond


def test_owners_and_the_head_name_people_and_prose_does_not() -> None:
    def named(text: str) -> list[str]:
        return [words for _, words in places(text, "name", people=("leo", "leo-ann"))]

    assert named("## Impact\n\nleo and Leo-Ann saw it") == ["leo", "Leo-Ann"]
    assert named("- commander leo") == []
    assert named("## Follow-ups\n\n- test it, owner: leo, leo") == ["leo"]
    assert named("## Follow-ups\n\n- test it @leo") == []
    assert named("## Impact\n\nleopard, x-leo") == []
    assert places("## Impact\n\nleo", "name") == []
    assert names(["ana", " leo ", "al", "12345", "Root", "spike watch"], ["ana"]) == {"ana", "leo"}


def test_findings_come_line_by_line() -> None:
    found = lint("human error\n\nhuman error, careless\n## Follow-ups\n- Be careful\n")
    assert list(found) == sorted(found, key=lambda x: (x.line, x.start, x.rule))
    assert isinstance(found[0], Finding)


# Merging


BASE = "# T\nhead\n## A\na1\na2\na3\n## B\nb1\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "merged", "clashes"),
    [
        (BASE, BASE.replace("a1", "x"), BASE.replace("a1", "x"), 0),
        (BASE.replace("a1", "x"), BASE, BASE.replace("a1", "x"), 0),
        (BASE.replace("a1", "x"), BASE.replace("a3", "y"), BASE.replace("a1", "x").replace("a3", "y"), 0),
        (BASE.replace("a1", "x"), BASE.replace("a1", "x"), BASE.replace("a1", "x"), 0),
        (BASE.replace("a1\n", ""), BASE.replace("b1", "y"), BASE.replace("a1\n", "").replace("b1", "y"), 0),
        (
            BASE.replace("a1", "x").replace("a3", "z"),
            BASE.replace("a1", "x").replace("b1", "y"),
            BASE.replace("a1", "x").replace("a3", "z").replace("b1", "y"),
            0,
        ),
        # A new section of one side, behind what precedes it there.
        (
            BASE.replace("## B\n", "## M\nm\n## B\n"),
            BASE.replace("b1", "y"),
            BASE.replace("## B\n", "## M\nm\n## B\n").replace("b1", "y"),
            0,
        ),
        (
            BASE.replace("b1", "y"),
            BASE.replace("## B\n", "## M\nm\n## B\n"),
            BASE.replace("## B\n", "## M\nm\n## B\n").replace("b1", "y"),
            0,
        ),
        # A section that both removed is gone; one that one removed and the other left as well.
        (BASE.replace("## A\na1\na2\na3\n", ""), BASE.replace("b1", "y"), "# T\nhead\n## B\ny\n", 0),
        (BASE.replace("b1", "y"), BASE.replace("## A\na1\na2\na3\n", ""), "# T\nhead\n## B\ny\n", 0),
        (
            BASE.replace("## A\na1\na2\na3\n", "").replace("b1", "x"),
            BASE.replace("## A\na1\na2\na3\n", "").replace("head", "y"),
            "# T\ny\n## B\nx\n",
            0,
        ),
        # One that one removed and the other changed stays.
        (
            BASE.replace("## A\na1\na2\na3\n", ""),
            BASE.replace("a1", "x"),
            BASE.replace("a1", "x"),
            1,
        ),
        (
            BASE.replace("a1", "x"),
            BASE.replace("## A\na1\na2\na3\n", ""),
            BASE.replace("a1", "x"),
            1,
        ),
        (
            BASE.replace("a2", "x"),
            BASE.replace("a2", "y"),
            BASE.replace("a2", f"{MINE}\nx\n{THEIRS}\ny\n{END}"),
            1,
        ),
        # Changes that touch each other are one place.
        (
            BASE.replace("a1", "x"),
            BASE.replace("a2", "y"),
            BASE.replace("a1\na2", f"{MINE}\nx\na2\n{THEIRS}\na1\ny\n{END}"),
            1,
        ),
        (
            BASE.replace("a1", "x").replace("a3", "z"),
            BASE.replace("a2", "y"),
            BASE.replace("a1\na2\na3", f"{MINE}\nx\na2\nz\n{THEIRS}\na1\ny\na3\n{END}"),
            1,
        ),
        # A heading in code is none.
        (
            BASE.replace("a1", "```\n## B\n```"),
            BASE.replace("b1", "y"),
            BASE.replace("a1", "```\n## B\n```").replace("b1", "y"),
            0,
        ),
    ],
)  # fmt: skip
def test_two_texts_become_one(mine: str, theirs: str, merged: str, clashes: int) -> None:
    found = merge(BASE, mine, theirs)
    assert found.text == merged
    assert len(found.conflicts) == clashes


def test_where_both_wrote_one_side_can_be_kept() -> None:
    mine, theirs = BASE.replace("a2", "x"), BASE.replace("a2", "y")
    assert merge(BASE, mine, theirs, Keep.MINE).text == mine
    assert merge(BASE, mine, theirs, Keep.THEIRS).text == theirs
    (conflict,) = merge(BASE, mine, theirs).conflicts
    assert (conflict.section, conflict.mine, conflict.theirs) == ("A", ("x",), ("y",))
    gone = BASE.replace("## A\na1\na2\na3\n", "")
    (conflict,) = merge(BASE, gone, theirs).conflicts
    assert (conflict.section, conflict.mine) == ("A", ())
    assert conflict.theirs == ("## A", "a1", "y", "a3")
    (conflict,) = merge(BASE, mine, gone).conflicts
    assert conflict.theirs == ()


def test_people_far_apart_in_a_long_list_of_like_lines_never_meet() -> None:
    lines = [f"- {number}" for number in range(60)] * 5
    random.Random(1).shuffle(lines)
    mine, theirs = [*lines[:9], "x", *lines[9:]], [*lines[:290], "y", *lines[290:]]
    found = merge("\n".join(lines), "\n".join(mine), "\n".join(theirs))
    assert found.conflicts == ()
    assert found.text.split("\n") == [*lines[:9], "x", *lines[9:290], "y", *lines[290:]]


def test_sections_of_one_name_are_told_apart() -> None:
    base = "## A\none\n## A\ntwo\n"
    found = merge(base, base.replace("one", "1"), base.replace("two", "2"))
    assert (found.text, found.conflicts) == ("## A\n1\n## A\n2\n", ())
    both = merge("", "## N\nmine\n", "## N\ntheirs\n")
    assert "mine" in both.text
    assert "theirs" in both.text


# Templates


def test_what_a_template_adds_is_said_before_and_added_once() -> None:
    template = "# ignored\n\n## A\n\n> ? why?\n\n## New\n\n> ? how?\n\n\n## End\n"
    text = "# T\n\n## A\n\nwritten\n\n\n## B\n\nmore\n"
    made = apply_template(text, template)
    assert made == (
        "# T\n\n## A\n\nwritten\n> ? why?\n\n## New\n\n> ? how?\n\n## End\n\n\n## B\n\nmore\n"
    )
    assert what_it_adds(text, template) == "adds sections New, End and 2 questions"
    assert what_it_adds(made, template) == "adds nothing that is not there"
    assert what_it_adds(made, "## A\n\n> ? who?\n") == "adds 1 question"
    assert what_it_adds("", "## X\n") == "adds sections X"
    assert apply_template(made, template) == made
    assert apply_template("# T\n", "## X\n") == "# T\n## X\n"
    code = "# T\n\n```\n## A\n```\n"
    assert apply_template(code, "## A\n\n> ? why?\n") == f"{code}## A\n\n> ? why?\n"
    first = apply_template("# T\n\n## B\n\nmore\n", "## Z\n\n## B\n")
    assert first.index("## B") < first.index("## Z")


def test_a_template_is_found_by_client_by_category_or_for_all() -> None:
    assert template_for(["Client-Big-Bank"], "big bank", "x") == "Client-Big-Bank"
    assert template_for([], "a", "b") is None
    assert template_for(["default", "category-data"], "a", "data") == "category-data"


# Services


def test_a_tree_says_which_branch_is_the_last() -> None:
    found = ServiceMap(
        services={
            name: Service(name=name, depends_on=needs)
            for name, needs in {"a": ("db",), "b": ("db",), "c": ("a",), "d": ("b", "c")}.items()
        }
    )
    assert found.tree("db") == (
        Branch(depth=0, name="db", last=True),
        Branch(depth=1, name="a", last=False),
        Branch(depth=2, name="c", last=True),
        Branch(depth=3, name="d", last=True),
        Branch(depth=1, name="b", last=True),
        Branch(depth=2, name="d", last=True, again=True),
    )
    assert found.names() == ("a", "b", "c", "d", "db")
    assert found.reaches("d") == ("a", "b", "c", "db")
    assert found.get("unknown") == Service(name="unknown")


def test_after_a_fix_its_own_points_and_those_of_its_dependents_are_tested() -> None:
    def service(name: str, needs: tuple[str, ...] = ()) -> Service:
        return Service(name=name, depends_on=needs, integration_points=(f"{name} works",))

    found = ServiceMap(
        services={x.name: x for x in (service("db"), service("a", ("db",)), service("b", ("a",)))}
    )
    assert found.integration_points(["db", "a"]) == (
        ("db", "db works"), ("a", "a works"), ("b", "b works"),
    )  # fmt: skip
    assert found.integration_points(["b"]) == (("b", "b works"),)
    assert Metrics(url="http://p").range == 60.0  # a minute, as the manual says


# Requests


def excerpt(text: str) -> Excerpt:
    return Excerpt(source="a", offset=0, sha256="0", text=text)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('"GET /a HTTP/1.1" 500', ("GET", "/a")),
        ('"PATCH /a" 500', ("PATCH", "/a")),
        ('{"path":"/b","method":"PUT"}', ("PUT", "/b")),
        ('{"request_method" : "HEAD", "request_uri" : "/b?x=1"}', ("HEAD", "/b?x=1")),
        ('{"method":"GET"}', None),
        ("at 12:00 DELETE /a/b failed", ("DELETE", "/a/b")),
        ('"GET http://h.example HTTP/1.1"', ("GET", "/")),
        ('"GET http://h.example/p?q#f HTTP/1.1"', ("GET", "/p?q")),
        ('"GET ///x HTTP/1.1"', ("GET", "/x")),
        ('{"method":"GET"} GET /loose', None),
        ('"POST /first HTTP/1.1" {"method":"GET","path":"/second"}', ("POST", "/first")),
    ],
)
def test_a_line_tells_of_a_request_in_several_forms(
    line: str, found: tuple[str, str] | None
) -> None:
    request = request_of(excerpt(line))
    assert (request and (request.method, request.path)) == found


def test_a_path_of_any_length_is_not_sent() -> None:
    assert request_to("GET", "/" + "x" * 4095) == Request(method="GET", path="/" + "x" * 4095)
    assert request_to("GET", "/" + "x" * 4096) is None
    assert request_to("BREW", "/") is None
    found = request_to("GET", "/ü", (("A", "b"),))
    assert found == Request(method="GET", path="/%C3%BC", headers=(("A", "b"),))


def test_requests_as_a_shell_and_an_editor_send_them() -> None:
    get = Request(method="GET", path="/a?b=c d", headers=(("X-A", "it's"),))
    start = "curl -sS -i --globoff --path-as-is --max-time 30"
    assert as_curl(get, "") == (f"""{start} -X GET -H 'X-A: it'"'"'s' "$BASE_URL"'/a?b=c d'""")
    head = replace(get, method="HEAD", headers=())
    assert as_curl(head, "http://s") == f"{start} -I 'http://s/a?b=c d'"
    assert as_http(get, "") == "### from the evidence\nGET {{base}}/a?b=c d\nX-A: it's\n"
    post = Request(method="POST", path="/{{x}}")
    assert as_http(post, "http://s") == (
        "### from the evidence\nPOST http://s/%7B%7Bx}}\n"
        "\n# The access log does not keep the body: put it here.\n"
    )
    assert [Request(method=m, path="/").changes for m in ("GET", "HEAD", "PUT", "DELETE")] == [
        False, False, True, True,
    ]  # fmt: skip


def failing(**facts: object) -> Failing:
    known = {
        "request": Request(method="GET", path="/a"), "route": "GET /{id}", "status": 503,
        "before": Share(failed=0, asked=9), "during": Share(failed=5, asked=10),
        "after": Share(failed=1, asked=0), **facts,
    }  # fmt: skip
    return Failing(**known)  # type: ignore[arg-type]


def test_a_regression_request_says_what_the_log_told() -> None:
    one = failing()
    told = "GET /{id} was answered 503: 5 of 10 failed in the incident, 0 of 9 before it"
    assert one.told == told
    all_told = failing(after=Share(failed=0, asked=3), before=Share(failed=0, asked=0)).told
    assert all_told.endswith("5 of 10 failed in the incident, 0 of 3 after it")
    post = failing(request=Request(method="POST", path="/a"), route="POST /a")
    curl = as_file([one, post], "INC-1\nx", "curl", "http://s")
    body = "# The access log does not keep the body: add it with --data."
    assert curl.splitlines() == [
        "# INC-1␊x", "", f"# {told}", as_curl(one.request, "http://s"),
        "", f"# {post.told}", as_curl(post.request, "http://s"), body,
    ]  # fmt: skip
    http = as_file([post], "INC-1", "http")
    assert http == f"# INC-1\n\n# {post.told}\n{as_http(post.request, '')}"
    assert body not in http
    test = as_file(
        [one, replace(one, request=replace(one.request, headers=(("A", "b"),)))], 'a"\\', "pytest"
    )
    compile(test, "x", "exec")
    assert test.startswith('"""a\'/\n')
    assert "        {},\n" in test
    assert "            'A': 'b',\n" in test
    assert f"    # {told}\n" in test


def test_what_is_wanted_names_the_first_route_and_how_many_more() -> None:
    assert wanted([failing()]) == "Test that GET /{id} is not answered 5xx"
    assert wanted([failing()] * 3) == "Test that GET /{id} and 2 more is not answered 5xx"
    long = wanted([failing(route="x" * 300)])
    assert long.startswith("Test that " + "x" * 190)
    assert not long.startswith("Test that " + "x" * 191)
    assert file_name("INC-1", "pytest") == "test_inc_1.py"


def test_an_error_of_the_journal_says_what_and_what_to_do() -> None:
    error = JournalError("the disk is full", "Make room.")
    assert (str(error), error.what, error.hint) == (
        "the disk is full",
        "the disk is full",
        "Make room.",
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["", "x", "## A", "## B", "> ? why?", "```"]), max_size=10))
def test_a_template_applied_twice_adds_nothing(lines: list[str]) -> None:
    made = apply_template("\n".join(lines), "## A\n\n> ? how?\n\n## C\n")
    assert apply_template(made, "## A\n\n> ? how?\n\n## C\n") == made or "```" in lines
