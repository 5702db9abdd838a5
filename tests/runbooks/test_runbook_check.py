"""The linter finds what is missing or dangerous, at its line, and leaves sound texts alone."""

import pytest

from warroom.runbooks.check import RULES, check
from warroom.runbooks.parse import load_folder, parse, shipped
from warroom.runbooks.shellscan import expansions

HEAD = """\
---
title: x
kind: kill
services: [shop]
blast_radius: all of it
params: {release: x}
---
1. [ ] x
"""
SOUND = """\
   ```sh run timeout=5s
   switch "$release"
   ```
   ```undo timeout=5s
   switch "$state_release"
   ```
   ```verify timeout=5s
   test "$release"
   ```
"""


def findings(text):
    return [(finding.rule, finding.line) for finding in check(parse(text))]


def test_a_sound_runbook_is_clean():
    assert findings(HEAD + SOUND) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + SOUND.replace("undo timeout=5s", "text"), ("no-undo", 9)),
        (HEAD + SOUND.replace("sh run timeout=5s", "sh run"), ("no-timeout", 9)),
        (HEAD + SOUND.replace("verify timeout=5s", "text"), ("no-verify", 9)),
        (HEAD.replace("blast_radius", "owner") + SOUND, ("no-blast-radius", 1)),
        (HEAD.replace("services: [shop]", "owner: a") + SOUND, ("no-services", 1)),
        ("prose\n", ("no-steps", 1)),
        (HEAD + SOUND.replace('"$release"', "$release"), ("unquoted-variable", 10)),
        (HEAD + SOUND.replace('"$release"', "a; b=$release; c $b"), ("unquoted-variable", 10)),
        (HEAD + SOUND.replace('"$release"', '"$relaese"'), ("unknown-parameter", 10)),
        (HEAD + SOUND.replace('"$release"', '"$AWS_SECRET"'), ("unknown-parameter", 10)),
        (
            HEAD.replace("params: {release: x}", "params: {release: x, b: y}") + SOUND,
            ("unused-parameter", 6),
        ),
        (HEAD.replace("release: x", "release: {default: '${moon}'}") + SOUND, ("unknown-fact", 6)),
        (HEAD + SOUND.replace("switch ", "eval ", 1), ("evaluates-text", 10)),
        (HEAD + SOUND.replace("switch ", "sh -c ", 1), ("evaluates-text", 10)),
        (HEAD + SOUND.replace('"$release"', '"$release" &', 1), ("background-process", 10)),
        (HEAD + SOUND.replace('"$release"', '"$release', 1), ("shell-syntax", 10)),
        (HEAD + SOUND + "\n```sh run\nx\n```\n", ("outside-step", 19)),
        (HEAD.replace("title: x", "titel: x") + SOUND, ("unknown-key", 2)),
        (HEAD + SOUND + "\n   password=hunter2hunter2\n", ("secret-in-text", 19)),
        (HEAD + SOUND + "\n   AKIAIOSFODNN7EXAMPLE\n", ("secret-in-text", 19)),
        (
            HEAD + SOUND.replace("sh run", "sql run").replace('"$release"', "'$release'", 1),
            ("quoted-placeholder", 10),
        ),
    ],
)
def test_each_rule_names_the_line(text, expected):
    assert expected in findings(text)
    assert expected[0] in RULES


def test_undo_none_is_accepted_and_then_must_be_typed():
    text = HEAD + SOUND.replace("undo timeout=5s", "text").replace("run ", "run undo=none ")
    assert "no-undo" not in [rule for rule, _ in findings(text)]


REPORTED = HEAD + SOUND.replace("switch", "echo warroom-state: release=1; switch", 1)


def test_a_state_that_nothing_reports_is_found_where_the_text_shows_it():
    assert findings(REPORTED) == []
    wrong = REPORTED.replace("$state_release", "$state_releese")
    assert findings(wrong) == [("unknown-state", 13)]
    made_up = REPORTED.replace("state: release=1", 'state: "$release"=1')
    assert findings(made_up) == [], "its name is known when it runs"
    request = "http run timeout=5s state=%s:/a\n   GET https://a.example/$release"
    for name, found in (("release", []), ("other", [("unknown-state", 13)])):
        text = HEAD + SOUND.replace('sh run timeout=5s\n   switch "$release"', request % name)
        text = text.replace("```undo", "```sh undo").replace(
            "```verify timeout=5s\n   test",
            "```sh verify timeout=5s\n   echo warroom-state: x=1; test",
        )
        assert findings(text) == found


def test_a_state_that_leaves_its_program_late_is_found():
    code = "python3 - \"$release\" <<'PY'\n   print('warroom-state: release=1')\n   PY"
    text = HEAD + SOUND.replace('switch "$release"', code, 1)
    assert findings(text) == [("late-state", 11)]
    assert findings(text.replace("=1')", "=1', flush=True)")) == []


@pytest.mark.parametrize(
    ("code", "unquoted"),
    [
        ('echo "$a" "x $b y" "$(f "$c")"', []),
        ("echo $a", ["a"]),
        ("echo ${a}", ["a"]),
        ('echo "$(f $a)"', ["a"]),
        ("echo '$a' \\$b # $c", []),
        ("x=$a; y=$(f)", []),
        ("x=$a cmd $b", ["b"]),
        ("n=$((a + $b))", []),
        ("echo $((b)) $c", ["c"]),
        ('for x in $a; do echo "$x"; done', ["a"]),
        ("cat <<E\n$a\nE\necho $b", ["b"]),
        ("cat <<'E'\n$a\nE\n", []),
        ('echo "it\'s $a"', []),
        ("echo \"a\"$b'c'", ["b"]),
        ('rm -rf -- "$dir"/$name', ["name"]),
        ('test "${a:-$b}"', []),
        ("echo $@", ["@"]),
        ("echo a#b $c", ["c"]),
    ],
)
def test_the_scanner_knows_what_is_quoted(code, unquoted):
    assert [e.name for e in expansions(code) if not e.quoted] == unquoted


def test_every_shipped_runbook_is_understood_and_clean():
    books, errors = load_folder(shipped())
    assert errors == []
    assert books
    assert {book.path: check(book) for book in books if check(book)} == {}
