"""The chart above a log: share of failures over volume over a time axis with its marks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from warroom.core import spell
from warroom.tui.snapshot import LogFacts
from warroom.tui.theme import Palette
from warroom.tui.widgets.axis import Axis, Mark
from warroom.tui.widgets.ink import Ink, ink_for
from warroom.tui.widgets.log_line import clock
from warroom.tui.widgets.repaint import repaint

FULL = 0.05
"""The share that fills the chart at least: three failures in a quiet hour are no tower."""
ALARM = 0.02
"""The share from which a bucket is drawn as failing."""
_LEFT = 8
_RIGHT = 12
_RIGHT_NARROW = 9


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts over time, plain numbers."""

    start: float
    """Epoch second of the left edge."""
    width: float
    """Seconds a bucket."""
    total: tuple[int, ...]
    failed: tuple[int, ...]
    last: float = 1.0
    """How much of the last bucket has passed, above 0 to 1."""

    @property
    def end(self) -> float:
        """Epoch second of the right edge."""
        return self.start + self.width * len(self.total)

    def column(self, at: float, cells: int) -> int | None:
        """Return the column of a time on an axis of so many cells; None: it is outside."""
        if not self.start <= at <= self.end or self.end <= self.start:
            return None
        return min(int((at - self.start) / (self.end - self.start) * cells), cells - 1)


@dataclass(frozen=True, slots=True)
class ChartState:
    """Everything the chart shows."""

    bars: Bars | None = None
    facts: LogFacts = field(default_factory=LogFacts)
    marks: tuple[Mark, ...] = ()
    cursor: float | None = None
    """The time cursor, while the log is held."""
    edge: str = "now"
    """What the right edge is: now, the last line of a log that has ended, or just a time."""
    nothing: str = ""
    """Why there is nothing to draw."""


def worst(bars: Bars) -> tuple[int, int]:
    """Return the worst moment that has enough requests to mean something: failed and all."""
    enough = max(5, sum(bars.total) / max(len(bars.total), 1) / 4)
    found = (0, 0)
    for failed, total in zip(bars.failed, bars.total, strict=True):
        if total >= enough and failed * max(found[1], 1) > found[0] * total:
            found = (failed, total)
    return found if found[1] else (sum(bars.failed), sum(bars.total))


def percent(part: int, whole: int, *, sign: bool = True) -> str:
    """Return a share as the header writes it: `38.2 %`, `0 %`, `<0.1 %`, `—` for unknown."""
    words = spell.share(part, whole)
    return words if sign else words.removesuffix(" %")


def plot_width(width: int) -> int:
    """Return the cells between the labels."""
    return max(width - _LEFT - (_RIGHT if width >= 96 else _RIGHT_NARROW), 0)


def draw_chart(state: ChartState, width: int, height: int, ink: Ink) -> list[list[Segment]]:
    """Return `height` rows; one row is the share alone, from three on volume and axis follow."""
    cells = plot_width(width)
    if height < 1 or cells < 10:
        return [[] for _ in range(height)]
    if height < 3:
        return [_one_row(state, cells, ink), *([[]] * (height - 1))]
    share_rows = height - 2
    shares = _columns(state.bars, cells)
    top = max(FULL, max((s for s in shares if s is not None), default=0))
    alarmed = any(share is not None and share >= ALARM for share in shares)
    rows = []
    for level in reversed(range(share_rows)):
        number = share_rows - 1 - level
        row = [_left_label(number, share_rows, ink, alarmed=alarmed)]
        if state.nothing and number == 0:
            rows.append([*row, ink.text(state.nothing[:cells], "mute")])
            continue
        row += _share_row(shares, top, level, share_rows, ink)
        row += _right_label(number, share_rows, state, ink, width)
        rows.append(row)
    rows.append(_volume_row(state, cells, ink))
    rows.append(_axis(state, cells, ink))
    return rows


def _left_label(number: int, rows: int, ink: Ink, *, alarmed: bool) -> Segment:
    words = "5xx %" if number == 0 else "of all" if number == 1 and rows > 1 else ""
    bad = alarmed and number == 0
    return ink.text(f"{words:>{_LEFT - 1}} ", "s5" if bad else "mute", bold=bad)


def _columns(bars: Bars | None, cells: int) -> list[float | None]:
    """The share of each column; None where nothing was logged."""
    if bars is None or not bars.total:
        return [None] * cells
    shares: list[float | None] = []
    for low, high in _spans(len(bars.total), cells):
        total = sum(bars.total[low:high])
        shares.append(sum(bars.failed[low:high]) / total if total else None)
    return shares


def _spans(buckets: int, cells: int) -> list[tuple[int, int]]:
    edges = [cell * buckets // cells for cell in range(cells + 1)]
    return [(low, max(high, low + 1)) for low, high in pairwise(edges)]


def _share_row(
    shares: Sequence[float | None], top: float, level: int, rows: int, ink: Ink
) -> list[Segment]:
    cells: list[tuple[str, str]] = []
    for share in shares:
        if share is None:
            cells.append((" ", "mute"))
            continue
        eighths = round(8 * rows * share / top) - 8 * level
        if share >= ALARM and not level:
            eighths = max(eighths, 1)
        if eighths <= 0 and not level:
            cells.append(("▁", "line"))
        else:
            token = "s5" if share >= ALARM else "soft"
            cells.append((" ▁▂▃▄▅▆▇█"[max(0, min(eighths, 8))], token))
    return _runs(cells, ink)


def _volume_row(state: ChartState, cells: int, ink: Ink) -> list[Segment]:
    bars = state.bars
    row = [ink.text("req/s".rjust(7) + " ", "mute")]
    if bars is None or not bars.total:
        return [*row, Segment(" " * cells, ink.style("mute"))]
    total = [*map(float, bars.total[:-1]), bars.total[-1] / bars.last]
    volumes = [sum(total[low:high]) / (high - low) for low, high in _spans(len(total), cells)]
    most = max(volumes) or 1
    glyphs = [
        (" ▁▂▃▄▅▆▇█"[max(1, round(8 * volume / most)) if volume else 0], "vol")
        for volume in volumes
    ]
    row += _runs(glyphs, ink)
    seconds = max(min(60.0, bars.end - bars.start), 1.0)
    rate = state.facts.share_now[1] / seconds
    row.append(Segment(f" {_rate(rate)}", ink.style("mute")))
    return row


def _rate(rate: float) -> str:
    if rate >= 9.95:
        return f"{rate:,.0f}/s".replace(",", " ")
    return f"{rate:.1f}/s"


def _runs(cells: Sequence[tuple[str, str]], ink: Ink) -> list[Segment]:
    """Neighbouring cells of one colour as one segment."""
    found: list[Segment] = []
    text, token = "", ""
    for glyph, colour in cells:
        if colour != token and text:
            found.append(ink.text(text, token))
            text = ""
        text, token = text + glyph, colour
    if text:
        found.append(ink.text(text, token))
    return found


def _now_tone(state: ChartState) -> tuple[str, bool]:
    facts = state.facts
    if state.edge == "last":
        return "warn", True
    failed, total = facts.share_now
    share = failed / total if total else 0.0
    if share >= ALARM:
        return "s5", True
    peak_failed, peak_total = facts.peak
    was_bad = peak_total and peak_failed / peak_total >= ALARM
    return ("ok", True) if was_bad and total else ("soft", False)


def _right_label(number: int, rows: int, state: ChartState, ink: Ink, width: int) -> list[Segment]:
    facts = state.facts
    if number == 0:
        token, bold = _now_tone(state)
        return [ink.text(f" {percent(*facts.share_now)}", token, bold=bold)]
    if number == rows - 1 and state.bars is not None:
        word = "peak" if width >= 96 else "pk"
        return [ink.text(f" {word} {percent(*_peak(state, state.bars), sign=False)}", "mute")]
    return []


def _peak(state: ChartState, bars: Bars) -> tuple[int, int]:
    """Return the worst moment that is shown; the minute at its right edge is one of them."""
    found, (failed, total) = worst(bars), state.facts.share_now
    worse = bool(state.edge) and failed * max(found[1], 1) > found[0] * total
    return (failed, total) if worse else found


def _one_row(state: ChartState, cells: int, ink: Ink) -> list[Segment]:
    shares = _columns(state.bars, cells)
    top = max(FULL, max((s for s in shares if s is not None), default=0))
    return [
        ink.text("5xx %".rjust(7) + " ", "mute"),
        *_share_row(shares, top, 0, 1, ink),
        *_right_label(0, 1, state, ink, cells),
    ]


def _axis(state: ChartState, cells: int, ink: Ink) -> list[Segment]:
    bars = state.bars
    if bars is None:
        return [Segment(" " * _LEFT), ink.text("┄" * cells, "line")]
    axis = Axis(cells)
    at = None if state.cursor is None else bars.column(state.cursor, cells)
    if at is not None and state.cursor is not None:
        flag = f" {clock(state.cursor)} "
        axis.put(flag, max(0, min(at - len(flag) // 2, cells - len(flag))), "accent", fill=True)
    axis.mark(state.marks, lambda at: bars.column(at, cells))
    labelled: list[Segment] = [ink.text(clock(bars.start)[:5].rjust(7) + " ", "mute")]
    labelled += axis.segments(ink)
    end = clock(bars.end)[:5]
    narrow = state.edge if state.edge == "now" else end
    words = f"{end} {state.edge}".rstrip() if cells > 70 else narrow
    labelled.append(ink.text(f" {words}", "warn" if state.edge == "last" else "mute"))
    return labelled


class LogChart(Widget):
    """Draws a `ChartState`; its height decides how much of it."""

    DEFAULT_CSS = "LogChart { height: 4; width: 1fr; background: $background; }"

    state: reactive[ChartState] = reactive(ChartState(), repaint=False)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self._ink: Ink | None = None
        self._rows: list[list[Segment]] = []
        self._drawn: object = None

    def watch_state(self) -> None:
        """Repaint the rows that differ: all of them are 15 kB, too much for each key over ssh."""
        if not self.size:  # not laid out yet
            return
        before, rows = self._rows, self._draw()
        if len(before) != len(rows):
            self.refresh()
            return
        seen = range(min(self.size.height, len(rows)))
        repaint(self, [y for y in seen if before[y] != rows[y]])

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        rows = self._draw()
        ground = ink_for(self.palette, self._ink).style("text", on="bg0")
        row = Strip(rows[y] if y < len(rows) else [])
        return row.apply_style(ground).adjust_cell_length(self.size.width, ground)

    def _draw(self) -> list[list[Segment]]:
        ink = self._ink = ink_for(self.palette, self._ink)
        key = (self.state, self.size, ink)
        if self._drawn != key:
            self._rows = draw_chart(self.state, self.size.width, self.size.height, ink)
            self._drawn = key
        return self._rows
