"""Dialogs around a step: what it must know, whether its runbook is trusted, what comes next."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from warroom.core.text import clean_line, clean_text
from warroom.room.containment import Ask, Checklist, Doubt, Task, TaskState
from warroom.tui.screens.dialog import Dialog, palette_of
from warroom.tui.screens.form import Field, FormScreen
from warroom.tui.widgets.pieces import Line, Piece, cells_of, cut, fit, line, spread, wrap
from warroom.tui.widgets.rowlist import Row, RowList

_LABEL = 15
"""Cells before what is typed into a field."""


class AsksScreen(FormScreen[dict[str, str]]):
    """The parameters of a runbook as a form; it runs nothing, the preview comes after it."""

    KIND: ClassVar[str] = "parameters"
    SEND: ClassVar[str] = "show what would run"
    DEFAULT_CSS = """
    AsksScreen .field { margin-bottom: 0; }
    AsksScreen .question { margin-bottom: 1; }
    AsksScreen.-low .question { margin-bottom: 0; }
    """

    def __init__(self, title: str, incident: str, asks: Sequence[Ask], wrong: str = "") -> None:
        self._title, self._asks = title, asks
        fields = [
            Field(
                name=ask.name,
                label=ask.name,
                value=ask.value,
                hint="" if ask.value else ask.hint,
                choices=[(choice, choice) for choice in ask.choices],
                required=not ask.optional,
            )
            for ask in asks
        ]
        super().__init__(incident, fields)
        self.complaint = wrong

    def head(self) -> tuple[str, str]:
        """Return the runbook."""
        return self._title, "parameters"

    def content(self) -> ComposeResult:
        """Yield each field with its question right below it."""
        yield self.sheet(lambda _: [()])
        for field, ask in zip(self.fields, self._asks, strict=True):
            yield from self.rows([field])
            question = self.sheet(partial(_question, ask))
            question.add_class("question")
            yield question

    def begins_with(self) -> str:
        """Return the field that the room has refused, or the first that needs an answer."""
        said = f" {self.complaint}"
        refused = [ask.name for ask in self._asks if f" {ask.name}: " in said]
        empty = [ask.name for ask in self._asks if not ask.value and not ask.optional]
        return (refused or empty or [self.fields[0].name])[0]

    def result(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the answers; the room says whether they fit."""
        return {name: value.strip() for name, value in values.items()}

    def action_leave(self) -> None:
        """Leave without a draft: a value that was not sent must not reach a later step."""
        self.dismiss(None)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        keys = [("^s", self.SEND), ("tab", "next"), ("esc", "leave, nothing ran")]
        if any(field.choices for field in self.fields):
            keys.append(("← →", "choose"))
        return [line(Piece("─" * width, "line")), self.key_line(keys, width)]


def _question(ask: Ask, width: int) -> Sequence[Line]:
    """Return what a field is asked for, what it takes, and whether it may stay empty."""
    takes = [ask.hint] if ask.hint else []
    words = "; ".join([*takes, "may stay empty"] if ask.optional else takes)
    said = f"{ask.ask}: {words}" if words else ask.ask
    return [line(" " * _LABEL, Piece(part, "mute")) for part in wrap(said, width - _LABEL - 1)]


class TrustScreen(Dialog[bool]):
    """Shows a runbook that is new or changed on this machine; capital T accepts what was read."""

    PRODUCTION = True
    DEFAULT_CSS = "TrustScreen #dialog { width: 108; }"

    def __init__(self, doubt: Doubt) -> None:
        super().__init__()
        self.doubt = doubt

    def head(self) -> tuple[str, str]:
        """Return the runbook and why it is shown."""
        return self.doubt.title, "changed" if self.doubt.changed else "new on this machine"

    def content(self) -> ComposeResult:
        """Yield the text, or the difference to the text that was accepted."""
        yield self.sheet(self._lines)

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the key that accepts, once the end has been seen."""
        return {"T": self._accept} if self.scrolled_through() else {}

    def on_key(self, event: events.Key) -> None:
        """Read the deliberate key, scrolling and escape."""
        if self.keep(event):
            return
        if event.key == "escape":
            self.dismiss(None)
        else:
            self.scroll_body(event.key)
        self.call_after_refresh(self.redraw)

    def _accept(self) -> None:
        self.dismiss(True)

    def _lines(self, width: int) -> Sequence[Line]:
        found: list[Line] = [(), line(Piece(clean_line(self.doubt.path), "mute")), ()]
        for part in clean_text(self.doubt.text).rstrip("\n").split("\n"):
            tone = "soft"
            if self.doubt.changed:
                tone = {"+": "ok", "-": "s5", "@": "accent"}.get(part[:1], "mute")
            found += [line(Piece(row, tone)) for row in wrap(part, width) or [""]]
        return [*found, ()]

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the key, or that there is more to read."""
        top = line(Piece("─" * width, "line"))
        leave = [("esc", "leave, nothing is trusted")]
        if not self.scrolled_through():
            more = line(Piece("Read on: ", "warn"), Piece("space ↓", "accent", True))
            return [top, (*more, Piece("  No key counts before the end.", "warn")),
                    self.key_line(leave, width)]  # fmt: skip
        badge = line(Piece(" T ", "warn", bold=True, fill=True), Piece(" trust it   ", bold=True))
        words = "It is a program that runs with your rights. Asked once, until it changes."
        return [top, (*badge, *self.key_line(leave, width - 14)), line(Piece(words, "mute"))]


_MARKS = {
    TaskState.OPEN: ("·", "mute"),
    TaskState.DONE: ("✓", "ok"),
    TaskState.RUNNING: ("▸", "accent"),
    TaskState.UNKNOWN: ("?", "warn"),
    TaskState.FAILED: ("✗", "s5"),
    TaskState.UNDONE: ("×", "mute"),
}


_WIDE = 100
"""Cells of a checklist at most, as its style has it."""
_EDGES = 9
"""Cells of it that no task has: border, padding, gutter, scrollbar."""


class ChecklistScreen(Dialog[int]):
    """A runbook as a list: enter opens a step that runs, or ticks one that a person did."""

    DEFAULT_CSS = """
    ChecklistScreen #dialog { width: 100; }
    ChecklistScreen #tasks { height: auto; background: $wr-bg3; }
    """

    def __init__(self, checklist: Checklist) -> None:
        super().__init__()
        self.checklist = checklist

    def head(self) -> tuple[str, str]:
        """Return the runbook and how far it is."""
        tasks = self.checklist.tasks
        done = sum(task.state is TaskState.DONE for task in tasks)
        return self.checklist.title, f"{done} of {len(tasks)} done"

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield self.sheet(lambda _: [()])
        self._list = RowList(palette_of(self.app), ground="bg3")
        self._list.id = "tasks"
        yield self._list

    def on_mount(self) -> None:
        """Put the cursor on the next task."""
        super().on_mount()
        self._list.fill(self._rows)
        self._list.focus()
        upcoming = self.checklist.next
        if upcoming is not None:
            self.call_after_refresh(lambda: self._list.put_cursor(str(upcoming.number)))

    def on_resize(self, event: events.Resize) -> None:
        """Let the list be as high as what is in it, while there is room for that."""
        super().on_resize(event)
        width = min(event.size.width, _WIDE) - _EDGES
        self._list.styles.height = sum(len(row.lines) for row in self._rows(width))
        self._list.styles.max_height = max(3, event.size.height - self.KEYS_RESERVE - 2)

    def on_key(self, event: events.Key) -> None:
        """Leave with escape."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Open or tick the task under the cursor."""
        event.stop()
        if self.guard.ready():
            self.dismiss(int(event.key))

    def _rows(self, width: int) -> list[Row]:
        return [Row(str(task.number), self._lines(task, width)) for task in self.checklist.tasks]

    def _lines(self, task: Task, width: int) -> tuple[Line, ...]:
        mark, tone = _MARKS[task.state]
        done = task.state is TaskState.DONE
        when = f"{cut(clean_line(task.by), 16)} {task.at:%H:%M:%S}" if task.at is not None else ""
        kind = "reads" if task.reads else "runs" if task.runs else "by hand"
        right = line(Piece(f"  {when or kind}", "mute"))
        words = wrap(task.text, width - 5 - cells_of(right)) or [""]
        head = line(
            Piece(f"{mark} ", tone),
            Piece(fit(f"{task.number}", 3), "mute"),
            Piece(words[0], "soft" if done else "text", bold=not done and task.runs),
        )
        more = [line("     ", Piece(part, "soft")) for part in words[1:]]
        if task.question and not done:
            more += [line("     ", Piece(part, "warn")) for part in wrap(task.question, width - 10)]
        return (spread(head, right, width), *more)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        keys = [("enter", "open the step, or tick it"), ("esc", "leave")]
        words = "Kept with the incident: it goes on here, at any console. Opening runs nothing."
        return [
            line(Piece("─" * width, "line")),
            self.key_line(keys, width),
            *(line(Piece(part, "mute")) for part in wrap(words, width)),
        ]
