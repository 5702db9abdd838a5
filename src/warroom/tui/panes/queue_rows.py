"""The rows of the queue: two lines an incident where it is narrow, columns where it is wide."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from warroom.core import spell
from warroom.core.clocks import Clock, Pace, update_clock
from warroom.core.queue import QueueRow, why_first
from warroom.core.state import Incident
from warroom.core.words import Criterion, Factor, Phase
from warroom.tui.draw import Line
from warroom.tui.snapshot import Promise, Snapshot
from warroom.tui.widgets.measure import CLOCK_CELLS, clock, measure, owed
from warroom.tui.widgets.no_log import NoLog
from warroom.tui.widgets.picklist import Row
from warroom.tui.widgets.pieces import wrap

When = Callable[[], datetime]
"""Tells the time at the moment of drawing: the clocks of a row go on without new rows."""

_FACTORS = {
    Factor.BUSINESS: "business impact",
    Factor.USERS: "users affected",
    Factor.DATA_LOSS: "data-loss risk",
    Factor.SECURITY: "security",
    Factor.NO_WORKAROUND: "no workaround",
    Factor.COMPLEXITY: "hard to recover",
}
_CRITERIA = {
    Criterion.REVENUE: "revenue loss",
    Criterion.DATA_EXPOSURE: "data exposure",
    Criterion.CORE_FUNCTION: "broken core function",
    Criterion.SLA_BREACH: "SLA breach",
}


def queue_rows(
    snapshot: Snapshot,
    *,
    wide: bool,
    room: tuple[int, int] = (0, 0),
    when: When | None = None,
    marked: Collection[str] = (),
) -> list[Row]:
    """Return the rows of the queue: one line with columns each, or two lines where it is narrow.

    Args:
        snapshot: What is shown.
        wide: Whether there is room for columns.
        room: Cells of a row and lines of the list: the sentence below is wrapped where that fits.
        when: The time that rows are drawn for; by default that of the snapshot.
        marked: Incidents that the next action means together.
    """
    when = when or (lambda: snapshot.now)
    if not snapshot.rows and not snapshot.promises:
        return _empty(snapshot, room[0])
    awake = [row for row in snapshot.rows if not row.snoozed]
    asleep = [row for row in snapshot.rows if row.snoozed]
    draw = _wide_row if wide else _two_lines
    rows = [_text_row(_heading)] if wide else []
    for number, row in enumerate(awake):
        if wide and number and row.incident.priority != awake[number - 1].incident.priority:
            rows.append(_blank())
        look = partial(draw, row=row, when=when, marked=row.incident.id in marked)
        rows.append(Row(row.incident.id, 1 if wide else 2, look))
    if wide:
        return rows + _wide_rest(snapshot, asleep)
    late = sum(promise.late(snapshot.now) for promise in snapshot.promises)
    if asleep or late:
        rows.append(_text_row(partial(_tail, asleep=len(asleep), late=late)))
    rows += [Row(row.incident.id, 1, partial(_asleep, row=row, now=snapshot.now)) for row in asleep]
    words = why_first(snapshot.rows)
    width, height = room
    parts = wrap(words, width - 2)
    if sum(row.lines for row in rows) + len(parts) > height:
        parts = [words]
    return rows + [_said(part, "mute") for part in parts]


def filter_rows(complaint: str, *, found: int, of: int, width: int) -> list[Row]:
    """Return what stands above the rows while a filter cannot be read, or lets nothing through."""
    if complaint:
        return [_said(words, "warn") for words in wrap(complaint, max(width - 2, 1))]
    if found or not of:
        return []
    return [
        _said(f"None of {of} incidents matches.", "text"),
        _said("enter looks in the closed ones,", "mute"),
        _said("esc shows all again", "mute"),
    ]


def _said(words: str, token: str) -> Row:
    return _text_row(lambda line, _, width: _put(line, words, token, width))


def _blank() -> Row:
    return Row("", 1, lambda _line, _n, _width: None)


def _text_row(draw: Callable[[Line, int, int], object]) -> Row:
    return Row("", 1, draw)


def _put(line: Line, words: str, token: str, width: int) -> None:
    line.say(words, token, width - line.width - 1)


_WATCH = (("Watch a log", "soft"), ("  warroom --log FILE", "mute"))


def _empty(snapshot: Snapshot, width: int) -> list[Row]:
    told: tuple[tuple[str, str], ...]
    if snapshot.trouble:
        said = wrap(snapshot.trouble, width - 2) if width else [snapshot.trouble]
        told = (("✗ The store does not answer.", "s5"), *((part, "text") for part in said))
    elif not snapshot.loaded:
        told = (("opening the store", "mute"), ("The log is already live.", "mute"))
    elif snapshot.log.watch.sentence:
        told = (
            ("No incident is open,", "text"),
            (f"but {spell.share(*snapshot.log.share_now)} of requests fail.", "s5"),
            ("", "mute"),
            (".  declares one, filled in", "text"),
        )
    else:
        told = (
            ("No incident. Good.", "text"),
            ("What can I do now?", "text"),
            ("Something fails:  d declares it", "soft"),
            ("  warroom declare 'what fails'", "mute"),
            *_WATCH * (snapshot.log.label in ("", NoLog.label)),
            ("Practise on a shop that fails", "soft"),
            ("  warroom drill run", "mute"),
            ("Look around:  : tour", "soft"),
        )
    return [_text_row(partial(_told, words=words, token=token)) for words, token in told]


def _told(line: Line, n: int, width: int, *, words: str, token: str) -> None:
    del n
    _put(line, words, token, width)


def _two_lines(line: Line, n: int, width: int, *, row: QueueRow, when: When, marked: bool) -> None:
    incident, now = row.incident, when()
    if n == 0:
        _priority(line, incident, marked=marked)
        line.put(f"{incident.id} ", bold=True)
        _put(line, incident.title, "text", width)
        return
    line.put("   ")
    due = _most_pressing(row, now)
    if due is None:
        line.put(incident.phase.value, "ok")
        return
    line.put(due.said, "mute")
    line.to(width - CLOCK_CELLS - 1).add(clock(due, now, line.palette, on=line.on))


def _priority(line: Line, incident: Incident, *, marked: bool) -> None:
    """Draw the priority; a mark takes the place of the blank behind it, so that nothing moves."""
    line.put(incident.priority.value, incident.priority.value.lower(), bold=True)
    line.put("▪" if marked else " ", "accent", bold=True)


def _most_pressing(row: QueueRow, now: datetime) -> Clock | None:
    """Return the clock of a row; the promised update instead where only that has passed."""
    if row.clock is not None and row.clock.pace(now) is Pace.LATE:
        return row.clock
    update = update_clock(row.incident)
    late = update is not None and update.pace(now) is Pace.LATE
    return update if late else row.clock


def _asleep(
    line: Line, n: int, width: int, *, row: QueueRow, now: datetime, title: int = 0
) -> None:
    """Draw one that sleeps, its title from a column on."""
    del n
    incident = row.incident
    line.put(f"{incident.priority.value} {incident.id} ", "mute").to(title)
    until = incident.snoozed_until
    when = f" zz {_due(until, now)}" if until else ""
    line.say(incident.title, "mute", width - line.width - len(when) - 1)
    line.to(width - len(when) - 1).put(when, "mute")


def _tail(line: Line, n: int, width: int, *, asleep: int, late: int) -> None:
    del n
    if asleep:
        line.put(f"zz {asleep} snoozed", "mute")
    if late:
        words = f"▪ {late} follow-up{'s' if late > 1 else ''} late"
        line.to(width - len(words) - 1).put(words, "warn")


# the wide form: fixed columns, so that scanning down is one vertical movement
_WHAT, _STATE, _WHY = 14, 48, 104
_REASONS = 60
"""Cells that the reasons want; what is left of a wide screen goes to the titles."""
_LONGEST_TITLE = 80


def _shift(width: int) -> int:
    """Return by how many cells the columns after the title move to the right."""
    return max(0, min(width - _WHY - _REASONS, _LONGEST_TITLE - (_STATE - _WHAT)))


def _heading(line: Line, n: int, width: int) -> None:
    del n
    state = _STATE + _shift(width)
    line.put("   id", "mute").to(_WHAT).put("what", "mute").to(state).put("state", "mute")
    line.to(state + 14).put("next clock", "mute").to(state + 36).put("since", "mute")
    line.to(state + 44).put("who", "mute").to(state + _WHY - _STATE).put("why here", "mute")


def _wide_row(line: Line, n: int, width: int, *, row: QueueRow, when: When, marked: bool) -> None:
    del n
    incident, now = row.incident, when()
    state = _STATE + _shift(width)
    _priority(line, incident, marked=marked)
    line.say(f"{incident.id} ", "text", 10, bold=True).to(_WHAT)
    line.say(incident.title, "text", state - _WHAT - 1).to(state)
    line.put(incident.phase.value, _phase_token(incident)).to(state + 14)
    due = _most_pressing(row, now)
    if due is not None:
        line.put(due.said, "mute").to(state + 23)
        line.add(clock(due, now, line.palette, on=line.on))
    line.to(state + 36).put(_since(incident.declared_at, now), "mute").to(state + 44)
    if incident.commander:
        line.say(incident.commander, "text", 11)
    else:
        line.put("nobody", "warn", bold=True)
    reasons = [row.placed] if row.placed else row.reasons[:3]
    _put(line.to(state + _WHY - _STATE), "; ".join(reasons), "soft", width)


def _phase_token(incident: Incident) -> str:
    return "ok" if incident.phase in (Phase.CONTAINED, Phase.RESOLVED) else "soft"


def _since(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at.day} {at:%b}"


def _due(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%a} {at:%H:%M}"


def _group(name: str, fact: str, tone: str = "mute") -> list[Row]:
    def draw(line: Line, n: int, width: int) -> None:
        del n
        line.put(f"{name} ", "soft", bold=True)
        line.to(width - len(fact) - 4, "─", "line").put(f" {fact} ", tone).to(width, "─", "line")

    return [_blank(), _text_row(draw)]


def _wide_rest(snapshot: Snapshot, asleep: list[QueueRow]) -> list[Row]:
    rows: list[Row] = []
    if asleep:
        rows += _group("Snoozed", "wake by themselves")
        rows += [
            Row(row.incident.id, 1, partial(_asleep, row=row, now=snapshot.now, title=_WHAT))
            for row in asleep
        ]
    if snapshot.promises:
        late = sum(promise.late(snapshot.now) for promise in snapshot.promises)
        fact = f"{late} late · {len(snapshot.promises)} open"
        rows += _group("Follow-ups", fact, "warn" if late else "mute")
        rows += [
            Row(
                f"follow-up {promise.incident} {promise.facts.follow_up}",
                1,
                partial(_promise, promise=promise, now=snapshot.now),
            )
            for promise in snapshot.promises
        ]
    if snapshot.rows and snapshot.current is not None:
        rows += _why_rows(snapshot, snapshot.current)
    return rows


def _promise(line: Line, n: int, width: int, *, promise: Promise, now: datetime) -> None:
    del n
    late = promise.late(now)
    facts = promise.facts
    line.put("!  " if late else "·  ", "warn" if late else "mute")
    line.say(promise.incident, "mute", 10).to(_WHAT)
    width = min(width, _WHY + _REASONS)
    line.say(facts.text, "text", width - _WHAT - 44).to(width - 42)
    line.say(facts.owner or "nobody", "mute" if facts.owner else "warn", 14).to(width - 26)
    words, token = owed(facts.due, now)
    line.put(words, token, bold=late)


def _why_rows(snapshot: Snapshot, incident: Incident) -> list[Row]:
    row = next((row for row in snapshot.rows if row.incident.id == incident.id), None)
    points = f"{spell.count(row.score)} points" if row is not None else ""
    rows = _group(f"Why {incident.id} stands where it does", points)
    rows += [_said(f" {_score(row)}", "soft")] if row is not None else []
    rows += [_text_row(partial(_factor, factor=factor, incident=incident)) for factor in Factor]
    rows += _group("Criticality", "any one makes P1 the default")
    rows.append(_text_row(partial(_criteria, incident=incident)))
    rows += [
        _blank(),
        _text_row(lambda line, _, width: _put(line, why_first(snapshot.rows), "text", width)),
    ]
    return rows


def _score(row: QueueRow) -> str:
    """Return what the points are made of: those of the priority, and what is added to them."""
    resolved = row.incident.resolved_at is not None
    base = "resolved" if resolved else row.incident.priority.value
    parts = [f"{words} {points}" for words, points in zip(row.reasons, row.points, strict=True)]
    return " + ".join([f"{base} {spell.count(row.score - sum(row.points))}", *parts])


def _factor(line: Line, n: int, width: int, *, factor: Factor, incident: Incident) -> None:
    del n, width
    weight = incident.factors.get(factor.value)
    line.put(f" {_FACTORS[factor]}", "soft").to(20)
    line.add(measure((weight or 0) / 3, 20, line.palette, "accent", on=line.on)).put("  ")
    if weight is None:
        line.put("?", "pend", bold=True).put("  an open question", "mute")
    else:
        line.put(f"{weight}", bold=True).put("/3", "mute")


def _criteria(line: Line, n: int, width: int, *, incident: Incident) -> None:
    del n, width
    for criterion, words in _CRITERIA.items():
        if criterion in incident.criteria:
            line.put(" ▲ ", "s5").put(f"{words}   ", "s5", bold=True)
        else:
            line.put(f" · {words}   ", "mute")
