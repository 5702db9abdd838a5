"""Symptoms: regular expressions from a runbook on lines from a log, with a bound on the work."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PATTERN_LIMIT = 300
"""Characters of one expression."""
REPEAT_LIMIT = 3
"""Unbounded repetitions in one expression: the work on a line grows with this power."""
LINE_LIMIT = 300
"""Characters of a line that are looked at."""
_BUDGET = 0.2
"""Seconds after which looking for a symptom stops, between two lines."""

_UNBOUNDED = re.compile(r"[*+]|\{\d*,\}|\{\d*,\d{3,}\}|\{\d{3,}\}")


def check_pattern(pattern: str) -> str:
    """Why an expression is refused, empty where it is fine.

    Python's engine backtracks: a repeated group that itself repeats or chooses can take for ever on
    one line. Such groups are refused outright rather than timed.
    """
    if len(pattern) > PATTERN_LIMIT:
        return f"longer than {PATTERN_LIMIT} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"no regular expression ({error})"
    risky = [False]
    repeats = 0
    position, in_class = 0, False
    while position < len(pattern):
        char = pattern[position]
        repeat = None if in_class else _UNBOUNDED.match(pattern, position)
        if char == "\\":
            position += 1
            if pattern[position : position + 1].isdigit() and not in_class:
                return "a back-reference"
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            position += 1 if pattern[position + 1 : position + 2] in {"^", "]"} else 0
        elif char == "(":
            risky.append(False)
        elif char == "|":
            risky[-1] = True
        elif char == ")":
            inner = risky.pop()
            repeated = _UNBOUNDED.match(pattern, position + 1)
            if inner and repeated:
                return "a repeated group that itself repeats or chooses"
            risky[-1] = risky[-1] or inner
        elif repeat:
            repeats += 1
            risky[-1] = True
            position += len(repeat[0]) - 1
        position += 1
    return f"more than {REPEAT_LIMIT} unbounded repetitions" if repeats > REPEAT_LIMIT else ""


@dataclass(frozen=True, slots=True)
class Seen:
    """How often lines show a symptom."""

    line: str
    """The first of them, foreign."""
    hits: int
    lines: int
    """Lines that were looked at."""

    @property
    def share(self) -> float:
        """Of the lines that were looked at, 0 to 1."""
        return self.hits / self.lines

    @property
    def telling(self) -> bool:
        """Whether it is more than a stray line: of a few half, of many a number and a share."""
        if self.lines < _FEW:
            return 2 * self.hits >= self.lines
        return self.hits >= _STRAY and self.share >= _LEAST


_FEW = 5
_STRAY = 3
_LEAST = 0.05


def matches(patterns: Sequence[str], lines: Iterable[str]) -> Seen | None:
    """How many lines some pattern matches; None for none. A slow look ends early."""
    compiled = [re.compile(pattern) for pattern in patterns]
    stop = time.monotonic() + _BUDGET
    first, hits, looked = "", 0, 0
    for line in lines:
        looked += 1
        if any(expression.search(line[:LINE_LIMIT]) for expression in compiled):
            first = first or line
            hits += 1
        if time.monotonic() > stop:
            break
    return Seen(first, hits, looked) if hits else None
