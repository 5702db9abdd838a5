"""The last hundred notices, newest first."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from warroom.tui.draw import Line, cut
from warroom.tui.theme import Palette
from warroom.tui.widgets.notice import Said
from warroom.tui.widgets.picklist import PickList, Row
from warroom.tui.widgets.pieces import wrap

_INDENT = 13
"""Cells before the words: gutter, mark and time."""


class ToldScreen(ModalScreen[None]):
    """A list to look things up in; nothing in it can be done."""

    CSS = """
    ToldScreen > Vertical {
        width: 90%; height: auto; max-height: 70%;
        background: $wr-bg3; border: round $wr-accent; padding: 0 1;
        border-title-color: $wr-text; border-title-style: bold;
    }
    ToldScreen PickList { height: auto; max-height: 100%; min-height: 1; background: $wr-bg3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+n", "leave", "leave", id="notices.leave"),
    ]

    def __init__(self, palette: Palette, said: Sequence[Said]) -> None:
        super().__init__()
        self.palette = palette
        self.list = PickList(palette, ground="bg3")
        self._said = said

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical() as box:
            box.border_title = "Notices, newest first"
            box.border_subtitle = "esc leaves"
            yield self.list

    def on_mount(self) -> None:
        """Fill and focus."""
        self.list.focus()

    def on_resize(self) -> None:
        """Say each of them whole, in as many lines as that takes."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        told = [wrap(said.text, max(20, self.list.size.width - _INDENT - 2)) for said in self._said]
        rows = [
            Row(str(n), len(parts), partial(_draw, said=said, parts=parts))
            for n, (said, parts) in enumerate(zip(self._said, told, strict=True))
        ]
        if not rows:
            rows = [Row("", 1, lambda line, _n, _w: line.put("Nothing was said yet.", "mute"))]
        self.list.show(rows)

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)


def _draw(line: Line, n: int, width: int, *, said: Said, parts: Sequence[str]) -> None:
    if n == 0:
        line.put(f"{cut(said.mark, 1)} ", said.tone).put(f"{said.at:%H:%M:%S}  ", "mute")
    line.to(_INDENT)
    line.say(parts[n], said.tone if said.tone in ("s5", "warn") else "text", width - line.width - 1)
