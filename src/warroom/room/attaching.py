"""A drafted text goes to the follow-up that it is for."""

from warroom.core import commands as c
from warroom.core.conduct import Attached
from warroom.core.decide import Refusal
from warroom.core.state import Incident
from warroom.core.words import FollowUpKind
from warroom.room.service import Done, Room


def attach(
    room: Room, incident: Incident, kind: FollowUpKind, name: str, text: str, *, else_open: str
) -> Done | Refusal:
    """Give a text to the first open follow-up of a kind; where there is none, open one.

    Args:
        room: Where it is kept.
        incident: Whose follow-up.
        kind: Which of its follow-ups.
        name: As a file would be called; the same name again replaces the text.
        text: What is kept, without secrets.
        else_open: What the follow-up says that is opened.
    """
    number = next((f.follow_up for f in incident.open_follow_ups if f.kind is kind), None)
    if number is None:
        opened = room.do(c.FollowUp(kind=kind, text=else_open), incident.id)
        if isinstance(opened, Refusal):
            return opened
        number = opened.incident.follow_ups[-1].follow_up
    facts = Attached(follow_up=number, name=name, text=text)
    return room.do(c.Attach(facts=facts), incident.id)
