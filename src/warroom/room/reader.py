"""What is asked of runbooks as documents: questions, tasks, ticks, and whether they are trusted."""

from collections.abc import Mapping, Sequence

from warroom.core import commands as c
from warroom.core.decide import Refusal
from warroom.core.state import Incident
from warroom.logs.protocol import Log
from warroom.room.checklist import asks, checklist, tick_note
from warroom.room.containment import Ask, Checklist, Doubt
from warroom.room.known import facts_of
from warroom.room.measure import evidence, onset_of
from warroom.room.service import Room
from warroom.room.shelf import Shelf
from warroom.room.trusting import accepted, doubted
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import ParameterType, Runbook, Step
from warroom.runbooks.trust import TrustStore


class Reader:
    """Runbooks over a room and its logs; it starts nothing."""

    def __init__(
        self, room: Room, shelf: Shelf, logs: Sequence[Log], trust: TrustStore | None
    ) -> None:
        self.room = room
        self.shelf = shelf
        self.logs = logs
        self._trust = trust

    def asks(
        self, incident: Incident, runbook: str, given: Mapping[str, str] | None = None
    ) -> Sequence[Ask] | Refusal:
        """What a runbook wants to know, each with the answer to offer."""
        try:
            book = self.book(runbook)
        except RunbookError as error:
            return refused(error)
        return asks(book, self.facts(incident), kept(book, given or {}))

    def checklist(self, incident: Incident, runbook: str) -> Checklist | Refusal:
        """The tasks of a runbook and where each stands in this incident."""
        try:
            book = self.book(runbook)
        except RunbookError as error:
            return refused(error)
        return checklist(runbook, book, incident, self.room.records(incident.id))

    def tick(self, incident: Incident, runbook: str, number: int) -> Refusal | None:
        """Record that a person did a task that no machine does."""
        try:
            book = self.book(runbook)
            step = step_of(book, number)
        except RunbookError as error:
            return refused(error)
        if step.run is not None:
            return Refusal(reason=f"step {number} of {book.title} is not one to tick")
        kept = self.room.do(c.AddNote(text=tick_note(book, step)), incident.id)
        return kept if isinstance(kept, Refusal) else None

    def doubt(self, runbook: str) -> Doubt | None:
        """What is not trusted about a runbook; None: it is trusted, or there is none."""
        try:
            book = self.book(runbook)
        except RunbookError:
            return None  # to plan it says what is wrong with it
        return doubted(runbook, book, self._trust) if self._trust is not None else None

    def trust(self, runbook: str, sha256: str) -> Refusal | None:
        """Accept exactly the text that was shown."""
        try:
            book = self.book(runbook)
        except RunbookError as error:
            return refused(error)
        return accepted(book, sha256, self._trust) if self._trust is not None else None

    def book(self, name: str) -> Runbook:
        """Return a runbook by name or path; raises RunbookError."""
        book = self.shelf.book(name)
        if book is None:
            raise RunbookError(
                "No such runbook", f"nothing is called {name!r}", "`warroom runbook list` shows all"
            )
        return book

    def facts(self, incident: Incident) -> dict[str, str]:
        """Return what the defaults of parameters may mention."""
        return facts_of(incident, evidence(self.logs, onset_of(incident)))


def refused(error: RunbookError) -> Refusal:
    """Return a mistake in a runbook or its answers as a refusal."""
    return Refusal(reason=f"{error.title}: {error.msg}", hint=error.hint)


def kept(book: Runbook, given: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that may be given: of this runbook, and no secrets."""
    return {
        name: value
        for name, value in given.items()
        if name in book.params and book.params[name].type is not ParameterType.SECRET
    }


def step_of(book: Runbook, number: int) -> Step:
    """Return a step by its number; raises RunbookError."""
    for step in book.steps:
        if step.number == number:
            return step
    raise RunbookError(
        "No such step",
        f"{book.title} has {len(book.steps)} steps, not {number}",
        "Name one of them",
    )
