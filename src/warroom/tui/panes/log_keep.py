"""What a reader keeps of a log: marked lines, and the line opened in another program."""

import asyncio
import subprocess
import tempfile
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from pathlib import Path

from textual.app import SuspendNotSupported

from warroom.logs.protocol import Entry, Log
from warroom.tui import outside
from warroom.tui.messages import Notice
from warroom.tui.outside import Place
from warroom.tui.panes.log_seek import LogSeek


class LogKeep(LogSeek):
    """Marks lines to come back to, and hands a line to the reader's pager or editor."""

    # -- marks

    def action_flag(self) -> None:
        """Mark the line under the cursor, or take its mark away."""
        flags, row = self.view.flags, self.view.cursor
        place = bisect_left(flags, row)
        if place < len(flags) and flags[place] == row:
            del flags[place]
        elif self.view.entries.get(row) is not None:
            insort(flags, row)
            self.view.hold()
        self.view.changed()

    def action_flagged(self, step: int) -> None:
        """Go to the next or previous marked line; after the last comes the first."""
        flags = self.view.flags
        if not flags:
            self.post_message(Notice("no line is marked; * marks one", "text"))
            return
        row = self.view.cursor
        place = bisect_right(flags, row) if step > 0 else bisect_left(flags, row) - 1
        place %= len(flags)
        self.show_row(self.feed, flags[place])
        self.post_message(Notice(f"mark {place + 1} of {len(flags)}", "accent"))

    # -- other programs

    async def action_outside(self, what: str) -> None:
        """Open the log at the line under the cursor in the reader's pager or editor."""
        entry = self.view.entries.get(self.view.cursor)
        if entry is None:
            return
        command = outside.editor if what == "editor" else outside.pager
        try:
            await self._open(entry, command)
        except (OSError, ValueError) as error:
            self.post_message(Notice(f"not opened: {error}", "warn", "✗"))
        except SuspendNotSupported:
            self.post_message(Notice("this terminal cannot be lent to another program", "warn"))

    async def _open(self, entry: Entry, command: Callable[[Place], list[str]]) -> None:
        place = await asyncio.to_thread(_place_of, self.feed, entry)
        if place is not None:
            self._lend(command(place))
            return
        with tempfile.TemporaryDirectory(prefix="warroom-") as folder:
            place = await asyncio.to_thread(_written, self.feed, entry, Path(folder))
            self._lend(command(place))

    def _lend(self, argv: list[str]) -> None:
        """Give the terminal away until the program ends; the log is followed meanwhile."""
        with self.app.suspend():
            done = subprocess.run(argv, check=False)
        if done.returncode:
            self.post_message(Notice(f"{argv[0]} ended with status {done.returncode}", "warn"))


def _place_of(log: Log, entry: Entry) -> Place | None:
    from warroom.logs.where import line_at, path_of  # noqa: PLC0415 - only who leaves needs it

    path = path_of(log, entry.row) if entry.offset >= 0 else None
    return None if path is None else Place(path, line_at(path, entry.offset), entry.offset)


def _written(log: Log, entry: Entry, folder: Path) -> Place:
    from warroom.logs.where import write_around  # noqa: PLC0415 - see above

    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in entry.source) or "log"
    path = folder / f"{name[:60]}.txt"
    line = write_around(log, entry.row, path)
    with path.open("rb") as file:
        offset = sum(len(file.readline()) for _ in range(line - 1))
    return Place(path, line, offset)
