"""What the checks before closing found, with their measurements, and what can be done next."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from textual import events
from textual.app import ComposeResult

from warroom.core import spell
from warroom.core.conduct import Measured
from warroom.core.words import Check
from warroom.tui.screens.dialog import Dialog
from warroom.tui.widgets.pieces import Line, Piece, line, wrap

_PASSED = {
    Check.GONE: "The failure is gone",
    Check.ADJACENT: "The neighbours are well",
    Check.LEDGER: "Nothing temporary is left",
}
_FAILED = {
    Check.GONE: "Not shown: that the failure is gone",
    Check.ADJACENT: "Not shown: that the neighbours are well",
    Check.LEDGER: "Something temporary is left",
}
_UNCOMPARED = "The neighbours were not compared"
"""Nothing speaks against it, and nothing for it: that is no tick."""

Wish = Literal["again", "close"]


class VerifiedScreen(Dialog[Wish]):
    """Shows three checks; measures again, goes on to closing, or leaves."""

    def __init__(self, incident: str, checks: Sequence[Measured], wait: timedelta) -> None:
        super().__init__()
        self.incident = incident
        self.checks = tuple(checks)
        self.wait = wait

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against closing."""
        return all(check.passed for check in self.checks)

    def head(self) -> tuple[str, str]:
        """Return the title and the result."""
        failed = sum(not check.passed for check in self.checks)
        fact = f"{failed} of {len(self.checks)} speak against it" if failed else "all are passed"
        return f"Before {self.incident} is closed", fact

    def content(self) -> ComposeResult:
        """Yield the checks."""
        yield self.sheet(self._lines)

    def on_key(self, event: events.Key) -> None:
        """Read the keys; none of them changes anything by itself."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss(None)
        elif not self.guard.ready():
            return
        elif event.key == "r":
            self.dismiss("again")
        elif event.key in ("c", "full_stop"):
            self.dismiss("close")

    def _lines(self, width: int) -> Sequence[Line]:
        found: list[Line] = [()]
        for check in self.checks:
            mark, tone, name = _told(check)
            found.append(line(Piece(f"{mark} ", tone, True), Piece(name, bold=True)))
            found += [line("  ", Piece(part, "soft")) for part in wrap(check.sentence, width - 2)]
            if check.requests:
                now = _rate(check.failures, check.requests)
                told = f"now {now}"
                if check.before_requests:
                    told += f", before {_rate(check.before_failures, check.before_requests)}"
                found.append(line("  ", Piece(told, "mute")))
            found.append(())
        if self.wait > timedelta():
            words = f"In {spell.in_prose(self.wait)} enough time has passed to tell."
            found += [line(Piece(part, "warn")) for part in wrap(words, width)]
            found.append(())
        return found

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        go_on = "go on to closing" if self.passed else "close all the same, with a reason"
        keys = [(". or c", go_on), ("r", "measure again"), ("esc", "leave")]
        words = "The result is kept in the timeline and printed in the report."
        return [
            line(Piece("─" * width, "line")),
            self.key_line(keys, width),
            line(Piece(words, "mute")),
        ]


def _told(check: Measured) -> tuple[str, str, str]:
    """Return the mark of a check, its colour, and its result as a title that says it by itself."""
    if not check.passed:
        return "✗", "s5", _FAILED[check.check]
    looked = check.seconds and not check.requests
    if check.check is Check.ADJACENT and looked:
        return "·", "mute", _UNCOMPARED
    return "✓", "ok", _PASSED[check.check]


def _rate(failures: int, requests: int) -> str:
    share = spell.share(failures, requests)
    return f"{share} ({spell.count(failures)} of {spell.count(requests)} requests)"
