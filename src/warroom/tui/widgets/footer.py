"""The last row: what the keys do here, whole hints only."""

from collections.abc import Sequence

from textual.reactive import reactive

from warroom.tui.draw import Line, cut
from warroom.tui.panes.base import Hint
from warroom.tui.snapshot import Snapshot
from warroom.tui.widgets.bar import Bar


class Footer(Bar):
    """Hints by frequency, dropped from the right; the last two always stay."""

    hints: reactive[tuple[Hint, ...]] = reactive(())
    lasting: reactive[tuple[Hint, ...]] = reactive((Hint(":", "all"), Hint("?", "help")))

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        del snapshot
        right = self._row(self.lasting, width)
        left = self._row(self.hints, width - right.width - 1)
        return left.to(width - right.width).add(right.segments)

    def _row(self, hints: Sequence[Hint], room: int) -> Line:
        line = Line(self.palette, self.LAYER).put(" ")
        for hint in hints:
            verb = cut(hint.verb, 40)
            if line.width + len(hint.key) + len(verb) + 3 > room:
                break
            line.put(hint.key, "accent", bold=True).put(f" {verb}  ", "soft")
        return line
