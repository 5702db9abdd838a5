"""Two editors of one postmortem: nothing that either wrote is lost."""

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.story import Story

from warroom.core import commands as c
from warroom.core.lint import lint
from warroom.core.merge import END, MINE, THEIRS, merge
from warroom.core.postmortem import draft
from warroom.core.versions import difference, text_of, versions

MARKS = {MINE, THEIRS, END}
BASE = "# T\n\n## Impact\n\n- a\n- b\n\n## Root cause\n\nunknown\n"


def test_people_in_different_sections_never_meet() -> None:
    merged = merge(BASE, BASE.replace("- a", "- a1"), BASE.replace("unknown", "the pool"))
    assert merged.conflicts == ()
    assert merged.text == BASE.replace("- a", "- a1").replace("unknown", "the pool")


def test_a_section_rewritten_by_one_and_the_next_by_the_other() -> None:
    mine = BASE.replace("- a\n- b\n", "all of it\n")
    theirs = BASE.replace("\nunknown\n", "\nthe pool\n\nand the wait\n")
    merged = merge(BASE, mine, theirs)
    assert merged.conflicts == ()
    assert "all of it" in merged.text
    assert "and the wait" in merged.text


def test_the_same_line_in_two_ways_keeps_both_and_says_so() -> None:
    merged = merge(BASE, BASE.replace("unknown", "pool"), BASE.replace("unknown", "lock"))
    assert [(x.section, x.mine, x.theirs) for x in merged.conflicts] == [
        ("Root cause", ("pool",), ("lock",))
    ]
    assert f"{MINE}\npool\n{THEIRS}\nlock\n{END}" in merged.text
    assert "unmerged" in {finding.rule for finding in lint(merged.text)}


def test_a_section_that_one_removed_and_the_other_left_alone_goes() -> None:
    without = BASE.replace("## Impact\n\n- a\n- b\n\n", "")
    assert merge(BASE, without, BASE.replace("unknown", "x")).text == without.replace(
        "unknown", "x"
    )
    changed = merge(BASE, without, BASE.replace("- b", "- bb"))
    assert "- bb" in changed.text
    assert changed.conflicts[0].section == "Impact"


LINES = st.sampled_from(["", "- a", "- b", "x", "y", "## Impact", "## Root cause", "# T", "```"])
DOCUMENT = st.lists(LINES, max_size=14)


@st.composite
def edits(draw: st.DrawFn, who: str) -> list[tuple[str, int]]:
    kinds = st.sampled_from(["add", "remove", "replace"])
    return [
        (f"{draw(kinds)} {who}{number}", draw(st.integers(0, 14)))
        for number in range(draw(st.integers(0, 5)))
    ]


def edited(lines: list[str], script: list[tuple[str, int]]) -> list[str]:
    lines = list(lines)
    for what, where in script:
        kind, new = what.split()
        place = min(where, len(lines))
        if kind == "add":
            lines.insert(place, new)
        elif place < len(lines):
            lines[place : place + 1] = [] if kind == "remove" else [new]
    return lines


@settings(max_examples=400, deadline=None)
@given(DOCUMENT, edits("mine"), edits("theirs"))
def test_no_line_that_either_wrote_is_lost(
    base: list[str], mine: list[tuple[str, int]], theirs: list[tuple[str, int]]
) -> None:
    ours, others = edited(base, mine), edited(base, theirs)
    merged = merge("\n".join(base), "\n".join(ours), "\n".join(others))
    kept = Counter(merged.text.split("\n"))
    for side in (ours, others):
        for line in side:
            if line.startswith(("mine", "theirs")):
                assert kept[line] >= 1, (line, merged.text)
    # What neither removed is still there; of alike lines each may have removed another one.
    for line in base:
        least = ours.count(line) + others.count(line) - base.count(line)
        assert kept[line] >= least, (line, merged.text)
    # Nothing is invented.
    assert set(kept) - MARKS <= set(ours) | set(others) | {""}
    if not merged.conflicts:
        assert not MARKS & set(kept)


@settings(max_examples=200, deadline=None)
@given(DOCUMENT, edits("mine"))
def test_one_editor_alone_gets_the_own_text(base: list[str], mine: list[tuple[str, int]]) -> None:
    before, after = "\n".join(base), "\n".join(edited(base, mine))
    assert merge(before, after, before).text == after
    assert merge(before, before, after).text == after
    assert merge(before, after, after).text == after


@settings(max_examples=200, deadline=None)
@given(DOCUMENT, edits("mine"), edits("theirs"))
def test_both_sides_come_to_the_same_words(
    base: list[str], mine: list[tuple[str, int]], theirs: list[tuple[str, int]]
) -> None:
    before = "\n".join(base)
    ours, others = "\n".join(edited(base, mine)), "\n".join(edited(base, theirs))
    one, two = merge(before, ours, others), merge(before, others, ours)
    assert len(one.conflicts) == len(two.conflicts)
    assert Counter(one.text.split("\n")) == Counter(two.text.split("\n"))


def test_versions_and_the_difference_between_any_two() -> None:
    story = Story().declared()
    first = draft(story.incident, story.records)
    story.do(c.EditPostmortem(text=first, base=0))
    story.now += timedelta(minutes=5)
    story.do(c.EditPostmortem(text=first + "\n-- more\n++ plus\n", base=1), by="leo")
    found = versions(story.records)
    assert [(v.number, v.by, v.base) for v in found] == [(1, "ana", 0), (2, "leo", 1)]
    assert (found[1].added, found[1].removed) == (3, 0)
    assert text_of(found, 2, first) == story.incident.postmortem
    assert text_of(found, 0, "the draft") == "the draft"
    assert text_of(found, 3, first) is None
    told = difference(found[0].text, found[1].text, ("version 1", "version 2"))
    assert "+-- more" in told.splitlines()
    assert difference("a", "a", ("x", "y")) == ""
