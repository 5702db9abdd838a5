"""A step while it runs: its command and output at the left, its measured effect at the right."""

import time
from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer

from warroom.core import spell
from warroom.core.text import clean_text
from warroom.core.words import Outcome, StepAction, Verdict
from warroom.room.containment import Plan, Progress
from warroom.tui.screens.dialog import Dialog, palette_of
from warroom.tui.widgets.pieces import Line, Piece, bars, fit, gauge, line, rule, wrap
from warroom.tui.widgets.rowlist import Row, RowList

_KEEP = 2000
"""Lines of output that are kept for looking at; the journal keeps head and tail."""

_VERDICTS = {
    Verdict.SOLVED: ("✓", "ok"),
    Verdict.HELPED: ("✓", "ok"),
    Verdict.NO_EFFECT: ("▪", "warn"),
    Verdict.WORSE: ("✗", "s5"),
    Verdict.TOO_EARLY: ("▸", "accent"),
}


class StepOutput(Message):
    """A piece of what the step printed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class StepEnded(Message):
    """The step ended; an outcome of None: it was refused and nothing ran."""

    def __init__(self, outcome: Outcome | None, sentence: str) -> None:
        super().__init__()
        self.outcome = outcome
        self.sentence = sentence


class EffectProgress(Message):
    """How far the measuring of the effect has come."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, EffectProgress)


class RunScreen(Dialog[str]):
    """Shows a running step; leaving leaves it running, `S` stops it.

    Returns what comes next: `undo`, `steps`, or None for nothing.
    """

    PRODUCTION = True
    DEFAULT_CSS = """
    RunScreen #dialog { width: 130; height: 65%; min-height: 22; }
    RunScreen #frame { height: 1fr; }
    RunScreen #body { height: 1fr; }
    RunScreen #halves { height: 1fr; min-height: 4; }
    RunScreen #output { width: 3fr; background: $wr-bg3; }
    RunScreen #effect { width: 2fr; padding-left: 2; }
    RunScreen.-narrow #halves { layout: vertical; }
    RunScreen.-narrow #output { width: 1fr; height: 1fr; min-height: 2; }
    RunScreen.-narrow #effect { width: 1fr; height: auto; padding-left: 0; }
    """

    def __init__(
        self,
        plan: Plan,
        *,
        stop: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self.plan = plan
        self._stop = stop
        self._clock = clock
        self._began = clock()
        self._ended: StepEnded | None = None
        self._took = 0.0
        self._stopping = False
        self._lines: list[str] = []
        self._dropped = 0
        self._tail = ""
        self._progress: Progress | None = None
        self._shares: list[float] = []
        self._ticking: Timer | None = None
        self._told = ""

    def head(self) -> tuple[str, str]:
        """Return the runbook and the step."""
        plan = self.plan
        return plan.title, f"step {plan.step} of {plan.steps} · {plan.step_title}"

    def content(self) -> ComposeResult:
        """Yield the step, its output and its effect."""
        yield self.sheet(self._step_lines, id="step")
        with Horizontal(id="halves"):
            self._output = RowList(palette_of(self.app), follow=True, ground="bg3")
            self._output.id = "output"
            yield self._output
            yield self.sheet(self._effect_lines, id="effect")

    def on_mount(self) -> None:
        """Show the command and let the seconds run."""
        super().on_mount()
        self._ticking = self.set_interval(1.0, self.redraw, name="step clock")
        self._output.fill(self._rows)
        self._output.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Put the effect below the output where there is no room beside it."""
        super().on_resize(event)
        self.set_class(event.size.width < 100, "-narrow")
        self.redraw()

    # What the step says.

    def on_step_output(self, event: StepOutput) -> None:
        """Show what was printed; a carriage return begins its line anew, as on a terminal."""
        text = self._tail + event.text.replace("\r\n", "\n")
        *whole, self._tail = text.split("\n")
        self._lines += [part.rsplit("\r", 1)[-1] for part in whole]
        self._tail = self._tail.rsplit("\r", 1)[-1]
        if len(self._lines) > _KEEP:
            self._dropped += len(self._lines) - _KEEP
            del self._lines[: len(self._lines) - _KEEP]
        self._output.fill(self._rows)

    def on_step_ended(self, event: StepEnded) -> None:
        """Show how it ended."""
        self._ended = event
        self._took = self._clock() - self._began
        if self._ticking is not None and event.outcome is not Outcome.SUCCEEDED:
            self._ticking.stop()
        self._output.fill(self._rows)
        self.redraw()

    def on_effect_progress(self, event: EffectProgress) -> None:
        """Show what the log says about it."""
        self._progress = event.progress
        failures, requests = event.progress.after
        self._shares.append(failures / requests if requests else 0.0)
        self.redraw()

    # Keys.

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the key that stops, while there is something to stop."""
        if self._ended is not None:
            return {"U": self._undo} if self._can_undo else {}
        return {} if self._stopping else {"S": self._stop_now}

    def on_key(self, event: events.Key) -> None:
        """Read the deliberate key, escape, and enter once it has ended."""
        if self.feed(event):
            return
        self._told = ""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key == "n" and self._ended is not None and self.plan.steps > 1:
            event.stop()
            self.dismiss("steps")
        elif event.key == "s" and self._ended is None:
            self._told = "Still running. Capital S stops it."
        self.redraw()

    def on_pick_list_chosen(self, event: RowList.Chosen) -> None:
        """Leave with enter, once it has ended."""
        event.stop()
        self.disturb()
        if self._ended is not None:
            self.dismiss(None)

    def unheard(self, words: str) -> None:
        """Say that the key was seen, and stopped or opened nothing."""
        self._told = words

    @property
    def _can_undo(self) -> bool:
        ended = self._ended
        return bool(self.plan.undo) and ended is not None and ended.outcome is Outcome.SUCCEEDED

    def _undo(self) -> None:
        """Leave for the preview of the undo, which asks before it runs."""
        self.dismiss("undo")

    def _stop_now(self) -> None:
        self._stopping = True
        self._stop()
        self.redraw()

    # What is drawn.

    def _step_lines(self, width: int) -> Sequence[Line]:
        ended = self._ended
        seconds = self._took if ended else self._clock() - self._began
        if ended is None:
            mark, tone = ("▪", "warn") if self._stopping else ("▸", "accent")
            word = "stopping" if self._stopping else _RUNNING[self.plan.action]
            state = Piece(f"{word} {seconds:.0f} s of {self.plan.timeout:g} s", tone, bold=True)
            bar = gauge(seconds / self.plan.timeout if self.plan.timeout else 1, 26, tone)
            return [(), line(Piece(f"{mark} ", tone), state, "  ", *bar), ()]
        good = ended.outcome is Outcome.SUCCEEDED
        mark, tone = (
            ("✓", "ok") if good else ("▪", "warn") if ended.outcome is None else ("✗", "s5")
        )
        said = f"not run: {ended.sentence}" if ended.outcome is None else ended.sentence
        head = [line(Piece(part, tone, bold=True)) for part in wrap(f"{mark} {said}", width)]
        return [(), *head, ()]

    def _rows(self, width: int) -> list[Row]:
        many = len(self._lines) + self._dropped
        stamp = "1 line" if many == 1 else f"{many} lines"
        head = Row("", (rule("Output", width, line(Piece(stamp, "mute"))),))
        command = clean_text(self.plan.command).strip().split("\n")
        shown = [
            Row("", (line(Piece("$ " if number == 0 else "  ", "mute"), part),))
            for number, part in enumerate(command[:6])
        ]
        if self._dropped:
            shown.append(Row("", (line(Piece(f"… {self._dropped} earlier lines", "mute")),)))
        first = self._dropped
        rows = [
            Row(f"o{first + number}", (line(Piece(part, "soft")),))
            for number, part in enumerate([*self._lines, *([self._tail] if self._tail else [])])
        ]
        if not rows and self._ended is None:
            rows = [Row("", (line(Piece("Nothing printed yet.", "mute")),))]
        return [head, *shown, *rows]

    def _effect_lines(self, width: int) -> Sequence[Line]:
        head = rule("Effect, measured", width)
        progress = self._progress
        if progress is None:
            words = "Measured from the log once the step is done."
            if self._ended is not None and self._ended.outcome is not Outcome.SUCCEEDED:
                words = "Not measured: the step did not succeed."
            gap = () if self.has_class("-narrow") else ((),)
            return [head, *gap, *(line(Piece(part, "mute")) for part in wrap(words, width))]
        before, after = progress.before, progress.after
        left, right = spell.share(*before), spell.share(*after)
        arrow = Piece(f" → {right}", "ok" if progress.verdict in _GOOD else "text", bold=True)
        shares = line(Piece(fit("5xx", 9), "mute"), Piece(left, "s5", bold=True), arrow)
        counted = f"{spell.count(after[1])} requests in {progress.seconds:.0f} s"
        waits: list[Line] = []
        if progress.seconds < progress.needed:
            part = progress.seconds / progress.needed
            wait = f" {progress.seconds:.0f} of {progress.needed:.0f} s"
            waits.append(line(*gauge(part, min(20, width - 14), "accent"), Piece(wait, "soft")))
        mark, tone = _VERDICTS[progress.verdict]
        sentence = wrap(f"{mark} {progress.sentence}", width)
        said = [line(Piece(part, tone, bold=True)) for part in sentence]
        if self.has_class("-narrow"):
            return [head, (*shares, Piece(f"   {counted}", "soft")), *waits, *said]
        found = [head, (), *self._bars(progress, width), (), shares]
        found.append(line(Piece(fit("counted", 9), "mute"), Piece(counted, "soft")))
        return [*found, *waits, (), *said]

    def _bars(self, progress: Progress, width: int) -> Sequence[Line]:
        """Return how the failures went, before the step and since; the two are named."""
        before = progress.before
        was = before[0] / before[1] if before[1] else 0.0
        at = len(_BEFORE)
        shares = [was] * at + self._shares[-(width - at - 1) :]
        top = max([*shares, 0.01])
        tone = "s5" if progress.verdict in _BAD else "ok"
        drawn = bars(shares, 4, top)
        found = [line(Piece(t[:at], "s5"), " ", Piece(t[at:], tone)) for t in drawn]
        return [*found, line(Piece(f"{_BEFORE} since", "mute"))]

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        top = line(Piece("─" * width, "line"))
        if self._ended is not None:
            good = self._ended.outcome is Outcome.SUCCEEDED
            ways = [("n", "next step" if good else "the steps")] if self.plan.steps > 1 else []
            ways.append(("esc", "close"))
            if not self._can_undo:
                failed = "What it did until then stays done; its output says how far it came."
                said = "" if good or self._ended.outcome is None else failed
                return [top, self.key_line(ways, width), line(Piece(said, "warn"))]
            worse = self._progress is not None and self._progress.verdict is Verdict.WORSE
            fill = Piece(" U ", "warn" if worse else "accent", bold=True, fill=worse)
            badge = line(fill, Piece(" undo it   ", bold=True))
            words = (
                "It got worse: U shows the undo at once."
                if worse
                else ("The undo is ready: U shows it and asks before it runs.")
            )
            tone = "warn" if self._told else "s5" if worse else "mute"
            foot = line(Piece(self._told or words, tone, bold=worse))
            return [top, (*badge, *self.key_line(ways, width - 14)), foot]
        if self._stopping:
            keys = self.key_line([("esc", "leave it ending")], width)
            return [top, keys, line(Piece("It was told to stop; what it did stays done.", "warn"))]
        badge = line(Piece(" S ", "warn", bold=True, fill=True), Piece(" stop it   ", bold=True))
        keys = self.key_line([("esc", "leave it running")], width - 14)
        words = self._told or "Capital S, on purpose. What it has done until then stays done."
        return [top, (*badge, *keys), line(Piece(words, "warn" if self._told else "mute"))]


_RUNNING = {
    StepAction.RUN: "running",
    StepAction.UNDO: "undoing",
    StepAction.VERIFY: "verifying",
    StepAction.PRECHECK: "looking first",
}
_BEFORE = "before"
"""Named below its columns, as many as it has letters; what came since begins after a gap."""
_GOOD = (Verdict.SOLVED, Verdict.HELPED)
_BAD = (Verdict.WORSE, Verdict.NO_EFFECT)
