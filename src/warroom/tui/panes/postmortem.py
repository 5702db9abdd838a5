"""The postmortem: a Markdown editor that saves itself and never loses what was typed."""

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer

from warroom.core.text import clean_text
from warroom.tui.markdown import preview, section
from warroom.tui.marks import Mark, marks
from warroom.tui.messages import Notice
from warroom.tui.panes.base import Hint
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.textsync import TextSync
from warroom.tui.theme import Palette
from warroom.tui.widgets.editor import MarkdownArea
from warroom.tui.widgets.pieces import Line, Piece, cut, fit, line, rule, wrap
from warroom.tui.widgets.sheet import Sheet

SAVE_AFTER = 0.8
"""Seconds from the first unsaved key stroke to the save: a crash may cost one second."""

LOOK_AFTER = 0.25
"""Seconds from a key stroke to the marks and the preview: in a long text they cost more than it."""

_MARKS_SHOWN = 4
_GIVE_UP = 5.0
"""Seconds after which a save that nobody answered is tried again."""


class PostmortemTab(Tab):
    """The text of the postmortem, its marks, and a preview of one section."""

    NAME: ClassVar[str] = "Postmortem"
    SHORT: ClassVar[str] = "Post"

    DEFAULT_CSS = """
    PostmortemTab #split { height: 1fr; }
    PostmortemTab #split.-narrow { layout: vertical; }
    PostmortemTab MarkdownArea { width: 3fr; }
    PostmortemTab #preview { display: none; padding: 0 1; width: 2fr; height: 1fr; }
    PostmortemTab #split.-preview #preview { display: block; }
    PostmortemTab #marks { max-height: 6; }
    PostmortemTab #conflict { max-height: 10; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save now", show=False, id="postmortem.save"),
        Binding("ctrl+g", "draft", "draft again", show=False, id="postmortem.draft"),
        Binding("f2", "preview", "preview", show=False, id="postmortem.preview"),
        Binding("f8", "next_mark", "next mark", show=False, id="postmortem.next_mark"),
        Binding("f9", "take", "take theirs", show=False, id="postmortem.take"),
        Binding("escape", "leave", "leave", show=False, id="postmortem.leave"),
    ]

    class Edited(Message):
        """The text is to be saved."""

        def __init__(self, incident: str, text: str, base: int) -> None:
            super().__init__()
            self.incident = incident
            self.text = text
            self.base = base

    class Told(Message):
        """How the text stands has changed."""

    class Left(Message):
        """The writer leaves the editor."""

    def __init__(self, palette: Palette, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(palette)
        self.editor = MarkdownArea(palette)
        self.sync = TextSync()
        self._clock = clock
        self._incident = ""
        self._draft = ""
        self._kept: dict[str, tuple[TextSync, str]] = {}
        self._timer: Timer | None = None
        self._looking: Timer | None = None
        self._saved_at: float | None = None
        self._sent_at = 0.0
        self._refusal = ""
        self._people: frozenset[str] = frozenset()
        self._marks: Sequence[Mark] = ()
        self._seen: tuple[object, ...] = ()
        self._preview = Sheet(palette, self._preview_lines, id="preview")
        self._mark_list = Sheet(palette, self._mark_lines, id="marks")
        self._conflict = Sheet(palette, self._conflict_lines, id="conflict")

    def compose(self) -> ComposeResult:
        """Lay out editor, preview, conflict and marks."""
        with Horizontal(id="split"):
            yield self.editor
            yield self._preview
        yield self._conflict
        yield self._mark_list

    # What comes from the room.

    def show(self, snapshot: Snapshot) -> None:
        """Take over what the room holds, unless it would overwrite what is being typed."""
        current = snapshot.current
        name = current.id if current else ""
        if name != self._incident:
            self._switch(name)
        if current is None:
            return
        seen = (current.postmortem_version, current.postmortem, snapshot.postmortem_draft)
        people = frozenset((current.declared_by, *current.roles.values(), snapshot.actor))
        if seen == self._seen and people == self._people:
            return
        self._seen, self._people, self._draft = seen, people, snapshot.postmortem_draft
        text = current.postmortem if current.postmortem_version else snapshot.postmortem_draft
        self.take(current.postmortem_version, text)

    def take(self, version: int, text: str) -> None:
        """Take note of a version of the text in the room."""
        base, waited = self.sync.base, self.sync.sent
        replacement = self.sync.arrived(version, text, self.editor.text)
        if self.sync.base != base and waited is not None and self.sync.sent is None:
            self._saved_at, self._refusal = self._clock(), ""
        if replacement is not None:
            first = not self.editor.text
            self.editor.become(str(clean_text(replacement)))
            if self.sync.saved == replacement:
                self.sync.saved = self.editor.text  # cleaning is not an edit
            if first:
                self.editor.move_cursor((0, 0))
        if self.sync.theirs is not None:
            words = (
                "Somebody else changed the same lines. Yours stays; ^s keeps it, F9 takes theirs."
            )
            self.post_message(Notice(words, "warn"))
        self._redraw()

    def refused(self, reason: str) -> None:
        """Take note that the room did not save: the text stays here and is tried again."""
        self.sync.refused()
        self._refusal = reason
        self._wait()
        self._redraw()

    # What is typed.

    def on_text_area_changed(self) -> None:
        """Save within a second of the first unsaved key stroke."""
        if self.editor.text != self.sync.saved:
            self._wait()
        self.post_message(self.Told())
        if self._looking is None:
            self._looking = self.set_timer(LOOK_AFTER, self._redraw)

    def flush(self) -> None:
        """Save now what is not saved."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.sync.sent is not None and self._clock() - self._sent_at > _GIVE_UP:
            self.sync.refused()
        wanted = self.sync.to_send(self.editor.text) if self._incident else None
        if wanted is not None:
            self._sent_at = self._clock()
            self.post_message(self.Edited(self._incident, *wanted))
        if self._incident and self.editor.text != self.sync.saved and self.sync.theirs is None:
            self._wait()  # until the room has answered, or what was typed since is saved too

    def _wait(self) -> None:
        if self._timer is None and self.is_mounted:
            self._timer = self.set_timer(SAVE_AFTER, self.flush)

    def _switch(self, name: str) -> None:
        if self._incident:
            self.flush()
            self._kept[self._incident] = (self.sync, self.editor.text)
        self._incident, self._seen, self._saved_at, self._refusal = name, (), None, ""
        self.sync, text = self._kept.pop(name, (TextSync(), ""))
        self.editor.load_text(text)
        self._redraw()

    # Keys.

    def action_save(self) -> None:
        """Save at once; in a conflict, keep ours."""
        self.sync.keep_mine()
        self.flush()
        self._redraw()

    def action_take(self) -> None:
        """In a conflict, take theirs; undo gives ours back."""
        theirs = self.sync.take_theirs()
        if theirs is not None:
            self.editor.become(str(clean_text(theirs)))
            self.sync.saved = self.editor.text
            self._redraw()

    def action_draft(self) -> None:
        """Write the draft again from the facts of now; undo gives the old text back."""
        if self._draft:
            self.editor.become(str(clean_text(self._draft)))

    def action_preview(self) -> None:
        """Show or hide the preview of the section under the caret."""
        self.query_one("#split").toggle_class("-preview")
        self._redraw()
        self.call_after_refresh(self.editor.scroll_cursor_visible)

    def action_next_mark(self) -> None:
        """Go to the next mark below the caret, from the last to the first."""
        self._marks = marks(self.editor.text, self._people)
        here = self.editor.cursor_location[0] + 1
        lines = sorted({mark.line for mark in self._marks})
        if lines:
            target = next((number for number in lines if number > here), lines[0])
            row = self.editor.document.get_line(target - 1)
            self.editor.move_cursor((target - 1, len(row)), center=True)

    def action_leave(self) -> None:
        """Leave the editor; nothing is lost."""
        self.flush()
        self.post_message(self.Left())

    # What is drawn.

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Return how the text is saved."""
        del snapshot
        if not self._incident:
            return ("", "mute")
        if self.sync.theirs is not None:
            return ("not saved: two versions", "warn")
        if self._refusal:
            return (f"not saved: {self._refusal}", "s5")
        if self.editor.text != self.sync.saved:
            return ("saving", "mute")
        if self.sync.base == 0:
            return ("draft, not saved", "pend")
        if self._saved_at is None:
            return (f"saved, version {self.sync.base}", "ok")
        seconds = int(self._clock() - self._saved_at)
        ago = f"{seconds} s" if seconds < 100 else f"{seconds // 60} min"
        return (f"saved {ago} ago", "ok")

    def hints(self) -> list[Hint]:
        """Return the keys of the editor."""
        if self.sync.theirs is not None:
            return [Hint("^s", "keep yours"), Hint("F9", "take theirs"), Hint("esc", "leave")]
        return [
            Hint("esc", "leave"),
            Hint("F2", "preview"),
            Hint("F8", "next mark"),
            Hint("^s", "save now"),
            Hint("^g", "draft again"),
            Hint("^z", "undo"),
        ]

    def on_resize(self, event: events.Resize) -> None:
        """Put the preview beside the text, or below it where there is no room beside."""
        self.query_one("#split").set_class(event.size.width < 100, "-narrow")
        self._mark_list.display = event.size.height >= 14

    def on_text_area_selection_changed(self) -> None:
        """Follow the caret with the preview and the next marks."""
        if self._looking is None and self.is_mounted:
            self._looking = self.set_timer(LOOK_AFTER, self._redraw)

    def _redraw(self) -> None:
        self._looking = None
        self._marks = marks(self.editor.text, self._people)
        if self.is_mounted:
            for sheet in (self._preview, self._mark_list, self._conflict):
                sheet.redraw()
            self.post_message(self.Told())

    def _preview_lines(self, width: int) -> list[Line]:
        split = self.query_one("#split")
        if not split.has_class("-preview"):
            return []
        words = section(self.editor.text, self.editor.cursor_location[0])
        return [rule("Preview", width), (), *preview(words, width)]

    def _mark_lines(self, width: int) -> list[Line]:
        if not self._marks:
            return []
        here = self.editor.cursor_location[0] + 1
        ahead = [mark for mark in self._marks if mark.line >= here]
        shown = (ahead or list(self._marks))[:_MARKS_SHOWN]
        fact = line(
            Piece(f"{len(self._marks)} · never block · ", "mute"), Piece("F8", "accent", True)
        )
        found = [rule("Marks", width, (*fact, Piece(" next", "mute")))]
        for mark in shown:
            hint = f" → {mark.hint}" if mark.hint else ""
            number = Piece(fit(str(mark.line), 4, right=True), mark.token, bold=True)
            head = line(Piece(f" {mark.glyph}", mark.token, bold=True), number, "  ")
            found.append((*head, Piece(mark.text), Piece(hint, "mute")))
        return found

    def _conflict_lines(self, width: int) -> list[Line]:
        theirs = self.sync.theirs
        if theirs is None:
            return []
        half = (width - 3) // 2
        base = self.sync.saved.split("\n")
        mine = _new_lines(base, self.editor.text.split("\n"), half)
        other = _new_lines(base, str(clean_text(theirs[1])).split("\n"), half)
        keys = line(
            Piece("^s", "accent", True),
            Piece(" keeps yours  ", "soft"),
            Piece("F9", "accent", True),
            Piece(" takes theirs", "soft"),
        )
        found = [rule("Both changed the same lines", width, keys)]
        found.append(
            line(Piece(fit("yours", half + 3), "accent", True), Piece("theirs", "p2", True))
        )
        for number in range(min(max(len(mine), len(other)), 7)):
            left = mine[number] if number < len(mine) else ""
            right = other[number] if number < len(other) else ""
            found.append(line(fit(left, half), Piece(" │ ", "line"), cut(right, half)))
        return found


def _new_lines(base: Sequence[str], text: Sequence[str], width: int) -> list[str]:
    """Return the lines of `text` that are not in `base`, wrapped."""
    known = set(base)
    return [part for words in text if words not in known for part in wrap(words, width)]
