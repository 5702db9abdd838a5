"""Keep a text that several people edit in step with the room: what to save, what to take over.

A machine of four facts: the version we began from, its text, what is on its way, and the other
side of a conflict. It knows no widget and no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warroom.core.merge import Conflict, Keep, merge


@dataclass(slots=True)
class TextSync:
    """One shared text as this console knows it."""

    base: int = 0
    """The version our text began from; 0 is the untouched draft."""
    saved: str = ""
    """The text of that version."""
    sent: str | None = None
    """What is on its way to the room."""
    theirs: tuple[int, str] | None = None
    """Version and text of somebody else that clash with ours; saving waits for a choice."""
    conflicts: Sequence[Conflict] = ()
    """Where they clash, both sides; empty without a conflict."""

    def arrived(self, version: int, text: str, mine: str) -> str | None:
        """Take note of what the room holds; return the text to show instead of `mine`, if any.

        An unchanged text follows the room. Changes at different places, in other sections above
        all, are joined. Changes of the same lines are a conflict: `mine` stays, `theirs` is kept
        beside it until `settle`.
        """
        if version < self.base:
            return None
        if version == self.base:
            return self._same(text, mine)
        if text in (self.sent, mine):
            self.base, self.saved, self.sent, self.theirs = version, text, None, None
            return None
        if mine == self.saved:
            self.base, self.saved, self.sent, self.theirs = version, text, None, None
            return text
        joined = merge(self.saved, mine, text)
        self.sent = None
        if joined.text != merge(self.saved, mine, text, Keep.MINE).text:
            self.theirs, self.conflicts = (version, text), joined.conflicts
            return None
        self.base, self.saved, self.theirs = version, text, None
        return joined.text

    def _same(self, text: str, mine: str) -> str | None:
        if self.base == 0 and text != self.saved and mine == self.saved:
            self.saved = text  # the draft grew with the facts, and nobody has touched it
            return text
        return None

    def to_send(self, mine: str, *, read: bool = False) -> tuple[str, int] | None:
        """Return text and base to save now, or None: nothing new, on its way, or in conflict.

        The draft that nobody has touched is new once somebody has read it and saves it.
        """
        nothing = mine == self.saved and not (read and self.base == 0 and mine)
        if self.theirs is not None or self.sent is not None or nothing:
            return None
        self.sent = mine
        return mine, self.base

    def refused(self) -> None:
        """Forget what was on its way: the room did not take it."""
        self.sent = None

    def settle(self, keep: Keep, mine: str) -> str | None:
        """Settle a conflict; return the text that becomes ours, None: there is no conflict.

        Only the clashing lines are chosen between: what either wrote elsewhere stays.
        """
        if self.theirs is None:
            return None
        version, text = self.theirs
        settled = merge(self.saved, mine, text, keep).text
        self.base, self.saved, self.theirs, self.conflicts = version, text, None, ()
        return settled


def difference(before: str, after: str) -> tuple[int, int, str]:
    """Return the smallest single replacement that makes `after` of `before`: start, end, text."""
    start = 0
    limit = min(len(before), len(after))
    while start < limit and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < limit - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return start, len(before) - tail, after[start : len(after) - tail]
