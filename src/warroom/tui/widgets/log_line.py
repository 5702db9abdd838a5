"""One log entry as one row of cells: gutter, time, status and the columns that fit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from warroom.core.text import clean_line
from warroom.logs.protocol import Entry
from warroom.runbooks.redact import redact_shapes
from warroom.tui.widgets.ink import Ink

GUTTER = 2
_TIME = 9
_STATUS = 4
HEAD = GUTTER + _TIME + _STATUS
"""Cells that never scroll sideways: what was it, when, and how did it end."""
_SOURCE = 11
_METHOD = 6
_DURATION = 10
_DETAIL = 34

_DIMMED = "mute"
"""What a line is drawn with that is only context: fainter than others, legible in every theme."""
_SLOW = 1.0
"""Seconds from which a duration is drawn like a 4xx."""

_LEVELS = {
    "trace": "TRC",
    "debug": "DBG",
    "info": "INF",
    "notice": "NTC",
    "warning": "WRN",
    "error": "ERR",
    "critical": "CRT",
    "alert": "ALR",
    "emergency": "EMG",
}
_METHODS = {"DELETE": "DEL", "OPTIONS": "OPTS", "CONNECT": "CONN"}
_SECRET_HINT = re.compile(
    r"(?i)secret|token|passw|api_?key|access_?key|private|authoriz|eyJ|AKIA|ASIA|gh[pousr]_|glpat"
    r"|github_pat|xox|[rs]k_(?:live|test)|hooks\.slack|://[^/\s]*@"
)
"""A cheap look before the full one: nearly every line has none of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which columns a log has had so far; it only ever grows, so that nothing jumps back."""

    duration: bool = False
    who: int = 0
    """Cells of the upstream, host or client column."""
    detail: bool = False
    source: str = ""
    """The one source seen so far."""
    several: bool = False
    """Whether lines of more than one source stand side by side."""

    def grown(self, entry: Entry) -> "Shape":
        """Return the shape that also holds this entry."""
        who = len(_who(entry))
        wanted = 0 if not who else 8 if who <= 8 else 15
        if (
            (self.duration or entry.duration is None)
            and self.who >= wanted
            and (self.detail or not (entry.message or entry.release))
            and (self.several or self.source == entry.source)
        ):
            return self
        return Shape(
            duration=self.duration or entry.duration is not None,
            who=max(self.who, wanted),
            detail=self.detail or bool(entry.message or entry.release),
            source=self.source or entry.source,
            several=self.several or (bool(self.source) and self.source != entry.source),
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """How many cells each column gets; 0 leaves it out."""

    width: int
    source: int
    method: int
    path: int
    duration: int
    who: int
    detail: int


def columns(width: int, shape: Shape) -> Columns:
    """Share out the cells: detail goes first, then the upstream, the milliseconds, the method."""
    detail = _DETAIL if shape.detail and width >= 96 else 0
    who = shape.who + 2 if shape.who and width >= 64 else 0
    duration = _DURATION if shape.duration and width >= 52 else 0
    method = _METHOD if width >= 40 else 0
    source = _SOURCE if shape.several and width >= 64 else 0
    path = max(width - HEAD - source - method - duration - who - detail, 0)
    return Columns(width, source, method, path, duration, who, detail)


@dataclass(frozen=True, slots=True)
class Look:
    """How a row is drawn beyond what it says."""

    cursor: bool = False
    focused: bool = False
    tint: bool = False
    pinned: bool = False
    flagged: bool = False
    """Whether the reader marked it to come back to."""
    marked: bool = False
    dim: bool = False
    hit: bool = False
    """Whether it matches while the rest is only dimmed: told by a mark, not by colour alone."""
    raw: bool = False
    x: int = 0
    pattern: re.Pattern[str] | None = None


def shown(text: str | bytes) -> str:
    """Return foreign text as it may be drawn: harmless, and without secrets."""
    line = clean_line(text)
    return redact_shapes(line) if _SECRET_HINT.search(line) else line


def clock(at: float | None) -> str:
    """Return the time of day in UTC, blank where there is none."""
    if at is None:
        return " " * 8
    second = int(at) % 86_400
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def tone(entry: Entry) -> str:
    """Return the colour token of the entry's outcome."""
    if entry.failed:
        return "s5"
    status = entry.status
    if status is not None:
        return "s4" if status >= 400 else "s3" if status >= 300 else "s2"
    return {"warning": "s4", "info": "s2", "notice": "s3"}.get(entry.level or "", "mute")


def draw(entry: Entry, cols: Columns, ink: Ink, look: Look) -> Strip:
    """Return one row of exactly `cols.width` cells."""
    on = _layer(entry, look)
    if entry.gap is not None:
        return _gap_row(_gap_words(entry, cols), cols.width, ink, look)
    head = _head(entry, ink, look, on)
    room = max(cols.width - HEAD, 0)
    full = Strip(_rest(entry, cols, ink, look, on))
    goes_on = full.cell_length > look.x + room > 0
    kept = room - goes_on
    rest = full.crop_extend(look.x, look.x + kept, ink.style("text", on=on))
    more = [ink.text("…", "mute", on=on)] if goes_on else []
    strip = Strip([*head, *rest, *more], cols.width).crop(0, cols.width)
    return _highlighted(entry, strip, ink, look)


def wrapped(entry: Entry, cols: Columns, ink: Ink, look: Look) -> list[Strip]:
    """Return the entry in full, over as many rows as it needs."""
    if entry.gap is not None:
        return [_gap_row(_gap_words(entry, cols), cols.width, ink, look)]
    on = _layer(entry, look)
    room = max(cols.width - HEAD, 8)
    style = ink.style("text" if entry.failed else _quiet(entry, look), on=on)
    pieces = [piece for line in _full_text(entry, raw=look.raw) for piece in chop_cells(line, room)]
    rows = []
    for number, piece in enumerate(pieces or [""]):
        head = _head(entry, ink, look, on) if number == 0 else _hang(entry, ink, look, on)
        row = [*head, Segment(set_cell_size(piece, room), style)]
        strip = Strip(row, HEAD + room).crop(0, cols.width)
        rows.append(_highlighted(entry, strip, ink, look))
    return rows


def height(entry: Entry, cols: Columns, *, raw: bool) -> int:
    """Return how many rows `wrapped` gives, without drawing them."""
    if entry.gap is not None:
        return 1
    room = max(cols.width - HEAD, 8)
    return sum(
        max(len(chop_cells(line, room)), 1) if len(line) > room // 2 else 1
        for line in _full_text(entry, raw=raw)
    )


def _layer(entry: Entry, look: Look) -> str:
    if look.cursor:
        return "bg2"
    if look.marked:
        return "bg1"
    return "bg5" if look.tint and entry.failed else "bg0"


def _quiet(entry: Entry, look: Look) -> str:
    if look.dim:
        return _DIMMED
    return "text" if entry.failed else "soft"


def _gutter(entry: Entry, ink: Ink, look: Look, on: str) -> list[Segment]:
    if entry.failed:
        mark = Segment("▌", ink.style("s5", on=on))
    elif look.cursor:
        glyph = "▌" if look.focused else "▎"
        mark = Segment(glyph, ink.style("accent", on=on))
    elif tone(entry) == "s4":
        mark = Segment("▏", ink.style("s4", on=on))
    else:
        mark = Segment(" ", ink.style("text", on=on))
    if look.pinned:
        return [mark, ink.text("◇", "accent", on=on)]
    if look.flagged:
        return [mark, ink.text("▪", "accent", on=on)]
    if look.marked:
        return [mark, ink.text("│", "accent", on=on)]
    return [mark, Segment(" ", ink.style("text", on=on))]


def _head(entry: Entry, ink: Ink, look: Look, on: str) -> list[Segment]:
    token = _DIMMED if look.dim else tone(entry)
    outcome = str(entry.status) if entry.status is not None else _LEVELS.get(entry.level or "", "")
    mark = ink.text("▸", "accent", on=on, bold=True) if look.hit else ink.text(" ", "mute", on=on)
    return [
        *_gutter(entry, ink, look, on),
        Segment(clock(entry.at), ink.style("mute", on=on)),
        mark,
        Segment(f"{outcome[:3]:<3} ", ink.style(token, on=on, bold=entry.failed)),
    ]


def _hang(entry: Entry, ink: Ink, look: Look, on: str) -> list[Segment]:
    return [
        *_gutter(entry, ink, look, on),
        Segment(" " * (_TIME + _STATUS), ink.style("text", on=on)),
    ]


def _rest(entry: Entry, cols: Columns, ink: Ink, look: Look, on: str) -> list[Segment]:
    quiet = _quiet(entry, look)
    faint = ink.style("mute", on=on)
    segments: list[Segment] = []
    if cols.source:
        source = _ending(shown(entry.source), cols.source - 1)
        segments.append(Segment(_padded(source, cols.source), faint))
    if look.raw or entry.path is None:
        lines = _full_text(entry, raw=look.raw)
        text = Segment(lines[0], ink.style(quiet, on=on))
        return [*segments, text, *_more(lines, ink, on)]
    if cols.method:
        method = shown(entry.method or "")
        segments.append(Segment(f"{_METHODS.get(method, method)[:5]:<{cols.method}}", faint))
    path = shown(entry.path)
    fitted = path if look.x and cell_len(path) > cols.path else _middle(path, cols.path - 1)
    segments.append(Segment(_padded(fitted, cols.path), ink.style(quiet, on=on)))
    if cols.duration:
        slow = entry.duration is not None and entry.duration >= _SLOW and not look.dim
        style = ink.style("s4", on=on) if slow else faint
        segments.append(Segment(f"{_milliseconds(entry.duration):>{cols.duration}}", style))
    if cols.who:
        who = _ending(shown(_who(entry)), cols.who - 2)
        segments.append(Segment("  " + set_cell_size(who, cols.who - 2), faint))
    if cols.detail:
        segments += _detail(entry, cols, ink, look, on)
    return segments


def _detail(entry: Entry, cols: Columns, ink: Ink, look: Look, on: str) -> list[Segment]:
    message = shown((entry.message or "").split("\n", 1)[0])
    # Of a line that succeeded the release is in its entry: what failed shall stand out.
    release = f"rel={shown(entry.release)}" if entry.release and entry.failed else ""
    room = cols.detail - 2
    if not look.x:
        spare = room - (cell_len(release) + 2 if release and message else 0)
        message = _ending(message, max(spare, 0)) if spare >= 6 or not release else ""
        release = _ending(release, room)
    style = ink.style(_quiet(entry, look) if look.dim else "soft", on=on)
    said = "  ".join(part for part in (message, release) if part)
    return [Segment("  " + said, style)]


def _more(lines: list[str], ink: Ink, on: str) -> list[Segment]:
    if len(lines) < 2:
        return []
    return [ink.text(f"  +{len(lines) - 1} lines", "mute", on=on)]


def _full_text(entry: Entry, *, raw: bool) -> list[str]:
    if raw or (entry.path is None and not entry.message):
        source: str = entry.raw.decode("utf-8", "replace")
        return [shown(line) for line in source.split("\n")]
    if entry.path is None:
        return [shown(line) for line in (entry.message or "").split("\n")]
    parts = (
        entry.method or "",
        entry.path,
        _milliseconds(entry.duration).strip(),
        _who(entry),
        (entry.message or "").split("\n", 1)[0],
        f"rel={entry.release}" if entry.release else "",
    )
    return ["  ".join(shown(part) for part in parts if part)]


def _who(entry: Entry) -> str:
    return entry.upstream or entry.fields.get("client") or ""


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.0f} ms"


def _padded(text: str, cells: int) -> str:
    return text + " " * max(cells - cell_len(text), 0)


def _ending(text: str, cells: int) -> str:
    """Cut at the end, with a mark."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 1, 0)).rstrip() + "…" if cells > 0 else ""


def _middle(text: str, cells: int) -> str:
    """Cut in the middle: of a path both ends tell most."""
    if cell_len(text) <= cells:
        return text
    if cells < 8:
        return _ending(text, cells)
    tail = (cells - 1) // 2
    kept = text[-tail:]
    while cell_len(kept) > tail:
        kept = kept[1:]
    return set_cell_size(text, cells - 1 - cell_len(kept)) + "…" + kept


def _gap_words(entry: Entry, cols: Columns) -> str:
    """Return what happened, and to which source where several stand side by side."""
    said = entry.gap or ""
    return f"{entry.source}: {said}" if cols.source and not said.startswith(entry.source) else said


def _gap_row(text: str, width: int, ink: Ink, look: Look) -> Strip:
    on = "bg2" if look.cursor else "bg1"
    warn = ink.style("warn", on=on)
    said = _ending(shown(text), max(width - 4, 0))
    row = [Segment("  "), ink.text("▪ ", "warn", on=on), Segment(said, warn)]
    row[0] = Segment("  ", warn)
    return Strip(row).adjust_cell_length(width, warn)


def _highlighted(entry: Entry, strip: Strip, ink: Ink, look: Look) -> Strip:
    if look.pattern is None:
        return strip
    text = strip.text
    spans = list(_spans(look.pattern, text))
    if not spans:
        if look.x or not look.pattern.search(entry.raw.decode("utf-8", "replace")):
            return strip
        # It matches in what is not drawn: the row says so at its edge.
        edge = Strip([Segment("/", ink.style("accent", bold=True, on=_layer(entry, look)))], 1)
        return Strip.join([strip.crop(0, 1), edge, strip.crop(2, strip.cell_length)])
    cuts = [cell_len(text[:place]) for span in spans for place in span]
    pieces = list(strip.divide([*cuts, strip.cell_length]))
    mark = ink.style("accent", fill=True)
    return Strip.join(
        Strip([Segment(piece.text, mark)], piece.cell_length) if number % 2 else piece
        for number, piece in enumerate(pieces)
    )


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text, GUTTER):
        if match.end() > match.start():
            yield match.span()
