"""Tells whoever listens of every event of the copy, and of what is on its way to the server."""

import threading
from collections.abc import Callable, Sequence

from warroom.core.events import Recorded
from warroom.core.journal import JournalError
from warroom.core.listeners import Listeners
from warroom.remote.outbox import Outbox
from warroom.remote.overlay import Overlay
from warroom.remote.reader import Replica
from warroom.room.service import Listener

_POLL_SECONDS = 1.0
"""How often it is looked whether another process of this person has changed copy or outbox."""


class Teller:
    """A thread that looks for news from the first listener on."""

    def __init__(
        self,
        replica: Replica,
        outbox: Outbox,
        *,
        overlay: Callable[[], Overlay],
        awaited: Callable[[str], bool],
    ) -> None:
        """Take where news come from; what is there already is none.

        Args:
            replica: The copy of the server's journal.
            outbox: What is on its way.
            overlay: Returns what becomes of the copy with it.
            awaited: Whether somebody waits for the answer to a command, who is told by that.
        """
        self._replica = replica
        self._outbox = outbox
        self._overlay = overlay
        self._awaited = awaited
        self._listeners = Listeners[[Sequence[Recorded]]]()
        self._lock = threading.Lock()
        self._told = replica.head()
        self._told_pending: set[str] = set()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None

    def subscribe(self, changed: Listener) -> Callable[[], None]:
        """Call `changed` from the thread for every event; returns what ends it.

        It is called with no events when something on its way is not on its way any more.
        """
        end = self._listeners.add(changed)
        with self._lock:
            if self._watcher is None:
                self._watcher = threading.Thread(
                    target=self._watch, name="remote-watch", daemon=True
                )
                self._watcher.start()
        return end

    def look(self) -> None:
        """Look for news now."""
        self._wake.set()

    def stop(self) -> None:
        """Look no more."""
        self._closing.set()
        self._wake.set()

    def join(self) -> None:
        """Wait for the look that is under way."""
        if self._watcher is not None:
            self._watcher.join(timeout=2)

    def _watch(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            if self._closing.is_set():
                return
            try:
                self._tell()
            except JournalError:
                continue  # the disk may be free again at the next look

    def _tell(self) -> None:
        while self._replica.head() > self._told:
            records = self._replica.since(self._told)
            if not records:
                break
            self._told = records[-1].seq
            self._listeners.tell(records)
        waiting = {item.id for item in self._outbox.items()}
        gone = self._told_pending - waiting
        new = {name for name in waiting - self._told_pending if not self._awaited(name)}
        self._told_pending = (self._told_pending | new) & waiting
        ahead = [
            record
            for records in self._overlay().records.values()
            for record in records
            if record.command_id in new
        ]
        if ahead or gone:
            self._listeners.tell(ahead)
