"""A drafted text goes to the follow-up that it is for."""

from dataclasses import dataclass

from warroom.core import commands as c
from warroom.core.conduct import Attached
from warroom.core.decide import Refusal
from warroom.core.state import Incident
from warroom.core.words import FollowUpKind
from warroom.room.service import Done, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What was drafted from the log of an incident for one of its follow-ups."""

    kind: FollowUpKind
    """Which of its follow-ups."""
    name: str
    """As a file would be called; the same name again replaces the text."""
    text: str
    """What is kept, without secrets; foreign parts in it."""
    wanted: str
    """What the follow-up says that is opened where there is none of its kind."""


def attach(room: Room, incident: Incident, drafted: Drafted) -> Done | Refusal:
    """Give a text to the first open follow-up of its kind; where there is none, open one."""
    open_ones = incident.open_follow_ups
    number = next((f.follow_up for f in open_ones if f.kind is drafted.kind), None)
    if number is None:
        opened = room.do(c.FollowUp(kind=drafted.kind, text=drafted.wanted), incident.id)
        if isinstance(opened, Refusal):
            return opened
        number = opened.incident.follow_ups[-1].follow_up
    facts = Attached(follow_up=number, name=drafted.name, text=drafted.text)
    return room.do(c.Attach(facts=facts), incident.id)
