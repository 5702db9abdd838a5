"""The course of a drill: what happened in the shop and what was said, with the times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from warroom.core.state import Incident
from warroom.drills.scenarios.model import Inject, Scenario, WrongMove
from warroom.drills.service.faults import FAULTS, contained, holds
from warroom.drills.service.state import State


def led_first(incident: Incident) -> tuple[bool, datetime]:
    """Order the incidents of a drill: those somebody took charge of, then as they were declared.

    A caller and a player may declare the same trouble in the same second.
    """
    return incident.acknowledged_at is None, incident.declared_at


@dataclass(frozen=True, slots=True)
class Said:
    """An inject that was heard."""

    at: float
    """Epoch seconds."""
    inject: Inject
    incident: str


@dataclass(frozen=True, slots=True)
class Slip:
    """A wrong move that was made."""

    at: float
    """Epoch seconds."""
    move: WrongMove


@dataclass
class Course:
    """Fed with the shop's state again and again; remembers when what became so."""

    scenario: Scenario
    speed: float
    begun: float
    """Epoch seconds of the start."""
    said: list[Said] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)
    quiet: dict[str, float] = field(default_factory=dict)
    """Since when each fault that is contained does no damage, epoch seconds."""
    started: dict[str, float] = field(default_factory=dict)
    """From when each fault may act, epoch seconds; one that has been lifted stays in it."""
    lifted_at: float | None = None
    """When the causes were removed."""
    returned: list[float] = field(default_factory=list)
    """When a failure came back because what held it was taken away too early."""
    _before: Mapping[str, str] = field(default_factory=dict)

    def own(self, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
        """Return those of this drill, the one that is led at the front."""
        found = [
            one
            for one in incidents
            if one.drill == self.scenario.id and one.declared_at.timestamp() >= self.begun
        ]
        return tuple(sorted(found, key=led_first))

    @property
    def failing_since(self) -> float:
        """When the first failure could be seen."""
        return self.begun + self.scenario.first_failure / self.speed

    def contained_at(self) -> float | None:
        """When the last fault stopped doing damage for good; None: one still does damage."""
        wanted = set(self.scenario.faults)
        return max(self.quiet.values()) if wanted and set(self.quiet) == wanted else None

    def look(self, state: State, now: float) -> Sequence[WrongMove]:
        """Take in the state of the shop; return the wrong moves that are new in it."""
        self.started |= state.active_from
        for name in self.scenario.faults:
            begun = self.started.get(name)
            if begun is None or now < begun or self.lifted_at is not None:
                continue
            if contained(FAULTS[name], state.entries):
                self.quiet.setdefault(name, now)
            elif self.quiet.pop(name, None) is not None:
                self.returned.append(now)
        fresh = [move for move in self.scenario.wrong_moves if self._made(move, state.entries)]
        self._before = dict(state.entries)
        self.slips += [Slip(now, move) for move in fresh]
        return fresh

    def _made(self, move: WrongMove, entries: Mapping[str, str]) -> bool:
        """Whether a wrong move was made since the last look, while something failed."""
        if not self._before or not self.started:
            return False
        acting = [name for name in self.started if holds(FAULTS[name], entries)]
        changed = any(self._before.get(key) != value for key, value in move.set.items())
        now_so = all(entries.get(key) == value for key, value in move.set.items())
        return changed and now_so and bool(acting) and self.lifted_at is None
