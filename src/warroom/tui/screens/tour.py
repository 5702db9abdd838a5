"""The guided tour: a small box beside what it speaks of; the page behind it stays readable."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size

from warroom.tui.screens.dialog import Asked
from warroom.tui.theme import Palette
from warroom.tui.tour import Stop
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, hints, line, wrap
from warroom.tui.widgets.sheet import Sheet

WIDTH = 54
_FRAME = 4
"""Cells of the border and the space beside the text."""


class TourScreen(Asked[bool]):
    """One stop after the other; escape leaves at any of them.

    It is left with whether the last stop was reached.
    """

    CSS = """
    TourScreen { background: transparent; align: left top; }
    TourScreen > Sheet { position: absolute; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "leave", id="tour.leave"),
        Binding("enter,space,right,n", "step(1)", "next", id="tour.next"),
        Binding("left,backspace,p", "step(-1)", "back", id="tour.back"),
    ]

    def __init__(
        self,
        palette: Palette,
        stops: Sequence[Stop],
        show: Callable[[str], None],
        place: Callable[[str], Region],
    ) -> None:
        """Show stops.

        Args:
            palette: To draw with.
            stops: At least one.
            show: Brings the widget of an id into sight.
            place: Returns where it is, as far as the page has been laid out.
        """
        super().__init__()
        self.palette = palette
        self._stops = stops
        self._show = show
        self._place = place
        self._at = 0
        self._arrow = ""
        self._box = Sheet(palette, self._lines, on="bg3", id="stop")

    def compose(self) -> ComposeResult:
        """The box."""
        yield self._box

    def on_mount(self) -> None:
        """Begin at the first stop."""
        self._go()

    def on_resize(self) -> None:
        """Stay beside what moved."""
        self.stand()

    def action_leave(self) -> None:
        """Leave; the rest can be seen another time."""
        self.dismiss(False)

    def action_step(self, by: int) -> None:
        """Go to the next stop, or back; after the last one the tour is over."""
        if self._at + by >= len(self._stops):
            self.dismiss(True)
            return
        self._at = max(0, self._at + by)
        self._go()

    def _go(self) -> None:
        self._show(self._stops[self._at].target)
        self.stand()

    def stand(self) -> None:
        """Stand beside what is spoken of; to be called again when the page is laid out anew."""
        target = self._place(self._stops[self._at].target)
        width = min(WIDTH, self.size.width)
        size = Size(width, min(len(self._lines(width)), self.size.height))
        offset, self._arrow = beside(target, size, self.size)
        self._box.styles.width = width
        self._box.styles.offset = offset
        self._box.redraw()

    def _lines(self, width: int) -> Sequence[Line]:
        stop = self._stops[self._at]
        room = max(width - _FRAME, 8)
        told: list[Line] = [line(part) for part in wrap(stop.words, room)]
        if stop.keys:
            told.append(())
            column = max(cells(key) for key, _ in stop.keys)
            told += [
                line(Piece(fit(key, column, right=True), "accent", bold=True), Piece(f"  {verb}"))
                for key, verb in stop.keys
            ]
        last = self._at + 1 == len(self._stops)
        foot = hints([("enter", "ends it" if last else "next"), ("←", "back"), ("esc", "leaves")],
                     room)  # fmt: skip
        name = f"{self._arrow} {stop.title}".strip()
        fact = f"{self._at + 1} of {len(self._stops)}"
        stroke = "─" * max(width - cells(name) - cells(fact) - 8, 0)
        top = line(
            Piece("╭─ ", "accent"), Piece(name, bold=True), Piece(f" {stroke} ", "accent"),
            Piece(fact, "soft"), Piece(" ─╮", "accent"),
        )  # fmt: skip
        bottom = line(Piece(f"╰{'─' * (width - 2)}╯", "accent"))
        return [top, *(_framed(part, room) for part in (*told, (), foot)), bottom]


def _framed(pieces: Line, room: int) -> Line:
    used = sum(cells(piece.text) for piece in pieces)
    gap = Piece(" " * max(room - used, 0))
    return (Piece("│ ", "accent"), *pieces, gap, Piece(" │", "accent"))


def beside(target: Region, box: Size, screen: Size) -> tuple[Offset, str]:
    """Return where a box stands beside what it speaks of, and the arrow that points there.

    Where it has room on no side it stands inside, at the lower right, and points up.
    """
    right, bottom = screen.width - box.width, screen.height - box.height
    y = max(0, min(target.y, bottom))
    x = max(0, min(target.x + (target.width - box.width) // 2, right))
    if target.right <= right:
        return Offset(target.right, y), "◀"
    if target.x >= box.width:
        return Offset(target.x - box.width, y), "▶"
    if target.bottom <= bottom:
        return Offset(x, target.bottom), "▲"
    if target.y >= box.height:
        return Offset(x, target.y - box.height), "▼"
    inside = Offset(min(right, target.right - box.width), min(bottom, target.bottom - box.height))
    return Offset(max(0, inside.x), max(0, inside.y)), "▲"
