"""Declare an incident: what is measured is filled in, the rest stays a visible question."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from warroom.core import spell
from warroom.core.clocks import DEFAULT_POLICIES
from warroom.core.commands import Declare
from warroom.core.decide import default_priority
from warroom.core.events import Declared
from warroom.core.related import related, sketch
from warroom.core.state import Incident
from warroom.core.words import Category, Criterion, Factor, Priority
from warroom.tui.screens.choosers import Choice, Chooser, Several, Weights
from warroom.tui.screens.dialog import Drafts, palette_of
from warroom.tui.screens.form import Field, FormScreen, Unfit
from warroom.tui.when import EXAMPLES, parse
from warroom.tui.widgets.pieces import Line, Piece, cut, fit, line, rule, wrap
from warroom.tui.widgets.sheet import Sheet

CRITERION_WORDS = [
    (Criterion.REVENUE.value, "revenue loss"),
    (Criterion.DATA_EXPOSURE.value, "data exposure"),
    (Criterion.CORE_FUNCTION.value, "broken core function"),
    (Criterion.SLA_BREACH.value, "SLA breach"),
]
FACTOR_WORDS = [
    (Factor.BUSINESS.value, "business impact"),
    (Factor.USERS.value, "users affected"),
    (Factor.DATA_LOSS.value, "data-loss risk"),
    (Factor.SECURITY.value, "security"),
    (Factor.NO_WORKAROUND.value, "no workaround"),
    (Factor.COMPLEXITY.value, "hard to recover"),
]
KIND_WORDS = [
    (Category.PRODUCTION.value, "production incident"),
    (Category.FUNCTIONAL.value, "functional bug"),
    (Category.DATA.value, "data"),
    (Category.INTEGRATION.value, "integration"),
    (Category.SECURITY.value, "security"),
    (Category.PERFORMANCE.value, "performance"),
    (Category.THIRD_PARTY.value, "third party"),
]
_TONES = {"P1": "p1", "P2": "p2", "P3": "p3"}


class PriorityChoice(Choice):
    """P1 to P3, in their own colours."""

    def lines(self, width: int) -> Sequence[Line]:
        """Return the three; the chosen one is a badge."""
        del width
        found: list[Piece] = [Piece("▌" if self.has_focus else " ", "accent")]
        for value, word in self.choices:
            here = value == self.value
            found.append(Piece(f" {word} ", _TONES[value] if here else "mute", here, here))
            found.append(Piece(" "))
        return [tuple(found)]


class DeclareScreen(FormScreen[Declare]):
    """The form of a new incident; only the title is needed."""

    KIND: ClassVar[str] = "declare"
    SEND: ClassVar[str] = "declare"
    DEFAULT_CSS = """
    DeclareScreen #dialog { width: 138; }
    DeclareScreen #columns { height: auto; }
    DeclareScreen #left { width: 3fr; height: auto; padding-right: 2; }
    DeclareScreen #right { width: 2fr; height: auto; }
    DeclareScreen.-narrow #columns { layout: vertical; }
    DeclareScreen.-narrow #left, DeclareScreen.-narrow #right { width: 1fr; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "priority('P1')", "P1", show=False, id="declare.p1"),
        Binding("2", "priority('P2')", "P2", show=False, id="declare.p2"),
        Binding("3", "priority('P3')", "P3", show=False, id="declare.p3"),
    ]

    def __init__(
        self,
        prefill: Declared,
        *,
        now: datetime | None = None,
        drafts: Drafts | None = None,
        others: Sequence[Incident] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.prefill = prefill
        self.others = others
        now = self._now = now or prefill.detected_at or datetime.now(UTC)
        self._chosen = False
        """Whether a person has set the priority; else the criteria do."""
        started = prefill.started_at
        stamp = f"{started:%Y-%m-%d %H:%M:%S}" if started else ""
        self._started = stamp[11:] if started and started.date() == now.date() else stamp[:16]
        self._left = [
            Field(
                name="title", label="title", value=prefill.title, hint="what fails", required=True
            ),
            Field(name="service", label="service", value=prefill.service, hint="which service"),
            Field(
                name="started",
                label="started",
                value=self._started,
                hint=f"since when · {EXAMPLES}",
            ),
            Field(
                name="summary",
                label="seen",
                value=prefill.summary or prefill.boundary,
                hint="what people or the log see",
                rows=2,
            ),
            Field(name="hits", label="who it hits", hint="orders? sign-up? one client? everyone?"),
            Field(name="client", label="client", value=prefill.client, hint="whose contract"),
            Field(name="reporter", label="reported by", value=prefill.reporter, hint="who noticed"),
            Field(name="contact", label="contact", value=prefill.contact, hint="where to answer"),
        ]
        criteria = ",".join(criterion.value for criterion in prefill.criteria)
        factors = ",".join(f"{name}={weight}" for name, weight in prefill.factors.items())
        self._right = [
            Field(name="priority", label="", value=prefill.priority.value),
            Field(name="criteria", label="", value=criteria),
            Field(name="factors", label="", value=factors),
            Field(name="category", label="", value=prefill.category.value),
        ]
        super().__init__("", [*self._left, *self._right], drafts=drafts, clock=clock)

    def head(self) -> tuple[str, str]:
        """Return the title and how much is answered."""
        answered = len(self._left)
        if self.is_mounted and self.query("#field-title"):
            values = self.values()
            answered = sum(1 for field in self._left if values[field.name].strip())
            return "Declare an incident", f"{answered} of {len(self._left)} answered"
        return "Declare an incident", ""

    def content(self) -> ComposeResult:
        """Yield what is known at the left, how bad it is at the right."""
        palette = palette_of(self.app)
        kept = {field.name: self.kept.get(field.name, field.value) for field in self._right}
        yield self.sheet(self._source)
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield from self.rows(self._left)
                yield self.sheet(self._like, id="like")
                yield self.sheet(self._evidence_lines)
            with Vertical(id="right"):
                yield self.sheet(self._rule("How bad", "any one makes it P1"))
                pairs = [(p.value, p.value) for p in Priority]
                yield PriorityChoice(palette, "priority", kept["priority"], pairs)
                yield self.sheet(lambda _: ((),))
                yield Several(palette, "criteria", kept["criteria"], CRITERION_WORDS)
                yield self.sheet(self._rule("Six factors", "0 to 3", gap=True))
                yield Weights(palette, "factors", kept["factors"], FACTOR_WORDS)
                yield self.sheet(self._rule("Kind", "", gap=True))
                yield Choice(palette, "category", kept["category"], KIND_WORDS)
                yield self.sheet(self._clocks, id="clocks")

    def on_mount(self) -> None:
        """Start at the end of the title."""
        super().on_mount()
        self.call_after_refresh(self._answered)

    def on_resize(self, event: events.Resize) -> None:
        """Put the second column below the first where there is no room beside."""
        super().on_resize(event)
        self.set_class(event.size.width < 110, "-narrow")

    def on_input_changed(self) -> None:
        """Count the answers, and look whether somebody has declared it already."""
        self._answered()
        self.query_one("#like", Sheet).redraw()

    def on_text_area_changed(self) -> None:
        """Count the answers."""
        self._answered()

    def on_chooser_changed(self, event: Chooser.Changed) -> None:
        """Let a criterion make it a P1, unless a person has set the priority."""
        if event.chooser.id == "field-priority":
            self._chosen = True
        elif event.chooser.id == "field-criteria" and not self._chosen:
            wanted = default_priority(self._criteria(event.chooser.value))
            choice = self.query_one("#field-priority", PriorityChoice)
            choice.value = wanted.value
            choice.redraw()
        self.query_one("#clocks", Sheet).redraw()

    def action_priority(self, value: str) -> None:
        """Set the priority; only reached while no text is typed."""
        self.query_one("#field-priority", PriorityChoice).change(value)

    def result(self, values: Mapping[str, str]) -> Declare:
        """Return the command."""
        try:
            typed = values["started"].strip()
            unchanged = typed == self._started
            started = self.prefill.started_at if unchanged else parse(typed, self._now, past=True)
        except ValueError as error:
            raise Unfit(str(error)) from None
        if started is not None and started > self._now + timedelta(minutes=1):
            raise Unfit("it cannot have started in the future")
        hits = values["hits"].strip()
        summary = values["summary"].strip()
        if hits:
            summary = f"{summary}\nWho it hits: {hits}".strip()
        weights = self.query_one("#field-factors", Weights).weights
        facts = replace(
            self.prefill,
            title=values["title"].strip(),
            service=values["service"].strip(),
            summary=summary,
            started_at=started,
            client=values["client"].strip(),
            reporter=values["reporter"].strip(),
            contact=values["contact"].strip(),
            priority=Priority(values["priority"]),
            category=Category(values["category"]),
            criteria=self._criteria(values["criteria"]),
            factors=weights,
        )
        return Declare(facts=facts)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys, and what is needed."""
        words = line(
            Piece("Only the title is required. What is unanswered stays a ", "mute"),
            Piece("?", "pend", bold=True),
            Piece("   draft from before" if self.kept else "", "pend"),
        )
        keys = [("^s", "declare"), ("esc", "keep as a draft"), ("tab", "next")]
        keys += [("space", "chooses"), ("1 2 3", "priority (outside text)")]
        return [line(Piece("─" * width, "line")), words, self.key_line(keys, width)]

    @staticmethod
    def _criteria(value: str) -> tuple[Criterion, ...]:
        return tuple(Criterion(name) for name in value.split(",") if name)

    def _answered(self) -> None:
        self.query_one("#top", Sheet).redraw()

    def _source(self, width: int) -> Sequence[Line]:
        source = self.prefill.source
        if self.prefill.onset is None:
            return [
                (),
                line(Piece(f"reported through the {source}; nothing is measured", "mute")),
                (),
            ]
        parts = wrap(f"{self.prefill.onset.sentence} · measured", width - 2)
        marks = ["▲ ", *("  " for _ in parts[1:])]
        told = [
            line(Piece(mark, "s5"), Piece(part, bold=True))
            for mark, part in zip(marks, parts, strict=True)
        ]
        return [*(() if self.has_class("-low") else ((),)), *told, ()]

    def _like(self, width: int) -> Sequence[Line]:
        """Return the open incidents that this may be: declaring twice is no harm, but known."""
        if not self.others or not self.query("#field-title"):
            return ()
        values = self.values()
        draft = sketch(
            replace(
                self.prefill,
                title=values["title"],
                service=values["service"].strip(),
                client=values["client"].strip(),
            ),
            self._now,
        )
        found = related(draft, self.others)[:2]
        lines: list[Line] = [rule("Open and like it", width)] if found else []
        for one in found:
            what = "perhaps the same: " if one.duplicate else "like it: "
            head = f"{one.incident.id} {one.incident.title}"
            lines.append(
                line(Piece("▪ ", "warn" if one.duplicate else "mute"), Piece(cut(head, width - 2)))
            )
            why = wrap(what + "; ".join(one.reasons), width - 2)
            lines += [line("  ", Piece(part, "mute")) for part in why]
        return lines

    def _evidence_lines(self, width: int) -> Sequence[Line]:
        evidence = self.prefill.evidence
        if not evidence:
            return []
        fact = line(Piece(f"{len(evidence)} kept with it", "mute"))
        shown = [
            line(Piece("▌ ", "s5"), Piece(cut(excerpt.text, width - 2), "soft"))
            for excerpt in evidence[:4]
        ]
        return [rule("Lines from the log", width, fact), *shown]

    def _rule(self, name: str, fact: str, *, gap: bool = False) -> Callable[[int], Sequence[Line]]:
        def build(width: int) -> Sequence[Line]:
            head = rule(name, width, line(Piece(fact, "mute")) if fact else ())
            return [(), head] if gap else [head]

        return build

    def _clocks(self, width: int) -> Sequence[Line]:
        found = self.query("#field-priority")
        value = found.first(PriorityChoice).value if found else self.prefill.priority.value
        policy = DEFAULT_POLICIES[Priority(value)]
        rows = (
            ("respond", policy.respond),
            ("diagnosis shared", policy.diagnose),
            ("hotfix deployable", policy.fix),
            ("report", policy.report),
            ("next update", policy.update),
        )
        lines: list[Line] = [
            (),
            rule("Clocks that start", width, line(Piece(f"policy {value}", "mute"))),
        ]
        for name, span in rows:
            due = spell.clock_time(self._now + span, self._now)
            due = due[:5] if len(due) == 8 else due
            took = fit(spell.duration(span), 9, right=True)
            lines.append(
                line(Piece(f" {fit(name, 18)}", "soft"), took, Piece(f"   by {due}", "mute"))
            )
        return lines
