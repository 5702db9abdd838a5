"""Read a time a person types: `16:00`, `+2h`, `-20m`, `2026-12-04`, `2026-12-04 16:00`; UTC."""

import re
from datetime import UTC, datetime, timedelta

_SPAN = re.compile(r"([+-])\s*(\d{1,4})\s*(min|m|h|d)", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{1,2}):(\d{2}))?")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}

EXAMPLES = "16:00, +2h, 2026-12-04 16:00 (UTC)"
"""What a field says it understands."""


def parse(text: str, now: datetime, *, past: bool = False) -> datetime | None:
    """Return the instant that is meant; None for an empty text.

    A bare clock time is the next one to come, with `past` the last one that was.

    Raises:
        ValueError: It cannot be understood; the message says what can.
    """
    words = text.strip().removesuffix("UTC").strip()
    if not words:
        return None
    try:
        found = _parse(words, now, past=past)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise ValueError(f"“{words}” is not a time; write {EXAMPLES}")
    return found


def _parse(words: str, now: datetime, *, past: bool) -> datetime | None:
    if words.lower() == "now":
        return now
    span = _SPAN.fullmatch(words)
    if span:
        length = timedelta(**{_UNITS[span[3].lower()]: int(span[2])})
        return now + length if span[1] == "+" else now - length
    clock = _CLOCK.fullmatch(words)
    if clock:
        second = int(clock[3] or 0)
        at = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=second, microsecond=0)
        if past:
            return at if at <= now else at - timedelta(days=1)
        return at if at > now else at + timedelta(days=1)
    date = _DATE.fullmatch(words)
    if date:
        year, month, day = int(date[1]), int(date[2]), int(date[3])
        # A bare date is meant as "by the end of it" when it lies ahead, else as its beginning.
        hour, minute = (int(date[4]), int(date[5])) if date[4] else (0, 0) if past else (23, 59)
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    return None
