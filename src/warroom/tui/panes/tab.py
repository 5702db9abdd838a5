"""What every tab of the work pane is, and the title line that names them all."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.containers import Vertical
from textual.message import Message

from warroom.core.text import clean_line
from warroom.tui.panes.base import Hint, TitleLine
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette

_UNDER = Style(underline=True)


class Tab(Vertical):
    """One tab: shows its part of the snapshot."""

    NAME: ClassVar[str] = ""
    SHORT: ClassVar[str] = ""
    """The name where there is little room."""

    DEFAULT_CSS = "Tab { height: 1fr; }"

    class Retold(Message):
        """What the title line says of the tab has changed."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id=self.NAME.lower())
        self.palette = palette

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        raise NotImplementedError

    def count(self, snapshot: Snapshot) -> int:
        """Return the number that stands behind the name; 0: none."""
        del snapshot
        return 0

    def fact(self, snapshot: Snapshot) -> tuple[str, str]:
        """Return what stands at the right end of the title line, with its colour token."""
        del snapshot
        return ("", "mute")

    def show_time(self, at: float) -> None:
        """Follow the shared time cursor (epoch seconds), if this tab shows time."""

    def hints(self) -> list[Hint]:
        """Return the keys of this tab, most frequent first."""
        return []

    def take_focus(self) -> None:
        """Focus the first thing in it that can be focused."""
        for child in self.query("*"):
            if child.focusable:
                child.focus()
                return


class TabLine(TitleLine):
    """The title of the work pane: its number, its tabs, a hairline and one fact."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, number: str, palette: Palette) -> None:
        super().__init__(number, "", palette)
        self.tabs: Sequence[tuple[str, str, int]] = ()
        self.active = ""
        self._spans: list[tuple[int, int, str]] = []
        self.telling = True
        """Whether it says its fact; no: the line above it does."""

    def show_tabs(self, tabs: Sequence[tuple[str, str, int]], active: str) -> None:
        """Name the tabs: name, short name, count."""
        if (tabs, active) != (self.tabs, self.active):
            self.tabs, self.active = tabs, active
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Ask for the tab that was clicked."""
        for start, end, name in self._spans:
            if start <= event.x < end:
                self.post_message(self.Picked(name))

    def _segments(self, width: int) -> list[Segment]:
        p = self.palette
        rule = p.style("accent" if self.focused else "line")
        stroke = "━" if self.focused else "─"
        number = p.style("accent", fill=True) if self.focused else p.style("soft", bold=True)
        # A narrow screen has a line of its own that names the panes.
        segments = [Segment(f" {self.number} ", number)] if width >= 100 else []
        used = len(self.number) + 2 if segments else 0
        self._spans = []
        fact, token = self.fact
        fact = clean_line(fact) if self.telling else ""
        need = len(fact) + 5 if fact else 0
        for name, label in self._labels(width - used - need):
            here = name == self.active
            if here and self.focused:
                style = p.style("accent", fill=True)
            elif here:
                style = p.style("text", bold=True) + _UNDER
            else:
                style = p.style("soft")
            text = f" {label} "
            if used + len(text) > width:
                break
            segments.append(Segment(text, style))
            self._spans.append((used, used + len(text), name))
            used += len(text)
        rest = width - used
        if fact and rest >= need:
            segments.append(Segment(stroke * (rest - len(fact) - 4), rule))
            segments.append(Segment(f" {fact} ", p.style(token, bold=token != "mute")))
            segments.append(Segment(stroke * 2, rule))
        else:
            segments.append(Segment(stroke * max(rest, 0), rule))
        return segments

    def _labels(self, room: int) -> list[tuple[str, str]]:
        """Return name and label of each tab, the fullest form that fits."""
        full = [(name, f"{name} {count}" if count else name) for name, _, count in self.tabs]
        plain = [(name, name) for name, _, _ in self.tabs]
        short = [(name, name if name == self.active else brief) for name, brief, _ in self.tabs]
        for form in (full, plain):
            if sum(len(label) + 2 for _, label in form) <= room:
                return form
        return short
