"""The postmortem: what helps to write it, round the editor that saves itself."""

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer

from warroom.core.text import clean_text
from warroom.core.timeline import TimelineEntry
from warroom.tui.external import ExternalError, edit
from warroom.tui.facts import facts
from warroom.tui.findings import Mark, look, people_of
from warroom.tui.messages import ActionRequested, Notice
from warroom.tui.panes.base import Hint
from warroom.tui.panes.postmortem_parts import (
    PICKING,
    READING,
    TWO_VERSIONS,
    WRITING,
    conflict_lines,
    mark_lines,
    preview_lines,
)
from warroom.tui.panes.writing import WritingTab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.factlist import FactList
from warroom.tui.widgets.finder import Finder
from warroom.tui.widgets.pieces import Line
from warroom.tui.widgets.sheet import Sheet

LOOK_AFTER = 0.25
"""Seconds from a key stroke to the marks and the preview: in a long text they cost more than it."""

_BESIDE = 120
"""Cells from which the preview stands beside the text without being asked for."""
_FACTS_TOO = 26
"""Rows from which the facts stand above the preview without being asked for."""


class PostmortemTab(WritingTab):
    """The text of the postmortem, its marks, and a preview of one section."""

    NAME: ClassVar[str] = "Postmortem"
    SHORT: ClassVar[str] = "Post"

    DEFAULT_CSS = """
    PostmortemTab #split { height: 1fr; }
    PostmortemTab #split.-narrow { layout: vertical; }
    PostmortemTab #writing { width: 3fr; height: 1fr; }
    PostmortemTab #side { display: none; padding: 0 1; width: 2fr; height: 1fr; }
    PostmortemTab #split.-narrow #writing, PostmortemTab #split.-narrow #side { width: 1fr; }
    PostmortemTab #split.-side #side { display: block; }
    PostmortemTab #facts { display: none; height: 1fr; max-height: 50%; }
    PostmortemTab #split.-facts #facts { display: block; }
    PostmortemTab #split.-picking #facts { max-height: 100%; }
    PostmortemTab #split.-picking #preview { display: none; }
    PostmortemTab #preview { height: 1fr; }
    PostmortemTab #marks { max-height: 6; }
    PostmortemTab #conflict { max-height: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+g", "draft", "draft again", show=False, id="postmortem.draft"),
        Binding("f2", "preview", "preview", show=False, id="postmortem.preview"),
        Binding("f3", "external", "$EDITOR", show=False, id="postmortem.external"),
        Binding("f4", "facts", "facts", show=False, id="postmortem.facts"),
        Binding("ctrl+f", "find", "find", show=False, id="postmortem.find"),
        Binding("ctrl+l", "versions", "versions", show=False, id="postmortem.versions"),
        Binding("ctrl+t", "template", "template", show=False, id="postmortem.template"),
        Binding("f8", "next_mark(1)", "next mark", show=False, id="postmortem.next_mark"),
        Binding(
            "shift+f8,f20",
            "next_mark(-1)",
            "previous mark",
            show=False,
            id="postmortem.previous_mark",
        ),
    ]

    class Looked(Message):
        """The lint has looked at a text."""

        def __init__(self, text: str, marks: Sequence[Mark]) -> None:
            super().__init__()
            self.text = text
            self.marks = marks

    def __init__(self, palette: Palette, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(palette, clock)
        self._draft = ""
        self._looking: Timer | None = None
        self._cost = 0.0
        """Seconds that the lint took last: it takes a tenth of the time and no more."""
        self._snapshot: Snapshot | None = None
        self._marks: Sequence[Mark] = ()
        self._seen: tuple[object, ...] = ()
        self._beside: bool | None = None
        """Whether somebody asked for the preview or sent it away; None: as there is room."""
        self._finder = Finder(palette)
        self._facts = FactList(palette)
        self._preview = Sheet(palette, self._preview_lines, id="preview")
        self._mark_list = Sheet(palette, self._mark_lines, id="marks")
        self._conflict = Sheet(palette, self._conflict_lines, id="conflict")

    def compose(self) -> ComposeResult:
        """Lay out the editor with search, conflict and marks; facts and preview beside it."""
        with Horizontal(id="split"):
            with Vertical(id="writing"):
                yield self.editor
                yield self._finder
                yield self._conflict
                yield self._mark_list
            with Vertical(id="side"):
                yield self._facts
                yield self._preview

    # What comes from the room.

    def show(self, snapshot: Snapshot) -> None:
        """Take over what the room holds, unless it would overwrite what is being typed."""
        current = snapshot.current
        name = current.id if current else ""
        self._snapshot = snapshot
        self.read_only(reading=snapshot.contact.reading)
        if name != self._incident:
            self.switch(name)
            self._seen = ()
        if current is None:
            return
        seen = (current.id, current.version, snapshot.postmortem_draft, snapshot.impact)
        if seen == self._seen:
            return
        self._seen, self._draft = seen, snapshot.postmortem_draft
        self._facts.show(facts(snapshot))
        text = current.postmortem if current.postmortem_version else snapshot.postmortem_draft
        self.take(current.postmortem_version, text)

    # What is typed.

    # Keys.

    def action_draft(self) -> None:
        """Write the draft again from the facts of now; undo gives the old text back."""
        if self._draft:
            self.editor.become(str(clean_text(self._draft)))

    def action_preview(self) -> None:
        """Show or hide the preview of the section under the caret."""
        self._beside = not self.query_one("#split").has_class("-side")
        self._arrange()
        self.redraw()
        self.call_after_refresh(self.editor.scroll_cursor_visible)

    def action_facts(self) -> None:
        """Choose a fact to insert at the caret."""
        self.query_one("#split").add_class("-side", "-facts", "-picking")
        self._facts.focus()
        self.post_message(self.Told())

    @on(FactList.Taken)
    def _insert(self, event: FactList.Taken) -> None:
        event.stop()
        if not self._reading:
            self.editor.insert_fact(event.fact.text, block=event.fact.block)
        self._back_to_text()

    @on(FactList.Left)
    @on(Finder.Left)
    def _back_to_text(self) -> None:
        self._finder.display = False
        self.query_one("#split").remove_class("-picking")
        self._arrange()
        self.editor.focus()

    def action_find(self) -> None:
        """Search; what is selected is what is searched for."""
        selected = self.editor.selected_text
        self._finder.open("" if "\n" in selected else str(clean_text(selected)))

    @on(Finder.Asked)
    def _find(self, event: Finder.Asked) -> None:
        event.stop()
        found = self.editor.find(event.words, back=event.by < 0, here=event.by == 0)
        self._finder.tell(*found)

    def action_versions(self) -> None:
        """Compare the saved versions; one of them can be taken into the editor."""
        self.flush()
        self.post_message(ActionRequested("versions", self._incident))

    def action_template(self) -> None:
        """Add what a template asks for; what is written stays, and undo gives it back."""
        self.post_message(ActionRequested("template", self._incident))

    def action_external(self) -> None:
        """Edit the text in the editor that the environment names, then take it over."""
        self.flush()
        try:
            text = edit(self.app, self.editor.text, f"{self._incident or 'postmortem'}.md")
        except ExternalError as error:
            self.post_message(Notice(str(error), "warn"))
            return
        finally:
            self.editor.focus()
        self.editor.become(str(clean_text(text)))
        self.flush()

    def action_next_mark(self, step: int) -> None:
        """Go to the next mark below the caret, from the last to the first, or upwards."""
        self._marks = _marks_of(self.editor.text, self._snapshot)
        here = self.editor.cursor_location[0] + 1
        lines = sorted({mark.line for mark in self._marks})
        if not lines:
            self.post_message(Notice("Nothing is marked."))
            return
        if step > 0:
            target = next((number for number in lines if number > here), lines[0])
        else:
            target = next((number for number in reversed(lines) if number < here), lines[-1])
        row = self.editor.document.get_line(target - 1)
        self.editor.move_cursor((target - 1, len(row)), center=True)

    # What is drawn.

    def hints(self) -> list[Hint]:
        """Return the keys of the editor, or of the facts beside it."""
        if self._facts.has_focus:
            return list(PICKING)
        if not self._incident:
            return [Hint("esc", "leave")]
        if self._reading:
            return list(READING)
        return list(TWO_VERSIONS if self.sync.theirs is not None else WRITING)

    def on_resize(self, event: events.Resize) -> None:
        """Put the preview beside the text, or below it where there is no room beside."""
        self.query_one("#split").set_class(event.size.width < 100, "-narrow")
        self._mark_list.display = event.size.height >= 14
        self._arrange()

    def _arrange(self) -> None:
        split = self.query_one("#split")
        beside = self.size.width >= _BESIDE if self._beside is None else self._beside
        picking = split.has_class("-picking")
        split.set_class(beside or picking, "-side")
        room = self.size.height >= _FACTS_TOO and self.size.width >= _BESIDE
        split.set_class(picking or (beside and room), "-facts")

    def on_text_area_selection_changed(self) -> None:
        """Follow the caret with the preview and the next marks."""
        if self.is_mounted:
            self.look_soon()

    def look_soon(self) -> None:
        """Look at the text when the writer's fingers have had their time."""
        if self._looking is None:
            self._looking = self.set_timer(max(LOOK_AFTER, 10 * self._cost), self.redraw)

    def redraw(self) -> None:
        """Draw what stands around the text, and look at the text anew."""
        self._looking = None
        if self.is_mounted:
            for sheet in (self._preview, self._mark_list, self._conflict):
                sheet.redraw()
            self.look_again(self.editor.text, self._snapshot)
            self.post_message(self.Told())

    # Without a description the framework would write out the arguments: the whole queue.
    @work(thread=True, exclusive=True, exit_on_error=False, group="findings", description="Lint")
    def look_again(self, text: str, snapshot: Snapshot | None) -> None:
        """Lint the text beside the event loop: a long one takes longer than a key stroke."""
        begun = time.monotonic()
        found = _marks_of(text, snapshot)
        self._cost = time.monotonic() - begun
        self.post_message(self.Looked(text, found))

    def on_postmortem_tab_looked(self, event: Looked) -> None:
        """Show what the lint found, unless the text has changed meanwhile."""
        event.stop()
        if event.text == self.editor.text:
            self._marks = event.marks
            self.editor.mark(event.marks)
            self._mark_list.redraw()

    @property
    def _entries(self) -> Sequence[TimelineEntry]:
        return self._snapshot.timeline if self._snapshot is not None else ()

    def _preview_lines(self, width: int) -> list[Line]:
        if not self.query_one("#split").has_class("-side"):
            return []
        row = self.editor.cursor_location[0]
        return preview_lines(self.editor.text, row, self._entries, width)

    def _mark_lines(self, width: int) -> list[Line]:
        return mark_lines(self._marks, self.editor.cursor_location[0] + 1, width)

    def _conflict_lines(self, width: int) -> list[Line]:
        return conflict_lines(self.sync.conflicts, width)


def _marks_of(text: str, snapshot: Snapshot | None) -> tuple[Mark, ...]:
    if snapshot is None:
        return look(text)
    return look(text, people_of(snapshot), snapshot.timeline)
