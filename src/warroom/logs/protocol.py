"""What the panes ask of a log: one small protocol, whichever engine answers.

Rows are numbered from the moment of opening: row 0 is the first entry that arrives afterwards,
the last entry already there is row -1. A row keeps its number while the index grows backwards at
the head and the file grows forwards at the tail, so a cursor never moves under the reader.

numpy is named here for the type checker only: importing it costs a tenth of a second, which the
first frame must not wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np

    from warroom.logs.table import Table


@dataclass(frozen=True, slots=True)
class Entry:
    """One log entry as it is drawn; `raw` and every string in it are foreign text, not yet safe."""

    row: int
    source: str
    """The label of the source it came from (a path's tail, `stdin`, a command's name)."""
    offset: int
    """Bytes from the start of the source; -1 where the source has no positions."""
    raw: bytes
    """The entry without its last newline; a multi-line entry keeps the inner ones."""
    at: float | None = None
    """Seconds since the epoch, UTC."""
    status: int | None = None
    level: str | None = None
    """Lower case: trace, debug, info, notice, warning, error, critical, alert, emergency."""
    method: str | None = None
    path: str | None = None
    duration: float | None = None
    """Seconds the request took."""
    upstream: str | None = None
    release: str | None = None
    message: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Everything the format names, by its standard name."""
    gap: str | None = None
    """Set on a separator row: what happened to the source (rotated, truncated, reconnected)."""

    @property
    def failed(self) -> bool:
        """Whether it is a 5xx, or an error by its level where the format has no status."""
        if self.status is not None:
            return self.status >= 500
        return self.level in {"error", "critical", "alert", "emergency"}


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts a bucket of time: everything and 5xx."""

    start: float
    """Epoch second of the left edge of the first bucket."""
    width: float
    """Seconds a bucket."""
    total: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a log is known."""

    indexed_bytes: int
    total_bytes: int
    entries: int
    failed: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Which entries: every `include` matches, no `exclude` does; case folds if all lower."""

    include: Sequence[str] = ()
    """Regular expressions (Python dialect) on the raw entry."""
    exclude: Sequence[str] = ()
    status: tuple[int, int] | None = None
    """Lowest and highest status that passes, both included."""


class Log(Protocol):
    """A log that can be looked at while it grows.

    Methods may block for a read: call them from a thread, or for at most a screen of rows.
    """

    @property
    def label(self) -> str:
        """Its name on the screen."""
        ...

    @property
    def format(self) -> str:
        """The name of the recognised format, `plain` where none was."""
        ...

    @property
    def first(self) -> int:
        """The lowest row known so far (falls while the index grows backwards)."""
        ...

    @property
    def end(self) -> int:
        """One past the highest row."""
        ...

    def entries(self, start: int, stop: int) -> list[Entry]:
        """The entries of rows `start` to `stop` (exclusive), clipped to what is known."""
        ...

    def progress(self) -> Progress:
        """How far the index is, and the counts so far."""
        ...

    def status_counts(self) -> dict[int, int]:
        """How many entries have each status, over what is indexed."""
        ...

    def histogram(
        self, buckets: int, since: float | None = None, until: float | None = None
    ) -> Histogram | None:
        """Volume and failures over time; None while nothing has a time."""
        ...

    def next_failed(self, row: int, *, backwards: bool = False) -> int | None:
        """The nearest failed row after (or before) `row`, None where there is none."""
        ...

    def row_at(self, at: float) -> int | None:
        """The first row at or after a time, None where no row has one."""
        ...

    def search(self, query: Query, *, start: int, backwards: bool = False) -> Iterator[list[int]]:
        """Rows that match, in batches, nearest to `start` first; empty batches allow a stop."""
        ...

    def table(
        self, since: float | None = None, until: float | None = None, *, sample: int = 100_000
    ) -> Table:
        """Columns for analysis: the good rows thinned to `sample` and weighted, see `Table`."""
        ...

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` from a background thread when something arrived; returns the undoing."""
        ...

    def close(self) -> None:
        """Stop following and release the file."""
        ...
