"""The rules by which a shared text is saved and joined."""

from hypothesis import given
from hypothesis import strategies as st

from warroom.tui.textsync import TextSync, difference, join

lines = st.lists(st.sampled_from(["a", "b", "c", "", "d e"]), max_size=8).map("\n".join)


@given(lines, lines)
def test_the_difference_makes_one_text_of_the_other(before: str, after: str) -> None:
    start, end, words = difference(before, after)
    assert before[:start] + words + before[end:] == after


@given(lines, lines)
def test_joining_with_an_unchanged_side_gives_the_other(base: str, other: str) -> None:
    assert join(base, base, other) == other
    assert join(base, other, base) == other


def test_changes_of_the_same_line_are_not_joined() -> None:
    assert join("a\nb\nc", "a\nX\nc", "a\nY\nc") is None


def test_changes_far_apart_are_joined() -> None:
    assert join("a\nb\nc\nd\ne", "A\nb\nc\nd\ne", "a\nb\nc\nd\nE\nf") == "A\nb\nc\nd\nE\nf"


def test_a_draft_that_grew_is_shown_unless_somebody_touched_it() -> None:
    sync = TextSync()
    assert sync.arrived(0, "draft", "") == "draft"
    assert sync.arrived(0, "draft, longer", "draft") == "draft, longer"
    assert sync.arrived(0, "even longer", "draft, mine") is None


def test_an_older_version_changes_nothing() -> None:
    sync = TextSync(base=3, saved="three")
    assert sync.arrived(2, "two", "three") is None
    assert sync.base == 3


def test_what_is_on_its_way_is_not_sent_twice() -> None:
    sync = TextSync(base=1, saved="a")
    assert sync.to_send("ab") == ("ab", 1)
    assert sync.to_send("abc") is None
    assert sync.arrived(2, "ab", "abc") is None
    assert sync.to_send("abc") == ("abc", 2)


def test_a_refused_text_is_sent_again() -> None:
    sync = TextSync(base=1, saved="a")
    sync.to_send("ab")
    sync.refused()
    assert sync.to_send("ab") == ("ab", 1)
