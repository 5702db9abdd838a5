"""A theme on a terminal of sixteen colours: each by what it means, none by what it is close to.

The nearest of sixteen is grey for a soft blue and a soft green, and red for amber: keys, what is
kept and a P2 would lose what they are told apart by.
"""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.color import Color

from warroom.tui.restyled import Restyled
from warroom.tui.theme import Palette

_DARK = {
    "black": ("bg0", "bg1", "bg3", "bg5"),
    "blue": ("bg2",),
    "bright_black": ("line",),
    "bright_blue": ("vol",),
    "white": ("soft", "s2", "mute", "off"),
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
    "black": ("text", "soft", "s2", "s3", "mute", "off"),
    "magenta": ("p2", "s4", "warn", "pend"),
    "blue": ("p3", "accent", "ok"),
    "red": ("p1", "s5", "breach"),
}
"""Tokens by colour; of two tokens with one colour in a theme the later line has it. Green, yellow
and cyan are too pale for a light page on most terminals, so that two meanings have one colour: they
have a sign and a word of their own as well."""

_READABLE = {
    "blue": ("bright_white", "white", "bright_yellow", "bright_cyan", "bright_green"),
    "white": ("black", "blue", "red"),
}
"""What can be read on the row under the cursor; anything else is as plain text there."""

_SHAPES = "▌▎▏▐ "
"""Signs that are seen by their shape and their place, in whatever colour."""
_ROUNDED = 1
"""How far red, green and blue may be off a token each, where the framework has mixed colours."""


class SixteenColours(Restyled):
    """Draw every token of a palette in one of the terminal's own sixteen colours."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        names = _DARK if palette.dark else _LIGHT
        self._known = {
            _triplet(palette.colours[token]): RichColor.parse(name)
            for name, tokens in names.items()
            for token in tokens
        }
        self._page = self._known[_triplet(palette.colours["bg0"])]
        self._text = self._known[_triplet(palette.colours["text"])]
        self._faded = RichColor.parse("bright_black")
        """The page behind a dialog: its colours are mixed, so that they are no token's."""
        self._row = self._known[_triplet(palette.colours["bg2"])]
        self._readable = {RichColor.parse(name) for name in _READABLE[self._row.name]}
        self._of = lru_cache(2048)(self._translated)

    def restyle(self, text: str, style: Style) -> Style:
        """Return the style in the colours of the tokens; a shape needs less contrast than words."""
        return self._of(style, shape=not text.strip(_SHAPES))

    def _translated(self, style: Style, *, shape: bool) -> Style:
        ground = self._one(style.bgcolor, self._page)
        # Words on a badge have a token of their own, that is nearly the page.
        filled = ground not in (None, self._page, self._row)
        words = self._one(style.color, self._page if filled else self._faded)
        if ground == self._row and not shape and words not in self._readable:
            words = self._text
        return style + Style(color=words, bgcolor=ground)

    def _one(self, colour: RichColor | None, other: RichColor) -> RichColor | None:
        if colour is None or colour.type is not ColorType.TRUECOLOR or colour.triplet is None:
            return colour
        found = self._known.get(colour.triplet)
        if found is None:
            near = (known for known in self._known if _near(known, colour.triplet))
            found = self._known.get(next(near, colour.triplet), other)
        return found


def _triplet(colour: str) -> ColorTriplet:
    return ColorTriplet(*Color.parse(colour).rgb)


def _near(one: ColorTriplet, other: ColorTriplet) -> bool:
    return all(abs(a - b) <= _ROUNDED for a, b in zip(one, other, strict=True))
