"""What every pane is: a title on a hairline, a snapshot to draw, and hints for the footer."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.containers import Vertical
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from warroom.core.text import clean_line
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette


@dataclass(frozen=True, slots=True)
class Hint:
    """One key in the footer."""

    key: str
    """As it is drawn: `e`, `^s`, `enter`."""
    verb: str
    """Lower case, one or two words."""
    writes: bool = False
    """Whether it leads to something that is kept: not named where one may only look."""


def deed(key: str, verb: str) -> Hint:
    """Return the hint of a key that leads to something that is kept."""
    return Hint(key, verb, writes=True)


class TitleLine(Widget):
    """The one row above a pane: number, name, hairline, one fact at the right."""

    DEFAULT_CSS = "TitleLine { height: 1; width: 1fr; background: $wr-bg0; }"

    fact: reactive[tuple[str, str]] = reactive(("", "mute"))
    """Text (foreign allowed) and colour token of what stands at the right end."""
    name_text: reactive[str] = reactive("")
    detail: reactive[str] = reactive("")
    """Soft text after the name (a source, a count); foreign allowed."""
    focused: reactive[bool] = reactive(False)

    def __init__(self, number: str, name: str, palette: Palette) -> None:
        super().__init__()
        self.number = number
        self.palette = palette
        self.set_reactive(TitleLine.name_text, name)

    def render_line(self, y: int) -> Strip:
        """Draw the row; `y` is always 0."""
        del y
        segments = Segment.apply_style(self._segments(self.size.width), self.base_style())
        return Strip(segments, self.size.width)

    def _segments(self, width: int) -> list[Segment]:
        p = self.palette
        rule = p.style("accent") if self.focused else p.style("line")
        stroke = "━" if self.focused else "─"
        label = f" {self.number} {self.name_text} " if self.number else f" {self.name_text} "
        name = p.style("accent", fill=True) if self.focused else p.style("soft", bold=True)
        segments = [Segment(label, name)]
        used = len(label)
        detail = clean_line(self.detail)
        fact, token = self.fact
        fact = clean_line(fact)
        room = width - used - (len(fact) + 4 if fact else 0)
        if detail and room > 4:
            shown = detail if len(detail) < room - 2 else detail[: max(room - 3, 0)] + "…"
            segments.append(Segment(f" {shown} ", p.style("soft")))
            used += len(shown) + 2
        tail = len(fact) + 4 if fact else 0
        if fact and width - used - tail >= 0:
            segments.append(Segment(stroke * (width - used - tail), rule))
            segments.append(Segment(f" {fact} ", p.style(token, bold=token != "mute")))
            segments.append(Segment(stroke * 2, rule))
        else:
            segments.append(Segment(stroke * max(width - used, 0), rule))
        return segments

    def base_style(self) -> Style:
        """The style of the page behind."""
        return self.palette.style("text", on="bg0")


class Pane(Vertical):
    """A pane: draws a `Snapshot`, posts messages, never reaches for another pane."""

    NUMBER: ClassVar[str] = ""
    NAME: ClassVar[str] = ""

    snapshot: reactive[Snapshot | None] = reactive(None, init=False)

    def __init__(self, palette: Palette, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # Textual's own keyword arguments
        self.palette = palette
        self.title_line = TitleLine(self.NUMBER, self.NAME, palette)

    def hints(self) -> list[Hint]:
        """The keys that work in this pane now, most frequent first."""
        return []

    def take_focus(self) -> None:
        """Focus the first thing in it that can have the focus."""
        for child in self.query("*"):
            if child.focusable and child.display:
                child.focus()
                return

    def on_descendant_focus(self) -> None:
        """Draw the title as focused."""
        self.title_line.focused = True

    def on_descendant_blur(self) -> None:
        """Draw the title as at rest, unless the focus only moved within the pane."""
        self.title_line.focused = self.has_focus_within
