"""A form: labelled fields in a dialog, sent with one key; what was typed survives leaving it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from warroom.core.text import clean_line, clean_text
from warroom.tui.screens.dialog import Dialog, Drafts, palette_of
from warroom.tui.widgets.editor import WritingArea
from warroom.tui.widgets.pieces import Line, Piece, fit, line, wrap
from warroom.tui.widgets.sheet import Sheet

T = TypeVar("T")


class Unfit(Exception):  # noqa: N818 - not an error of the program, a remark on a form
    """A form cannot be sent as it is; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    """What is meant, shown while it is empty: an unanswered field stays an open question."""
    rows: int = 1
    """More than one: a text of several lines."""
    choices: Sequence[tuple[str, str]] = ()
    """Value and word of each choice; empty: free text."""
    required: bool = False


class Choice(Sheet, can_focus=True):
    """One of a few words, chosen with the arrow keys or by its first letters."""

    DEFAULT_CSS = "Choice { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "previous", show=False, id="choice.previous"),
        Binding("right,space", "step(1)", "next", show=False, id="choice.next"),
    ]

    def __init__(self, dialog: Dialog[object], field: Field) -> None:
        super().__init__(palette_of(dialog.app), self._line, on="bg3", id=f"field-{field.name}")
        self.field = field
        values = [value for value, _ in field.choices]
        self.value = field.value if field.value in values else values[0]

    def on_focus(self) -> None:
        """Draw it as focused."""
        self.redraw()

    def on_blur(self) -> None:
        """Draw it as at rest."""
        self.redraw()

    def action_step(self, by: int) -> None:
        """Choose the next one."""
        values = [value for value, _ in self.field.choices]
        self.value = values[(values.index(self.value) + by) % len(values)]
        self.redraw()
        self.screen.query_one("#keys", Sheet).redraw()

    def on_key(self, event: events.Key) -> None:
        """Choose by the first letter of a word."""
        for value, word in self.field.choices:
            if event.character and word.lower().startswith(event.character.lower()):
                self.value = value
                event.stop()
                self.redraw()
                return

    def _line(self, width: int) -> Sequence[Line]:
        del width
        found: list[Piece] = []
        for value, word in self.field.choices:
            here = value == self.value
            fill = here and self.has_focus
            tone = "accent" if here else "mute"
            text = f" {word} " if fill or not here else f"[{word}]"
            found += [Piece(text, tone, bold=here, fill=fill), Piece(" ")]
        return [tuple(found)]


class FieldInput(Input):
    """A field of one line."""

    DEFAULT_CSS = """
    FieldInput { border: none; height: 1; padding: 0 1; background: $wr-bg1; color: $wr-text; }
    FieldInput:focus { border: none; background: $wr-bg2; background-tint: $wr-bg2 0%; }
    FieldInput > .input--placeholder { color: $wr-pend; }
    """


class FormScreen(Dialog[T]):
    """Fields, `^s` sends, `esc` leaves and keeps what was typed as a draft."""

    DEFAULT_CSS = """
    FormScreen .field { height: auto; margin-bottom: 1; }
    FormScreen.-low .field { margin-bottom: 0; }
    FormScreen .field Sheet.label { width: 14; }
    FormScreen .field WritingArea { background: $wr-bg1; }
    FormScreen #complaint { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", show=False, priority=True, id="form.send"),
        Binding("escape", "leave", "leave", show=False, priority=True, id="form.leave"),
    ]
    KIND: ClassVar[str] = "form"
    SEND: ClassVar[str] = "send"
    """The verb of `^s`."""

    def __init__(
        self,
        incident: str,
        fields: Sequence[Field],
        *,
        drafts: Drafts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self.incident = incident
        self.fields = fields
        self.drafts = drafts or Drafts()
        self.kept: Mapping[str, str] = self.drafts.get(self.kind, incident)
        self.complaint = ""

    @property
    def kind(self) -> str:
        """Under which name its drafts are kept."""
        return self.KIND

    def result(self, values: Mapping[str, str]) -> T:
        """Return what the form stands for.

        Raises:
            Unfit: It cannot be sent as it is; the message says why.
        """
        raise NotImplementedError

    def content(self) -> ComposeResult:
        """Yield a label and a field each."""
        yield from self.before()
        palette = palette_of(self.app)
        for field in self.fields:
            value = self.kept.get(field.name, field.value)
            with Horizontal(classes="field"):
                yield Sheet(palette, self._label(field), on="bg3", classes="label")
                if field.choices:
                    choice = Choice(self, field)  # type: ignore[arg-type]  # of whichever result
                    if any(value == known for known, _ in field.choices):
                        choice.value = value
                    yield choice
                elif field.rows > 1:
                    area = WritingArea(palette, str(clean_text(value)), id=f"field-{field.name}")
                    area.styles.height = field.rows
                    area.placeholder = clean_line(f"? {field.hint}") if field.hint else ""
                    yield area
                else:
                    place = clean_line(f"? {field.hint}") if field.hint else ""
                    yield FieldInput(
                        clean_line(value),
                        placeholder=place,
                        select_on_focus=False,
                        id=f"field-{field.name}",
                    )
        yield from self.after()
        yield self.sheet(self._complaint, id="complaint")

    def before(self) -> ComposeResult:
        """Yield what stands above the fields."""
        return ()

    def after(self) -> ComposeResult:
        """Yield what stands below the fields."""
        return ()

    def on_mount(self) -> None:
        """Start in the first field, at its end."""
        super().on_mount()
        if self.fields:
            self.query_one(f"#field-{self.fields[0].name}").focus()

    def on_resize(self, event: events.Resize) -> None:
        """Give up the empty rows where there is little room."""
        super().on_resize(event)
        self.set_class(event.size.height < 30, "-low")

    def values(self) -> dict[str, str]:
        """Return what is in the fields."""
        found = {}
        for field in self.fields:
            widget = self.query_one(f"#field-{field.name}")
            if isinstance(widget, WritingArea):
                found[field.name] = widget.text
            elif isinstance(widget, (Input, Choice)):
                found[field.name] = widget.value
        return found

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        draft = "keep as a draft"
        keys = [("^s", self.SEND), ("tab", "next"), ("esc", draft)]
        note = line(Piece("draft from before", "pend")) if self.kept else ()
        return [
            line(Piece("─" * width, "line")),
            (*self.key_line(keys, width - 22), Piece("   "), *note),
        ]

    def action_send(self) -> None:
        """Return what was filled in, if it can be sent."""
        if not self.guard.ready():
            return
        values = self.values()
        for field in self.fields:
            if field.required and not values[field.name].strip():
                self.complain(f"{field.label} is needed")
                self.query_one(f"#field-{field.name}").focus()
                return
        try:
            found = self.result(values)
        except Unfit as error:
            self.complain(str(error))
            return
        self.drafts.drop(self.kind, self.incident)
        self.dismiss(found)

    def action_leave(self) -> None:
        """Leave; what was changed stays as a draft."""
        values = self.values()
        if values != {field.name: field.value for field in self.fields}:
            self.drafts.keep(self.kind, self.incident, values)
        self.dismiss(None)

    def complain(self, words: str) -> None:
        """Say why it was not sent."""
        self.complaint = words
        self.query_one("#complaint", Sheet).redraw()

    def _complaint(self, width: int) -> Sequence[Line]:
        if not self.complaint:
            return ()
        return [line(Piece(part, "warn", bold=True)) for part in wrap(self.complaint, width)]

    def _label(self, field: Field) -> Callable[[int], Sequence[Line]]:
        def build(width: int) -> Sequence[Line]:
            return [line(Piece(fit(field.label, width), "soft"))]

        return build
