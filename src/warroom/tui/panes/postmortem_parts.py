"""What stands around the editor of the postmortem: marks, a conflict, the preview, as lines."""

from collections.abc import Iterable, Sequence

from warroom.core.merge import Conflict
from warroom.core.references import resolve
from warroom.core.text import clean_text
from warroom.core.timeline import TimelineEntry
from warroom.tui.findings import Mark
from warroom.tui.markdown import preview, section
from warroom.tui.panes.base import Hint
from warroom.tui.widgets.pieces import Line, Piece, cut, fit, line, rule, wrap

_MARKS_SHOWN = 4
_CONFLICT_ROWS = 7

WRITING = (
    Hint("esc", "leave"),
    Hint("F4", "facts"),
    Hint("F8", "next mark"),
    Hint("F2", "preview"),
    Hint("^f", "find"),
    Hint("F3", "$EDITOR"),
    Hint("^l", "versions"),
    Hint("^t", "template"),
    Hint("^s", "save now"),
    Hint("^g", "draft again"),
    Hint("^z", "undo"),
)
"""The keys of the editor."""

READING = tuple(hint for hint in WRITING if hint.key in ("esc", "F8", "F2", "^f"))
"""The keys of the editor where one only reads."""

PICKING = (Hint("a … z", "insert that fact"), Hint("esc", "back to the text"))
"""The keys while a fact is chosen."""

TWO_VERSIONS = (
    Hint("^s", "keep yours"),
    Hint("F9", "take theirs"),
    Hint("F6", "keep both"),
    Hint("esc", "leave"),
)
"""The keys while two versions wait for a choice."""


def mark_lines(marks: Sequence[Mark], row: int, width: int) -> list[Line]:
    """Return the next marks from a row (from 1) on, under a title that counts all."""
    if not marks:
        return []
    ahead = [mark for mark in marks if mark.line >= row]
    shown = (ahead or list(marks))[:_MARKS_SHOWN]
    fact = line(Piece(f"{len(marks)} · never block · ", "mute"), Piece("F8", "accent", True))
    title = rule("Marks", width - 1, (*fact, Piece(" next", "mute")))
    found: list[Line] = [(Piece(" "), *title)]
    for mark in shown:
        hint = f" → {mark.hint}" if mark.hint else ""
        number = Piece(fit(str(mark.line), 4, right=True), mark.token, bold=True)
        head = line(Piece(f" {mark.glyph}", mark.token, bold=True), number, "  ")
        found.append((*head, Piece(mark.text), Piece(hint, "mute")))
    return found


def preview_lines(text: str, row: int, entries: Iterable[TimelineEntry], width: int) -> list[Line]:
    """Return the section in which a row (from 0) lies as it reads, its references resolved."""
    words = resolve(section(text, row), entries)
    return [rule("Preview", width), (), *preview(str(clean_text(words)), width)]


def conflict_lines(conflicts: Sequence[Conflict], width: int) -> list[Line]:
    """Return both sides of a conflict beside each other, with the keys that settle it."""
    if not conflicts:
        return []
    half = (width - 3) // 2
    keys = line(
        Piece("^s", "accent", True),
        Piece(" yours  ", "soft"),
        Piece("F9", "accent", True),
        Piece(" theirs  ", "soft"),
        Piece("F6", "accent", True),
        Piece(" both", "soft"),
    )
    found = [rule("Both changed the same lines", width, keys)]
    found.append(line(Piece(fit("yours", half + 3), "accent", True), Piece("theirs", "p2", True)))
    for number, conflict in enumerate(conflicts):
        left = [part for words in conflict.mine for part in wrap(words, half)] or ["(taken out)"]
        right = [part for words in conflict.theirs for part in wrap(words, half)] or ["(taken out)"]
        if number:
            found.append((Piece("─" * width, "line"),))
        for row in range(max(len(left), len(right))):
            mine = left[row] if row < len(left) else ""
            theirs = right[row] if row < len(right) else ""
            found.append(line(fit(mine, half), Piece(" │ ", "line"), cut(theirs, half)))
    if len(found) > _CONFLICT_ROWS + 2:
        rest = len(found) - _CONFLICT_ROWS - 1
        found = [*found[: _CONFLICT_ROWS + 1], line(Piece(f"and {rest} more lines", "mute"))]
    return found
