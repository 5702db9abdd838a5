"""Beside the boundary: the changes by suspicion, what the messages say, other outcomes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from warroom.tui.widgets.log_line import clock, shown
from warroom.tui.widgets.log_query import grouped
from warroom.tui.widgets.pieces import Piece, cells, cells_of, fit, line, rule, wrap
from warroom.tui.widgets.rowlist import Row

if TYPE_CHECKING:
    from warroom.logs.analysis.answer import Findings
    from warroom.logs.analysis.changes import Ranked
    from warroom.logs.analysis.groups import Group

CHANGES = 5
GROUPS = 5
_INDENT = 12
"""Cells of the sign and the time before the text of a change."""


def blank() -> Row:
    """An empty row between two parts."""
    return Row("", (line(""),))


def text_rows(said: Sequence[tuple[str, str]], width: int) -> list[Row]:
    """Sentences with their colour tokens as rows that cannot be chosen."""
    return [
        Row("", (line(Piece(piece, token)),))
        for text, token in said
        for piece in wrap(text, width - 2)
    ]


def beside(findings: "Findings", kind: str | None, width: int) -> list[Row]:
    """Return the rows below the boundary; `kind` is the outcome that is shown above."""
    return [
        *_changes(findings.changes, width),
        *_groups(findings.groups, width),
        *_outcomes(findings, kind, width),
    ]


def _heading(name: str, fact: str, width: int) -> list[Row]:
    facts = (Piece(fact, "mute"),) if width >= 72 else ()
    return [blank(), Row("", (rule(name, width, facts),))]


def _changes(changes: Sequence["Ranked"], width: int) -> Iterator[Row]:
    if not changes:
        return
    yield from _heading("What changed", "closest first, correlation only", width)
    for number, one in enumerate(changes[:CHANGES]):
        token = "text" if one.possible else "mute"
        where = "" if one.change.source == "log" else f"{shown(one.change.source)}: "
        head = line(
            Piece(" ◆ " if one.possible else " · ", "p2" if one.possible else "mute"),
            Piece(f"{clock(one.change.at)} ", "mute"),
            Piece(f"{where}{shown(one.change.text)}", token),
        )
        tone = "soft" if one.possible else "mute"
        if cells_of(head) + 2 + cells(one.why) <= width:
            yield Row(f"change {number}", ((*head, Piece(f"  {one.why}", tone)),))
            continue
        # How close it is says more than its name: what does not fit beside stands below.
        below = [line(" " * _INDENT, Piece(part, tone)) for part in wrap(one.why, width - _INDENT)]
        yield Row(f"change {number}", (head, *below))


def _groups(groups: Sequence["Group"], width: int) -> Iterator[Row]:
    if not groups:
        return
    fact = f"{len(groups)} kinds, most frequent first" if len(groups) > 1 else "one kind"
    yield from _heading("What the failing messages say", fact, width)
    for number, group in enumerate(groups[:GROUPS]):
        seen = f"{clock(group.first)} – {clock(group.last)}" if group.first is not None else ""
        said = f"  first ever in {shown(group.release)}" if group.release else ""
        rest = max(width - 3 - 7 - 2 - 21 - len(said), 16)
        yield Row(
            f"group {number}",
            (
                line(
                    Piece(fit(grouped(group.count), 7, right=True) + "× ", "text"),
                    Piece(fit(shown(group.template), rest), "text"),
                    Piece(f"  {seen}", "mute"),
                    Piece(said, "p2"),
                ),
            ),
        )


def _outcomes(findings: "Findings", kind: str | None, width: int) -> Iterator[Row]:
    above = kind or (findings.outcomes[0].kind if findings.outcomes else "")
    others = [one for one in findings.outcomes if one.kind != above and (one.found or one.failures)]
    if not others:
        return
    more = sum(one.found for one in others)
    fact = "o shows the next one" if more and kind is not None else "nothing out of the ordinary"
    yield from _heading("Other outcomes", fact, width)
    for one in others:
        glyph, token = ("▲", "s5") if one.found else ("·", "mute")
        for place, piece in enumerate(wrap(one.sentence, width - 5)):
            mark = Piece(f" {glyph if not place else ' '} ", token)
            yield Row("", (line(mark, Piece(piece, "text" if one.found else "mute")),))
