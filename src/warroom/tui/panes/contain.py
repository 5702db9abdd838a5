"""Pane 3: what holds the damage back now, and what could be done next, fastest first."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.room.containment import SILENCE
from warroom.tui.messages import ActionRequested
from warroom.tui.panes.base import Hint, Pane, deed
from warroom.tui.panes.contain_rows import WIDEST, contain_rows, poor
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.picklist import PickList


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
        self.list.widest = WIDEST

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
            # On what is in force, or unknown, enter does what U and V do: these are named below.
            if self.list.cursor.startswith("option"):
                hints.append(deed("enter", "open checklist"))
            hints.append(deed(letters, "open that one"))
        if any(option.runbook == SILENCE and not option.blocked for option in snapshot.options):
            hints.append(deed("s", "silence"))
        if snapshot.current.ledger:
            hints += [deed("U", "undo"), deed("l", "let stay")]
        if snapshot.current.unknown:
            hints.append(deed("V", "verify"))
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
        # A title that fits beside its mark fits there as well once there is more to scroll to.
        width = self.list.room(self.size.width - 1)
        height = self.size.height - self.title_line.display
        self.list.show(contain_rows(snapshot, width, height))


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


def _fact(snapshot: Snapshot) -> tuple[str, str]:
    incident = snapshot.current
    if incident is None:
        return ("", "mute")
    if snapshot.running:
        return ("running", "accent")
    unknown = len(incident.unknown)
    if unknown:
        return (f"{unknown} to verify", "warn")
    force = len(incident.ledger)
    if force:
        return (f"{force} in force", "warn" if any(map(poor, incident.ledger)) else "ok")
    return ("fastest first", "mute") if snapshot.options else ("", "mute")
