"""Every key, grouped by what one wants, and the marks as they look; typing finds a key."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.tui.keymap import Known, shown
from warroom.tui.screens.dialog import Dialog
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, line, wrap

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Next", ("incident",)),
    ("Move", ("go", "time", "app")),
    ("Queue and lists", ("queue", "list")),
    ("Logs", ("logs", "log")),
    ("Boundary", ("boundary",)),
    ("Contain", ("contain",)),
    ("Work", ("work",)),
    ("Work: timeline", ("timeline",)),
    ("Work: hypotheses", ("board",)),
    ("Work: changes", ("changes",)),
    ("Work: around", ("around",)),
    ("Work: follow-ups", ("followups",)),
    ("Work: postmortem", ("postmortem",)),
)
"""Headings, and how the names of the keys below them begin."""
_TOGETHER: tuple[tuple[tuple[str, ...], str], ...] = (
    (("go.queue", "go.logs", "go.contain", "go.work"), "pane"),
    (("go.next_pane", "go.previous_pane"), "next / previous pane"),
    (("list.up", "list.down"), "up / down"),
    (("list.page_up", "list.page_down"), "page up / down"),
    (("list.top", "list.bottom"), "top / bottom"),
    (("log.next_failed", "log.previous_failed"), "next / previous 5xx"),
    (("log.next_match", "log.previous_match"), "next / previous match"),
    (("log.previous_flag", "log.next_flag"), "previous / next mark"),
    (("log.pager", "log.editor"), "open in $PAGER / $EDITOR"),
    (("log.earlier", "log.later"), "earlier / later in time"),
    (("time.earlier", "time.later"), "earlier / later in time"),
    (("log.zoom_in", "log.zoom_out"), "shorter / longer span"),
    (("log.head", "log.follow"), "top / follow"),
    (("log.mark_up", "log.mark_down"), "mark lines"),
    (("log.left", "log.right"), "sideways"),
    (("work.previous_tab", "work.next_tab"), "previous / next tab"),
    (("board.for", "board.against"), "evidence for / against"),
)
"""Keys that belong together stand on one line."""

UNSAID = {
    *("list.page_up", "list.page_down", "log.up", "log.down", "log.page_up", "log.page_down"),
    *("board.up", "board.down", "board.left", "board.right", "go.palette_anywhere", "log.back"),
    *(
        "app.quit",
        "go.help_anywhere",
        "app.copy",
        "contain.list_kill",
        "work.cycle",
        "postmortem.leave",
    ),
}
"""What every program does the same way needs no line."""

_EVERYWHERE = (
    (("R U V K C S O",), "only in a dialog: the deliberate keys"),
    (("esc",), "one step back; nothing is lost"),
    (("^s",), "send or save, in any text"),
)
_NARROW, _WIDE, _LARGE = 118, 164, 180
"""Cells of the dialog, and the columns of a screen from which on it is the wider one."""
_MARKS: tuple[tuple[Piece, str], ...] = (
    (Piece("▌", "s5"), "5xx"),
    (Piece("▏", "s4"), "4xx"),
    (Piece("◇", "accent"), "pinned"),
    (Piece("▲", "s5"), "onset"),
    (Piece("◆", "p2"), "change"),
    (Piece("●", "ok"), "contained"),
    (Piece("»", "accent"), "update"),
    (Piece("?", "p2"), "open"),
    (Piece("◇", "pend"), "not sent"),
)


class HelpScreen(Dialog[None]):
    """Generated from the keys as they are set now, so that it cannot be wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "leave", "leave", show=False, priority=True, id="help.leave"),
    ]

    def __init__(self, pane: str, known: Iterable[Known], overrides: Mapping[str, str]) -> None:
        super().__init__()
        self._pane = pane
        self._words = ""
        groups = _grouped(known, overrides)
        self._groups = sorted(groups, key=lambda group: not group[0].lower().startswith(pane))
        """What the focused pane can do comes first."""

    def head(self) -> tuple[str, str]:
        """Return the title."""
        words = f"found with {self._words!r}" if self._words else "type to find a key"
        return "Keys", f"{self._pane} has the focus · {words}"

    def content(self) -> ComposeResult:
        """Yield the groups and the legend."""
        yield self.sheet(self._lines)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return how to leave."""
        return [
            line(Piece("─" * width, "line")),
            self.key_line(
                [("? esc", "close"), ("↑ ↓", "scroll"), ("letters", "find a key")], width
            ),
        ]

    def on_resize(self, event: events.Resize) -> None:
        """Take the room of a large screen, so that every key is seen at once."""
        self.query_one("#dialog").styles.width = _WIDE if event.size.width >= _LARGE else _NARROW

    def on_key(self, event: events.Key) -> None:
        """Find, scroll, leave."""
        event.stop()
        event.prevent_default()
        body = self.query_one("#body")
        match event.key:
            case "escape" | "question_mark":
                self.dismiss(None)
            case "up":
                body.scroll_up(animate=False)
            case "down":
                body.scroll_down(animate=False)
            case "pageup":
                body.scroll_page_up(animate=False)
            case "pagedown" | "space":
                body.scroll_page_down(animate=False)
            case "backspace":
                self._words = self._words[:-1]
                self.redraw()
            case _ if event.character and event.is_printable and len(self._words) < 30:
                self._words += event.character
                self.redraw()

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)

    def _lines(self, width: int) -> Sequence[Line]:
        columns = 4 if width >= 150 else 3 if width >= 96 else 2 if width >= 60 else 1
        room = (width - 2 * (columns - 1)) // columns
        blocks = [
            block
            for name, keys in self._groups
            if (block := _block(name, _holding(keys, self._words), room))
        ]
        if not blocks:
            return [(), line(Piece("No key does that. The palette : finds actions.", "mute")), ()]
        found = [*_beside(_stacked(blocks, columns), room), ()]
        return found if self._words else [(), *found, *_legend(width)]


Keys = tuple[str, ...]


def _grouped(
    known: Iterable[Known], overrides: Mapping[str, str]
) -> list[tuple[str, list[tuple[Keys, str]]]]:
    drawn: dict[str, tuple[Keys, str]] = {}
    for binding in known:
        own = overrides.get(binding.id)
        keys = tuple(own.split(",")) if own else binding.keys
        drawn.setdefault(binding.id, (tuple(map(shown, keys)), binding.verb))
    joined = {ids[0]: (ids, verb) for ids, verb in _TOGETHER}
    said = {name for ids, _ in _TOGETHER for name in ids[1:]} | UNSAID
    by_prefix: dict[str, list[tuple[Keys, str]]] = {}
    for name, alone in drawn.items():
        row = alone
        if name in joined:
            ids, verb = joined[name]
            row = (tuple(drawn[other][0][0] for other in ids if other in drawn), verb)
        if name not in said:
            by_prefix.setdefault(name.partition(".")[0], []).append(row)
    groups = [
        (name, [row for prefix in prefixes for row in by_prefix.get(prefix, [])])
        for name, prefixes in GROUPS
    ]
    return [*groups, ("Everywhere", [(keys, verb) for keys, verb in _EVERYWHERE])]


def _holding(rows: list[tuple[Keys, str]], words: str) -> list[tuple[Keys, str]]:
    wanted = words.lower()
    return [row for row in rows if wanted in row[1].lower() or words in row[0]]


def _block(name: str, rows: list[tuple[Keys, str]], width: int) -> list[Line]:
    if not rows:
        return []
    block: list[Line] = [line(Piece(name, bold=True)), line(Piece("─" * (width - 2), "line"))]
    for keys, verb in rows:
        label = " ".join(keys[:4])
        label = " " * max(0, 9 - cells(label)) + label
        parts = wrap(verb, width - cells(label) - 2)
        block.append(line(Piece(label, "accent", bold=True), Piece(f"  {parts[0]}", "soft")))
        block += [line(" " * cells(label), Piece(f"  {part}", "soft")) for part in parts[1:]]
    return block


def _stacked(blocks: Iterable[list[Line]], columns: int) -> list[list[Line]]:
    """Put each block into the column that is shortest by then: nobody scrolls past empty room."""
    found: list[list[Line]] = [[] for _ in range(columns)]
    for block in blocks:
        shortest = min(found, key=len)
        shortest += [(), *block] if shortest else block
    return [column for column in found if column]


def _beside(blocks: Sequence[list[Line]], width: int) -> list[Line]:
    rows = []
    for number in range(max(map(len, blocks))):
        row: list[Piece] = []
        for place, block in enumerate(blocks):
            pieces = block[number] if number < len(block) else ()
            row += pieces
            if place < len(blocks) - 1:
                used = sum(cells(piece.text) for piece in pieces)
                row.append(Piece(" " * max(0, width - used + 2)))
        rows.append(tuple(row))
    return rows


def _legend(width: int) -> list[Line]:
    marks: list[Piece] = [Piece(fit("Marks", 10), bold=True)]
    lines: list[Line] = [line(Piece("─" * width, "line"))]
    used = 10
    for mark, word in _MARKS:
        if used + len(word) + 6 > width:
            lines.append(tuple(marks))
            marks, used = [Piece(" " * 10)], 10
        marks += [mark, Piece(f" {word}    ", "soft")]
        used += len(word) + 6
    lines.append(tuple(marks))
    lines.append(())
    lines.append(
        line(
            Piece(" " * 10),
            Piece(" LATE +12m ", "breach", fill=True),
            Piece(" clock passed   ", "soft"),
            Piece("━━━", "warn"),
            Piece("╾", "warn"),
            Piece(" 3:24", "warn", bold=True),
            Piece(" a quarter left   ", "soft"),
            Piece("━", "mute"),
            Piece("───", "line"),
            Piece(" 1h 45m", "mute"),
            Piece(" fine   ", "soft"),
            Piece(" solid ", "s5", fill=True),
            Piece(" needs you now", "soft"),
        )
    )
    promises = (
        "Nothing changes production on a small letter, on enter, or on space. "
        "Every key is also in the palette : and, for what is stored, on the shell."
    )
    lines.append(())
    for number, part in enumerate(wrap(promises, max(20, width - 10))):
        label = Piece(fit("Promises" if number == 0 else "", 10), bold=True)
        lines.append(line(label, Piece(part, "soft")))
    return lines
