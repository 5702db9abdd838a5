"""The questions of the method: every one with what it means, an answer one key away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from warroom.core.commands import Answer, Qualify
from warroom.core.conduct import Answered
from warroom.core.events import Qualified
from warroom.core.questions import CRITERIA, FACTORS, Asked, Group, asked
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Criterion, Factor
from warroom.tui.screens.dialog import Dialog, palette_of
from warroom.tui.screens.form import FieldInput
from warroom.tui.widgets.pieces import Line, Piece, cut, line, rule, spread, wrap
from warroom.tui.widgets.rowlist import Row, RowList

_GROUPS = {
    Group.INTAKE: "The report",
    Group.CRITERIA: "Is it critical",
    Group.FACTORS: "How bad: six factors",
    Group.CHECKLIST: "Checklist",
    Group.DIAGNOSIS: "The cause",
    Group.FIX: "The isolated fix",
}
_AROUND = 13
"""Rows of the dialog that are not the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was said to a question."""

    question: str
    command: Answer | Qualify


class QuestionsScreen(Dialog[Reply]):
    """A list of questions; the one under the cursor is answered where it stands.

    Enter writes an answer, a digit gives the weight of a factor or names a criterion, `x` keeps
    that it is not known: the question stays open, and nobody has to wonder whether it was asked.
    """

    DEFAULT_CSS = """
    QuestionsScreen #dialog { width: 108; }
    QuestionsScreen #questions { height: auto; background: $wr-bg3; }
    QuestionsScreen #answer { display: none; }
    QuestionsScreen.-writing #answer { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", show=False, priority=True, id="questions.leave"),
    ]

    def __init__(self, incident: Incident, at: str = "") -> None:
        super().__init__()
        self.incident = incident
        self.questions = asked(incident)
        self.at = at or next((one.question.key for one in self.questions if _new(one)), "")
        """Key of the question under the cursor."""

    def head(self) -> tuple[str, str]:
        """Return the title and how much is open."""
        left = sum(one.open for one in self.questions)
        return f"Questions on {self.incident.id}", f"{left} of {len(self.questions)} open"

    def content(self) -> ComposeResult:
        """Yield the list, what the question means, and the place for an answer."""
        self._list = RowList(palette_of(self.app), ground="bg3")
        self._list.id = "questions"
        yield self._list
        yield self.sheet(self._meaning, id="meaning")
        yield FieldInput(id="answer", placeholder="the answer, in a few words")

    def on_mount(self) -> None:
        """Put the cursor on the first question nobody has looked at."""
        super().on_mount()
        self._list.fill(self._rows)
        self._list.focus()
        self.call_after_refresh(self._place)

    def on_resize(self, event: events.Resize) -> None:
        """Let the list have what the rest leaves."""
        super().on_resize(event)
        rows = sum(len(row.lines) for row in self._rows(80))
        self._list.styles.height = max(3, min(rows, event.size.height - _AROUND))

    @property
    def question(self) -> Asked:
        """The question under the cursor."""
        return next((x for x in self.questions if x.question.key == self.at), self.questions[0])

    def on_pick_list_moved(self, event: RowList.Moved) -> None:
        """Say what the question means."""
        event.stop()
        self.at = event.key
        self.redraw()

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Write an answer."""
        event.stop()
        self.at = event.key
        if self.question.question.group in (Group.CRITERIA, Group.FACTORS):
            return  # a digit answers these: words would not order the queue
        self.add_class("-writing")
        field = self.query_one("#answer", FieldInput)
        field.value = clean_line(self.question.answer)
        field.focus()
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Read the keys that answer at once."""
        if self.writing or not self.guard.ready():
            return
        group, key = self.question.question.group, event.key
        if key == "x":
            event.stop()
            self._say("", known=False)
        elif group is Group.FACTORS and key in {"0", "1", "2", "3"}:
            event.stop()
            name = self.at.removeprefix("factor.")
            self._qualify(Qualified(factors={name: int(key)}))
        elif group is Group.CRITERIA and key == "0":
            event.stop()
            if self.incident.criteria:
                self._qualify(Qualified(criteria=()))
            else:
                self._say("none holds")
        elif group is Group.CRITERIA and key in {"1", "2", "3", "4"}:
            event.stop()
            changed = list(Criterion)[int(key) - 1]
            held = set(self.incident.criteria) ^ {changed}
            self._qualify(Qualified(criteria=tuple(c for c in Criterion if c in held)))

    @property
    def writing(self) -> bool:
        """Whether an answer is being typed."""
        return self.has_class("-writing")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the answer."""
        event.stop()
        if event.value.strip():
            self._say(event.value.strip())
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Go back to the list, or leave it."""
        if not self.writing:
            self.dismiss(None)
            return
        self.remove_class("-writing")
        self._list.focus()
        self.redraw()

    def _say(self, text: str, *, known: bool = True) -> None:
        command = Answer(facts=Answered(question=self.at, text=text, known=known))
        self.dismiss(Reply(question=self.at, command=command))

    def _qualify(self, facts: Qualified) -> None:
        self.dismiss(Reply(question=self.at, command=Qualify(facts=facts)))

    def _place(self) -> None:
        self._list.put_cursor(self.at)
        self.redraw()

    # What is drawn.

    def _rows(self, width: int) -> list[Row]:
        found: list[Row] = []
        group = None
        for one in self.questions:
            if one.question.group is not group:
                group = one.question.group
                left = sum(x.open for x in self.questions if x.question.group is group)
                name = _GROUPS[group]
                if group is Group.CHECKLIST:
                    name = f"{name}: {self.incident.category.value.replace('_', ' ')}"
                fact = line(Piece(f"{left} open" if left else "answered", "mute"))
                found.append(Row("", (rule(name, width, fact),)))
            found.append(Row(one.question.key, (_brief(one, width),)))
        return found

    def _meaning(self, width: int) -> Sequence[Line]:
        one = self.question
        found: list[Line] = [line(Piece("─" * width, "line"))]
        found += [line(Piece(part, bold=True)) for part in wrap(one.question.text, width)]
        if one.question.group is Group.FACTORS:
            meanings = FACTORS[Factor(self.at.removeprefix("factor."))][1]
            told = [f"{n} {words}" for n, words in enumerate(meanings)]
        elif one.question.group is Group.CRITERIA:
            told = [f"{n} {words}" for n, words in enumerate(CRITERIA.values(), start=1)]
            told.append("0 none of them")
        else:
            told = [one.question.help] if one.question.help else []
        found += [line(Piece(part, "soft")) for words in told for part in wrap(words, width)]
        by = f" ({one.by})" if one.by else ""
        said = f"{one.answer}{by}" if one.answer else "not known yet: it stays open"
        if one.answer or one.unknown:
            tone = "ok" if one.answer else "pend"
            found += [line(Piece(part, tone)) for part in wrap(said, width)[:2]]
        return found

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        top = line(Piece("─" * width, "line"))
        if self.writing:
            keys = [("enter", "keep the answer"), ("esc", "back to the list")]
            return [top, self.key_line(keys, width)]
        answer = {
            Group.FACTORS: ("0 1 2 3", "answer"),
            Group.CRITERIA: ("0 to 4", "answer"),
        }.get(self.question.question.group, ("enter", "answer"))
        keys = [answer, ("x", "not known: stays open"), ("esc", "leave")]
        return [top, self.key_line(keys, width)]


def _new(one: Asked) -> bool:
    return one.open and not one.unknown


def _brief(one: Asked, width: int) -> Line:
    mark, tone = ("✓", "ok") if not one.open else ("?", "pend") if one.unknown else ("·", "mute")
    left = line(
        Piece(f"{mark} ", tone, bold=one.open),
        Piece(one.question.text, "soft" if not one.open else "text"),
    )
    said = cut(one.answer, max(width // 3, 8))
    right = line(Piece(f"  {said}", "mute")) if said else ()
    return spread(left, right, width)
