"""Confirm a step that changes production: everything about it, then one deliberate key."""

import getpass
import platform
import time
from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult

from warroom.core.text import clean_text
from warroom.core.words import StepAction
from warroom.room.containment import Plan
from warroom.tui.screens.dialog import Dialog
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, line, spread, wrap

_VERBS = {
    StepAction.RUN: "run it now",
    StepAction.UNDO: "undo it now",
    StepAction.VERIFY: "verify it now",
    StepAction.PRECHECK: "look first, now",
}
_LABEL = 10


class ConfirmScreen(Dialog[str]):
    """Shows where, command, touches, undo, worked if, because, key: always in this order.

    Returns the deliberate key, or the typed name where there is no way back; None: nothing ran.
    """

    PRODUCTION = True

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.plan = plan
        self._typed = ""
        self._void = ""
        self._told = ""

    def void(self, sentence: str) -> None:
        """Say that what is shown is no longer what would run; no key confirms it any more."""
        self._void = sentence
        self.redraw()

    def head(self) -> tuple[str, str]:
        """Return the runbook and the step."""
        plan = self.plan
        return plan.title, f"step {plan.step} of {plan.steps} · {plan.step_title}"

    def content(self) -> ComposeResult:
        """Yield the sections in their order."""
        yield self.sheet(lambda width: self.sections(width, roomy=self.app.size.height >= 28))

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the one key, while it may be used."""
        if self._void or not self.scrolled_through():
            return {}
        if self.plan.typed and self._typed != self.plan.typed:
            return {}
        return {self.plan.key: self._confirm}

    def on_key(self, event: events.Key) -> None:
        """Read the deliberate key, the typed name, scrolling and escape; nothing else."""
        if self.feed(event):
            return
        event.stop()
        event.prevent_default()
        self._told = ""
        match event.key:
            case "escape":
                self.dismiss(None)
            case "up" | "down" | "pageup" | "pagedown" | "home" | "end":
                self._scroll(event.key)
            case "y" if not self.plan.typed:
                self.app.copy_to_clipboard(str(clean_text(self.plan.command)))
                self._told = "The command is copied."
            case "enter" | "space" if not self.plan.typed:
                self._told = f"Nothing ran. Only {self.plan.key} {_VERBS[self.plan.action]}."
            case "backspace":
                self._typed = self._typed[:-1]
            case _ if self.plan.typed and event.character and event.is_printable:
                if len(self._typed) < 2 * len(self.plan.typed):
                    self._typed += event.character
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        """Say that a paste does not count."""
        super().on_paste(event)
        self._told = "A paste does not count here; nothing ran."
        self.redraw()

    def _confirm(self) -> None:
        self.dismiss(self._typed if self.plan.typed else self.plan.key)

    def _scroll(self, key: str) -> None:
        body = self.query_one("#body")
        step = {"up": -1, "down": 1, "pageup": -body.size.height, "pagedown": body.size.height}
        far = body.max_scroll_y if key == "end" else 0
        target = body.scroll_offset.y + step[key] if key in step else far
        body.scroll_to(y=target, animate=False, immediate=True)
        self.call_after_refresh(self.redraw)

    def sections(self, width: int, *, roomy: bool) -> Sequence[Line]:
        """Return everything above the key; in a low window without empty rows."""
        plan = self.plan
        gap: tuple[Line, ...] = ((),) if roomy else ()
        where = line(
            Piece(platform.node() or "this machine", bold=True),
            Piece(" as ", "soft"),
            _user(),
            Piece(f" · for {plan.service or 'no named service'}", "soft"),
            Piece(" · stops after ", "soft"),
            f"{plan.timeout:g} s",
        )
        return [
            *gap,
            (Piece(fit("runs on", _LABEL), "mute"), *where),
            *gap,
            *self._command(width),
            *gap,
            *_field("touches", plan.blast_radius or "not said by the runbook", width),
            *gap,
            *self._undo(width),
            *gap,
            *_field("worked if", plan.worked_if or "not said; the effect is measured", width),
            *gap,
            *_field("because", plan.because or "somebody chose it", width),
            *gap,
        ]

    def _command(self, width: int) -> list[Line]:
        bar = Piece("▌ ", "warn")
        found: list[Line] = []
        for part in clean_text(self.plan.command).rstrip("\n").split("\n"):
            found += [line(bar, Piece(row, bold=True)) for row in wrap(part, width - 2)]
        if self.plan.params:
            found.append(line(bar))
        for name, value in self.plan.params.items():
            given = line(bar, Piece(f"{name}=", "soft"), Piece(value, "ok"))
            found.append((*given, Piece("  given through the environment", "mute")))
        return found

    def _undo(self, width: int) -> list[Line]:
        if self.plan.action is StepAction.UNDO:
            return _field("undo", "this takes back what is in force", width)
        if not self.plan.undo:
            return _field("undo", "there is no way back", width, tone="s5", bold=True)
        lines = clean_text(self.plan.undo).strip().split("\n")
        found = _field("undo", lines[0], width)
        for part in lines[1:]:
            found += _field("", part, width)
        return found

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the rule, the key and what does not confirm."""
        plan, key = self.plan, self.plan.key
        rule = line(Piece("─" * width, "line"))
        if self._void:
            void = wrap(f"{self._void} Nothing ran. Open it again to see what it is now.", width)
            leave = self.key_line([("esc", "leave, nothing ran")], width)
            return [rule, *(line(Piece(part, "warn", bold=True)) for part in void), leave]
        verb = "run it now" if plan.key == "R" else _VERBS[plan.action]
        if plan.key == "K":
            verb = "kill it now"
        others = [("esc", "leave, nothing ran")]
        others = others if plan.typed else [("y", "copy the command"), *others]
        if not self.scrolled_through():
            more = line(Piece("There is more below: ", "warn"), Piece("↓", "accent", True))
            return [
                rule,
                (*more, Piece(" shows it. No key counts before.", "warn")),
                self.key_line(others, width),
            ]
        found: list[Line] = [rule]
        live = not plan.typed or self._typed == plan.typed
        if plan.typed:
            mark = Piece("✓", "ok") if live else Piece(" ")
            shown = Piece(
                fit(self._typed + ("" if live else "▏"), max(cells(plan.typed) + 4, 20)), bold=True
            )
            found.append(line(Piece(f"type {plan.typed} by hand  ", "soft"), shown, mark))
        badge = (
            Piece(f" {key} ", "warn", bold=True, fill=True) if live else Piece(f" {key} ", "mute")
        )
        head = line(badge, " ", Piece(verb, bold=live, token="text" if live else "mute"), "   ")
        found.append((*head, *self.key_line(others, width - cells(verb) - 8)))
        words = self._told or (
            f"Capital {key}, on purpose. Enter and space do nothing here. Keys count after 0.3 s."
        )
        found.append(spread(line(Piece(words, "warn" if self._told else "mute")), (), width))
        return found


def _user() -> Piece:
    try:
        return Piece(getpass.getuser())
    except (KeyError, OSError, ImportError):  # no name in the environment and none in the database
        return Piece("an unnamed user", "warn")


def _field(
    label: str, text: str, width: int, *, tone: str = "text", bold: bool = False
) -> list[Line]:
    parts = wrap(text, width - _LABEL)
    names = [label, *("" for _ in parts[1:])]
    return [
        line(Piece(fit(name, _LABEL), "mute"), Piece(part, tone, bold))
        for name, part in zip(names, parts, strict=True)
    ]
