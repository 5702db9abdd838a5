"""What incidents look like with the commands that are still on their way; pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from warroom.core import commands as c
from warroom.core.decide import Refusal, decide
from warroom.core.events import Recorded
from warroom.core.fold import evolve
from warroom.core.merge import merge
from warroom.core.state import Incident
from warroom.remote.outbox import Item


@dataclass(slots=True)
class Overlay:
    """States and events over what the server has confirmed."""

    states: dict[str, Incident] = field(default_factory=dict)
    """Of the incidents that something is on its way for."""
    records: dict[str, list[Recorded]] = field(default_factory=dict)
    """Their events to come, numbered as they would be if nothing came between."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The server's names of incidents that were declared here, as far as they are known."""
    doubtful: set[str] = field(default_factory=set)
    """Ids of commands that the rules would refuse as things stand now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the overlay lies on."""

    incident: Callable[[str], Incident | None]
    """A confirmed state."""
    head: int
    """Position of the last confirmed event."""
    actor: str
    device: str
    names: Mapping[str, str]
    """The server's names of incidents that were declared here."""


def lay(ground: Ground, items: Iterable[Item]) -> Overlay:
    """Return what becomes of the confirmed states if all of this is accepted, in this order."""
    laid = Overlay(names=ground.names)
    seq = ground.head
    for item in items:
        name = ground.names.get(item.incident, item.incident)
        state = laid.states.get(name) or ground.incident(name)
        command = named(item.command, ground.names)
        if isinstance(command, c.EditPostmortem) and state is not None:
            command = rebased(command, item.base, state)
        by = item.actor or ground.actor
        decided = decide(None if item.opens else state, command, by, item.made_at)
        if isinstance(decided, Refusal):
            laid.doubtful.add(item.id)
            continue
        if item.opens:
            state = None
        for event in decided:
            seq += 1
            record = Recorded(
                seq=seq,
                incident=name,
                version=state.version + 1 if state else 1,
                at=item.made_at,
                actor=by,
                device=ground.device,
                command_id=item.id,
                event=event,
            )
            state = evolve(state, record)
            laid.records.setdefault(name, []).append(record)
        if state is not None:
            laid.states[name] = state
    return laid


def rebased(command: c.EditPostmortem, base: str | None, state: Incident) -> c.EditPostmortem:
    """Return an edit as one of the text that there is now; what both changed is kept side by side.

    Args:
        command: The edit.
        base: The text that it was made from.
        state: The incident as it stands.
    """
    # Not by the numbers of versions: those of texts on their way are only guesses.
    if base is None:
        return command
    if state.postmortem_version == 0 or base == state.postmortem:
        return replace(command, base=state.postmortem_version)
    merged = merge(base, command.text, state.postmortem)
    return c.EditPostmortem(text=merged.text, base=state.postmortem_version)


def named(command: c.Command, names: Mapping[str, str]) -> c.Command:
    """Return a command that calls other incidents as the server does."""
    match command:
        case c.MergeInto(into=into) if into in names:
            return replace(command, into=names[into])
        case c.Absorb(other=other) | c.Release(other=other) if other in names:
            return replace(command, other=names[other])
        case c.Link(facts=facts) if facts.other in names:
            return c.Link(facts=replace(facts, other=names[facts.other]))
        case _:
            return command
