"""The versions of a postmortem beside each other: what differs between any two."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from warroom.core.versions import Version
from warroom.tui.draw import Line as Brush
from warroom.tui.screens.dialog import Asked
from warroom.tui.theme import Palette
from warroom.tui.widgets.picklist import PickList
from warroom.tui.widgets.picklist import Row as ListRow
from warroom.tui.widgets.pieces import Line, Piece, line, wrap
from warroom.tui.widgets.rowlist import Row, RowList

_AROUND = 2
"""Lines shown above and below what differs."""


class VersionsScreen(Asked[str]):
    """Version against version; ends with the text of one that is to be taken, or without."""

    CSS = """
    VersionsScreen > Vertical {
        width: 96%; height: 90%; background: $wr-bg3; border: round $wr-accent; padding: 0 1;
        border-title-color: $wr-text; border-title-style: bold;
    }
    VersionsScreen #versions { width: 36; height: 1fr; background: $wr-bg3; }
    VersionsScreen RowList { width: 1fr; height: 1fr; background: $wr-bg3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+l", "leave", "leave", id="versions.leave"),
        Binding("space", "against", "compare with this", id="versions.against"),
        Binding("T", "take", "take this text", id="versions.take"),
        Binding("tab", "other", "other side", show=False, id="versions.other"),
    ]

    def __init__(self, palette: Palette, found: Sequence[Version], draft: str) -> None:
        super().__init__()
        self.palette = palette
        self._found = found
        self._texts = {"0": draft, **{str(one.number): one.text for one in found}}
        self._against: str | None = None
        """The version that somebody chose to compare with; None: the one before."""
        self.list = PickList(palette, ground="bg3", id="versions")
        self.diff = RowList(palette, ground="bg3")

    def compose(self) -> ComposeResult:
        """The versions at the left, what differs at the right."""
        with Vertical() as box:
            box.border_title = "Versions, newest first"
            box.border_subtitle = (
                "esc leaves · space compares with this · T takes this text (undoable)"
            )
            with Horizontal():
                yield self.list
                yield self.diff

    def on_mount(self) -> None:
        """Show the newest against the one before."""
        self._fill()
        self.list.focus()

    @property
    def pair(self) -> tuple[str, str]:
        """Which two are compared, the older way round first."""
        chosen = self.list.cursor or "0"
        before = str(max(int(chosen) - 1, 0)) if self._against is None else self._against
        return before, chosen

    def action_against(self) -> None:
        """Compare everything with the version under the cursor, or again with the one before."""
        chosen = self.list.cursor
        self._against = None if self._against == chosen else chosen
        self._fill()

    def action_take(self) -> None:
        """Leave with the text under the cursor."""
        self.dismiss(self._texts[self.list.cursor or "0"])

    def action_other(self) -> None:
        """Go to the differences, or back."""
        (self.diff if self.list.has_focus else self.list).focus()

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        """Compare what the cursor is on."""
        if event.sender is self.list:
            self._compare()

    def _fill(self) -> None:
        rows = [
            ListRow(str(one.number), 1, partial(_version, one=one, against=self._against))
            for one in reversed(self._found)
        ]
        rows.append(ListRow("0", 1, partial(_draft, against=self._against)))
        self.list.show(rows)
        self._compare()

    def _compare(self) -> None:
        before, after = (self._texts[number] for number in self.pair)
        names = ("draft" if number == "0" else f"version {number}" for number in self.pair)
        title = " → ".join(names)
        self.diff.fill(lambda width: list(_rows(before, after, title, width)))
        self.diff.scroll_to(y=0, animate=False, immediate=True)


def _version(brush: Brush, n: int, width: int, *, one: Version, against: str | None) -> None:
    del n, width
    brush.put("=" if against == str(one.number) else " ", "accent", bold=True)
    brush.put(f"{one.number:>3} ", "text", bold=True).put(f"{one.at:%d %b %H:%M:%S} ", "mute")
    brush.say(one.by, "soft", 7).to(29)
    brush.put(f"+{one.added}", "ok").put(f" -{one.removed}", "s5")


def _draft(brush: Brush, n: int, width: int, *, against: str | None) -> None:
    del n, width
    brush.put("=" if against == "0" else " ", "accent", bold=True)
    brush.put("  0 ", "text", bold=True).put("the draft, not saved", "mute")


def _rows(before: str, after: str, title: str, width: int) -> Iterator[Row]:
    """Yield what differs, changed lines in full, unchanged ones only around them."""
    yield Row("title", (line(Piece(title, "text", bold=True)),))
    old, new = before.split("\n"), after.split("\n")
    number = 0
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        yield Row(f"@{number}", ((), line(Piece(f"line {group[0][3] + 1}", "mute"))))
        for tag, low, high, first, last in group:
            if tag == "equal":
                for words in old[low:high]:
                    number += 1
                    yield Row(f"{number}", _wrapped(" ", words, "soft", width))
                continue
            for sign, token, words in (
                *(("-", "s5", words) for words in old[low:high]),
                *(("+", "ok", words) for words in new[first:last]),
            ):
                number += 1
                yield Row(f"{number}", _wrapped(sign, words, token, width))
    if not number:
        yield Row("same", (line(Piece("Nothing differs.", "mute")),))


def _wrapped(sign: str, words: str, token: str, width: int) -> tuple[Line, ...]:
    parts = wrap(words, max(width - 2, 4))
    return tuple(
        line(Piece(f"{sign if not place else ' '} ", token, bold=True), Piece(part, token))
        for place, part in enumerate(parts)
    )
