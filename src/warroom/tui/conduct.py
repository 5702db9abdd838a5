"""What the keys of an incident do: open a dialog, send a command to the room."""

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.queue import why_first
from warroom.core.state import Incident
from warroom.core.words import Phase
from warroom.room.service import Done, Room
from warroom.tui.observer import Observer
from warroom.tui.screens.dialog import Asked
from warroom.tui.services import Services
from warroom.tui.snapshot import LogFacts, Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.notice import NoticeRow, Said

if TYPE_CHECKING:
    from warroom.tui.app import WarroomApp

T = TypeVar("T")

SHOWN = 2.0
"""Seconds to wait until what was kept can be seen, before the next key is dealt with."""


class Conduct(Screen[None]):
    """The room, what is shown of it, and the way from a key to a command.

    A command is bound to the incident that was shown when the key was pressed.
    """

    notices: NoticeRow

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__()
        self.palette = palette
        self.services = services
        self.room: Room | None = None
        self.observer: Observer | None = None
        self.snapshot: Snapshot | None = None
        self.log_facts = LogFacts()
        self.running: dict[str, Event] = {}
        """What stops each step that runs from this console, by what it is called."""
        self.measuring: set[Event] = set()
        """What ends the watching of each effect."""
        self._unsubscribe: Callable[[], None] | None = None
        self.taken = asyncio.Event()
        """Set whenever a snapshot has been taken over."""

    @property
    def console(self) -> "WarroomApp":
        """The application, by its own type."""
        from warroom.tui.app import WarroomApp  # noqa: PLC0415 - the app imports its screen

        assert isinstance(self.app, WarroomApp)  # noqa: S101 - this screen lives in no other
        return self.app

    @abstractmethod
    def postmortem_text(self, incident: str) -> str:
        """Return the text in the editor of the postmortem, as it is typed."""

    @abstractmethod
    def replace_postmortem(self, incident: str, text: str) -> None:
        """Put a text into the editor of the postmortem."""

    def clock(self) -> datetime:
        """The instant by the room's clock, or this machine's before it is open."""
        return self.room.now() if self.room is not None else datetime.now(UTC)

    def say(self, text: str, tone: str = "text", mark: str = "▪", keys: str = "") -> None:
        """Show something in the notice row, with the keys it leads to; foreign text is allowed."""
        self.notices.tell(Said(self.clock(), text, tone, mark, keys))

    def refuse(self, refusal: Refusal) -> None:
        """Say why something is not done, and what to do instead."""
        self.say(f"{_sentence(refusal.reason)} {refusal.hint}".strip(), "warn")

    @property
    def current(self) -> Incident | None:
        """The incident that is shown."""
        return self.snapshot.current if self.snapshot is not None else None

    def select(self, incident: str) -> None:
        """Show another incident."""
        if self.observer is not None:
            self.observer.select(incident)

    def attend(self, worker: Worker[None]) -> None:
        """Let keys wait for the end of a worker, except while it asks something."""
        self.console.ahead.hold(worker)

    async def ask(self, dialog: Asked[T]) -> T | None:
        """Show a dialog and return what it was left with; only inside a worker."""
        worker, ahead = get_current_worker(), self.console.ahead
        dialog.call_after_refresh(ahead.release, worker)  # by then it has the focus
        dialog.on_answer = partial(ahead.hold, worker)
        return await self.app.push_screen_wait(dialog)

    async def do(self, command: c.Command, incident: str | None) -> Done | None:
        """Send a command to the room; a refusal is shown with its reason and what to do."""
        if self.room is None:
            self.say("The store is not open yet; nothing was kept.", "warn")
            return None
        try:
            result = await asyncio.to_thread(self.room.do, command, incident)
        except JournalError as error:
            self.say(f"Not kept: {error.what}. {error.hint}", "s5", "✗")
            if self.observer is not None:
                self.observer.doubt()
            return None
        if isinstance(result, Refusal):
            self.refuse(result)
            return None
        if not result.records:
            self.say("It was so already.")
        elif incident is not None:
            await self.shown(result)
        return result

    async def shown(self, done: Done) -> None:
        """Return when what a command did is what the screen stands on."""
        name, version = done.incident.id, done.incident.version

        def seen() -> bool:
            current = self.current
            return current is not None and current.id == name and current.version >= version

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHOWN):
                while not seen():
                    self.taken.clear()
                    await self.taken.wait()

    def bound(self, incident: str | None) -> Incident | None:
        """Return the incident that a key meant, if it is still what is shown; else say so."""
        current = self.current
        if current is None:
            self.say("No incident is open. d declares one.", "warn")
            return None
        if self.snapshot is not None and self.snapshot.past is not None:
            self.say("You look at the past: T goes back to now. Nothing was done.", "warn")
            return None
        if incident is not None and incident != current.id:
            self.say(f"{incident} is not what is shown any more. Nothing was done.", "warn")
            return None
        return current


def prefilled(services: Services, facts: LogFacts, now: datetime, *, title: str = "") -> e.Declared:
    """Return what a declaration can know before anybody types: from the log, nothing guessed."""
    began = datetime.fromtimestamp(facts.onset, UTC) if facts.onset is not None else None
    onset = None
    if began is not None and facts.onset_sentence:
        low, high = facts.onset_bounds or (began.timestamp(), began.timestamp())
        onset = e.Onset(
            at=began,
            low=datetime.fromtimestamp(low, UTC),
            high=datetime.fromtimestamp(high, UTC),
            sentence=facts.onset_sentence,
            end=None if facts.end is None else datetime.fromtimestamp(facts.end, UTC),
            kind=facts.kind,
            slices=facts.slices,
        )
    return e.Declared(
        title=title or facts.title or (facts.watch.title if facts.spike else ""),
        service=services.service,
        started_at=began,
        detected_at=now,
        onset=onset,
        boundary=facts.boundary_sentence,
        source="spike watch" if facts.spike else "console",
        drill=services.drill,
    )


def until(text: str, now: datetime) -> datetime | None:
    """Return the instant that `30m`, `2h`, `3d` or `14:30` (UTC, the next one) stands for."""
    text = text.strip().lower()
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[-1:] in units and text[:-1].isdigit() and int(text[:-1]) > 0:
        return now + timedelta(**{units[text[-1]]: min(int(text[:-1]), 100_000)})
    try:
        at = datetime.strptime(text, "%H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    found = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return found if found > now else found + timedelta(days=1)


def why(snapshot: Snapshot, incident: str) -> str:
    """Return why a row stands where it does in the queue."""
    row = next((row for row in snapshot.rows if row.incident.id == incident), None)
    if row is None or row is snapshot.rows[0]:
        return why_first(snapshot.rows)
    reasons = ", ".join(row.reasons[:4]) or "nothing lifts it"
    return f"{incident}: {row.incident.priority.value}, {reasons}"


def writable(incident: Incident) -> bool:
    """Whether its course can still change."""
    return incident.phase is not Phase.CLOSED


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."
