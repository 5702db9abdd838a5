"""A text of several writers in one tab: it saves itself, and follows the room."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from warroom.core.merge import Keep
from warroom.core.text import clean_text
from warroom.tui.messages import Notice
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.textsync import TextSync
from warroom.tui.theme import Palette
from warroom.tui.widgets.editor import MarkdownArea

SAVE_AFTER = 0.6
"""Seconds from the first unsaved key stroke to the save: a crash may cost one second, the
rest of which belongs to the save itself."""

_GIVE_UP = 5.0
"""Seconds after which a save that nobody answered is tried again."""


_WRITES = {"save", "settle", "draft", "external", "facts", "template"}
"""What changes the text."""

_NOBODY = "No incident is shown. Its postmortem is written here, from what was recorded."


class WritingTab(Tab):
    """The text of the incident that is shown; what was typed is never older than a second."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save now", show=False, id="postmortem.save"),
        Binding("f9", "settle('theirs')", "take theirs", show=False, id="postmortem.take"),
        Binding(
            "f6", "settle('both')", "keep both", show=False, priority=True, id="postmortem.both"
        ),
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
        self._kept: dict[str, tuple[TextSync, str]] = {}
        self._timer: Timer | None = None
        self._saved_at: float | None = None
        self._sent_at = 0.0
        self._refusal = ""
        self._reading = False
        """Whether nothing may be changed here."""
        self._stand()

    def _stand(self) -> None:
        """Take no text while there is no incident that could keep it, or nobody may write."""
        self.editor.read_only = not self._incident or self._reading
        self.editor.show_cursor = bool(self._incident)
        self.editor.placeholder = "" if self._incident else _NOBODY

    def read_only(self, *, reading: bool) -> None:
        """Take text, or none: where one only reads, letters are keys like everywhere else."""
        if reading != self._reading:
            self._reading = reading
            self._stand()
            self.post_message(self.Told())

    def look_soon(self) -> None:
        """The text or the place in it has changed."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw what stands around the text."""
        raise NotImplementedError

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
                "Somebody else changed the same lines. ^s keeps yours, F9 takes theirs, F6 both."
            )
            self.post_message(Notice(words, "warn"))
        self.redraw()

    def refused(self, reason: str) -> None:
        """Take note that the room did not save: the text stays here and is tried again."""
        self.sync.refused()
        self._refusal = reason
        self._wait()
        self.redraw()

    def on_text_area_changed(self) -> None:
        """Save within a second of the first unsaved key stroke."""
        if self.editor.text != self.sync.saved and not self._reading:
            self._wait()
        self.post_message(self.Told())
        self.look_soon()

    def flush(self, *, read: bool = False) -> None:
        """Save now what is not saved; with `read` the untouched draft too: somebody read it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.sync.sent is not None and self._clock() - self._sent_at > _GIVE_UP:
            self.sync.refused()
        if not self._incident or self._reading:
            return
        wanted = self.sync.to_send(self.editor.text, read=read)
        if wanted is not None:
            self._sent_at = self._clock()
            self.post_message(self.Edited(self._incident, *wanted))
        if self.editor.text != self.sync.saved and self.sync.theirs is None:
            self._wait()  # until the room has answered, or what was typed since is saved too

    def _wait(self) -> None:
        if self._timer is None and self.is_mounted:
            self._timer = self.set_timer(SAVE_AFTER, self.flush)

    def switch(self, name: str) -> None:
        """Show the text of another incident; what is not saved yet is kept for the way back."""
        if self._incident:
            self.flush()
            self._kept[self._incident] = (self.sync, self.editor.text)
        self._incident, self._saved_at, self._refusal = name, None, ""
        self.sync, text = self._kept.pop(name, (TextSync(), ""))
        self.editor.load_text(text)
        self._stand()
        self.redraw()

    def action_save(self) -> None:
        """Save at once; in a conflict, keep ours."""
        if self.sync.theirs is not None:
            self.action_settle(Keep.MINE)
        self.flush(read=True)
        self.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where one only reads nothing writes; between two versions is chosen while there are."""
        if self._reading and action in _WRITES:
            return False
        return action != "settle" or self.sync.theirs is not None or not parameters

    def action_settle(self, keep: str) -> None:
        """In a conflict, keep one side or both of the clashing lines; undo gives ours back."""
        settled = self.sync.settle(Keep(keep), self.editor.text)
        if settled is not None:
            self.editor.become(str(clean_text(settled)))
            self._wait()
            self.redraw()

    def text_of(self, incident: str) -> str:
        """Return the text as it stands in the editor; empty where another incident is shown."""
        return self.editor.text if incident == self._incident else ""

    def replace_text(self, incident: str, text: str) -> None:
        """Put another text into the editor, if it still shows that incident; undo gives back."""
        if incident == self._incident and not self._reading:
            self.editor.become(str(clean_text(text)))
        self.editor.focus()

    def action_leave(self) -> None:
        """Leave the editor; nothing is lost."""
        self.flush()
        self.post_message(self.Left())

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Return how the text is saved."""
        del snapshot
        if not self._incident:
            return ("", "mute")
        if self._reading:
            what = f"version {self.sync.base}" if self.sync.base else "the draft"
            return (f"{what} · this console only reads", "mute")
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
