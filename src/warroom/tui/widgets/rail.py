"""The second row: the life of the incident and its deadlines in one line."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.segment import Segment

from warroom.core import spell
from warroom.core.clocks import Clock, Pace, Stage, StageState, rail, update_clock
from warroom.core.nextstep import UPDATE, along
from warroom.core.state import Incident
from warroom.tui.draw import Line
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.bar import Bar
from warroom.tui.widgets.measure import inline_clock, resting

_SHORT = {"contained": "cont", "detected": "det", "diagnose": "diagnose"}


class Rail(Bar):
    """`✓ ack 0:38 ─ ▸ diagnose ━─── 1h 45m ─ · hotfix 3h 45m`; drops what matters least."""

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        if snapshot is None or snapshot.current is None:
            return Line(self.palette, "bg1")
        incident, now = snapshot.current, snapshot.now
        step = snapshot.next_step
        marked = step is not None and step.stage == UPDATE
        clock = update_clock(incident)
        right = _update(self.palette, clock, now, wide=width >= 100, marked=marked)
        stages = along(rail(incident), step)
        line = _fitting(self.palette, incident, stages, now, width - right.width - 2)
        return line.to(width - right.width).add(right.segments)


def _fitting(
    palette: Palette, incident: Incident, stages: tuple[Stage, ...], now: datetime, room: int
) -> Line:
    """Return the fullest form that fits: all; without the far end; without the beginning."""
    current = _current(stages)
    # The first stage that says how long there is stays longest: often it is the current one.
    timed = stages[current].clock is not None or stages[current].name == "contain"
    end = current + (1 if timed else 2)
    forms = [(stages, False), (stages[: current + 2], False), (stages[:end], False)]
    forms += [(stages[skip:end], True) for skip in range(1, current + 1)]
    forms.append((stages[current : current + 1], True))
    for form, short in forms:
        line = _draw(palette, incident, form, now, short=short)
        if line.width <= room:
            return line
    return line


def _current(stages: Sequence[Stage]) -> int:
    """Return the stage that is now, or else the first that is not done, or the last."""
    for state in (StageState.NOW, StageState.AHEAD):
        for number, stage in enumerate(stages):
            if stage.state is state:
                return number
    return len(stages) - 1


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
                if stage.name == "contain" and incident.acknowledged_at is not None:
                    _since(line, "· ", name, incident, now)
                    continue
                line.put(f"· {name}", "mute")
                if stage.clock is not None:
                    line.put(" ").add(_ahead(line.palette, stage.clock, now))
    return line


def _ahead(palette: Palette, deadline: Clock, now: datetime) -> list[Segment]:
    """Return what is left, quietly: what has passed is never shown as time that is left."""
    pace = deadline.pace(now)
    if pace in (Pace.CALM, Pace.HALF, Pace.WARN) and not resting(deadline, now):
        token = "warn" if pace is Pace.WARN else "mute"
        return [Segment(spell.duration(deadline.left(now)), palette.style(token, on="bg1"))]
    return inline_clock(deadline, now, palette, on="bg1")


def _now(line: Line, stage: Stage, name: str, incident: Incident, now: datetime) -> None:
    if stage.name == "contain":
        _since(line, "▸ ", name, incident, now)
        return
    line.put("▸ ", "accent").put(name, "accent", bold=True)
    if stage.clock is not None:
        line.put(" ").add(inline_clock(stage.clock, now, line.palette, on="bg1", bold=True))


def _since(line: Line, mark: str, name: str, incident: Incident, now: datetime) -> None:
    """Draw that the damage goes on, whatever is done next: it has no deadline but an age."""
    since = spell.duration(now - (incident.acknowledged_at or incident.declared_at))
    line.put(mark, "s5").put(f"{name} ", "s5", bold=True).put(f"since {since}", bold=True)


def _update(
    palette: Palette, deadline: Clock | None, now: datetime, *, wide: bool, marked: bool
) -> Line:
    """Draw when the next update is due; `marked`: it is the next thing to do."""
    line = Line(palette, "bg1")
    if deadline is None:
        return line
    late = deadline.pace(now) in (Pace.WARN, Pace.LATE)
    words = "update due " if wide else "update "
    if marked:
        line.put("▸ ", "accent").put(words, "accent", bold=True)
    else:
        line.put(words, "warn" if late else "mute", bold=late)
    return line.add(inline_clock(deadline, now, palette, on="bg1")).put(" ")
