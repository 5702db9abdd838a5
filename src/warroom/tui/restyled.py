"""A filter of drawn lines that gives every piece of text another style."""

from abc import abstractmethod

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter


class Restyled(LineFilter):
    """Replaces styles and leaves texts as they are; what has no style keeps none."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace every style."""
        del background
        return [
            Segment(text, style and self.restyle(text, style), control)
            for text, style, control in segments
        ]

    @abstractmethod
    def restyle(self, text: str, style: Style) -> Style:
        """Return the style that a text is drawn in instead."""
