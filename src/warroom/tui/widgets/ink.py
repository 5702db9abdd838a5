"""The styles of a palette, made once each: a screen of log lines asks for hundreds."""

from dataclasses import dataclass, field

from rich.segment import Segment
from rich.style import Style

from warroom.tui.theme import Palette


@dataclass(slots=True, eq=False)
class Ink:
    """Styles of one palette by token."""

    palette: Palette
    _styles: dict[tuple[str, str, bool, bool], Style] = field(default_factory=dict)

    def style(self, token: str, *, on: str = "", bold: bool = False, fill: bool = False) -> Style:
        """Return the style of a token: as text, on the background token `on`, or as a fill."""
        key = (token, on, bold, fill)
        found = self._styles.get(key)
        if found is None:
            found = self._styles[key] = self.palette.style(token, on=on, bold=bold, fill=fill)
        return found

    def text(self, text: str, token: str, *, on: str = "", bold: bool = False) -> Segment:
        """Return a piece of our own text."""
        return Segment(text, self.style(token, on=on, bold=bold))


def ink_for(palette: Palette, known: Ink | None = None) -> Ink:
    """Return what to draw with now; `known` again while the palette is the same."""
    return known if known is not None and known.palette is palette else Ink(palette)
