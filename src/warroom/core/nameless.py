"""Who acted, told by role: a report says what was done and by which role, not by whom."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.lint import names
from warroom.core.timeline import TimelineEntry

_ABOUT_PEOPLE = frozenset(
    {"role_taken", "called", "handover_offered", "handover_declined", "follow_up_changed"}
)
"""Kinds of events whose words are made from names; free text is left to its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The people of one incident with the roles they had."""

    roles: Mapping[str, str]
    """By name; of who had several, the first."""
    people: frozenset[str]

    def role(self, actor: str) -> str:
        """Return what to call somebody: the role, else that it was a responder or a machine."""
        if actor in self.roles:
            return self.roles[actor]
        return "responder" if actor in self.people else actor

    def by(self, entry: TimelineEntry) -> str:
        """Return the words that say who, for the end of a line."""
        role = self.role(entry.actor)
        return f" ({role})" if role else ""

    def text(self, entry: TimelineEntry) -> str:
        """Return the words of an entry, with roles in the places of names that we put there."""
        if entry.kind not in _ABOUT_PEOPLE:
            return entry.text
        text = entry.text
        for name in sorted(self.people, key=len, reverse=True):
            said = "a colleague" if entry.kind in ("called", "role_taken") else self.role(name)
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said, text)
        return text


def cast(records: Iterable[e.Recorded]) -> Cast:
    """Return the people whom the events of an incident name, and their roles."""
    roles: dict[str, str] = {}
    acting: set[str] = set()
    for record in records:
        event = record.event
        acting.add(record.actor)
        match event:
            case e.RoleTaken(role=role, person=person):
                roles.setdefault(person, role.value)
                acting.add(person)
            case e.Acknowledged():
                roles.setdefault(record.actor, "commander")
            case e.FollowUpChanged(owner=owner):
                acting.add(owner)
            case k.Called(person=person):
                acting.add(person)
            case k.HandoverOffered(to=person):
                acting.add(person)
            case _:
                pass
    roles.pop("", None)
    return Cast(roles=roles, people=names(acting))
