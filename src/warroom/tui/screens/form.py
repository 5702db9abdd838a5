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
from warroom.tui.screens.choosers import Choice, Chooser
from warroom.tui.screens.dialog import Dialog, Drafts, palette_of
from warroom.tui.widgets.editor import WritingArea
from warroom.tui.widgets.pieces import Line, Piece, fit, line, wrap
from warroom.tui.widgets.sheet import Sheet
from warroom.tui.widgets.words import WordsInput

T = TypeVar("T")


_REMARK = 2
"""Rows that are left for why a form was not sent."""


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


class FieldInput(WordsInput):
    """A field of one line."""

    DEFAULT_CSS = """
    FieldInput {
        border: none; border-left: vkey $wr-line; width: 1fr; height: 1; padding: 0 1;
        background: $wr-bg1; color: $wr-text;
    }
    FieldInput:focus {
        border: none; border-left: outer $wr-accent; background: $wr-bg2;
        background-tint: $wr-bg2 0%;
    }
    FieldInput > .input--placeholder { color: $wr-pend; }
    """


class FormScreen(Dialog[T]):
    """Fields, `^s` sends, `esc` leaves and keeps what was typed as a draft."""

    DEFAULT_CSS = """
    FormScreen .field { height: auto; margin-bottom: 1; }
    FormScreen.-low .field { margin-bottom: 0; }
    FormScreen .field Sheet.label { width: 14; }
    FormScreen .field WritingArea { background: $wr-bg1; }
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
        yield from self.rows(self.fields)
        yield from self.after()

    def rows(self, fields: Sequence[Field]) -> ComposeResult:
        """Yield a label and a field each."""
        palette = palette_of(self.app)
        for field in fields:
            value = self.kept.get(field.name, field.value)
            with Horizontal(classes="field"):
                yield Sheet(palette, self._label(field), on="bg3", classes="label")
                if field.choices:
                    yield Choice(palette, field.name, value, field.choices)
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

    def begins_with(self) -> str:
        """Return the name of the field that is filled in first."""
        return self.fields[0].name

    def before(self) -> ComposeResult:
        """Yield what stands above the fields."""
        return ()

    def after(self) -> ComposeResult:
        """Yield what stands below the fields."""
        return ()

    def on_mount(self) -> None:
        """Start in the field that it begins with, at its end."""
        super().on_mount()
        if self.fields:
            first = self.query_one(f"#field-{self.begins_with()}")
            # Not scrolled to before the rows have their places: what stands above it is seen too.
            first.focus(scroll_visible=False)
            self.call_after_refresh(first.scroll_visible, animate=False)
            if isinstance(first, WritingArea):
                first.move_cursor(first.document.end)

    def on_resize(self, event: events.Resize) -> None:
        """Give up the empty rows where there is little room."""
        self.leave_room(event.size.height, _REMARK if self.complaint else 0)
        self.set_class(event.size.height < 30, "-low")

    def values(self) -> dict[str, str]:
        """Return what is in the fields."""
        found = {}
        for field in self.fields:
            widget = self.query_one(f"#field-{field.name}")
            if isinstance(widget, WritingArea):
                found[field.name] = widget.text
            elif isinstance(widget, Input | Chooser):
                found[field.name] = widget.value
        return found

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        draft = "keep as a draft"
        keys = [("^s", self.SEND), ("esc", draft), ("tab", "next")]
        if any(field.choices for field in self.fields):
            keys.append(("← →", "choose"))
        above = line(Piece("─" * width, "line"))
        if not self.kept:
            return [above, self.key_line(keys, width)]
        note = Piece("   draft from before", "pend")
        return [above, (*self.key_line(keys, width - 20), note)]

    def action_send(self) -> None:
        """Return what was filled in, if it can be sent."""
        if not self.guard.ready():
            self.complain("That was too quick to have been read: nothing was sent.")
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
        given = {field.name: field.value for field in self.fields}
        changed = {name: text for name, text in self.values().items() if text != given[name]}
        if changed:  # the rest is filled in anew, with what is known by then
            self.drafts.keep(self.kind, self.incident, changed)
        else:
            self.drafts.drop(self.kind, self.incident)
        self.dismiss(None)

    def on_descendant_focus(self) -> None:
        """Light the label of the field that has the focus."""
        for label in self.query(".label").results(Sheet):
            label.redraw()

    def on_input_submitted(self) -> None:
        """Go to the next field: enter sends nothing."""
        self.focus_next()

    def complain(self, words: str) -> None:
        """Say why it was not sent."""
        self.complaint = words
        self.leave_room(self.size.height, _REMARK)
        self.redraw()
        if self.focused is not None:  # what is to be changed may have been scrolled out of sight
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def foot(self, width: int) -> Sequence[Line]:
        """Return the keys, and above them why it was not sent."""
        above, *keys = self.key_lines(width)
        told = wrap(self.complaint, width)[:_REMARK] if self.complaint else ()
        return [above, *(line(Piece(part, "warn", bold=True)) for part in told), *keys]

    def _label(self, field: Field) -> Callable[[int], Sequence[Line]]:
        def build(width: int) -> Sequence[Line]:
            focused = self.focused is not None and self.focused.id == f"field-{field.name}"
            token = "accent" if focused else "soft"
            return [line(Piece(fit(field.label, width), token, bold=focused))]

        return build
