"""Markdown as this console needs it: colours for a line being typed, and a section as it reads.

A regular expression a line is cheap enough for each key stroke; a parser of the whole document is
not, and the documents are lists, tables and short paragraphs.
"""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from warroom.core.postmortem import QUESTION
from warroom.tui.widgets.pieces import Line, Piece, cells, cut, line, wrap


class Span(NamedTuple):
    """A part of a line in one style."""

    start: int
    end: int
    token: str
    bold: bool = False


_HEADING = re.compile(r"#{1,6}(?=\s)")
_BULLET = re.compile(r"(\s*)([-*+]|\d{1,3}[.)])(\s+)(\[[ xX]\] )?")
_INLINE = re.compile(
    r"(?P<told>\bT\d{1,6} · \d\d:\d\d:\d\d)"
    r"|(?P<code>`[^`]{1,200}`)"
    r"|(?P<strong>\*\*[^*]{1,200}\*\*)"
    r"|(?P<fact>\[(?:T\d+|log:[^\]]{1,60})\])"
    r"|(?P<person>(?<!\w)@[\w.-]{1,40})"
    r"|(?P<date>(?<!\d)\d{4}-\d{2}-\d{2}(?!\d))"
)
_RESOLVED = re.compile(r"\[((?:\\.|[^\]\\])+)\]\(#t\d{1,6}\)")
"""A reference with the words of its entry, as `references.resolve` writes it."""
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>|#])")
_INLINE_STYLE = {
    "told": ("accent", False),
    "code": ("ok", False),
    "strong": ("text", True),
    "fact": ("accent", False),
    "person": ("pend", False),
    "date": ("s4", False),
}
_SEPARATOR = re.compile(r"\|[\s:|-]+\|?\s*")


_BEFORE_FENCE = frozenset("`~ \t")


def is_fence(text: str) -> bool:
    """Return whether a line opens or closes a block of code."""
    return text.lstrip().startswith(("```", "~~~"))


def fenced(lines: Sequence[str]) -> frozenset[int]:
    """Return the numbers (from 0) of the lines that are code, fences included."""
    # A look at the first character leaves nearly all lines out: this runs at each key stroke.
    fences = [n for n, text in enumerate(lines) if text[:1] in _BEFORE_FENCE and is_fence(text)]
    found: set[int] = set()
    for opened, closed in zip_longest(fences[::2], fences[1::2], fillvalue=len(lines) - 1):
        found.update(range(opened, closed + 1))
    return frozenset(found)


def spans(text: str, *, code: bool = False) -> list[Span]:
    """Return how one line of Markdown is coloured; what is in no span is ordinary text."""
    if code:
        return [Span(0, len(text), "mute" if is_fence(text) else "ok")]
    if text.startswith(QUESTION):
        return [Span(0, len(text), "pend", bold=True)]
    if _HEADING.match(text):
        return [Span(0, len(text), "accent", bold=True)]
    found: list[Span] = []
    if text.startswith(">"):
        found.append(Span(0, len(text), "soft"))
    elif text.startswith("|"):
        if _SEPARATOR.fullmatch(text):
            return [Span(0, len(text), "mute")]
        found += [Span(at, at + 1, "mute") for at, letter in enumerate(text) if letter == "|"]
    else:
        bullet = _BULLET.match(text)
        if bullet:
            found.append(Span(bullet.start(2), bullet.end(2), "mute"))
            if bullet[4]:
                found.append(Span(bullet.start(4), bullet.end(4), "accent"))
    for match in _INLINE.finditer(text):
        token, bold = _INLINE_STYLE[str(match.lastgroup)]
        found.append(Span(match.start(), match.end(), token, bold))
    return found


def section(text: str, caret: int) -> str:
    """Return the section in which line `caret` (from 0) lies: its heading and what follows."""
    lines = text.split("\n")
    code = fenced(lines)
    heads = [n for n, words in enumerate(lines) if n not in code and _HEADING.match(words)]
    start = max((n for n in heads if n <= caret), default=0)
    end = min((n for n in heads if n > start and n > caret), default=len(lines))
    return "\n".join(lines[start:end])


def preview(text: str, width: int) -> list[Line]:
    """Return Markdown as it reads, in lines of at most `width` cells."""
    lines = _RESOLVED.sub(lambda found: _ESCAPED.sub(r"\1", found[1]), text).split("\n")
    code = fenced(lines)
    found: list[Line] = []
    number = 0
    while number < len(lines):
        words = lines[number]
        if number in code:
            if not is_fence(words):
                found.append(line("  ", Piece(cut(words, width - 2), "ok")))
        elif words.startswith("|"):
            end = number
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            found += _table(lines[number:end], width)
            number = end
            continue
        else:
            found += _paragraph(words, width)
        number += 1
    return found


def _paragraph(words: str, width: int) -> list[Line]:
    if words.startswith(QUESTION):
        parts = wrap(words[len(QUESTION) :], width - 2)
        head = line(Piece("▎ ", "pend"), Piece("Open question", "pend", bold=True))
        return [head, *(line(Piece("▎ ", "pend"), Piece(part, "pend")) for part in parts)]
    heading = _HEADING.match(words)
    if heading:
        name = words[heading.end() :].strip()
        return [line(Piece(part, bold=True)) for part in wrap(name, width)]
    if words.startswith(">"):
        parts = wrap(words.lstrip("> "), width - 2)
        return [line(Piece("▎ ", "line"), Piece(part, "soft")) for part in parts]
    bullet = _BULLET.match(words)
    if bullet is None:
        return [_inline(part, "soft") for part in wrap(words, width)]
    indent = len(bullet[1])
    sign = {None: "–", "[ ] ": "·"}.get(bullet[4], "✓")
    if bullet[2][0].isdigit():
        sign = bullet[2]
    parts = wrap(words[bullet.end() :], max(width - indent - len(sign) - 1, 4))
    first = line(" " * indent, Piece(f"{sign} ", "mute"), *_inline(parts[0], "soft"))
    rest = " " * (indent + len(sign) + 1)
    return [first, *(line(rest, *_inline(part, "soft")) for part in parts[1:])]


def _inline(text: str, token: str) -> Line:
    pieces: list[Piece] = []
    at = 0
    for match in _INLINE.finditer(text):
        inner, bold = _INLINE_STYLE[str(match.lastgroup)]
        marks = {"code": 1, "strong": 2}.get(str(match.lastgroup), 0)
        pieces.append(Piece(text[at : match.start()], token))
        shown = match[0][marks : len(match[0]) - marks]
        pieces.append(Piece(shown, inner, bold))
        at = match.end()
    return (*pieces, Piece(text[at:], token))


def _table(rows: Sequence[str], width: int) -> list[Line]:
    table = [
        [part.strip() for part in row.strip().strip("|").split("|")]
        for row in rows
        if not _SEPARATOR.fullmatch(row)
    ]
    columns = max((len(row) for row in table), default=0)
    if not columns:
        return []
    sizes = [max(cells(row[n]) if n < len(row) else 0 for row in table) for n in range(columns)]
    found = []
    for number, row in enumerate(table):
        pieces: list[Piece] = []
        for column, words in enumerate(row):
            gap = " " * (sizes[column] - cells(words) + 2)
            pieces += _inline(words, "mute" if number == 0 else "soft")
            pieces.append(Piece(gap))
        found.append(tuple(pieces))
    return [row for row in found if width > 0]
