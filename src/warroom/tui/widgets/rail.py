"""The second row: the life of the incident and its deadlines in one line."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from warroom.core import spell
from warroom.core.clocks import Clock, Stage, StageState, rail, update_clock
from warroom.core.state import Incident
from warroom.tui.draw import Line
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.bar import Bar
from warroom.tui.widgets.measure import inline_clock

_SHORT = {"contained": "cont", "detected": "det", "diagnose": "diagnose"}


class Rail(Bar):
    """`✓ ack 0:38 ─ ▸ diagnose ━─── 1h 45m ─ · hotfix 3h 45m`; drops what matters least."""

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        if snapshot is None or snapshot.current is None:
            return Line(self.palette, "bg1")
        incident, now = snapshot.current, snapshot.now
        right = _update(self.palette, update_clock(incident), now, wide=width >= 100)
        line = _fitting(self.palette, incident, now, width - right.width - 2)
        return line.to(width - right.width).add(right.segments)


def _fitting(palette: Palette, incident: Incident, now: datetime, room: int) -> Line:
    """Return the fullest form that fits: all; without the far end; without the beginning."""
    stages = rail(incident)
    current = next((i for i, s in enumerate(stages) if s.state is StageState.NOW), len(stages) - 1)
    forms: list[Sequence[Stage]] = [stages, stages[: current + 2], stages[: current + 1]]
    forms += [stages[skip : current + 1] for skip in range(1, current + 1)]
    for number, form in enumerate(forms):
        line = _draw(palette, incident, form, now, short=number >= 3)
        if line.width <= room:
            return line
    return line


def _draw(
    palette: Palette, incident: Incident, stages: Sequence[Stage], now: datetime, *, short: bool
) -> Line:
    line = Line(palette, "bg1").put(" ")
    for number, stage in enumerate(stages):
        if number:
            line.put("  " if short else " ─ ", "line")
        name = _SHORT.get(stage.name, stage.name) if short else stage.name
        match stage.state:
            case StageState.DONE:
                line.put(f"✓ {name}", "ok")
                if stage.took is not None:
                    line.put(f" {spell.duration(max(stage.took, timedelta()))}", "mute")
            case StageState.NOW:
                _now(line, stage, name, incident, now)
            case StageState.AHEAD:
                left = f" {spell.duration(stage.clock.left(now))}" if stage.clock else ""
                line.put(f"· {name}{left}", "mute")
    return line


def _now(line: Line, stage: Stage, name: str, incident: Incident, now: datetime) -> None:
    if stage.clock is not None:
        line.put("▸ ", "accent").put(f"{name} ", "accent", bold=True)
        line.add(inline_clock(stage.clock, now, line.palette, on="bg1", bold=True))
        return
    since = spell.duration(now - (incident.acknowledged_at or incident.declared_at))
    line.put("▸ ", "s5").put(f"{name} ", "s5", bold=True).put(f"since {since}", bold=True)


def _update(palette: Palette, deadline: Clock | None, now: datetime, *, wide: bool) -> Line:
    line = Line(palette, "bg1")
    if deadline is None:
        return line
    late = deadline.used(now) >= 0.75
    line.put("update due " if wide else "update ", "warn" if late else "mute", bold=late)
    return line.add(inline_clock(deadline, now, palette, on="bg1")).put(" ")
