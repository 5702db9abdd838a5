"""A note, perhaps about an earlier moment, and an entry of the timeline that is put right."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core.commands import AddNote, Amend
from warroom.core.conduct import EntryAmended
from warroom.core.state import Incident
from warroom.core.timeline import TimelineEntry
from warroom.tui.screens.dialog import Drafts
from warroom.tui.screens.form import Field, FormScreen, Unfit
from warroom.tui.when import EXAMPLES, parse
from warroom.tui.widgets.pieces import Line, Piece, line, wrap


class NoteScreen(FormScreen[AddNote]):
    """Write something down; one about the past says so in the timeline."""

    KIND: ClassVar[str] = "note"
    SEND: ClassVar[str] = "keep it"

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        initial: str = "",
        *,
        drafts: Drafts | None = None,
    ) -> None:
        self._now = now
        fields = [
            Field(name="text", label="what happened", value=initial, rows=4, required=True),
            Field(name="at", label="when", hint="now · or -20m, 14:05: it says “noted later”"),
        ]
        super().__init__(incident.id, fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "Note", f"{self.incident} · stays inside"

    def before(self) -> ComposeResult:
        """Yield an empty row."""
        yield self.sheet(lambda _: ((),))

    def result(self, values: Mapping[str, str]) -> AddNote:
        """Return the command."""
        return AddNote(text=values["text"].strip(), about=_moment(values["at"], self._now))


class AmendScreen(FormScreen[Amend]):
    """Tell an entry in other words or at another time; what it was stays readable."""

    KIND: ClassVar[str] = "amend"
    SEND: ClassVar[str] = "put it right"

    def __init__(self, incident: Incident, entry: TimelineEntry, now: datetime) -> None:
        self._entry, self._now = entry, now
        self._stamp = f"{entry.at:%Y-%m-%d %H:%M}"
        fields = [
            Field(name="text", label="what", value=entry.text, rows=4, required=True),
            Field(name="at", label="when", value=self._stamp, hint=EXAMPLES),
            Field(name="reason", label="because", hint="what was wrong"),
        ]
        super().__init__(f"{incident.id}T{entry.number}", fields)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return f"Put T{self._entry.number} right", self._entry.word

    def before(self) -> ComposeResult:
        """Yield what happens to the original."""
        yield self.sheet(self._original)

    def result(self, values: Mapping[str, str]) -> Amend:
        """Return the command."""
        entry = self._entry
        text = values["text"].strip()
        typed = values["at"].strip()
        at = entry.at if typed == self._stamp else _moment(typed, self._now)
        facts = EntryAmended(
            entry=entry.number,
            text=text if text != entry.text.strip() else None,
            at=at if at is not None and at != entry.at else None,
            reason=values["reason"].strip(),
        )
        if facts.text is None and facts.at is None:
            raise Unfit("nothing was changed")
        return Amend(facts=facts)

    def _original(self, width: int) -> Sequence[Line]:
        entry = self._entry
        words = "The original stays in the journal, and the entry says that it was changed."
        found: list[Line] = [(), *(line(Piece(x, "mute")) for x in wrap(words, width))]
        if entry.amended:
            was = entry.original or entry.text
            when = f"{entry.original_at or entry.at:%H:%M:%S}"
            found += [line(Piece(x, "soft")) for x in wrap(f"first: {when} {was}", width)[:3]]
        return [*found, ()]


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        return parse(text, now, past=True)
    except ValueError as error:
        raise Unfit(str(error)) from None
