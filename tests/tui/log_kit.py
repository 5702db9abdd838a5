"""A log in memory and a small app around the log pane: what the tests of the log pane stand on."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from textual.app import App

from warroom.logs.protocol import Entry, Histogram, Progress, Query
from warroom.logs.table import Table
from warroom.tui.messages import ActionRequested, Notice, PinRequested, TimeCursorMoved
from warroom.tui.panes.logs import LogsPane
from warroom.tui.theme import load_palettes

NOON = 1795176000.0
"""2026-11-20 12:00:00 UTC."""
PALETTE = load_palettes()[0]["dark"]


def request(status: int = 200, path: str = "/api/me", *, second: float = 0, **more) -> Entry:
    """A line of an access log."""
    raw = f'10.0.0.1 - - "GET {path} HTTP/1.1" {status} {more.get("message", "")}'.rstrip()
    values = {"method": "GET", "duration": 0.012, "upstream": "app-1"} | more
    return Entry(
        row=0,
        source="web-1",
        offset=0,
        raw=raw.encode(),
        at=NOON + second,
        status=status,
        path=path,
        **values,
    )


class FakeLog:
    """Entries in a list; rows from -n to -1 at the start, then 0, 1, 2 …"""

    label = "web-1"
    format = "combined"

    def __init__(self, entries=(), *, label: str = "web-1") -> None:
        self.label = label
        self.kept: list[Entry] = []
        self._listeners: list[Callable[[], None]] = []
        self.first = 0
        self.end = 0
        self.reads: list[tuple[int, int]] = []
        self.searched = 0
        self.complete = True
        self._put(entries)
        self.first, self.end = -len(self.kept), 0
        self.kept = [replace(entry, row=entry.row + self.first) for entry in self.kept]

    def _put(self, entries) -> None:
        offset = sum(len(entry.raw) + 1 for entry in self.kept)
        for entry in entries:
            self.kept.append(
                replace(entry, row=self.first + len(self.kept), offset=offset, source=self.label)
            )
            offset += len(entry.raw) + 1

    def append(self, *entries: Entry) -> None:
        """New lines at the end."""
        self._put(entries)
        self.end = self.first + len(self.kept)
        for listener in list(self._listeners):
            listener()

    def replace_last(self, entry: Entry) -> None:
        """The newest entry grows."""
        self.kept[-1] = replace(
            entry, row=self.end - 1, source=self.label, offset=self.kept[-1].offset
        )
        for listener in list(self._listeners):
            listener()

    def prepend(self, *entries: Entry) -> None:
        """The index grows at the head."""
        self.first -= len(entries)
        fresh = [replace(e, row=self.first + n, source=self.label) for n, e in enumerate(entries)]
        self.kept = [*fresh, *self.kept]

    def entries(self, start: int, stop: int) -> list[Entry]:
        self.reads.append((start, stop))
        return self.kept[max(start - self.first, 0) : max(stop - self.first, 0)]

    def progress(self) -> Progress:
        failed = sum(entry.failed for entry in self.kept)
        return Progress(50, 50 if self.complete else 100, len(self.kept), failed, self.complete)

    def status_counts(self) -> dict[int, int]:
        return {}

    def histogram(self, buckets, since=None, until=None):
        timed = [(e.at, e.failed) for e in self.kept if e.at is not None]
        if not timed:
            return None
        start = int(min(at for at, _ in timed) if since is None else since)
        stop = int(max(at for at, _ in timed) + 1 if until is None else until)
        width = max(1, -(-max(1, stop - start) // buckets))
        total, failed = np.zeros(buckets, np.int64), np.zeros(buckets, np.int64)
        for at, bad in timed:
            place = int((at - start) // width)
            if start <= at < stop and place < buckets:
                total[place] += 1
                failed[place] += bad
        return Histogram(float(start), float(width), total, failed)

    def next_failed(self, row, *, backwards=False):
        found = [
            e.row for e in self.kept if e.failed and (e.row < row if backwards else e.row > row)
        ]
        return (found[-1] if backwards else found[0]) if found else None

    def row_at(self, at):
        return next((e.row for e in self.kept if e.at is not None and e.at >= at), None)

    def search(self, query: Query, *, start: int, backwards: bool = False) -> Iterator[list[int]]:
        self.searched += 1
        rows = [e for e in self.kept if (e.row < start if backwards else e.row >= start)]
        for begin in range(0, len(rows), 10):
            piece = rows[::-1][begin : begin + 10] if backwards else rows[begin : begin + 10]
            yield [e.row for e in piece if self._passes(query, e)]

    def _passes(self, query: Query, entry: Entry) -> bool:
        def found(pattern: str) -> bool:
            flags = re.IGNORECASE if pattern == pattern.lower() else re.NOFLAG
            return bool(re.search(pattern.encode(), entry.raw, flags))

        low, high = query.status or (0, 999)
        return (
            low <= (entry.status or 0) <= high
            and all(map(found, query.include))
            and not any(map(found, query.exclude))
        )

    def table(self, since=None, until=None, *, sample=100_000) -> Table:
        return Table(
            at=np.array([e.at for e in self.kept]),
            status=np.array([e.status for e in self.kept], np.uint16),
            weight=np.ones(len(self.kept), np.float32),
            row=np.array([e.row for e in self.kept]),
            requests=len(self.kept),
        )

    def subscribe(self, changed):
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def close(self) -> None:
        pass


class PaneApp(App[None]):
    """The log pane alone; keeps what it posts."""

    def __init__(self, *logs, **options) -> None:
        super().__init__()
        self.register_theme(PALETTE.to_textual())
        self.theme = PALETTE.name
        self.posted: list[object] = []
        self.pane = LogsPane(PALETTE, logs, **options)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {f"wr-{token}": colour for token, colour in PALETTE.colours.items()}

    def compose(self):
        yield self.pane

    def on_mount(self) -> None:
        self.pane.take_focus()

    def _keep(self, message) -> None:
        self.posted.append(message)

    on_notice = on_pin_requested = on_action_requested = on_time_cursor_moved = _keep
    on_log_pane_core_log_facts_changed = on_log_pane_core_report_ready = _keep

    def said(self) -> list[str]:
        return [m.text for m in self.posted if isinstance(m, Notice)]

    def pins(self):
        return [m.excerpt for m in self.posted if isinstance(m, PinRequested)]

    def actions(self) -> list[str]:
        return [m.action for m in self.posted if isinstance(m, ActionRequested)]

    def times(self) -> list[float]:
        return [m.at for m in self.posted if isinstance(m, TimeCursorMoved)]

    def rows(self) -> list[int]:
        """The rows on the screen."""
        return [row for row, _ in self.pane.view.page()]

    def lines(self) -> list[str]:
        """The text of the lines on the screen."""
        view = self.pane.view
        return [view.render_line(y).text.rstrip() for y in range(view.size.height)]

    def fact(self) -> str:
        return self.pane.title_line.fact[0]


async def settle(pilot) -> None:
    """Let threads answer and the screen be drawn."""
    for _ in range(6):
        await pilot.pause(0.03)
