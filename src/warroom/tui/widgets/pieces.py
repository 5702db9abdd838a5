"""Lines of styled pieces: the small language in which lists, boards and dialogs are drawn."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from warroom.core.text import clean_line, clean_text
from warroom.tui.theme import FILLS, Palette


class Piece(NamedTuple):
    """Some text in one style; the text may be foreign, drawing cleans it."""

    text: str
    token: str = "text"
    bold: bool = False
    fill: bool = False
    """Drawn as a badge: the token as background."""
    under: bool = False


Line: TypeAlias = tuple[Piece, ...]


def line(*parts: "Piece | str") -> Line:
    """Return a line; a bare string is ordinary text."""
    return tuple(Piece(part) if isinstance(part, str) else part for part in parts)


def cells(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cells_of(pieces: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cells(clean_line(piece.text)) for piece in pieces)


def cut(text: str, width: int) -> str:
    """Return cleaned text of at most `width` cells; what was longer ends with an ellipsis."""
    text = clean_line(text)
    if cells(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return cleaned text of exactly `width` cells."""
    text = cut(text, width)
    gap = " " * max(width - cells(text), 0)
    return gap + text if right else text + gap


def wrap(text: str, width: int) -> list[str]:
    """Return cleaned text as lines of at most `width` cells; at least one line."""
    if width < 2:
        return [cut(text, width)]
    found: list[str] = []
    for paragraph in clean_text(text).split("\n"):
        wrapped = Content(paragraph).wrap(width) if paragraph.strip() else []
        found.extend(part.plain.rstrip() for part in wrapped)
        if not wrapped:
            found.append("")
    return found


def clip(pieces: Line, width: int) -> Line:
    """Return a line of at most `width` cells; the piece that does not fit is cut with a mark."""
    kept: list[Piece] = []
    room = width
    for piece in pieces:
        text = clean_line(piece.text)
        size = cells(text)
        if size <= room:
            kept.append(piece._replace(text=text))
            room -= size
            continue
        if room > 0:
            kept.append(piece._replace(text=cut(text, room)))
        break
    return tuple(kept)


def spread(left: Line, right: Line, width: int) -> Line:
    """Return `left` and, at the right edge, `right`; the left side gives way."""
    room = width - cells_of(right)
    if room < 1:
        return clip(left, width)
    left = clip(left, room - 1)
    return (*left, Piece(" " * (room - cells_of(left))), *right)


def rule(name: str, width: int, fact: Sequence[Piece] = (), *, focused: bool = False) -> Line:
    """Return a title on a hairline, with facts at the right end."""
    stroke, token = ("━", "accent") if focused else ("─", "line")
    head = Piece(f" {name} " if focused else f"{name} ", "accent" if focused else "soft", True)
    head = head._replace(fill=focused)
    tail: Line = ()
    if fact:
        tail = (Piece(" "), *fact, Piece(" "), Piece(stroke, token))
    room = width - cells(clean_line(head.text)) - cells_of(tail)
    if room < 1:
        return clip((head, Piece(stroke * width, token)), width)
    return (head, Piece(stroke * room, token), *tail)


def gauge(part: float, width: int, tone: str = "soft") -> Line:
    """Return a measure: heavy rule on a hairline, in half cells; `part` runs from 0 to 1."""
    halves = round(max(0.0, min(part, 1.0)) * width * 2)
    full, half = divmod(halves, 2)
    rest = width - full - half
    return (Piece("━" * full + "╾" * half, tone), Piece("─" * rest, "line"))


_BLOCKS = " ▁▂▃▄▅▆▇█"


def bars(values: Sequence[float], height: int, top: float) -> list[str]:
    """Return a bar chart of `height` rows, first row on top; `top` is what fills a column."""
    rows = []
    for level in reversed(range(height)):
        row = ""
        for value in values:
            eighths = round(8 * height * min(max(value / top, 0), 1)) if top > 0 else 0
            row += _BLOCKS[max(0, min(eighths - 8 * level, 8))]
        rows.append(row)
    return rows


def hints(keys: Iterable[tuple[str, str]], width: int) -> Line:
    """Return key hints, whole ones only, as many as fit."""
    found: list[Piece] = []
    used = 0
    for key, verb in keys:
        size = cells(key) + cells(verb) + 1 + (3 if found else 0)
        if used + size > width:
            break
        found += [Piece("   ")] if found else []
        found += [Piece(key, "accent", bold=True), Piece(f" {verb}", "soft")]
        used += size
    return tuple(found)


def style_of(piece: Piece, palette: Palette, on: str) -> Style:
    """Return the style of a piece on a background token."""
    if piece.fill and piece.token in FILLS:
        style = palette.style(piece.token, fill=True)
    else:
        style = palette.style(piece.token, on=on, bold=piece.bold)
    return style + Style(underline=True) if piece.under else style


def draw(pieces: Line, width: int, palette: Palette, on: str = "bg0") -> Strip:
    """Return a strip of exactly `width` cells."""
    segments = [Segment(piece.text, style_of(piece, palette, on)) for piece in clip(pieces, width)]
    return Strip(segments).adjust_cell_length(width, palette.style("text", on=on))
