"""Times as people type them: an instant that was, or one that is to come."""

from datetime import UTC, datetime, timedelta

import click

from warroom.cli.common import present
from warroom.core.codec import CannotDecode, decode_time
from warroom.core.hours import parse_span

AHEAD = timedelta(hours=1)
"""How far ahead a time of the day may lie and still be today's: clocks differ, and people round."""


class Instant(click.ParamType[datetime]):
    """An instant as `2026-11-21T14:02:11Z`, `14:02` (UTC), or `12m` ago."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the aware instant a person wrote."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        here = present()
        span = _span(text)
        if span is not None:
            return self.beside(here, span)
        clock = _time_of_day(text)
        if clock is not None:
            return self.nearest(datetime.combine(here.date(), clock.timetz()), here)
        try:
            return decode_time(text)
        except (ValueError, CannotDecode):
            self.fail(self.complaint(text), param, ctx)

    def beside(self, here: datetime, span: timedelta) -> datetime:
        """Return what a length of time means."""
        return here - span

    def nearest(self, at: datetime, here: datetime) -> datetime:
        """Return which day a time of the day means."""
        return at if at <= here + AHEAD else at - timedelta(days=1)

    def complaint(self, text: str) -> str:
        """Return what to say of a text that is none."""
        return f"{text!r} is not a time; write 2026-11-21T14:02:11Z, 14:02 (UTC) or 12m (ago)"


class Later(Instant):
    """An instant to come as `2026-11-21T14:02:11Z`, `14:02` (UTC), or `2h` from now."""

    name = "time"

    def beside(self, here: datetime, span: timedelta) -> datetime:
        """Return what a length of time means."""
        return here + span

    def nearest(self, at: datetime, here: datetime) -> datetime:
        """Return which day a time of the day means."""
        return at if at > here else at + timedelta(days=1)

    def complaint(self, text: str) -> str:
        """Return what to say of a text that is none."""
        return f"{text!r} is not a time; write 2026-11-21T14:02:11Z, 14:02 (UTC) or 2h (from now)"


class Span(click.ParamType[timedelta]):
    """A length of time as `10m`, `4h`, `2d`."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the length of time a person wrote."""
        if isinstance(value, timedelta):
            return value
        found = _span(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no length of time; write 30s, 10m, 4h or 2d", param, ctx)
        return found


def _span(text: str) -> timedelta | None:
    if text[:-1].isdigit() and text[-1:] == "s":
        return timedelta(seconds=int(text[:-1]))
    try:
        return parse_span(text)
    except ValueError:
        return None


def _time_of_day(text: str) -> datetime | None:
    for form in ("%H:%M", "%H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


INSTANT = Instant()
LATER = Later()
SPAN = Span()
