"""The small dialogs: a text, a diagnosis, a hypothesis, a change, a follow-up, a hand-over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core import spell
from warroom.core.clocks import clocks
from warroom.core.commands import (
    Diagnose,
    FollowUp,
    Hypothesise,
    RecordChange,
    RecordFix,
    TakeRole,
)
from warroom.core.events import ChangeRecorded
from warroom.core.state import Incident
from warroom.core.words import (
    ChangeKind,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Role,
)
from warroom.tui.panes.changes import KIND_WORDS as CHANGE_WORDS
from warroom.tui.panes.followups import KIND_WORDS as FOLLOW_UP_WORDS
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
                value=last.text if last else best,
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


class HypothesisScreen(FormScreen[Hypothesise]):
    """Propose a hypothesis, or move one on with evidence for or against it.

    `argument` is empty or `=words` for a new one, `3` to move number 3 on, `3+` and `3-` to begin
    with evidence for or against it.
    """

    KIND: ClassVar[str] = "hypothesis"
    SEND: ClassVar[str] = "keep it"

    def __init__(
        self, incident: Incident, argument: str = "", *, drafts: Drafts | None = None
    ) -> None:
        number = argument.rstrip("+-")
        mark = argument[len(number) :]
        known = [h for h in incident.hypotheses if str(h.number) == number]
        self._known = known[0] if known else None
        state = self._known.latest.state if self._known else HypothesisState.PROPOSED
        text = self._known.text if self._known else argument.removeprefix("=")
        evidence = Field(
            name="evidence",
            label="evidence",
            value=f"{mark} " if mark else "",
            hint="+ what speaks for it, - what speaks against it",
        )
        fields = [
            Field(
                name="text",
                label="could be",
                value=text,
                hint="one sentence that can be shown wrong",
                rows=2,
                required=True,
            ),
            evidence,
            Field(
                name="state",
                label="stands",
                value=state.value,
                choices=[(s.value, s.value.replace("_", " ")) for s in HypothesisState],
            ),
        ]
        if self._known:
            fields = [fields[1], fields[2], fields[0]]
        super().__init__(f"{incident.id}{number}", fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return (f"Hypothesis H{self._known.number}" if self._known else "New hypothesis"), ""

    def before(self) -> ComposeResult:
        """Yield an empty row."""
        yield self.sheet(lambda _: ((),))

    def result(self, values: Mapping[str, str]) -> Hypothesise:
        """Return the command."""
        evidence = values["evidence"].strip()
        return Hypothesise(
            state=HypothesisState(values["state"]),
            text=values["text"].strip(),
            number=self._known.number if self._known else None,
            evidence="" if evidence in {"+", "-"} else evidence,
        )


class ChangeScreen(FormScreen[RecordChange]):
    """Record by hand that something changed."""

    KIND: ClassVar[str] = "change"
    SEND: ClassVar[str] = "keep it"

    def __init__(self, incident: Incident, now: datetime, *, drafts: Drafts | None = None) -> None:
        self._now = now
        kinds = [(kind.value, CHANGE_WORDS[kind]) for kind in ChangeKind]
        fields = [
            Field(name="text", label="what", hint="what is different since", required=True),
            Field(name="kind", label="kind", value=ChangeKind.DEPLOY.value, choices=kinds),
            Field(name="at", label="when", hint=f"when it happened · {EXAMPLES}", required=True),
            Field(name="release", label="release", hint="version, if it was a release"),
            Field(name="reference", label="where from", hint="commit, pipeline, ticket"),
        ]
        super().__init__(incident.id, fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "A change", self.incident

    def before(self) -> ComposeResult:
        """Yield an empty row."""
        yield self.sheet(lambda _: ((),))

    def result(self, values: Mapping[str, str]) -> RecordChange:
        """Return the command."""
        try:
            at = parse(values["at"], self._now, past=True)
        except ValueError as error:
            raise Unfit(str(error)) from None
        if at is None or at > self._now:
            raise Unfit("a change that has not happened yet cannot be a cause")
        facts = ChangeRecorded(
            kind=ChangeKind(values["kind"]),
            text=values["text"].strip(),
            happened_at=at,
            release=values["release"].strip(),
            reference=values["reference"].strip(),
        )
        return RecordChange(facts=facts)


class FollowUpScreen(FormScreen[FollowUp]):
    """Open or change a follow-up; `argument` is its number, `3 done` proposes that it is done."""

    KIND: ClassVar[str] = "follow-up"
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
        number, _, wanted = argument.partition(" ")
        known = [f for f in incident.follow_ups if str(f.follow_up) == number]
        item = self._known = known[0] if known else None
        state = item.state if item else FollowUpState.OPEN
        if wanted == "done":
            state = FollowUpState.DONE
        kind = item.kind if item else FollowUpKind.TEST
        due = f"{item.due:%Y-%m-%d %H:%M}" if item and item.due else ""
        fields = [
            Field(
                name="text",
                label="what",
                value=item.text if item else "",
                hint="what makes the next one rarer or smaller",
                required=True,
            ),
            Field(
                name="kind",
                label="kind",
                value=kind.value,
                choices=[(k.value, FOLLOW_UP_WORDS[k]) for k in FollowUpKind],
            ),
            Field(
                name="owner", label="owner", value=item.owner if item else "", hint="who does it"
            ),
            Field(name="due", label="by", value=due, hint=f"until when · {EXAMPLES}"),
            Field(
                name="link",
                label="ticket",
                value=item.link if item else "",
                hint="where it is tracked",
            ),
            Field(
                name="state",
                label="stands",
                value=state.value,
                choices=[(s.value, s.value) for s in FollowUpState],
            ),
        ]
        super().__init__(f"{incident.id}{number}", fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return (f"Follow-up F{self._known.follow_up}" if self._known else "New follow-up"), ""

    def before(self) -> ComposeResult:
        """Yield an empty row."""
        yield self.sheet(lambda _: ((),))

    def result(self, values: Mapping[str, str]) -> FollowUp:
        """Return the command."""
        try:
            due = parse(values["due"], self._now)
        except ValueError as error:
            raise Unfit(str(error)) from None
        return FollowUp(
            kind=FollowUpKind(values["kind"]),
            text=values["text"].strip(),
            number=self._known.follow_up if self._known else None,
            state=FollowUpState(values["state"]),
            owner=values["owner"].strip(),
            due=due,
            link=values["link"].strip(),
        )


class FixScreen(FormScreen[RecordFix]):
    """Record a fix at its level."""

    KIND: ClassVar[str] = "fix"
    SEND: ClassVar[str] = "record it"

    def __init__(self, incident: Incident, *, drafts: Drafts | None = None) -> None:
        levels = [(level.value, level.value.replace("_", " ")) for level in FixLevel]
        fields = [
            Field(name="text", label="what", hint="what was changed", rows=3, required=True),
            Field(name="level", label="level", value=FixLevel.HOTFIX.value, choices=levels),
            Field(name="reference", label="where", hint="branch, commit or ticket"),
        ]
        super().__init__(incident.id, fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "A fix", self.incident

    def before(self) -> ComposeResult:
        """Yield what a level leads to."""
        words = "A workaround or a hotfix opens the follow-up for the root cause by itself."
        yield self.sheet(lambda _: ((), line(Piece(words, "mute")), ()))

    def result(self, values: Mapping[str, str]) -> RecordFix:
        """Return the command."""
        return RecordFix(
            level=FixLevel(values["level"]),
            text=values["text"].strip(),
            reference=values["reference"].strip(),
        )


class HandoverScreen(FormScreen[TakeRole]):
    """Give a role to somebody, with a briefing written from the facts."""

    KIND: ClassVar[str] = "handover"
    SEND: ClassVar[str] = "hand over"

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
                value=briefing or briefing_for(incident, now),
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

    def result(self, values: Mapping[str, str]) -> TakeRole:
        """Return the command."""
        return TakeRole(
            role=Role(values["role"]),
            person=values["person"].strip(),
            briefing=values["briefing"].strip(),
        )


def briefing_for(incident: Incident, now: datetime) -> str:
    """Return what the next commander must know, from the facts, a line each."""
    lines = [f"{incident.priority} {incident.title}"]
    if incident.onset:
        lines.append(f"Since {incident.onset.at:%H:%M:%S} UTC. {incident.boundary}".strip())
    contained = incident.contained_at
    if contained:
        lines.append(f"Contained {contained:%H:%M} UTC: {incident.contained_how}")
    else:
        lines.append("Not contained.")
    lines += [
        f"In force: {run.intent.title}, since {run.intended_at:%H:%M}" for run in incident.ledger
    ]
    if incident.diagnosis:
        lines.append(f"Diagnosis: {incident.diagnosis.text}")
    for h in incident.hypotheses:
        if h.latest.state in (HypothesisState.PROPOSED, HypothesisState.TESTING):
            lines.append(f"Open: H{h.number} {h.text} ({h.latest.state.value})")
    for clock in clocks(incident):
        if clock.met_at is None:
            lines.append(
                f"{clock.name} due {clock.due:%H:%M} UTC ({spell.duration(clock.left(now))})"
            )
            break
    return "\n".join(lines)
