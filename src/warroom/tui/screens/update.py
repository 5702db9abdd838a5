"""Write an update: to whom is the loudest thing; left one writes, right stands what is read."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from warroom.core.commands import SendUpdate
from warroom.core.drafting import draft_update, look_over, promised, proposed_kind
from warroom.core.state import Incident
from warroom.core.text import clean_text
from warroom.core.words import Audience, UpdateKind
from warroom.tui.panes.updates import AUDIENCE_WORDS, KIND_WORDS
from warroom.tui.screens.dialog import Dialog, Drafts, palette_of
from warroom.tui.widgets.editor import WritingArea
from warroom.tui.widgets.pieces import Line, Piece, line, rule, wrap

_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})? UTC")
_TONES = {Audience.INTERNAL: "p3", Audience.CLIENT: "accent", Audience.PUBLIC: "p2"}
_READERS = {
    Audience.INTERNAL: "colleagues",
    Audience.CLIENT: "clients",
    Audience.PUBLIC: "the public",
}


class UpdateScreen(Dialog[SendUpdate]):
    """`^s` sends; to the public only after a deliberate `S` as well."""

    KIND: ClassVar[str] = "update"
    DEFAULT_CSS = """
    UpdateScreen #dialog { width: 138; }
    UpdateScreen #columns { height: auto; }
    UpdateScreen #write { width: 3fr; height: auto; padding-right: 2; }
    UpdateScreen #read { width: 2fr; }
    UpdateScreen WritingArea { height: 11; background: $wr-bg1; }
    UpdateScreen.-low WritingArea { height: 9; }
    UpdateScreen.-narrow #read { display: none; }
    UpdateScreen.-narrow #write { padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", show=False, priority=True, id="update.send"),
        Binding("ctrl+t", "audience", "audience", show=False, priority=True, id="update.audience"),
        Binding("ctrl+g", "draft", "draft again", show=False, priority=True, id="update.draft"),
        Binding("f5", "kind", "kind", show=False, priority=True, id="update.kind"),
    ]

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        *,
        drafts: Drafts | None = None,
        offline: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self.incident = incident
        self._now = now
        self._offline = offline
        self.drafts = drafts or Drafts()
        self._kept = self.drafts.get(self.KIND, incident.id)
        last = incident.updates[-1][1].audience if incident.updates else Audience.INTERNAL
        self.audience = Audience(self._kept.get("audience", last.value))
        self.kind = UpdateKind(self._kept.get("kind", proposed_kind(incident).value))
        self._drafted = draft_update(incident, self.kind, self.audience, now)
        self._asking = False
        self._people = frozenset((incident.declared_by, *incident.roles.values()))

    def head(self) -> tuple[str, str]:
        """Return the title and the kind."""
        return f"Update on {self.incident.id}", f"{KIND_WORDS[self.kind]} · F5 changes it"

    def content(self) -> ComposeResult:
        """Yield the audience, the text and what the reader gets."""
        yield self.sheet(self._audience_lines, id="audience")
        text = self._kept.get("text", self._drafted)
        with Horizontal(id="columns"):
            with Vertical(id="write"):
                yield WritingArea(palette_of(self.app), str(clean_text(text)), id="text")
                yield self.sheet(self._remarks)
            yield self.sheet(self._preview, id="read")

    @property
    def text(self) -> str:
        """What is written."""
        return self.query_one("#text", WritingArea).text

    def on_mount(self) -> None:
        """Start at the end of the draft."""
        super().on_mount()
        area = self.query_one("#text", WritingArea)
        area.focus()
        area.move_cursor(area.document.end)

    def on_resize(self, event: events.Resize) -> None:
        """Give up the preview and some rows where there is little room."""
        super().on_resize(event)
        self.set_class(event.size.width < 110, "-narrow")
        self.set_class(event.size.height < 30, "-low")

    def on_text_area_changed(self) -> None:
        """Show what the reader gets."""
        self.redraw()

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return the key that sends to the public, once `^s` has asked for it."""
        return {"S": self._done} if self._asking else {}

    def on_key(self, event: events.Key) -> None:
        """Read the second key of a public update, and escape; everything else is text."""
        if self._asking:
            if self.keep(event):
                return
            if event.key not in ("enter", "space"):
                self._ask(asking=False)
            return
        self.disturb()
        if event.key == "escape":
            event.stop()
            self._leave()

    def action_send(self) -> None:
        """Send it, or ask for the deliberate key where the public reads it."""
        if not self.guard.ready() or not self.text.strip():
            return
        if self.audience is Audience.PUBLIC:
            self._ask(asking=True)
        else:
            self._done()

    def action_audience(self) -> None:
        """Change to whom it goes; an untouched draft is written anew for them."""
        known = list(Audience)
        self._redraft(audience=known[(known.index(self.audience) + 1) % len(known)])

    def action_kind(self) -> None:
        """Change the kind; an untouched draft is written anew."""
        known = list(UpdateKind)
        self._redraft(kind=known[(known.index(self.kind) + 1) % len(known)])

    def action_draft(self) -> None:
        """Write the draft again; undo gives the old text back."""
        self._drafted = draft_update(self.incident, self.kind, self.audience, self._now)
        self.query_one("#text", WritingArea).become(str(clean_text(self._drafted)))

    def _redraft(self, *, audience: Audience | None = None, kind: UpdateKind | None = None) -> None:
        untouched = self.text == str(clean_text(self._drafted))
        self._ask(asking=False)
        self.audience, self.kind = audience or self.audience, kind or self.kind
        if untouched:
            self.action_draft()
        self.redraw()

    def _ask(self, *, asking: bool) -> None:
        self._asking = asking
        area = self.query_one("#text", WritingArea)
        if asking:
            self.set_focus(None)
            self.guard.drawn()
        elif not area.has_focus:
            area.focus()
        self.redraw()

    def _done(self) -> None:
        self.drafts.drop(self.KIND, self.incident.id)
        text = self.text.strip()
        due = promised(text, self._now) if self.incident.resolved_at is None else None
        self.dismiss(SendUpdate(kind=self.kind, audience=self.audience, text=text, next_due=due))

    def _leave(self) -> None:
        if self.text != str(clean_text(self._drafted)):
            kept = {"text": self.text, "audience": self.audience.value, "kind": self.kind.value}
            self.drafts.keep(self.KIND, self.incident.id, kept)
        self.dismiss(None)

    # What is drawn.

    def _audience_lines(self, width: int) -> Sequence[Line]:
        del width
        row = [Piece(" to  ", "soft")]
        for audience in (Audience.CLIENT, Audience.INTERNAL, Audience.PUBLIC):
            here = audience is self.audience
            tone = _TONES[audience] if here else "mute"
            row += [Piece(f" {AUDIENCE_WORDS[audience]} ", tone, bold=here, fill=here), Piece("  ")]
        row += [Piece("^t", "accent", bold=True), Piece(" changes", "mute")]
        return [(), tuple(row), ()]

    def _remarks(self, width: int) -> Sequence[Line]:
        text = self.text if self.query("#text") else self._drafted
        fact = line(Piece("facts come from the incident", "mute"))
        found: list[Line] = [(), rule("Before it goes", width, fact)]
        tones = {"✓": "ok", "▪": "warn", "?": "pend"}
        for remark in look_over(text, self.incident, self.audience, self._now, self._people):
            tone = tones[remark.mark]
            parts = wrap(remark.text, width - 3)
            found.append(line(Piece(f" {remark.mark} ", tone, bold=True), Piece(parts[0], "soft")))
            found += [line("   ", Piece(part, "soft")) for part in parts[1:]]
        return [*found, ()]

    def _preview(self, width: int) -> Sequence[Line]:
        text = self.text if self.query("#text") else self._drafted
        words = _READERS[self.audience]
        found: list[Line] = [rule(f"As {words} will see it", width), ()]
        stamp = f"{self._now:%-d %b %H:%M} UTC · {self.incident.id}"
        headline, _, rest = text.partition("\n")
        found += [(Piece(" "), *_times(part, bold=True)) for part in wrap(headline, width - 1)]
        found.append(line(" ", Piece(stamp, "mute")))
        found += [(Piece(" "), *_times(part, bold=False)) for part in wrap(rest, width - 1)]
        return found

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the keys."""
        top = line(Piece("─" * width, "line"))
        if self._asking:
            badge = line(Piece(" S ", "warn", bold=True, fill=True))
            sure = Piece(" send it to the public   ", bold=True)
            keys = self.key_line([("any other key", "back to the text")], width - 30)
            told = "Capital S, on purpose. What the public has read cannot be taken back."
            return [top, (*badge, sure, *keys), line(Piece(told, "warn"))]
        send = "queue it" if self._offline else "send it"
        hints = [("^s", send), ("esc", "keep as a draft"), ("^t", "audience"), ("F5", "kind")]
        note = line(Piece("   draft from before", "pend")) if self._kept else ()
        found = self.key_line([*hints, ("^g", "draft again"), ("^z", "undo")], width - 20)
        return [top, (*found, *note)]


def _times(text: str, *, bold: bool) -> Line:
    """Return a line with its times underlined: they are promises or facts that must be right."""
    pieces: list[Piece] = []
    at = 0
    for found in _TIME.finditer(text):
        pieces.append(Piece(text[at : found.start()], "text" if bold else "soft", bold))
        pieces.append(Piece(found[0], "warn", bold, under=True))
        at = found.end()
    return (*pieces, Piece(text[at:], "text" if bold else "soft", bold))
