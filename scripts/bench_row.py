"""One measured figure beside its target, and the table of them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison."""

    what: str
    ours: str
    other: str
    value: float
    """What is held against the target: a ratio, or a figure in `unit`."""
    target: float | None = None
    """The highest value that is promised; None: nothing is."""
    unit: str = ""
    """Of value and target; empty: they are a ratio."""

    @property
    def met(self) -> bool | None:
        """Whether the promise held; None: there is none."""
        return None if self.target is None else self.value <= self.target

    def row(self) -> str:
        """Return it as a row of the table."""
        unit = f" {self.unit}" if self.unit else ""
        places = 3 if self.target is not None and self.target < 0.1 else 2
        value = f"{self.value:.0f}{unit}" if self.value >= 10 else f"{self.value:.{places}f}{unit}"
        target = f"≤ {self.target:g}{unit}" if self.target is not None else ""
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        return f"| {self.what} | {self.ours} | {self.other} | {value} | {target} | {met} |"


def table(found: Sequence[Figure], notes: Sequence[str] = ()) -> str:
    """Return the figures as a Markdown table, with notes below."""
    rows = ["| what | warroom | other | value | target | met |", "|---|---|---|---|---|---|"]
    rows += [each.row() for each in found]
    return "\n".join([*rows, *([""] if notes else []), *[f"- {note}" for note in notes]])
