"""What is filtered and searched in one log: two finders, and the words of the bar."""

from __future__ import annotations

import re
from dataclasses import replace

from warroom.logs.protocol import Log, Query
from warroom.tui.log_memory import LogMemory
from warroom.tui.widgets.log_bar import Pieces
from warroom.tui.widgets.log_filter import LogFilter, compiled, parse_filter
from warroom.tui.widgets.log_lens import AllRows, Around, Finder, Lens
from warroom.tui.widgets.no_log import NoLog

CONTEXTS = (0, 2, 5)
"""Rows of context around each match that can be chosen."""


def grouped(number: int) -> str:
    """Return a number with gaps between thousands."""
    return f"{number:,}".replace(",", " ")


class LogQuery:
    """Filter (what is shown) and search (what is marked) of one log."""

    def __init__(self, log: Log, memory: LogMemory | None = None) -> None:
        self.log = log
        self.memory = memory or LogMemory()
        self.filter: LogFilter | None = None
        self.pattern: re.Pattern[str] | None = None
        self.words = ""
        """What is searched, as typed."""
        self.origin = 0
        """The row from which the search started."""
        self.dimming = False
        self.context = 0
        self._shown: Finder | None = None
        self._marked: Finder | None = None

    def set_filter(self, text: str, row: int) -> None:
        """Filter by what was typed; nothing shows all.

        Raises:
            FilterError: It cannot be used; what held before still does.
        """
        found = parse_filter(text, self.memory.names) if text.strip() else None
        self.filter = found
        self._shown = None if found is None else Finder(self.log, found.query, row)
        self._search_shown(row)

    def set_search(self, words: str, row: int) -> None:
        """Search for a regular expression; nothing ends the search.

        Raises:
            FilterError: It is not one; what held before still does.
        """
        self.pattern = compiled(words) if words else None
        self.words, self.origin = words, row
        self._search_shown(row)

    def set_dimming(self, row: int, *, dimming: bool) -> None:
        """Draw what does not pass the filter faint, or hide it."""
        self.dimming = dimming
        self._search_shown(row)

    def _search_shown(self, row: int) -> None:
        """Search only what is shown: a match that is hidden is no place to go to."""
        if not self.words:
            self._marked = None
            return
        base = Query() if self.filter is None or self.dimming else self.filter.query
        query = replace(base, include=(*base.include, self.words))
        self._marked = Finder(self.log, query, row + 1)

    @property
    def hits(self) -> Finder | None:
        """The rows that match the search."""
        return self._marked

    def lens(self) -> Lens:
        """Return what is to be shown."""
        if self._shown is None or self.dimming:
            return AllRows(self.log)
        return Around(self._shown, self.context) if self.context else self._shown

    @property
    def dim(self) -> LogFilter | None:
        """What decides which lines are faint: those that do not pass, shown or only near."""
        return self.filter if self.dimming or self.context else None

    def behind(self) -> bool:
        """Whether there are rows that have not been looked at."""
        return any(one.behind() for one in self.finders)

    @property
    def finders(self) -> tuple[Finder, ...]:
        """What looks for rows: those to show first, then those to mark."""
        return tuple(one for one in (self._shown, self._marked) if one is not None)

    def nothing(self) -> str:
        """Return what to say where no line passes the filter."""
        if isinstance(self.log, NoLog):
            return "No log is open. warroom --log FILE opens one."
        if self.filter is None:
            return "No line yet."
        lines = grouped(self.log.end - self.log.first)
        if self._shown is not None and self._shown.behind():
            return f"None of {lines} lines so far; the search goes on."
        return f"0 of {lines} lines match. F changes it, F F clears it"

    def _around(self) -> str:
        return f"▸ matches, {self.context} lines around" if self.context else "matches only"

    def pieces(self, cursor: int) -> tuple[Pieces, Pieces]:
        """Return the left and the right side of the bar."""
        left: list[tuple[str, str, bool]] = []
        right: Pieces = ()
        if self.filter is not None and self._shown is not None:
            left += [("filter ", "accent", True), (self.filter.text, "text", False)]
            total = grouped(self.log.end - self.log.first)
            left += [("   shows ", "mute", False), (grouped(len(self._shown)), "text", True)]
            going_on = "so far " * self._shown.behind()
            left += [(f" {going_on}of {total}", "soft", False)]
            state = "▸ matches" if self.dimming else self._around()
            verb = "hides" if self.dimming else "dims"
            right = (
                (state, "text", True),
                (" · ", "mute", False),
                ("m", "accent", True),
                (f" {verb} the rest", "mute", False),
            )
        if self._marked is not None:
            left += [("  ┆  ", "mute", False)] if left else []
            left += [("/ ", "accent", True), (self.words, "text", False)]
            place = self._marked.place(cursor + 1)
            more = " so far" * self._marked.behind()
            count = grouped(len(self._marked))
            left += [(f" {grouped(place)} of {count}{more}", "soft", False)]
        return tuple(left), right
