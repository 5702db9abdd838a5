"""Below the panes of a large screen: who does what, and every deadline."""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult

from warroom.core.clocks import clocks, outside_clocks, update_clock
from warroom.core.words import Role
from warroom.tui.draw import Line
from warroom.tui.panes.base import Pane
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.measure import CLOCK_CELLS, clock
from warroom.tui.widgets.picklist import PickList, Row


class PeoplePane(Pane):
    """Roles and clocks of the current incident; nothing in it takes keys."""

    NAME: ClassVar[str] = "People and deadlines"

    def __init__(self, palette: Palette, **kwargs: object) -> None:
        super().__init__(palette, **kwargs)
        self.list = PickList(palette, id="people-list")
        self.list.can_focus = False

    def compose(self) -> ComposeResult:
        """The title and the list."""
        yield self.title_line
        yield self.list

    def watch_snapshot(self, snapshot: Snapshot | None) -> None:
        """Draw the new state."""
        if snapshot is not None:
            self.list.show(people_rows(snapshot))


def _say(line: Line, _n: int, width: int, *, words: str) -> None:
    line.say(words, "mute", width - 1)


def people_rows(snapshot: Snapshot) -> list[Row]:
    """Return one row a role, then one a clock."""
    incident = snapshot.current
    if incident is None:
        said = ("Who does what in an incident,", "and by when it is owed, stands here.")
        return [Row("", 1, partial(_say, words=words)) for words in said]
    now = snapshot.now

    def role(name: Role) -> Row:
        def draw(line: Line, _n: int, width: int) -> None:
            who = incident.roles.get(name, "")
            line.put("● " if who else "· ", "ok" if who else "mute").put(name.value, "soft").to(20)
            # Like in the queue and the header: only a missing commander is something to do.
            wanted = name is Role.COMMANDER and incident.resolved_at is None
            absent = "warn" if wanted else "mute"
            line.say(who or "nobody", "text" if who else absent, width - 21, bold=bool(who))

        return Row("", 1, draw)

    deadlines = [
        *clocks(incident),
        *outside_clocks(incident),
        *([last] if (last := update_clock(incident)) else []),
    ]

    def deadline(index: int) -> Row:
        def draw(line: Line, _n: int, width: int) -> None:
            line.put(f"  {deadlines[index].name}", "mute").to(width - CLOCK_CELLS - 1)
            line.add(clock(deadlines[index], now, line.palette, on=line.on))

        return Row("", 1, draw)

    blank = Row("", 1, lambda _line, _n, _width: None)
    return [*map(role, Role), blank, *(deadline(i) for i in range(len(deadlines)))]
