"""What every log engine is asked: the entries of a span of time, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One entry as an engine gives it."""

    ns: int
    """Nanoseconds since the epoch; whole numbers, for a float cannot hold them."""
    key: str
    """What tells it from all others, to show it once though it comes twice."""
    line: bytes


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, and from which end to read it."""

    start: int
    """Nanoseconds, included."""
    stop: int
    """Nanoseconds, left out."""
    forward: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to an engine."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    data: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in the order asked for."""

    records: tuple[Record, ...]
    cursor: Any = None
    """Where the engine says the next page starts; None to go on by time."""
    full: bool = False
    """Whether there may be more in the window."""


class Engine(Protocol):
    """Builds requests and reads answers; it opens no connection itself."""

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        ...

    @property
    def overlap(self) -> float:
        """Seconds to look back at each look, for entries that come late."""
        ...

    def request(self, window: Window, limit: int, cursor: Any) -> Request:
        """Return the request for a page."""
        ...

    def page(self, body: bytes, window: Window, limit: int) -> Page:
        """Return the page an answer holds.

        Raises:
            ValueError, TypeError, LookupError: The answer is not what the vendor documents.
        """
        ...
