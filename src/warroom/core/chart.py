"""The 5xx rate over time as text: a block that people read, and from which it is drawn again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.core import spell
from warroom.core.impact import Series
from warroom.core.references import one_line

FENCE = "5xx"
"""The info string of the block."""

_WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEAD = re.compile(r"5xx per (\d{1,6}) s from (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) UTC\b")
_ROW = re.compile(r"\d{2}:\d{2}:\d{2} .*? (\d{1,9})/(\d{1,9})(?: {2}(.*))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Counts over time with a word at some of the steps."""

    series: Series
    marks: Mapping[int, str]
    """By step, from 0."""


def chart(series: Series, events: Mapping[str, datetime | None]) -> Chart:
    """Return the chart of a series; events outside it, or None, are left out."""
    marks: dict[int, str] = {}
    for word, at in events.items():
        if at is None:
            continue
        step = int((at - series.start).total_seconds() // series.width)
        if 0 <= step < len(series.total):
            marks[step] = f"{marks[step]}, {word}" if step in marks else word
    return Chart(series=series, marks=marks)


def chart_text(shown: Chart) -> str:
    """Return the chart as a fenced block of Markdown, one line a step."""
    series = shown.series
    lines = [
        f"```{FENCE}",
        (
            f"5xx per {series.width} s from {series.start:%Y-%m-%d %H:%M:%S} UTC, "
            f"full bar {spell.share(series.peak, 1)}"
        ),
    ]
    for step, (total, failed) in enumerate(zip(series.total, series.failed, strict=True)):
        share = failed / total if total else 0.0
        bar = _bar(share / series.peak if series.peak else 0.0)
        counts = f"{failed}/{total}"
        row = f"{series.at(step):%H:%M:%S} {bar} {spell.share(failed, total):>8} {counts:>13}"
        lines.append(f"{row}  {one_line(shown.marks.get(step, ''))}".rstrip())
    return "\n".join([*lines, "```"])


def read_chart(body: str) -> Chart | None:
    """Return the chart that such a block shows, without its fences; None: it is none."""
    lines = body.strip().splitlines()
    head = _HEAD.match(lines[0]) if lines else None
    rows = [_ROW.match(line) for line in lines[1:]]
    found = [row for row in rows if row is not None]
    if head is None or not found or len(found) != len(rows):
        return None
    try:
        start = datetime.strptime(head[2], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        start + timedelta(seconds=int(head[1]) * len(found))
    except (ValueError, OverflowError):
        return None
    series = Series(
        start=start,
        width=max(1, int(head[1])),
        total=tuple(int(row[2]) for row in found),
        failed=tuple(min(int(row[1]), int(row[2])) for row in found),
    )
    return Chart(series=series, marks={n: row[3] for n, row in enumerate(found) if row[3]})


def _bar(part: float) -> str:
    eighths = round(part * _WIDTH * 8)
    if part > 0:
        eighths = max(eighths, 1)  # a trace is seen
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(_WIDTH)
