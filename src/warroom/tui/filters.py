"""What a terminal cannot show is replaced on the way out, in one place for every widget."""

from functools import lru_cache
from typing import Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from warroom.tui.eightbit import EightBitColours
from warroom.tui.restyled import Restyled
from warroom.tui.sixteen import SixteenColours
from warroom.tui.theme import Palette

ASCII = {
    "▏": ":",
    "▎": ">",
    "▲": "^",
    "◆": "*",
    "●": "o",
    "◇": "+",
    "▪": "*",
    "▸": ">",
    "✓": "v",
    "✗": "x",
    "━": "=",
    "╾": "-",
    "─": "-",
    "┄": "-",
    "│": "|",
    "┆": "|",
    "┬": "+",
    "├": "+",
    "┤": "+",
    "┼": "+",
    "┴": "+",
    "╭": "+",
    "╮": "+",
    "╰": "+",
    "╯": "+",
    "·": ".",
    "…": "~",
    "»": ">",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "–": "-",
    "—": "-",
    "±": "~",
    "×": "x",
    "⏎": "$",
    "█": "#",
    "▇": "#",
    "▆": "#",
    "▅": "=",
    "▄": "=",
    "▃": "-",
    "▂": ".",
    "▁": "_",
    "▀": "=",
    "▐": "|",
    "╸": "=",
    "╺": "=",
    "╴": "-",
    "╶": "-",
    "▍": "|",
}
"""One cell for one cell; `▌` depends on what it marks."""

_TABLE = str.maketrans(ASCII)


class AsciiGlyphs(LineFilter):
    """Draw with plain characters; a half block in the colour of failures is `!`, else `>`."""

    def __init__(self, failure: str) -> None:
        super().__init__()
        self._failure = Color.parse(failure).rgb

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Translate every segment."""
        del background
        return [
            segment if segment.text.isascii() else self._translate(segment) for segment in segments
        ]

    def _translate(self, segment: Segment) -> Segment:
        text, style, control = segment
        mark = ">"
        if style is not None and style.color is not None:
            triplet = style.color.triplet
            if triplet is not None and tuple(triplet) == self._failure:
                mark = "!"
        return Segment(text.translate(_TABLE).replace("▌", mark), style, control)


_FILL_DISTANCE = 0.25
"""A background that differs this much in brightness from the page is a badge, not a layer."""


class PlainColours(Restyled):
    """Use the terminal's own two colours only: badges in reverse, what is important in bold.

    The words of the row under the cursor are underlined: its mark is that of a failure as well.
    """

    def __init__(self, page: str, row: str) -> None:
        super().__init__()
        self._page = Color.parse(page).brightness
        self._row = Color.parse(row).rich_color

    def restyle(self, text: str, style: Style) -> Style:
        """Return the style without colours."""
        row = style.bgcolor == self._row and not text.isspace()
        return _plain(style, self._page, lined=row)


@lru_cache(2048)
def _plain(style: Style, page: float, *, lined: bool) -> Style:
    reverse = bool(style.reverse)
    if style.bgcolor is not None and style.bgcolor.triplet is not None:
        brightness = Color.from_rich_color(style.bgcolor).brightness
        reverse = reverse or abs(brightness - page) > _FILL_DISTANCE
    default = RichColor.parse("default")
    return Style(
        color=default,
        bgcolor=default,
        bold=style.bold,
        underline=lined or style.underline,
        reverse=reverse or None,
    )


class Shortfall:
    """What replaces what the terminal of one app cannot show; asked for with every widget drawn."""

    def __init__(self, *, ascii_glyphs: bool) -> None:
        self._ascii = ascii_glyphs
        self._sixteen: SixteenColours | None = None
        """Made once for a palette: it remembers what it has translated."""

    def filters(self, app: App[Any], palette: Palette) -> list[LineFilter]:
        """Return the filters in the order in which they work."""
        found: list[LineFilter] = []
        if self._ascii:
            found.append(AsciiGlyphs(palette.colours["s5"]))
        if app.no_color:
            found.append(PlainColours(palette.colours["bg0"], palette.colours["bg2"]))
        elif not app.is_headless and app.console.color_system == "256":
            found.append(EightBitColours())
        elif not app.is_headless and app.console.color_system == "standard":
            if self._sixteen is None or self._sixteen.palette is not palette:
                self._sixteen = SixteenColours(palette)
            found.append(self._sixteen)
        return found
