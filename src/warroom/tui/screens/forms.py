"""The small dialogs in which people are told: a note or a reason, a diagnosis, a hand-over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core import drafting, spell
from warroom.core.clocks import clocks
from warroom.core.commands import Diagnose, OfferHandover
from warroom.core.conduct import HandoverOffered
from warroom.core.state import Incident
from warroom.core.words import HypothesisState, Role
from warroom.tui.screens.dialog import Drafts
from warroom.tui.screens.form import Field, FormScreen, Unfit
from warroom.tui.when import EXAMPLES, parse
from warroom.tui.widgets.pieces import Line, Piece, line, wrap


class TextScreen(FormScreen[str]):
    """Asks for one text: a note, a reason, a name. Returns it stripped, never empty."""

    KIND: ClassVar[str] = "text"
    SEND: ClassVar[str] = "keep it"

    def __init__(
        self,
        title: str,
        label: str,
        initial: str = "",
        hints: Sequence[str] = (),
        *,
        incident: str = "",
        rows: int = 4,
        drafts: Drafts | None = None,
    ) -> None:
        self._title = title
        self._hints = hints
        field = Field(name="text", label=label, value=initial, rows=rows, required=True)
        self._kind = f"text:{title}:{label}"
        super().__init__(incident, [field], drafts=drafts)

    @property
    def kind(self) -> str:
        """A draft belongs to the question that was asked."""
        return self._kind

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return self._title, self.incident

    def before(self) -> ComposeResult:
        """Yield an empty row."""
        yield self.sheet(lambda _: ((),))

    def after(self) -> ComposeResult:
        """Yield the hints."""
        yield self.sheet(self._hint_lines)

    def result(self, values: Mapping[str, str]) -> str:
        """Return the text."""
        return values["text"].strip()

    def _hint_lines(self, width: int) -> Sequence[Line]:
        return [line(Piece(part, "mute")) for hint in self._hints for part in wrap(hint, width)]


class DiagnoseScreen(FormScreen[Diagnose]):
    """Share what is wrong and until when; a revision says why."""

    KIND: ClassVar[str] = "diagnose"
    SEND: ClassVar[str] = "share it"

    def __init__(self, incident: Incident, now: datetime, *, drafts: Drafts | None = None) -> None:
        self._state, self._now = incident, now
        last = incident.diagnosis
        best = next(
            (h.text for h in reversed(incident.hypotheses) if _confirmed(h.latest.state)), ""
        )
        fields = [
            Field(
                name="text",
                label="what is wrong",
                value=last.text if last else best or drafting.proposed_diagnosis(incident),
                hint="the cause as far as it is known; say when it is not confirmed",
                rows=4,
                required=True,
            ),
            Field(
                name="eta",
                label="fixed by",
                value=f"{last.eta:%Y-%m-%d %H:%M}" if last and last.eta else "",
                hint=f"nobody knows yet · {EXAMPLES}",
            ),
        ]
        if last:
            fields.append(
                Field(name="reason", label="why revised", hint="what was learnt", required=True)
            )
        super().__init__(incident.id, fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title and the clock that this stops."""
        return (
            "Revise the diagnosis" if self._state.diagnosis else "Share the diagnosis"
        ), self.incident

    def before(self) -> ComposeResult:
        """Yield what the clock allows."""
        yield self.sheet(self._clock_lines)

    def after(self) -> ComposeResult:
        """Yield the hypotheses that may help."""
        yield self.sheet(self._hypothesis_lines)

    def result(self, values: Mapping[str, str]) -> Diagnose:
        """Return the command."""
        try:
            eta = parse(values["eta"], self._now)
        except ValueError as error:
            raise Unfit(str(error)) from None
        if eta is not None and eta <= self._now:
            raise Unfit("“fixed by” lies in the past; an estimate lies ahead")
        return Diagnose(
            text=values["text"].strip(), eta=eta, reason=values.get("reason", "").strip()
        )

    def _clock_lines(self, width: int) -> Sequence[Line]:
        del width
        by_name = {clock.name: clock for clock in clocks(self._state)}
        diagnose, fix = by_name["diagnose"], by_name["hotfix"]
        words = f"hotfix clock ends {fix.due:%H:%M} UTC"
        if diagnose.met_at is None:
            left = diagnose.left(self._now)
            late = left.total_seconds() < 0
            spent = f"LATE +{spell.duration(left)}" if late else f"{spell.duration(left)} left"
            return [
                (),
                line(
                    Piece(f"diagnosis {spent}", "warn" if late else "soft"),
                    Piece(f" · {words}", "mute"),
                ),
                (),
            ]
        return [(), line(Piece(words, "mute")), ()]

    def _hypothesis_lines(self, width: int) -> Sequence[Line]:
        found: list[Line] = []
        for h in self._state.hypotheses:
            if h.latest.state is HypothesisState.RULED_OUT:
                continue
            state = h.latest.state.value.replace("_", " ")
            head = f"H{h.number} {state}: {h.text}"
            found += [line(Piece(part, "mute")) for part in wrap(head, width)]
        return found


def _confirmed(state: HypothesisState) -> bool:
    return state is HypothesisState.CONFIRMED


class HandoverScreen(FormScreen[OfferHandover]):
    """Offer a role to somebody, with a briefing written from the facts; it moves on acceptance."""

    KIND: ClassVar[str] = "handover"
    SEND: ClassVar[str] = "offer it"

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        *,
        briefing: str = "",
        drafts: Drafts | None = None,
    ) -> None:
        roles = [(role.value, role.value) for role in Role]
        fields = [
            Field(name="person", label="to", hint="who takes over", required=True),
            Field(name="role", label="role", value=Role.COMMANDER.value, choices=roles),
            Field(
                name="briefing",
                label="briefing",
                value=briefing or drafting.briefing(incident, now),
                rows=9,
            ),
        ]
        super().__init__(incident.id, fields, drafts=drafts)
        self._commander = incident.commander

    def head(self) -> tuple[str, str]:
        """Return the title and who commands now."""
        return "Hand over", f"{self._commander or 'nobody'} commands {self.incident}"

    def before(self) -> ComposeResult:
        """Yield an empty row."""
        yield self.sheet(lambda _: ((),))

    def result(self, values: Mapping[str, str]) -> OfferHandover:
        """Return the command."""
        facts = HandoverOffered(
            role=Role(values["role"]),
            to=values["person"].strip(),
            briefing=values["briefing"].strip(),
        )
        return OfferHandover(facts=facts)
