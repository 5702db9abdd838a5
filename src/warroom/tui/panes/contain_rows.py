"""The rows of containment: what runs, what is unknown, what is in force, what could be next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from warroom.core import spell
from warroom.core.state import Incident, Run
from warroom.core.text import clean_line
from warroom.core.words import Outcome, StepAction, Verdict
from warroom.room.containment import Option
from warroom.tui.draw import Line, cut
from warroom.tui.snapshot import Snapshot
from warroom.tui.widgets.picklist import Row
from warroom.tui.widgets.pieces import Piece, cells, wrap

_REASONS_FROM = 34
"""Narrower panes leave out why an option is offered; the zoomed list has it."""
WIDEST = 100
"""A row is not wider, however much room there is: its two ends are read together."""
_TITLE_LINES = (3, 2, 1)
"""Lines that a title may take, the most that still show every row; a longer one loses its middle,
never the version at its end."""


def contain_rows(snapshot: Snapshot, width: int, height: int = 0) -> list[Row]:
    """Return what the pane lists at a width: running, unknown, in force, and the options.

    Args:
        snapshot: What is shown.
        width: Cells of a row.
        height: Lines there are; long titles give way, so that the last option is seen. 0: any.
    """
    found: list[Row] = []
    for most in _TITLE_LINES:
        found = _rows(snapshot, width, most)
        if not height or sum(row.lines for row in found) <= height:
            break
    return found


def _rows(snapshot: Snapshot, width: int, most: int) -> list[Row]:
    incident = snapshot.current
    if incident is None:
        return _said("What stops the damage is offered here.", "mute", width)
    now = snapshot.now
    keys = not snapshot.contact.reading
    rows = [_running(run, now, width) for run in incident.runs if run.outcome is None]
    rows += [_lost(run, width, keys=keys) for run in incident.unknown]
    rows += [_in_force(run, now, width, keys=keys) for run in incident.ledger]
    failed = _last_failed(incident)
    if failed is not None:
        rows.append(_failed(failed, width))
    if snapshot.options:
        if rows:
            rows += [_words("", "mute"), _words("next, fastest first", "mute")]
        rows += [_option(option, width, most, keys=keys) for option in snapshot.options]
    elif snapshot.options_trouble:
        rows.append(_words("✗ Cannot say what applies.", "s5"))
        rows += _said(snapshot.options_trouble, "text", width)
    elif not rows and incident.resolved_at is None:
        rows.append(_words("No runbook applies.", "text"))
        made = "A Markdown file in the runbooks folder makes one: warroom runbook"
        rows += _said(made, "mute", width)
        if incident.contained_at is None and keys:
            by_hand = "Whoever stops it by hand says so:  :  then “by hand”."
            rows += _said(by_hand, "mute", width)
    return rows


def _said(words: str, token: str, width: int) -> list[Row]:
    return [_words(part, token) for part in wrap(clean_line(words), max(width - 2, 1))]


def _words(words: str, token: str) -> Row:
    return Row("", 1, lambda line, _n, width: line.say(words, token, width - 2))


def _last_failed(incident: Incident) -> Run | None:
    """Return the newest run if it did not do what it should, and nothing came after it."""
    last = incident.runs[-1] if incident.runs else None
    bad = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CANCELLED, Outcome.FLOODED)
    return last if last is not None and last.outcome in bad else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The beginning of a row: a mark, a title, and something short at the right edge."""

    mark: Piece
    title: str
    tone: str
    instead: Piece
    """Stands beside the mark where the title does not fit there and takes lines of its own."""
    kind: str = ""
    """Stands before the title where both fit."""
    bold: bool = True
    right: str = ""
    right_tone: str = "soft"
    most: int = _TITLE_LINES[0]
    """Lines that the title may take."""

    def row(self, key: str, width: int, *rest: Callable[[Line, int], object]) -> Row:
        """Return the row at a width: the head, and each of `rest` on a line below."""
        before = cells(f"{self.mark.text}{self.kind}")
        beside = cells(clean_line(self.title)) <= width - before - cells(self.right) - 3
        below = () if beside else self._lines(width - 5)  # the gutter, the indent, a scrollbar

        def draw(line: Line, n: int, width: int) -> None:
            if n == 0:
                self._first(line, width, beside=beside)
            elif n <= len(below):
                line.put("  ").put(below[n - 1], self.tone, bold=self.bold)
            else:
                rest[n - len(below) - 1](line.put("  "), width)

        return Row(key, 1 + len(below) + len(rest), draw)

    def _first(self, line: Line, width: int, *, beside: bool) -> None:
        line.put(self.mark.text, self.mark.token, bold=self.mark.bold)
        if beside:
            line.put(self.kind, self.instead.token, bold=self.instead.bold)
            line.say(self.title, self.tone, width, bold=self.bold)
        else:
            line.put(self.instead.text, self.instead.token, bold=self.instead.bold)
        line.to(width - cells(self.right) - 1).put(self.right, self.right_tone)

    def _lines(self, room: int) -> tuple[str, ...]:
        title = clean_line(self.title)
        lines = wrap(title, room)
        if len(lines) <= self.most:
            return tuple(lines)
        if self.most > 1:
            *whole, broken = lines[: self.most - 1]
            return (*whole, f"{cut(broken, room - 2).removesuffix('…')} …", _end(title, room))
        last = _end(title, room * 2 // 3)
        head = cut(title, max(room - cells(last) - 1, 1)).removesuffix("…").rstrip()
        return (f"{head} … {last}",)


def _end(title: str, room: int) -> str:
    """Return the end of a title in at most so many cells, from a whole word on if it has one."""
    start = len(title)
    least = max(0, start - 4 * room)  # thousands of marks without a width of their own are hostile
    while start > least and (size := cells(title[start - 1])) <= room:
        room -= size
        start -= 1
    title = title[start:]
    _, blank, words = title.partition(" ")
    return words if blank and words else title


def _running(run: Run, now: datetime, width: int) -> Row:
    verb = "undoing" if run.intent.action is StepAction.UNDO else "running"
    head = _Head(
        mark=Piece("▸ ", "accent"),
        title=run.intent.title,
        tone="accent",
        instead=Piece(verb, "accent"),
        right=spell.duration(now - run.intended_at),
    )
    step = f"step {run.intent.step}"
    if run.intent.step_title != run.intent.title:  # a runbook of one step has one name
        step += f": {run.intent.step_title}"
    words = f"{verb} {step}"
    return head.row("", width, lambda line, width: line.say(words, "mute", width - 4))


def _lost(run: Run, width: int, *, keys: bool) -> Row:
    head = _Head(
        mark=Piece("? ", "warn", bold=True),
        title=run.intent.title,
        tone="warn",
        instead=Piece("unknown", "warn", bold=True),
    )

    def what(line: Line, width: int) -> None:
        line.say(f"step {run.intent.step} unknown", "text", width - 15)
        if keys:
            line.to(width - 11).put(" V ", "warn", fill=True).put(" verify", "soft")

    return head.row(f"unknown {run.intent.run}", width, what)


def _in_force(run: Run, now: datetime, width: int, *, keys: bool) -> Row:
    token = in_force_token(run)
    head = _Head(
        mark=Piece("✓ ", token),
        title=run.intent.title,
        tone=token,
        instead=Piece("in force", token),
        right=f"{cut(run.by, 10)} {run.intended_at:%H:%M:%S}",
    )

    def effect(line: Line, width: int) -> None:
        if run.silences:
            alerts = run.intent.params.get("alerts", "")
            line.say(f"nobody is woken by {alerts}", "text", width - 4)
        else:
            _effect(line, run, width)

    def end(line: Line, width: int) -> None:
        words, token = _until(run, now)
        undo = "U undo" if keys else ""
        line.say(words, token, width - line.width - len(undo) - 2)
        if undo:
            line.to(width - len(undo) - 1).put("U", "accent", bold=True).put(" undo", "soft")

    return head.row(f"force {run.intent.run}", width, effect, end)


def _until(run: Run, now: datetime) -> tuple[str, str]:
    """Return until when something is in force, in words and their token."""
    until = run.expires_at
    if until is None:
        return "until taken back", "mute"
    if run.silences:
        if until <= now:
            return f"ended by itself {until:%H:%M}", "warn"
        return f"ends in {spell.in_prose(until - now)}, {until:%H:%M}", "mute"
    if until <= now:
        return f"was until {spell.clock_time(until, now)}", "warn"
    return f"until {until:%H:%M}, then it asks", "mute"


_POOR = {Verdict.NO_EFFECT: ("no effect:", "warn"), Verdict.WORSE: ("worse:", "s5")}
"""What an action is called that did not help; the verdict is never what gets cut."""


def poor(run: Run) -> bool:
    """Whether something in force was measured and did not help: green would call it a success."""
    return run.effect is not None and run.effect.verdict in _POOR


def in_force_token(run: Run) -> str:
    """Return the colour of something in force, by what it was measured to do."""
    return _POOR[run.effect.verdict][1] if run.effect is not None and poor(run) else "ok"


def _effect(line: Line, run: Run, width: int) -> None:
    effect = run.effect
    if effect is None:
        line.put("its effect is not measured yet", "mute")
        return
    before = spell.share(effect.before_failures, effect.before_requests).removesuffix(" %")
    after = spell.share(effect.after_failures, effect.after_requests)
    if effect.verdict in (Verdict.SOLVED, Verdict.HELPED):
        line.put(before, "s5", bold=True).put(" → ", "soft").put(after, "ok", bold=True)
        line.put(f" in {effect.seconds} s", "soft")
        return
    verdict, token = _POOR.get(effect.verdict, ("", ""))
    if not verdict:
        line.say(effect.sentence, "warn", width - line.width - 1)
        return
    line.put(verdict, token, bold=True)
    line.say(f" {before} → {after} in {effect.seconds} s", "soft", width - line.width - 1)


def _failed(run: Run, width: int) -> Row:
    outcome = run.outcome.value.replace("_", " ") if run.outcome else ""
    head = _Head(
        mark=Piece("✗ ", "s5"),
        title=run.intent.title,
        tone="s5",
        instead=Piece(outcome, "s5"),
    )
    status = run.finished.exit_status if run.finished else None
    words = outcome if status is None else f"{outcome}, exit status {status}"
    return head.row("", width, lambda line, width: line.say(words, "text", width - 4))


def _option(option: Option, width: int, most: int, *, keys: bool) -> Row:
    blocked = bool(option.blocked)
    token = "mute" if blocked else "text"
    head = _Head(
        mark=Piece(f"{(keys and option.key) or ' '} ", "accent", bold=True),
        title=option.title,
        tone=token,
        bold=False,
        kind=f"{option.kind.value} ",
        instead=Piece(option.kind.value, token, bold=not blocked),
        right=f"~{option.seconds} s" if option.seconds is not None else "",
        right_tone="mute",
        most=most,
    )

    def why(line: Line, width: int) -> None:
        undo = "undo ✓" if option.undo else "no undo"
        words = option.blocked or option.reason
        room = width - line.width - len(undo) - 2
        line.say(words, "warn" if blocked else "mute", room).to(width - len(undo) - 1)
        if option.undo:
            line.put("undo ", "mute").put("✓", "ok")
        else:
            line.put(undo, "warn")

    reasons = (why,) if width >= _REASONS_FROM else ()
    return head.row(f"option {option.key or option.runbook}", width, *reasons)
