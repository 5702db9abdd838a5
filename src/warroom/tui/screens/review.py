"""The questions of the review with their answers, and which recurring checks are due."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from warroom.core.review import LEARNING, RESILIENCE, Asking, RecurringCheck
from warroom.core.state import Incident
from warroom.tui.screens.dialog import Asked
from warroom.tui.theme import Palette
from warroom.tui.widgets.picklist import PickList
from warroom.tui.widgets.pieces import Line, Piece, fit, line, rule, wrap
from warroom.tui.widgets.rowlist import Row, RowList


class ReviewScreen(Asked[str]):
    """A question is chosen to be answered: ends with its key, or with nothing."""

    CSS = """
    ReviewScreen > Vertical {
        width: 92%; height: auto; max-height: 90%;
        background: $wr-bg3; border: round $wr-accent; padding: 0 1;
        border-title-color: $wr-text; border-title-style: bold;
    }
    ReviewScreen RowList { height: auto; max-height: 100%; background: $wr-bg3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "leave", id="review.leave"),
    ]

    def __init__(
        self,
        palette: Palette,
        incident: Incident,
        checks: Sequence[RecurringCheck],
        now: datetime,
        *,
        cursor: str = "",
    ) -> None:
        super().__init__()
        self.palette = palette
        self._incident = incident
        self._checks = checks
        self._now = now
        self.list = RowList(palette, ground="bg3")
        self.list.cursor = cursor

    def compose(self) -> ComposeResult:
        """The questions, one after the other."""
        with Vertical() as box:
            box.border_title = "Review"
            box.border_subtitle = "enter answers · esc leaves"
            yield self.list

    def on_mount(self) -> None:
        """Show and focus them."""
        self.list.fill(self._rows)
        self.list.focus()

    def action_leave(self) -> None:
        """Leave; every answer is kept already."""
        self.dismiss(None)

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        """Answer the question under the cursor."""
        event.stop()
        self.dismiss(event.key)

    def _rows(self, width: int) -> list[Row]:
        rows = [Row("", (rule("How to learn faster", width),))]
        rows += [self._question(asking, width) for asking in LEARNING]
        rows.append(Row("", ((), rule("How well it would stand the next blow", width))))
        rows += [self._question(asking, width) for asking in RESILIENCE]
        others = [x for x in self._checks if x.service != self._incident.service]
        late = [check for check in others if check.overdue(self._now)]
        if late:
            rows.append(Row("", ((), rule("Due for other services", width))))
            rows.append(Row("", tuple(self._due(check) for check in late[:12])))
        return rows

    def _question(self, asking: Asking, width: int) -> Row:
        reply = self._incident.answers.get(asking.key)
        known = reply is not None and reply.known
        mark = Piece("✓ ", "ok") if known else Piece("? ", "pend", bold=True)
        head = [Piece(part, "soft" if known else "text") for part in wrap(asking.text, width - 4)]
        lines: list[Line] = [line(mark if not n else "  ", part) for n, part in enumerate(head)]
        if reply is not None and known:
            lines += [line("    ", Piece(part, "text")) for part in wrap(reply.text, width - 6)]
        else:
            lines += self._before(asking, width)
        return Row(asking.key, tuple(lines))

    def _before(self, asking: Asking, width: int) -> list[Line]:
        """Return what was answered last for this service, in whichever incident."""
        service = self._incident.service
        found = next((x for x in self._checks if (x.service, x.asking) == (service, asking)), None)
        if found is None or found.last is None or not found.last.known:
            return []
        due = "due again" if found.overdue(self._now) else f"holds until {found.due:%Y-%m-%d}"
        words = f"last, {found.last.at:%Y-%m-%d} in {found.incident}: {found.last.text} ({due})"
        return [line("    ", Piece(part, "mute")) for part in wrap(words, width - 6)]

    def _due(self, check: RecurringCheck) -> Line:
        name = check.asking.key.removeprefix("review.").replace("_", " ")
        last = check.last.text if check.last and check.last.known else "never answered"
        return line(
            Piece(fit(f"  {check.service}", 18), "text"),
            Piece(fit(name, 18), "soft"),
            Piece(fit(f"since {check.due:%Y-%m-%d}", 18), "warn"),
            Piece(last, "mute"),
        )
