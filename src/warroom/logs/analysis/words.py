"""Numbers, times and slices as words: SI style, thin gaps, nothing invented."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from warroom.core.text import clean_line

UNKNOWN = "—"
DAY = 86_400


def percent(share: float | None) -> str:
    """A share for a figure: one decimal, `<0.1 %` for little, `—` for unknown."""
    if share is None or math.isnan(share):
        return UNKNOWN
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.1f} %"


def prose(share: float | None) -> str:
    """A share for a sentence: no decimal from 10 % on."""
    if share is not None and share >= 0.0995:
        return f"{100 * share:.0f} %"
    return percent(share)


def points(low: float, high: float) -> str:
    """An interval of a difference of shares, in percentage points."""
    return f"{_signed(100 * low)} … {_signed(100 * high)}"


def _signed(value: float) -> str:
    digits = 0 if abs(value) >= 9.95 else 1
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return "0"
    return ("−" if value < 0 else "+") + text


def signed_points(value: float) -> str:
    """A difference of shares in points: `−35 points`."""
    return f"{_signed(100 * value)} points"


def count(number: float) -> str:
    """A whole number with gaps between thousands."""
    return f"{round(number):,}".replace(",", " ")


def expected(number: float) -> str:
    """An expectation: whole from 10 on, one decimal below, never a false zero."""
    if number >= 9.95:
        return count(number)
    return "<0.1" if number < 0.05 else f"{number:.1f}"


def times(factor: float) -> str:
    """A ratio: `×4.2`, `×415`."""
    return f"×{factor:.1f}" if factor < 9.95 else f"×{count(factor)}"


def clock(at: float, near: float | None = None) -> str:
    """A UTC time; with its day when that is not the day of `near`."""
    moment = datetime.fromtimestamp(at, UTC)
    text = moment.strftime("%H:%M:%S")
    if near is not None and int(at // DAY) != int(near // DAY):
        return f"{moment.day} {moment.strftime('%b')} {text}"
    return text


def span(seconds: float) -> str:
    """A length of time in prose: `40 s`, `12 min`, `1h 45m`, `2d 4h`."""
    seconds = round(seconds)
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {rest:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours}h"


_PREPOSITION = {
    "release": "on release",
    "upstream": "on upstream",
    "host": "on host",
    "vhost": "on host",
    "backend": "on backend",
    "zone": "in zone",
    "client": "from client",
    "network /16": "from network",
    "network /24": "from network",
    "network /48": "from network",
    "network /64": "from network",
    "client family": "with",
    "client version": "with",
}
_ORDER = ("method", "route", "path under", "host")


def describe(items: Sequence[tuple[str, str]]) -> str:
    """A slice as a reader would name it: `POST /api/checkout on release 2026.11.3`.

    Values are foreign text: they are cleaned here, so that the sentence is safe to print.
    """
    rank = {name: place for place, name in enumerate(_ORDER)}
    said: list[str] = []
    for name, raw in sorted(items, key=lambda item: rank.get(item[0], len(rank))):
        value = clean_line(raw, 200)
        if name in {"method", "route"}:
            said.append(value)
        elif name == "path under":
            said.append(f"{value}/…")
        elif name.startswith("?"):
            said.append(f"with {name}={value}")
        elif name.startswith("/"):
            said.append(f"with {clean_line(name, 200)} = {value}")
        elif name in _PREPOSITION:
            said.append(f"{_PREPOSITION[name]} {value}")
        else:
            said.append(f"with {clean_line(name, 80)} {value}")
    return " ".join(said) or "everything"
