"""Watching the room: open it after the first frame, draw what it says, stop when leaving."""

import asyncio
import threading
import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from textual import on, work
from textual.message import Message
from textual.worker import Worker, WorkerState, get_current_worker

from warroom.core.events import Declared, Recorded
from warroom.core.journal import JournalBusy, JournalError, JournalGone
from warroom.room.service import Contact, Room
from warroom.tui.contact import contact_news, trouble_news
from warroom.tui.messages import RoomChanged
from warroom.tui.observer import Observer
from warroom.tui.services import Services
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.ways import Ways

_AGAIN = 10
"""Tenths of a second until a store that did not answer is asked again."""
_LONGEST_REST = 0.5
"""Seconds between two snapshots, however long one takes to draw."""


class SnapshotTaken(Message):
    """A new state to draw; an older one that is still waiting is dropped."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, SnapshotTaken)


class RoomOpened(Message):
    """The store answers."""

    def __init__(self, room: Room, observer: Observer) -> None:
        super().__init__()
        self.room = room
        self.observer = observer


class Watching(Ways):
    """Reads in threads; everything that is drawn arrives as one snapshot."""

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.telling = asyncio.Lock()
        self.untold: Sequence[Recorded] = ()
        self.drawn = threading.Event()
        self._looked_after = False
        """Whether what was left behind has been taken up: only after the first queue."""

    @abstractmethod
    def show(self, snapshot: Snapshot) -> None:
        """Draw a state."""

    @work(thread=True, group="open", exclusive=True, exit_on_error=False)
    def open_room(self) -> None:
        """Open the store and everything over it; wait for one that is locked or out of reach."""
        worker = get_current_worker()
        told = ""
        while True:
            try:
                room = self.services.open_room()
                break
            except (JournalBusy, JournalGone) as error:
                held = isinstance(error, JournalBusy)
                state = "is locked by another program" if held else "is out of reach"
                why = f"The store {state}; trying again until it answers. {error.what}"
                if why != told:
                    self.app.call_from_thread(self._cannot_open, why)
                told = why
            except JournalError as error:
                why = f"The store cannot be opened. {error.what} {error.hint}".strip()
                self.app.call_from_thread(self._cannot_open, why)
                return
            except Exception as error:  # noqa: BLE001 - whatever a store raises, the logs stay usable
                why = f"The store cannot be opened. {type(error).__name__}: {error}"
                self.app.call_from_thread(self._cannot_open, why)
                return
            for _ in range(_AGAIN):
                if worker.is_cancelled:
                    return
                time.sleep(0.1)
        services = self.services
        containment = services.containment(room)
        observer = Observer(room, containment, services.logs, services.templates)
        self.post_message(RoomOpened(room, observer))

    def _cannot_open(self, why: str) -> None:
        self.say(why, "s5", "✗")
        now = self.clock()
        self.show(Snapshot(now=now, actor="", trouble=why, loaded=True))

    @on(RoomOpened)
    def _opened(self, event: RoomOpened) -> None:
        """Begin to watch the room."""
        self.room, self.observer = event.room, event.observer
        self._unsubscribe = event.room.subscribe(self._changed)
        self.console.room = event.room
        self.observe(event.observer)
        self.look_for_options(event.observer)

    def _changed(self, records: Sequence[object]) -> None:
        """Called from the room's own thread."""
        message = RoomChanged(records)  # type: ignore[arg-type]  # the room's records
        if self.observer is not None:
            self.observer.touch(message.records)
        self.post_message(message)

    @work(thread=True, group="observe", exclusive=True, exit_on_error=False)
    def observe(self, observer: Observer) -> None:
        """Take a snapshot whenever something changed, and each second for the clocks."""
        worker = get_current_worker()
        told = ""
        while not worker.is_cancelled:
            self.drawn.clear()
            began = time.monotonic()
            try:
                self.post_message(SnapshotTaken(observer.take()))
                # In a storm keys come first: one snapshot at a time, and as long a rest as it took.
                self.drawn.wait(_LONGEST_REST)
                time.sleep(min(time.monotonic() - began, _LONGEST_REST))
            except Exception as error:  # noqa: BLE001 - the next second may succeed
                words = f"{type(error).__name__}: {error}"
                if words != told:
                    self.app.call_from_thread(self.say, f"The room cannot be read. {words}", "s5")
                told = words
            observer.wait()

    @work(thread=True, group="options", exclusive=True, exit_on_error=False)
    def look_for_options(self, observer: Observer) -> None:
        """Keep asking what could be run: the log is part of the answer."""
        worker = get_current_worker()
        while not worker.is_cancelled:
            observer.look_for_options()
            observer.wait_for_options()

    @on(SnapshotTaken)
    def _taken(self, event: SnapshotTaken) -> None:
        """Draw a snapshot with what the log pane measured last; say how the server stands."""
        now = event.snapshot.contact
        first = Contact(where=now.where, refused=now.refused)
        news = contact_news(self.snapshot.contact if self.snapshot else first, now)
        if news is not None:
            self.say(*news)
        news = trouble_news(self.snapshot.trouble if self.snapshot else "", event.snapshot.trouble)
        last = self.notices.latest
        told = last is not None and last.text.startswith("Not kept")
        if news is not None and not (told and event.snapshot.trouble):  # that says it, and more
            self.say(*news, "✗" if event.snapshot.trouble else "✓")
        try:
            self.show(replace(event.snapshot, log=self.log_facts))
        finally:
            self.drawn.set()
        if not self._looked_after and self.observer is not None:
            self._looked_after = True
            self.look_after(self.observer.containment)
        self.taken.set()

    def stop_everything(self) -> None:
        """Tell every thread that the console leaves."""
        for cancel in (*self.running.values(), *self.measuring):
            cancel.set()
        self.workers.cancel_all()
        self.drawn.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.observer is not None:
            self.observer.wake()

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self.stop_everything()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what failed in the background; it never ends the console. Keys wait no longer."""
        if event.worker.is_finished:
            self.console.ahead.release(event.worker)
        if event.state is WorkerState.ERROR:
            self.say(f"{event.worker.description}: {event.worker.error!r}", "s5", "✗")

    def on_room_changed(self, event: RoomChanged) -> None:
        """Say what happened, whoever did it."""
        if self.observer is not None and event.records:
            if not self.untold:
                self.tell(self.observer)
            self.untold = event.records
            for record in event.records:
                if isinstance(record.event, Declared) and record.actor != self.observer.room.actor:
                    self.console.call_attention(f"{record.incident}: {record.event.title}")

    @work(group="tell", exit_on_error=False, description="Saying what happened")
    async def tell(self, observer: Observer) -> None:
        """Read what the events mean in words: not in the screen's own time, a store may be slow."""
        async with self.telling:  # one after the other: the last thing told is the last that was
            records, self.untold = self.untold, ()
            told = await asyncio.to_thread(observer.told, records)
            if told:
                self.say(*told)
