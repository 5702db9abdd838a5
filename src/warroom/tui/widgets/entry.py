"""One log entry in full: its fields at the left, its stack at the right."""

import json
import re
from collections.abc import Iterator
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from warroom.core.text import clean_line
from warroom.logs.protocol import Entry
from warroom.tui.theme import Palette
from warroom.tui.widgets.ink import Ink, ink_for
from warroom.tui.widgets.log_gauge import moment
from warroom.tui.widgets.log_line import shown

_SECRET_NAME = re.compile(
    r"(?i)(?:^|[_-])(?:authorization|cookie|set-cookie|password|passwd|secret|token|api_?key)$"
)
_FRAME = re.compile(r'\s*File "|\s+at |\s*Caused by|Traceback|\s*\^+\s*$')
_LIBRARY = re.compile(
    r"site-packages|dist-packages|/lib/python\d|node_modules|node:internal"
    r"|\bjava\.|\bjdk\.|\bsun\.|\borg\.springframework\.|\borg\.apache\."
)
_PYTHON_FRAME = re.compile(r'(\s*File )("[^"]*")(, line )(\d+)(.*)')
_EXCEPTION = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Exit|Warning|Interrupt))(:.*|$)")
_JSON_LIMIT = 200_000
_HIDDEN = "•••• redacted"
_COLUMN = 50
"""Cells that a column of fields wants."""
_NOTHING = " Here stands in full the line under the cursor, or else the newest 5xx."

Row = list[Segment]


def field_rows(entry: Entry, width: int, ink: Ink) -> list[Row]:
    """Return the fields: JSON as JSON, other formats as name and value."""
    document = _document(entry)
    if document is not None:
        return _json_rows(document, width, ink)
    fields = _ordered(entry)
    longest = min(max((cell_len(clean_line(name)) for name in fields), default=0), 16)
    rows: list[Row] = []
    for name, value in fields.items():
        label = clean_line(name)[:longest]
        text = _HIDDEN if _SECRET_NAME.search(name) else shown(value)
        pieces = chop_cells(text, max(width - longest - 2, 8)) or [""]
        for number, piece in enumerate(pieces):
            head = label if number == 0 else ""
            rows.append(
                [
                    Segment(f"{head:<{longest}}  ", ink.style("accent")),
                    Segment(piece, ink.style(_value_token(name, entry))),
                ]
            )
    return rows


_FIRST = ("status", "level", "method", "path", "duration", "upstream", "release", "message")
"""Fields in the order in which one asks for them; the others follow as the format has them."""


def _ordered(entry: Entry) -> dict[str, str]:
    fields = dict(entry.fields)
    found: dict[str, str] = {}
    if entry.at is not None:
        found["time"] = moment(entry.at).isoformat(timespec="milliseconds")
    if entry.duration is not None:
        fields["duration"] = f"{entry.duration * 1000:.0f} ms"
    for name in _FIRST:
        if name in fields:
            found[name] = fields.pop(name)
    found |= fields
    return found or {"line": entry.raw.decode("utf-8", "replace").split("\n")[0]}


def _value_token(name: str, entry: Entry) -> str:
    if name == "status":
        return "s5" if entry.failed else "s4" if (entry.status or 0) >= 400 else "text"
    return "text"


def _document(entry: Entry) -> dict[str, object] | None:
    raw = entry.raw.strip()
    if not raw.startswith(b"{") or len(raw) > _JSON_LIMIT:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return _without_secrets(found) if isinstance(found, dict) else None


def _without_secrets(value: dict[str, object]) -> dict[str, object]:
    return {
        name: _HIDDEN
        if _SECRET_NAME.search(name) and inner is not None
        else _without_secrets(inner)
        if isinstance(inner, dict)
        else inner
        for name, inner in value.items()
        if name not in {"stack", "stacktrace", "stack_trace", "traceback", "exc_info"}
    }


def _json_rows(document: dict[str, object], width: int, ink: Ink) -> list[Row]:
    from pygments.lexers.data import JsonLexer  # noqa: PLC0415 - only when an entry is opened
    from pygments.token import Token  # noqa: PLC0415

    tones = {
        Token.Name.Tag: "accent",
        Token.Literal.String.Double: "ok",
        Token.Literal.Number.Integer: "s4",
        Token.Literal.Number.Float: "s4",
        Token.Keyword.Constant: "pend",
        Token.Punctuation: "soft",
    }
    rows: list[Row] = []
    for line in _packed(document, width):
        row = [
            Segment(value, ink.style(tones.get(kind, "soft")))
            for kind, value in JsonLexer(stripnl=False, ensurenl=False).get_tokens(shown(line))
        ]
        rows += _folded(row, width)
    return rows


def _packed(document: dict[str, object], width: int) -> list[str]:
    """Return a JSON object as lines, as many of its items on each as fit."""
    items = [json.dumps({k: v}, ensure_ascii=False, default=str)[1:-1] for k, v in document.items()]
    lines = ["{"]
    for place, item in enumerate(items):
        text = item + ("," if place < len(items) - 1 else "}")
        start = lines[-1] in {"{", " "}
        if not start and cell_len(lines[-1]) + cell_len(text) + 2 > width:
            lines.append(" ")
            start = True
        lines[-1] += text if start else "  " + text
    return lines if items else ["{}"]


def _folded(row: Row, width: int) -> list[Row]:
    """Long lines go on below, indented."""
    strip = Strip(row)
    if strip.cell_length <= width or width < 12:
        return [row]
    text = strip.text
    indent = len(text) - len(text.lstrip()) + 4
    indent = indent if indent < width // 2 else 4
    rows = [list(strip.crop(0, width))]
    rest = strip.crop(width)
    while rest.cell_length:
        rows.append([Segment(" " * indent), *rest.crop(0, width - indent)])
        rest = rest.crop(width - indent)
    return rows


def stack_lines(entry: Entry) -> list[str]:
    """Return the lines of a stack trace, wherever the entry carries it; empty for none."""
    for name in ("stack", "stacktrace", "stack_trace", "traceback", "exc_info", "error.stack"):
        value = entry.fields.get(name)
        if value and "\n" in value:
            return value.split("\n")
    text = entry.raw.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return []
        return list(_stacks_in(found))
    lines = text.split("\n")
    return lines[1:] if len(lines) > 1 else []


def _stacks_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            found = list(_stacks_in(inner))
            if found:
                yield from found
                return
    elif isinstance(value, str) and value.count("\n") >= 2 and _FRAME.search(value):
        yield from value.split("\n")


def stack_rows(entry: Entry, width: int, ink: Ink, *, unfolded: bool) -> list[Row]:
    """Return the stack, frames of libraries folded."""
    rows: list[Row] = []
    folded = 0
    hiding = False
    for line in stack_lines(entry):
        if _FRAME.match(line):
            hiding = bool(_LIBRARY.search(line)) and not unfolded
            folded += hiding
        elif line and not line[0].isspace():
            hiding = False
        if not hiding:
            rows += _folded(_stack_row(shown(line), ink), width)
    if folded:
        frames = "frame of a library" if folded == 1 else "frames of libraries"
        said = Segment(f"{folded} {frames} folded, ", ink.style("mute"))
        key = Segment("space", ink.style("accent", bold=True))
        rows += [[], [said, key, Segment(" opens", ink.style("mute"))]]
    return rows


def _stack_row(line: str, ink: Ink) -> Row:
    frame = _PYTHON_FRAME.fullmatch(line)
    if frame is not None:
        tones = ("soft", "accent", "soft", "s4", "soft")
        return [Segment(t, ink.style(k)) for t, k in zip(frame.groups(), tones, strict=True)]
    failure = _EXCEPTION.match(line)
    if failure is not None:
        return [
            Segment(failure[1], ink.style("s5", bold=True)),
            Segment(failure[2], ink.style("text")),
        ]
    return [Segment(line, ink.style("text" if line.startswith("Traceback") else "soft"))]


class EntryView(Widget, can_focus=True):
    """The entry under the cursor, in full."""

    DEFAULT_CSS = "EntryView { height: 12; width: 1fr; background: $background; display: none; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "up", show=False, id="entry.up"),
        Binding("down,j", "scroll_by(1)", "down", show=False, id="entry.down"),
        Binding("pageup", "scroll_by(-10)", "page up", show=False, id="entry.page_up"),
        Binding("pagedown", "scroll_by(10)", "page down", show=False, id="entry.page_down"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.entry: Entry | None = None
        self.pinned = False
        self.heading = "Entry"
        self.unfolded = False
        self._top = 0
        self._ink: Ink | None = None
        self._drawn: object = None
        self._rows: list[Strip] = []

    def show(self, entry: Entry | None, *, pinned: bool, name: str = "Entry") -> None:
        """Show an entry from its top."""
        if (entry, pinned, name) == (self.entry, self.pinned, self.heading):
            return
        if entry != self.entry:
            self._top, self.unfolded = 0, False
        self.entry, self.pinned, self.heading = entry, pinned, name
        self._drawn = None
        self.refresh()

    def unfold(self) -> bool:
        """Open or fold the frames of libraries; returns whether there is a stack."""
        if self.entry is None or not stack_lines(self.entry):
            return False
        self.unfolded = not self.unfolded
        self._drawn = None
        self.refresh()
        return True

    def action_scroll_by(self, rows: int) -> None:
        """Scroll the entry."""
        self._top = max(0, min(self._top + rows, len(self._laid_out()) - self.size.height + 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row: the title first."""
        ink = self._ink = ink_for(self.palette, self._ink)
        ground, width = ink.style("text", on="bg0"), self.size.width
        if y == 0:
            row = self._title(width, ink)
        else:
            rows = self._laid_out()
            number = self._top + y - 1
            row = rows[number] if number < len(rows) else Strip([])
        return row.apply_style(ground).adjust_cell_length(width, ground)

    def _title(self, width: int, ink: Ink) -> Strip:
        fact = ""
        if self.entry is not None:
            place = f" byte {self.entry.offset:,}".replace(",", " ") * (self.entry.offset >= 0)
            fact = clean_line(f"{self.entry.source}{place}", max(width - 20, 10))
            fact += " · ◇ pinned" if self.pinned else ""
            fact = f" {fact} "
        token = "accent" if self.has_focus else "soft"
        name = Segment(f" {self.heading} ", ink.style(token, bold=True))
        room = max(width - len(self.heading) - 2 - cell_len(fact) - 2, 0)
        return Strip(
            [
                name,
                ink.text("─" * room, "line"),
                Segment(fact, ink.style("mute")),
                ink.text("─" * 2, "line"),
            ]
        )

    def _laid_out(self) -> list[Strip]:
        ink = self._ink = ink_for(self.palette, self._ink)
        key = (self.entry, self.size, ink, self.unfolded)
        if self.entry is None:
            return [Strip([Segment(_NOTHING, ink.style("mute"))])]
        if self._drawn == key:
            return self._rows
        self._drawn = key
        width = self.size.width
        stack = bool(stack_lines(self.entry))
        if stack and width >= 80:
            fields = width // 2 - 2
            right = stack_rows(self.entry, width - fields - 5, ink, unfolded=self.unfolded)
            self._rows = _beside([field_rows(self.entry, fields, ink), right], fields, ink)
            return self._rows
        most = 2 if _document(self.entry) is not None else 3
        count = 1 if stack or width < 100 else min(width // _COLUMN, most)
        fields = (width - 1 - 3 * (count - 1)) // count
        rows = field_rows(self.entry, fields, ink)
        if stack:
            rows += [[], *stack_rows(self.entry, fields, ink, unfolded=self.unfolded)]
        self._rows = _beside(_columns(rows, count, self.size.height - 1), fields, ink)
        return self._rows


def _columns(rows: list[Row], count: int, height: int) -> list[list[Row]]:
    """Fill a page of columns before the next one, so that what comes first is seen unscrolled."""
    found: list[list[Row]] = [[] for _ in range(count)]
    height = max(height, 1)
    for number, row in enumerate(rows):
        found[number // height % count].append(row)
    return [column for column in found if column] or [[]]


def _beside(columns: list[list[Row]], width: int, ink: Ink) -> list[Strip]:
    rows = []
    for number in range(max(map(len, columns))):
        segments = [Segment(" ")]
        for place, column in enumerate(columns):
            segments += [ink.text(" │ ", "line")] if place else []
            row = Strip(column[number] if number < len(column) else [])
            last = place == len(columns) - 1
            segments += list(row if last else row.adjust_cell_length(width))
        rows.append(Strip(segments))
    return rows
