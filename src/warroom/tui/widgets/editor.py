"""A text area that colours Markdown line by line and takes over changes without losing undo."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.document._document_navigator import DocumentNavigator
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from warroom.core.text import clean_text
from warroom.tui.findings import Mark
from warroom.tui.markdown import fenced, spans
from warroom.tui.textsync import difference
from warroom.tui.theme import Palette
from warroom.tui.widgets.longtext import LongDocument

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
    WritingArea.-boxed { border-left: vkey $wr-line; padding: 0 1; }
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
        self._marks: Mapping[int, Sequence[Mark]] = {}

    def _set_document(self, text: str, language: str | None) -> None:
        """Show a text as one that may be long."""
        super()._set_document(text, language)
        self.wrapped_document = LongDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._rewrap_and_refresh_virtual_size()

    def mark(self, found: Iterable[Mark]) -> None:
        """Show marks in the margin and under the words they are about."""
        marks: dict[int, list[Mark]] = {}
        for one in found:
            marks.setdefault(one.line - 1, []).append(one)
        if marks != self._marks:
            self._marks = marks
            self.notify_style_update()
            self.refresh()

    @property
    def gutter_width(self) -> int:
        """The column of the marks, and the line numbers."""
        return super().gutter_width + 1

    def get_line(self, line_index: int) -> Text:
        """Return a line with its Markdown coloured."""
        words = super().get_line(line_index)
        for span in spans(words.plain, code=line_index in self._code):
            words.stylize(self.palette.style(span.token, bold=span.bold), span.start, span.end)
        for one in self._marks.get(line_index, ()):
            if one.end > one.start:
                under = self.palette.style(one.token, bold=True) + _UNDER
                words.stylize(under, one.start, one.end)
        return words

    def render_line(self, y: int) -> Strip:
        """Draw a line with the mark of its finding at the very left."""
        # Not through the framework's cache: it reads the whole text for each row, and its key holds
        # the caret, so that no row is ever found in it while somebody types.
        if self.placeholder and self.document.end == (0, 0):
            return super().render_line(y)
        strip = self._render_line(y)
        place = y + self.scroll_offset.y
        known = self.wrapped_document._offset_to_line_info  # noqa: SLF001 - as Textual draws it
        row, part = known[place] if 0 <= place < len(known) else (-1, 0)
        marks = self._marks.get(row, ()) if part == 0 else ()
        if not marks:
            return strip
        sign = Segment(marks[0].glyph, self.palette.style(marks[0].token, bold=True))
        return Strip([sign, *strip.crop(1, strip.cell_length)], strip.cell_length)

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

    def insert_fact(self, words: str, *, block: bool) -> None:
        """Insert a fact at the cursor: in the sentence, or on lines of its own."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        if block:
            before = "\n\n" if line[:column].strip() else "\n" if row and self._above(row) else ""
            after = "\n\n" if line[column:].strip() else "\n"
            words = f"{before}{words}{after}"
        else:
            before = " " if column and not line[column - 1].isspace() else ""
            after = " " if line[column : column + 1].isalnum() else ""
            words = f"{before}{words}{after}"
        self.insert(words)

    def _above(self, row: int) -> bool:
        return bool(self.document.get_line(row - 1).strip())

    def find(self, words: str, *, back: bool = False, here: bool = False) -> tuple[int, int]:
        """Select the next place that holds `words`; return which it is, and of how many.

        Args:
            words: To be found, whatever their case, unless they have capitals of their own.
            back: Whether to look upwards.
            here: Whether the place under the cursor counts.
        """
        if not words.strip():
            return 0, 0
        places = _places(self.text, words)
        if not places:
            return 0, 0
        low, high = sorted((self.selection.start, self.selection.end))
        lines = self.document.lines
        start = sum(len(line) + 1 for line in lines[: low[0]]) + low[1]
        if back:
            number = max((n for n, at in enumerate(places) if at < start), default=len(places) - 1)
        else:
            limit = start if here or low == high else start + 1
            number = min((n for n, at in enumerate(places) if at >= limit), default=0)
        text = self.text
        self.move_cursor(_location(text, places[number]), center=True)
        self.move_cursor(_location(text, places[number] + len(words)), select=True)
        return number + 1, len(places)


_UNDER = Style(underline=True)
_MOST = 10_000
"""Places that are counted; nobody steps through more."""


def _places(text: str, words: str) -> list[int]:
    any_case = re.IGNORECASE if words == words.lower() else re.NOFLAG
    found = re.finditer(re.escape(words), text, any_case)
    return [match.start() for match in islice(found, _MOST)]
