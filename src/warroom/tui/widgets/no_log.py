"""A log that has nothing: what the pane shows while no log was named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warroom.logs.protocol import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warroom.logs.protocol import Entry, Histogram, Query
    from warroom.logs.table import Table


class NoLog:
    """Answers every question with nothing."""

    label = "no log"
    format = "plain"
    first = 0
    end = 0

    def entries(self, start: int, stop: int) -> list[Entry]:
        """No entries."""
        del start, stop
        return []

    def progress(self) -> Progress:
        """Nothing to index."""
        return Progress(0, 0, 0, 0, complete=True)

    def status_counts(self) -> dict[int, int]:
        """No statuses."""
        return {}

    def histogram(
        self, buckets: int, since: float | None = None, until: float | None = None
    ) -> Histogram | None:
        """Nothing has a time."""
        del buckets, since, until
        return None

    def next_failed(self, row: int, *, backwards: bool = False) -> int | None:
        """Nothing failed."""
        del row, backwards
        return None

    def row_at(self, at: float) -> int | None:
        """No row has a time."""
        del at
        return None

    def search(self, query: Query, *, start: int, backwards: bool = False) -> Iterator[list[int]]:
        """Nothing matches."""
        del query, start, backwards
        return iter(())

    def table(
        self, since: float | None = None, until: float | None = None, *, sample: int = 100_000
    ) -> Table:
        """There are no columns: nothing asks for them while nothing failed."""
        del since, until, sample
        raise LookupError("no log is open")

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Nothing will ever arrive."""
        del changed
        return lambda: None

    def close(self) -> None:
        """Nothing to close."""
