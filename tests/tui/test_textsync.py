"""The rules by which a shared text is saved and joined."""

from hypothesis import given
from hypothesis import strategies as st

from warroom.core.merge import Keep
from warroom.tui.textsync import TextSync, difference

lines = st.lists(st.sampled_from(["a", "b", "c", "", "d e"]), max_size=8).map("\n".join)


@given(lines, lines)
def test_the_difference_makes_one_text_of_the_other(before: str, after: str) -> None:
    start, end, words = difference(before, after)
    assert before[:start] + words + before[end:] == after


def arriving(base: str, mine: str, theirs: str) -> tuple[TextSync, str | None]:
    sync = TextSync(base=1, saved=base)
    return sync, sync.arrived(2, theirs, mine)


def test_changes_of_the_same_line_are_a_conflict_until_it_is_settled() -> None:
    for keep, wanted in ((Keep.MINE, "a\nX\nc"), (Keep.THEIRS, "a\nY\nc")):
        sync, shown = arriving("a\nb\nc", "a\nX\nc", "a\nY\nc")
        assert shown is None
        assert [(one.mine, one.theirs) for one in sync.conflicts] == [(("X",), ("Y",))]
        assert sync.to_send("a\nX\nc") is None, "nothing is saved over somebody"
        assert sync.settle(keep, "a\nX\nc") == wanted
        assert (sync.base, sync.saved, sync.conflicts) == (2, "a\nY\nc", ())


def test_settling_keeps_what_either_wrote_elsewhere() -> None:
    base = "## A\none\n\n## B\ntwo\n\n## C\nthree"
    mine = "## A\none of mine\n\n## B\ntwo, mine\n\n## C\nthree"
    theirs = "## A\none of theirs\n\n## B\ntwo\n\n## C\nthree, theirs"
    for keep, first in ((Keep.MINE, "one of mine"), (Keep.THEIRS, "one of theirs")):
        sync, shown = arriving(base, mine, theirs)
        assert shown is None
        wanted = f"## A\n{first}\n\n## B\ntwo, mine\n\n## C\nthree, theirs"
        assert sync.settle(keep, mine) == wanted
    sync, _ = arriving(base, mine, theirs)
    both = sync.settle(Keep.BOTH, mine) or ""
    assert "one of mine" in both
    assert "one of theirs" in both


def test_changes_in_different_sections_are_joined_silently() -> None:
    base = "## A\none\n\n## B\ntwo"
    sync, shown = arriving(base, "## A\none!\n\n## B\ntwo", "## A\none\n\n## B\ntwo?\nmore")
    assert shown == "## A\none!\n\n## B\ntwo?\nmore"
    assert (sync.base, sync.conflicts) == (2, ())


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
