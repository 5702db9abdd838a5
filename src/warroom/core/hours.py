"""Opening hours as people write them: `08:00-12:00, 13:00-18:00`, on `mon-fri`."""

import re
from collections.abc import Mapping
from datetime import timedelta

DAY = timedelta(days=1)
MINUTES = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Hours = tuple[tuple[int, int], ...]
"""Open from and to, in minutes after local midnight; 1440 is the midnight that ends the day."""

_RANGE = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_SPAN = re.compile(r"(\d{1,5})\s*(min|m|h|d)")
_UNITS = {"m": 60, "min": 60, "h": 3600, "d": 86400}


def parse_hours(text: str) -> Hours:
    """Return the hours of one day; an empty text is a day off.

    Raises:
        ValueError: It cannot be read, or a range is empty or overlaps another.
    """
    found: list[tuple[int, int]] = []
    for part in text.split(",") if text.strip() else ():
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part.strip()!r} is not of the form 08:00-17:30")
        h1, m1, h2, m2 = (int(group) for group in match.groups())
        begin, end = 60 * h1 + m1, 60 * h2 + m2
        if m1 > 59 or m2 > 59 or end > MINUTES or begin >= end:
            raise ValueError(
                f"{part.strip()!r} is no span of one day; a night is two: 22:00-24:00 and the next "
                "day's 00:00-06:00"
            )
        found.append((begin, end))
    found.sort()
    merged: list[tuple[int, int]] = []
    for begin, end in found:
        if merged and begin < merged[-1][1]:
            raise ValueError(f"{text!r} overlaps itself")
        if merged and begin == merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return tuple(merged)


def parse_week(table: Mapping[str, str]) -> tuple[Hours, ...]:
    """Return the hours of Monday to Sunday from keys such as `mon-fri`, `sat`; others are off.

    Raises:
        ValueError: A key names no day or a value no hours.
    """
    week: list[Hours] = [()] * 7
    for key, text in table.items():
        first, _, last = key.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"{key!r} is no day; days are {', '.join(DAYS)}, or mon-fri")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        if end < begin:
            raise ValueError(f"{key!r} goes backwards")
        for day in range(begin, end + 1):
            week[day] = parse_hours(text)
    return tuple(week)


def parse_span(text: str) -> timedelta:
    """Return a length of time written as `30m`, `4h`, `2d` or `1h 30m`.

    Raises:
        ValueError: It cannot be read or is nothing.
    """
    parts = _SPAN.findall(text.strip().lower())
    rest = _SPAN.sub("", text.strip().lower()).strip()
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if rest or not seconds:
        raise ValueError(f"{text!r} is no length of time; write 30m, 4h or 2d")
    return timedelta(seconds=seconds)
