"""A theme on a terminal of sixteen colours: each by what it means, none by what it is close to.

The nearest of sixteen is grey for a soft blue and a soft green, and red for amber: keys, what is
kept and a P2 would lose what they are told apart by.
"""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from warroom.tui.theme import Palette

_DARK = {
    "bright_black": ("bg2", "line"),
    "black": ("bg0", "bg1", "bg3", "bg5"),
    "white": ("soft", "s2", "mute", "off", "vol"),
    "bright_white": ("text",),
    "cyan": ("p3", "s3"),
    "yellow": ("p2",),
    "bright_yellow": ("s4", "warn"),
    "bright_magenta": ("pend",),
    "bright_green": ("ok",),
    "bright_cyan": ("accent",),
    "bright_red": ("p1", "s5", "breach"),
}
_LIGHT = {
    "white": ("bg2",),
    "bright_white": ("bg0", "bg1", "bg3", "bg5"),
    "bright_black": ("line", "vol"),
    "black": ("text", "soft", "s2", "mute", "off"),
    "cyan": ("p3", "s3"),
    "yellow": ("p2", "s4", "warn"),
    "magenta": ("pend",),
    "green": ("ok",),
    "blue": ("accent",),
    "red": ("p1", "s5", "breach"),
}
"""Tokens by colour; of two tokens with one colour in a theme the later line has it."""


_MADE: "dict[int, SixteenColours]" = {}
"""By the address of a palette, which each of them keeps."""


def sixteen(palette: Palette) -> "SixteenColours":
    """Return the filter for a palette, made once: it is asked for with every widget drawn."""
    made = _MADE.get(id(palette))
    if made is None:
        made = _MADE[id(palette)] = SixteenColours(palette)
    return made


class SixteenColours(LineFilter):
    """Draw every token of a palette in one of the terminal's own sixteen colours."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        names = _DARK if palette.dark else _LIGHT
        self._page = RichColor.parse("black" if palette.dark else "bright_white")
        self._text = RichColor.parse("bright_white" if palette.dark else "black")
        self._known = {
            RichColor.parse(palette.colours[token]).triplet: RichColor.parse(name)
            for name, tokens in names.items()
            for token in tokens
        }
        self._of = lru_cache(2048)(self._translated)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace every style."""
        del background
        return [
            Segment(text, None if style is None else self._of(style), control)
            for text, style, control in segments
        ]

    def _translated(self, style: Style) -> Style:
        ground = self._one(style.bgcolor, self._page)
        # Words on a badge have a token of their own, that is nearly the page.
        words = self._one(style.color, self._page if self._filled(ground) else self._text)
        return style + Style(color=words, bgcolor=ground)

    def _filled(self, ground: RichColor | None) -> bool:
        layers = (None, self._page, RichColor.parse("bright_black"), RichColor.parse("white"))
        return ground not in layers

    def _one(self, colour: RichColor | None, other: RichColor) -> RichColor | None:
        if colour is None or colour.type is not ColorType.TRUECOLOR:
            return colour
        return self._known.get(colour.triplet, other)
