"""Who does what: the four roles in one form, and a role that was offered to you."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from warroom.core.commands import AnswerHandover, TakeRole
from warroom.core.conduct import HandoverOffered
from warroom.core.state import Incident
from warroom.core.words import Role
from warroom.tui.screens.dialog import Dialog, Drafts
from warroom.tui.screens.form import Field, FormScreen
from warroom.tui.widgets.pieces import Line, Piece, line, wrap

_DUTIES = {
    Role.COMMANDER: "decides; one person, always",
    Role.OPERATIONS: "runs the steps",
    Role.COMMUNICATIONS: "writes the updates",
    Role.SCRIBE: "keeps notes and open ends",
}


class RolesScreen(FormScreen[tuple[TakeRole, ...]]):
    """The four roles; what is changed takes effect at once, without a briefing."""

    KIND: ClassVar[str] = "roles"
    SEND: ClassVar[str] = "keep it"
    DEFAULT_CSS = "RolesScreen .field Sheet.label { width: 16; }"  # for "communications"

    def __init__(self, incident: Incident, *, drafts: Drafts | None = None) -> None:
        self.state = incident
        fields = [
            Field(
                name=role.value,
                label=role.value,
                value=incident.roles.get(role, ""),
                hint=_DUTIES[role],
            )
            for role in Role
        ]
        super().__init__(incident.id, fields, drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "Who does what", self.incident

    def before(self) -> ComposeResult:
        """Yield the difference between giving a role and handing it over."""
        words = "Written down at once. H hands a role over with a briefing that must be accepted."
        yield self.sheet(
            lambda width: ((), *(line(Piece(part, "mute")) for part in wrap(words, width)), ())
        )

    def result(self, values: Mapping[str, str]) -> tuple[TakeRole, ...]:
        """Return a command for each role that somebody else has now."""
        said = {role: values[role.value].strip() for role in Role}
        return tuple(
            TakeRole(role=role, person=person)
            for role, person in said.items()
            if person and person != self.state.roles.get(role, "")
        )


class AcceptScreen(Dialog[AnswerHandover]):
    """The briefing of a role that was offered; capital A accepts it, D declines it."""

    DEFAULT_CSS = "AcceptScreen #dialog { width: 100; }"

    def __init__(self, incident: Incident, role: Role, offer: HandoverOffered) -> None:
        super().__init__()
        self.incident = incident
        self.role = role
        self.offer = offer

    def head(self) -> tuple[str, str]:
        """Return the title and who has the role until then."""
        holder = self.incident.roles.get(self.role, "")
        return f"Take over as {self.role.value} of {self.incident.id}", f"{holder or 'nobody'} now"

    def content(self) -> ComposeResult:
        """Yield the briefing."""
        yield self.sheet(self._lines)

    def on_key(self, event: events.Key) -> None:
        """Read an answer, scrolling, or escape."""
        if self.keep(event):
            return
        body = self.query_one("#body")
        by = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8, "space": 8}
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in by:
            target = body.scroll_offset.y + by[event.key]
            body.scroll_to(y=target, animate=False, immediate=True)

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the two answers."""
        return {"A": lambda: self._say(accepted=True), "D": lambda: self._say(accepted=False)}

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        badge = line(
            Piece(" A ", "accent", bold=True, fill=True), Piece(" accept it   ", bold=True)
        )
        keys = self.key_line([("D", "decline"), ("esc", "answer later")], width - 15)
        words = "Until you accept, the role stays where it is."
        return [
            line(Piece("─" * width, "line")),
            (*badge, *keys),
            line(Piece(words, "mute")),
        ]

    def _say(self, *, accepted: bool) -> None:
        self.dismiss(AnswerHandover(role=self.role, accepted=accepted))

    def _lines(self, width: int) -> Sequence[Line]:
        parts = wrap(self.offer.briefing or "No briefing was written.", width)
        return [(), *(line(part) for part in parts), ()]
