"""What could contain the damage, fastest that can be undone first, and why in this order."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult

from warroom.core.words import ContainmentKind
from warroom.room.containment import Option
from warroom.tui.screens.dialog import Dialog, palette_of
from warroom.tui.widgets.pieces import Line, Piece, fit, line, spread, wrap
from warroom.tui.widgets.rowlist import Row, RowList

_KINDS = {
    ContainmentKind.FLAG: "flag",
    ContainmentKind.ROLLBACK: "rollback",
    ContainmentKind.ROUTE: "route",
    ContainmentKind.KILL: "kill",
}


class OptionsScreen(Dialog[Option]):
    """Opens one of the containments; it runs none. The list does not move while it is open."""

    DEFAULT_CSS = """
    OptionsScreen #dialog { width: 108; }
    OptionsScreen #options { height: auto; max-height: 30; background: $wr-bg3; }
    """

    def __init__(self, options: Sequence[Option]) -> None:
        super().__init__()
        self.options = tuple(options)

    def head(self) -> tuple[str, str]:
        """Return the title."""
        return "Contain", "fastest reversible first"

    def content(self) -> ComposeResult:
        """Yield the list."""
        yield self.sheet(self._heading)
        self._list = RowList(palette_of(self.app), ground="bg3")
        self._list.id = "options"
        yield self._list

    def on_mount(self) -> None:
        """Put the cursor on the first that can be run."""
        super().on_mount()
        self._list.styles.height = sum(len(row.lines) for row in self._rows(100))
        self._list.fill(self._rows)
        self._list.focus()
        self.call_after_refresh(self._first)

    def on_key(self, event: events.Key) -> None:
        """Open by letter, at once: opening runs nothing; escape leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
            return
        for option in self.options:
            if event.key == option.key:
                event.stop()
                self.dismiss(option)

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Open the one under the cursor."""
        event.stop()
        self.dismiss(self.options[int(event.key)])

    def _first(self) -> None:
        free = next((n for n, option in enumerate(self.options) if not option.blocked), 0)
        self._list.put_cursor(str(free))

    def _heading(self, width: int) -> Sequence[Line]:
        left = line(Piece(f"   {fit('kind', 10)}what", "mute"))
        return [
            (),
            spread(left, line(Piece(fit("takes", 9), "mute"), Piece("undo   ", "mute")), width),
        ]

    def _rows(self, width: int) -> list[Row]:
        return [Row(str(n), self._lines(option, width)) for n, option in enumerate(self.options)]

    def _lines(self, option: Option, width: int) -> tuple[Line, ...]:
        blocked = bool(option.blocked)
        kind = _KINDS.get(option.kind, option.kind.value)
        key = Piece(fit(option.key, 2), "mute" if blocked else "accent", bold=True)
        name = Piece(fit(kind, 10), "mute" if blocked else "soft", bold=not blocked)
        left = line(key, name, Piece(option.title, "mute" if blocked else "text", bold=not blocked))
        takes = f"~{option.seconds} s" if option.seconds is not None else "—"
        undo = Piece("✓ ready", "ok") if option.undo else Piece("none   ", "warn", bold=True)
        right = line("  ", Piece(fit(takes, 9), "soft"), undo)
        indent = " " * 12
        why = [line(indent, Piece(part, "mute")) for part in wrap(option.reason, width - 14)]
        why += [
            line(indent, Piece(part, "ok"))
            for part in (wrap(option.last, width - 14) if option.last else ())
        ]
        if blocked:
            why += [
                line(indent, Piece(part, "warn"))
                for part in wrap(f"cannot be run now: {option.blocked}", width - 14)
            ]
        return (spread(left, right, width), *why)

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        letters = " ".join(option.key for option in self.options if option.key)
        keys = [("enter", "open checklist"), (letters, "open that one"), ("esc", "leave")]
        words = "The order is by speed of what can be undone. Opening runs nothing."
        return [
            line(Piece("─" * width, "line")),
            self.key_line(keys, width),
            line(Piece(words, "mute")),
        ]
