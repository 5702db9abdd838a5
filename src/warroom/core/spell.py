"""Spell numbers, shares, durations and instants the one way the console does."""

from datetime import datetime, timedelta

_TEN_MINUTES = 600
_HOUR = 3600
_DAY = 86400


def share(part: float, whole: float) -> str:
    """Return a share as `38.2 %`; `<0.1 %` for a trace, `—` where nothing was counted."""
    if whole <= 0:
        return "—"
    percent = 100 * part / whole
    if 0 < percent < 0.05:
        return "<0.1 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def count(number: int) -> str:
    """Return a whole number with a thin gap between thousands, as a plain space: `1 204`."""
    return f"{number:,}".replace(",", " ")


def duration(span: timedelta) -> str:
    """Return a length of time in the fewest characters: `0:38`, `9:59`, `12m`, `1h 45m`, `2d 4h`.

    Seconds are spelt only under ten minutes: beyond that they are noise.
    """
    seconds = int(abs(span.total_seconds()))
    if seconds < _TEN_MINUTES:
        return f"{seconds // 60}:{seconds % 60:02d}"
    if seconds < _HOUR:
        return f"{seconds // 60}m"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h {seconds % _HOUR // 60:02d}m"
    days, rest = divmod(seconds, _DAY)
    return f"{days}d {rest // _HOUR}h"


def in_prose(span: timedelta) -> str:
    """Return a length of time for a sentence: `38 s`, `12 min`, `1 h 45 min`, `2 days 4 h`."""
    seconds = int(abs(span.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{round(seconds / 60)} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // 60:02d} min"
    days, rest = divmod(seconds, _DAY)
    unit = "day" if days == 1 else "days"
    return f"{days} {unit} {rest // _HOUR} h"


def clock_time(at: datetime, now: datetime | None = None) -> str:
    """Return an instant as `14:02:11`, with the day before it when that is not today's."""
    if now is not None and at.date() != now.date():
        return f"{at.day} {at:%b} {at:%H:%M}"
    return f"{at:%H:%M:%S}"
