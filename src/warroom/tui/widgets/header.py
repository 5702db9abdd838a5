"""The first row: which incident, how bad, since when, who commands, where it is kept."""

from datetime import UTC

from rich.cells import cell_len

from warroom import __version__
from warroom.core import spell
from warroom.core.drill import MARK
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Phase
from warroom.tui.commander import commander_clock
from warroom.tui.contact import draw_contact
from warroom.tui.draw import Line, cut
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.bar import Bar

_SOLID_FROM = 0.01
"""From this share on, a failure rate that nobody has contained is a filled badge."""


_CLOCK_FROM = 132
"""Columns from which on the commander's clock stands beside who commands."""
_WHOLE_TITLE = 60
"""Cells of a title for which the commander's clock gives way."""


class Header(Bar):
    """Identity at the left, measured facts at the right; the identity is never cut first."""

    def line(self, snapshot: Snapshot | None, width: int) -> Line:
        """Draw the row."""
        if snapshot is None or not snapshot.loaded:
            return _resting(self.palette, snapshot, width, "opening the store")
        if snapshot.current is None:
            return _resting(self.palette, snapshot, width, "no incident is open")
        return _incident(self.palette, snapshot, snapshot.current, width)


def _resting(palette: Palette, snapshot: Snapshot | None, width: int, words: str) -> Line:
    line = Line(palette, "bg1").put(" warroom", bold=True).put(f" {__version__} · {words}", "soft")
    if snapshot is None:
        return line
    right = _facts(palette, snapshot, None, width)
    return line.to(width - right.width).add(right.segments)


def _incident(palette: Palette, snapshot: Snapshot, incident: Incident, width: int) -> Line:
    line = Line(palette, "bg1")
    priority = incident.priority.value
    title = incident.title
    if incident.drill:
        line.put(" DRILL ", "pend", fill=True)
        title = title.removeprefix(MARK)
    line.put(f" {priority} ", priority.lower(), fill=True)
    line.put(f" {incident.id} ", bold=True)
    wanted = min(cell_len(clean_line(title)), _WHOLE_TITLE) + 1
    clock = commander_clock(incident, snapshot.now)
    running = width >= _CLOCK_FROM and incident.resolved_at is None
    # The rail counts down to the next update as well: a title that can be read comes first.
    forms = (clock.words(), clock.silence()) if running else ()
    for words in (*forms, ""):
        right = _facts(palette, snapshot, incident, width, words)
        if width - right.width - line.width >= wanted:
            break
    line.say(title, "text", width - right.width - line.width - 1)
    return line.to(width - right.width).add(right.segments)


def _facts(
    palette: Palette, snapshot: Snapshot, incident: Incident | None, width: int, clock: str = ""
) -> Line:
    wide = width >= 120
    line = Line(palette, "bg1")
    _share(line, snapshot, incident)
    if incident is not None:
        _state(line, snapshot, incident, wide=width >= 100)
        if wide:
            who = incident.commander
            line.put("  command ", "soft")
            line.put(cut(who, 16) if who else "nobody", "text" if who else "warn", bold=True)
            line.put(" ")
            if clock:
                line.put(f" {clock} ", "soft")
    draw_contact(line, snapshot, wide=wide or incident is None)
    if snapshot.past is not None:
        line.put("then ", "warn", bold=True)
    token = "mute" if snapshot.past is None else "warn"
    return line.put(f"{snapshot.now.astimezone(UTC):%H:%M:%S} ", token)


def _share(line: Line, snapshot: Snapshot, incident: Incident | None) -> None:
    failures, requests = snapshot.log.share_now
    if not requests or snapshot.past is not None:  # what the log says now was not so then
        return
    text = f"5xx {spell.share(failures, requests)}"
    ended = snapshot.log.ended(snapshot.now)
    if ended is not None:  # neither an alarm nor a recovery: nobody knows how it is now
        going_on = incident is not None and incident.resolved_at is None
        day = "" if ended.date() == snapshot.now.date() else f"{ended.day} {ended:%b} "
        words = f"{text} at {day}{ended:%H:%M} "
        line.put(words, "warn" if going_on else "soft", bold=True)
        return
    contained = incident is not None and incident.contained_at is not None
    failing = failures >= _SOLID_FROM * requests
    if failing and not contained:
        line.put(f" {text} ", "s5", fill=True).put(" ")
    else:
        line.put(f"{text} ", "warn" if failing else "ok" if contained else "soft", bold=True)


def _state(line: Line, snapshot: Snapshot, incident: Incident, *, wide: bool) -> None:
    since = {
        Phase.CLOSED: incident.closed_at,
        Phase.RESOLVED: incident.resolved_at,
        Phase.CONTAINED: incident.contained_at,
    }.get(incident.phase)
    if since is None:
        line.put(" not contained ", "s5", bold=True)
        return
    ago = snapshot.now - since
    words = incident.phase.value
    if wide and 0 <= ago.total_seconds() < 86400:
        words += f" {spell.in_prose(ago)}"
    line.put(f" {words} ", "ok")
