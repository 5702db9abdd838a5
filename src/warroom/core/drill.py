"""What marks an incident as a drill, and how a drill went."""

from dataclasses import dataclass

MARK = "DRILL "
"""What the title and every update of a drill begin with, wherever they are shown or sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of a score."""

    what: str
    points: int
    most: int
    """Points there were to be had."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillScored:
    """A drill ended; what it was worth and why."""

    scenario: str
    seed: int
    points: int
    """Of 100."""
    won: bool
    marks: tuple[Mark, ...]
    truth: str = ""
    """What really happened."""


def marked(text: str) -> str:
    """Return a text that begins with the mark, once."""
    return text if text.startswith(MARK) else MARK + text
