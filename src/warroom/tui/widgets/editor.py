"""A text area that colours Markdown line by line and takes over changes without losing undo."""

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from warroom.core.text import clean_text
from warroom.tui.markdown import fenced, spans
from warroom.tui.textsync import difference
from warroom.tui.theme import Palette

_HARMLESS = dict.fromkeys(
    (
        *range(32),
        *range(127, 160),
        *(0x200B, 0x200E, 0x200F, 0xFEFF),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
    ),
    0xFFFD,
)
"""One sign for one: what a line shows must be as long as what is edited."""


def area_theme(palette: Palette, ground: str = "bg0") -> TextAreaTheme:
    """Return a palette as a theme for text areas on a background token."""
    return TextAreaTheme(
        name=f"warroom-{palette.name}-{ground}",
        base_style=palette.style("text", on=ground),
        gutter_style=palette.style("mute", on=ground),
        cursor_style=palette.style("accent", fill=True),
        cursor_line_style=Style(bgcolor=palette.colours["bg1" if ground == "bg0" else "bg2"]),
        cursor_line_gutter_style=palette.style("soft", on="bg1" if ground == "bg0" else "bg2"),
        selection_style=Style(bgcolor=palette.colours["bg2"]),
        bracket_matching_style=Style(bold=True),
    )


def _location(text: str, index: int) -> tuple[int, int]:
    """Return row and column of a character."""
    before = text[:index]
    return before.count("\n"), index - (before.rfind("\n") + 1)


class WritingArea(TextArea):
    """A text area in the console's colours; what is pasted is cleaned."""

    DEFAULT_CSS = """
    WritingArea {
        border: none; padding: 0; height: 1fr; background: $wr-bg0; scrollbar-size: 1 1;
    }
    WritingArea:focus { border: none; }
    WritingArea.-boxed { border-left: outer $wr-bg1; padding: 0 1; }
    WritingArea.-boxed:focus { border-left: outer $wr-accent; }
    WritingArea .text-area--placeholder { color: $wr-pend; }
    """

    GROUND: ClassVar[str] = "bg1"

    def __init__(self, palette: Palette, text: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(text, soft_wrap=True, tab_behavior="focus", id=id)
        self.cursor_blink = False
        self.highlight_cursor_line = False
        self.set_class(self.GROUND == "bg1", "-boxed")
        self.palette = palette

    @property
    def palette(self) -> Palette:
        """The colours; setting them draws everything in them at once."""
        return self._palette

    @palette.setter
    def palette(self, palette: Palette) -> None:
        self._palette = palette
        theme = area_theme(palette, self.GROUND)
        self.register_theme(theme)
        self.theme = theme.name
        self.notify_style_update()

    def get_line(self, line_index: int) -> Text:
        """Return a line to draw; nothing in it can do anything to a terminal."""
        words = super().get_line(line_index)
        if not words.plain.isprintable():
            words.plain = words.plain.translate(_HARMLESS)
        return words

    def become(self, text: str) -> None:
        """Show another text by the smallest replacement: undo and the caret stay."""
        start, end, words = difference(self.text, text)
        if start == end and not words:
            return
        low, high = _location(self.text, start), _location(self.text, end)
        self.replace(words, low, high, maintain_selection_offset=True)

    def on_paste(self, event: events.Paste) -> None:
        """Insert what is pasted, without anything invisible."""
        event.prevent_default()
        event.stop()
        if not self.read_only:
            start, end = sorted(self.selection)
            words = str(clean_text(event.text))
            result = self.replace(words, start, end, maintain_selection_offset=False)
            self.move_cursor(result.end_location)


class MarkdownArea(WritingArea):
    """The editor of the postmortem."""

    GROUND: ClassVar[str] = "bg0"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+home", "edge(-1)", "start", show=False, id="editor.start"),
        Binding("ctrl+end", "edge(1)", "end", show=False, id="editor.end"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.show_line_numbers = True
        self.highlight_cursor_line = True
        self._code: frozenset[int] = frozenset()

    def get_line(self, line_index: int) -> Text:
        """Return a line with its Markdown coloured."""
        words = super().get_line(line_index)
        for span in spans(words.plain, code=line_index in self._code):
            words.stylize(self.palette.style(span.token, bold=span.bold), span.start, span.end)
        return words

    def on_text_area_changed(self) -> None:
        """Find the blocks of code again; only they reach over several lines."""
        code = fenced(self.document.lines)
        if code != self._code:
            self._code = code
            self.notify_style_update()
            self.refresh()

    def action_edge(self, step: int) -> None:
        """Go to the start or the end of the text."""
        self.move_cursor((0, 0) if step < 0 else self.document.end)
