"""The dialogs about people outside: who was spoken to, and which authority must be told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core import spell
from warroom.core.commands import OweNotice, RecordContact
from warroom.core.conduct import Contacted, NoticeOwed
from warroom.core.notices import NOTICES, owed
from warroom.core.state import Incident
from warroom.tui.screens.dialog import Drafts
from warroom.tui.screens.form import Field, FormScreen, Unfit
from warroom.tui.when import parse
from warroom.tui.widgets.pieces import Line, Piece, line, wrap


class ContactScreen(FormScreen[RecordContact]):
    """Record that somebody outside was spoken to; `argument` is the notice that it was."""

    KIND: ClassVar[str] = "contact"
    SEND: ClassVar[str] = "keep it"

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        argument: str = "",
        *,
        drafts: Drafts | None = None,
    ) -> None:
        self._now = now
        self._state = incident
        open_ones = [one.notice for one in owed(incident) if one.sent_at is None]
        party = next((one.party for one in open_ones if one.key == argument), "")
        fields = [
            Field(name="party", label="who", value=party, hint="publisher, provider, authority",
                  required=True),
            Field(name="text", label="what was said", rows=3, required=True),
            Field(name="again", label="ask again", hint="+2h or 16:00 (UTC); empty: not"),
        ]  # fmt: skip
        if open_ones:
            choices = [("", "no notice"), *((one.key, one.name) for one in open_ones)]
            fields.append(Field(name="notice", label="is the", value=argument, choices=choices))
        super().__init__(f"{incident.id}{argument}", fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "Spoke to somebody outside", self._state.id

    def before(self) -> ComposeResult:
        """Yield who was spoken to last."""

        def said(width: int) -> list[Line]:
            last = self._state.contacts[-3:]
            lines = [
                line(Piece(row, "mute"))
                for at, _, made in last
                for row in wrap(
                    f"{spell.clock_time(at, self._now)} {made.party}: {made.text}", width
                )[:2]
            ]
            return [(), *lines, ()] if lines else [()]

        yield self.sheet(said)

    def result(self, values: Mapping[str, str]) -> RecordContact:
        """Return the command."""
        try:
            again = parse(values["again"], self._now)
        except ValueError as error:
            raise Unfit(str(error)) from None
        if again is not None and again <= self._now:
            raise Unfit("they cannot be asked again in the past")
        facts = Contacted(
            party=values["party"].strip(),
            text=values["text"].strip(),
            notice=values.get("notice", ""),
            again_at=again,
        )
        return RecordContact(facts=facts)


class NoticeScreen(FormScreen[OweNotice]):
    """Say which notice the law asks for, since when it was known, or why it is not owed."""

    KIND: ClassVar[str] = "notice"
    SEND: ClassVar[str] = "keep it"

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        argument: str = "",
        *,
        drafts: Drafts | None = None,
    ) -> None:
        self._now = now
        self._state = incident
        # What is owed and not sent comes first; where nothing is, a person says which it is.
        unsent = [one.notice for one in owed(incident) if one.sent_at is None]
        known = {one.key: one.name for one in (*unsent, *NOTICES.values())}
        choices = [*known.items()] if unsent else [("", "which?"), *known.items()]
        fields = [
            Field(name="notice", label="notice", value=argument, choices=choices),
            Field(name="aware", label="known since", hint="when declared · or -20h, 14:05 (UTC)"),
            Field(name="reason", label="not owed", hint="why not; empty: it is owed"),
        ]  # fmt: skip
        super().__init__(incident.id, fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "A notice to an authority", self._state.id

    def before(self) -> ComposeResult:
        """Yield what each notice is, and how what is owed stands."""

        def told(width: int) -> list[Line]:
            due = {one.notice.key: one for one in owed(self._state)}
            rows: list[Line] = [()]
            laws = {**NOTICES, **{key: one.notice for key, one in due.items()}}
            for key, law in laws.items():
                one = due.get(key)
                left = "" if one is None else f" · due {spell.clock_time(one.due, self._now)}"
                left = " · sent" if one is not None and one.sent_at else left
                words = f"{law.name}: {law.party}, within {_span(law.allowed)}, {law.source}{left}"
                rows += [
                    line(Piece(row, "text" if one else "mute")) for row in wrap(words, width)[:2]
                ]
            return [*rows, ()]

        yield self.sheet(told)

    def result(self, values: Mapping[str, str]) -> OweNotice:
        """Return the command."""
        try:
            aware = parse(values["aware"], self._now, past=True)
        except ValueError as error:
            raise Unfit(str(error)) from None
        reason = values["reason"].strip()
        if not values["notice"]:
            raise Unfit("say which notice it is: ← → choose")
        facts = NoticeOwed(notice=values["notice"], owed=not reason, aware_at=aware, reason=reason)
        return OweNotice(facts=facts)


def _span(allowed: timedelta) -> str:
    """Return a length of time as laws write it: `72 h`, `28 days`."""
    hours = round(allowed.total_seconds() / 3600)
    return f"{hours} h" if hours <= 72 else f"{hours // 24} days"
