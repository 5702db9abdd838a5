"""A runbook is plain Markdown; what it says is understood, and what it gets wrong has a line."""

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.core.words import ContainmentKind
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Language, ParameterType
from warroom.runbooks.parse import load, load_folder, parse

ROLLBACK = """\
---
title: Roll back checkout
kind: rollback
services: [checkout]
symptoms: ["HTTP 5\\\\d\\\\d .* /api/checkout"]
labels: {tier: web}
params: {release: {ask: "Release to return to", type: release, default: "${previous_release}"}}
blast_radius: "Every checkout request for about 20 s"
owner: team-shop
last_exercised: 2026-10-01
---
# Roll back

Some prose, which is no step.

1. [ ] Say in the channel that a rollback starts
2. [ ] Switch the release

   It takes about 20 s.

   ```sh precheck timeout=5s
   test -d "/srv/$release"
   ```
   ```sh run timeout=60s
   kubectl rollout undo deploy/checkout --to-revision="$release"
   ```
   ```sh undo timeout=1m
   kubectl rollout undo deploy/checkout --to-revision="$state_revision"
   ```
   ```verify timeout=5s
   kubectl rollout status deploy/checkout
   ```
   ```watch
   5xx_rate(route="/api/checkout") < 1% for 2m
   ```
   ```json
   {"an": "illustration"}
   ```
3. [x] Ask
   ```confirm
   Is the secondary
   in sync?
   ```
"""


def test_everything_the_head_and_the_steps_say_is_understood():
    book = parse(ROLLBACK)
    assert (book.title, book.kind) == ("Roll back checkout", ContainmentKind.ROLLBACK)
    assert book.services == ("checkout",)
    assert book.symptoms == (r"HTTP 5\d\d .* /api/checkout",)
    assert book.labels == {"tier": "web"}
    assert book.params["release"].type is ParameterType.RELEASE
    assert book.params["release"].default == "${previous_release}"
    assert book.last_exercised == date(2026, 10, 1)
    assert [step.text for step in book.steps] == [
        "Say in the channel that a rollback starts",
        "Switch the release",
        "Ask",
    ]
    first, switch, ask = book.steps
    assert first.run is None
    assert switch.detail == "It takes about 20 s."
    assert switch.run.code.startswith("kubectl rollout undo")
    assert (switch.run.timeout, switch.undo.timeout) == (60.0, 60.0)
    assert switch.verify.language is Language.SH
    assert switch.watch.hold == 120.0
    assert switch.watch.where == {"route": "/api/checkout"}
    assert ask.confirm == "Is the secondary in sync?"
    assert [step.ticked for step in book.steps] == [False, False, True]


def test_lines_are_those_of_the_file():
    book = parse(ROLLBACK)
    lines = ROLLBACK.split("\n")
    for step in book.steps:
        assert step.text in lines[step.line - 1]
    assert "sh run" in lines[book.steps[1].run.line - 1]
    assert "watch" in lines[book.steps[1].watch.line - 1]
    assert "params" in lines[book.params["release"].line - 1]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("# Deploy\n\n- [ ] one\n- [ ] two\n  - [ ] inner\n", ["one", "two", "inner"]),
        ("Intro\n\n1. one\n2. two\n\n- a remark\n", ["one", "two"]),
        ("- one\n- two\n", ["one", "two"]),
        ("* [x] done\n* [ ] open\n* a remark\n", ["done", "open"]),
        ("just prose\n", []),
        ("", []),
    ],
)
def test_a_plain_checklist_works_as_it_is(text, steps):
    book = parse(text, path="lists/deploy.md")
    assert [step.text for step in book.steps] == steps
    assert book.kind is ContainmentKind.OTHER
    assert all(step.run is None for step in book.steps)


def test_a_block_without_the_word_run_is_an_illustration():
    book = parse("1. Look\n   ```sh\n   rm -rf /\n   ```\n")
    assert book.steps[0].run is None
    assert book.first_runnable is None


def test_a_bare_undo_speaks_the_language_of_its_run():
    book = parse(
        "---\nkind: route\n---\n1. [ ] x\n"
        "   ```undo timeout=1s\n   set weight a/b 1\n   ```\n"
        "   ```haproxy run timeout=1s\n   set weight a/b 0\n   ```\n"
    )
    assert book.steps[0].undo.language is Language.HAPROXY


def test_the_title_is_the_first_heading_or_the_name_of_the_file():
    assert parse("# Drain\n- x\n").title == "Drain"
    assert parse("- x\n", path="a/drain-one.md").title == "drain-one"


def head(yaml: str) -> str:
    return f"---\n{yaml}\n---\n1. [ ] x\n"


def block(info: str, code: str = "true") -> str:
    return f"---\nkind: kill\n---\n1. [ ] x\n   ```{info}\n   {code}\n   ```\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (head("title: [a"), 2, "no YAML"),
        (head("kind: rolback"), 2, "rolback"),
        (head("title: a\nkind: kill\nkind: flag"), 4, "twice"),
        (head("services: {a: b}"), 2, "list"),
        (head("a: 1\nparams: {PATH: x}"), 3, "steers programs"),
        (head("params: {ld_preload: x}"), 2, "steers programs"),
        (head("params: {http_proxy: x}"), 2, "steers programs"),
        (head("params: {state_x: x}"), 2, "steers programs"),
        (head("params: {Release: x}"), 2, "lower-case"),
        (head("params: {t: {type: secret}}"), 2, "by which name"),
        (head("params: {t: {type: secret, env: T, default: hunter22}}"), 2, "default"),
        (head("params: {t: {typ: int}}"), 2, "no key"),
        (head("params: {t: {type: choice}}"), 2, "choices"),
        (head("symptoms: ['(a+)+b']"), 2, "repeated group"),
        (head("symptoms: ['(']"), 2, "regular expression"),
        (head("last_exercised: soon"), 2, "date"),
        (block("sh run timout=60s"), 5, "timout"),
        (block("sh run timeout=fast"), 5, "duration"),
        (block("sh run timeout=0s"), 5, "between"),
        (block("ruby run timeout=1s"), 5, "ruby"),
        (block("watch", "5xx_rate < much"), 5, "watch expression"),
        (block("watch", "magic < 1% for 1m"), 5, "magic"),
        (block("sh run undo=later"), 5, "undo"),
        (block("sh run", ""), 5, "empty"),
        (block("sh run") + "   ```sh run\n   x\n   ```\n", 8, "second run"),
        ("---\ntitle: x\n---\n1. [ ] x\n   ```sh run\n   a\n   ```\n", 1, "kind"),
    ],
)
def test_a_mistake_is_refused_with_its_line(text, line, says):
    with pytest.raises(RunbookError) as caught:
        parse(text, path="r.md")
    assert caught.value.msg.startswith(f"r.md:{line}: ")
    assert says in str(caught.value)
    assert caught.value.hint


def test_yaml_words_stay_words():
    book = parse(head("params: {mode: {choices: [on, off, no]}}"))
    assert book.params["mode"].choices == ("on", "off", "no")
    assert book.params["mode"].type is ParameterType.CHOICE


@pytest.mark.parametrize(
    "text",
    [
        "---\n" + "a: &a [*a]\n" + "---\n- x\n",
        "---\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nservices: *c\n---\n- x\n",
        "---\ntitle: !!python/object/apply:os.system [id]\n---\n- x\n",
        "---\n" + "[" * 5000 + "\n---\n- x\n",
        "> " * 3000 + "- x\n",
        "- " * 3000 + "x\n",
        "\ufeff---\r\ntitle: x\r\n---\r\n- a\r\n",
        "---\ntitle: x",
        "---",
        "1. [ ] x\n   ```sh run",
    ],
)
def test_odd_documents_are_read_or_refused_but_never_break(text):
    with contextlib.suppress(RunbookError):
        parse(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"-#`:[]{}()\"'\\|>*!&%@ \n\t", "---\n", "```", "sh run", "1. [ ] ", "params:", "\0"]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_breaks_the_parser(text):
    for document in ("---\n" + text, text):
        with contextlib.suppress(RunbookError):
            parse(document)


def test_files_that_are_no_runbooks_are_named_not_hung_on(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "big.md").write_bytes(b"- x\n" * 100_000)
    (tmp_path / "latin.md").write_bytes(b"- caf\xe9\n")
    (tmp_path / "bad.md").write_text("---\nkind: no\n---\n")
    (tmp_path / "good.md").write_text("- [ ] x\n")
    (tmp_path / "README.md").write_text("- [ ] not one\n")
    books, errors = load_folder(tmp_path)
    assert [book.title for book in books] == ["good"]
    assert sorted(str(error).split(".md")[0].rpartition("/")[2] for error in errors) == [
        "bad",
        "big",
        "latin",
        "pipe",
    ]
    with pytest.raises(RunbookError, match="No such file"):
        load(tmp_path / "none.md")
