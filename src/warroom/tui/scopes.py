"""The classes whose keys a person may change, each with the name of the place where they work."""

from collections.abc import Mapping

from textual.dom import DOMNode

from warroom.tui.panes.around import AroundTab
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.changes import ChangesTab
from warroom.tui.panes.contain import ContainPane
from warroom.tui.panes.followups import FollowUpsTab
from warroom.tui.panes.hypotheses import Board
from warroom.tui.panes.logs import LogsPane
from warroom.tui.panes.postmortem import PostmortemTab
from warroom.tui.panes.queue import QueuePane
from warroom.tui.panes.timeline import TimelineTab
from warroom.tui.panes.updates import UpdatesTab
from warroom.tui.panes.work import WorkPane
from warroom.tui.screens.main import MainScreen
from warroom.tui.widgets.log_view import LogView
from warroom.tui.widgets.picklist import PickList

SCOPES: Mapping[str, type[DOMNode]] = {
    "screen": MainScreen,
    "queue": QueuePane,
    "logs": LogsPane,
    "log lines": LogView,
    "contain": ContainPane,
    "work": WorkPane,
    "timeline": TimelineTab,
    "boundary": BoundaryTab,
    "hypotheses": Board,
    "changes": ChangesTab,
    "around": AroundTab,
    "updates": UpdatesTab,
    "follow-ups": FollowUpsTab,
    "postmortem": PostmortemTab,
    "list": PickList,
}
"""Dialogs are not among them: no keymap can put a deliberate key elsewhere."""
