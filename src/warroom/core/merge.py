"""Merge two editors' texts of one postmortem, section by section; where they clash, keep both.

Nothing that somebody wrote is dropped: a line that either text added is in the result, and a line
goes only where one side removed it and the other left it alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from warroom.core.lint import UNMERGED

MINE = UNMERGED + "two versions, the first:"
THEIRS = UNMERGED + "the second, written at the same time:"
END = UNMERGED + "end of the two versions; keep what is right and delete these three lines"


class Keep(StrEnum):
    """What to do where both changed the same lines."""

    BOTH = "both"
    """Put both there, between marked lines."""
    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A place that both changed, each in another way."""

    section: str
    """Its heading; empty before the first."""
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Both texts as one."""

    text: str
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines of the base that one side replaced."""

    start: int
    end: int
    lines: Sequence[str]


_Key = tuple[str, int]
"""A heading and which of those that are alike."""


def merge(base: str, mine: str, theirs: str, keep: Keep = Keep.BOTH) -> Merged:
    """Return both changes of `base` in one text.

    Sections (headings of level one and two) are merged by themselves, so that people who write in
    different ones never meet. Changes of the same lines stand one after the other between three
    marked lines, unless `keep` says whose go there: then only there the other's are left out. A
    section that one removed and the other changed stays.
    """
    if theirs in (mine, base):
        return Merged(text=mine, conflicts=())
    if mine == base:
        return Merged(text=theirs, conflicts=())
    old, ours, others = _sections(base), _sections(mine), _sections(theirs)
    conflicts: list[Conflict] = []
    lines: list[str] = []
    for key in _order(list(old), list(ours), list(others)):
        was, one, two = old.get(key), ours.get(key), others.get(key)
        gone = was is not None and ((one is None and two == was) or (two is None and one == was))
        if gone or (one is None and two is None):
            continue
        if one is None or two is None:
            lines += one or two or []
            if was is not None:
                kept = Conflict(
                    section=key[0].lstrip("# "), mine=tuple(one or ()), theirs=tuple(two or ())
                )
                conflicts.append(kept)
            continue
        merged, clashes = _merge_lines(was or [], one, two, keep)
        lines += merged
        conflicts += [
            Conflict(section=key[0].lstrip("# "), mine=tuple(a), theirs=tuple(b))
            for a, b in clashes
        ]
    return Merged(text="\n".join(lines), conflicts=tuple(conflicts))


def _sections(text: str) -> dict[_Key, list[str]]:
    found: dict[_Key, list[str]] = {}
    current: list[str] = found.setdefault(("", 0), [])
    inside = False
    for line in text.split("\n"):
        inside ^= line.lstrip().startswith(("```", "~~~"))
        if line.startswith(("# ", "## ")) and not inside:
            heading = line.strip()
            alike = sum(other == heading for other, _ in found)
            current = found.setdefault((heading, alike), [])
        current.append(line)
    return found


def _order(old: list[_Key], ours: list[_Key], others: list[_Key]) -> list[_Key]:
    """Return every section once: in our order, theirs that we lack behind what precedes them."""
    order = list(ours)
    for keys in (others, old):
        for place, key in enumerate(keys):
            if key in order:
                continue
            # What stands before the first heading, if only nothing, is in every text.
            before = next(k for k in reversed(keys[:place]) if k in order)
            order.insert(order.index(before) + 1, key)
    return order


def _merge_lines(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], keep: Keep
) -> tuple[list[str], list[tuple[list[str], list[str]]]]:
    ours, others = _changes(base, mine), _changes(base, theirs)
    lines: list[str] = []
    clashes: list[tuple[list[str], list[str]]] = []
    place = 0
    while ours or others:
        start = min(change.start for change in (*ours[:1], *others[:1]))
        end = start
        left: list[_Change] = []
        right: list[_Change] = []
        grown = True
        while grown:  # changes that touch each other are one place
            grown = False
            for queue, taken in ((ours, left), (others, right)):
                while queue and queue[0].start <= end:
                    end = max(end, queue[0].end)
                    taken.append(queue.pop(0))
                    grown = True
        lines += base[place:start]
        one = _applied(base, start, end, left)
        two = _applied(base, start, end, right)
        if not right or one == two:
            lines += one
        elif not left:
            lines += two
        else:
            both = [MINE, *one, THEIRS, *two, END]
            lines += {Keep.BOTH: both, Keep.MINE: one, Keep.THEIRS: two}[keep]
            clashes.append((one, two))
        place = end
    return [*lines, *base[place:]], clashes


def _changes(before: Sequence[str], after: Sequence[str]) -> list[_Change]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        _Change(start, end, after[low:high])
        for tag, start, end, low, high in matcher.get_opcodes()
        if tag != "equal"
    ]


def _applied(base: Sequence[str], start: int, end: int, changes: Sequence[_Change]) -> list[str]:
    lines: list[str] = []
    place = start
    for change in changes:
        lines += [*base[place : change.start], *change.lines]
        place = change.end
    return [*lines, *base[place:end]]
