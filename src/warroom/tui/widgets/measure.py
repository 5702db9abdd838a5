"""Measures and clocks: one way to draw how much of something there is."""

from datetime import datetime, timedelta

from rich.segment import Segment

from warroom.core import spell
from warroom.core.calendars import after
from warroom.core.clocks import Clock, Pace
from warroom.tui.theme import Palette

CLOCK_CELLS = 12
"""Four cells of measure, a space, and the time right-aligned in seven."""


def measure(
    part: float, cells: int, palette: Palette, token: str, *, on: str = ""
) -> list[Segment]:
    """Return a heavy rule of `part` (0 to 1) on a hairline, in steps of half a cell."""
    halves = round(max(0.0, min(part, 1.0)) * cells * 2)
    full, half = divmod(halves, 2)
    heavy = "━" * full + "╾" * half
    return [
        Segment(heavy, palette.style(token, on=on)),
        Segment("─" * (cells - len(heavy)), palette.style("line", on=on)),
    ]


_TONES = {Pace.CALM: ("mute", "mute"), Pace.HALF: ("mute", "soft"), Pace.WARN: ("warn", "warn")}


def clock(deadline: Clock, now: datetime, palette: Palette, *, on: str = "") -> list[Segment]:
    """Return a deadline in exactly `CLOCK_CELLS` cells: calm, warning, late or met."""
    pace = deadline.pace(now)
    if pace in (Pace.MET, Pace.MET_LATE):
        took = spell.duration((deadline.met_at or now) - deadline.started)
        token = "ok" if pace is Pace.MET else "warn"
        return [Segment(f"✓ {took}".rjust(CLOCK_CELLS), palette.style(token, on=on))]
    span = spell.duration(deadline.left(now))
    rest = resting(deadline, now)
    if rest and pace is not Pace.LATE:
        return [Segment(f"zz {rest}".rjust(CLOCK_CELLS), palette.style("mute", on=on))]
    if pace is Pace.LATE:
        text = " LATE" + f"+{_short(span.replace(' ', ''), 5)} ".rjust(CLOCK_CELLS - 5)
        return [Segment(text, palette.style("breach", fill=True))]
    rule, words = _TONES[pace]
    return [
        *measure(deadline.used(now), 4, palette, rule, on=on),
        Segment(
            " " + _short(span, 7).rjust(7), palette.style(words, on=on, bold=pace is Pace.WARN)
        ),
    ]


def owed(due: datetime | None, now: datetime) -> tuple[str, str]:
    """Return by when something is owed, or for how long it has been, in words and their token."""
    if due is None:
        return "no date", "warn"
    if due < now:
        return f"LATE +{spell.duration(now - due)}", "warn"
    return f"due {due:%Y-%m-%d}", "mute"


def resting(deadline: Clock, now: datetime) -> str:
    """Return until when a clock stands still, in at most nine cells; empty: it runs."""
    if deadline.paused:
        return "waiting"
    if deadline.calendar is None or deadline.met_at is not None:
        return ""
    minute = now.replace(second=0, microsecond=0)  # asked each second, answered once a minute
    opens = after(deadline.calendar, minute, timedelta(seconds=1), deadline.pauses)
    return f"{opens:%a %H:%M}" if opens - minute > timedelta(minutes=1) else ""


def _short(span: str, cells: int) -> str:
    """Return a duration, without its smaller unit where both do not fit."""
    if len(span) <= cells:
        return span
    unit = next(place for place, letter in enumerate(span) if letter.isalpha())
    return span[: unit + 1]


def inline_clock(
    deadline: Clock, now: datetime, palette: Palette, *, on: str = "", bold: bool = False
) -> list[Segment]:
    """Return a deadline as it stands in a sentence: not padded, otherwise like `clock`."""
    pace = deadline.pace(now)
    if pace is Pace.LATE:
        return clock(deadline, now, palette, on=on)
    if pace not in _TONES:
        met = clock(deadline, now, palette, on=on)
        return [Segment(segment.text.strip(), segment.style) for segment in met]
    rest = resting(deadline, now)
    if rest:
        return [Segment(f"zz {rest}", palette.style("mute", on=on))]
    rule, words = _TONES[pace]
    strong = bold or pace is Pace.WARN
    token = "text" if bold and pace is not Pace.WARN else words
    return [
        *measure(deadline.used(now), 4, palette, rule if rule != "mute" else "soft", on=on),
        Segment(f" {spell.duration(deadline.left(now))}", palette.style(token, on=on, bold=strong)),
    ]
