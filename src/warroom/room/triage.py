"""Merge incidents that are the same trouble, and split them again; both keep their history."""

from warroom.core import commands as c
from warroom.core.decide import Refusal, decide
from warroom.core.state import Incident
from warroom.room.service import Done, Room


def merge(room: Room, duplicate: Incident, into: Incident, reason: str = "") -> Done | Refusal:
    """Let `duplicate` go on in `into`; returns the incident that stays open.

    The one that stays is told first: if this machine stops in between, repeating it is enough.

    Raises:
        JournalError: The store could not keep it.
    """
    if into.merged_into:
        return Refusal(
            reason=f"{into.id} itself goes on in {into.merged_into}", hint="Merge into that one."
        )
    if duplicate.merged_into == into.id:
        return Done(incident=into, records=())
    half = c.MergeInto(into=into.id, reason=reason)
    allowed = decide(duplicate, half, room.actor, room.now())
    if isinstance(allowed, Refusal):
        return allowed
    told = room.do(c.Absorb(other=duplicate.id, reason=reason), into.id)
    if isinstance(told, Refusal):
        return told
    kept = room.do(half, duplicate.id)
    if isinstance(kept, Refusal):  # it changed meanwhile
        room.do(c.Release(other=duplicate.id, reason=kept.reason), into.id)
        return kept
    return told


def split(room: Room, merged: Incident, reason: str) -> Done | Refusal:
    """Let a merged incident go on by itself; returns it.

    Raises:
        JournalError: The store could not keep it.
    """
    into = merged.merged_into
    done = room.do(c.SplitOff(reason=reason), merged.id)
    if isinstance(done, Refusal):
        return done
    room.do(c.Release(other=merged.id, reason=reason), into)
    return done
