"""The log pane looks for rows in a thread: those a filter shows, those a search marks."""

import time
from dataclasses import dataclass

from textual import work
from textual.message import Message
from textual.worker import Worker, WorkerState, get_current_worker

from warroom.tui.panes.log_core import LogPaneCore
from warroom.tui.widgets.log_lens import Finder, look_in_turn

_DRAWN = 0.05
"""Seconds that a search rests when it has found something, so that it is drawn: both share the
interpreter."""


class LogFind(LogPaneCore):
    """Keeps the finders of the log that is shown up with it."""

    @dataclass
    class _Looked(Message):
        finders: tuple[Finder, ...]

    class _Found(Message):
        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogFind._Found)

    _finding: tuple[Finder, ...] = ()
    """What a thread looks with now."""

    def on_log_surface_grew(self) -> None:
        """Look at what came in."""
        self.look()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A search that failed may be begun again."""
        if event.state is WorkerState.ERROR and event.worker.group == "log-find":
            self._finding = ()

    def look(self) -> None:
        """Let the finders look at rows not looked at yet; what is at work goes on."""
        finders = self.sought.finders
        if self.sought.behind() and finders != self._finding:
            self._finding = finders
            self._look(finders)

    @work(
        thread=True,
        group="log-find",
        exclusive=True,
        exit_on_error=False,
        description="Search the log",
    )
    def _look(self, finders: tuple[Finder, ...]) -> None:
        worker = get_current_worker()
        waiting = [_DRAWN]

        def found() -> None:
            self.post_message(self._Found())
            time.sleep(waiting.pop() if waiting else 0.0)

        look_in_turn(finders, lambda: worker.is_cancelled, found)
        self.post_message(self._Looked(finders))

    def on_log_find__looked(self, message: _Looked) -> None:
        """Show what was found; go on with what came in meanwhile."""
        if message.finders == self._finding:
            self._finding = ()
            self.look()
        self.on_log_find__found()

    def on_log_find__found(self) -> None:
        """Show what was found so far."""
        self.view.nothing = self.sought.nothing()
        if self.sought.filter is not None and not self.sought.dimming:
            self.view.changed()
        self.after_found()
        self.tell_bar()

    def after_found(self) -> None:
        """Move if the reader waits for a match."""
