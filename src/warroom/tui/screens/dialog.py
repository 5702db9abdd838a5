"""What every dialog is: a box over the dimmed page, a guard for its deliberate key, kept drafts."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from textual import events
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widget import Widget

from warroom.tui.theme import Palette
from warroom.tui.typeahead import pending
from warroom.tui.widgets.pieces import Line, Piece, cells, clip, cut, hints, line
from warroom.tui.widgets.sheet import Sheet

DRAWN = 0.3
"""Seconds after the drawing of a dialog in which its deliberate key does not count."""
PAUSE = 0.12
"""Seconds without any key that must lie before and after a deliberate key: a held key repeats
about every 0.03 s, so it never has them."""


def palette_of(app: App[object]) -> Palette:
    """Return the palette that the console draws with.

    Raises:
        TypeError: The app has none: dialogs belong to the console.
    """
    palette = getattr(app, "palette", None)
    if not isinstance(palette, Palette):
        raise TypeError("the app has no palette to draw dialogs with")
    return palette


class Guard:
    """Tells a deliberate key from one that was held, pasted or hit by accident."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._drawn: float | None = None
        self._last: float | None = None

    def drawn(self) -> None:
        """Take note that the dialog can be seen from now on."""
        self._drawn = self._clock()

    def pressed(self, key: str, deliberate: Iterable[str]) -> bool:
        """Take note of a key; return whether it may be deliberate, if no other follows at once."""
        now = self._clock()
        quiet = self._last is None or now - self._last >= PAUSE
        self._last = now
        return key in deliberate and quiet and self.ready()

    def disturb(self) -> None:
        """Take note of anything else that arrived: a paste, a click, typing."""
        self._last = self._clock()

    def ready(self) -> bool:
        """Return whether the dialog has been seen long enough to be answered."""
        return self._drawn is not None and self._clock() - self._drawn >= DRAWN


class Drafts:
    """What was typed into dialogs and not sent, by kind of dialog and incident."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], dict[str, str]] = {}

    def keep(self, kind: str, incident: str, values: Mapping[str, str]) -> None:
        """Remember what was typed."""
        self._kept[kind, incident] = dict(values)

    def get(self, kind: str, incident: str) -> Mapping[str, str]:
        """Return what was typed before, by field; empty: nothing."""
        return self._kept.get((kind, incident), {})

    def drop(self, kind: str, incident: str) -> None:
        """Forget it: it was sent."""
        self._kept.pop((kind, incident), None)


T = TypeVar("T")


class Asked(ModalScreen[T], Generic[T]):
    """A screen in front of the page that ends with an answer."""

    on_answer: Callable[[], None] | None = None
    """Called at the moment in which it is left, before the next key is looked at."""
    answered = False
    """Whether it has been left: it is being taken down."""

    async def on_event(self, event: events.Event) -> None:
        """Let no key reach what is being taken down: what it would act on is gone."""
        if not (self.answered and isinstance(event, events.Key)):
            await super().on_event(event)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Leave with an answer."""
        if self.on_answer is not None:
            self.on_answer()
        left = super().dismiss(result)
        self.answered = True
        return left


class Dialog(Asked[T], Generic[T]):
    """A floating box: title in its border, content that may scroll, keys below it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog #dialog { width: 88; max-width: 100%; height: auto; max-height: 100%; }
    Dialog #frame {
        height: auto; max-height: 100%; background: $wr-bg3;
        border: round $wr-accent; border-top: none; padding: 0 2;
    }
    Dialog.-production #frame { border: round $wr-warn; border-top: none; }
    Dialog #body { height: auto; max-height: 1fr; scrollbar-size: 1 1; }
    Dialog #keys { height: auto; }
    """
    AUTO_FOCUS = ""
    PRODUCTION = False
    """Whether it changes production: the border then warns."""
    KEYS_RESERVE = 6
    """Rows that border, title and keys take; the content scrolls in what is left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.guard = Guard(clock)
        self.remark = ""
        """What is said of the last key, below the keys, until another is pressed."""
        self.set_class(self.PRODUCTION, "-production")
        self._settling: Timer | None = None

    # What a dialog says.

    def head(self) -> tuple[str, str]:
        """Return the title and what stands at the right of it."""
        raise NotImplementedError

    def content(self) -> ComposeResult:
        """Yield what is in the box."""
        raise NotImplementedError

    def key_lines(self, width: int) -> Sequence[Line]:
        """Return the lines below the content: the keys, and what they will do."""
        raise NotImplementedError

    def foot(self, width: int) -> Sequence[Line]:
        """Return what is drawn below the content, whatever of that is in sight."""
        keys = self.key_lines(width)
        if not self.remark:
            return keys
        return [*keys[:2], line(Piece(cut(self.remark, width), "warn"))]

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        palette = palette_of(self.app)
        with Vertical(id="dialog"):
            yield Sheet(palette, self._top, on="bg3", id="top")
            with Vertical(id="frame"):
                with VerticalScroll(id="body", can_focus=False):
                    yield from self.content()
                yield Sheet(palette, self.foot, on="bg3", id="keys")

    def sheet(self, build: Callable[[int], Sequence[Line]], id: str | None = None) -> Sheet:  # noqa: A002 - Textual's name
        """Return lines drawn on the box."""
        return Sheet(palette_of(self.app), build, on="bg3", id=id)

    def redraw(self) -> None:
        """Draw everything again that is made of lines."""
        for found in self.query(Sheet):
            found.redraw()

    def on_mount(self) -> None:
        """Start to count once the dialog has been seen."""
        self.call_after_refresh(self.guard.drawn)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the keys on the screen, whatever the content needs."""
        self.leave_room(event.size.height)

    def leave_room(self, height: int, more: int = 0) -> None:
        """Let the content scroll in what a window of a height leaves of it, less some rows more."""
        room = max(height - self.KEYS_RESERVE - more, 3)
        for body in self.query("#body"):  # a dialog that opens or closes has none
            body.styles.max_height = room

    def on_screen_resume(self) -> None:
        """Count again after something else was in front."""
        self.call_after_refresh(self.guard.drawn)

    def on_paste(self, event: events.Paste) -> None:
        """Never let a paste confirm anything."""
        del event
        self.disturb()

    def on_click(self) -> None:
        """Never let the mouse confirm anything."""
        self.disturb()

    def _top(self, width: int) -> Sequence[Line]:
        tone = "warn" if self.PRODUCTION else "accent"
        title, fact = self.head()
        fact = cut(fact, width // 2)
        room = width - 6 - (cells(fact) + 3 if fact else 0)
        title = cut(title, max(room, 4))
        stroke = "─" * max(width - cells(title) - 5 - (cells(fact) + 3 if fact else 0), 0)
        tail = line(Piece(f" {fact} ", "soft"), Piece("─", tone)) if fact else ()
        edge = (Piece("╭─ ", tone), Piece(title, bold=True), Piece(f" {stroke}", tone))
        return [clip((*edge, *tail, Piece("╮", tone)), width)]

    # The deliberate key.

    def deliberate(self) -> Mapping[str, Callable[[], None]]:
        """Return what the deliberate keys do now, by key; empty while none may be used."""
        return {}

    def feed(self, event: events.Key) -> bool:
        """Take note of a key; return whether it was a deliberate one and is taken."""
        self._unsettle()
        if self.remark:
            self.remark = ""
            self.redraw()
        if not self.guard.pressed(event.key, self.deliberate()):
            if event.key in self.deliberate():
                self.call_later(self._ignored, event.key)
            return False
        event.stop()
        event.prevent_default()
        self._settling = self.set_timer(PAUSE, partial(self._settle, event.key))
        return True

    def keep(self, event: events.Key) -> bool:
        """Let nothing else have a key; return whether it was a deliberate one and is taken."""
        event.stop()
        event.prevent_default()
        return self.feed(event)

    def disturb(self) -> None:
        """Take note of something that is no deliberate key: what was pressed does not count."""
        self._unsettle()
        self.guard.disturb()

    def _unsettle(self) -> None:
        if self._settling is not None:
            self._settling.stop()
            self._settling = None

    def _settle(self, key: str) -> None:
        """Act on a deliberate key after which nothing came: a held key would have repeated."""
        self._settling = None
        # A key that has not arrived yet counts as well: it was pressed within the pause.
        if not self.is_current or self.answered:
            return
        if pending(self.app):
            self._ignored(key)
            return
        action = self.deliberate().get(key)
        if action is not None:
            action()

    def _ignored(self, key: str) -> None:
        """Say that a deliberate key did not count: nothing happens without a word."""
        if not self.answered:
            self.unheard(f"{key} did not count: it came too soon. Press it once more, by itself.")
            self.redraw()

    def unheard(self, words: str) -> None:
        """Say of a deliberate key that it did not count; the next key clears that."""
        self.remark = words

    def scrolled_through(self) -> bool:
        """Return whether the last line of the content can be seen."""
        body: Widget = self.query_one("#body")
        return body.scroll_offset.y >= body.max_scroll_y

    def scroll_body(self, key: str) -> bool:
        """Scroll the content by a key; return whether the key is one of those that do."""
        body = self.query_one("#body")
        page = body.size.height
        far = {"home": 0, "end": body.max_scroll_y}
        by = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "space": page}
        if key not in far and key not in by:
            return False
        target = far.get(key, body.scroll_offset.y + by.get(key, 0))
        body.scroll_to(y=target, animate=False, immediate=True)
        return True

    @staticmethod
    def key_line(keys: Sequence[tuple[str, str]], width: int) -> Line:
        """Return key hints as they stand at the foot of a dialog."""
        return hints(keys, width)
