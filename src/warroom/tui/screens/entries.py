"""The small dialogs that add to the record: a hypothesis, a change, a follow-up, a fix."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core.commands import FollowUp, Hypothesise, RecordChange, RecordFix
from warroom.core.events import ChangeRecorded
from warroom.core.state import Incident
from warroom.core.words import ChangeKind, FixLevel, FollowUpKind, FollowUpState, HypothesisState
from warroom.tui.panes.changes import KIND_WORDS as CHANGE_WORDS
from warroom.tui.panes.followups import KIND_WORDS as FOLLOW_UP_WORDS
from warroom.tui.screens.dialog import Drafts
from warroom.tui.screens.form import Field, FormScreen, Unfit
from warroom.tui.when import EXAMPLES, parse
from warroom.tui.widgets.pieces import Piece, line


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
