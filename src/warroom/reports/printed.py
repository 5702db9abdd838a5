"""The body of a report made ready for paper: the chronology as a table, questions as items."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from warroom.core.postmortem import QUESTION
from warroom.core.references import OWN_LINE, escape

_LINK = re.compile(r"\[T\d+ · (?:\\.|[^\]\\])*\]\(#t\d+\)")
_FENCE = ("```", "~~~")


def parser() -> MarkdownIt:
    """Return the parser of reports: no raw HTML, no pictures, only harmless links."""
    md = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return md.disable("image")


def tokens(body: str) -> Sequence[Token]:
    """Return the body as tokens."""
    return parser().parse(printed(body))


def printed(body: str) -> str:
    """Return Markdown in which the chronology is a table and each open question an item."""
    lines: list[str] = []
    inside = table = False
    for line in body.split("\n"):
        inside ^= line.lstrip().startswith(_FENCE)
        own = None if inside else OWN_LINE.match(line)
        if own is None:
            if table and line.strip():
                lines.append("")  # what follows is no row
            table = False
            lines.append(_question(line) if not inside else line)
            continue
        if not table:
            lines += ["", "| UTC | | |", "|---|---|---|"]
            table = True
        lines.append(f"| {own[1]} | T{own[2]} | {_cell(line[own.end() :])} |")
    return "\n".join(lines)


def _question(line: str) -> str:
    return f"- **Open:** {line[len(QUESTION) :]}" if line.startswith(QUESTION) else line


def _cell(text: str) -> str:
    """Return words of an entry as a cell: literal but for references already resolved."""
    parts = []
    place = 0
    for link in _LINK.finditer(text):
        parts += [escape(text[place : link.start()]), " ", link[0], " "]
        place = link.end()
    return "".join([*parts, escape(text[place:])]).strip()
