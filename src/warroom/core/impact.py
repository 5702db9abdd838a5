"""What an incident cost, as counted in a log: failures, requests, clients, minutes, over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.core import spell


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts in equal steps of time."""

    start: datetime
    width: int
    """Seconds a step."""
    total: tuple[int, ...]
    failed: tuple[int, ...]

    def at(self, step: int) -> datetime:
        """When a step begins."""
        return self.start + timedelta(seconds=step * self.width)

    @property
    def peak(self) -> float:
        """The largest share of failures of a step; 0 without failures."""
        return max((f / t for f, t in zip(self.failed, self.total, strict=True) if t), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one window of a log holds."""

    since: datetime
    until: datetime
    """Excluded."""
    failures: int
    """Requests answered 5xx, counted one by one."""
    requests: int
    clients: int | None
    """Different client addresses among the failures; None where the log does not name them."""
    failing_minutes: int
    """Minutes of the clock in which at least one request failed."""
    first_failure: datetime | None
    last_failure: datetime | None
    routes: tuple[tuple[str, int, int], ...] = ()
    """Method and path without its query, failures, requests; the most failures first. Foreign."""
    series: Series | None = None
    """A little more than the window, for a chart."""
    sources: tuple[str, ...] = ()
    """The logs that were counted. Foreign."""

    @property
    def lost(self) -> timedelta:
        """The window weighted by its share of failures: as if nothing had worked for so long."""
        if not self.requests:
            return timedelta()
        return (self.until - self.since) * self.failures / self.requests


def impact_lines(impact: Impact) -> list[str]:
    """Return the measured impact as lines of Markdown."""
    span = impact.until - impact.since
    share = spell.share(impact.failures, impact.requests)
    lines = [
        (
            f"- {spell.count(impact.failures)} of {spell.count(impact.requests)} requests failed "
            f"({share}) between {_stamp(impact.since)} and {_stamp(impact.until)}, "
            f"{spell.in_prose(span)}."
        )
    ]
    if impact.clients is not None:
        plural = "address" if impact.clients == 1 else "addresses"
        lines.append(f"- {spell.count(impact.clients)} client {plural} saw a failure.")
    if impact.first_failure and impact.last_failure:
        plural = "minute" if impact.failing_minutes == 1 else "minutes"
        lines.append(
            f"- The first request failed at {_stamp(impact.first_failure)}, the last at "
            f"{_stamp(impact.last_failure)}; {spell.count(impact.failing_minutes)} {plural} of the "
            "clock had failures."
        )
        lines.append(
            f"- Weighted by the share that failed, {spell.in_prose(impact.lost)} of the agreed "
            "service were lost."
        )
    return lines


def nice_width(seconds: float, most: int) -> int:
    """Return the smallest step people read easily, in seconds, that needs at most `most` steps."""
    steps: Sequence[int] = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    return next((step for step in steps if seconds <= step * most), 86_400)


def series_window(
    since: datetime, until: datetime, most: int = 28
) -> tuple[datetime, datetime, int]:
    """Return start, end and step of a chart that shows some time before and after a window."""
    lead = max((until - since) * 0.3, timedelta(seconds=10))
    width = nice_width((until - since + 2 * lead).total_seconds(), most)
    start = int((since - lead).timestamp()) // width * width
    end = -(-int((until + lead).timestamp()) // width) * width
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), width


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
