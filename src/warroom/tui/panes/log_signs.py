"""The moments that a log shows on its axis, and what stands beside its name in the title."""

from collections.abc import Iterator, Sequence

from warroom.core.events import ChangeRecorded
from warroom.core.state import Incident
from warroom.tui.panes.contain_rows import in_force_token
from warroom.tui.snapshot import LogFacts, Snapshot
from warroom.tui.widgets.axis import Mark
from warroom.tui.widgets.log_gauge import Report
from warroom.tui.widgets.log_line import clock

_CHANGES = 3
"""Changes of the log itself that are marked: those closest to the onset."""


def told_of(snapshot: Snapshot | None) -> tuple[ChangeRecorded, ...]:
    """Return the changes that somebody told of in the incident that is shown."""
    current = None if snapshot is None else snapshot.current
    return () if current is None else current.changes


def doubt(at: float, bounds: tuple[float, float] | None) -> str:
    """Return how far a moment may be off: ` ±8 s`; nothing where the second is certain."""
    if bounds is None:
        return ""
    seconds = round(max(at - bounds[0], bounds[1] - at))
    if seconds < 1:
        return ""
    return f" ±{seconds} s" if seconds < 120 else f" ±{round(seconds / 60)} min"


def marks(current: Incident | None, facts: LogFacts, report: Report | None) -> tuple[Mark, ...]:
    """Return the marks of the axis: onset and end, changes, what was done."""
    return (*_edges(current, facts), *_changes(current, report), *_deeds(current))


def _onset(
    current: Incident | None, facts: LogFacts
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the onset on record, or else the one that the log shows, with its bounds."""
    if current is None or current.onset is None:
        return facts.onset, facts.onset_bounds
    onset = current.onset
    return onset.at.timestamp(), (onset.low.timestamp(), onset.high.timestamp())


def _edges(current: Incident | None, facts: LogFacts) -> Iterator[Mark]:
    onset, bounds = _onset(current, facts)
    if onset is not None:
        yield Mark(onset, "▲", "s5", f"{clock(onset)}{doubt(onset, bounds)} onset")
    if facts.end is not None and (onset is None or facts.end > onset):
        word = "requests stopped" if facts.gone else "over"
        text = f"{clock(facts.end)}{doubt(facts.end, facts.end_bounds)} {word}"
        glyph, token = ("▪", "warn") if facts.gone else ("✓", "ok")
        yield Mark(facts.end, glyph, token, text, word)


def _changes(current: Incident | None, report: Report | None) -> Iterator[Mark]:
    if current is not None and current.changes:
        yield from (Mark(one.happened_at.timestamp(), "◆", "p2") for one in current.changes)
    elif report is not None:
        near = [one for one in report.findings.changes if one.possible]
        yield from (Mark(one.change.at, "◆", "p2") for one in near[:_CHANGES])


def _deeds(current: Incident | None) -> Iterator[Mark]:
    for run in current.ledger if current is not None else ():
        at = run.finished_at or run.intended_at
        title = run.intent.title
        yield Mark(at.timestamp(), "●", in_force_token(run), f"{title} {at:%H:%M:%S}", title)


def title_parts(facts: LogFacts, current: Incident | None) -> Iterator[str]:
    """Return what stands in the title beside the name of the log, most important first."""
    if facts.onset is not None:
        onset, bounds = facts.onset, facts.onset_bounds
        known, known_bounds = _onset(current, facts)
        if known is not None and known_bounds is not None and _meet(bounds, known_bounds):
            onset, bounds = known, known_bounds  # one onset has one time: the one on the axis
        said = f"{facts.outcome} since {clock(onset)}{doubt(onset, bounds)}"
        if facts.end is not None:
            until = "last seen" if facts.gone else "until"
            said += f" {until} {clock(facts.end)}{doubt(facts.end, facts.end_bounds)}"
        yield said
    if facts.watch.snoozed_until is not None:
        yield f"watch snoozed until {clock(facts.watch.snoozed_until)[:5]}"
    elif facts.watch.sees:
        yield facts.watch.sees


def _meet(one: tuple[float, float] | None, other: tuple[float, float]) -> bool:
    return one is not None and one[0] <= other[1] and other[0] <= one[1]


def fitting(name: str, parts: Sequence[str], room: int) -> str:
    """Return the name with as many parts, whole ones, as there is room for."""
    for part in parts:
        longer = f"{name} · {part}"
        if len(longer) > room:
            break
        name = longer
    return name
