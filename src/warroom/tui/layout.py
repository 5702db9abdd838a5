"""Where the panes go, as a pure function of the size of the terminal."""

from dataclasses import dataclass
from enum import StrEnum

PANES = ("queue", "logs", "contain", "work")
"""In the order of their numbers 1 to 4."""


class Shape(StrEnum):
    """The forms the screen takes."""

    TINY = "tiny"
    """Below 60x15: rail, queue and the next key."""
    TABS = "tabs"
    """Below 100x28: one pane at a time."""
    PANES = "panes"
    """Four panes."""
    LARGE = "large"
    """From 180x50: four panes and the people and deadlines."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in cells; heights include the title line."""

    shape: Shape
    left: int = 0
    """Width of the left column; the divider beside it takes one cell more."""
    queue: int = 0
    contain: int = 0
    extra: int = 0
    logs: int = 0
    work: int = 0


def shape_for(width: int, height: int) -> Shape:
    """Return the form for a terminal of that size."""
    if width < 60 or height < 15:
        return Shape.TINY
    if width < 100 or height < 28:
        return Shape.TABS
    return Shape.LARGE if width >= 180 and height >= 50 else Shape.PANES


def arrange(width: int, height: int) -> Layout:
    """Return the layout: the log takes three fifths of the right column, at any size."""
    shape = shape_for(width, height)
    if shape in (Shape.TINY, Shape.TABS):
        return Layout(shape)
    body = height - 4  # header, rail, notice row, footer
    left = 46 if width >= 180 else 37 if width >= 120 else 32
    logs = round(body * 0.62)
    extra = 14 if shape is Shape.LARGE else 0
    queue = round((body - extra) * 0.42)
    return Layout(
        shape,
        left=left,
        queue=queue,
        contain=body - extra - queue,
        extra=extra,
        logs=logs,
        work=body - logs,
    )
