"""Pane 3: what holds the damage back now, and what could be done next, fastest first."""

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.core import spell
from warroom.core.state import Incident, Run
from warroom.core.words import Outcome, StepAction, Verdict
from warroom.room.containment import SILENCE, Option
from warroom.tui.draw import Line, cut
from warroom.tui.messages import ActionRequested
from warroom.tui.panes.base import Hint, Pane
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.picklist import PickList, Row

_REASONS_FROM = 34
"""Narrower panes leave out why an option is offered; the zoomed list has it."""


class ContainPane(Pane):
    """In force above, options below; a letter opens an option and runs nothing."""

    NUMBER = "3"
    NAME = "Contain"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "open('f')", "flag off", id="contain.flag"),
        Binding("r", "open('r')", "roll back", id="contain.rollback"),
        Binding("t", "open('t')", "route", id="contain.route"),
        Binding("k", "open('k')", "kill", id="contain.kill"),
        Binding("s", "ask('silence')", "silence the alerts", id="contain.silence"),
        Binding("U", "undo", "undo", id="contain.undo"),
        Binding("l", "keep", "let it stay", id="contain.keep"),
        Binding("V", "ask('settle')", "verify the unknown step", id="contain.settle"),
        Binding("i", "why", "why", id="contain.why"),
    ]

    def __init__(self, palette: Palette, **kwargs: object) -> None:
        super().__init__(palette, **kwargs)
        self.list = _ContainList(palette, id="contain-list")

    def compose(self) -> ComposeResult:
        """The title and the list."""
        yield self.title_line
        yield self.list

    def hints(self) -> list[Hint]:
        """Keys of what is listed now."""
        snapshot = self.snapshot
        if snapshot is None or snapshot.current is None:
            return []
        hints = []
        letters = " ".join(option.key for option in snapshot.options if option.key)
        if letters:
            hints += [Hint("enter", "open checklist"), Hint(letters, "open that one")]
        if any(option.runbook == SILENCE and not option.blocked for option in snapshot.options):
            hints.append(Hint("s", "silence"))
        if snapshot.current.ledger:
            hints += [Hint("U", "undo"), Hint("l", "let stay")]
        if _unknown(snapshot.current):
            hints.append(Hint("V", "verify"))
        return [*hints, Hint("i", "why")] if letters else hints

    def on_resize(self) -> None:
        """Reasons only where there is room."""
        self._fill()

    def watch_snapshot(self, before: Snapshot | None, snapshot: Snapshot | None) -> None:
        """Draw the new state; the cursor of another incident means nothing here."""
        if _name(before) != _name(snapshot):
            self.list.cursor = ""
        self._fill()

    @on(PickList.Moved)
    def _moved(self, event: PickList.Moved) -> None:
        event.stop()

    @on(PickList.Chosen)
    def _chosen(self, event: PickList.Chosen) -> None:
        event.stop()
        what, _, name = event.key.partition(" ")
        action = {"option": "contain", "force": "undo", "unknown": "settle"}[what]
        self._request(action, name)

    def action_open(self, letter: str) -> None:
        """Open the option of a letter."""
        self._request("contain", letter)

    def action_undo(self) -> None:
        """Ask to take back the containment under the cursor, or else the newest."""
        what, _, name = self.list.cursor.partition(" ")
        self._request("undo", name if what == "force" else "")

    def action_keep(self) -> None:
        """Ask to let the containment under the cursor, or else the newest, stay until a date."""
        what, _, name = self.list.cursor.partition(" ")
        self._request("keep", name if what == "force" else "")

    def action_ask(self, action: str) -> None:
        """Ask the screen for an action."""
        self._request(action, "")

    def action_why(self) -> None:
        """Say in the notice row why the option under the cursor is offered."""
        self._request("why_option", self.list.cursor.partition(" ")[2])

    def _request(self, action: str, argument: str) -> None:
        current = self.snapshot.current if self.snapshot else None
        if current is not None:
            self.post_message(ActionRequested(action, incident=current.id, argument=argument))

    def _fill(self) -> None:
        snapshot = self.snapshot
        if snapshot is None:
            return
        self.title_line.fact = _fact(snapshot)
        self.list.show(contain_rows(snapshot, reasons=self.size.width >= _REASONS_FROM))


class _ContainList(PickList):
    """Here `k` is the kill switch, so the letters of a list move nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "kill", "kill", show=False, id="contain.list_kill"),
    ]

    def action_kill(self) -> None:
        """Hand the key on to the pane."""
        pane = self.parent
        if isinstance(pane, ContainPane):
            pane.action_open("k")


def _name(snapshot: Snapshot | None) -> str:
    return snapshot.current.id if snapshot is not None and snapshot.current is not None else ""


def _unknown(incident: Incident) -> list[Run]:
    return [run for run in incident.runs if run.outcome is Outcome.UNKNOWN]


def _fact(snapshot: Snapshot) -> tuple[str, str]:
    incident = snapshot.current
    if incident is None:
        return ("", "mute")
    if snapshot.running:
        return ("running", "accent")
    force = len(incident.ledger)
    if force:
        return (f"{force} in force", "ok")
    return ("fastest first", "mute") if snapshot.options else ("", "mute")


def contain_rows(snapshot: Snapshot, *, reasons: bool) -> list[Row]:
    """Return what the pane lists: running, unknown, in force, and the options."""
    incident = snapshot.current
    if incident is None:
        return [
            _words("What stops the damage", "mute"),
            _words("is offered here.", "mute"),
        ]
    rows: list[Row] = []
    rows += [
        Row("", 2, partial(_running, run=run, now=snapshot.now))
        for run in incident.runs
        if run.outcome is None
    ]
    rows += [Row(f"unknown {r.intent.run}", 2, partial(_lost, run=r)) for r in _unknown(incident)]
    rows += [
        Row(f"force {run.intent.run}", 3, partial(_in_force, run=run, now=snapshot.now))
        for run in incident.ledger
    ]
    failed = _last_failed(incident)
    if failed is not None:
        rows.append(Row("", 2, partial(_failed, run=failed)))
    if snapshot.options:
        if rows:
            rows += [_words("", "mute"), _words("next, fastest first", "mute")]
        lines = 2 if reasons else 1
        rows += [
            Row(f"option {o.key or o.runbook}", lines, partial(_option, option=o))
            for o in snapshot.options
        ]
    elif snapshot.options_trouble:
        rows += [
            _words("✗ Cannot say what applies.", "s5"),
            _words(snapshot.options_trouble, "text"),
        ]
    elif not rows and incident.resolved_at is None:
        rows += [
            _words("No runbook applies.", "text"),
            _words("A Markdown file in the runbooks", "mute"),
            _words("folder makes one: `warroom runbook`", "mute"),
        ]
    return rows


def _words(words: str, token: str) -> Row:
    return Row("", 1, lambda line, _n, width: line.say(words, token, width - 2))


def _last_failed(incident: Incident) -> Run | None:
    """Return the newest run if it did not do what it should, and nothing came after it."""
    last = incident.runs[-1] if incident.runs else None
    bad = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CANCELLED, Outcome.FLOODED)
    return last if last is not None and last.outcome in bad else None


def _running(line: Line, n: int, width: int, *, run: Run, now: datetime) -> None:
    if n == 0:
        for_now = spell.duration(now - run.intended_at)
        line.put("▸ ", "accent")
        line.say(run.intent.title, "accent", width - line.width - len(for_now) - 2, bold=True)
        line.to(width - len(for_now) - 1).put(for_now, "soft")
    else:
        verb = "undoing" if run.intent.action is StepAction.UNDO else "running"
        line.put("  ").say(f"{verb}: {run.intent.step_title}", "mute", width - 4)


def _lost(line: Line, n: int, width: int, *, run: Run) -> None:
    if n == 0:
        line.put("? ", "warn", bold=True).say(run.intent.title, "warn", width - 4, bold=True)
    else:
        line.put("  ").say(f"step {run.intent.step} unknown", "text", width - 14)
        line.to(width - 10).put(" V ", "warn", fill=True).put(" verify", "soft")


def _in_force(line: Line, n: int, width: int, *, run: Run, now: datetime) -> None:
    if n == 0:
        who = f"{cut(run.by, 10)} {run.intended_at:%H:%M:%S}"
        line.put("✓ ", "ok").say(run.intent.title, "ok", width - len(who) - 5, bold=True)
        line.to(width - len(who) - 1).put(who, "soft")
    elif n == 1:
        line.put("  ")
        if run.silences:
            alerts = run.intent.params.get("alerts", "")
            line.say(f"nobody is woken by {alerts}", "text", width - 4)
        else:
            _effect(line, run, width)
    else:
        until, undo = run.expires_at, "U undo"
        line.put("  ")
        if until is None:
            words, token = "no date yet", "mute"
        elif run.silences:
            over = until <= now
            left = f"ends in {spell.in_prose(until - now)}, {until:%H:%M}"
            words = f"ended by itself {until:%H:%M}" if over else left
            token = "warn" if over else "mute"
        elif until <= now:
            words, token = f"was until {spell.clock_time(until, now)}", "warn"
        else:
            words, token = f"until {until:%H:%M}, then it asks", "mute"
        line.say(words, token, width - line.width - len(undo) - 2)
        line.to(width - len(undo) - 1).put("U", "accent", bold=True).put(" undo", "soft")


_POOR = {Verdict.NO_EFFECT: ("no effect:", "warn"), Verdict.WORSE: ("worse:", "s5")}
"""What an action is called that did not help; the verdict is never what gets cut."""


def _effect(line: Line, run: Run, width: int) -> None:
    effect = run.effect
    if effect is None:
        line.put("its effect is not measured yet", "mute")
        return
    if effect.verdict in (Verdict.SOLVED, Verdict.HELPED):
        before = spell.share(effect.before_failures, effect.before_requests).removesuffix(" %")
        after = spell.share(effect.after_failures, effect.after_requests)
        line.put(before, "s5", bold=True).put(" → ", "soft").put(after, "ok", bold=True)
        line.put(f" in {effect.seconds} s", "soft")
        return
    verdict, token = _POOR.get(effect.verdict, ("", ""))
    if not verdict:
        line.say(effect.sentence, "warn", width - line.width - 1)
        return
    before = spell.share(effect.before_failures, effect.before_requests).removesuffix(" %")
    after = spell.share(effect.after_failures, effect.after_requests)
    line.put(verdict, token, bold=True)
    line.say(f" {before} → {after} in {effect.seconds} s", "soft", width - line.width - 1)


def _failed(line: Line, n: int, width: int, *, run: Run) -> None:
    outcome = run.outcome.value.replace("_", " ") if run.outcome else ""
    if n == 0:
        line.put("✗ ", "s5").say(run.intent.title, "s5", width - 4, bold=True)
    else:
        status = run.finished.exit_status if run.finished else None
        code = f", exit status {status}" if status is not None else ""
        line.put("  ").say(f"{outcome}{code}", "text", width - 4)


def _option(line: Line, n: int, width: int, *, option: Option) -> None:
    blocked = bool(option.blocked)
    if n == 0:
        takes = f"~{option.seconds} s" if option.seconds is not None else ""
        line.put(f"{option.key or ' '} ", "accent", bold=True)
        line.put(f"{option.kind.value} ", "mute" if blocked else "text", bold=not blocked)
        line.say(option.title, "mute" if blocked else "text", width - line.width - len(takes) - 2)
        line.to(width - len(takes) - 1).put(takes, "mute")
        return
    undo, token = ("undo ✓", "ok") if option.undo else ("no undo", "warn")
    words = option.blocked or option.reason
    line.put("  ").say(words, "warn" if blocked else "mute", width - line.width - len(undo) - 2)
    line.to(width - len(undo) - 1).put("undo ", "mute") if option.undo else line.to(
        width - len(undo) - 1
    )
    line.put("✓" if option.undo else undo, token)
