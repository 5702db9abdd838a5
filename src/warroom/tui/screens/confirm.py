"""Confirm a step that changes production: everything about it, then one deliberate key."""

import getpass
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from textual import events
from textual.app import ComposeResult

from warroom.core.text import clean_text
from warroom.core.words import StepAction
from warroom.room.containment import Plan
from warroom.tui.screens.dialog import Dialog
from warroom.tui.widgets.pieces import Line, Piece, cells, fit, line, wrap

_VERBS = {
    StepAction.RUN: "run it now",
    StepAction.UNDO: "undo it now",
    StepAction.VERIFY: "verify it now",
    StepAction.PRECHECK: "look first, now",
}
WISHES = {"d": "dry run", "e": "parameters", "s": "steps"}
"""What may be asked for instead of running, by its key."""
_TERMS = (30, 60, 120, 240, 480, 1440, 2880)
"""Minutes that may be chosen until something in force asks again."""
_LABEL = 10

_LONG = 8
"""Lines from which on a command is a program rather than something to read at a glance."""


class ConfirmScreen(Dialog[str]):
    """Shows where, command, touches, undo, worked if, because, key: always in this order.

    Returns the deliberate key, or the typed name where there is no way back; None: nothing ran.
    """

    PRODUCTION = True

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.plan = plan
        self.wish = ""
        """What was wished for instead, one of `WISHES`: then it was left with None."""
        self.minutes = plan.minutes
        """After how long it asks whether it may stay in force."""
        self.second = ""
        """Who agreed; counts once `enter` has ended it."""
        self._agreed = False
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
        """Return the one key, while it may be used, and those that wish for something else."""
        wishes = {key: partial(self._wish, key) for key in self._wishes()}
        typed = not self.plan.typed or self._typed == self.plan.typed
        agreed = not self.plan.second_to or self._agreed
        if self._void or not self.scrolled_through() or not typed or not agreed:
            return wishes
        return {**wishes, self.plan.key: self._confirm}

    def on_key(self, event: events.Key) -> None:
        """Read the deliberate key, the typed name, scrolling and escape; nothing else."""
        if self.keep(event):
            return
        self._told = ""
        match event.key:
            case "escape":
                self.dismiss(None)
            case "up" | "down" | "pageup" | "pagedown" | "home" | "end":
                self._scroll(event.key)
            case "plus" | "minus" if self._may_stay:
                self._stay(1 if event.key == "plus" else -1)
            case "backspace":
                self._rub_out()
            case "enter" if self._asking_second:
                self._agree()
            case "y" if not self._typing:
                self.app.copy_to_clipboard(str(clean_text(self.plan.command)))
                self._told = "The command is copied."
            case "enter" | "space" if not self._typing:
                self._told = f"Nothing ran. Only {self.plan.key} {_VERBS[self.plan.action]}."
            case _ if event.character and event.is_printable:
                self._type(event.character)
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        """Say that a paste does not count."""
        super().on_paste(event)
        self._told = "A paste does not count here; nothing ran."
        self.redraw()

    @property
    def _asking_second(self) -> bool:
        named = not self.plan.typed or self._typed == self.plan.typed
        return bool(self.plan.second_to) and named and not self._agreed

    @property
    def _typing(self) -> bool:
        """Whether letters are text here."""
        return bool(self.plan.typed) or self._asking_second

    @property
    def _may_stay(self) -> bool:
        """Whether how long it stays is chosen here."""
        return bool(self.plan.minutes) and not self.plan.lasts and not self._typing

    def _wishes(self) -> dict[str, str]:
        """Return what may be wished for instead, by key."""
        plan = self.plan
        if plan.action is not StepAction.RUN or self._typing:
            return {}
        offered = {"d": plan.check, "e": plan.asks, "s": plan.steps > 1}
        return {key: WISHES[key] for key, holds in offered.items() if holds}

    def _type(self, character: str) -> None:
        if self.plan.typed and self._typed != self.plan.typed:
            if len(self._typed) < 2 * len(self.plan.typed):
                self._typed += character
        elif self._asking_second and len(self.second) < 60:
            self.second += character

    def _rub_out(self) -> None:
        if self.plan.second_to and (self.second or self._agreed):
            self.second, self._agreed = self.second[:-1], False
        else:
            self._typed = self._typed[:-1]

    def _agree(self) -> None:
        name = self.second.strip()
        if len(name) < 2 or name.casefold() == self.plan.second_to.casefold():
            self._told = f"Somebody else than {self.plan.second_to} types a name here."
        else:
            self.second, self._agreed = name, True

    def _stay(self, by: int) -> None:
        """Choose the next longer or shorter time in force."""
        at = min(range(len(_TERMS)), key=lambda n: abs(_TERMS[n] - self.minutes))
        self.minutes = _TERMS[max(0, min(at + by, len(_TERMS) - 1))]

    def _wish(self, key: str) -> None:
        self.wish = key
        self.dismiss(None)

    def _confirm(self) -> None:
        self.dismiss(self._typed if self.plan.typed else self.plan.key)

    def unheard(self, words: str) -> None:
        """Say that the key was seen, and ran nothing."""
        self._told = f"{words} Nothing ran."

    def _scroll(self, key: str) -> None:
        self.scroll_body(key)
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
            *_field("", _hits(plan), width, tone="mute"),
            *gap,
            *self._undo(width),
            *gap,
            *_field("worked if", plan.worked_if or "not said; the effect is measured", width),
            *gap,
            *_field("because", plan.because or "somebody chose it", width),
            *gap,
            *(_field("stays", self._term(), width) if plan.minutes else ()),
            *(gap if plan.minutes else ()),
        ]

    def _term(self) -> str:
        whole, rest = divmod(self.minutes, 60)
        span = f"{whole} h" if not rest else f"{self.minutes} min"
        if self.plan.lasts:
            return f"{span}, then it ends by itself"
        hint = "; + and − change it" if self._may_stay else ""
        return f"{span} in force, then it asks{hint}"

    def _command(self, width: int) -> list[Line]:
        """Return what runs and what it is given; before a program, which says less, comes that."""
        bar = Piece("▌ ", "warn")
        text: list[Line] = []
        for part in clean_text(self.plan.command).rstrip("\n").split("\n"):
            text += [line(bar, Piece(row, bold=True)) for row in wrap(part, width - 2)]
        given: list[Line] = []
        for name, value in self.plan.params.items():
            pair = line(bar, Piece(f"{name}=", "soft"), Piece(value, "ok"))
            given.append((*pair, Piece("  given through the environment", "mute")))
        if not given:
            return text
        first, second = (given, text) if len(text) > _LONG else (text, given)
        return [*first, line(bar), *second]

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
        wishes = list(self._wishes().items())
        if wishes:
            others = [*wishes, ("y", "copy"), ("esc", "leave")]
        elif not self._typing:
            others = [("y", "copy the command"), *others]
        if not self.scrolled_through():
            more = line(Piece("There is more below: ", "warn"), Piece("↓", "accent", True))
            return [
                rule,
                (*more, Piece(" shows it. No key counts before.", "warn")),
                self.key_line(others, width),
            ]
        found: list[Line] = [rule]
        named = not plan.typed or self._typed == plan.typed
        live = named and (self._agreed or not plan.second_to)
        if plan.typed:
            mark = Piece("✓", "ok") if named else Piece(" ")
            shown = Piece(
                fit(self._typed + ("" if named else "▏"), max(cells(plan.typed) + 4, 20)), bold=True
            )
            found.append(line(Piece(f"type {plan.typed} by hand  ", "soft"), shown, mark))
        if plan.second_to and named:
            mark = Piece("✓", "ok") if self._agreed else Piece("enter agrees", "mute")
            shown = Piece(fit(self.second + ("" if self._agreed else "▏"), 20), bold=True)
            who = Piece(f"second person, not {plan.second_to}  ", "soft")
            found.append(line(who, shown, mark))
        badge = (
            Piece(f" {key} ", "warn", bold=True, fill=True) if live else Piece(f" {key} ", "mute")
        )
        head = line(badge, " ", Piece(verb, bold=live, token="text" if live else "mute"), "   ")
        found.append((*head, *self.key_line(others, width - cells(verb) - 8)))
        words = self._told or (
            f"Capital {key}, on purpose. Enter and space do nothing. Keys count after 0.3 s."
        )
        tone = "warn" if self._told else "mute"
        found += [line(Piece(part, tone)) for part in wrap(words, width)]
        return found


def _hits(plan: Plan) -> str:
    """Return what depends on what is touched, by the service map."""
    if not plan.services:
        return "what depends on it is not known: no service map"
    if not plan.hits:
        return f"nothing depends on {plan.service or 'it'} in the service map"
    names = ", ".join(plan.hits[:6]) + (" …" if len(plan.hits) > 6 else "")
    return f"depends on it: {names} · {len(plan.hits)} of {plan.services} services"


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
