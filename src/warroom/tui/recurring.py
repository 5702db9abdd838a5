"""Failures that come back: looks for them in a thread, offers, waits for a person's key."""

import asyncio
import time
from dataclasses import dataclass
from threading import Event

from textual import on, work
from textual.message import Message

from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.words import Phase
from warroom.room.service import Room
from warroom.tui.services import Services
from warroom.tui.theme import Palette
from warroom.tui.watching import RoomOpened, Watching

_EVERY = 10.0
"""Seconds between two looks at the logs."""
_SETTLED = 2.0
"""Seconds before now that are not counted yet: a line is written when its request ends."""
_LOOK_BACK = 3600.0
"""Seconds before the console was opened that are looked at."""


class CameBack(Message):
    """The failure of an incident that is over is in the log again."""

    def __init__(self, incident: str, sentence: str, *, closed: bool) -> None:
        super().__init__()
        self.offer = Again(incident, sentence, closed)


@dataclass(frozen=True, slots=True)
class Again:
    """An offer to go on with an incident."""

    incident: str
    sentence: str
    closed: bool
    """Whether it can only go on in a new, linked incident."""

    @property
    def verb(self) -> str:
        """What the key does."""
        return "open a linked incident" if self.closed else f"reopen {self.incident}"


class Recurring(Watching):
    """Arms a watch on the rows of every incident that was resolved within a day."""

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.again: dict[str, Again] = {}
        """What came back and was not answered yet, by incident."""

    @on(RoomOpened)
    def _arm(self, event: RoomOpened) -> None:
        """Begin to guard when the room answers."""
        if self.services.logs:
            self.guard(event.room)

    @work(thread=True, group="recurrence", exclusive=True, exit_on_error=False)
    def guard(self, room: Room) -> None:
        """Look at the logs every ten seconds for as long as the console is open."""
        from warroom.room.recurrence import RecurrenceWatch, guarded  # noqa: PLC0415 - numpy

        stop = Event()
        self.measuring.add(stop)
        watches: dict[tuple[str, object], RecurrenceWatch] = {}
        while not stop.is_set():
            now = room.now()
            try:
                incidents = [x for x in room.incidents(include_closed=True) if guarded(x, now)]
            except JournalError:  # the observer says so; the next look may succeed
                incidents = []
            known, watches = watches, {}
            for one in incidents:
                key = (one.id, one.resolved_at)
                watches[key] = known.get(key) or RecurrenceWatch(
                    room, one, self.services.logs, time.sleep
                )
                watches[key].begin(now.timestamp() - _LOOK_BACK)
                said = watches[key].look(now.timestamp() - _SETTLED)
                if said:
                    self.post_message(CameBack(one.id, said, closed=one.phase is Phase.CLOSED))
            stop.wait(_EVERY)

    @on(CameBack)
    def _came_back(self, event: CameBack) -> None:
        """Tell it once, and again only when it was answered."""
        offer = event.offer
        if offer.incident not in self.again:
            self.again[offer.incident] = offer
            words = f"The failure of {offer.incident} is back: {offer.sentence}"
            self.say(words, "s5", "▲", "W answers")

    async def answer_again(self) -> None:
        """Ask what to do about a failure that is back; nothing happens by itself."""
        from warroom.tui.screens.choose import Answer, ChooseScreen  # noqa: PLC0415 - first frame

        offer = next(iter(self.again.values()))
        answers = (Answer("R", offer.verb, "again"), Answer("S", "it is something else", "other"))
        answer = await self.ask(
            ChooseScreen(f"{offer.incident} is back", (offer.sentence,), answers)
        )
        if answer is None:
            return
        self.again.pop(offer.incident, None)
        if answer == "again":
            await self._go_on(offer)

    async def _go_on(self, offer: Again) -> None:
        from warroom.room.recurrence import came_back  # noqa: PLC0415 - numpy, when asked

        if self.room is None:
            return
        try:
            done = await asyncio.to_thread(came_back, self.room, offer.incident, offer.sentence)
        except JournalError as error:
            self.say(f"Not kept: {error.what}. {error.hint}", "s5", "✗")
            return
        if isinstance(done, Refusal):
            self.say(f"{done.reason}. {done.hint}".strip(), "warn")
            return
        self.select(done.incident.id)
        await self.shown(done)
