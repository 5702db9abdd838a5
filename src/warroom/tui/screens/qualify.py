"""Say how bad it is: priority, criteria, the six factors, the kind, and what may be told."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from warroom.core.commands import Answer, Qualify
from warroom.core.conduct import Answered
from warroom.core.events import Qualified
from warroom.core.questions import FACTORS
from warroom.core.state import Incident
from warroom.core.words import Category, Criterion, Factor, Priority
from warroom.tui.screens.choosers import Choice, Several, Weights
from warroom.tui.screens.declare import (
    CRITERION_WORDS,
    FACTOR_WORDS,
    KIND_WORDS,
    PriorityChoice,
)
from warroom.tui.screens.dialog import Drafts, palette_of
from warroom.tui.screens.form import Field, FormScreen, Unfit
from warroom.tui.widgets.pieces import Line, Piece, line, rule, wrap

T = TypeVar("T")

_NONE = "none"


class QualifyScreen(FormScreen[tuple[Qualify | Answer, ...]]):
    """One form for everything that triage settles; what is left open is kept as looked at."""

    KIND: ClassVar[str] = "qualify"
    SEND: ClassVar[str] = "keep it"
    DEFAULT_CSS = """
    QualifyScreen #dialog { width: 120; }
    QualifyScreen #columns { height: auto; }
    QualifyScreen #left { width: 1fr; height: auto; padding-right: 2; }
    QualifyScreen #right { width: 1fr; height: auto; }
    QualifyScreen.-narrow #columns { layout: vertical; }
    QualifyScreen.-narrow #left, QualifyScreen.-narrow #right { width: 1fr; padding: 0; }
    """

    def __init__(self, incident: Incident, *, drafts: Drafts | None = None) -> None:
        self.state = incident
        criteria = ",".join(c.value for c in incident.criteria)
        if not criteria and (said := incident.answers.get("criteria")) and said.known:
            criteria = _NONE
        factors = ",".join(f"{name}={weight}" for name, weight in incident.factors.items())
        self._judged = [
            Field(name="criteria", label="", value=criteria),
            Field(name="factors", label="", value=factors),
            Field(name="category", label="", value=incident.category.value),
            Field(name="priority", label="", value=incident.priority.value),
        ]
        self._told = [
            Field(name="title", label="title", value=incident.title, required=True),
            Field(name="service", label="service", value=incident.service, hint="which service"),
            Field(name="client", label="client", value=incident.client, hint="whose contract"),
            Field(name="contact", label="contact", value=incident.contact, hint="whom to tell"),
            Field(
                name="public",
                label="public",
                value=incident.public,
                hint="what may be said outside",
                rows=2,
            ),
            Field(name="reason", label="because", hint="why, when the priority changes"),
        ]
        super().__init__(incident.id, [*self._judged, *self._told], drafts=drafts)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return f"How bad is {self.state.id}", "any criterion makes it P1"

    def content(self) -> ComposeResult:
        """Yield the judgement at the left, the words at the right."""
        palette = palette_of(self.app)
        kept = {field.name: self.kept.get(field.name, field.value) for field in self._judged}
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield self.sheet(lambda width: [(), rule("Which criterion holds", width)])
                choices = [*CRITERION_WORDS, (_NONE, "none of these")]
                yield Several(palette, "criteria", kept["criteria"], choices)
                yield self.sheet(lambda width: [(), rule("Six factors, 0 to 3", width)])
                yield Weights(palette, "factors", kept["factors"], FACTOR_WORDS)
                yield self.sheet(self._meaning, id="meaning")
            with Vertical(id="right"):
                yield self.sheet(lambda width: [(), rule("Kind", width)])
                yield Choice(palette, "category", kept["category"], KIND_WORDS)
                yield self.sheet(lambda width: [(), rule("Priority", width)])
                pairs = [(p.value, p.value) for p in Priority]
                yield PriorityChoice(palette, "priority", kept["priority"], pairs)
                yield self.sheet(lambda width: [(), rule("Facts", width)])
                yield from self.rows(self._told)

    def on_resize(self, event: events.Resize) -> None:
        """Put the second column below the first where there is no room beside."""
        super().on_resize(event)
        self.set_class(event.size.width < 100, "-narrow")

    def on_chooser_changed(self) -> None:
        """Say what the weight means."""
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Follow the cursor in the factors with what the weights mean."""
        del event
        self.call_after_refresh(self.redraw)

    def result(self, values: Mapping[str, str]) -> tuple[Qualify | Answer, ...]:
        """Return one command for what is said, and one for each question left open."""
        names = [name for name in values["criteria"].split(",") if name]
        if _NONE in names and len(names) > 1:
            raise Unfit("“none of these” goes with no criterion")
        held = tuple(Criterion(name) for name in names if name != _NONE)
        weights = self.query_one("#field-factors", Weights).weights
        state = self.state
        priority = Priority(values["priority"])
        unsaid = held == state.criteria and not values["reason"].strip()
        if priority is not state.priority and unsaid:
            raise Unfit("another priority needs its reason: “because”")
        texts = {name: values[name].strip() for name in ("service", "client", "contact", "public")}
        title = values["title"].strip()
        facts = Qualified(
            priority=priority if priority is not state.priority else None,
            category=_changed(Category(values["category"]), state.category),
            criteria=_changed(held, state.criteria),
            factors={k: v for k, v in weights.items() if state.factors.get(k) != v} or None,
            title=_changed(title, state.title),
            reason=values["reason"].strip(),
            service=_changed(texts["service"], state.service),
            client=_changed(texts["client"], state.client),
            contact=_changed(texts["contact"], state.contact),
            public=_changed(texts["public"], state.public),
        )
        found: list[Qualify | Answer] = []
        if facts != Qualified(reason=facts.reason):
            found.append(Qualify(facts=facts))
        if names == [_NONE]:
            found.append(_answer("criteria", "none holds"))
        elif not names:
            found.append(_answer("criteria", ""))
        found += [_answer(f"factor.{f.value}", "") for f in Factor if f.value not in weights]
        return tuple(found)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        keys = [("^s", "keep it"), ("esc", "keep as a draft"), ("tab", "next")]
        keys += [("space", "chooses"), ("0 to 3", "weight")]
        words = line(
            Piece("What is left open stays a question; nobody has to know it now.", "mute")
        )
        return [line(Piece("─" * width, "line")), words, self.key_line(keys, width)]

    def _meaning(self, width: int) -> Sequence[Line]:
        found = self.query("#field-factors")
        if not found:
            return ()
        weights = found.first(Weights)
        factor = Factor(weights.names[weights.cursor][0])
        text, meanings = FACTORS[factor]
        told = ", ".join(f"{n} {words}" for n, words in enumerate(meanings))
        parts = wrap(f"{text} {told}", width)[:3]
        return [line(Piece(part, "mute")) for part in (*parts, *[""] * (3 - len(parts)))]


def _answer(question: str, text: str) -> Answer:
    return Answer(facts=Answered(question=question, text=text, known=bool(text)))


def _changed(new: T, old: T) -> T | None:
    return None if new == old else new
