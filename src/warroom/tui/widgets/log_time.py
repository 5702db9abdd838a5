"""A moment as a reader types it."""

import re
from datetime import UTC, datetime, timedelta

from warroom.core.text import clean_line
from warroom.tui.widgets.log_filter import FilterError

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\Z")
_AGO = re.compile(r"-\s*(\d+)\s*([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_time(text: str, latest: float) -> float:
    """Return the epoch second of `14:02`, `14:02:11`, `-5m` or an ISO time, near the log's end.

    Raises:
        FilterError: It is none of these.
    """
    text = text.strip()
    ago = _AGO.match(text)
    if ago is not None:
        return latest - int(ago[1]) * _SECONDS[ago[2]]
    clock = _CLOCK.match(text)
    if clock is not None:
        end = datetime.fromtimestamp(latest, UTC)
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise FilterError(f"{clean_line(text, 40)} is no time of day")
        at = end.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return (at if at <= end + timedelta(minutes=1) else at - timedelta(days=1)).timestamp()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise FilterError(
            f"{clean_line(text, 40)} is no time: 14:02, 14:02:11, -5m or 2026-11-20T14:02"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
