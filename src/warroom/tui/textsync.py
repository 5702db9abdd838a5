"""Keep a text that several people edit in step with the room: what to save, what to take over.

A machine of four facts: the version we began from, its text, what is on its way, and the other
side of a conflict. It knows no widget and no clock.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher


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

    def arrived(self, version: int, text: str, mine: str) -> str | None:
        """Take note of what the room holds; return the text to show instead of `mine`, if any.

        An unchanged text follows the room. Changes at different places are joined. Changes of
        the same lines are a conflict: `mine` stays, `theirs` is kept beside it.
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
        joined = join(self.saved, mine, text)
        self.sent = None
        if joined is None:
            self.theirs = (version, text)
            return None
        self.base, self.saved, self.theirs = version, text, None
        return joined

    def _same(self, text: str, mine: str) -> str | None:
        if self.base == 0 and text != self.saved and mine == self.saved:
            self.saved = text  # the draft grew with the facts, and nobody has touched it
            return text
        return None

    def to_send(self, mine: str) -> tuple[str, int] | None:
        """Return text and base to save now, or None: nothing new, on its way, or in conflict."""
        if self.theirs is not None or self.sent is not None or mine == self.saved:
            return None
        self.sent = mine
        return mine, self.base

    def refused(self) -> None:
        """Forget what was on its way: the room did not take it."""
        self.sent = None

    def keep_mine(self) -> None:
        """Settle a conflict: ours replaces theirs at the next save."""
        if self.theirs is not None:
            self.base, self.saved = self.theirs
            self.theirs = None

    def take_theirs(self) -> str | None:
        """Settle a conflict: return their text, which becomes ours."""
        if self.theirs is None:
            return None
        self.keep_mine()
        return self.saved


def join(base: str, mine: str, theirs: str) -> str | None:
    """Return both changes of `base` in one text, None where they touch the same lines."""
    base_lines = base.split("\n")
    ours = _changes(base_lines, mine.split("\n"))
    others = _changes(base_lines, theirs.split("\n"))
    for start, end, _ in ours:
        for other_start, other_end, _ in others:
            if start <= other_end and other_start <= end:
                return None
    result = list(base_lines)
    for start, end, lines in sorted([*ours, *others], key=lambda change: -change[0]):
        result[start:end] = lines
    return "\n".join(result)


def _changes(before: list[str], after: list[str]) -> list[tuple[int, int, list[str]]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        (start, end, after[low:high])
        for tag, start, end, low, high in matcher.get_opcodes()
        if tag != "equal"
    ]


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
