"""A theme on a terminal of 256 colours: each in the one that is nearest to the eye.

What the terminal's library takes is the nearest corner of a cube: a dark grey-blue row becomes
teal, a dark green-blue page navy, and words that hold on a theme's own layers do not on those.
"""

from functools import cache, lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

from warroom.tui.restyled import Restyled

_FIRST = 16
"""Below it are the colours that a person has chosen for the terminal: nobody knows which."""
_STEPS = (0, 95, 135, 175, 215, 255)
_LIGHT = 6.0
"""How much more a difference in lightness counts than one in hue: words are read by the first."""

Lab = tuple[float, float, float]


class EightBitColours(Restyled):
    """Draw in the 240 colours that every such terminal has."""

    def restyle(self, text: str, style: Style) -> Style:
        """Return the style in the nearest of them."""
        del text
        return _translated(style)


@lru_cache(2048)
def _translated(style: Style) -> Style:
    return style + Style(color=_one(style.color), bgcolor=_one(style.bgcolor))


def _one(colour: RichColor | None) -> RichColor | None:
    if colour is None or colour.type is not ColorType.TRUECOLOR or colour.triplet is None:
        return colour
    return RichColor.from_ansi(nearest(colour.triplet))


@lru_cache(1024)
def nearest(colour: ColorTriplet) -> int:
    """Return the number of the colour that looks most like one."""
    light, a, b = _lab(*colour)

    def far(one: tuple[int, Lab]) -> float:
        other = one[1]
        return _LIGHT * (other[0] - light) ** 2 + (other[1] - a) ** 2 + (other[2] - b) ** 2

    return min(_table(), key=far)[0]


@cache
def _table() -> tuple[tuple[int, Lab], ...]:
    cube = [(r, g, b) for r in _STEPS for g in _STEPS for b in _STEPS]
    grey = [(level, level, level) for level in range(8, 239, 10)]
    return tuple((number, _lab(*one)) for number, one in enumerate((*cube, *grey), _FIRST))


def _lab(red: int, green: int, blue: int) -> Lab:
    """Return a colour as CIE 1976 L*a*b*, in which distances are what the eye sees."""
    r, g, b = (
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
        for x in (red / 255, green / 255, blue / 255)
    )
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (
            (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
        )
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))
