"""A report before it has a format."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A title, a few facts, and a body of Markdown whose headings begin at level two."""

    title: str
    kicker: str
    """What kind of document it is, in a few words above the title."""
    facts: tuple[tuple[str, str], ...]
    """Label and value, plain text."""
    body: str
    note: str
    """How it came about, for the foot."""


class ReportError(Exception):
    """A report cannot be made; what and what to do are separate sentences."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
