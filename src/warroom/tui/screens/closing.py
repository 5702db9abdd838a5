"""Resolve and close: two deliberate ends of an incident."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from textual import events
from textual.app import ComposeResult

from warroom.core import spell
from warroom.core.commands import Close, Resolve
from warroom.core.state import Incident
from warroom.core.text import clean_text
from warroom.tui.screens.dialog import Dialog, Drafts, palette_of
from warroom.tui.widgets.editor import WritingArea
from warroom.tui.widgets.pieces import Line, Piece, line, rule, wrap

T = TypeVar("T")


class EndScreen(Dialog[T]):
    """Facts, one text, and a deliberate key that is read only while no text is being typed."""

    KIND = "end"
    DEFAULT_CSS = """
    EndScreen WritingArea { height: 4; background: $wr-bg1; }
    """

    def __init__(
        self,
        incident: Incident,
        *,
        drafts: Drafts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self.incident = incident
        self.drafts = drafts or Drafts()
        self._told = ""

    def content(self) -> ComposeResult:
        """Yield the facts and the text."""
        yield self.sheet(self.facts)
        kept = self.drafts.get(self.KIND, self.incident.id).get("text", self.initial())
        yield WritingArea(palette_of(self.app), str(clean_text(kept)), id="text")

    def facts(self, width: int) -> Sequence[Line]:
        """Return what is known about the end."""
        raise NotImplementedError

    def initial(self) -> str:
        """Return the text to begin with."""
        return ""

    @property
    def text(self) -> str:
        """What is written."""
        return self.query_one("#text", WritingArea).text.strip()

    @property
    def writing(self) -> bool:
        """Whether keys go into the text."""
        return self.query_one("#text").has_focus

    def on_mount(self) -> None:
        """Read keys first, not text."""
        super().on_mount()
        self.set_focus(None)

    def on_key(self, event: events.Key) -> None:
        """Read the deliberate key, `e` for the text, and escape."""
        if self.writing:
            self.disturb()
            if event.key == "escape":
                event.stop()
                self.set_focus(None)
                self.redraw()
            return
        if self.keep(event):
            return
        self._told = ""
        if event.key == "escape":
            self.leave()
        elif event.key in ("e", "tab"):
            self.write()
        elif event.key in ("enter", "space"):
            self._told = "Nothing happened: enter and space do nothing here."
        self.redraw()

    def on_descendant_focus(self) -> None:
        """Show which keys work now."""
        self.redraw()

    def write(self) -> None:
        """Put the caret into the text."""
        area = self.query_one("#text", WritingArea)
        area.focus()
        area.move_cursor(area.document.end)

    def leave(self) -> None:
        """Leave; what was written stays as a draft."""
        if self.text != self.initial():
            self.drafts.keep(self.KIND, self.incident.id, {"text": self.text})
        self.dismiss(None)

    def done(self, result: T) -> None:
        """Return the result; the draft is used up."""
        self.drafts.drop(self.KIND, self.incident.id)
        self.dismiss(result)

    def unheard(self, words: str) -> None:
        """Say that the key was seen, and ended nothing."""
        self._told = words

    def told(self, otherwise: str, width: int) -> Sequence[Line]:
        """Return the last lines of the keys."""
        tone = "warn" if self._told else "mute"
        return [line(Piece(part, tone)) for part in wrap(self._told or otherwise, width)]


class ResolveScreen(EndScreen[Resolve]):
    """Say that the failure is gone, with what ended it."""

    KIND = "resolve"

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        *,
        share: tuple[int, int] = (0, 0),
        drafts: Drafts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(incident, drafts=drafts, clock=clock)
        self._now = now
        self._share = share

    def head(self) -> tuple[str, str]:
        """Return the title and how long it lasted."""
        lasted = spell.in_prose(self._now - self.incident.declared_at)
        return f"Resolve {self.incident.id}", f"declared {lasted} ago"

    def initial(self) -> str:
        """Return the last fix, else the containment."""
        if self.incident.fixes:
            return self.incident.fixes[-1][1].text
        return self.incident.contained_how

    def facts(self, width: int) -> Sequence[Line]:
        """Return what speaks for and against the end."""
        incident = self.incident
        found: list[Line] = [
            (),
            *(line(Piece(part, bold=True)) for part in wrap(incident.title, width)),
            (),
        ]
        failures, requests = self._share
        if requests:
            words = f"{spell.share(failures, requests)} of requests fail in the last minute"
            bad = failures * 100 > requests
            found.append(line(Piece("▪ " if bad else "✓ ", "s5" if bad else "ok"), words))
        if incident.contained_at:
            found.append(
                line(
                    Piece("✓ ", "ok"),
                    f"contained {incident.contained_at:%H:%M:%S}: ",
                    incident.contained_how,
                )
            )
        else:
            found.append(
                line(
                    Piece("▪ ", "warn"), "nothing contained it; it is said to have ended by itself"
                )
            )
        if not incident.fixes:
            found.append(
                line(
                    Piece("? ", "pend"),
                    Piece("no fix is recorded: workaround, hotfix or root cause", "pend"),
                )
            )
        found += [
            line(Piece("▪ ", "warn"), f"{run.intent.title} stays in force; closing will ask for it")
            for run in incident.ledger
        ]
        return [*found, (), rule("what ended it", width), ()]

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the key that resolves, while nothing is typed."""
        return {} if self.writing else {"R": lambda: self.done(Resolve(text=self.text))}

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        top = line(Piece("─" * width, "line"))
        if self.writing:
            return [top, self.key_line([("esc", "back to the keys")], width), ()]
        badge = line(
            Piece(" R ", "accent", bold=True, fill=True), Piece(" resolve it   ", bold=True)
        )
        keys = self.key_line([("e", "write what ended it"), ("esc", "keep it open")], width - 16)
        return [
            top,
            (*badge, *keys),
            *self.told("Capital R, on purpose. The clock of updates stops.", width),
        ]


class CloseScreen(EndScreen[Close]):
    """Close, or say what is missing; an override needs a reason and stands in the report."""

    KIND = "close"
    DEFAULT_CSS = """
    CloseScreen WritingArea { display: none; }
    CloseScreen.-override WritingArea { display: block; }
    """

    def __init__(
        self,
        incident: Incident,
        missing: Sequence[str],
        *,
        drafts: Drafts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(incident, drafts=drafts, clock=clock)
        self.missing = tuple(missing)
        self._overriding = False

    def head(self) -> tuple[str, str]:
        """Return the title and what is missing."""
        count = len(self.missing)
        fact = f"{count} missing" if count else "nothing is missing"
        return f"Close {self.incident.id}", fact

    def facts(self, width: int) -> Sequence[Line]:
        """Return the gates."""
        incident = self.incident
        found: list[Line] = [
            (),
            *(line(Piece(part, bold=True)) for part in wrap(incident.title, width)),
            (),
        ]
        found += [line(Piece("✓ ", "ok"), Piece(words, "soft")) for words in _kept(incident)]
        for gap in self.missing:
            parts = wrap(gap, width - 2)
            found.append(line(Piece("▪ ", "warn", bold=True), Piece(parts[0])))
            found += [line("  ", part) for part in parts[1:]]
        if self._overriding:
            found += [(), rule("why it may be closed all the same", width), ()]
        return [*found, ()]

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the key that closes: `C`, or `O` and `O` again once a reason is written."""
        if self.writing:
            return {}
        if not self.missing:
            return {"C": lambda: self.done(Close())}
        return {"O": self._override}

    def _override(self) -> None:
        if self._overriding and self.text:
            self.done(Close(override=self.text))
            return
        self._overriding = True
        self.add_class("-override")
        self.write()
        self.redraw()

    def write(self) -> None:
        """Put the caret into the reason, once it is asked for."""
        if self._overriding:
            super().write()

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        top = line(Piece("─" * width, "line"))
        leave = ("esc", "keep it open")
        if self.writing:
            keys = [("esc", "done writing, then O closes")]
            return [
                top,
                self.key_line(keys, width),
                line(Piece("The reason stands in the report.", "mute")),
            ]
        if not self.missing:
            badge = line(
                Piece(" C ", "accent", bold=True, fill=True), Piece(" close it   ", bold=True)
            )
            return [
                top,
                (*badge, *self.key_line([leave], width - 14)),
                *self.told("Capital C, on purpose.", width),
            ]
        ready = self._overriding and bool(self.text)
        verb = " close all the same   " if ready else " override, with a reason   "
        badge = line(Piece(" O ", "warn", bold=True, fill=True), Piece(verb, bold=True))
        keys = [("e", "change the reason"), leave] if self._overriding else [leave]
        words = "Not closed. Do what is missing, or override: the reason stands in the report."
        return [top, (*badge, *self.key_line(keys, width - 30)), *self.told(words, width)]


def _kept(incident: Incident) -> list[str]:
    """Return the gates that are passed."""
    found = []
    if incident.resolved_at:
        found.append(f"resolved {incident.resolved_at:%H:%M}: {incident.resolution}".rstrip(": "))
    if not incident.ledger and any(run.undone_by for run in incident.runs):
        found.append("no containment is in force any more")
    if incident.diagnoses:
        found.append("the diagnosis has been shared")
    if incident.postmortem_version:
        found.append(f"the postmortem is written, version {incident.postmortem_version}")
    return found
